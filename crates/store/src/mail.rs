//! Mail: what is to be sent, what became of it, and the words that accounts bring.

use contract::{Guid, ObjectId, Timestamp};
use std::fmt;

/// A mail in the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id, by which its receivers can tell that it reached them twice.
    pub id: Guid,
    /// When it was queued.
    pub created: Timestamp,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried to deliver it.
    pub attempts: u32,
    /// When it is tried next; none once it is no longer queued.
    pub next_attempt: Option<Timestamp>,
    /// The kind of trouble that the last try met.
    pub error: Option<String>,
    /// The object that tells clients of it.
    pub history: (ObjectId, Guid),
    /// The contact it goes to.
    pub contact: Guid,
    /// The sender's address.
    pub from: String,
    /// The receiver's address.
    pub to: String,
    /// The address that gets a copy.
    pub copy: Option<String>,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Without addresses and words, so that they reach no log.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .field("next_attempt", &self.next_attempt)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// What became of a mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailState {
    /// It waits for its next try.
    Queued,
    /// A relay has taken it.
    Sent,
    /// It is not tried again.
    Failed,
}

impl MailState {
    /// Every state.
    pub const ALL: [MailState; 3] = [MailState::Queued, MailState::Sent, MailState::Failed];

    /// Its name in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            MailState::Queued => "queued",
            MailState::Sent => "sent",
            MailState::Failed => "failed",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<MailState> {
        MailState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// What a try to deliver a mail came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailMark {
    /// The state it is in now.
    pub state: MailState,
    /// When it is tried next, if it still is.
    pub next_attempt: Option<Timestamp>,
    /// The kind of trouble, without any address or word of it.
    pub error: Option<String>,
}

/// A mail whose words are an account's own.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomMail {
    /// Its name, unique within the account without regard to case.
    pub name: String,
    /// Its subject, with places for values.
    pub subject: String,
    /// Its text, with places for values.
    pub text: String,
}
