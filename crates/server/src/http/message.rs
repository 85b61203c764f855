//! A message that has arrived whole: decoded here if it is short, otherwise where it keeps nobody waiting.

use super::App;
use super::body::Received;
use super::budget::{Charge, Denied};
use super::meter::RecordMeter;
use super::work::Undone;
use contract::Timestamp;
use soap::{Meter, Rejection, Request, Unread};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Decoding more than this is left to other threads than those that serve connections.
const HEAVY: usize = 256 << 10;

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
    let decode = move |bytes: &[u8], meter: &mut dyn Meter| {
        let incoming = soap::Incoming {
            soap_action: soap_action.as_deref(),
            content_type: content_type.as_deref(),
            body: bytes,
            endpoint: &endpoint,
            now,
        };
        ours.codec.read(incoming, meter)
    };
    if bytes.len() <= HEAVY {
        let mut meter = RecordMeter::new(charge);
        let read = decode(&bytes, &mut meter);
        let (back, denied) = meter.finish();
        if denied != Some(Denied::Busy) {
            return end(read, denied, bytes, back);
        }
        charge = back;
    }
    let (runtime, budget) = (Handle::current(), Arc::clone(&app.budget));
    let work = move || {
        let mut meter = RecordMeter::blocking(charge, runtime);
        let read = decode(&bytes, &mut meter);
        let (charge, denied) = meter.finish();
        end(read, denied, bytes, charge)
    };
    match app.work.run(work).await {
        Ok(outcome) => outcome,
        // The same as for a panic anywhere else in a call, whose task ends.
        Err(Undone::Panicked) => std::panic::resume_unwind(Box::new("decoding panicked")),
        Err(Undone::Busy) => (Err(Denied::Busy), budget.open(None)),
    }
}

fn end(
    read: Result<Request, Unread>,
    denied: Option<Denied>,
    bytes: Vec<u8>,
    mut charge: Charge,
) -> (Outcome, Charge) {
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
