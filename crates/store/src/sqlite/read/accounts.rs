//! Accounts and what belongs to them beside objects.

use crate::account::{Account, AccountId, ApiUser, ContactKey, ContactType, Session};
use crate::error::{Result, StoreError};
use crate::sqlite::access::Access;
use crate::verbs::AccountReader;
use contract::Timestamp;
use contract::table::fold;
use rusqlite::{OptionalExtension, Row, params};

const ACCOUNT: &str = "SELECT id, number, name, active, contact_key, max_calls, max_record_set FROM account";
const USER: &str = "SELECT name, password_hash, active, allowed_addresses, locked_until FROM api_user";

impl AccountReader for Access<'_> {
    fn account(&self, number: &str) -> Result<Option<Account>> {
        let mut statement = self.prepare(&format!("{ACCOUNT} WHERE number = ?1"))?;
        let mut rows = statement.query([number])?;
        rows.next()?.map(account).transpose()
    }

    fn account_by_id(&self, id: AccountId) -> Result<Option<Account>> {
        let mut statement = self.prepare(&format!("{ACCOUNT} WHERE id = ?1"))?;
        let mut rows = statement.query([id.0])?;
        rows.next()?.map(account).transpose()
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        let mut statement = self.prepare(&format!("{ACCOUNT} ORDER BY number"))?;
        statement.query_and_then([], account)?.collect()
    }

    fn users(&self, account: AccountId) -> Result<Vec<ApiUser>> {
        let sql = format!("{USER} WHERE account_id = ?1 ORDER BY name_key");
        let mut statement = self.prepare(&sql)?;
        statement.query_and_then([account.0], user)?.collect()
    }

    fn user(&self, account: AccountId, name: &str) -> Result<Option<ApiUser>> {
        let sql = format!("{USER} WHERE account_id = ?1 AND name_key = ?2");
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query(params![account.0, fold(name)])?;
        rows.next()?.map(user).transpose()
    }

    fn session(&self, account: AccountId, token_hash: &[u8; 32]) -> Result<Option<Session>> {
        let mut statement = self.prepare(
            "SELECT user_name, created, expires FROM api_session WHERE account_id = ?1 AND token_hash = ?2",
        )?;
        let session = statement.query_row(params![account.0, token_hash], |row| {
            Ok(Session {
                user: row.get(0)?,
                created: Timestamp(row.get(1)?),
                expires: Timestamp(row.get(2)?),
            })
        });
        Ok(session.optional()?)
    }

    fn usage(&self, account: AccountId, day: &str) -> Result<i64> {
        let sql = "SELECT calls FROM usage WHERE account_id = ?1 AND day = ?2";
        let mut statement = self.prepare(sql)?;
        let calls = statement.query_row(params![account.0, day], |row| row.get(0)).optional()?;
        Ok(calls.unwrap_or(0))
    }

    fn failures(&self, account: AccountId, user: &str, since: Timestamp) -> Result<u64> {
        let mut statement = self.prepare(
            "SELECT count(*) FROM login_failure WHERE account_id = ?1 AND user_key = ?2 AND at >= ?3",
        )?;
        let count: i64 = statement.query_row(params![account.0, fold(user), since.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn contact_types(&self, account: AccountId) -> Result<Vec<ContactType>> {
        let sql = "SELECT code, name FROM contact_type WHERE account_id = ?1 ORDER BY code_key";
        let mut statement = self.prepare(sql)?;
        let types = statement
            .query_and_then([account.0], |row| Ok(ContactType { code: row.get(0)?, name: row.get(1)? }))?;
        types.collect()
    }
}

fn account(row: &Row<'_>) -> Result<Account> {
    let stored = |column: &str| StoreError::Stored { table: "account".to_owned(), column: column.to_owned() };
    let key: String = row.get(4)?;
    Ok(Account {
        id: AccountId(row.get(0)?),
        number: row.get(1)?,
        name: row.get(2)?,
        active: row.get(3)?,
        contact_key: ContactKey::parse(&key).ok_or_else(|| stored("contact_key"))?,
        max_calls: row.get(5)?,
        max_record_set: row.get(6)?,
    })
}

fn user(row: &Row<'_>) -> Result<ApiUser> {
    Ok(ApiUser {
        name: row.get(0)?,
        password_hash: row.get(1)?,
        active: row.get(2)?,
        allowed_addresses: row.get(3)?,
        locked_until: row.get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}
