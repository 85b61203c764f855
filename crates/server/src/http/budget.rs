//! The memory that requests may hold: one budget in bytes for bodies, inflated bodies, decoded records and
//! answers that their clients have not taken yet.
//!
//! A request's [`Charge`] takes bytes from three parts of the budget. The *allowance* of its connection comes
//! first: it is small, and nobody else can use it up, so that short calls never wait for long ones. Then the
//! *common* part: those that wait have what fits there in the order of their arrival. The *reserve* is for one
//! request at a time, the oldest that waits when nobody has it: it always gets on, so that requests never wait for each
//! other in a circle. The reserve is also the most that one request may hold; one that needs more is refused.
//!
//! Answers to calls that write are never refused, since what they tell has been done: they may overdraw the common part. So a
//! call begins only while it is not overdrawn ([`Budget::room`]), and few calls run at once.

use super::shares::{Parts, Shares, Sizes};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};

/// What a connection's request may hold without taking anything from others.
pub const ALLOWANCE: usize = 12 << 10;

/// How long a request waits for memory in all.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often room is asked for while a call waits for it.
const STEP: Duration = Duration::from_millis(100);

/// Why a request can't have memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    /// It would not fit if it were the only one.
    TooLarge,
    /// Others have held it for too long.
    Busy,
}

/// What is left of the common part for others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// Perhaps nothing.
    Nothing,
    /// At least half of the whole part.
    Half,
}

/// The budget. Shared by everything that serves requests.
pub struct Budget {
    sizes: Sizes,
    shares: Mutex<Shares>,
    /// Notified when answers have given bytes back.
    returned: Notify,
}

impl Budget {
    /// A budget of `total` bytes for the requests of at most `connections` connections.
    pub fn new(total: usize, connections: usize) -> Arc<Budget> {
        let sizes = Sizes::of(total, connections);
        Arc::new(Budget { sizes, shares: Mutex::new(Shares::new(sizes)), returned: Notify::new() })
    }

    /// The charge of a request that has just come in. Of a connection's requests one at a time has its allowance.
    pub fn open(self: &Arc<Budget>, allowance: Option<Allowance>) -> Charge {
        let age = self.shares().age();
        let held = Parts::default();
        Charge { budget: Arc::clone(self), age, allowance, held, waited: Duration::ZERO }
    }

    /// True while requests wait for memory: then those that make no progress have to make room.
    pub fn is_short(&self) -> bool {
        self.shares().is_short()
    }

    /// Waits, at most [`PATIENCE`], until the answers that wait for their clients leave room for another; `make_room`
    /// is called now and then meanwhile. False if there was none in time. Requests never overdraw the common part, so
    /// that nobody waits here for those that still grow.
    pub async fn room(&self, make_room: impl Fn()) -> bool {
        let end = Instant::now() + PATIENCE;
        loop {
            let returned = self.returned.notified();
            if self.shares().common >= 0 {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            if timeout_at(end.min(Instant::now() + STEP), returned).await.is_err() {
                make_room();
            }
        }
    }

    /// What is free in all, for tests.
    #[cfg(test)]
    pub fn free(&self) -> isize {
        let shares = self.shares();
        shares.common + super::shares::signed(shares.reserve)
    }

    fn shares(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, age: u64, parts: Parts, left: Parts) {
        if parts.common + parts.reserve == 0 {
            return;
        }
        let mut shares = self.shares();
        shares.give_back(age, parts, left);
        let roomy = shares.common >= 0;
        drop(shares);
        if roomy {
            self.returned.notify_waiters();
        }
    }
}

/// What one request holds of the budget. All of it is given back when it is dropped.
pub struct Charge {
    budget: Arc<Budget>,
    /// Lower is older.
    age: u64,
    allowance: Option<Allowance>,
    held: Parts,
    waited: Duration,
}

/// The allowance of a connection, lent to one of its requests until this is dropped.
pub struct Allowance(Arc<AtomicBool>);

impl Allowance {
    /// Lends it if it isn't lent.
    pub fn borrow(lent: &Arc<AtomicBool>) -> Option<Allowance> {
        (!lent.swap(true, Ordering::Relaxed)).then(|| Allowance(Arc::clone(lent)))
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Charge {
    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.held.sum()
    }

    /// How many bytes more it may ever hold.
    pub fn left(&self) -> usize {
        self.budget.sizes.reserve.saturating_sub(self.bytes())
    }

    /// Takes that many bytes more if they are there.
    ///
    /// # Errors
    /// See [`Denied`].
    pub fn try_grow(&mut self, bytes: usize) -> Result<(), Denied> {
        let bytes = self.take_allowance(bytes)?;
        if bytes == 0 {
            return Ok(());
        }
        let taken = self.budget.shares().try_take(self.age, bytes).ok_or(Denied::Busy)?;
        self.held = self.held.and(taken);
        Ok(())
    }

    /// Takes that many bytes more of the common part if they are there, and never of the reserve: for what its client may
    /// keep for as long as it likes.
    ///
    /// # Errors
    /// See [`Denied`].
    pub fn try_common(&mut self, bytes: usize, leave: Leave) -> Result<(), Denied> {
        let bytes = self.take_allowance(bytes)?;
        if bytes == 0 {
            return Ok(());
        }
        let leave = match leave {
            Leave::Nothing => 0,
            Leave::Half => self.budget.sizes.common / 2,
        };
        let taken = self.budget.shares().take_common(bytes, leave).ok_or(Denied::Busy)?;
        self.held = self.held.and(taken);
        Ok(())
    }

    /// Takes that many bytes more, and waits for them at most [`PATIENCE`] over the request's life.
    ///
    /// # Errors
    /// See [`Denied`].
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Denied> {
        let bytes = self.take_allowance(bytes)?;
        if bytes == 0 {
            return Ok(());
        }
        let taken = self.budget.shares().take_or_wait(self.age, bytes);
        let granted = match taken {
            Ok(taken) => {
                self.held = self.held.and(taken);
                return Ok(());
            }
            Err(granted) => granted,
        };
        let start = Instant::now();
        let mut queued = Queued { budget: &self.budget, age: self.age, held: self.held, granted };
        let outcome = timeout_at(start + PATIENCE.saturating_sub(self.waited), &mut queued.granted).await;
        drop(queued);
        self.waited += start.elapsed();
        match outcome {
            Ok(Ok(taken)) => {
                self.held = self.held.and(taken);
                Ok(())
            }
            _ => Err(Denied::Busy),
        }
    }

    /// Gives back what it holds of the common part, for as much of the reserve, as far as that is free: for who holds
    /// much for long.
    pub fn leave_common(&mut self) {
        let moved = self.budget.shares().exchange(self.age, self.held.common);
        self.held.common -= moved;
        self.held.reserve += moved;
    }

    /// Takes what it can from the connection's allowance; gives how much is still wanted.
    fn take_allowance(&mut self, bytes: usize) -> Result<usize, Denied> {
        if self.bytes() + bytes > self.budget.sizes.reserve {
            return Err(Denied::TooLarge);
        }
        let taken = bytes.min(self.allowance().saturating_sub(self.held.allowance));
        self.held.allowance += taken;
        Ok(bytes - taken)
    }

    fn allowance(&self) -> usize {
        if self.allowance.is_some() { ALLOWANCE } else { 0 }
    }

    /// Gives that many bytes back.
    pub fn shrink(&mut self, bytes: usize) {
        let given = self.held.take(bytes);
        self.budget.give_back(self.age, given, self.held);
    }

    /// True if it holds more than its connection's allowance, so that others may wait for it.
    pub fn takes_from_others(&self) -> bool {
        self.held.common + self.held.reserve > 0
    }

    /// Says that the request asks for no more: another one may have the reserve.
    pub fn settle(&mut self) {
        self.budget.shares().settle(self.age);
    }

    /// Holds an answer of that many bytes in place of all that the request held. Never refused: the common part
    /// may be overdrawn.
    pub fn replace(&mut self, bytes: usize) {
        self.settle();
        let held = self.held;
        let allowance = bytes.min(self.allowance());
        self.held = Parts { allowance, common: bytes - allowance, reserve: 0 };
        self.budget.shares().overdraw(self.held.common);
        self.budget.give_back(self.age, held, self.held);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.settle();
        let held = std::mem::take(&mut self.held);
        self.budget.give_back(self.age, held, self.held);
    }
}

/// A place in the queue, given up when it is dropped.
struct Queued<'a> {
    budget: &'a Budget,
    age: u64,
    held: Parts,
    granted: oneshot::Receiver<Parts>,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let mut shares = self.budget.shares();
        // The grant may have come at the last moment.
        shares.leave(self.age, self.held, self.granted.try_recv().ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::shares::{least_memory, reserve};
    use proptest::prelude::*;

    const TOTAL: usize = 100 << 10;

    /// A budget whose common part is an eighth and whose reserve is three fifths.
    fn budget() -> Arc<Budget> {
        Budget::new(TOTAL, 1 << 20)
    }

    #[test]
    fn the_parts_are_no_more_than_the_whole() {
        for (total, connections) in [(80 << 20, 1024), (80 << 20, 1), (1 << 20, 0)] {
            let Sizes { common, reserve } = Sizes::of(total, connections);
            assert!(common + reserve + connections * ALLOWANCE <= total, "{total}");
            assert!(common >= total / 8);
        }
        assert!(reserve(least_memory(20 << 20)) >= 40 << 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_fits_is_told_at_once() {
        let budget = budget();
        let mut charge = budget.open(None);
        assert_eq!(charge.grow(reserve(TOTAL) + 1).await, Err(Denied::TooLarge));
        assert_eq!(charge.grow(reserve(TOTAL)).await, Ok(()));
        assert_eq!(charge.grow(1).await, Err(Denied::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn others_wait_while_one_has_the_reserve() {
        let budget = budget();
        let (mut first, mut second) = (budget.open(None), budget.open(None));
        second.grow(TOTAL / 8).await.unwrap();
        // The common part is used up: the first has the reserve, and the second waits.
        first.grow(reserve(TOTAL)).await.unwrap();
        assert_eq!(second.try_grow(1), Err(Denied::Busy));
        assert!(!budget.is_short());
        let waiting = tokio::spawn(async move {
            let grown = second.grow(1).await;
            (grown, second)
        });
        tokio::task::yield_now().await;
        assert!(budget.is_short());
        drop(first);
        let (grown, second) = waiting.await.unwrap();
        assert_eq!((grown, second.bytes()), (Ok(()), TOTAL / 8 + 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_ten_seconds_in_all() {
        let budget = budget();
        let (mut first, mut second) = (budget.open(None), budget.open(None));
        first.grow(reserve(TOTAL)).await.unwrap();
        let start = Instant::now();
        assert_eq!(second.grow(1).await, Err(Denied::Busy));
        assert_eq!(start.elapsed(), PATIENCE);
        assert_eq!(second.grow(1).await, Err(Denied::Busy));
        assert_eq!(start.elapsed(), PATIENCE);
        assert!(!budget.is_short());
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_is_nobody_elses() {
        let budget = budget();
        let mut hog = budget.open(None);
        hog.grow(reserve(TOTAL)).await.unwrap();
        let lent = Arc::default();
        let mut quiet = budget.open(Allowance::borrow(&lent));
        assert_eq!(quiet.try_grow(ALLOWANCE), Ok(()));
        assert!(Allowance::borrow(&lent).is_none());
        drop(quiet);
        assert!(Allowance::borrow(&lent).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_holds_the_reserve_may_leave_the_rest_to_others() {
        let budget = budget();
        let mut long = budget.open(None);
        long.grow(reserve(TOTAL)).await.unwrap();
        let mut other = budget.open(None);
        assert_eq!(other.try_grow(TOTAL / 8), Err(Denied::Busy));
        long.leave_common();
        assert_eq!((long.held.common, long.held.reserve), (0, reserve(TOTAL)));
        assert_eq!(other.try_grow(TOTAL / 8), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_may_overdraw_and_then_no_call_begins() {
        let budget = budget();
        let mut answer = budget.open(None);
        answer.replace(TOTAL);
        assert!(!budget.room(|| {}).await);
        let freed = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { budget.room(|| {}).await }
        });
        tokio::task::yield_now().await;
        drop(answer);
        assert!(freed.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_does_not_wait_for_the_memory_of_requests() {
        let budget = budget();
        let mut request = budget.open(None);
        request.grow(TOTAL / 8).await.unwrap();
        assert_eq!(budget.shares().common, 0);
        let start = Instant::now();
        assert!(budget.room(|| {}).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    proptest! {
        /// Whatever is taken and given back: no part is ever overdrawn but by answers, and at the end all is there.
        #[test]
        fn nothing_is_lost(steps in prop::collection::vec((0_usize..6, 0_usize..5, 0_usize..40_000), 1..200)) {
            let budget = budget();
            let whole = budget.free();
            let mut charges: Vec<Option<Charge>> = (0..6).map(|_| None).collect();
            for (index, step, bytes) in steps {
                let charge = charges[index].get_or_insert_with(|| budget.open(None));
                match step {
                    0 | 1 => drop(charge.try_grow(bytes)),
                    2 => charge.shrink(bytes),
                    3 => charge.settle(),
                    _ => charges[index] = None,
                }
                let held: usize = charges.iter().flatten().map(Charge::bytes).sum();
                prop_assert_eq!(budget.free() + isize::try_from(held).unwrap(), whole);
                prop_assert!(budget.shares().common >= 0);
            }
            charges.clear();
            prop_assert_eq!(budget.free(), whole);
            prop_assert!(budget.shares().owner().is_none());
        }
    }
}
