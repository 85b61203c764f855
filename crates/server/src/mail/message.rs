//! A mail as a message of RFC 5322: plain text and HTML side by side.

use lettre::address::Envelope;
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{Address, error::Error as BuildError};
use std::time::{Duration, UNIX_EPOCH};
use store::Mail;

/// A message with those it goes to: the receiver, and whoever gets a copy. Each has an envelope of its
/// own, so that a relay's refusal says whom it means.
pub struct Letter {
    /// The message as it travels.
    pub bytes: Vec<u8>,
    /// To the receiver.
    pub envelope: Envelope,
    /// To whoever gets a copy.
    pub copy: Option<Envelope>,
}

/// Why a mail can't be made a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// An address is none.
    Address,
    /// Something else.
    Message,
}

impl From<BuildError> for Unfit {
    fn from(_: BuildError) -> Unfit {
        Unfit::Message
    }
}

/// The letter. Its Message-ID is the mail's id, so that it is the same each time it is sent.
pub fn letter(mail: &Mail) -> Result<Letter, Unfit> {
    let (from, to) = (mailbox(&mail.from)?, mailbox(&mail.to)?);
    let copy = mail.copy.as_deref().and_then(|address| mailbox(address).ok());
    let envelope = |to: &Mailbox| Envelope::new(Some(from.email.clone()), vec![to.email.clone()]);
    let (to_receiver, to_copy) = (envelope(&to)?, copy.as_ref().map(envelope).transpose()?);
    let id = format!("<{}@{}>", mail.id.to_string().to_lowercase(), from.email.domain());
    let created = Duration::from_micros(mail.created.0.try_into().unwrap_or(0));
    let mut builder = Message::builder()
        .message_id(Some(id))
        .date(UNIX_EPOCH + created)
        .from(from.clone())
        .to(to)
        .subject(mail.subject.as_str());
    if let Some(copy) = copy {
        builder = builder.cc(copy);
    }
    let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let bytes = builder.multipart(body)?.formatted();
    Ok(Letter { bytes, envelope: to_receiver, copy: to_copy })
}

fn mailbox(address: &str) -> Result<Mailbox, Unfit> {
    let address: Address = address.parse().map_err(|_| Unfit::Address)?;
    Ok(Mailbox::new(None, address))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use contract::handles::object_type::EVENT_EMAIL_HISTORY;
    use contract::{Guid, Timestamp};
    use store::MailState;

    pub fn mail(to: &str) -> Mail {
        Mail {
            id: Guid([0xab; 16]),
            created: Timestamp(1_795_521_600_000_000),
            state: MailState::Queued,
            attempts: 0,
            next_attempt: Some(Timestamp(0)),
            error: None,
            history: (EVENT_EMAIL_HISTORY, Guid([1; 16])),
            contact: Guid([2; 16]),
            from: "noreply@localhost".to_owned(),
            to: to.to_owned(),
            copy: Some("copy@guests.example".to_owned()),
            subject: "Grüße\r\nBcc: x@y.example".to_owned(),
            text: "Dear Ada\n".to_owned(),
            html: "<p>Dear Ada</p>\n".to_owned(),
        }
    }

    #[test]
    fn a_message_has_both_forms_and_the_mails_own_id() {
        let text = String::from_utf8(letter(&mail("ada@guests.example")).unwrap().bytes).unwrap();
        for line in [
            "Message-ID: <abababab-abab-abab-abab-abababababab@localhost>",
            "From: noreply@localhost",
            "To: ada@guests.example",
            "Cc: copy@guests.example",
            "Date: Tue, 24 Nov 2026 12:00:00 +0000",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}\n{text}");
        }
        assert!(text.contains("multipart/alternative") && text.contains("<p>Dear Ada</p>"), "{text}");
        assert!(!text.contains("\r\nBcc:"), "{text}");
    }

    #[test]
    fn an_address_that_is_none_is_told_apart() {
        assert_eq!(letter(&mail("nobody")).err(), Some(Unfit::Address));
    }
}
