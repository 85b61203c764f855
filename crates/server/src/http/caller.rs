//! Who calls, and by which address: what ServerURL, WSDL and pages say, and who counts as local.

use super::address::AddressKey;
use super::forwarded::{self, last};
use crate::settings::{ForwardedHeader, PublicUrl};
use hyper::header::{HOST, ORIGIN};
use hyper::http::request::Parts;
use service::Network;
use std::net::{IpAddr, SocketAddr};

/// How the server is reached, as the operator said.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The address that clients use, if it is not the Host of each request.
    pub public_url: Option<PublicUrl>,
    /// The proxies whose forwarding headers count.
    pub trusted: Vec<Network>,
    /// The header in which they give the client's address.
    pub forwarded_header: ForwardedHeader,
}

impl Site {
    /// True if the address is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.covers(address))
    }
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// The client's.
    pub peer: SocketAddr,
    /// Ours.
    pub server: SocketAddr,
    /// True if the connection is encrypted.
    pub tls: bool,
}

/// Where a request came from and where it went.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address, if the proxy that passed the request on gave one that can be read.
    pub address: Option<IpAddr>,
    /// True if the request was made on this machine, no proxy passed it on, and it names this machine and no other: a page
    /// of another site has its own address as Origin, and a name that was made to lead here stands in Host.
    pub local: bool,
    /// Where the server is reached: the public address, or what the request says.
    site: PublicUrl,
}

/// A request that carries one of these was passed on by somebody.
const FORWARDING: [&str; 9] = [
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-real-ip",
];

impl Caller {
    /// Looks at a request's head.
    pub fn of(head: &Parts, ends: Ends, site: &Site) -> Caller {
        let headers = &head.headers;
        let peer = ends.peer.ip().to_canonical();
        let trusted = site.trusts(peer);
        let address_header = &site.forwarded_header.0;
        let passed_on =
            headers.contains_key(address_header) || FORWARDING.iter().any(|name| headers.contains_key(*name));
        let address = if trusted && headers.contains_key(address_header) {
            forwarded::client(headers, address_header, |address| site.trusts(address))
        } else {
            Some(peer)
        };
        Caller {
            address,
            local: peer.is_loopback() && !passed_on && names_this_machine(head, ends.server.ip()),
            site: site.public_url.clone().unwrap_or_else(|| reached(head, ends, trusted)),
        }
    }

    /// What the caller's connections and requests are counted under.
    #[allow(dead_code, reason = "connections and requests are counted under it from the next change on")]
    pub fn key(&self) -> AddressKey {
        AddressKey::from(self.address)
    }

    /// Host and port by which the server is reached.
    pub fn host(&self) -> &str {
        &self.site.authority
    }

    /// The endpoint's path for the outside, written as the client wrote it.
    pub fn path(&self, asked: &str) -> String {
        self.site.path_of(asked)
    }

    /// The endpoint's whole address for the outside.
    pub fn endpoint(&self, asked: &str) -> String {
        self.site.endpoint(asked)
    }
}

/// Whether Host and Origin, where they are there, name this machine.
fn names_this_machine(head: &Parts, server: IpAddr) -> bool {
    let host = |authority: &str| match forwarded::address(authority) {
        Some(address) => address.is_loopback() || address == server.to_canonical(),
        None => {
            let name = authority.split_once(':').map_or(authority, |(name, _)| name);
            name.is_empty() || name.eq_ignore_ascii_case("localhost")
        }
    };
    let text = |name| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let authority = head.uri.authority().map(|authority| authority.as_str()).or_else(|| text(HOST));
    // A page without an address of its own sends `null`.
    let origin = text(ORIGIN).map(|origin| origin.split_once("://").map_or("?", |(_, authority)| authority));
    authority.is_none_or(host) && origin.is_none_or(host)
}

/// The address by which the server was reached, as the request says, or the proxy that is trusted.
fn reached(head: &Parts, ends: Ends, trusted: bool) -> PublicUrl {
    let headers = &head.headers;
    let forwarded = |name| if trusted { last(headers, name) } else { None };
    let https =
        ends.tls || forwarded("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let (scheme, default_port) = if https { ("https", 443) } else { ("http", 80) };
    let host = forwarded("x-forwarded-host")
        .or_else(|| head.uri.authority().map(|authority| authority.as_str()))
        .or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()))
        .filter(|host| is_authority(host));
    let port = forwarded("x-forwarded-port").and_then(|port| port.parse::<u16>().ok());
    let authority = match (host, port) {
        (Some(host), Some(port)) if port != default_port && !has_port(host) => format!("{host}:{port}"),
        (Some(host), _) => host.to_owned(),
        (None, _) => ends.server.to_string(),
    };
    PublicUrl { scheme: scheme.to_owned(), authority, path: String::new() }
}

/// True if a Host header can be repeated in an address.
fn is_authority(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
    !host.is_empty() && host.len() <= 300 && host.chars().all(plain)
}

fn has_port(host: &str) -> bool {
    // A colon inside the brackets of an IPv6 address is no port's.
    host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn caller_from(peer: &str, headers: &[(&'static str, &str)], site: &Site) -> Caller {
        let mut request = Request::builder().uri("/soap/V200611.ASMX");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let ends =
            Ends { peer: peer.parse().unwrap(), server: "127.0.0.1:8611".parse().unwrap(), tls: false };
        Caller::of(&request.body(()).unwrap().into_parts().0, ends, site)
    }

    fn caller(headers: &[(&'static str, &str)], site: &Site) -> Caller {
        caller_from("127.0.0.1:9", headers, site)
    }

    fn trusting(networks: &[&str]) -> Site {
        let trusted = networks.iter().map(|network| network.parse().unwrap()).collect();
        Site { trusted, ..Site::default() }
    }

    #[test]
    fn a_forwarding_header_means_not_local() {
        for site in [Site::default(), trusting(&["127.0.0.1"])] {
            assert!(caller(&[], &site).local);
            for name in FORWARDING {
                assert!(!caller(&[(name, "x")], &site).local, "{name}");
            }
        }
        let site = Site { forwarded_header: "X-Client".parse().unwrap(), ..Site::default() };
        assert!(!caller(&[("x-client", "127.0.0.1")], &site).local);
    }

    #[test]
    fn a_foreign_host_or_origin_means_not_local() {
        let local = |headers: &[(&'static str, &str)]| caller(headers, &Site::default()).local;
        for name in [
            "localhost",
            "LocalHost:8611",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]",
            "[::1]:8611",
            "",
        ] {
            assert!(local(&[("host", name)]), "{name}");
        }
        for name in [
            "rebound.example",
            "rebound.example:8611",
            "localhost.rebound.example",
            "192.0.2.1",
            "[2001:db8::1]:1",
        ] {
            assert!(!local(&[("host", name)]), "{name}");
            assert!(!local(&[("host", "localhost"), ("origin", &format!("http://{name}"))]), "{name}");
        }
        assert!(local(&[("host", "localhost:8611"), ("origin", "http://localhost:8611")]));
        assert!(!local(&[("host", "localhost:8611"), ("origin", "null")]));
    }

    #[test]
    fn the_address_is_the_host_and_the_path_as_asked() {
        let site = Site::default();
        let asked = "/SOAP/v200611.asmx";
        let host = [("host", "example.org:81"), ("x-forwarded-host", "evil"), ("x-forwarded-proto", "https")];
        assert_eq!(caller(&host, &site).endpoint(asked), "http://example.org:81/SOAP/v200611.asmx");
        assert_eq!(caller(&[], &site).endpoint(asked), "http://127.0.0.1:8611/SOAP/v200611.asmx");
        assert_eq!(caller(&[("host", "a\"b")], &site).host(), "127.0.0.1:8611");
    }

    #[test]
    fn forwarded_headers_count_from_a_trusted_proxy_only() {
        let site = trusting(&["10.0.0.0/8"]);
        let headers = [
            ("host", "inside"),
            ("x-forwarded-host", "outside.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-for", "198.51.100.1, 192.0.2.7"),
        ];
        for peer in ["10.1.2.3:99", "[::ffff:10.1.2.3]:99"] {
            let caller = caller_from(peer, &headers, &site);
            assert_eq!(caller.endpoint("/a"), "https://outside.example/a");
            assert_eq!(caller.address, "192.0.2.7".parse().ok());
        }
        let stranger = caller_from("192.0.2.200:99", &headers, &site);
        assert_eq!(stranger.endpoint("/a"), "http://inside/a");
        assert_eq!(stranger.address, "192.0.2.200".parse().ok());
    }

    #[test]
    fn a_trusted_proxy_that_gives_no_header_calls_itself() {
        let site = trusting(&["10.0.0.0/8"]);
        assert_eq!(caller_from("10.1.2.3:99", &[], &site).address, "10.1.2.3".parse().ok());
    }

    #[test]
    fn an_address_that_cannot_be_read_is_none() {
        let site = trusting(&["127.0.0.1"]);
        let hidden = caller(&[("x-forwarded-for", "unknown")], &site);
        assert_eq!((hidden.address, hidden.key(), hidden.local), (None, AddressKey::Unknown, false));
    }

    #[test]
    fn another_header_can_hold_the_address() {
        let site = Site { forwarded_header: "X-Real-IP".parse().unwrap(), ..trusting(&["127.0.0.1"]) };
        let headers = [("x-forwarded-for", "192.0.2.1"), ("x-real-ip", "198.51.100.9")];
        assert_eq!(caller(&headers, &site).address, "198.51.100.9".parse().ok());
        assert_eq!(caller(&headers[..1], &site).address, "127.0.0.1".parse().ok());
    }

    #[test]
    fn a_forwarded_port_is_added_where_none_is() {
        let site = trusting(&["127.0.0.1"]);
        let host = |scheme, host, port| {
            let headers =
                [("x-forwarded-proto", scheme), ("x-forwarded-host", host), ("x-forwarded-port", port)];
            caller(&headers, &site).host().to_owned()
        };
        assert_eq!(host("https", "a.example", "8443"), "a.example:8443");
        assert_eq!(host("https", "a.example", "443"), "a.example");
        assert_eq!(host("http", "a.example", "443"), "a.example:443");
        assert_eq!(host("http", "a.example", "80"), "a.example");
        assert_eq!(host("https", "a.example:1", "8443"), "a.example:1");
        assert_eq!(host("https", "[::1]", "8443"), "[::1]:8443");
        assert_eq!(host("https", "[::1]:1", "8443"), "[::1]:1");
        assert_eq!(host("https", "a.example", "x"), "a.example");
    }

    #[test]
    fn the_scheme_is_the_connections() {
        let head = Request::builder().uri("/").header("host", "a.example").body(()).unwrap().into_parts().0;
        let ends = Ends {
            peer: "192.0.2.7:9".parse().unwrap(),
            server: "192.0.2.1:8611".parse().unwrap(),
            tls: true,
        };
        assert_eq!(Caller::of(&head, ends, &Site::default()).endpoint("/a"), "https://a.example/a");
    }

    #[test]
    fn the_public_address_wins() {
        let site = |url: &str| Site { public_url: Some(url.parse().unwrap()), ..Site::default() };
        let host = [("host", "inside")];
        let address = |url: &str| caller(&host, &site(url)).endpoint("/soap/v200611.asmx");
        assert_eq!(address("https://crm.example.org"), "https://crm.example.org/soap/v200611.asmx");
        assert_eq!(address("https://example.org/crm/"), "https://example.org/crm/soap/v200611.asmx");
        assert_eq!(address("https://example.org/soap/V200611.ASMX"), "https://example.org/soap/V200611.ASMX");
    }
}
