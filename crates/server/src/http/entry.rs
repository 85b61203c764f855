//! The log's line about a request: one each, at INFO if it went well and at WARN with the reason if it
//! was refused. Never a body, a name, a token, a password or a query.

use super::answer::Answer;
use hyper::body::Body;
use std::borrow::Cow;
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
    /// True for what comes every few seconds and tells nobody anything: logged at DEBUG.
    pub routine: bool,
    refusal: Option<(Cow<'static, str>, Cow<'static, str>)>,
    over: bool,
}

impl Entry {
    /// The line about a request that has just come in.
    pub fn new(id: u64) -> Entry {
        Entry {
            id,
            start: Instant::now(),
            operation: Cow::Borrowed("unknown"),
            version: "",
            records: 0,
            bytes: 0,
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
        match &self.refusal {
            None if self.routine => tracing::debug!(id, %operation, status, ms, "request"),
            None => {
                let outcome = "ok";
                tracing::info!(id, %operation, version, records, outcome, status, ms, bytes, answered, "request");
            }
            Some((outcome, reason)) => {
                tracing::warn!(id, %operation, version, records, %outcome, status, ms, bytes, answered, %reason, "request");
            }
        }
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
