//! Who waits, in the order of their turns.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use tokio::sync::oneshot;

/// Keys that come one after the other. Every step takes time by the logarithm of their number.
#[derive(Debug)]
pub(super) struct Ring<K> {
    order: BTreeMap<u64, K>,
    next: u64,
}

impl<K> Default for Ring<K> {
    fn default() -> Ring<K> {
        Ring { order: BTreeMap::new(), next: 0 }
    }
}

impl<K> Ring<K> {
    /// Puts a key behind all others, and gives its place.
    pub fn push(&mut self, key: K) -> u64 {
        let place = self.next;
        self.next += 1;
        self.order.insert(place, key);
        place
    }

    /// The key whose turn it is.
    pub fn first(&self) -> Option<&K> {
        self.order.values().next()
    }

    /// Takes out the key at a place.
    pub fn remove(&mut self, place: u64) {
        self.order.remove(&place);
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// One that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// The units that its turn takes.
    pub weight: usize,
    /// How it is told.
    pub wake: oneshot::Sender<()>,
}

/// Those of one key that wait: its parts one after the other, each first come, first served.
#[derive(Debug)]
pub(super) struct Line<S> {
    parts: HashMap<S, Part>,
    ring: Ring<S>,
    len: usize,
}

#[derive(Debug)]
struct Part {
    place: u64,
    waiting: BTreeMap<u64, Waiter>,
}

impl<S> Default for Line<S> {
    fn default() -> Line<S> {
        Line { parts: HashMap::new(), ring: Ring::default(), len: 0 }
    }
}

impl<S: Clone + Eq + Hash> Line<S> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// Puts one at the end of its part. Numbers grow.
    pub fn push(&mut self, part: &S, number: u64, waiter: Waiter) {
        let ring = &mut self.ring;
        let found = self.parts.entry(part.clone());
        let found =
            found.or_insert_with(|| Part { place: ring.push(part.clone()), waiting: BTreeMap::new() });
        found.waiting.insert(number, waiter);
        self.len += 1;
    }

    /// The units of the one whose turn it is.
    pub fn weight(&self) -> Option<usize> {
        let part = self.parts.get(self.ring.first()?)?;
        part.waiting.values().next().map(|first| first.weight)
    }

    /// Takes out the one whose turn it is; the next turn is another part's.
    pub fn pop(&mut self) -> Option<Waiter> {
        let name = self.ring.first()?.clone();
        let part = self.parts.get_mut(&name)?;
        let (_, first) = part.waiting.pop_first()?;
        self.len -= 1;
        self.ring.remove(part.place);
        if part.waiting.is_empty() {
            self.parts.remove(&name);
        } else {
            part.place = self.ring.push(name);
        }
        Some(first)
    }

    /// Takes out the one that came last of the part with most, and gives its number.
    pub fn pop_newest(&mut self) -> Option<u64> {
        let (name, part) = self.parts.iter().max_by_key(|(_, part)| part.waiting.len())?;
        let (name, number) = (name.clone(), *part.waiting.keys().next_back()?);
        self.remove(&name, number).map(|_| number)
    }

    /// Takes out one that leaves. Nothing if it is not here.
    pub fn remove(&mut self, name: &S, number: u64) -> Option<Waiter> {
        let part = self.parts.get_mut(name)?;
        let waiter = part.waiting.remove(&number)?;
        self.len -= 1;
        if part.waiting.is_empty() {
            self.ring.remove(part.place);
            self.parts.remove(name);
        }
        Some(waiter)
    }
}
