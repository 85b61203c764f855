//! What a request takes of the memory that all requests share.

use thiserror::Error;

/// Accounts for the memory that a request takes while it is read.
pub trait Meter {
    /// Accounts for `bytes` more.
    ///
    /// # Errors
    /// There is no room for them; reading stops.
    fn charge(&mut self, bytes: usize) -> Result<(), OverBudget>;
}

/// A request needs more memory than there is for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("there is no memory for the request")]
pub struct OverBudget;

/// A meter that counts nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn charge(&mut self, _: usize) -> Result<(), OverBudget> {
        Ok(())
    }
}

/// How many bytes may be taken before the meter is told.
const STEP: usize = 64 << 10;

/// Adds up what is taken, and tells the meter in steps. What is given back before it was told is
/// never told; what was told stays told.
pub(crate) struct Tally<'m> {
    meter: &'m mut dyn Meter,
    held: usize,
    told: usize,
}

impl<'m> Tally<'m> {
    pub(crate) fn new(meter: &'m mut dyn Meter) -> Tally<'m> {
        Tally { meter, held: 0, told: 0 }
    }

    /// Takes so many bytes. Said before they are allocated.
    #[inline]
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.held = self.held.saturating_add(bytes);
        if self.held > self.told.saturating_add(STEP) { self.tell() } else { Ok(()) }
    }

    /// Gives so many bytes back.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    /// How many bytes are held.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Tells the meter what it has not been told yet.
    #[cold]
    pub(crate) fn tell(&mut self) -> Result<(), OverBudget> {
        let more = self.held.saturating_sub(self.told);
        if more > 0 {
            self.meter.charge(more)?;
            self.told += more;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Steps(Vec<usize>, usize);

    impl Meter for Steps {
        fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
            self.0.push(bytes);
            self.1 = self.1.checked_sub(bytes).ok_or(OverBudget)?;
            Ok(())
        }
    }

    #[test]
    fn the_meter_is_told_in_steps_and_never_twice() {
        let mut meter = Steps(Vec::new(), usize::MAX);
        let mut tally = Tally::new(&mut meter);
        for _ in 0..3000 {
            assert_eq!(tally.hold(50), Ok(()));
        }
        assert_eq!(tally.held(), 150_000);
        tally.release(150_000);
        assert_eq!(tally.hold(150_000), Ok(()));
        assert_eq!(tally.tell(), Ok(()));
        assert_eq!(tally.tell(), Ok(()));
        assert!(meter.0.len() <= 4, "{:?}", meter.0);
        assert_eq!(meter.0.iter().sum::<usize>(), 150_000);
    }

    #[test]
    fn what_is_too_much_is_refused_at_once() {
        let mut meter = Steps(Vec::new(), 100_000);
        let mut tally = Tally::new(&mut meter);
        assert_eq!(tally.hold(90_000), Ok(()));
        assert_eq!(tally.hold(90_000), Err(OverBudget));
    }
}
