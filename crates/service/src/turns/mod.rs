//! Turns: who may begin, where there is room for a few at once.
//!
//! A queue has so many units, and a turn takes some of them. Keys that wait come one after the other; the calls
//! of one key come in the order of their arrival, or, where a key has parts, a call of each part after the other.
//! One key never has all units, so that another finds some free or soon will: no turn that has begun is ended.
//! Who drops a turn, or the future that waits for one, gives up its place at once.

mod line;
mod state;
#[cfg(test)]
mod tests;

use state::{Entered, State};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// The bounds of a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Units that all turns together may take. None: nothing ever runs.
    pub units: usize,
    /// Units that the turns of one key may take.
    pub units_each: usize,
    /// How many may wait of one key. None: who can't begin at once is refused.
    pub waiting_each: usize,
    /// How many may wait in all.
    pub waiting: usize,
    /// How long one waits.
    pub wait: Duration,
}

/// Why there is no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many wait as may.
    Full,
    /// It has waited as long as it may.
    Late,
}

/// A queue of turns: keys of type `K`, with parts of type `S`.
#[derive(Debug)]
pub(crate) struct Turns<K, S = ()>
where
    K: Clone + Eq + Hash,
    S: Clone + Eq + Hash,
{
    shared: Arc<Shared<K, S>>,
}

#[derive(Debug)]
struct Shared<K, S> {
    bounds: Bounds,
    state: Mutex<State<K, S>>,
}

impl<K, S> Shared<K, S> {
    fn state(&self) -> MutexGuard<'_, State<K, S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, S> Turns<K, S>
where
    K: Clone + Eq + Hash,
    S: Clone + Eq + Hash,
{
    /// A queue in which nobody is. Where there are several units, a key never has all of them.
    pub fn new(bounds: Bounds) -> Turns<K, S> {
        let most = bounds.units.saturating_sub(1).max(1);
        let bounds = Bounds { units_each: bounds.units_each.clamp(1, most), ..bounds };
        Turns { shared: Arc::new(Shared { bounds, state: Mutex::default() }) }
    }

    /// Waits for a turn that takes `weight` units, or as many as a key may have.
    ///
    /// # Errors
    /// [`Refused`]: at once where too many wait, or after the time that one may wait.
    pub async fn take(&self, key: K, part: S, weight: usize) -> Result<Turn<K, S>, Refused> {
        let bounds = &self.shared.bounds;
        if bounds.units == 0 {
            return Err(Refused::Full);
        }
        let weight = weight.clamp(1, bounds.units_each);
        let entered = self.shared.state().enter(bounds, &key, &part, weight);
        let turn = |number| Turn { shared: Arc::clone(&self.shared), key, part, weight, number };
        match entered {
            Entered::Full => Err(Refused::Full),
            Entered::Running => Ok(turn(None)),
            Entered::Waiting(number, woken) => {
                // From here on, dropping it leaves the queue.
                let mut turn = turn(Some(number));
                match timeout(bounds.wait, woken).await {
                    Ok(Ok(())) => turn.number = None,
                    // A call that waits is let go of only when its turn has come or it leaves.
                    Ok(Err(_)) | Err(_) => return Err(Refused::Late),
                }
                Ok(turn)
            }
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.shared.state().waiting()
    }
}

/// A turn, or a place among those who wait for one; both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<K, S = ()>
where
    K: Clone + Eq + Hash,
    S: Clone + Eq + Hash,
{
    shared: Arc<Shared<K, S>>,
    key: K,
    part: S,
    weight: usize,
    /// Its number while it waits. It may have been given its turn without having noticed yet.
    number: Option<u64>,
}

impl<K, S> Drop for Turn<K, S>
where
    K: Clone + Eq + Hash,
    S: Clone + Eq + Hash,
{
    fn drop(&mut self) {
        let mut state = self.shared.state();
        let left = self.number.is_some_and(|number| state.leave(&self.key, &self.part, number));
        if !left {
            state.end(&self.key, self.weight);
        }
        let woken = state.advance(&self.shared.bounds);
        drop(state);
        // Woken without the lock. Who is gone meanwhile ends the turn it was given.
        for next in woken {
            let _ = next.send(());
        }
    }
}
