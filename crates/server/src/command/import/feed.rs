//! The bytes of a file on their way to the reader of rows.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// What follows the last byte of a file: a row of its own, unless a quote was left open before it.
pub const END: &[u8] = b"\n\0end of the file\0\n";

/// The most bytes that one row may have; fewer where tests make such rows.
pub const ROW_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 16 << 20 };

/// Reads a file, adds [`END`], and stops at a row without end. It can tell the hash of what lies before
/// the row that is being read.
pub struct Feed<R> {
    inner: R,
    /// What is left of [`END`]; untouched while the inner reader has something.
    rest: &'static [u8],
    /// The bytes before the chunk that was read last.
    before: Hashed,
    chunk: Vec<u8>,
    /// The byte before the chunk.
    last: u8,
    row_start: u64,
    /// The bytes before the row, if it began before the chunk.
    before_row: Hashed,
}

/// The beginning of a file: how many bytes, and their SHA-256.
#[derive(Clone, Default)]
struct Hashed {
    bytes: u64,
    hash: Sha256,
}

impl<R: Read> Feed<R> {
    /// Reads from where the inner reader stands.
    pub fn new(inner: R) -> Feed<R> {
        Feed {
            inner,
            rest: END,
            before: Hashed::default(),
            chunk: Vec::new(),
            last: 0,
            row_start: 0,
            before_row: Hashed::default(),
        }
    }

    /// Reads the first bytes, as many as there are, without giving them out.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        let mut left = bytes;
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.inner.read(&mut buffer[..most])?;
            if read == 0 {
                break;
            }
            self.before.add(&buffer[..read]);
            left -= read as u64;
        }
        self.row_start = self.before.bytes;
        Ok(())
    }

    /// Tells that a row begins at a byte of the file that was read last.
    pub fn begin_row(&mut self, at: u64) {
        self.row_start = at;
    }

    /// The SHA-256 of the bytes before the row, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let before = self.up_to_row().unwrap_or_else(|| self.before_row.clone());
        before.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The byte before a place in what was read last.
    pub fn byte_before(&self, at: u64) -> u8 {
        match at.checked_sub(self.before.bytes + 1).and_then(|index| usize::try_from(index).ok()) {
            Some(index) => self.chunk.get(index).copied().unwrap_or_default(),
            None => self.last,
        }
    }

    /// The bytes before the row, if it begins in the chunk.
    fn up_to_row(&self) -> Option<Hashed> {
        let index = usize::try_from(self.row_start.checked_sub(self.before.bytes)?).ok()?;
        let mut before = self.before.clone();
        before.add(&self.of_file()[..index.min(self.of_file().len())]);
        Some(before)
    }

    /// The chunk, if it is of the file.
    fn of_file(&self) -> &[u8] {
        if self.rest.len() == END.len() { &self.chunk } else { &[] }
    }

    /// Takes the chunk for read.
    fn pass(&mut self) {
        let up_to_row = self.up_to_row();
        let mut before = up_to_row.clone().unwrap_or_else(|| self.before.clone());
        let hashed = usize::try_from(before.bytes - self.before.bytes).unwrap_or(usize::MAX);
        before.add(self.of_file().get(hashed..).unwrap_or_default());
        self.before_row = up_to_row.unwrap_or_else(|| self.before_row.clone());
        self.before = before;
        self.last = self.chunk.last().copied().unwrap_or(self.last);
        self.chunk.clear();
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pass();
        if self.before.bytes.saturating_sub(self.row_start) > ROW_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row without end"));
        }
        let mut read = if self.rest.len() == END.len() { self.inner.read(buffer)? } else { 0 };
        if read == 0 {
            read = self.rest.read(buffer)?;
        }
        self.chunk.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl Hashed {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes a few at a time.
    struct Slow(&'static [u8]);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(3);
            self.0.read(&mut buffer[..most])
        }
    }

    const TEXT: &[u8] = b"abcdefgh";

    /// The hash of so many first bytes.
    fn hash(bytes: u64) -> String {
        let mut feed = Feed::new(TEXT);
        feed.skip(bytes).unwrap();
        feed.hash()
    }

    #[test]
    fn what_was_read_is_followed_by_the_end() {
        let mut feed = Feed::new(Slow(TEXT));
        let mut out = Vec::new();
        feed.read_to_end(&mut out).unwrap();
        assert_eq!(out, [TEXT, END].concat());
        assert_eq!(feed.hash(), hash(0), "no row was begun");
    }

    #[test]
    fn the_hash_is_of_the_bytes_before_the_row_however_long_the_row_is() {
        for start in 0..=8 {
            let mut feed = Feed::new(Slow(TEXT));
            let mut read = 0;
            while read < start {
                read += feed.read(&mut [0; 3]).unwrap() as u64;
            }
            feed.begin_row(start);
            loop {
                assert_eq!(feed.hash(), hash(start), "behind {start}");
                if feed.read(&mut [0; 3]).unwrap() == 0 {
                    break;
                }
            }
        }
        assert_ne!(hash(3), hash(4));
    }

    #[test]
    fn skipping_goes_on_where_reading_stopped() {
        let mut feed = Feed::new(Slow(TEXT));
        feed.skip(5).unwrap();
        let mut rest = Vec::new();
        feed.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [&TEXT[5..], END].concat());
        let mut feed = Feed::new(Slow(TEXT));
        feed.read_exact(&mut [0; 6]).unwrap();
        assert_eq!([3, 4, 6].map(|at| feed.byte_before(at)), *b"cdf");
    }

    #[test]
    fn a_row_without_end_is_stopped() {
        let mut feed = Feed::new(io::repeat(b'x'));
        assert!(io::copy(&mut feed, &mut io::sink()).is_err());
        let mut feed = Feed::new(io::repeat(b'x'));
        let mut buffer = vec![0; 1 << 16];
        let mut total = 0;
        for _ in 0..32 {
            total += feed.read(&mut buffer).unwrap() as u64;
            feed.begin_row(total);
        }
    }
}
