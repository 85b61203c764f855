//! Mail that was or is to be sent, and the words that accounts bring.

use super::accounts::text;
use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::mail::{CustomMail, Mail, MailState};
use crate::postgres::access::{Access, Everywhere};
use crate::postgres::row;
use crate::postgres::value::{Id, Parameter, escape, unescape};
use crate::verbs::MailReader;
use contract::table::fold;
use contract::{Guid, ObjectId, Timestamp};
use tokio_postgres::Row;

const MAIL: &str = "SELECT id, history_id, contact_id, state, attempts, next_attempt, error, created,
    history_type, sender, recipient, copy, subject, text, html FROM outbox WHERE account_id = $1";
const CUSTOM: &str = "SELECT name, subject, text FROM custom_mail WHERE account_id = $1";

impl MailReader for Access<'_> {
    fn mail_due(&self, account: AccountId, at: Timestamp, limit: usize) -> Result<Vec<Mail>> {
        let sql =
            format!("{MAIL} AND state = 'queued' AND next_attempt <= $2 ORDER BY next_attempt, seq LIMIT $3");
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        self.mails(account, &sql, &[Parameter::new(&at.0), Parameter::new(&most)])
    }

    fn accounts_with_mail(&self, at: Timestamp) -> Result<Vec<AccountId>> {
        let rows = self.query_everywhere(Everywhere::AccountsWithMail, &[Parameter::new(&at.0)])?;
        rows.iter().map(|row| Ok(AccountId(row.try_get(0)?))).collect()
    }

    fn outbox(&self, account: AccountId, limit: usize) -> Result<Vec<Mail>> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        self.mails(account, &format!("{MAIL} ORDER BY seq DESC LIMIT $2"), &[Parameter::new(&most)])
    }

    fn mail(&self, account: AccountId, id: Guid) -> Result<Option<Mail>> {
        let mails = self.mails(account, &format!("{MAIL} AND id = $2"), &[Parameter::new(&Id(id))])?;
        Ok(mails.into_iter().next())
    }

    fn custom_mail(&self, account: AccountId, name: &str) -> Result<Option<CustomMail>> {
        let sql = format!("{CUSTOM} AND name_key = $2");
        let rows = self.query(account, &sql, &[Parameter::new(&escape(fold(name)))])?;
        rows.first().map(custom).transpose()
    }

    fn custom_mails(&self, account: AccountId) -> Result<Vec<CustomMail>> {
        self.query(account, &format!("{CUSTOM} ORDER BY name_key"), &[])?.iter().map(custom).collect()
    }
}

impl Access<'_> {
    fn mails(&self, account: AccountId, sql: &str, rest: &[Parameter<'_>]) -> Result<Vec<Mail>> {
        self.query(account, sql, rest)?.iter().map(|row| self.mail_of(row)).collect()
    }

    fn mail_of(&self, row: &Row) -> Result<Mail> {
        let stored =
            |column: &str| StoreError::Stored { table: "outbox".to_owned(), column: column.to_owned() };
        let (state, object): (&str, &str) = (row.try_get(3)?, row.try_get(8)?);
        let mut objects = self.schema.contract.objects.iter();
        let object = objects.position(|known| known.name == object).ok_or_else(|| stored("history_type"))?;
        let optional = |index| -> Result<Option<String>> {
            Ok(row.try_get::<_, Option<&str>>(index)?.map(|text| unescape(text).into_owned()))
        };
        let attempts: i64 = row.try_get(4)?;
        Ok(Mail {
            id: row::guid(row, 0)?,
            history: (ObjectId(object as u16), row::guid(row, 1)?),
            contact: row::guid(row, 2)?,
            state: MailState::parse(state).ok_or_else(|| stored("state"))?,
            attempts: attempts.try_into().map_err(|_| stored("attempts"))?,
            next_attempt: row.try_get::<_, Option<i64>>(5)?.map(Timestamp),
            error: optional(6)?,
            created: Timestamp(row.try_get(7)?),
            from: text(row, 9)?,
            to: text(row, 10)?,
            copy: optional(11)?,
            subject: text(row, 12)?,
            text: text(row, 13)?,
            html: text(row, 14)?,
        })
    }
}

fn custom(row: &Row) -> Result<CustomMail> {
    Ok(CustomMail { name: text(row, 0)?, subject: text(row, 1)?, text: text(row, 2)? })
}
