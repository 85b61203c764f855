//! Mail to be sent, and the words that accounts bring.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::mail::{CustomMail, Mail, MailMark};
use crate::postgres::access::Access;
use crate::postgres::value::{Id, Parameter, escape};
use crate::verbs::{MailReader, MailWriter};
use contract::table::fold;
use contract::{Guid, Timestamp};

const QUEUE: &str = "
    INSERT INTO outbox (account_id, seq, id, state, attempts, next_attempt, error, created, history_type,
        history_id, contact_id, sender, recipient, copy, subject, text, html)
    SELECT $1, n.* FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
        $8::bigint[], $9::text[], $10::uuid[], $11::uuid[], $12::text[], $13::text[], $14::text[],
        $15::text[], $16::text[], $17::text[]) n";

impl MailWriter for Access<'_> {
    fn queue_mail(&mut self, account: AccountId, mails: &[Mail]) -> Result<()> {
        if mails.is_empty() {
            return Ok(());
        }
        let first = self.next_numbers(account, mails.len())?;
        let all =
            |text: fn(&Mail) -> &str| -> Vec<_> { mails.iter().map(|mail| escape(text(mail))).collect() };
        let some = |text: fn(&Mail) -> Option<&str>| -> Vec<_> {
            mails.iter().map(|mail| text(mail).map(escape)).collect()
        };
        let ids = |id: fn(&Mail) -> Guid| -> Vec<Id> { mails.iter().map(|mail| Id(id(mail))).collect() };
        let attempts: Vec<i64> = mails.iter().map(|mail| mail.attempts.into()).collect();
        let next: Vec<Option<i64>> = mails.iter().map(|mail| mail.next_attempt.map(|time| time.0)).collect();
        let created: Vec<i64> = mails.iter().map(|mail| mail.created.0).collect();
        let objects = mails.iter().map(|mail| self.schema.table(mail.history.0).object.as_str());
        let objects: Vec<&str> = objects.collect();
        let numbers: Vec<i64> = (first..).take(mails.len()).collect();
        self.execute(
            account,
            QUEUE,
            &[
                Parameter::new(&numbers),
                Parameter::new(&ids(|mail| mail.id)),
                Parameter::new(&all(|mail| mail.state.as_str())),
                Parameter::new(&attempts),
                Parameter::new(&next),
                Parameter::new(&some(|mail| mail.error.as_deref())),
                Parameter::new(&created),
                Parameter::new(&objects),
                Parameter::new(&ids(|mail| mail.history.1)),
                Parameter::new(&ids(|mail| mail.contact)),
                Parameter::new(&all(|mail| &mail.from)),
                Parameter::new(&all(|mail| &mail.to)),
                Parameter::new(&some(|mail| mail.copy.as_deref())),
                Parameter::new(&all(|mail| &mail.subject)),
                Parameter::new(&all(|mail| &mail.text)),
                Parameter::new(&all(|mail| &mail.html)),
            ],
        )?;
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
        if !mails.is_empty() {
            let ids: Vec<Id> = mails.iter().map(|mail| Id(mail.id)).collect();
            let sql = "UPDATE outbox SET next_attempt = $3 WHERE account_id = $1 AND id = ANY($2)";
            self.execute(account, sql, &[Parameter::new(&ids), Parameter::new(&until.0)])?;
        }
        Ok(mails)
    }

    fn mark_mail(&mut self, account: AccountId, id: Guid, mark: &MailMark) -> Result<()> {
        let changed = self.execute(
            account,
            "UPDATE outbox SET state = $3, attempts = attempts + 1, next_attempt = $4, error = $5
             WHERE account_id = $1 AND id = $2",
            &[
                Parameter::new(&Id(id)),
                Parameter::new(&mark.state.as_str()),
                Parameter::new(&mark.next_attempt.map(|time| time.0)),
                Parameter::new(&mark.error.as_deref().map(escape)),
            ],
        )?;
        if changed == 0 { Err(StoreError::Missing { table: "outbox".to_owned() }) } else { Ok(()) }
    }

    fn set_custom_mail(&mut self, account: AccountId, mail: &CustomMail) -> Result<()> {
        let (key, name) = (escape(fold(&mail.name)), escape(&*mail.name));
        let (subject, text) = (escape(&*mail.subject), escape(&*mail.text));
        self.execute(
            account,
            "INSERT INTO custom_mail (account_id, name_key, name, subject, text) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account_id, name_key)
             DO UPDATE SET name = excluded.name, subject = excluded.subject, text = excluded.text",
            &[Parameter::new(&key), Parameter::new(&name), Parameter::new(&subject), Parameter::new(&text)],
        )?;
        Ok(())
    }

    fn remove_custom_mail(&mut self, account: AccountId, name: &str) -> Result<bool> {
        let sql = "DELETE FROM custom_mail WHERE account_id = $1 AND name_key = $2";
        Ok(self.execute(account, sql, &[Parameter::new(&escape(fold(name)))])? > 0)
    }
}
