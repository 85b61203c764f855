//! From when to when a certificate is valid.

use std::time::Duration;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};

/// A certificate is warned of so long before its end, or in the last sixth of its time if that is shorter.
const NOTICE: u64 = 14 * DAY;
const DAY: u64 = 86_400;

/// The time of a certificate, in seconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    begin: u64,
    end: u64,
}

impl Validity {
    /// The validity of a certificate, which rustls tells in the error of a check at a time outside it. A
    /// certificate of which nothing can be learned counts as valid for ever.
    pub fn of(certificate: &CertificateDer<'_>) -> Validity {
        let error_at = |seconds| {
            let certificate = ParsedCertificate::try_from(certificate).ok()?;
            let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            let check = verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &RootCertStore::empty(),
                &[],
                time,
                &[],
            );
            check.err()
        };
        let begin = match error_at(0) {
            Some(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
                not_before.as_secs()
            }
            _ => 0,
        };
        let end = match error_at(u64::MAX) {
            Some(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                not_after.as_secs()
            }
            _ => u64::MAX,
        };
        Validity { begin, end }
    }

    /// True if the end is past.
    pub fn is_past(self, now: UnixTime) -> bool {
        now.as_secs() > self.end
    }

    /// What an operator has to be told now.
    pub fn warning(self, now: UnixTime) -> Option<String> {
        let end = self.end_text();
        let notice = NOTICE.min((self.end - self.begin.min(self.end)) / 6);
        if self.is_past(now) {
            Some(format!(
                "--tls-certificate: the certificate expired at {end}; clients that check it refuse it"
            ))
        } else if now.as_secs() < self.begin {
            Some("--tls-certificate: the certificate is not valid yet; is the clock right?".to_owned())
        } else if now.as_secs() + notice > self.end {
            Some(format!("--tls-certificate: the certificate expires at {end}; replace the files"))
        } else {
            None
        }
    }

    /// The end, as people write it.
    pub fn end_text(self) -> String {
        let time = i64::try_from(self.end).ok().and_then(|end| jiff::Timestamp::from_second(end).ok());
        time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
    }
}

/// The day of a time, counted from 1970.
pub fn day(now: UnixTime) -> u64 {
    now.as_secs() / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn the_end_is_warned_of_in_time() {
        let year = Validity { begin: 1000 * DAY, end: 1365 * DAY };
        for (days, expected) in [
            (999, Some("not valid yet")),
            (1000, None),
            (1350, None),
            (1352, Some("expires")),
            (1366, Some("expired")),
        ] {
            let warning = year.warning(at(days * DAY));
            assert_eq!(warning.is_some(), expected.is_some(), "{days} {warning:?}");
            assert!(warning.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
        let week = Validity { begin: 1000 * DAY, end: 1006 * DAY };
        assert_eq!(week.warning(at(1004 * DAY)), None);
        assert!(week.warning(at(1005 * DAY + 1)).is_some());
    }

    #[test]
    fn a_certificate_without_an_end_is_never_warned_of() {
        assert_eq!(Validity { begin: 0, end: u64::MAX }.warning(at(1 << 40)), None);
    }
}
