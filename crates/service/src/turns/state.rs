//! What a queue knows: who runs and who waits.

use super::Bounds;
use super::line::{Line, Ring, Waiter};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use tokio::sync::oneshot;

/// What became of one that came.
#[derive(Debug)]
pub(super) enum Entered {
    /// It runs.
    Running,
    /// It waits under a number and is told when it runs.
    Waiting(u64, oneshot::Receiver<()>),
    /// Nothing: too many wait.
    Full,
}

/// The state of a queue. Between two steps no key stands in the ring unless the units that are free are too few
/// for its first call.
#[derive(Debug)]
pub(super) struct State<K, S> {
    /// Units taken.
    running: usize,
    waiting: usize,
    /// Keys that run or wait.
    keys: HashMap<K, Key<S>>,
    /// Keys that wait for units which others have. One that has as many as it may is not here.
    ring: Ring<K>,
    /// Those that had to make place for others and have not noticed yet.
    put_out: HashSet<u64>,
    next: u64,
}

#[derive(Debug)]
struct Key<S> {
    running: usize,
    line: Line<S>,
    /// Where it stands in the ring.
    place: Option<u64>,
}

impl<S> Default for Key<S> {
    fn default() -> Key<S> {
        Key { running: 0, line: Line::default(), place: None }
    }
}

impl<K, S> Default for State<K, S> {
    fn default() -> State<K, S> {
        State {
            running: 0,
            waiting: 0,
            keys: HashMap::new(),
            ring: Ring::default(),
            put_out: HashSet::new(),
            next: 0,
        }
    }
}

impl<K, S> State<K, S>
where
    K: Clone + Eq + Hash,
    S: Clone + Eq + Hash,
{
    /// One comes: it runs if nobody is before it and there is room, and else waits if it may.
    pub fn enter(&mut self, bounds: &Bounds, name: &K, part: &S, weight: usize) -> Entered {
        let key = self.keys.get(name);
        let (running, waiting) = key.map_or((0, 0), |key| (key.running, key.line.len()));
        let has_room = running + weight <= bounds.units_each && self.running + weight <= bounds.units;
        if has_room && waiting == 0 && self.ring.is_empty() {
            self.keys.entry(name.clone()).or_default().running += weight;
            self.running += weight;
            return Entered::Running;
        }
        if waiting >= bounds.waiting_each || (self.waiting >= bounds.waiting && !self.make_place(waiting)) {
            return Entered::Full;
        }
        let number = self.next;
        self.next += 1;
        let (wake, woken) = oneshot::channel();
        let key = self.keys.entry(name.clone()).or_default();
        key.line.push(part, number, Waiter { weight, wake });
        self.waiting += 1;
        if waiting == 0 && key.running + weight <= bounds.units_each {
            key.place = Some(self.ring.push(name.clone()));
        }
        Entered::Waiting(number, woken)
    }

    /// Puts out the newest of the longest line, if that is longer than a line of `waiting` becomes by another one:
    /// nobody is shut out by a few who wait for much. False if there is none.
    fn make_place(&mut self, waiting: usize) -> bool {
        let longest = self.keys.iter().max_by_key(|(_, key)| key.line.len());
        let Some(name) =
            longest.filter(|(_, key)| key.line.len() > waiting + 1).map(|(name, _)| name.clone())
        else {
            return false;
        };
        let Some(number) = self.keys.get_mut(&name).and_then(|key| key.line.pop_newest()) else {
            return false;
        };
        self.put_out.insert(number);
        self.waiting -= 1;
        self.settle(&name);
        true
    }

    /// One that waits leaves. False if it has been given its turn.
    pub fn leave(&mut self, name: &K, part: &S, number: u64) -> bool {
        if self.put_out.remove(&number) {
            return true;
        }
        let Some(key) = self.keys.get_mut(name) else { return false };
        if key.line.remove(part, number).is_none() {
            return false;
        }
        self.waiting -= 1;
        self.settle(name);
        true
    }

    /// A turn ends.
    pub fn end(&mut self, name: &K, weight: usize) {
        let Some(key) = self.keys.get_mut(name) else { return };
        key.running = key.running.saturating_sub(weight);
        self.running = self.running.saturating_sub(weight);
        self.settle(name);
    }

    /// Gives turns as long as there is room; who gets one is to be woken.
    pub fn advance(&mut self, bounds: &Bounds) -> Vec<oneshot::Sender<()>> {
        let mut woken = Vec::new();
        while let Some(name) = self.ring.first().cloned() {
            let Some(key) = self.keys.get_mut(&name) else { break };
            let weight = key.line.weight().unwrap_or_default();
            let fits = key.running + weight <= bounds.units_each;
            if fits && self.running + weight > bounds.units {
                break;
            }
            if let Some(place) = key.place.take() {
                self.ring.remove(place);
            }
            if !fits {
                continue;
            }
            let Some(waiter) = key.line.pop() else { continue };
            key.running += weight;
            self.running += weight;
            self.waiting -= 1;
            woken.push(waiter.wake);
            if key.line.len() > 0 {
                key.place = Some(self.ring.push(name));
            }
        }
        woken
    }

    /// Puts a key where it belongs after its turns or its waiting calls became fewer.
    fn settle(&mut self, name: &K) {
        let Some(key) = self.keys.get_mut(name) else { return };
        match (key.place, key.line.len()) {
            (Some(place), 0) => {
                self.ring.remove(place);
                key.place = None;
            }
            (None, 1..) => key.place = Some(self.ring.push(name.clone())),
            _ => {}
        }
        if key.running == 0 && key.line.len() == 0 {
            self.keys.remove(name);
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The units taken, those of a key, and the number of keys that are remembered.
    #[cfg(test)]
    pub fn running(&self, name: &K) -> (usize, usize, usize) {
        (self.running, self.keys.get(name).map_or(0, |key| key.running), self.keys.len())
    }
}
