//! How much memory things take.

use super::pool::READERS;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the allocator hands out for so many bytes: between a power of two and the next it has four sizes.
pub(crate) fn piece(bytes: usize) -> usize {
    let apart = bytes.saturating_sub(1).checked_ilog2().map_or(1, |log| 1 << log.saturating_sub(2));
    bytes.next_multiple_of(apart.max(16))
}

/// Memory that several things share.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    used: AtomicUsize,
}

impl Room {
    /// Room for so many bytes.
    pub fn new(most: usize) -> Room {
        Room { most, used: AtomicUsize::new(0) }
    }

    /// How many bytes are used.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Whether so many more bytes fit.
    pub fn has(&self, bytes: usize) -> bool {
        self.used().checked_add(bytes).is_some_and(|all| all <= self.most)
    }

    /// Notes that what took `before` bytes takes `now`.
    pub fn note(&self, before: usize, now: usize) {
        self.used.fetch_add(now.wrapping_sub(before), Ordering::AcqRel);
    }
}

/// What a page takes in SQLite's cache: its 4 KiB, what SQLite knows of it (some 280 bytes), its places in a table,
/// and what the allocator adds.
const PAGE: usize = 4_096 + 384;

/// What a connection takes beside its pages: small pieces that SQLite sets aside at once.
const LOOKASIDE: usize = 48 << 10;

/// Connections to a file: the writer's, the readers', and that of the thread that moves pages.
const CONNECTIONS: usize = READERS + 2;

/// The fewest pages that a connection keeps.
const FEWEST: usize = 16;

/// How many pages connections keep in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// The one that writes.
    pub writer: usize,
    /// Each of those that read.
    pub reader: usize,
    /// The one that moves pages from the log to the file, and reads next to nothing.
    pub mover: usize,
}

impl Pages {
    /// Pages for so many bytes: half of them for the writer, whose pages last longest.
    pub fn of(bytes: usize) -> Pages {
        let pages = (bytes.saturating_sub(CONNECTIONS * LOOKASIDE) / PAGE).saturating_sub(FEWEST);
        let share = |part: usize| (pages / part).max(FEWEST);
        Pages { writer: share(2), reader: share(2 * READERS), mover: FEWEST }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_all_connections_fit_together() {
        for bytes in [1 << 20, 8 << 20, 32 << 20, 100_000_000] {
            let Pages { writer, reader, mover } = Pages::of(bytes);
            let all = (writer + READERS * reader + mover) * PAGE + CONNECTIONS * LOOKASIDE;
            assert!(all <= bytes && all > bytes - (READERS + 1) * PAGE - bytes / 100, "{all} of {bytes}");
        }
        assert_eq!(Pages::of(0), Pages { writer: FEWEST, reader: FEWEST, mover: FEWEST });
    }

    #[test]
    fn pieces_have_the_sizes_of_the_allocator() {
        let sizes = [0, 1, 16, 17, 64, 65, 128, 129, 257, 405, 512, 513].map(piece);
        assert_eq!(sizes, [0, 16, 16, 32, 64, 80, 128, 160, 320, 448, 512, 640]);
    }

    #[test]
    fn room_is_used_and_given_back() {
        let room = Room::new(10);
        room.note(0, 7);
        assert_eq!((room.used(), room.has(3), room.has(4)), (7, true, false));
        room.note(7, 2);
        assert_eq!((room.used(), room.has(8)), (2, true));
        assert!(!room.has(usize::MAX));
    }
}
