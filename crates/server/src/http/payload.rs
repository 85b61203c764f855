//! Bodies of answers: handed out in small pieces, so that it is seen whether the client takes them, and charged to
//! the memory of requests until the last byte is on its way.

use super::activity::Working;
use super::budget::{Charge, Leave};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// How much is handed to the connection at once.
const PIECE: usize = 4 << 10;

/// An answer of so many bytes is part of what its stream or its connection takes: most faults, and what refuses.
const SHORT: usize = 1 << 10;

/// How much of an answer the connection holds at most: what waits to be written and the piece behind it.
const IN_FLIGHT: usize = 16 << 10;

/// The body of an answer.
pub struct Payload {
    delivery: Option<Arc<Delivery>>,
    pieces: VecDeque<Bytes>,
    /// How many bytes of memory are there for this answer alone.
    owned: usize,
    charge: Option<Charge>,
    left: u64,
}

/// An answer on its way to its client.
pub struct Delivery {
    rest: Mutex<Rest>,
    /// How many bytes the connection has written.
    taken: AtomicU64,
    start: Instant,
    /// When bytes were last written, in milliseconds since the start.
    moved: AtomicU64,
    /// The request, which is served until the last byte is written.
    _working: Option<Working>,
}

/// What is left of an answer.
struct Rest {
    /// What has not been handed to the connection yet; none once the answer was cut off.
    pieces: Option<VecDeque<Bytes>>,
    /// What its memory is charged to.
    charge: Option<Charge>,
}

/// The answer was cut off, since its client did not take it.
#[derive(Debug)]
pub struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client took too little of the answer for too long")
    }
}

impl std::error::Error for CutOff {}

impl Delivery {
    /// How many bytes have left for the client.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// For how long none have.
    pub fn still_for(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.moved.load(Ordering::Relaxed)))
    }

    /// Gives up what the client has not taken, and its memory but for what the connection still holds.
    pub fn cut_off(&self) {
        let mut rest = self.rest();
        let left = rest.pieces.take();
        let charge = rest.charge.take();
        drop(rest);
        // Dropped outside the lock: that may wake others.
        drop(left);
        if let Some(mut charge) = charge {
            charge.shrink(charge.bytes().saturating_sub(IN_FLIGHT));
            self.rest().charge = Some(charge);
        }
    }

    /// True once it was given up.
    pub fn is_cut_off(&self) -> bool {
        self.rest().pieces.is_none()
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payload {
    /// A body of pieces that others may share.
    pub fn new(pieces: impl IntoIterator<Item = Bytes>) -> Payload {
        let pieces: VecDeque<Bytes> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Payload { delivery: None, pieces, owned: 0, charge: None, left }
    }

    /// A body whose memory is charged until the client has it.
    pub fn charged(bytes: impl Owned, mut charge: Charge) -> Payload {
        let owned = bytes.size();
        charge.replace(owned);
        Payload { owned, charge: Some(charge), ..Payload::new([Bytes::from_owner(bytes)]) }
    }

    /// Charges the memory of the answer to what `open` gives, unless that is done or it has little of its own. False if
    /// there is no room for it.
    pub fn charge_to(&mut self, open: impl FnOnce() -> Charge) -> bool {
        if self.owned <= SHORT || self.charge.is_some() {
            return true;
        }
        let mut charge = open();
        let has_room = charge.try_common(self.owned, Leave::Nothing).is_ok();
        self.charge = Some(charge);
        has_room
    }

    /// Watches the answer on its way from now on. The request is served until the client has the answer.
    pub fn watch(&mut self, working: impl Into<Option<Working>>) -> Arc<Delivery> {
        let delivery = Arc::new(Delivery {
            rest: Mutex::new(Rest {
                pieces: Some(std::mem::take(&mut self.pieces)),
                charge: self.charge.take(),
            }),
            taken: AtomicU64::new(0),
            start: Instant::now(),
            moved: AtomicU64::new(0),
            _working: working.into(),
        });
        self.delivery = Some(Arc::clone(&delivery));
        delivery
    }

    fn next(&mut self) -> Result<Option<Bytes>, CutOff> {
        let Some(delivery) = &self.delivery else { return Ok(next_piece(&mut self.pieces)) };
        let mut rest = delivery.rest();
        let piece = next_piece(rest.pieces.as_mut().ok_or(CutOff)?);
        drop(rest);
        // A copy, so that the connection holds no more of the answer than the pieces that it has.
        let own = |bytes: Bytes| if self.owned > 0 { Bytes::copy_from_slice(&bytes) } else { bytes };
        Ok(piece.map(|bytes| Bytes::from_owner(Piece { bytes: own(bytes), delivery: Arc::clone(delivery) })))
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Payload {
        Payload { owned: bytes.len(), ..Payload::new([bytes]) }
    }
}

impl From<Vec<Bytes>> for Payload {
    fn from(pieces: Vec<Bytes>) -> Payload {
        Payload::new(pieces)
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Payload {
        Payload { owned: text.capacity(), ..Payload::new([Bytes::from(text)]) }
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Payload {
        Payload::new([Bytes::from_static(text.as_bytes())])
    }
}

fn next_piece(pieces: &mut VecDeque<Bytes>) -> Option<Bytes> {
    let first = pieces.front_mut()?;
    if first.len() > PIECE { Some(first.split_to(PIECE)) } else { pieces.pop_front() }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = match self.next() {
            Ok(piece) => piece,
            Err(cut) => return Poll::Ready(Some(Err(cut))),
        };
        self.left -= piece.as_ref().map_or(self.left, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Bytes that an answer owns.
pub trait Owned: AsRef<[u8]> + Send + 'static {
    /// How much memory they take.
    fn size(&self) -> usize;
}

impl Owned for Vec<u8> {
    fn size(&self) -> usize {
        self.capacity()
    }
}

impl Owned for Bytes {
    fn size(&self) -> usize {
        self.len()
    }
}

/// A piece that the connection has got. It drops it when it has written it.
struct Piece {
    bytes: Bytes,
    delivery: Arc<Delivery>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let Delivery { taken, start, moved, .. } = &*self.delivery;
        taken.fetch_add(self.bytes.len() as u64, Ordering::Relaxed);
        moved.store(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::budget::Budget;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn pieces_are_counted_when_they_are_gone() {
        let mut payload =
            Payload::new([Bytes::from(vec![1; PIECE + 1]), Bytes::new(), Bytes::from_static(b"x")]);
        assert_eq!(payload.size_hint().exact(), Some(PIECE as u64 + 2));
        let delivery = payload.watch(None);
        let first = payload.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), delivery.taken()), (PIECE, 0));
        drop(first);
        assert_eq!(delivery.taken(), PIECE as u64);
        let rest = payload.collect().await.unwrap().to_bytes();
        assert_eq!(&rest[..], [1, b'x']);
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_off_gives_its_memory_back() {
        let budget = Budget::new(1 << 20, 1);
        let free = || budget.free();
        let before = free();
        let bytes = Arc::new(());
        let mut payload = Payload::charged(Held(vec![0; 20 * PIECE], Arc::clone(&bytes)), budget.open(None));
        assert!(free() < before - 19 * PIECE as isize);
        let delivery = payload.watch(None);
        let first = payload.frame().await.unwrap().unwrap().into_data().unwrap();
        delivery.cut_off();
        // The connection still writes the first piece: it has that and no more of the answer.
        assert_eq!((free(), Arc::strong_count(&bytes)), (before - IN_FLIGHT as isize, 1));
        assert!(payload.frame().await.unwrap().is_err());
        drop((payload, delivery));
        assert!(free() < before);
        drop(first);
        assert_eq!(free(), before);
    }

    #[tokio::test]
    async fn what_an_answer_owns_is_charged_once_and_what_it_shares_is_not() {
        let budget = Budget::new(1 << 20, 1);
        let before = budget.free();
        type Make = fn(&Arc<Budget>) -> Payload;
        let payloads: [(Make, usize); 6] = [
            (|_| Payload::from("x".repeat(SHORT)), 0),
            (|_| Payload::from("shared"), 0),
            (|_| Payload::from(vec![Bytes::from_static(b"shared")]), 0),
            (|_| Payload::from(Bytes::from(vec![0; PIECE])), PIECE),
            (|_| Payload::from("x".repeat(PIECE)), PIECE),
            (|budget| Payload::charged(vec![0; PIECE], budget.open(None)), PIECE),
        ];
        for (payload, bytes) in payloads {
            let mut payload = payload(&budget);
            assert!(payload.charge_to(|| budget.open(None)));
            assert_eq!(before - budget.free(), bytes as isize);
            let delivery = payload.watch(None);
            drop((payload, delivery));
            assert_eq!(budget.free(), before);
        }
    }

    #[tokio::test]
    async fn an_answer_for_which_there_is_no_room_is_not_given() {
        let budget = Budget::new(1 << 20, 1 << 20);
        let mut answers: Vec<Payload> = (0..40).map(|_| Payload::from("x".repeat(PIECE))).collect();
        let given =
            answers.iter_mut().filter_map(|answer| answer.charge_to(|| budget.open(None)).then_some(()));
        // The common part is an eighth.
        assert_eq!(given.count(), (1 << 17) / PIECE);
        drop(answers);
        assert!(Payload::from("x".repeat(PIECE)).charge_to(|| budget.open(None)));
    }

    /// Bytes with a counted reference, so that a test sees when they are freed.
    struct Held(Vec<u8>, #[expect(dead_code, reason = "counted")] Arc<()>);

    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Owned for Held {
        fn size(&self) -> usize {
            self.0.len()
        }
    }
}
