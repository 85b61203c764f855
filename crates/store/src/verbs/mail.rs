//! Mail that was or is to be sent, and the words that accounts bring.

use crate::account::AccountId;
use crate::error::Result;
use crate::mail::{CustomMail, Mail, MailMark};
use contract::{Guid, Timestamp};

/// Reads the outbox and the custom mails.
pub trait MailReader {
    /// The mails whose next try is due, the longest due first.
    fn mail_due(&self, account: AccountId, at: Timestamp, limit: usize) -> Result<Vec<Mail>>;

    /// The accounts that have mail whose next try is due; the one question that is asked of all accounts
    /// at once.
    fn accounts_with_mail(&self, at: Timestamp) -> Result<Vec<AccountId>>;

    /// The mails of the outbox, the latest first.
    fn outbox(&self, account: AccountId, limit: usize) -> Result<Vec<Mail>>;

    /// The mail of an id.
    fn mail(&self, account: AccountId, id: Guid) -> Result<Option<Mail>>;

    /// The custom mail of a name, in any case.
    fn custom_mail(&self, account: AccountId, name: &str) -> Result<Option<CustomMail>>;

    /// The custom mails of an account, by name.
    fn custom_mails(&self, account: AccountId) -> Result<Vec<CustomMail>>;
}

/// Writes them.
pub trait MailWriter {
    /// Puts mails into the outbox.
    fn queue_mail(&mut self, account: AccountId, mails: &[Mail]) -> Result<()>;

    /// The mails whose next try is due, the longest due first, put off until `until`: whoever takes
    /// them has that long to try before somebody else does.
    fn take_mail(
        &mut self,
        account: AccountId,
        at: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Mail>>;

    /// Notes what a try to deliver a mail came to.
    fn mark_mail(&mut self, account: AccountId, id: Guid, mark: &MailMark) -> Result<()>;

    /// Adds a custom mail, or gives the one of that name other words.
    fn set_custom_mail(&mut self, account: AccountId, mail: &CustomMail) -> Result<()>;

    /// Removes a custom mail; tells whether there was one.
    fn remove_custom_mail(&mut self, account: AccountId, name: &str) -> Result<bool>;
}
