//! What decoding takes, charged to the memory of requests.

use super::budget::{Charge, Denied};
use soap::{Meter, OverBudget};
use tokio::runtime::Handle;

/// Charges what a request's records take while they are decoded.
pub struct RecordMeter {
    charge: Charge,
    /// Where waiting for memory is allowed: on a thread that may block.
    runtime: Option<Handle>,
    /// How much was charged so far.
    bytes: usize,
    denied: Option<Denied>,
}

impl RecordMeter {
    /// A meter that gives up where it would have to wait.
    pub fn new(charge: Charge) -> RecordMeter {
        RecordMeter { charge, runtime: None, bytes: 0, denied: None }
    }

    /// A meter that waits for memory. Not for threads that serve connections.
    pub fn blocking(charge: Charge, runtime: Handle) -> RecordMeter {
        RecordMeter { runtime: Some(runtime), ..RecordMeter::new(charge) }
    }

    /// The charge, and why it was not enough, if it wasn't. In that case what was charged is given back.
    pub fn finish(mut self) -> (Charge, Option<Denied>) {
        if self.denied.is_some() {
            self.charge.shrink(self.bytes);
        }
        (self.charge, self.denied)
    }
}

impl Meter for RecordMeter {
    fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let grown = match &self.runtime {
            None => self.charge.try_grow(bytes),
            Some(runtime) => runtime.block_on(self.charge.grow(bytes)),
        };
        match grown {
            Ok(()) => self.bytes += bytes,
            Err(denied) => self.denied = Some(denied),
        }
        grown.map_err(|_| OverBudget)
    }
}
