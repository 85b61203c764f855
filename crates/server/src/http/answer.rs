//! Answers and the headers that ASP.NET puts on them.

use super::budget::Charge;
use super::edges::Refusal;
use super::payload::{Owned, Payload};
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode, Version};
use soap::Rejection;

/// An answer with its whole body.
pub type Answer = Response<Payload>;

/// After how many seconds a client that was told that the server is busy may try again.
const RETRY_SECONDS: u16 = 5;

/// Content types of everything that is not SOAP; soap knows its own.
pub mod content_type {
    /// WSDL, discovery, results of forms.
    pub const XML: &str = "text/xml; charset=utf-8";
    /// Pages.
    pub const HTML: &str = "text/html; charset=utf-8";
    /// Errors that ASMX words itself outside SOAP.
    pub const TEXT: &str = "text/plain; charset=utf-8";
}

/// An answer as ASP.NET sends it: what went well may be kept for no time, what did not says nothing
/// about that.
pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    with_body(status, content_type, Payload::from(body.into()))
}

/// An answer whose memory is charged until the client has it.
pub fn charged(status: StatusCode, content_type: &'static str, body: impl Owned, charge: Charge) -> Answer {
    with_body(status, content_type, Payload::charged(body, charge))
}

/// The answer to a call that was refused because the server has too much to do. Nothing of the call was done.
pub fn busy(rejection: Rejection) -> Answer {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    to_retry(answer(status, rejection.content_type, rejection.body))
}

/// What [`busy`] says, outside SOAP.
pub fn busy_text() -> Answer {
    to_retry(document(StatusCode::SERVICE_UNAVAILABLE, content_type::TEXT, "Server Too Busy\n"))
}

/// What [`busy`] says, as a page.
pub fn busy_page() -> Answer {
    to_retry(error_page(StatusCode::SERVICE_UNAVAILABLE, "Server Too Busy"))
}

fn to_retry(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    answer
}

fn with_body(status: StatusCode, content_type: &'static str, body: Payload) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let cache = if status == StatusCode::OK { "private, max-age=0" } else { "private" };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(HeaderName::from_static("x-aspnet-version"), HeaderValue::from_static("4.0.30319"));
    answer
}

/// An answer that is not SOAP's, as [`answer`] has it. Browsers are to believe its content type.
pub fn document(status: StatusCode, content_type: &'static str, body: impl Into<Payload>) -> Answer {
    not_sniffed(with_body(status, content_type, body.into()))
}

/// A document whose memory is charged until the client has it.
pub fn charged_document(content_type: &'static str, body: impl Owned, charge: Charge) -> Answer {
    not_sniffed(charged(StatusCode::OK, content_type, body, charge))
}

fn not_sniffed(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A page, which may load nothing from elsewhere.
pub fn page(status: StatusCode, html: impl Into<Payload>) -> Answer {
    as_page(document(status, content_type::HTML, html))
}

/// A page whose memory is charged until the client has it.
pub fn charged_page(html: impl Owned, charge: Charge) -> Answer {
    as_page(charged_document(content_type::HTML, html, charge))
}

fn as_page(mut answer: Answer) -> Answer {
    let policy = HeaderValue::from_static(crate::pages::content_security_policy());
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}

/// An error page with one sentence under its status.
pub fn error_page(status: StatusCode, text: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or("Error");
    page(status, crate::pages::error(status.as_u16(), title, text))
}

/// An error outside SOAP as ASMX words it: the text escaped as for HTML, though it is plain, and a line
/// end.
pub fn plain_error(text: &str) -> Answer {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped.push('\n');
    document(StatusCode::INTERNAL_SERVER_ERROR, content_type::TEXT, escaped)
}

/// Sends the client to the endpoint, by its path for the outside.
pub fn to_endpoint(path: &str) -> Answer {
    let mut answer = document(StatusCode::FOUND, content_type::HTML, Bytes::new());
    // A path is one of the endpoint's, behind what a public URL may hold: nothing that a header can't.
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}

/// The answer to a head that HTTP does not allow: its connection ends with it.
pub fn refused(refusal: Refusal, version: Version) -> Answer {
    let mut answer = error_page(refusal.status, refusal.reason);
    if version <= Version::HTTP_11 {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// An answer that is given in place of another, which has been finished: with those of its headers that are about the
/// connection and the server.
pub fn in_place_of(other: &Answer, mut answer: Answer) -> Answer {
    for name in [CONNECTION, HeaderName::from_static(LAB)] {
        if let Some(value) = other.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// Says that the answer is a lab's.
const LAB: &str = "x-understudy-lab";

/// Adds what depends on the request and on how the server runs.
pub fn finish(answer: &mut Answer, version: Version, asked: &HeaderMap, lab: bool) {
    // HTTP/2 has no such header.
    if version <= Version::HTTP_11 && asks_to_close(asked) {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if lab {
        let name = HeaderName::from_static(LAB);
        answer.headers_mut().insert(name, HeaderValue::from_static("1"));
    }
}

fn asks_to_close(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case("close"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_place_of_another_still_ends_the_connection() {
        let mut other = busy_text();
        other.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        assert_eq!(in_place_of(&other, busy_page()).headers()[CONNECTION], "close");
        assert!(in_place_of(&busy_text(), busy_page()).headers().get(CONNECTION).is_none());
    }

    #[test]
    fn every_503_has_retry_after() {
        for answer in [busy_text(), busy_page()] {
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers()[RETRY_AFTER], "5");
        }
    }
}
