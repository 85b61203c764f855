//! What the service takes from outside: the time and random bytes. Passed in, so that a test or a
//! lab run can set the one and repeat the other.

use contract::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in GMT.
    fn now(&self) -> Timestamp;
}

/// Makes random bytes for identifiers and session values.
pub trait Random: Send + Sync {
    /// Fills the buffer. Real implementations use the operating system's generator.
    fn fill(&self, buffer: &mut [u8]);
}
