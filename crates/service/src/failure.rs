//! Why a call has no answer of its operation.

use crate::Fault;
use store::StoreError;

/// Why a call has no answer of its operation.
#[derive(Debug)]
pub enum Failure {
    /// The call failed.
    Fault(Fault),
    /// The call was refused before anything of it began, for want of room; the reason is for the log.
    Busy(&'static str),
    /// The client went away before the call began, or while it read.
    Gone,
}

impl Failure {
    /// There was no room for an answer that is longer than most.
    pub const NO_LONG_ROOM: Failure = Failure::Busy("there was no room for a long answer in time");
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Fault(error.into())
    }
}
