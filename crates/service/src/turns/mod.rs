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
use tokio::sync::oneshot;
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
    /// As many wait as may: at once, or later where one of a shorter line came.
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

impl<K: Clone + Eq + Hash, S: Clone + Eq + Hash> Shared<K, S> {
    /// One comes; others may be given turns if one of them had to make place.
    fn enter(&self, key: &K, part: &S, weight: usize) -> (Entered, Vec<oneshot::Sender<()>>) {
        let mut state = self.state();
        match state.enter(&self.bounds, key, part, weight) {
            waits @ Entered::Waiting(..) => (waits, state.advance(&self.bounds)),
            entered => (entered, Vec::new()),
        }
    }
}

/// Tells those who have been given turns, without the lock. Who is gone meanwhile ends the turn it was given.
fn wake(next: Vec<oneshot::Sender<()>>) {
    for next in next {
        let _ = next.send(());
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
    /// [`Refused`]: where too many wait, or after the time that one may wait.
    pub async fn take(&self, key: K, part: S, weight: usize) -> Result<Turn<K, S>, Refused> {
        let bounds = &self.shared.bounds;
        if bounds.units == 0 {
            return Err(Refused::Full);
        }
        let weight = weight.clamp(1, bounds.units_each);
        let (entered, next) = self.shared.enter(&key, &part, weight);
        wake(next);
        let turn = |number| Turn { shared: Arc::clone(&self.shared), key, part, weight, number };
        match entered {
            Entered::Full => Err(Refused::Full),
            Entered::Running => Ok(turn(None)),
            Entered::Waiting(number, woken) => {
                // From here on, dropping it leaves the queue.
                let mut turn = turn(Some(number));
                match timeout(bounds.wait, woken).await {
                    Ok(Ok(())) => turn.number = None,
                    // It had to make place for a call of a shorter line.
                    Ok(Err(_)) => return Err(Refused::Full),
                    Err(_) => return Err(Refused::Late),
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
        wake(woken);
    }
}
