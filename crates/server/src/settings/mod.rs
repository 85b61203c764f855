//! What an operator can set.
//!
//! [`Serve`] is the one table: each of its fields is a flag of `understudy serve`, an environment
//! variable and a key of the configuration file, with its type, its default and its help in one place.
//! [`mod@file`] puts the three sources on top of each other: flag over variable over file over default.

pub mod file;
mod networks;
mod value;

pub use value::{DatabaseUrl, ForwardedHeader, Listen, PublicUrl, SmtpUrl, StartTime};

use crate::exit::Failure;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use service::Network;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use store::{Location, Postgres};

/// Where the database and the configuration are: for every command that needs the database.
#[derive(Args, Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// Folder of the embedded database. Without this flag and without --database, it is `./understudy-data`, and
    /// `./understudy-lab` for `serve --lab`.
    #[arg(long, env = "UNDERSTUDY_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// PostgreSQL database in place of an embedded one: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which
    /// exists, and is empty at the first start. `?sslmode=verify-full` encrypts the connection and checks the
    /// server's certificate. Better a variable or the file than a flag, which others on this machine see.
    #[arg(long, env = "UNDERSTUDY_DATABASE", value_name = "URL", hide_env_values = true)]
    #[arg(help_heading = "PostgreSQL")]
    pub database: Option<DatabaseUrl>,

    /// Connections to PostgreSQL, which is how many calls work on it at once.
    #[arg(long, env = "UNDERSTUDY_DATABASE_CONNECTIONS", value_name = "N", default_value = "16")]
    #[arg(help_heading = "PostgreSQL")]
    pub database_connections: NonZeroU32,

    /// The URL leads to a pooler that gives each transaction another connection, such as PgBouncer with
    /// `pool_mode = transaction`: statements are not kept prepared.
    #[arg(long, env = "UNDERSTUDY_DATABASE_POOLER", help_heading = "PostgreSQL")]
    pub database_pooler: bool,

    /// Configuration file (TOML). A key is a flag's name without the dashes: `max-body = 1048576`.
    /// Without this flag, `understudy.toml` in the current folder is read if it is there.
    #[arg(long, env = "UNDERSTUDY_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

impl Place {
    /// The folder where nobody names a place.
    const FOLDER: &str = "./understudy-data";

    /// The same of a lab.
    const LAB_FOLDER: &str = "./understudy-lab";

    /// Where the data is.
    ///
    /// # Errors
    /// Two places, or a URL that is none.
    pub fn location(&self) -> Result<Location, Failure> {
        self.location_or(Place::FOLDER)
    }

    /// Where a lab's data is.
    ///
    /// # Errors
    /// Two places, or a URL that is none.
    pub fn lab_location(&self) -> Result<Location, Failure> {
        self.location_or(Place::LAB_FOLDER)
    }

    /// Where a lab's data is, if the current folder has it.
    pub fn lab() -> Option<&'static str> {
        Some(Place::LAB_FOLDER).filter(|folder| Path::new(folder).is_dir())
    }

    fn location_or(&self, folder: &str) -> Result<Location, Failure> {
        let Some(url) = &self.database else {
            return Ok(Location::Folder(self.data.clone().unwrap_or_else(|| folder.into())));
        };
        if self.data.is_some() {
            return Err(Failure::usage(
                "--database and --data are two places for the data; give one of them",
            ));
        }
        let url = url.secret().parse();
        let url = url.map_err(|error| Failure::usage(format!("--database: {error}")))?;
        let place = Postgres::new(url);
        Ok(Location::Postgres(Postgres {
            connections: self.database_connections.get(),
            pooler: self.database_pooler,
            ..place
        }))
    }
}

/// The settings of `understudy serve`.
#[derive(Args, Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "kebab-case")]
pub struct Serve {
    #[command(flatten)]
    #[serde(flatten)]
    pub place: Place,

    /// For developing and testing: this machine only, account LAB001 with API user `lab` and password
    /// `lab` and 50 sample contacts made at the first start, and the header `X-Understudy-Lab: 1` on
    /// every answer. A lab's database is served with --lab only, and no other is.
    #[arg(long, env = "UNDERSTUDY_LAB", help_heading = "Lab")]
    pub lab: bool,

    /// Repeatable identifiers: the same seed gives the same ids and session values for the same calls
    /// on an empty database. Only with --lab, because anybody who knows the seed can guess sessions.
    #[arg(long, env = "UNDERSTUDY_SEED_IDS", value_name = "N", help_heading = "Lab")]
    pub seed_ids: Option<u32>,

    /// Start the clock at this time (`2026-01-01T00:00:00Z`) instead of now; from there it runs at its
    /// usual pace. Only with --lab.
    #[arg(long, env = "UNDERSTUDY_CLOCK", value_name = "RFC3339", help_heading = "Lab")]
    pub clock: Option<StartTime>,

    /// Address and port to listen on. Port 0 takes a free one and says which; without an address
    /// (`:8611`) it is 127.0.0.1; 0.0.0.0 means all of the machine. Beyond this machine only with
    /// --tls-certificate and --tls-key, or with --trusted-proxies.
    #[arg(long, env = "UNDERSTUDY_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8611")]
    pub listen: Listen,

    /// Keep the data in memory only: nothing is read from disk or written to it.
    #[arg(long, env = "UNDERSTUDY_MEMORY")]
    pub memory: bool,

    /// The address by which clients reach this server (`https://crm.example.org`), for ServerURL, the
    /// WSDL and the pages. Without it, the Host header of each request decides.
    #[arg(long, env = "UNDERSTUDY_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// Speak TLS (1.2 and 1.3) with this certificate: a PEM file, the server's certificate first, then
    /// those of the authorities in between. Read again when it changes.
    #[arg(long, env = "UNDERSTUDY_TLS_CERTIFICATE", value_name = "FILE", help_heading = "TLS and proxies")]
    pub tls_certificate: Option<PathBuf>,

    /// The certificate's private key: a PEM file without a passphrase. Read again when it changes.
    #[arg(long, env = "UNDERSTUDY_TLS_KEY", value_name = "FILE", help_heading = "TLS and proxies")]
    pub tls_key: Option<PathBuf>,

    /// Addresses and networks (10.0.0.7,192.0.2.0/24) of the proxies in front, which end TLS. The headers
    /// X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-Port count in their requests
    /// and in no others, so that each proxy has to set or remove them.
    #[arg(long, env = "UNDERSTUDY_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    #[arg(help_heading = "TLS and proxies")]
    #[serde(with = "networks")]
    pub trusted_proxies: Vec<Network>,

    /// A proxy on this machine is trusted: the same as --trusted-proxies 127.0.0.0/8,::1.
    #[arg(long, env = "UNDERSTUDY_TRUST_FORWARDED", help_heading = "TLS and proxies")]
    pub trust_forwarded: bool,

    /// The header in which trusted proxies give the client's address: a list to which each proxy adds the
    /// address that it was called from, or one address (X-Real-IP, CF-Connecting-IP).
    #[arg(long, env = "UNDERSTUDY_FORWARDED_HEADER", value_name = "NAME", default_value = "X-Forwarded-For")]
    #[arg(help_heading = "TLS and proxies")]
    pub forwarded_header: ForwardedHeader,

    /// Largest request body in bytes, also after decompression; a longer one gets the fault for an
    /// over-long request.
    #[arg(long, env = "UNDERSTUDY_MAX_BODY", value_name = "BYTES", default_value = "20971520")]
    #[arg(help_heading = "Limits")]
    pub max_body: usize,

    /// Memory in bytes that all requests may hold together: bodies, records, answers that wait for their
    /// clients. A request that finds no room waits for up to 10 seconds and then gets 503 Server Too Busy; one that
    /// takes more than three fifths of it gets the fault for an over-long request.
    #[arg(long, env = "UNDERSTUDY_REQUEST_MEMORY", value_name = "BYTES", default_value = "83886080")]
    #[arg(help_heading = "Limits")]
    pub request_memory: usize,

    /// Memory in bytes for changes that are on disk and wait to be folded into the tables (embedded database).
    #[arg(long, env = "UNDERSTUDY_JOURNAL_MEMORY", value_name = "BYTES", default_value = "20971520")]
    #[arg(help_heading = "Limits")]
    pub journal_memory: usize,

    /// Memory in bytes for objects as they were last written (embedded database).
    #[arg(long, env = "UNDERSTUDY_ROW_CACHE", value_name = "BYTES", default_value = "46137344")]
    #[arg(help_heading = "Limits")]
    pub row_cache: usize,

    /// Memory in bytes for database pages, all connections together (embedded database).
    #[arg(long, env = "UNDERSTUDY_PAGE_CACHE", value_name = "BYTES", default_value = "33554432")]
    #[arg(help_heading = "Limits")]
    pub page_cache: usize,

    /// Longest time that a call may read the database; past it the call fails with CV10000.
    #[arg(long, env = "UNDERSTUDY_READ_DEADLINE", value_name = "SECONDS", default_value = "20")]
    #[arg(help_heading = "Limits")]
    pub read_deadline: NonZeroU32,

    /// How many calls of an account may wait in each queue (look-ups, reads, writes). Accounts take turns; a call that
    /// finds no place, or has waited for 10 seconds, gets 503 Server Too Busy. 0 refuses every call but Login.
    #[arg(long, env = "UNDERSTUDY_WAITING_CALLS", value_name = "N", default_value = "256")]
    #[arg(help_heading = "Limits")]
    pub waiting_calls: usize,

    /// How many logins from one address (an IPv6 /64 counts as one) may wait to have their passwords checked.
    #[arg(long, env = "UNDERSTUDY_WAITING_LOGINS", value_name = "N", default_value = "64")]
    #[arg(help_heading = "Limits")]
    pub waiting_logins: usize,

    /// How many nested items one record may have, such as custom fields of a contact; a record with more is refused
    /// with CV91102.
    #[arg(long, env = "UNDERSTUDY_NESTED_ITEMS", value_name = "N", default_value = "1000")]
    #[arg(help_heading = "Limits")]
    pub nested_items: usize,

    /// Most connections at once. When all are open, the address with most of them loses the one that has been idle
    /// for longest; if none is idle, the new connection is closed.
    #[arg(long, env = "UNDERSTUDY_MAX_CONNECTIONS", value_name = "N", default_value = "1024")]
    #[arg(help_heading = "Limits")]
    pub max_connections: NonZeroU32,

    /// Time for the head of a request to arrive whole, and for an idle connection to stay open.
    #[arg(long, env = "UNDERSTUDY_HEADER_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    #[arg(help_heading = "Limits")]
    pub header_timeout: NonZeroU32,

    /// Time for the body of a request to arrive whole. Nothing of a request runs before that.
    #[arg(long, env = "UNDERSTUDY_REQUEST_TIMEOUT", value_name = "SECONDS", default_value = "60")]
    #[arg(help_heading = "Limits")]
    pub request_timeout: NonZeroU32,

    /// Time for calls under way to finish after Ctrl-C or SIGTERM.
    #[arg(long, env = "UNDERSTUDY_DRAIN_SECONDS", value_name = "SECONDS", default_value = "30")]
    #[arg(help_heading = "Limits")]
    pub drain_seconds: u32,

    /// How long a session lives after its login.
    #[arg(long, env = "UNDERSTUDY_SESSION_SECONDS", value_name = "SECONDS", default_value = "3600")]
    #[arg(help_heading = "Rules")]
    pub session_seconds: NonZeroU32,

    /// How many failed logins lock an API user.
    #[arg(long, env = "UNDERSTUDY_LOCKOUT_FAILURES", value_name = "N", default_value = "5")]
    #[arg(help_heading = "Rules")]
    pub lockout_failures: NonZeroU32,

    /// Within how many minutes failed logins count, and how long the lock then lasts.
    #[arg(long, env = "UNDERSTUDY_LOCKOUT_MINUTES", value_name = "MINUTES", default_value = "30")]
    #[arg(help_heading = "Rules")]
    pub lockout_minutes: NonZeroU32,

    /// How many ids a Search may find, where the account sets no other number.
    #[arg(long, env = "UNDERSTUDY_MAX_RECORD_SET", value_name = "N", default_value = "25000")]
    #[arg(help_heading = "Rules")]
    pub max_record_set: NonZeroU32,

    /// Text longer than its field is an error of its record (CV91102) instead of being cut.
    #[arg(long, env = "UNDERSTUDY_STRICT_LENGTHS", help_heading = "Rules")]
    pub strict_lengths: bool,

    /// Read text/xml without a charset as ASCII, as ASP.NET does: every other letter becomes `?`.
    /// Normally it is read as UTF-8.
    #[arg(long, env = "UNDERSTUDY_CHARSET_QUIRK", help_heading = "Quirks")]
    pub charset_quirk: bool,

    /// Answer a value outside an enumeration with the framework's own fault, as ASP.NET words it,
    /// instead of CV10001 INVALID_SOAP_REQUEST.
    #[arg(long, env = "UNDERSTUDY_ENUMERATION_FAULT", help_heading = "Quirks")]
    pub enumeration_fault: bool,

    /// Deliver mails through this relay: `smtp://HOST:PORT` (no encryption), `starttls://` or `smtps://`,
    /// with `USER:PASSWORD@` where it asks for them. Without it, mails are kept in the outbox (see
    /// `understudy outbox`). Better a variable or the file than a flag, which others on this machine see.
    #[arg(long, env = "UNDERSTUDY_SMTP_URL", value_name = "URL", hide_env_values = true)]
    #[arg(help_heading = "Mail")]
    pub smtp_url: Option<SmtpUrl>,

    /// Who mails come from, where a campaign has no sender of its own.
    #[arg(long, env = "UNDERSTUDY_MAIL_FROM", value_name = "ADDRESS", default_value = "noreply@localhost")]
    #[arg(help_heading = "Mail")]
    pub mail_from: String,

    /// How often to try to deliver a mail before it counts as undeliverable.
    #[arg(long, env = "UNDERSTUDY_MAIL_ATTEMPTS", value_name = "N", default_value = "12")]
    #[arg(help_heading = "Mail")]
    pub mail_attempts: NonZeroU32,

    /// How long to wait before trying a second time; twice as long before each further one, up to an hour.
    #[arg(long, env = "UNDERSTUDY_MAIL_RETRY_SECONDS", value_name = "SECONDS", default_value = "15")]
    #[arg(help_heading = "Mail")]
    pub mail_retry_seconds: NonZeroU32,

    /// Form of the log on standard error: `text` for people, `json` (one object a line) for programs.
    #[arg(long, env = "UNDERSTUDY_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    #[arg(help_heading = "Log")]
    pub log_format: LogFormat,

    /// What to log: a level (error, warn, info, debug, trace) or a filter (`info,understudy=debug`).
    /// `warn` logs refused requests only.
    #[arg(long, env = "UNDERSTUDY_LOG", value_name = "FILTER", default_value = "info", help_heading = "Log")]
    pub log: String,
}

/// The form of the log.
#[derive(Clone, Copy, ValueEnum, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MIB: usize = 1 << 20;

    /// What a connection may take outside the memory of requests.
    const CONNECTION: usize = 16 << 10;

    fn default_of(flag: &str) -> usize {
        let serve = Serve::augment_args(clap::Command::new("serve"));
        let arg = serve.get_arguments().find(|arg| arg.get_long() == flag.strip_prefix("--")).unwrap();
        let value = arg.get_default_values()[0].to_str().unwrap().parse::<usize>().unwrap();
        if flag == "--max-connections" { value * CONNECTION } else { value }
    }

    #[test]
    fn budgets_are_what_the_table_says_and_fit_into_240_mib() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
        let table = text.split("| Memory | Setting | MiB |").nth(1).unwrap();
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let (mut sum, mut settings) = (0, 0);
        for row in rows {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let [_, _, setting, mib, _] = cells[..] else { panic!("{row}") };
            let mib: usize = mib.parse().unwrap();
            if let Some(flag) = setting.strip_prefix('`').and_then(|setting| setting.strip_suffix('`')) {
                assert_eq!(default_of(flag), mib * MIB, "{flag}");
                settings += 1;
            }
            sum += mib;
        }
        assert_eq!(settings, 5);
        assert!(sum <= 240, "{sum} MiB");
    }
}
