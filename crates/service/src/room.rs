//! Room for a call's answer, which is the caller's to find.

use crate::queues::{CallTurn, Queues};
use crate::{Failure, Fault, Gone};
use contract::call::Work;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{AccountId, StoreError};

/// How many bytes the records of an answer may take before more room is asked for: enough for 200 objects as people
/// have them.
const SHORT: usize = 4 << 20;

/// Finds room for what a call will answer.
pub trait Room: Send + Sync + Debug {
    /// Waits for the room that most answers take; false if there was none in time. Asked once the call has its
    /// turn, before it begins.
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;

    /// Waits for the room that a long answer takes, which the call has until it is answered; gives how many bytes its
    /// records may take. None if there was none in time.
    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>>;
}

/// Room without end.
#[derive(Debug, Clone, Copy)]
pub struct Unbounded;

impl Room for Unbounded {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        Box::pin(std::future::ready(Some(usize::MAX)))
    }
}

/// Where a call that has begun makes its answer: its room, and its turn, which others have while it waits for more room.
pub(crate) struct Seat<'c> {
    pub room: &'c dyn Room,
    pub queues: &'c Queues,
    pub account: AccountId,
    pub work: Work,
    pub gone: &'c Gone,
    pub turn: Mutex<Option<CallTurn>>,
}

impl Seat<'_> {
    /// Waits for the room of a long answer, without a turn, and then for another turn.
    async fn enlarge(&self) -> Result<usize, Failure> {
        *self.turn() = None;
        let bytes = self.room.enlarge().await.ok_or(Failure::NO_LONG_ROOM)?;
        let turn = self.queues.of_call(self.account, self.work, 1, self.gone).await?;
        *self.turn() = Some(turn);
        Ok(bytes)
    }

    fn turn(&self) -> MutexGuard<'_, Option<CallTurn>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer being made.
pub(crate) type Making<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Makes the answer of a call that only reads: in as many bytes as `make` is given, and once more in the room of a long
/// answer if they do not suffice, which `make` says by [`StoreError::TooMuch`].
///
/// # Errors
/// Those of `make`; busy if there was no room or no turn in time; CV10000 for an answer that would be too long for any room.
pub(crate) async fn make<'a, T>(
    seat: &Seat<'_>,
    make: impl Fn(usize) -> Making<'a, T>,
) -> Result<T, Failure> {
    match make(SHORT).await {
        Err(StoreError::TooMuch) => {}
        done => return Ok(done.map_err(Fault::from)?),
    }
    match make(seat.enlarge().await?).await {
        Err(StoreError::TooMuch) => Err(Fault::too_long().into()),
        done => Ok(done.map_err(Fault::from)?),
    }
}
