//! Who calls, and by which address: what ServerURL, WSDL and pages say, and who counts as local.

use crate::settings::PublicUrl;
use hyper::header::{HOST, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use std::net::{IpAddr, SocketAddr};

/// How the server is reached, as the operator said.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The address that clients use, if it is not the Host of each request.
    pub public_url: Option<PublicUrl>,
    /// Whether a proxy that sets the X-Forwarded headers stands in front.
    pub trust_forwarded: bool,
}

impl Site {
    /// True if a connection from there is a proxy's.
    pub fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trust_forwarded && peer.to_canonical().is_loopback()
    }
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// The client's.
    pub peer: SocketAddr,
    /// Ours.
    pub server: SocketAddr,
}

/// Where a request came from and where it went.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address.
    pub address: IpAddr,
    /// True if the request was made on this machine and no proxy passed it on.
    pub local: bool,
    /// Where the server is reached: the public address, or what the request says.
    site: PublicUrl,
}

/// A request that carries one of these was passed on by somebody.
const FORWARDING: [&str; 7] = [
    "forwarded",
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
        let forwarded = |name| if site.trust_forwarded { last(headers, name) } else { None };
        let passed_on = FORWARDING.iter().any(|name| headers.contains_key(*name));
        let address = forwarded("x-forwarded-for").and_then(|text| text.parse().ok());
        let host = forwarded("x-forwarded-host")
            .or_else(|| head.uri.authority().map(|authority| authority.as_str()))
            .or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()))
            .filter(|host| is_authority(host));
        let https = forwarded("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Caller {
            address: address.unwrap_or(ends.peer.ip()).to_canonical(),
            local: ends.peer.ip().to_canonical().is_loopback() && !passed_on,
            site: site.public_url.clone().unwrap_or_else(|| PublicUrl {
                scheme: if https { "https" } else { "http" }.to_owned(),
                authority: host.map_or_else(|| ends.server.to_string(), str::to_owned),
                path: String::new(),
            }),
        }
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

/// The last value of a header that proxies append to: the one that the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    let value = headers.get_all(HeaderName::from_static(name)).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// True if a Host header can be repeated in an address.
fn is_authority(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
    !host.is_empty() && host.len() <= 300 && host.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn caller(headers: &[(&'static str, &str)], site: &Site) -> Caller {
        let mut request = Request::builder().uri("/soap/V200611.ASMX");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let ends = Ends { peer: "127.0.0.1:9".parse().unwrap(), server: "127.0.0.1:8611".parse().unwrap() };
        Caller::of(&request.body(()).unwrap().into_parts().0, ends, site)
    }

    #[test]
    fn a_forwarding_header_means_not_local() {
        let site = Site::default();
        assert!(caller(&[], &site).local);
        for name in FORWARDING {
            assert!(!caller(&[(name, "x")], &site).local, "{name}");
        }
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
    fn forwarded_headers_count_where_they_are_trusted() {
        let site = Site { trust_forwarded: true, ..Site::default() };
        let headers = [
            ("host", "inside"),
            ("x-forwarded-host", "outside.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-for", "198.51.100.1, 192.0.2.7"),
        ];
        let caller = caller(&headers, &site);
        assert_eq!(caller.endpoint("/a"), "https://outside.example/a");
        assert_eq!(caller.address, "192.0.2.7".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn the_public_address_wins() {
        let site = |url: &str| Site { public_url: Some(url.parse().unwrap()), trust_forwarded: false };
        let host = [("host", "inside")];
        let address = |url: &str| caller(&host, &site(url)).endpoint("/soap/v200611.asmx");
        assert_eq!(address("https://crm.example.org"), "https://crm.example.org/soap/v200611.asmx");
        assert_eq!(address("https://example.org/crm/"), "https://example.org/crm/soap/v200611.asmx");
        assert_eq!(address("https://example.org/soap/V200611.ASMX"), "https://example.org/soap/V200611.ASMX");
    }
}
