//! Where a PostgreSQL database is, and how it is used.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long the making of a connection takes at most, unless the URL says.
const CONNECT: Duration = Duration::from_secs(10);

/// From when on a connection that says nothing is asked whether it lives, unless the URL says; the
/// driver's own two hours are those of the system.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may stay without an answer of the other machine's system.
const UNHEARD: Duration = Duration::from_secs(60);
const DRIVERS_KEEPALIVE_IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// A PostgreSQL database, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// Where it is.
    pub url: PostgresUrl,
    /// Connections to it, which is how many jobs run at once.
    pub connections: u32,
    /// True if the URL leads to a pooler that gives each transaction another connection, such as PgBouncer
    /// in transaction mode. Statements are then not kept prepared.
    pub pooler: bool,
    /// In how many parts, by account, each table is made that is not there yet; none for whole tables.
    pub partitions: Option<u32>,
}

impl Postgres {
    /// Connections where nobody says how many.
    pub const CONNECTIONS: u32 = 16;

    /// The database of a URL, used in the usual way.
    pub fn new(url: PostgresUrl) -> Postgres {
        Postgres { url, connections: Postgres::CONNECTIONS, pooler: false, partitions: None }
    }
}

/// The address of a PostgreSQL database, which may hold a password: it is shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: Box<Config>,
    pub(super) trust: Trust,
}

/// Whose certificate is believed where the connection is encrypted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// Anybody's: who listens learns nothing, but who intervenes is not noticed.
    Anybody,
    /// That of the host, from an authority of the file, or of the system where there is none.
    Host(Option<PathBuf>),
}

/// What is wrong with a URL. The texts repeat nothing of it, since any part may be the password's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PostgresUrlError {
    /// It is another kind of URL, or none.
    #[error("a URL is wanted, such as postgres://USER:PASSWORD@HOST:5432/DATABASE")]
    Scheme,
    /// The rest is not understood.
    #[error(
        "the URL is not understood; in its user and password, all but letters, digits and `-._~` is written as \
         % and two hexadecimal digits (RFC 3986), and parameters are those of libpq, such as connect_timeout"
    )]
    Form,
    /// It names no host.
    #[error(
        "the URL names no host, such as postgres://USER@HOST/DATABASE or postgres:///DATABASE?host=/run/postgresql"
    )]
    Host,
    /// It names no database.
    #[error("the URL names no database: postgres://USER@HOST/DATABASE")]
    Database,
    /// It asks for an encryption that there is not.
    #[error("sslmode is one of disable, prefer, require and verify-full")]
    SslMode,
    /// It names an authority that nobody asks.
    #[error("sslrootcert is a file, and goes together with sslmode=verify-full")]
    RootCertificate,
}

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<PostgresUrl, PostgresUrlError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(PostgresUrlError::Scheme);
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        // What follows the first would be the host's, and be shown, though it may be the password's.
        if base.matches('@').count() > 1 {
            return Err(PostgresUrlError::Form);
        }
        let (mut mode, mut roots, mut others) = (None, None, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => roots = Some(decoded(value)?),
                _ => others.push(parameter),
            }
        }
        let mut config: Config =
            format!("{base}?{}", others.join("&")).parse().map_err(|_| PostgresUrlError::Form)?;
        let (mode, trust) = match (mode, roots) {
            (None | Some("prefer"), None) => (SslMode::Prefer, Trust::Anybody),
            (Some("disable"), None) => (SslMode::Disable, Trust::Anybody),
            (Some("require"), None) => (SslMode::Require, Trust::Anybody),
            (Some("verify-full"), roots) => (SslMode::Require, Trust::Host(roots)),
            (None | Some("prefer" | "disable" | "require"), Some(_)) => {
                return Err(PostgresUrlError::RootCertificate);
            }
            (Some(_), _) => return Err(PostgresUrlError::SslMode),
        };
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(PostgresUrlError::Host);
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(PostgresUrlError::Database);
        }
        config.ssl_mode(mode);
        set_defaults(&mut config);
        Ok(PostgresUrl { config: Box::new(config), trust })
    }
}

/// What the URL leaves open and the driver decides otherwise.
fn set_defaults(config: &mut Config) {
    if config.get_application_name().is_none() {
        config.application_name("understudy");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_keepalives_idle() == DRIVERS_KEEPALIVE_IDLE {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNHEARD);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
}

/// The path that a parameter is, in which `%2F` stands for a slash.
fn decoded(value: &str) -> Result<PathBuf, PostgresUrlError> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit(), digit());
                let pair = high.zip(low).ok_or(PostgresUrlError::Form)?;
                (pair.0 * 16 + pair.1) as u8
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| PostgresUrlError::Form)?;
    if text.is_empty() { Err(PostgresUrlError::RootCertificate) } else { Ok(text.into()) }
}

/// Hosts, ports and the database: enough to know which one it is.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => write!(f, "{comma}{host}:{port}")?,
                Host::Unix(folder) => write!(f, "{comma}{}:{port}", folder.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<PostgresUrl, PostgresUrlError> {
        text.parse()
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (text, shown) in [
            ("postgres://me:secret@db.example/app", "postgres://db.example:5432/app"),
            ("postgresql://me:secret@[::1]:6432/app?connect_timeout=3", "postgres://::1:6432/app"),
            ("postgres://me:?secret@db.example/app", "postgres://db.example:5432/app"),
            ("postgres://me:%40secret@db.example/app", "postgres://db.example:5432/app"),
            ("postgres://me:secret@a:1,b:2/app", "postgres://a:1,b:2/app"),
            ("postgres:///app?host=/run/postgresql&password=secret", "postgres:///run/postgresql:5432/app"),
        ] {
            let url = url(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{:?}", Postgres::new(url)).contains("secret"));
        }
    }

    #[test]
    fn encryption_is_chosen_as_libpq_does() {
        for (mode, expected, trust) in [
            ("", SslMode::Prefer, Trust::Anybody),
            ("?sslmode=disable", SslMode::Disable, Trust::Anybody),
            ("?sslmode=require", SslMode::Require, Trust::Anybody),
            ("?sslmode=verify-full", SslMode::Require, Trust::Host(None)),
            (
                "?sslmode=verify-full&sslrootcert=%2Fetc/ca.pem",
                SslMode::Require,
                Trust::Host(Some("/etc/ca.pem".into())),
            ),
        ] {
            let url = url(&format!("postgres://db.example/app{mode}")).unwrap();
            assert_eq!((url.config.get_ssl_mode(), url.trust), (expected, trust), "{mode}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_repeating_it() {
        use PostgresUrlError::{Database, Form, Host, RootCertificate, Scheme, SslMode};
        for (text, expected) in [
            ("mysql://db.example/app", Scheme),
            ("host=db.example dbname=app", Scheme),
            ("postgres://db.example:port/app", Form),
            ("postgres://me:se@cret@db.example/app", Form),
            ("postgres://db.example/app?colour=red", Form),
            ("postgres:///app", Host),
            ("postgres://db.example", Database),
            ("postgres://db.example/app?sslmode=verify-ca", SslMode),
            ("postgres://db.example/app?sslrootcert=ca.pem", RootCertificate),
            ("postgres://db.example/app?sslmode=verify-full&sslrootcert=%2", Form),
        ] {
            assert_eq!(url(text).err(), Some(expected), "{text}");
        }
    }
}
