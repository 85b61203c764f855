//! A message that has arrived whole: decoded here if it is short, otherwise where it keeps nobody waiting.

use super::App;
use super::body::Received;
use super::budget::{Charge, Denied};
use super::meter::RecordMeter;
use contract::Timestamp;
use soap::{Rejection, Request, Unread};
use std::sync::Arc;

/// Decoding more bytes than this is left to other threads than those that serve connections: else each connection would
/// wait for the bodies of all others. To change threads costs a tenth of what an UpdateContact of 200 short records does.
const HEAVY: usize = 64 << 10;

/// So is decoding more tags than this, which are what takes the time: 1.5 ms.
const HEAVY_TAGS: usize = 4 << 10;

fn is_heavy(bytes: &[u8]) -> bool {
    bytes.len() > HEAVY || bytes.iter().filter(|byte| **byte == b'<').count() > HEAVY_TAGS
}

/// A message and what was said about it.
pub struct Message {
    /// The SOAPAction header.
    pub soap_action: Option<Vec<u8>>,
    /// The Content-Type header.
    pub content_type: Option<Vec<u8>>,
    /// The endpoint's address as the client knows it.
    pub endpoint: String,
    /// When it came.
    pub now: Timestamp,
    /// Its body.
    pub received: Received,
}

/// What came of reading a message.
pub type Outcome = Result<Result<Request, Rejection>, Denied>;

/// Decodes a message. The charge holds the memory of its records then, and no more that of its body.
pub async fn read(app: &Arc<App>, message: Message) -> (Outcome, Charge) {
    let Message { soap_action, content_type, endpoint, now, received: Received { bytes, mut charge } } =
        message;
    let ours = Arc::clone(app);
    let decode = move |bytes: Vec<u8>, charge: Charge, paid: usize| {
        let incoming = soap::Incoming {
            soap_action: soap_action.as_deref(),
            content_type: content_type.as_deref(),
            body: &bytes,
            endpoint: &endpoint,
            now,
        };
        let mut meter = RecordMeter::new(charge, paid);
        let read = ours.codec.read(incoming, &mut meter);
        let (charge, paid) = meter.finish();
        Decoded { read, paid, bytes, charge }
    };
    let decode = Arc::new(decode);
    let mut heavy = is_heavy(&bytes);
    let (mut bytes, mut paid) = (bytes, 0);
    loop {
        let decoded = if heavy {
            let decode = Arc::clone(&decode);
            match app.work.run_for_call(move || decode(bytes, charge, paid)).await {
                Some(decoded) => decoded,
                None => return (Err(Denied::Busy), app.budget.open(None)),
            }
        } else {
            decode(bytes, charge, paid)
        };
        let (Denied::Busy, taken) = (match decoded.paid {
            Ok(()) => return decoded.end(None),
            Err(denied) => denied,
        }) else {
            return decoded.end(Some(Denied::TooLarge));
        };
        // Begun again with twice as much paid for, so that little is decoded more than twice.
        (bytes, charge, heavy) = (decoded.bytes, decoded.charge, true);
        paid = taken.saturating_mul(2).min(charge.left());
        if let Err(denied) = charge.grow(paid.max(taken)).await {
            return (Err(denied), charge);
        }
        paid = paid.max(taken);
    }
}

/// What came of decoding a message.
struct Decoded {
    read: Result<Request, Unread>,
    paid: Result<(), (Denied, usize)>,
    bytes: Vec<u8>,
    charge: Charge,
}

impl Decoded {
    fn end(self, denied: Option<Denied>) -> (Outcome, Charge) {
        let Decoded { read, bytes, mut charge, .. } = self;
        let length = bytes.capacity();
        drop(bytes);
        // The bytes are not needed any more, and the next request may be waiting for their room.
        charge.shrink(length);
        charge.settle();
        let outcome = match (read, denied) {
            (_, Some(denied)) => Err(denied),
            (Ok(request), None) => Ok(Ok(request)),
            (Err(Unread::Rejected(rejection)), None) => Ok(Err(rejection)),
            (Err(Unread::OverBudget), None) => Err(Denied::TooLarge),
        };
        (outcome, charge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tags_are_as_heavy_as_many_bytes() {
        assert!(!is_heavy(&vec![b' '; HEAVY]));
        assert!(is_heavy(&vec![b' '; HEAVY + 1]));
        assert!(!is_heavy(&b"<Contact/>".repeat(HEAVY_TAGS)[..]));
        assert!(is_heavy(&b"<Contact/>".repeat(HEAVY_TAGS + 1)[..]));
    }
}
