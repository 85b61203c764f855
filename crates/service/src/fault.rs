//! Why a whole call failed. One record's failure is an [`crate::batch::Outcome`], not a fault.

use contract::Code;
use contract::handles::code;
use store::StoreError;

/// A failed call: a code for the client, a reason for the log.
#[derive(Debug)]
pub struct Fault {
    /// What the client gets; its text is in the contract's table of codes.
    pub code: Code,
    /// What the log gets. Never holds a value from the request.
    pub reason: String,
}

impl Fault {
    /// A fault of the service's own rules.
    pub fn new(code: Code, reason: impl Into<String>) -> Fault {
        Fault { code, reason: reason.into() }
    }

    /// The fault of a call whose answer would not fit the memory of requests.
    pub fn too_long() -> Fault {
        Fault::new(
            code::CV10000,
            "the answer would take more memory than one call may use; ask for less at once",
        )
    }
}

impl From<StoreError> for Fault {
    /// The database's trouble is no business of the client's: CV10000, and the details go to the log.
    fn from(error: StoreError) -> Fault {
        Fault::new(code::CV10000, format!("the store failed: {error}"))
    }
}
