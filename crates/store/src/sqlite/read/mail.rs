//! Mail that was or is to be sent, and the words that accounts bring.

use crate::account::AccountId;
use crate::error::{Result, StoreError};
use crate::mail::{CustomMail, Mail, MailState};
use crate::sqlite::access::Access;
use crate::sqlite::row;
use crate::verbs::MailReader;
use contract::table::fold;
use contract::{Guid, ObjectId, Timestamp};
use rusqlite::{Row, params};

const MAIL: &str = "SELECT id, history_id, contact_id, state, attempts, next_attempt, error, created,
    history_type, sender, recipient, copy, subject, text, html FROM outbox WHERE account_id = ?1";
const CUSTOM: &str = "SELECT name, subject, text FROM custom_mail WHERE account_id = ?1";

impl MailReader for Access<'_> {
    fn mail_due(&self, account: AccountId, at: Timestamp, limit: usize) -> Result<Vec<Mail>> {
        let sql =
            format!("{MAIL} AND state = 'queued' AND next_attempt <= ?2 ORDER BY next_attempt, seq LIMIT ?3");
        let mut statement = self.prepare(&sql)?;
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        statement.query_and_then(params![account.0, at.0, most], |row| self.mail_of(row))?.collect()
    }

    fn accounts_with_mail(&self, at: Timestamp) -> Result<Vec<AccountId>> {
        let sql = "SELECT DISTINCT account_id FROM outbox WHERE state = 'queued' AND next_attempt <= ?1";
        let mut statement = self.prepare(sql)?;
        statement.query_and_then([at.0], |row| Ok(AccountId(row.get(0)?)))?.collect()
    }

    fn outbox(&self, account: AccountId, limit: usize) -> Result<Vec<Mail>> {
        let mut statement = self.prepare(&format!("{MAIL} ORDER BY seq DESC LIMIT ?2"))?;
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        statement.query_and_then(params![account.0, most], |row| self.mail_of(row))?.collect()
    }

    fn mail(&self, account: AccountId, id: Guid) -> Result<Option<Mail>> {
        let mut statement = self.prepare(&format!("{MAIL} AND id = ?2"))?;
        let mut rows = statement.query(params![account.0, id.0])?;
        rows.next()?.map(|row| self.mail_of(row)).transpose()
    }

    fn custom_mail(&self, account: AccountId, name: &str) -> Result<Option<CustomMail>> {
        let mut statement = self.prepare(&format!("{CUSTOM} AND name_key = ?2"))?;
        let mut rows = statement.query(params![account.0, fold(name)])?;
        rows.next()?.map(custom).transpose()
    }

    fn custom_mails(&self, account: AccountId) -> Result<Vec<CustomMail>> {
        let mut statement = self.prepare(&format!("{CUSTOM} ORDER BY name_key"))?;
        statement.query_and_then([account.0], custom)?.collect()
    }
}

impl Access<'_> {
    fn mail_of(&self, row: &Row<'_>) -> Result<Mail> {
        let stored =
            |column: &str| StoreError::Stored { table: "outbox".to_owned(), column: column.to_owned() };
        let (state, object): (String, String) = (row.get(3)?, row.get(8)?);
        let mut objects = self.schema.contract.objects.iter();
        let object = objects.position(|known| known.name == object).ok_or_else(|| stored("history_type"))?;
        Ok(Mail {
            id: row::guid(row, 0)?,
            history: (ObjectId(object as u16), row::guid(row, 1)?),
            contact: row::guid(row, 2)?,
            state: MailState::parse(&state).ok_or_else(|| stored("state"))?,
            attempts: row.get(4)?,
            next_attempt: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            error: row.get(6)?,
            created: Timestamp(row.get(7)?),
            from: row.get(9)?,
            to: row.get(10)?,
            copy: row.get(11)?,
            subject: row.get(12)?,
            text: row.get(13)?,
            html: row.get(14)?,
        })
    }
}

fn custom(row: &Row<'_>) -> Result<CustomMail> {
    Ok(CustomMail { name: row.get(0)?, subject: row.get(1)?, text: row.get(2)? })
}
