//! Reads a request's body whole, within its limits, before anything of it runs.

use super::Intakes;
use super::activity::LEAST_PROGRESS;
use super::budget::{Budget, Charge, Denied};
use super::inflate::{self, Inflater, Progress};
use super::work::{Undone, Work};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, EXPECT, HeaderMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How much of a body that is too long is read and thrown away, so that a client that writes before it
/// reads comes to see the answer.
const DRAINED: usize = 64 << 20;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// How often the pace of a body is looked at.
const PACE: Duration = Duration::from_secs(1);

/// While other requests wait for memory, one that holds some has to send [`LEAST_PROGRESS`] of its body within this; and
/// everyone once the server stops.
const STILL: Duration = Duration::from_secs(2);

/// Reads bodies.
pub struct Intake {
    intakes: Intakes,
    budget: Arc<Budget>,
    work: Arc<Work>,
    stopping: AtomicBool,
}

/// A body that has arrived whole.
pub struct Received {
    /// Its bytes, decompressed.
    pub bytes: Vec<u8>,
    /// What holds their memory.
    pub charge: Charge,
}

/// Why a body was not taken.
#[derive(PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is longer than the limit, perhaps only after decompression.
    TooLong,
    /// It did not arrive in time.
    TooSlow,
    /// The client went away, or broke the rules of HTTP.
    Broken,
    /// It is compressed in a way that is not understood, or not properly.
    Encoding,
    /// Other requests held the memory that it takes.
    Busy,
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Refusal {
        match denied {
            Denied::TooLarge => Refusal::TooLong,
            Denied::Busy => Refusal::Busy,
        }
    }
}

impl From<Undone> for Refusal {
    fn from(undone: Undone) -> Refusal {
        match undone {
            Undone::Busy => Refusal::Busy,
            Undone::Panicked => Refusal::Encoding,
        }
    }
}

impl Intake {
    /// Takes bodies within those bounds.
    pub fn new(intakes: Intakes, budget: Arc<Budget>, work: Arc<Work>) -> Intake {
        Intake { intakes, budget, work, stopping: AtomicBool::new(false) }
    }

    /// The server stops: a body that does not come is not waited for.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Reads a body of at most `max` bytes to its end and undoes its compression.
    pub async fn read(
        &self,
        headers: &HeaderMap,
        mut body: Incoming,
        mut charge: Charge,
        max: usize,
    ) -> Result<Received, Refusal> {
        let gzip = is_gzip(headers)?;
        let max = max.min(self.intakes.body);
        if usize::try_from(body.size_hint().lower()).is_ok_and(|declared| declared > max) {
            // A client that waits for "100 Continue" is told before it has sent anything.
            if !headers.contains_key(EXPECT) {
                drop(charge);
                drain(body).await;
            }
            return Err(Refusal::TooLong);
        }
        let received = timeout(self.intakes.time, self.collect(&mut body, &mut charge, max)).await;
        match received.map_err(|_| Refusal::TooSlow)? {
            Err(Refusal::TooLong) => {
                drop(charge);
                drain(body).await;
                Err(Refusal::TooLong)
            }
            Err(refusal) => Err(refusal),
            Ok(packed) if gzip => self.inflate(packed, charge, max).await,
            Ok(bytes) => Ok(Received { bytes, charge }),
        }
    }

    async fn collect(
        &self,
        body: &mut Incoming,
        charge: &mut Charge,
        max: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        let mut bytes = Vec::new();
        let mut pace = Pace::new(self.intakes.silence);
        while let Some(data) = self.next(body, &mut pace, charge).await? {
            let length = bytes.len() + data.len();
            if length > max {
                return Err(Refusal::TooLong);
            }
            if length > bytes.capacity() {
                let (old, new) = (bytes.capacity(), room(length, bytes.capacity(), declared, max));
                // Both are there while the bytes are moved.
                charge.grow(new).await?;
                bytes.reserve_exact(new - bytes.len());
                charge.shrink(old);
                // The client does not answer for the wait.
                pace.short = Span::begin(STILL);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }

    /// The next piece of a body; none at its end.
    async fn next(
        &self,
        body: &mut Incoming,
        pace: &mut Pace,
        charge: &Charge,
    ) -> Result<Option<Bytes>, Refusal> {
        loop {
            let frame = match timeout(PACE, body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(frame)) => Some(frame.map_err(|_| Refusal::Broken)?),
                Err(_) => None,
            };
            let data = frame.and_then(|frame| frame.into_data().ok());
            let in_the_way =
                self.stopping.load(Ordering::Relaxed) || charge.takes_from_others() && self.budget.is_short();
            if pace.is_slow(data.as_ref().map_or(0, Bytes::len), in_the_way) {
                return Err(Refusal::TooSlow);
            }
            if data.is_some() {
                return Ok(data);
            }
        }
    }

    async fn inflate(&self, packed: Vec<u8>, mut charge: Charge, max: usize) -> Result<Received, Refusal> {
        charge.grow(inflate::cost(packed.len())).await?;
        let mut inflater = Inflater::new(packed, max, charge.left());
        let (mut room, mut old) = (0, 0);
        loop {
            // The charge goes along: the thread goes on even if nobody waits for it any more.
            let work = move || {
                let progress = inflater.run();
                (inflater, charge, progress)
            };
            let progress;
            (inflater, charge, progress) = self.work.run(work).await?;
            match progress? {
                Progress::Done => break,
                Progress::Needs(more) => {
                    // The room before this one was needed only until the bytes had been moved.
                    charge.shrink(old);
                    charge.grow(more).await?;
                    inflater.pay(more);
                    (old, room) = (room, more);
                }
            }
        }
        let bytes = inflater.finish();
        charge.shrink(charge.bytes().saturating_sub(bytes.capacity()));
        Ok(Received { bytes, charge })
    }
}

/// How much room a body of that length gets when it outgrows its capacity: a client may declare much and send
/// nothing, so that what was declared counts only once a quarter of it is there.
pub fn room(length: usize, capacity: usize, declared: usize, max: usize) -> usize {
    let room = match declared {
        0 => capacity.saturating_mul(2).min(max),
        declared => declared.min(length.saturating_mul(4)),
    };
    room.max(length)
}

/// How fast a body comes.
struct Pace {
    long: Span,
    /// What counts while others wait for the memory that the request holds.
    short: Span,
}

/// A span of time, in which [`LEAST_PROGRESS`] is to come.
struct Span {
    length: Duration,
    since: Instant,
    bytes: usize,
}

impl Pace {
    fn new(silence: Duration) -> Pace {
        Pace { long: Span::begin(silence), short: Span::begin(STILL.min(silence)) }
    }

    /// Bytes have come, or none. True if too few came in a span that is over.
    fn is_slow(&mut self, bytes: usize, in_the_way: bool) -> bool {
        let too_few = [self.long.moved(bytes), self.short.moved(bytes) && in_the_way];
        too_few.contains(&true)
    }
}

impl Span {
    fn begin(length: Duration) -> Span {
        Span { length, since: Instant::now(), bytes: 0 }
    }

    /// Bytes have come, or none. True if the span is over and too few came in it; another one begins where it is over.
    fn moved(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        if self.since.elapsed() < self.length {
            return false;
        }
        let slow = self.bytes < LEAST_PROGRESS;
        *self = Span::begin(self.length);
        slow
    }
}

/// True for gzip, false for no compression at all.
fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut gzip = false;
    for value in headers.get_all(CONTENT_ENCODING) {
        match value.as_bytes().trim_ascii() {
            b"" => {}
            encoding if encoding.eq_ignore_ascii_case(b"identity") => {}
            encoding
                if !gzip
                    && (encoding.eq_ignore_ascii_case(b"gzip")
                        || encoding.eq_ignore_ascii_case(b"x-gzip")) =>
            {
                gzip = true;
            }
            _ => return Err(Refusal::Encoding),
        }
    }
    Ok(gzip)
}

async fn drain(mut body: Incoming) {
    let read = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, |data| data.len());
            if seen > DRAINED {
                break;
            }
        }
    };
    // Whether all of it came does not matter: hyper closes the connection if not.
    let _ = timeout(DRAIN_TIME, read).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn encodings() {
        let encoding = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            is_gzip(&headers)
        };
        assert_eq!(encoding(&[]), Ok(false));
        assert_eq!(encoding(&["identity"]), Ok(false));
        assert_eq!(encoding(&["GZIP"]), Ok(true));
        assert_eq!(encoding(&["x-gzip"]), Ok(true));
        for refused in [&["br"][..], &["gzip, gzip"], &["gzip", "gzip"], &["deflate"]] {
            assert_eq!(encoding(refused), Err(Refusal::Encoding), "{refused:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_to_come_at_a_pace() {
        let silence = Duration::from_secs(30);
        let mut pace = Pace::new(silence);
        for _ in 0..3 {
            tokio::time::advance(silence).await;
            assert!(!pace.is_slow(4 << 10, false));
        }
        tokio::time::advance(silence).await;
        assert!(pace.is_slow((4 << 10) - 1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_in_the_way_of_others_has_to_come_faster() {
        let mut pace = Pace::new(Duration::from_secs(30));
        for (bytes, in_the_way, slow) in [(4 << 10, true, false), (1, false, false), (1, true, true)] {
            tokio::time::advance(STILL).await;
            assert_eq!(pace.is_slow(bytes, in_the_way), slow, "{bytes} {in_the_way}");
        }
    }
}
