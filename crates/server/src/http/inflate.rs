//! Undoes gzip in steps, each of which is paid for before it is taken.

use super::body::{Refusal, room};
use flate2::bufread::MultiGzDecoder;
use std::io::{Cursor, Read};

/// How much is inflated at once.
const STEP: usize = 16 << 10;

/// What inflating takes beside the bytes that go in and come out and the texts of headers: the step, the window and the
/// tables, of 43 KiB.
const STATE: usize = 64 << 10;

/// The most that the extra field, the name and the comment in a header take, which the decoder keeps.
const TEXTS: usize = 3 << 16;

/// The most that inflating takes beside the bytes that go in and come out.
pub const MOST_COST: usize = STATE + TEXTS;

/// What inflating a body of that length takes beside the bytes that go in and come out.
pub fn cost(packed: usize) -> usize {
    STATE + packed.min(TEXTS)
}

/// Up to this length a body may be as much longer than its compressed form as it likes.
const SMALL: usize = 1 << 20;

/// How many times longer than its compressed form a longer body may be. Real messages reach 30.
const MOST_TIMES: usize = 100;

/// A body that is being inflated. It stops whenever it needs more room, so that nobody waits for memory on a thread that
/// others need to give memory back.
pub struct Inflater {
    decoder: MultiGzDecoder<Cursor<Vec<u8>>>,
    packed: usize,
    most: usize,
    out: Vec<u8>,
    step: Vec<u8>,
    /// How much of the step is not in `out` yet.
    pending: usize,
    /// The room that was paid for.
    paid: usize,
    /// The most room from which there is a way to `most`, both being there while bytes are moved.
    turn: usize,
}

/// How far inflating has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// To the end.
    Done,
    /// To where it needs room for so many bytes in all, see [`Inflater::pay`].
    Needs(usize),
}

impl Inflater {
    /// Inflates a body to at most `most` bytes; `left` is how much may ever be paid for at once.
    pub fn new(packed: Vec<u8>, most: usize, left: usize) -> Inflater {
        let length = packed.len();
        let decoder = MultiGzDecoder::new(Cursor::new(packed));
        let (out, step, turn) = (Vec::new(), vec![0; STEP], left.saturating_sub(most));
        Inflater { decoder, packed: length, most, out, step, pending: 0, paid: 0, turn }
    }

    /// How much room a body of that length is to have: twice as much as before, or as much as there can be where
    /// twice as much would leave no way there.
    fn wanted(&self, length: usize) -> usize {
        let twice = room(length, self.paid, 0, self.most);
        if twice <= self.turn || twice >= self.most {
            twice
        } else if length <= self.turn {
            self.turn
        } else {
            self.most
        }
    }

    /// Room for that many bytes in all has been paid for.
    pub fn pay(&mut self, room: usize) {
        self.paid = room;
    }

    /// Inflates until it is done or needs room.
    ///
    /// # Errors
    /// [`Refusal::TooLong`] past the limit, [`Refusal::Encoding`] where it is no gzip or suspiciously dense.
    pub fn run(&mut self) -> Result<Progress, Refusal> {
        loop {
            let length = self.out.len() + self.pending;
            if length > self.paid {
                return Ok(Progress::Needs(self.wanted(length)));
            }
            if length > self.out.capacity() {
                self.out.reserve_exact(self.paid - self.out.len());
            }
            self.out.extend_from_slice(&self.step[..self.pending]);
            self.pending = self.decoder.read(&mut self.step).map_err(|_| Refusal::Encoding)?;
            let length = length + self.pending;
            if self.pending == 0 {
                return Ok(Progress::Done);
            }
            if length > SMALL && length / MOST_TIMES > self.packed {
                return Err(Refusal::Encoding);
            }
            if length > self.most {
                return Err(Refusal::TooLong);
            }
        }
    }

    /// What was inflated.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::shares::{least_memory, reserve};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Inflates with as much room as it wants.
    fn inflate(packed: &[u8], most: usize) -> Result<Vec<u8>, Refusal> {
        let mut inflater = Inflater::new(packed.to_vec(), most, usize::MAX);
        loop {
            match inflater.run()? {
                Progress::Done => return Ok(inflater.finish()),
                Progress::Needs(room) => inflater.pay(room),
            }
        }
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
        assert_eq!(inflate(&packed, 1000).unwrap().len(), 1000);
        assert_eq!(inflate(&packed, 999), Err(Refusal::TooLong));
        assert_eq!(inflate(&packed[..packed.len() - 4], 1000), Err(Refusal::Encoding));
        assert_eq!(inflate(b"<xml/>", 1000), Err(Refusal::Encoding));
    }

    #[test]
    fn a_dense_body_is_taken_up_to_a_mebibyte() {
        assert_eq!(inflate(&pack(&vec![0; SMALL]), SMALL * 2).unwrap().len(), SMALL);
        assert_eq!(inflate(&pack(&vec![0; SMALL + 1]), SMALL * 2), Err(Refusal::Encoding));
        let mixed = [noise(SMALL / 20), vec![0; SMALL * 2]].concat();
        assert_eq!(inflate(&pack(&mixed), SMALL * 3).unwrap(), mixed);
    }

    #[test]
    fn no_byte_is_taken_that_was_not_paid_for() {
        let body = noise(3 << 20);
        let mut inflater = Inflater::new(pack(&body), 4 << 20, usize::MAX);
        let mut times = 0;
        while let Progress::Needs(room) = inflater.run().unwrap() {
            assert!(inflater.out.capacity() <= inflater.paid && room <= 4 << 20);
            // It comes no further for being asked again.
            assert_eq!(inflater.run(), Ok(Progress::Needs(room)));
            inflater.pay(room);
            times += 1;
        }
        assert!(inflater.out.capacity() <= inflater.paid && times < 10);
        assert_eq!(inflater.finish(), body);
    }

    #[test]
    fn a_body_within_the_limit_fits_the_memory_that_is_enough_for_it() {
        const MOST: usize = 1 << 20;
        for length in [MOST, MOST / 2 + 1, MOST / 5 * 2, STEP + 1] {
            let packed = pack(&noise(length));
            // As it came: a body of unknown length may have room for `MOST`.
            let left = reserve(least_memory(MOST)) - MOST_COST - MOST;
            let mut inflater = Inflater::new(packed, MOST, left);
            let mut paid = 0;
            while let Progress::Needs(room) = inflater.run().unwrap() {
                assert!(paid + room <= left && room > paid, "{length}: {paid} and {room}");
                inflater.pay(room);
                paid = room;
            }
            assert_eq!(inflater.finish().len(), length);
        }
    }
}
