//! The parts of the memory of requests, and who waits for them.
//!
//! The reserve has at most one owner among the requests that still grow, and no request holds more in all than the
//! reserve has. So the owner waits for nobody but those that have settled, and these wait for no memory.

use super::budget::ALLOWANCE;
use super::inflate;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::oneshot;

/// The sizes of the parts, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// For all.
    pub common: usize,
    /// For one at a time.
    pub reserve: usize,
}

impl Sizes {
    /// Splits a budget for that many connections: their allowances, three fifths for one at a time, the rest for all.
    pub fn of(total: usize, connections: usize) -> Sizes {
        let reserve = reserve(total);
        let allowances = connections.saturating_mul(ALLOWANCE);
        // However many connections are allowed, something is left to share.
        let common = (total - reserve).saturating_sub(allowances).max(total / 8);
        Sizes { common, reserve }
    }
}

/// The most that one request may hold of a budget.
pub fn reserve(total: usize) -> usize {
    total / 5 * 3
}

/// The least budget for bodies of that length: a compressed body, the inflated one and what inflating takes are there at
/// once. Records that take more than their body and its compressed form together need more.
pub fn least_memory(body: usize) -> usize {
    body.saturating_mul(2).saturating_add(inflate::MOST_COST).div_ceil(3).saturating_mul(5)
}

/// From where bytes were taken.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Parts {
    pub allowance: usize,
    pub common: usize,
    pub reserve: usize,
}

impl Parts {
    /// All of them.
    pub fn sum(self) -> usize {
        self.allowance + self.common + self.reserve
    }

    /// Both together.
    pub fn and(self, other: Parts) -> Parts {
        Parts {
            allowance: self.allowance + other.allowance,
            common: self.common + other.common,
            reserve: self.reserve + other.reserve,
        }
    }

    /// Takes that many bytes off, those of the reserve first and the allowance last; gives what was taken.
    pub fn take(&mut self, bytes: usize) -> Parts {
        let reserve = bytes.min(self.reserve);
        let common = (bytes - reserve).min(self.common);
        let allowance = (bytes - reserve - common).min(self.allowance);
        self.reserve -= reserve;
        self.common -= common;
        self.allowance -= allowance;
        Parts { allowance, common, reserve }
    }
}

/// Bytes as what may be below zero.
pub fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

/// What is free of the parts, and who waits.
pub struct Shares {
    /// What is free of the common part; below zero where answers have overdrawn it.
    pub common: isize,
    /// What is free of the reserve.
    pub reserve: usize,
    /// The request that may use the reserve, until it settles or holds none of it.
    owner: Option<u64>,
    waiting: Waiting,
    next: u64,
}

/// The requests that wait.
#[derive(Default)]
struct Waiting {
    by_age: BTreeMap<u64, Wanted>,
    /// How much each wants, and its age.
    sizes: BTreeSet<(usize, u64)>,
}

struct Wanted {
    bytes: usize,
    grant: oneshot::Sender<Parts>,
}

impl Waiting {
    fn insert(&mut self, age: u64, wanted: Wanted) {
        self.sizes.insert((wanted.bytes, age));
        self.by_age.insert(age, wanted);
    }

    fn remove(&mut self, age: u64) -> Option<Wanted> {
        let wanted = self.by_age.remove(&age)?;
        self.sizes.remove(&(wanted.bytes, age));
        Some(wanted)
    }

    fn oldest(&self) -> Option<u64> {
        self.by_age.keys().next().copied()
    }

    /// The oldest that wants no more than so many bytes.
    fn fitting(&self, bytes: usize) -> Option<u64> {
        let (least, _) = self.sizes.first()?;
        if *least > bytes {
            return None;
        }
        self.by_age.iter().find(|(_, wanted)| wanted.bytes <= bytes).map(|(age, _)| *age)
    }
}

impl Shares {
    /// All of the parts.
    pub fn new(sizes: Sizes) -> Shares {
        let Sizes { common, reserve } = sizes;
        Shares { common: signed(common), reserve, owner: None, waiting: Waiting::default(), next: 0 }
    }

    /// The age of a request that has just come in. Lower is older.
    pub fn age(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// True while requests wait.
    pub fn is_short(&self) -> bool {
        !self.waiting.by_age.is_empty()
    }

    fn free(&self) -> usize {
        usize::try_from(self.common).unwrap_or(0)
    }

    /// Takes bytes for a request, if it may have them now: from the common part what fits there, for nobody who
    /// waits would fit there; from the reserve if it is the owner, or the oldest that wants more while there is no owner.
    pub fn take(&mut self, age: u64, bytes: usize) -> Option<Parts> {
        let free = self.free();
        if bytes <= free {
            self.common -= signed(bytes);
            return Some(Parts { common: bytes, ..Parts::default() });
        }
        if self.owner.is_none() && self.waiting.oldest().is_none_or(|oldest| age <= oldest) {
            self.owner = Some(age);
        }
        if self.owner != Some(age) || bytes > free + self.reserve {
            return None;
        }
        let common = free.min(bytes);
        let reserve = bytes - common;
        self.common -= signed(common);
        self.reserve -= reserve;
        Some(Parts { allowance: 0, common, reserve })
    }

    /// Gives up to `bytes` of the common part back for as many of the reserve, if the request is its owner; gives how
    /// many.
    pub fn exchange(&mut self, age: u64, bytes: usize) -> usize {
        let moved = if self.owner == Some(age) { bytes.min(self.reserve) } else { 0 };
        self.reserve -= moved;
        self.common += signed(moved);
        self.grant();
        moved
    }

    /// Takes bytes of the common part if at least `leave` bytes stay free.
    pub fn take_common(&mut self, bytes: usize, leave: usize) -> Option<Parts> {
        if bytes + leave > self.free() {
            return None;
        }
        self.common -= signed(bytes);
        Some(Parts { common: bytes, ..Parts::default() })
    }

    /// As [`Shares::take`], or what the bytes will be granted by.
    pub fn take_or_wait(&mut self, age: u64, bytes: usize) -> Result<Parts, oneshot::Receiver<Parts>> {
        if let Some(parts) = self.take(age, bytes) {
            return Ok(parts);
        }
        let (grant, granted) = oneshot::channel();
        self.waiting.insert(age, Wanted { bytes, grant });
        Err(granted)
    }

    /// As [`Shares::take`], for a request that does not wait if it is denied.
    pub fn try_take(&mut self, age: u64, bytes: usize) -> Option<Parts> {
        let owned = self.owner == Some(age);
        let taken = self.take(age, bytes);
        if taken.is_none() && !owned && self.owner == Some(age) {
            self.owner = None;
        }
        taken
    }

    /// Takes bytes for an answer, which may overdraw the common part.
    pub fn overdraw(&mut self, bytes: usize) {
        self.common -= signed(bytes);
    }

    /// The request, which held `held`, waits no more: it was granted what it wanted, or has given up.
    pub fn leave(&mut self, age: u64, held: Parts, granted: Option<Parts>) {
        let waited = self.waiting.remove(age).is_some();
        self.put_back(granted.unwrap_or_default());
        if (waited || granted.is_some()) && held.reserve == 0 {
            self.disown(age);
        }
        self.grant();
    }

    /// Gives back what a request held; `left` is what it still holds.
    pub fn give_back(&mut self, age: u64, parts: Parts, left: Parts) {
        self.put_back(parts);
        if left.reserve == 0 {
            self.disown(age);
        }
        self.grant();
    }

    /// The request asks for no more: the reserve may have another owner.
    pub fn settle(&mut self, age: u64) {
        if self.disown(age) {
            self.grant();
        }
    }

    fn disown(&mut self, age: u64) -> bool {
        let owned = self.owner == Some(age);
        if owned {
            self.owner = None;
        }
        owned
    }

    fn put_back(&mut self, parts: Parts) {
        self.common += signed(parts.common);
        self.reserve += parts.reserve;
    }

    /// Grants what can be granted: to the owner of the reserve, or the oldest if there is none; then to all that fit
    /// the common part, by age.
    fn grant(&mut self) {
        while let Some(age) = self.owner.or(self.waiting.oldest()) {
            if !self.grant_to(age) {
                break;
            }
        }
        while let Some(age) = self.waiting.fitting(self.free()) {
            if !self.grant_to(age) {
                break;
            }
        }
    }

    /// Grants a request what it waits for; false if it does not wait or can't have it.
    fn grant_to(&mut self, age: u64) -> bool {
        let Some(bytes) = self.waiting.by_age.get(&age).map(|wanted| wanted.bytes) else { return false };
        let Some(parts) = self.take(age, bytes) else { return false };
        let Some(wanted) = self.waiting.remove(age) else { return false };
        if let Err(parts) = wanted.grant.send(parts) {
            self.put_back(parts);
            self.disown(age);
        }
        true
    }

    /// The owner of the reserve, for tests.
    #[cfg(test)]
    pub fn owner(&self) -> Option<u64> {
        self.owner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZES: Sizes = Sizes { common: 100, reserve: 600 };

    /// Requests as they hold and wait, and whether each has settled.
    struct Bench {
        shares: Shares,
        requests: Vec<Request>,
    }

    #[derive(Default)]
    struct Request {
        age: u64,
        held: Parts,
        granted: Option<oneshot::Receiver<Parts>>,
        settled: bool,
    }

    impl Bench {
        fn new(requests: usize) -> Bench {
            let mut shares = Shares::new(SIZES);
            let requests =
                (0..requests).map(|_| Request { age: shares.age(), ..Request::default() }).collect();
            Bench { shares, requests }
        }

        fn grow(&mut self, index: usize, bytes: usize) {
            let request = &mut self.requests[index];
            if request.granted.is_some() || request.settled || request.held.sum() + bytes > SIZES.reserve {
                return;
            }
            match self.shares.take_or_wait(request.age, bytes) {
                Ok(parts) => request.held = request.held.and(parts),
                Err(granted) => request.granted = Some(granted),
            }
        }

        fn shrink(&mut self, index: usize, bytes: usize) {
            let request = &mut self.requests[index];
            if request.granted.is_none() {
                let parts = request.held.take(bytes);
                self.shares.give_back(request.age, parts, request.held);
            }
        }

        /// Ends a request, and begins another one in its place.
        fn end(&mut self, index: usize) {
            let request = std::mem::take(&mut self.requests[index]);
            if let Some(mut granted) = request.granted {
                self.shares.leave(request.age, request.held, granted.try_recv().ok());
            }
            self.shares.settle(request.age);
            self.shares.give_back(request.age, request.held, Parts::default());
            self.requests[index].age = self.shares.age();
        }

        fn settle(&mut self, index: usize) {
            let request = &mut self.requests[index];
            if request.granted.is_none() {
                request.settled = true;
                self.shares.settle(request.age);
            }
        }

        /// Takes what was granted.
        fn receive(&mut self) {
            for request in &mut self.requests {
                if let Some(parts) = request.granted.as_mut().and_then(|granted| granted.try_recv().ok()) {
                    request.held = request.held.and(parts);
                    request.granted = None;
                    self.shares.leave(request.age, request.held, None);
                }
            }
        }

        fn waits(&self, index: usize) -> bool {
            self.requests[index].granted.is_some()
        }
    }

    #[test]
    fn the_oldest_that_waits_has_the_reserve_and_not_the_oldest_at_all() {
        let mut bench = Bench::new(3);
        bench.grow(0, 100);
        bench.grow(1, 500);
        assert_eq!(bench.shares.owner(), Some(bench.requests[1].age));
        bench.grow(2, 10);
        bench.grow(0, 10);
        assert!(bench.waits(0) && bench.waits(2));
        // It holds none of it any more: the oldest that waits is next.
        bench.shrink(1, 500);
        bench.receive();
        assert!(!bench.waits(0));
    }

    #[test]
    fn who_can_not_be_served_keeps_nobody_waiting() {
        let mut bench = Bench::new(4);
        bench.grow(1, 100);
        bench.grow(0, 600);
        bench.grow(2, 400);
        bench.grow(3, 50);
        assert!(!bench.waits(1) && bench.waits(2) && bench.waits(3));
        bench.shrink(1, 50);
        bench.receive();
        assert!(bench.waits(2) && !bench.waits(3));
    }

    #[test]
    fn a_settled_request_leaves_the_rest_of_the_reserve_to_the_next() {
        let mut bench = Bench::new(2);
        bench.grow(0, 300);
        bench.settle(0);
        bench.grow(1, 400);
        assert_eq!((bench.shares.owner(), bench.waits(1)), (Some(bench.requests[1].age), false));
    }

    proptest! {
        /// Whatever happens: nothing is lost, nobody waits for what is free, and while requests wait one of them or
        /// one that goes on has the reserve; the owner waits for nobody but those that have settled.
        #[test]
        fn somebody_always_gets_on(
            steps in prop::collection::vec((0_usize..6, 0_usize..8, 1_usize..300), 1..300),
        ) {
            let mut bench = Bench::new(6);
            for (index, step, bytes) in steps {
                match step {
                    0..=3 => bench.grow(index, bytes),
                    4 | 5 => bench.shrink(index, bytes),
                    6 => bench.settle(index),
                    _ => bench.end(index),
                }
                bench.receive();
                let held = bench.requests.iter().fold(Parts::default(), |sum, request| sum.and(request.held));
                prop_assert_eq!(held.common + usize::try_from(bench.shares.common).unwrap(), SIZES.common);
                prop_assert_eq!(held.reserve + bench.shares.reserve, SIZES.reserve);
                prop_assert_eq!(bench.shares.waiting.fitting(bench.shares.free()), None);
                let owner = bench.requests.iter().find(|request| Some(request.age) == bench.shares.owner());
                prop_assert!(owner.is_some() || !bench.shares.is_short());
                let settled = bench.requests.iter().filter(|request| request.settled);
                let settled: usize = settled.map(|request| request.held.reserve).sum();
                let stuck = owner.is_some_and(|owner| owner.granted.is_some());
                prop_assert!(!stuck || settled > 0);
            }
            (0..6).for_each(|index| bench.end(index));
            prop_assert_eq!((bench.shares.common, bench.shares.reserve), (100, 600));
            prop_assert!(!bench.shares.is_short() && bench.shares.owner().is_none());
        }
    }
}
