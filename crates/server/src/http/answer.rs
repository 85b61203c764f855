//! Answers and the headers that ASP.NET puts on them.

use super::edges::Refusal;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode, Version};

/// An answer with its whole body.
pub type Answer = Response<Full<Bytes>>;

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
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let cache = if status == StatusCode::OK { "private, max-age=0" } else { "private" };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(HeaderName::from_static("x-aspnet-version"), HeaderValue::from_static("4.0.30319"));
    answer
}

/// An answer that is not SOAP's, as [`answer`] has it. Browsers are to believe its content type.
pub fn document(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = answer(status, content_type, body);
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A page, which may load nothing from elsewhere.
pub fn page(status: StatusCode, html: impl Into<Bytes>) -> Answer {
    let mut answer = document(status, content_type::HTML, html);
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

/// Adds what depends on the request and on how the server runs.
pub fn finish(answer: &mut Answer, version: Version, asked: &HeaderMap, lab: bool) {
    // HTTP/2 has no such header.
    if version <= Version::HTTP_11 && asks_to_close(asked) {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if lab {
        let name = HeaderName::from_static("x-understudy-lab");
        answer.headers_mut().insert(name, HeaderValue::from_static("1"));
    }
}

fn asks_to_close(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case("close"))
}
