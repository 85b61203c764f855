//! Accounts and what belongs to them beside objects.

use crate::account::{Account, AccountId, ApiUser, ContactKey, ContactType, Session};
use crate::error::{Result, StoreError};
use crate::postgres::access::{Access, Everywhere};
use crate::postgres::value::{Parameter, escape, unescape};
use crate::verbs::AccountReader;
use contract::Timestamp;
use contract::table::fold;
use tokio_postgres::Row;

const ACCOUNT: &str = "SELECT account_id, number, name, active, contact_key, max_calls, max_record_set
    FROM account WHERE account_id = $1";
const USER: &str = "SELECT name, password_hash, active, allowed_addresses, locked_until FROM api_user
    WHERE account_id = $1";

impl AccountReader for Access<'_> {
    fn account(&self, number: &str) -> Result<Option<Account>> {
        let sql = format!("{ACCOUNT} AND number = $2");
        let rows = self.query(AccountId::of(number), &sql, &[Parameter::new(&escape(number))])?;
        rows.first().map(account).transpose()
    }

    fn account_by_id(&self, id: AccountId) -> Result<Option<Account>> {
        self.query(id, ACCOUNT, &[])?.first().map(account).transpose()
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        self.query_everywhere(Everywhere::Accounts, &[])?.iter().map(account).collect()
    }

    fn users(&self, account: AccountId) -> Result<Vec<ApiUser>> {
        let sql = format!("{USER} ORDER BY name_key");
        self.query(account, &sql, &[])?.iter().map(user).collect()
    }

    fn user(&self, account: AccountId, name: &str) -> Result<Option<ApiUser>> {
        let sql = format!("{USER} AND name_key = $2");
        let rows = self.query(account, &sql, &[Parameter::new(&escape(fold(name)))])?;
        rows.first().map(user).transpose()
    }

    fn session(&self, account: AccountId, token_hash: &[u8; 32]) -> Result<Option<Session>> {
        let sql =
            "SELECT user_name, created, expires FROM api_session WHERE account_id = $1 AND token_hash = $2";
        let rows = self.query(account, sql, &[Parameter::new(&token_hash.as_slice())])?;
        let session = |row: &Row| {
            Ok(Session {
                user: text(row, 0)?,
                created: Timestamp(row.try_get(1)?),
                expires: Timestamp(row.try_get(2)?),
            })
        };
        rows.first().map(session).transpose()
    }

    fn usage(&self, account: AccountId, day: &str) -> Result<i64> {
        let sql = "SELECT calls FROM usage WHERE account_id = $1 AND day = $2";
        let rows = self.query(account, sql, &[Parameter::new(&escape(day))])?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get(0))?)
    }

    fn failures(&self, account: AccountId, user: &str, since: Timestamp) -> Result<u64> {
        let sql = "SELECT count(*) FROM login_failure WHERE account_id = $1 AND user_key = $2 AND at >= $3";
        let user = escape(fold(user));
        let rows = self.query(account, sql, &[Parameter::new(&user), Parameter::new(&since.0)])?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(count.unsigned_abs())
    }

    fn contact_types(&self, account: AccountId) -> Result<Vec<ContactType>> {
        let sql = "SELECT code, name FROM contact_type WHERE account_id = $1 ORDER BY code_key";
        let rows = self.query(account, sql, &[])?;
        rows.iter().map(|row| Ok(ContactType { code: text(row, 0)?, name: text(row, 1)? })).collect()
    }
}

fn account(row: &Row) -> Result<Account> {
    let stored = |column: &str| StoreError::Stored { table: "account".to_owned(), column: column.to_owned() };
    Ok(Account {
        id: AccountId(row.try_get(0)?),
        number: text(row, 1)?,
        name: text(row, 2)?,
        active: row.try_get(3)?,
        contact_key: ContactKey::parse(row.try_get(4)?).ok_or_else(|| stored("contact_key"))?,
        max_calls: row.try_get(5)?,
        max_record_set: row.try_get(6)?,
    })
}

fn user(row: &Row) -> Result<ApiUser> {
    Ok(ApiUser {
        name: text(row, 0)?,
        password_hash: text(row, 1)?,
        active: row.try_get(2)?,
        allowed_addresses: text(row, 3)?,
        locked_until: row.try_get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}

/// A text that is set.
pub(super) fn text(row: &Row, index: usize) -> Result<String> {
    Ok(unescape(row.try_get(index)?).into_owned())
}
