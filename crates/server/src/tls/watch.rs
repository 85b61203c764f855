//! Looks at the files of certificate and key while the server runs.

use super::Tls;
use super::pair::{Fingerprint, Pair};
use super::validity::day;
use crate::exit::Failure;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_rustls::rustls::pki_types::UnixTime;

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// Looks at the files for ever.
pub async fn watch(tls: Tls) {
    let mut watch = Watch::new(tls, UnixTime::now());
    loop {
        sleep(PERIOD).await;
        // Files may be on a disk that sleeps.
        let looked = spawn_blocking(move || {
            let seen = watch.look(UnixTime::now());
            (watch, seen)
        });
        let Ok((next, seen)) = looked.await else {
            tracing::error!("changes of --tls-certificate and --tls-key are not noticed any more");
            return;
        };
        watch = next;
        match seen {
            Seen::Nothing => {}
            Seen::Replaced { until } => tracing::info!(%until, "certificate and key were read again"),
            Seen::Refused(failure) => {
                tracing::warn!(
                    "certificate and key have changed and can't be used; the old ones stay: {failure}"
                );
            }
            Seen::Ending(warning) => tracing::warn!("{warning}"),
        }
    }
}

/// What a look at the files showed.
#[derive(Debug)]
pub enum Seen {
    /// Nothing that is worth a word.
    Nothing,
    /// A new certificate, which is now in use.
    Replaced {
        /// Its end.
        until: String,
    },
    /// Files that can't be used.
    Refused(Failure),
    /// The certificate in use will end soon, or has ended.
    Ending(String),
}

/// What is known of the files so far.
pub struct Watch {
    tls: Tls,
    /// The last contents that could not be used, and whether that was said. It is said at the second look:
    /// of two files that are written one after the other, the first does not fit the old second.
    refused: Option<(Fingerprint, bool)>,
    /// The day of the last warning about the end.
    warned: u64,
}

impl Watch {
    /// Begins with the files as they were loaded, and warned of.
    pub fn new(tls: Tls, now: UnixTime) -> Watch {
        Watch { tls, refused: None, warned: day(now) }
    }

    /// Looks at the files once.
    pub fn look(&mut self, now: UnixTime) -> Seen {
        let contents = self.tls.files.read();
        let fingerprint = match &contents {
            Ok(contents) => contents.fingerprint(),
            Err(failure) => Sha256::digest(failure.to_string()).into(),
        };
        if fingerprint == self.tls.fingerprint {
            self.refused = None;
            return self.end(now);
        }
        if self.refused == Some((fingerprint, true)) {
            return self.end(now);
        }
        let pair = contents.and_then(|contents| self.tls.files.pair(&contents));
        match pair.and_then(|pair| self.in_time(pair, now)) {
            Ok(pair) => {
                self.tls.replace(pair.config);
                self.tls.fingerprint = fingerprint;
                self.tls.validity = pair.validity;
                self.refused = None;
                self.warned = 0;
                Seen::Replaced { until: pair.validity.end_text() }
            }
            Err(failure) => {
                let second = self.refused.is_some_and(|(refused, _)| refused == fingerprint);
                self.refused = Some((fingerprint, second));
                if second { Seen::Refused(failure) } else { Seen::Nothing }
            }
        }
    }

    fn in_time(&self, pair: Pair, now: UnixTime) -> Result<Pair, Failure> {
        if pair.validity.is_past(now) {
            let trouble = format!("expired at {}", pair.validity.end_text());
            return Err(self.tls.files.bad_certificate(&trouble));
        }
        Ok(pair)
    }

    /// Warns of the end once a day.
    fn end(&mut self, now: UnixTime) -> Seen {
        if self.warned == day(now) {
            return Seen::Nothing;
        }
        self.warned = day(now);
        self.tls.validity.warning(now).map_or(Seen::Nothing, Seen::Ending)
    }
}
