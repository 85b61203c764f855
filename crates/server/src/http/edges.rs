//! What is wrong with a request's head as HTTP has it, before anybody asks what it wants.

use hyper::header::{HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{StatusCode, Version};

/// Why a head is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What it is answered with.
    pub status: StatusCode,
    /// What is wrong, for the client and for the log.
    pub reason: &'static str,
}

/// The most headers that a request has. With more, HTTP/1.1 does not get this far.
const HEADERS: usize = 100;

/// What is wrong with a head, if anything is. The connection ends with such an answer, for who sends it may
/// see other borders between requests than we do.
pub fn refusal(head: &Parts) -> Option<Refusal> {
    let refuse = |status, reason| Some(Refusal { status, reason });
    if head.headers.len() > HEADERS {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return refuse(status, "The request has more than 100 headers.");
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return refuse(StatusCode::BAD_REQUEST, "The request has two Host headers."),
        (Some(host), None) if !is_host(host) => {
            return refuse(StatusCode::BAD_REQUEST, "The Host header is not a host.");
        }
        // HTTP/1.0 has no Host, HTTP/2 its :authority.
        (None, _) if head.version == Version::HTTP_11 => {
            return refuse(StatusCode::BAD_REQUEST, "The request has no Host header.");
        }
        _ => {}
    }
    // hyper refuses what is not chunked at the end, with 400; other codings before that it leaves in place.
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter().flat_map(codings);
    if codings.next().is_some_and(|first| !first.eq_ignore_ascii_case(b"chunked") || codings.next().is_some())
    {
        return refuse(StatusCode::NOT_IMPLEMENTED, "The only Transfer-Encoding here is chunked.");
    }
    None
}

fn codings(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let codings = value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    codings.filter(|coding| !coding.is_empty())
}

/// A host and perhaps a port. It may be empty: so says a client whose address has no host.
fn is_host(value: &HeaderValue) -> bool {
    if value.is_empty() {
        return true;
    }
    let Ok(authority) = Authority::try_from(value.as_bytes()) else { return false };
    let text = authority.as_str();
    // A colon inside the brackets of an IPv6 address is no port's.
    let port = text.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    !text.contains('@') && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn status(version: Version, headers: &[(&str, &[u8])]) -> Option<u16> {
        let mut request = Request::builder().version(version).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        refusal(&request.body(()).unwrap().into_parts().0).map(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn a_request_names_one_host() {
        let one: &[(&str, &[u8])] = &[("host", b"a")];
        let two: &[(&str, &[u8])] = &[("host", b"a"), ("host", b"a")];
        for (version, none) in
            [(Version::HTTP_10, None), (Version::HTTP_11, Some(400)), (Version::HTTP_2, None)]
        {
            assert_eq!(status(version, &[]), none, "{version:?}");
            assert_eq!(status(version, one), None, "{version:?}");
            assert_eq!(status(version, two), Some(400), "{version:?}");
        }
    }

    #[test]
    fn a_request_has_a_hundred_headers() {
        let headers = |count: usize| {
            let names: Vec<String> = (1..count).map(|number| format!("x-{number}")).collect();
            let headers = names.iter().map(|name| (name.as_str(), &b"y"[..]));
            status(Version::HTTP_2, &[("host", &b"a"[..])].into_iter().chain(headers).collect::<Vec<_>>())
        };
        assert_eq!(headers(HEADERS), None);
        assert_eq!(headers(HEADERS + 1), Some(431));
    }

    #[test]
    fn a_host_is_a_host() {
        let status = |host: &str| status(Version::HTTP_11, &[("host", host.as_bytes())]);
        for host in
            ["", "a", "a_b.example", "a.example:8611", "a:", "192.0.2.7:1", "[::1]", "[2001:db8::1]:443"]
        {
            assert_eq!(status(host), None, "{host}");
        }
        for host in ["a b", "a, b", "a/b", "http://a", "a\"b", "user@a", "a:b", "a?b", "a#b", "[::1", "é"] {
            assert_eq!(status(host), Some(400), "{host}");
        }
    }

    #[test]
    fn the_body_comes_in_chunks_and_nothing_else() {
        let status = |codings: &[&str]| {
            let host = [("host", &b"a"[..])];
            let codings = codings.iter().map(|coding| ("transfer-encoding", coding.as_bytes()));
            status(Version::HTTP_11, &host.into_iter().chain(codings).collect::<Vec<_>>())
        };
        for codings in [&[][..], &["chunked"], &["Chunked"], &[" ,chunked"]] {
            assert_eq!(status(codings), None, "{codings:?}");
        }
        for codings in [
            &["gzip, chunked"][..],
            &["gzip", "chunked"],
            &["x"],
            &["chunked, chunked"],
            &["identity,chunked"],
        ] {
            assert_eq!(status(codings), Some(501), "{codings:?}");
        }
    }
}
