//! A SOAP call: from a request to the endpoint to its answer.

use super::answer::{Answer, answer, busy, charged, error_page};
use super::body::Refusal;
use super::budget::{Charge, Denied};
use super::caller::Caller;
use super::entry::Entry;
use super::message::{Message, read};
use super::query::danger;
use super::room::{CallRoom, SHORT};
use super::{App, dangerous};
use contract::call::Work;
use contract::{OperationId, Record};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use service::{Call, Failure, Fault, Gone, Noted, Notes, Room};
use soap::{Position, Rejection, Request, ServiceFault, SessionHeader, Version};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// Answers a POST to the endpoint.
pub async fn call(
    app: Arc<App>,
    head: &Parts,
    body: Incoming,
    caller: &Caller,
    (path, charge): (&str, Charge),
    entry: &mut Entry,
) -> Answer {
    let soap_action = soap_action(&head.headers);
    let action_text = String::from_utf8_lossy(soap_action.as_deref().unwrap_or_default());
    if let Some(piece) = danger("SOAPAction", &action_text) {
        entry.refuse("dangerous", "the SOAPAction has markup in it");
        return dangerous("Headers", &piece);
    }
    let content_type = content_type(head);
    // The version to answer in while the envelope has not been read.
    let expected = soap::guess_version(soap_action.as_deref(), content_type);
    let received = match app.intake.read(&head.headers, body, charge, usize::MAX).await {
        Ok(received) => received,
        Err(refusal) => return refused(&app, refusal, expected, entry),
    };
    entry.bytes = received.bytes.len();
    let message = Message {
        content_type: content_type.map(<[u8]>::to_vec),
        soap_action,
        endpoint: caller.endpoint(path),
        now: app.clock.now(),
        received,
    };
    let gone = Gone::new();
    // Dropped with this future when the client goes away before it was answered.
    let presence = Presence::of(gone.clone());
    let job = Job { message, expected, peer: caller.address, gone };
    // A call that has begun runs to its end in a task of its own, even if its client goes away; and a
    // panic in it ends there.
    let running = Arc::clone(&app.calls).acquire_owned().await;
    let ours = Arc::clone(&app);
    let task = tokio::spawn(async move {
        let done = job.run(&ours).await;
        drop(running);
        done
    });
    let ended = task.await;
    presence.answered();
    let Ok((answer, line)) = ended else {
        entry.refuse("panicked", "a bug in understudy; an error with the place was logged before this line");
        return fault(expected, app.codec.write_server_fault(expected, "An error occurred on the server."));
    };
    entry.operation = line.operation;
    entry.version = line.version;
    entry.records = line.records;
    entry.noted = line.noted;
    if let Some((outcome, reason)) = line.refusal {
        entry.refuse(outcome, reason);
    }
    answer
}

/// The client's side of a call: says that the client has gone when it is dropped before the answer was there.
pub struct Presence(Option<Gone>);

impl Presence {
    /// Of the client of a call that waits for its answer from now on.
    pub fn of(gone: Gone) -> Presence {
        Presence(Some(gone))
    }

    /// The answer is there.
    pub fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(gone) = &self.0 {
            gone.leave();
        }
    }
}

/// The SOAPAction. Two of them are one with a comma, as ASP.NET has it, and so no operation's.
fn soap_action(headers: &HeaderMap) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all("soapaction").iter().map(HeaderValue::as_bytes).collect();
    if values.is_empty() { None } else { Some(values.join(&b","[..])) }
}

fn content_type(head: &Parts) -> Option<&[u8]> {
    head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes)
}

/// The answer to a request for whose head there is no room.
pub fn no_room(app: &App, head: &Parts, entry: &mut Entry) -> Answer {
    let version = soap::guess_version(soap_action(&head.headers).as_deref(), content_type(head));
    refused(app, Refusal::Busy, version, entry)
}

/// The answer to a body that was not taken.
fn refused(app: &App, refusal: Refusal, version: Version, entry: &mut Entry) -> Answer {
    match refusal {
        Refusal::TooLong => {
            entry.refuse("too-long", "the request is longer than --max-body, perhaps after decompression");
            rejected(app.codec.reject_too_long(version))
        }
        Refusal::Encoding => {
            entry.refuse("encoding", "the body's compression is not gzip, or is damaged");
            answer(StatusCode::BAD_REQUEST, soap::content_type(version), "")
        }
        Refusal::Busy => {
            entry.refuse(
                "busy",
                "other requests hold the memory that --request-memory allows; nothing was done",
            );
            closing(busy(app.codec.reject_busy(version)))
        }
        Refusal::TooSlow => {
            entry.refuse(
                "slow",
                "the body did not arrive within --request-timeout, or came too slowly; nothing was done",
            );
            closing(error_page(StatusCode::REQUEST_TIMEOUT, "The request did not arrive in time."))
        }
        Refusal::Broken => {
            entry.refuse("vanished", "the client went away while sending; nothing was done");
            closing(error_page(StatusCode::BAD_REQUEST, "The request was broken off."))
        }
    }
}

/// There may be more of the body to come, which nobody wants to read.
fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A call that has arrived whole.
struct Job {
    message: Message,
    /// The version to answer in while the envelope has not been read.
    expected: Version,
    peer: Option<IpAddr>,
    gone: Gone,
}

/// What the log is to know of a call.
struct Line {
    operation: Cow<'static, str>,
    version: &'static str,
    records: usize,
    refusal: Option<(Cow<'static, str>, Cow<'static, str>)>,
    noted: Noted,
}

impl Line {
    /// The line of a call that was refused before it was understood.
    fn unread(outcome: &'static str, reason: impl Into<Cow<'static, str>>) -> Line {
        let refusal = Some((Cow::Borrowed(outcome), reason.into()));
        Line {
            operation: Cow::Borrowed("unknown"),
            version: "",
            records: 0,
            refusal,
            noted: Noted::default(),
        }
    }

    /// The line of a call that was understood.
    fn of(app: &App, request: &Request) -> Line {
        Line {
            operation: Cow::Borrowed(&app.contract.model.operation(request.operation).name),
            version: match request.version {
                Version::V11 => "1.1",
                Version::V12 => "1.2",
            },
            records: request.records,
            refusal: None,
            noted: Noted::default(),
        }
    }

    fn refuse(&mut self, outcome: impl Into<Cow<'static, str>>, reason: impl Into<Cow<'static, str>>) {
        self.refusal = Some((outcome.into(), reason.into()));
    }
}

impl Job {
    async fn run(self, app: &Arc<App>) -> (Answer, Line) {
        let Job { message, expected, peer, gone } = self;
        let endpoint = message.endpoint.clone();
        // What it waits for, and holds meanwhile, is given up with its client.
        let Some((read, charge)) = gone.unless_left(read(app, message)).await else {
            let line = Line::unread("vanished", "the client went away before its call was decoded");
            // Nobody reads it.
            return (busy(app.codec.reject_busy(expected)), line);
        };
        let request = match read {
            Ok(Ok(request)) => request,
            Ok(Err(rejection)) => {
                let line = Line::unread("rejected", reason(&rejection));
                return (rejected(rejection), line);
            }
            Err(Denied::TooLarge) => {
                let line =
                    Line::unread("too-long", "the request takes more memory than --request-memory gives one");
                return (rejected(app.codec.reject_too_long(expected)), line);
            }
            Err(Denied::Busy) => {
                let line =
                    Line::unread("busy", "other requests hold the memory that --request-memory allows");
                return (busy(app.codec.reject_busy(expected)), line);
            }
        };
        let mut line = Line::of(app, &request);
        let Request { version, operation, session, body, .. } = request;
        let room = CallRoom::new(&app.room, operation, charge);
        let notes = Notes::default();
        let call = Call {
            operation,
            request: body,
            session: session.as_ref().and_then(|session| session.value()).map(str::to_owned),
            peer,
            endpoint: endpoint.clone(),
            gone,
            room: Arc::clone(&room) as Arc<dyn Room>,
            notes: notes.clone(),
        };
        let written = match app.service.call(call).await {
            Ok(record) => write(app, (version, operation, session), record, &room).await,
            Err(failure) => Err(Unwritten::Failed(failure)),
        };
        line.noted = notes.take();
        let answer = match written {
            Ok(bytes) => charged(StatusCode::OK, soap::content_type(version), bytes, room.charge().await),
            Err(Unwritten::Misfit(rejection)) => {
                line.refuse("unwritable", rejection.reason.to_string());
                rejected(rejection)
            }
            Err(Unwritten::Failed(Failure::Fault(Fault { code, reason }))) => {
                line.refuse(app.contract.codes.entry(code).name.as_str(), reason);
                fault(version, app.codec.write_fault(version, &ServiceFault { code, actor: endpoint }))
            }
            Err(Unwritten::Failed(Failure::Busy(reason))) => {
                line.refuse("busy", reason);
                busy(app.codec.reject_busy(version))
            }
            // Nobody reads it.
            Err(Unwritten::Failed(Failure::Gone)) => busy(app.codec.reject_busy(version)),
        };
        (answer, line)
    }
}

/// Why there is no answer that tells of success.
enum Unwritten {
    /// There is nothing to tell.
    Failed(Failure),
    /// What there is does not fit the contract.
    Misfit(Rejection),
}

impl From<Rejection> for Unwritten {
    fn from(rejection: Rejection) -> Unwritten {
        Unwritten::Misfit(rejection)
    }
}

/// The longest answer of a call that reads which is written by a thread that serves connections, in bytes.
const HERE: usize = 64 << 10;

/// Writes the answer to a call. Where a call that has only read tells more than a little, that is written where it keeps
/// nobody waiting, and in a room of its own or not at all if it is long.
async fn write(
    app: &Arc<App>,
    call: (Version, OperationId, Option<SessionHeader>),
    record: Record,
    room: &CallRoom,
) -> Result<Vec<u8>, Unwritten> {
    let operation = usize::from(call.1.0);
    let reads = app.contract.calls.get(operation).is_some_and(|call| call.work != Work::Write);
    let told = Arc::new(Told { call, record });
    // What was done is told.
    let most = if reads { HERE } else { usize::MAX };
    if let Some(bytes) = told.write(app, most)? {
        return Ok(bytes);
    }
    if let Some(bytes) = told.write_elsewhere(app, SHORT).await? {
        return Ok(bytes);
    }
    let most = room.lengthen().await.ok_or(Unwritten::Failed(Failure::NO_LONG_ROOM))?;
    let written = told.write_elsewhere(app, most).await?;
    written.ok_or_else(|| Unwritten::Failed(Fault::too_long().into()))
}

/// What an answer tells.
struct Told {
    call: (Version, OperationId, Option<SessionHeader>),
    record: Record,
}

impl Told {
    /// The answer, if it has no more bytes than that.
    fn write(&self, app: &App, most: usize) -> Result<Option<Vec<u8>>, Rejection> {
        let (version, operation, session) = &self.call;
        app.codec.write_within(*version, *operation, session.as_ref(), &self.record, most)
    }

    /// The same by another thread than those that serve connections.
    async fn write_elsewhere(
        self: &Arc<Told>,
        app: &Arc<App>,
        most: usize,
    ) -> Result<Option<Vec<u8>>, Unwritten> {
        let (own, ours) = (Arc::clone(self), Arc::clone(app));
        let written = app.work.run_for_call(move || own.write(&ours, most)).await;
        let busy = || Unwritten::Failed(Failure::Busy("others wrote their answers for too long"));
        Ok(written.ok_or_else(busy)??)
    }
}

fn fault(version: Version, body: Vec<u8>) -> Answer {
    answer(StatusCode::INTERNAL_SERVER_ERROR, soap::content_type(version), body)
}

fn rejected(rejection: Rejection) -> Answer {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer(status, rejection.content_type, rejection.body)
}

/// Why a message was refused, and where in it.
fn reason(rejection: &Rejection) -> String {
    match rejection.position {
        Some(Position { line, column }) => format!("{}, at line {line}, column {column}", rejection.reason),
        None => rejection.reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::budget::Budget;

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_client_is_gone_waits_for_no_memory() {
        let budget = Budget::new(100 << 10, 1 << 20);
        let mut holder = budget.open(None);
        holder.grow(holder.left()).await.unwrap();
        let gone = Gone::new();
        let presence = Presence::of(gone.clone());
        let mut charge = budget.open(None);
        let waiting = tokio::spawn(async move {
            let work = async move { charge.grow(1 << 10).await };
            gone.unless_left(work).await
        });
        tokio::task::yield_now().await;
        assert!(budget.is_short());
        drop(presence);
        assert_eq!(waiting.await.unwrap(), None);
        assert!(!budget.is_short());
    }
}
