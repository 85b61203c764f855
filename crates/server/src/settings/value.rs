//! Settings that are more than a number or a word: checked when they are read, so that the rest of the
//! program need not.

use hyper::header::HeaderName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Says that a type is written in the configuration file as the text that its flag takes.
macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<$name, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

/// The address to listen on.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(try_from = "String", into = "String")]
pub struct Listen(pub SocketAddr);

as_text!(Listen);

impl Listen {
    /// True if only this machine can reach it.
    pub fn is_loopback(self) -> bool {
        self.0.ip().is_loopback()
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        if let Ok(address) = text.parse() {
            return Ok(Listen(address));
        }
        let port = text.strip_prefix("localhost").unwrap_or(text).strip_prefix(':');
        match port.map(str::parse) {
            Some(Ok(port)) => Ok(Listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))),
            _ => Err("an address and a port are wanted, such as 127.0.0.1:8611, [::1]:8611 or :8611".into()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address by which clients reach the server: scheme, host and perhaps a path, no query.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    /// `http` or `https`.
    pub scheme: String,
    /// Host name, with the port if there is one.
    pub authority: String,
    /// Empty, or begins with a slash and does not end with one.
    pub path: String,
}

as_text!(PublicUrl);

impl PublicUrl {
    /// The path by which clients reach what the server knows under `asked`. A public address that names
    /// the endpoint itself is complete; any other comes before the path.
    pub fn path_of(&self, asked: &str) -> String {
        let start = self.path.len().checked_sub(asked.len());
        let end = start.and_then(|start| self.path.get(start..));
        if end.is_some_and(|end| end.eq_ignore_ascii_case(asked)) {
            self.path.clone()
        } else {
            format!("{}{asked}", self.path)
        }
    }

    /// The whole address by which clients reach it.
    pub fn endpoint(&self, asked: &str) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path_of(asked))
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicUrl, String> {
        let wanted = || "a URL is wanted, such as https://crm.example.org, without query".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(wanted)?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]/%".contains(c);
        if !matches!(&*scheme, "http" | "https") || authority.is_empty() || !rest.chars().all(plain) {
            return Err(wanted());
        }
        let path = path.trim_end_matches('/').to_owned();
        Ok(PublicUrl { scheme, authority: authority.to_owned(), path })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// Declares an address that may hold a password: kept from every message and every log. It is read when
/// the command starts, since clap shows the value that it refuses.
macro_rules! secret_address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The address with the password, for nobody but whom it leads to.
            pub fn secret(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<$name, Self::Err> {
                Ok($name(text.to_owned()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret_address! {
    /// The address of a PostgreSQL database.
    DatabaseUrl
}

secret_address! {
    /// The address of the relay that delivers mails.
    SmtpUrl
}

impl SmtpUrl {
    /// Whether a password would travel in the clear.
    pub fn exposes_password(&self) -> bool {
        self.0.starts_with("smtp://") && self.0.contains('@')
    }
}

/// The header in which proxies give the client's address.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(try_from = "String", into = "String")]
pub struct ForwardedHeader(pub HeaderName);

as_text!(ForwardedHeader);

impl Default for ForwardedHeader {
    fn default() -> ForwardedHeader {
        ForwardedHeader(HeaderName::from_static("x-forwarded-for"))
    }
}

impl FromStr for ForwardedHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<ForwardedHeader, String> {
        let name: HeaderName =
            text.parse().map_err(|_| "the name of a header is wanted, such as X-Real-IP")?;
        if name == hyper::header::FORWARDED {
            return Err("Forwarded holds more than addresses and is not read; X-Forwarded-For is".to_owned());
        }
        Ok(ForwardedHeader(name))
    }
}

impl fmt::Display for ForwardedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The time at which the lab's clock starts.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(try_from = "String", into = "String")]
pub struct StartTime(pub jiff::Timestamp);

as_text!(StartTime);

impl FromStr for StartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<StartTime, String> {
        let time = text.parse().map_err(|_| "a time in RFC 3339 is wanted, such as 2026-01-01T00:00:00Z")?;
        Ok(StartTime(time))
    }
}

impl fmt::Display for StartTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let url: SmtpUrl = "smtp://user:secret@mail.example".parse().unwrap();
        assert!(url.exposes_password() && !format!("{url:?}").contains("secret"));
        let url: DatabaseUrl = "postgres://user:secret@db.example/app".parse().unwrap();
        assert!(url.secret().contains("secret") && !format!("{url:?}").contains("secret"));
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("127.0.0.1:8611", "127.0.0.1:8611"),
            (":0", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("[::1]:8611", "[::1]:8611"),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), expected);
        }
        for text in ["", "8611", "example.org:80", "127.0.0.1", ":port", ":70000"] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_headers() {
        assert_eq!("X-Real-IP".parse::<ForwardedHeader>().unwrap().to_string(), "x-real-ip");
        for text in ["", "X Real", "X-Real-IP:", "Forwarded"] {
            assert!(text.parse::<ForwardedHeader>().is_err(), "{text}");
        }
    }

    #[test]
    fn public_urls() {
        let url: PublicUrl = "HTTPS://crm.example.org:8443/a/".parse().unwrap();
        assert_eq!(url.to_string(), "https://crm.example.org:8443/a");
        for text in ["crm.example.org", "ftp://a", "https://", "https://a?b", "https://a b", "https://a<b"] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
