//! Room for answers in the memory of requests.

use super::budget::{Budget, Charge};
use super::connections::Connections;
use contract::OperationId;
use contract::handles::operation::LOGIN;
use service::Room;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long an answer may stand still while calls wait for room.
const STILL: Duration = Duration::from_secs(1);

/// The longest answer that is written without extra memory, in bytes.
pub const SHORT: usize = 4 << 20;

/// What answers share.
pub struct AnswerRoom {
    pub budget: Arc<Budget>,
    pub connections: Arc<Connections>,
}

impl AnswerRoom {
    /// Waits until the answers that wait for their clients leave room for another; false if they did not in time.
    pub async fn room(&self) -> bool {
        self.budget.room(|| self.connections.cut_off_stillest(STILL)).await
    }
}

/// The room of one call's answer.
pub struct CallRoom {
    shared: Arc<AnswerRoom>,
    /// Whether it waits until there is room. Login's answer is shorter than its request was allowed to be without taking
    /// anything from others, and Login holds the turn to hash meanwhile: it waits for none.
    waits: bool,
    held: Mutex<Held>,
}

struct Held {
    charge: Charge,
    /// Whether it is that of a long answer.
    is_long: bool,
}

/// How the room of a long answer is split: its records, and its text, which is there twice while its buffer grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Long {
    records: usize,
    text: usize,
}

impl Long {
    fn of(whole: usize) -> Long {
        Long { records: whole / 2, text: whole / 4 }
    }
}

impl CallRoom {
    /// The room of a call; `charge` is what its request holds.
    pub fn new(shared: &Arc<AnswerRoom>, operation: OperationId, charge: Charge) -> Arc<CallRoom> {
        let held = Mutex::new(Held { charge, is_long: false });
        Arc::new(CallRoom { shared: Arc::clone(shared), waits: operation != LOGIN, held })
    }

    /// What it holds, for the answer.
    pub async fn charge(&self) -> Charge {
        std::mem::replace(&mut self.held.lock().await.charge, self.shared.budget.open(None))
    }

    /// Waits for the room of a long answer; gives how long its text may be. None if there was none in time.
    pub async fn lengthen(&self) -> Option<usize> {
        self.long().await.map(|long| long.text)
    }

    /// Holds all that one request may have, in place of what the request held, which is gone. Nothing is held while it
    /// waits, so that nobody waits for it meanwhile.
    async fn long(&self) -> Option<Long> {
        let mut held = self.held.lock().await;
        if !held.is_long {
            held.charge = self.shared.budget.open(None);
            let whole = held.charge.left();
            held.charge.grow(whole).await.ok()?;
            held.charge.leave_common();
            held.is_long = true;
        }
        Some(Long::of(held.charge.bytes()))
    }
}

impl Room for CallRoom {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async { !self.waits || self.shared.room().await })
    }

    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        Box::pin(async { self.long().await.map(|long| long.records) })
    }
}

impl fmt::Debug for CallRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRoom").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::shares::reserve;
    use contract::handles::operation::RETRIEVE;

    const TOTAL: usize = 100 << 10;

    fn shared() -> Arc<AnswerRoom> {
        let budget = Budget::new(TOTAL, 1 << 20);
        Arc::new(AnswerRoom { budget, connections: Connections::new(1) })
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_holds_what_one_request_may() {
        let shared = shared();
        let whole = shared.budget.free();
        let mut charge = shared.budget.open(None);
        charge.grow(reserve(TOTAL)).await.unwrap();
        // What the request itself held does not keep its answer from growing.
        let room = CallRoom::new(&shared, RETRIEVE, charge);
        assert_eq!(room.enlarge().await, Some(reserve(TOTAL) / 2));
        assert_eq!(room.lengthen().await, Some(reserve(TOTAL) / 4));
        assert_eq!(room.charge().await.bytes(), reserve(TOTAL));
        drop(room);
        assert_eq!(shared.budget.free(), whole);
    }

    #[tokio::test(start_paused = true)]
    async fn one_long_answer_is_made_at_a_time() {
        let shared = shared();
        let [first, second, third] =
            [1, 2, 3].map(|_| CallRoom::new(&shared, RETRIEVE, shared.budget.open(None)));
        assert!(first.enlarge().await.is_some());
        assert_eq!(second.enlarge().await, None);
        let waiting = tokio::spawn(async move { third.enlarge().await });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap().is_some());
    }
}
