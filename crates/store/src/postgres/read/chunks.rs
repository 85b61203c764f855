//! How many rows to read at once, of those that are decided on here.

/// Rows that are read first.
const FIRST: i64 = 1_000;
/// Rows that are read at once at most.
const MOST: i64 = 256_000;

/// Pieces of a result that grow as long as there is more to read. PostgreSQL sends all that it was asked
/// for, so that a reader who soon has enough must not ask for much more.
#[derive(Default)]
pub(super) struct Chunks {
    /// Rows that were read, and how many of them the last time.
    read: i64,
    last: i64,
}

impl Chunks {
    /// The next piece, for a reader who found that many and stops after `limit`: four times the last, but
    /// not much more than will do if things go on as before.
    pub fn next(&mut self, found: usize, limit: usize) -> i64 {
        let more = if self.last == 0 { FIRST } else { (self.last * 4).min(MOST) };
        let wanted = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let (found, missing) = (wanted(found), wanted(limit).saturating_add(1).saturating_sub(wanted(found)));
        let likely = match found {
            0 => MOST,
            found => self.read.saturating_mul(missing) / found,
        };
        self.last = more.min(likely.saturating_add(likely / 8)).max(FIRST);
        self.read += self.last;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_until_they_will_do() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.next(0, 25_000), 1_000);
        assert_eq!(chunks.next(0, 25_000), 4_000);
        // Half of 5,000 were of use, so that 45,000 of what follows will be enough.
        assert_eq!(chunks.next(2_500, 25_000), 16_000);
        assert_eq!(chunks.next(10_500, 25_000), 32_627);
        assert_eq!(chunks.next(25_000, 25_000), 1_000);
        let mut none = Chunks::default();
        assert_eq!((0..6).map(|_| none.next(0, usize::MAX)).last(), Some(256_000));
    }
}
