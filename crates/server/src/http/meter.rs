//! What decoding takes, charged to the memory of requests.

use super::budget::{Charge, Denied};
use soap::{Meter, OverBudget};

/// Charges what a request's records take while they are decoded. It never waits: where memory is short, decoding is given
/// up, and begun again once more has been paid for in advance.
pub struct RecordMeter {
    charge: Charge,
    /// How much was paid for in advance.
    paid: usize,
    /// How much is taken.
    bytes: usize,
    denied: Option<(Denied, usize)>,
}

impl RecordMeter {
    /// A meter on a charge, `paid` bytes of which are for the records.
    pub fn new(charge: Charge, paid: usize) -> RecordMeter {
        RecordMeter { charge, paid, bytes: 0, denied: None }
    }

    /// The charge, which holds what the records take; if that was denied, nothing of it, why, and how much they would
    /// have taken so far.
    pub fn finish(mut self) -> (Charge, Result<(), (Denied, usize)>) {
        let held = self.bytes.max(self.paid);
        let Some(denied) = self.denied else {
            self.charge.shrink(held - self.bytes);
            return (self.charge, Ok(()));
        };
        self.charge.shrink(held);
        (self.charge, Err(denied))
    }
}

impl Meter for RecordMeter {
    fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let total = self.bytes + bytes;
        let more = total.saturating_sub(self.paid.max(self.bytes));
        match self.charge.try_grow(more) {
            Ok(()) => {
                self.bytes = total;
                Ok(())
            }
            Err(denied) => {
                self.denied = Some((denied, total));
                Err(OverBudget)
            }
        }
    }
}
