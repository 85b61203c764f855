//! What proxies write into a request about the one they pass on.

use hyper::header::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr};

/// The address of the client that the first untrusted sender passed on or made the request from. Each proxy
/// adds the address that it was called from at the end of the list, so that the list is read from there:
/// what stands before the first address that is not trusted may be anybody's invention. Where all are
/// trusted, it is the first. `None` if an element on the way can't be read.
pub fn client(headers: &HeaderMap, name: &HeaderName, trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut first = None;
    for line in headers.get_all(name).iter().rev() {
        let elements = line.to_str().ok()?.rsplit(',').map(str::trim);
        for element in elements.filter(|element| !element.is_empty()) {
            let address = address(element)?;
            if !trusted(address) {
                return Some(address);
            }
            first = Some(address);
        }
    }
    first
}

/// The last value of a header that proxies add to: the one that the nearest proxy wrote.
pub fn last<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    let value = headers.get_all(HeaderName::from_static(name)).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// Reads `192.0.2.7`, `192.0.2.7:51008`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:443`.
pub fn address(text: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        is_port_or_nothing(port).then(|| address.parse::<Ipv6Addr>().ok().map(IpAddr::V6))?
    } else if let Some((address, port)) = text.split_once(':')
        && !port.contains(':')
    {
        is_port(port).then(|| address.parse().ok())?
    } else {
        text.parse().ok()
    };
    address.map(|address| address.to_canonical())
}

fn is_port_or_nothing(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn of(lines: &[&[u8]]) -> Option<String> {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, HeaderValue::from_bytes(line).unwrap());
        }
        client(&headers, &name, |address| address.to_string().starts_with("10."))
            .map(|found| found.to_string())
    }

    #[test]
    fn forms_of_an_address() {
        for (text, expected) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7:51008", Some("192.0.2.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("[::ffff:192.0.2.7]:1", Some("192.0.2.7")),
            ("unknown", None),
            ("_hidden", None),
            ("192.0.2.7:", None),
            ("192.0.2.7:x", None),
            ("192.0.2.7:70000", None),
            ("192.0.2", None),
            ("[192.0.2.7]", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]443", None),
            ("\"192.0.2.7\"", None),
        ] {
            assert_eq!(of(&[text.as_bytes()]).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_last_address_that_is_not_trusted_counts() {
        for (lines, expected) in [
            (&[&b"198.51.100.1, 192.0.2.7"[..]][..], Some("192.0.2.7")),
            (&[b"198.51.100.1, 192.0.2.7, 10.0.0.1,10.0.0.2"], Some("192.0.2.7")),
            (&[b"198.51.100.1", b"192.0.2.7, 10.0.0.1", b"10.0.0.2"], Some("192.0.2.7")),
            (&[b"10.0.0.3, 10.0.0.2"], Some("10.0.0.3")),
            (&[b"nonsense, 192.0.2.7"], Some("192.0.2.7")),
            (&[b"192.0.2.7, nonsense"], None),
            (&[b"192.0.2.7, nonsense, 10.0.0.1"], None),
            (&[b"192.0.2.7", b"\xe9"], None),
            (&[b"\xe9", b"192.0.2.7"], Some("192.0.2.7")),
            (&[b", 192.0.2.7,, "], Some("192.0.2.7")),
            (&[b""], None),
            (&[], None),
        ] {
            assert_eq!(of(lines).as_deref(), expected, "{lines:?}");
        }
    }
}
