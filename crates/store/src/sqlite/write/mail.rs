//! Mail to be sent, and the words that accounts bring.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::mail::{CustomMail, Mail, MailMark};
use crate::sqlite::access::Access;
use crate::verbs::{MailReader, MailWriter};
use contract::table::fold;
use contract::{Guid, Timestamp};
use rusqlite::params;

impl MailWriter for Access<'_> {
    fn queue_mail(&mut self, account: AccountId, mails: &[Mail]) -> Result<()> {
        let mut statement = self.prepare(
            "INSERT INTO outbox (account_id, id, state, attempts, next_attempt, error, created, history_type,
             history_id, contact_id, sender, recipient, copy, subject, text, html)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        for mail in mails {
            let (object, history) = mail.history;
            statement.execute(params![
                account.0,
                mail.id.0,
                mail.state.as_str(),
                mail.attempts,
                mail.next_attempt.map(|time| time.0),
                mail.error,
                mail.created.0,
                self.schema.table(object).object,
                history.0,
                mail.contact.0,
                mail.from,
                mail.to,
                mail.copy,
                mail.subject,
                mail.text,
                mail.html
            ])?;
        }
        Ok(())
    }

    fn take_mail(
        &mut self,
        account: AccountId,
        at: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Mail>> {
        let mails = self.mail_due(account, at, limit)?;
        let sql = "UPDATE outbox SET next_attempt = ?3 WHERE account_id = ?1 AND id = ?2";
        let mut statement = self.prepare(sql)?;
        for mail in &mails {
            statement.execute(params![account.0, mail.id.0, until.0])?;
        }
        Ok(mails)
    }

    fn mark_mail(&mut self, account: AccountId, id: Guid, mark: &MailMark) -> Result<()> {
        let mut statement = self.prepare(
            "UPDATE outbox SET state = ?3, attempts = attempts + 1, next_attempt = ?4, error = ?5
             WHERE account_id = ?1 AND id = ?2",
        )?;
        let next = mark.next_attempt.map(|time| time.0);
        let changed = statement.execute(params![account.0, id.0, mark.state.as_str(), next, mark.error])?;
        if changed == 0 { Err(StoreError::Missing { table: "outbox".to_owned() }) } else { Ok(()) }
    }

    fn set_custom_mail(&mut self, account: AccountId, mail: &CustomMail) -> Result<()> {
        let mut statement = self.prepare(
            "INSERT INTO custom_mail (account_id, name_key, name, subject, text) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (account_id, name_key)
             DO UPDATE SET name = excluded.name, subject = excluded.subject, text = excluded.text",
        )?;
        statement.execute(params![account.0, fold(&mail.name), mail.name, mail.subject, mail.text])?;
        Ok(())
    }

    fn remove_custom_mail(&mut self, account: AccountId, name: &str) -> Result<bool> {
        let sql = "DELETE FROM custom_mail WHERE account_id = ?1 AND name_key = ?2";
        Ok(self.prepare(sql)?.execute(params![account.0, fold(name)])? > 0)
    }
}
