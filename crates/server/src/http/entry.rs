//! The log's line about a request: one each, at INFO if it went well and at WARN with the reason if it
//! was refused, a login or records of a batch included. Never a body, a token, a password or a query, and no name but those
//! of accounts and API users that there are.

use super::answer::Answer;
use hyper::body::Body;
use service::Noted;
use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

/// What is known about a request so far. Logged when the request is over, whichever way that comes.
pub struct Entry {
    id: u64,
    start: Instant,
    /// The operation, or what else was asked for.
    pub operation: Cow<'static, str>,
    /// The SOAP version; empty outside SOAP.
    pub version: &'static str,
    /// How many records a call carries.
    pub records: usize,
    /// How long its body is.
    pub bytes: usize,
    /// Where it came from, if that is known.
    pub client: Option<IpAddr>,
    /// What the service noted of a call.
    pub noted: Noted,
    /// True for what comes every few seconds and tells nobody anything: logged at DEBUG.
    pub routine: bool,
    refusal: Option<(Cow<'static, str>, Cow<'static, str>)>,
    over: bool,
}

impl Entry {
    /// The line about a request that has just come in.
    pub fn new(id: u64, client: Option<IpAddr>) -> Entry {
        Entry {
            id,
            start: Instant::now(),
            operation: Cow::Borrowed("unknown"),
            version: "",
            records: 0,
            bytes: 0,
            client,
            noted: Noted::default(),
            routine: false,
            refusal: None,
            over: false,
        }
    }

    /// Notes that the request was refused: a word or a code for programs, a reason for people.
    pub fn refuse(&mut self, outcome: impl Into<Cow<'static, str>>, reason: impl Into<Cow<'static, str>>) {
        self.refusal = Some((outcome.into(), reason.into()));
    }

    /// The request has its answer.
    pub fn answered(mut self, answer: &Answer) {
        self.over = true;
        self.log(answer.status().as_u16(), answer.body().size_hint().lower());
    }

    /// The request gets no answer.
    pub fn unanswered(mut self) {
        self.over = true;
        self.log(0, 0);
    }

    fn log(&self, status: u16, answered: u64) {
        let Entry { id, operation, version, records, bytes, .. } = self;
        let ms = self.start.elapsed().as_secs_f64() * 1000.0;
        let ms = (ms * 100.0).round() / 100.0;
        let Noted { account, user, refused, failed, records: results, codes } = &self.noted;
        let (account, user) = (account.as_deref(), user.as_deref());
        let client = self.client.map(tracing::field::display);
        if let Some((outcome, reason)) = &self.refusal {
            return tracing::warn!(
                id, %operation, version, records, %outcome, status, ms, bytes, answered, account, user, client, %reason, "request"
            );
        }
        // A login that was refused, or records of a batch: the answer is a success all the same.
        let all_failed = failed == results;
        let outcome = match (refused, failed) {
            (None, 0) if self.routine => {
                return tracing::debug!(id, %operation, status, ms, client, "request");
            }
            (None, 0) => {
                let outcome = "ok";
                return tracing::info!(
                    id, %operation, version, records, outcome, status, ms, bytes, answered, account, user, client, "request"
                );
            }
            (None, _) if !all_failed => "partial",
            _ => "refused",
        };
        let (failed, codes) = ((*failed > 0).then_some(failed), (*failed > 0).then(|| codes.join(",")));
        tracing::warn!(
            id, %operation, version, records, outcome, status, ms, bytes, answered, account, user, client, failed, codes,
            reason = refused, "request"
        );
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.over {
            self.refuse("vanished", "the client went away before it was answered");
            self.log(0, 0);
        }
    }
}
