//! Room for a call's answer, which is the caller's to find.

use std::fmt::Debug;
use std::pin::Pin;

/// Finds room for what a call will answer. Asked once the call has its turn, before it begins.
pub trait Room: Send + Sync + Debug {
    /// Waits for room; false if there was none in time.
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// Room without end.
#[derive(Debug, Clone, Copy)]
pub struct Unbounded;

impl Room for Unbounded {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }
}
