//! Reads a request's body whole, within its limits, before anything of it runs.

use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, EXPECT, HeaderMap};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A body from here on needs a slot. Calls of 200 ordinary records stay below.
const LARGE: usize = 1 << 20;

/// How many large bodies are in memory at once. Without a bound, every connection could hold one.
const LARGE_AT_ONCE: usize = 16;

/// How much of a body that is too long is read and thrown away, so that a client that writes before it
/// reads comes to see the answer.
const DRAINED: usize = 64 << 20;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Decompressing or decoding more than this is moved off the threads that serve connections.
pub const HEAVY: usize = 256 << 10;

/// Reads bodies.
pub struct Intake {
    max: usize,
    time: Duration,
    large: Arc<Semaphore>,
}

/// A body that has arrived whole.
pub struct Received {
    /// Its bytes, decompressed.
    pub bytes: Vec<u8>,
    _slot: Option<OwnedSemaphorePermit>,
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
}

impl Intake {
    /// Takes bodies of up to `max` bytes that arrive within `time`.
    pub fn new(max: usize, time: Duration) -> Intake {
        Intake { max, time, large: Arc::new(Semaphore::new(LARGE_AT_ONCE)) }
    }

    /// Reads a body to its end and undoes its compression.
    pub async fn read(&self, headers: &HeaderMap, mut body: Incoming) -> Result<Received, Refusal> {
        let gzip = is_gzip(headers)?;
        if usize::try_from(body.size_hint().lower()).is_ok_and(|declared| declared > self.max) {
            // A client that waits for "100 Continue" is told before it has sent anything.
            if !headers.contains_key(EXPECT) {
                drain(body).await;
            }
            return Err(Refusal::TooLong);
        }
        let received = timeout(self.time, self.collect(&mut body)).await.map_err(|_| Refusal::TooSlow)?;
        match received {
            Err(Refusal::TooLong) => {
                drain(body).await;
                Err(Refusal::TooLong)
            }
            Ok(received) if gzip => self.decompress(received),
            other => other,
        }
    }

    async fn collect(&self, body: &mut Incoming) -> Result<Received, Refusal> {
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(0);
        let mut slot = None;
        if declared > LARGE {
            slot = self.slot().await;
        }
        // A client may declare much and send nothing: no more than its bytes are worth is set aside.
        let mut bytes = Vec::with_capacity(declared.min(LARGE));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Refusal::Broken)?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > self.max {
                return Err(Refusal::TooLong);
            }
            if slot.is_none() && bytes.len() + data.len() > LARGE {
                slot = self.slot().await;
            }
            bytes.extend_from_slice(data);
        }
        Ok(Received { bytes, _slot: slot })
    }

    async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.large).acquire_owned().await.ok()
    }

    fn decompress(&self, received: Received) -> Result<Received, Refusal> {
        let bytes = off_the_threads(received.bytes.len(), || gunzip(&received.bytes, self.max))?;
        Ok(Received { bytes, ..received })
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

fn gunzip(bytes: &[u8], max: usize) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out).map_err(|_| Refusal::Encoding)?;
    if out.len() > max { Err(Refusal::TooLong) } else { Ok(out) }
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

/// Runs work on that many bytes here if it is quick, and otherwise so that other connections go on.
pub fn off_the_threads<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes > HEAVY { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use hyper::header::HeaderValue;
    use std::io::Write;

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[b' '; 1000]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(gunzip(&packed, 1000).unwrap().len(), 1000);
        assert_eq!(gunzip(&packed, 999), Err(Refusal::TooLong));
        assert_eq!(gunzip(&packed[..packed.len() - 4], 1000), Err(Refusal::Encoding));
        assert_eq!(gunzip(b"<xml/>", 1000), Err(Refusal::Encoding));
    }

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
}
