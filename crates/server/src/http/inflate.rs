//! Undoes gzip in steps, each of which is paid for before it is taken.

use super::body::{Refusal, room};
use super::budget::Denied;
use flate2::bufread::MultiGzDecoder;
use std::io::Read;

/// How much is inflated at once.
const STEP: usize = 64 << 10;

/// Up to this length a body may be as much longer than its compressed form as it likes.
const SMALL: usize = 1 << 20;

/// How many times longer than its compressed form a longer body may be. Real messages reach 30.
const MOST_TIMES: usize = 100;

/// Inflates a body of at most `max` bytes. `change` is asked before memory is taken, and is told what is given back.
///
/// # Errors
/// [`Refusal::TooLong`] past `max`, [`Refusal::Encoding`] where it is no gzip or suspiciously dense, and what `change`
/// answers.
pub fn inflate(
    packed: &[u8],
    max: usize,
    mut change: impl FnMut(Change) -> Result<(), Denied>,
) -> Result<Vec<u8>, Refusal> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut out = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let read = decoder.read(&mut step).map_err(|_| Refusal::Encoding)?;
        if read == 0 {
            return Ok(out);
        }
        let length = out.len() + read;
        if length > SMALL && length / MOST_TIMES > packed.len() {
            return Err(Refusal::Encoding);
        }
        if length > max {
            return Err(Refusal::TooLong);
        }
        if length > out.capacity() {
            let (old, new) = (out.capacity(), room(length, out.capacity(), 0, max));
            // Both are there while the bytes are moved.
            change(Change::Grow(new))?;
            out.reserve_exact(new - out.len());
            change(Change::Shrink(old))?;
        }
        out.extend_from_slice(&step[..read]);
    }
}

/// A change of the memory that a body takes, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// More is about to be taken.
    Grow(usize),
    /// So much was given back.
    Shrink(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn free(_: Change) -> Result<(), Denied> {
        Ok(())
    }

    /// Bytes that do not compress.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn the_limit_counts_what_comes_out() {
        let packed = pack(&[b' '; 1000]);
        assert_eq!(inflate(&packed, 1000, free).unwrap().len(), 1000);
        assert_eq!(inflate(&packed, 999, free), Err(Refusal::TooLong));
        assert_eq!(inflate(&packed[..packed.len() - 4], 1000, free), Err(Refusal::Encoding));
        assert_eq!(inflate(b"<xml/>", 1000, free), Err(Refusal::Encoding));
    }

    #[test]
    fn a_dense_body_is_taken_up_to_a_mebibyte() {
        assert_eq!(inflate(&pack(&vec![0; SMALL]), SMALL * 2, free).unwrap().len(), SMALL);
        assert_eq!(inflate(&pack(&vec![0; SMALL + 1]), SMALL * 2, free), Err(Refusal::Encoding));
        let mixed = [noise(SMALL / 20), vec![0; SMALL * 2]].concat();
        assert_eq!(inflate(&pack(&mixed), SMALL * 3, free).unwrap(), mixed);
    }

    #[test]
    fn no_byte_is_taken_that_was_not_paid_for() {
        let body = noise(3 << 20);
        let (mut held, mut most) = (0, 0);
        let inflated = inflate(&pack(&body), 4 << 20, |change| {
            match change {
                Change::Grow(bytes) => held += bytes,
                Change::Shrink(bytes) => held -= bytes,
            }
            most = most.max(held);
            Ok(())
        });
        let inflated = inflated.unwrap();
        assert_eq!((inflated.len(), inflated.capacity()), (body.len(), held));
        assert!(most <= 6 << 20);
        let refused = inflate(&pack(&body), 4 << 20, |change| match change {
            Change::Grow(bytes) if bytes > 1 << 20 => Err(Denied::Busy),
            _ => Ok(()),
        });
        assert_eq!(refused, Err(Refusal::Busy));
    }
}
