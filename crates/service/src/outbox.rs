//! The outbox: mails that wait to be delivered, and what became of them.
//!
//! Whoever delivers asks for what is due, tries, and reports. A mail is due until a report says
//! otherwise, so that a program that is killed in between tries again: each mail arrives at least
//! once, and its id tells its receivers of a second time.

use crate::{Service, op};
use contract::handles::object::contact;
use contract::handles::object_type;
use contract::{Contract, Guid, ObjectId, Record, Timestamp};
use store::{AccountId, Mail, MailMark, MailState, StoreError, Writer};

/// The longest that a mail waits for its next try, in seconds.
const LONGEST_WAIT: i64 = 3600;

/// The outbox of all accounts.
#[derive(Clone)]
pub struct Outbox {
    service: Service,
}

/// What a try to deliver a mail came to. The words are classes, without anything of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A relay has taken it.
    Taken,
    /// Not this time: nobody answered, or the relay asked to come back.
    Later(&'static str),
    /// Never: the relay refuses the mail.
    Refused(&'static str),
    /// Never: the relay refuses the receiver's address.
    Bounced(&'static str),
}

impl Outbox {
    pub(crate) fn new(service: Service) -> Outbox {
        Outbox { service }
    }

    /// Mails to try now, at most `limit` of them, and of each account about as many. They are the
    /// caller's for `seconds`; then they are due again, for this process or another.
    ///
    /// # Errors
    /// The store's trouble, if no mail could be taken.
    pub async fn take(&self, limit: usize, seconds: i64) -> Result<Vec<(AccountId, Mail)>, StoreError> {
        let now = self.service.now();
        let mut accounts = self.service.store().read(move |reader| reader.accounts_with_mail(now)).await?;
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        // Where there are more accounts than mails to take, each gets its turn.
        let first = now.0.unsigned_abs() % accounts.len() as u64;
        accounts.rotate_left(first as usize);
        let share = limit.div_ceil(accounts.len());
        let (mut taken, mut trouble) = (Vec::new(), None);
        for account in accounts {
            let wanted = share.min(limit - taken.len());
            if wanted == 0 {
                break;
            }
            let job = move |writer: &mut Writer<'_>| {
                writer.take_mail(account, now, now.plus_seconds(seconds), wanted)
            };
            match self.service.store().write(job).await {
                Ok(mails) => taken.extend(mails.into_iter().map(|mail| (account, mail))),
                Err(error) => {
                    // A row that can't be read concerns its account only.
                    let is_of_account = matches!(error, StoreError::Stored { .. });
                    trouble.get_or_insert(error);
                    if !is_of_account {
                        break;
                    }
                }
            }
        }
        // What was taken is nobody else's, so that it has to be tried first.
        trouble.filter(|_| taken.is_empty()).map_or(Ok(taken), Err)
    }

    /// Notes what a try came to; tells what state the mail is in now. One that will not be
    /// delivered is told of in its history, and on its contact if the address is to blame.
    ///
    /// # Errors
    /// The store's trouble.
    pub async fn report(
        &self,
        account: AccountId,
        mail: &Mail,
        delivery: Delivery,
    ) -> Result<MailState, StoreError> {
        let now = self.service.now();
        let mark = self.mark(mail, delivery, now);
        let state = mark.state;
        let failed = Failed {
            contract: self.service.contract(),
            account,
            history: mail.history,
            contact: mail.contact,
            bounced: matches!(delivery, Delivery::Bounced(_)),
            at: now,
        };
        let id = mail.id;
        let job = move |writer: &mut Writer<'_>| {
            if mark.state == MailState::Failed {
                failed.note(writer)?;
            }
            match writer.mark_mail(account, id, &mark) {
                // It was removed with its account meanwhile.
                Err(StoreError::Missing { .. }) => Ok(()),
                marked => marked,
            }
        };
        self.service.store().write(job).await?;
        Ok(state)
    }

    fn mark(&self, mail: &Mail, delivery: Delivery, now: Timestamp) -> MailMark {
        let settings = self.service.settings();
        let tries = mail.attempts.saturating_add(1);
        let (state, error) = match delivery {
            Delivery::Taken => (MailState::Sent, None),
            Delivery::Later(class) if tries < settings.mail_attempts => (MailState::Queued, Some(class)),
            Delivery::Later(class) | Delivery::Refused(class) | Delivery::Bounced(class) => {
                (MailState::Failed, Some(class))
            }
        };
        let wait = wait_seconds(settings.mail_retry_seconds, tries);
        let next_attempt = (state == MailState::Queued).then(|| now.plus_seconds(wait));
        MailMark { state, next_attempt, error: error.map(str::to_owned) }
    }
}

/// Twice as long after each try.
fn wait_seconds(first: i64, tries: u32) -> i64 {
    let factor = 1_i64.checked_shl(tries.saturating_sub(1).min(30)).unwrap_or(i64::MAX);
    first.saturating_mul(factor).min(LONGEST_WAIT.max(first))
}

/// A mail that will not be delivered.
struct Failed {
    contract: &'static Contract,
    account: AccountId,
    history: (ObjectId, Guid),
    contact: Guid,
    bounced: bool,
    at: Timestamp,
}

impl Failed {
    fn note(&self, writer: &mut Writer<'_>) -> Result<(), StoreError> {
        let undeliverable = self.contract.emails.undeliverable.as_str();
        let (object, id) = self.history;
        let found = self.find(writer, object, id)?;
        if let (Some((status, bounced, modified)), Some(mut history)) = (op::history_members(object), found) {
            history.set(status, undeliverable);
            history.set(bounced, self.bounced);
            history.set(modified, self.at);
            writer.update(self.account, object, &[history], self.at)?;
        }
        if !self.bounced {
            return Ok(());
        }
        if let Some(mut person) = self.find(writer, object_type::CONTACT, self.contact)? {
            person.set(contact::EMAIL_ADDRESS_STATUS, undeliverable);
            writer.update(self.account, object_type::CONTACT, &[person], self.at)?;
        }
        Ok(())
    }

    /// An object that can be told of the mail. One that can't be read must not keep the mail from being marked.
    fn find(
        &self,
        writer: &mut Writer<'_>,
        object: ObjectId,
        id: Guid,
    ) -> Result<Option<Record>, StoreError> {
        match writer.get(self.account, object, &[id]) {
            Err(StoreError::Stored { .. }) => Ok(None),
            found => Ok(found?.pop().flatten()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<i64> = (1..=10).map(|tries| wait_seconds(15, tries)).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(wait_seconds(7200, 5), 7200);
        assert_eq!(wait_seconds(1, u32::MAX), 3600);
    }
}
