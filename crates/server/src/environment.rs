//! The time and the random bytes that the service is given: the machine's own in production, repeatable
//! ones in the lab. And how many cores there are.

use contract::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use service::{Clock, Random};
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Instant;

/// How many processor cores this process may use.
pub fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        timestamp(jiff::Timestamp::now())
    }
}

/// A clock that was set once and goes on from there at its usual pace: sessions still run out and
/// `LastModifiedDate` still moves, but from a date that a test knows.
pub struct SetClock {
    start: Timestamp,
    since: Instant,
}

impl SetClock {
    /// A clock that shows `start` now.
    pub fn new(start: jiff::Timestamp) -> SetClock {
        SetClock { start: timestamp(start), since: Instant::now() }
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.since.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp(self.start.0.saturating_add(elapsed)).min(Timestamp::MAX)
    }
}

fn timestamp(time: jiff::Timestamp) -> Timestamp {
    Timestamp(time.as_microsecond()).clamp(Timestamp::MIN, Timestamp::MAX)
}

/// The operating system's generator.
pub struct SystemRandom;

impl SystemRandom {
    /// Checks once, at the start, that the generator works, so that a call never finds out.
    pub fn new() -> Result<SystemRandom, getrandom::Error> {
        getrandom::fill(&mut [0; 16]).map(|()| SystemRandom)
    }
}

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // A session value must never be guessable. If the system has no random bytes after it had some
        // at the start, waiting is the only safe thing to do.
        while let Err(error) = getrandom::fill(buffer) {
            tracing::error!(%error, "the operating system gives no random bytes; trying again");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

/// The same bytes in the same order for the same seed.
pub struct SeededRandom(Mutex<ChaCha8Rng>);

impl SeededRandom {
    /// The generator for a seed.
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // A generator has no state that a panic elsewhere could leave half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_bytes() {
        let bytes = |seed| {
            let mut buffer = [0; 40];
            SeededRandom::new(seed).fill(&mut buffer);
            buffer
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }

    #[test]
    fn a_set_clock_starts_where_it_was_set() {
        let start: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let now = SetClock::new(start).now();
        assert_eq!(now.minute(), timestamp(start).minute());
    }
}
