//! The relay that takes the mails, and what its answers mean.

use super::message::{Letter, Unfit, letter};
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor, transport::smtp};
use service::Delivery;
use std::error::Error;
use std::io;
use std::time::Duration;
use store::Mail;

/// How long the relay may take to connect, and for each of its answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// A relay.
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Relay {
    /// The relay behind an address: `smtp://` (no encryption), `starttls://` or `smtps://`, with user
    /// and password where it asks for them.
    ///
    /// # Errors
    /// What is wrong, without the address, which may hold a password.
    pub fn new(url: &str) -> Result<Relay, &'static str> {
        let wanted =
            "smtp://, starttls:// or smtps:// is wanted, such as smtps://user:password@mail.example.org:465";
        if url.contains(['?', '#']) {
            return Err("a URL without `?` and `#` is wanted; in a password they are %3F and %23");
        }
        let lettres = match url.split_once("://") {
            Some(("smtp" | "smtps", _)) => url.to_owned(),
            Some(("starttls", rest)) => format!("smtp://{rest}?tls=required"),
            _ => return Err(wanted),
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&lettres).map_err(|_| wanted)?;
        let pool = PoolConfig::new().max_size(super::AT_ONCE as u32).idle_timeout(Duration::from_secs(20));
        Ok(Relay { transport: builder.timeout(Some(PATIENCE)).pool_config(pool).build() })
    }

    /// Hands it a mail. The copy is tried once, after the receiver's own: trying again would bring the
    /// receiver the mail a second time.
    pub async fn send(&self, mail: &Mail) -> Delivery {
        let Letter { bytes, envelope, copy } = match letter(mail) {
            Ok(letter) => letter,
            Err(Unfit::Address) => return Delivery::Bounced("address not understood"),
            Err(Unfit::Message) => return Delivery::Refused("message not made"),
        };
        if let Err(error) = self.transport.send_raw(&envelope, &bytes).await {
            return class(&error);
        }
        if let Some(copy) = copy
            && let Err(error) = self.transport.send_raw(&copy, &bytes).await
        {
            tracing::debug!(mail = %mail.id, class = ?class(&error), "no delivery of the copy");
        }
        Delivery::Taken
    }
}

/// Whether a text is an address that mail can come from.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// The class of an error: never its text, in which relays like to repeat the address.
fn class(error: &smtp::Error) -> Delivery {
    match error.status() {
        Some(code) => answer(code.into()),
        None if error.is_timeout() => Delivery::Later("timeout"),
        None if error.is_tls() || is_handshake(error) => Delivery::Later("encryption"),
        None if error.is_client() => Delivery::Later("not offered by the relay"),
        None if error.is_response() => Delivery::Later("answer not understood"),
        None => Delivery::Later("connection"),
    }
}

/// Whether a connection ended because the two sides would not agree on its encryption, which reads
/// as malformed data.
fn is_handshake(error: &smtp::Error) -> bool {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(trouble) = found.downcast_ref::<io::Error>() {
            return trouble.kind() == io::ErrorKind::InvalidData;
        }
        cause = found.source();
    }
    false
}

/// What a relay's refusal means. One that concerns the account at the relay is no mail's fault.
fn answer(code: u16) -> Delivery {
    match code {
        530 | 534 | 535 | 538 => Delivery::Later("login refused"),
        550 | 551 | 553 => Delivery::Bounced("receiver refused"),
        500..=599 => Delivery::Refused("mail refused"),
        _ => Delivery::Later("put off by the relay"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_of_relays() {
        for good in ["smtp://localhost:25", "smtps://u:p%40@mail.example", "starttls://u:p@mail.example:587"]
        {
            assert!(Relay::new(good).is_ok(), "{good}");
        }
        for bad in ["", "mail.example:25", "http://mail.example", "smtp://", "smtp://a?tls=opportunistic"] {
            assert!(Relay::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refusals() {
        for (code, expected) in [
            (421, Delivery::Later("put off by the relay")),
            (450, Delivery::Later("put off by the relay")),
            (535, Delivery::Later("login refused")),
            (550, Delivery::Bounced("receiver refused")),
            (554, Delivery::Refused("mail refused")),
        ] {
            assert_eq!(answer(code), expected);
        }
    }
}
