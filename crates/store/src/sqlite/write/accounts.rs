//! Accounts and what belongs to them beside objects.

use super::Writer;
use crate::account::{Account, AccountId, ApiUser, ContactType, Session, Sessions};
use crate::error::{Result, StoreError};
use contract::Timestamp;
use contract::table::fold;
use rusqlite::{Params, params};

/// The tables that hold rows of an account and do not derive from the contract.
const TABLES: [&str; 8] = [
    "api_user",
    "login_failure",
    "api_session",
    "usage",
    "contact_type",
    "change_log",
    "outbox",
    "custom_mail",
];

impl Writer<'_> {
    /// Adds an account and gives its id; the one in `account` is not looked at.
    pub fn add_account(&mut self, account: &Account) -> Result<AccountId> {
        self.execute(
            "INSERT INTO account (number, name, active, contact_key, max_calls, max_record_set)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                account.number,
                account.name,
                account.active,
                account.contact_key.as_str(),
                account.max_calls,
                account.max_record_set
            ],
        )?;
        Ok(AccountId(self.connection.last_insert_rowid()))
    }

    /// Changes everything of an account but its id.
    pub fn set_account(&mut self, account: &Account) -> Result<()> {
        let changed = self.execute(
            "UPDATE account SET number = ?2, name = ?3, active = ?4, contact_key = ?5, max_calls = ?6,
             max_record_set = ?7 WHERE id = ?1",
            params![
                account.id.0,
                account.number,
                account.name,
                account.active,
                account.contact_key.as_str(),
                account.max_calls,
                account.max_record_set
            ],
        )?;
        found(changed, "account")
    }

    /// Removes an account with all its data; tells whether there was one.
    pub fn remove_account(&mut self, account: AccountId) -> Result<bool> {
        let derived = self.schema.tables().iter().map(|table| table.name.as_str());
        let links = self.schema.links().iter().map(|link| link.name.as_str());
        for table in TABLES.into_iter().chain(derived).chain(links) {
            self.connection
                .execute(&format!(r#"DELETE FROM "{table}" WHERE account_id = ?1"#), [account.0])?;
        }
        Ok(self.execute("DELETE FROM account WHERE id = ?1", [account.0])? > 0)
    }

    /// Adds an API user.
    pub fn add_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        self.execute(
            "INSERT INTO api_user
             (account_id, name_key, name, password_hash, active, allowed_addresses, locked_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            user_params!(account, user),
        )?;
        Ok(())
    }

    /// Changes everything of the API user who has that name, in any case.
    pub fn update_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        let changed = self.execute(
            "UPDATE api_user SET name = ?3, password_hash = ?4, active = ?5, allowed_addresses = ?6,
             locked_until = ?7 WHERE account_id = ?1 AND name_key = ?2",
            user_params!(account, user),
        )?;
        found(changed, "api_user")
    }

    /// Removes an API user with its sessions and failures; tells whether there was one.
    pub fn remove_user(&mut self, account: AccountId, name: &str) -> Result<bool> {
        self.remove_sessions(account, Sessions::OfUser(name))?;
        self.clear_failures(account, name, Timestamp::MAX)?;
        let sql = "DELETE FROM api_user WHERE account_id = ?1 AND name_key = ?2";
        Ok(self.execute(sql, params![account.0, fold(name)])? > 0)
    }

    /// Opens a session, to be found by the hash of its token.
    pub fn add_session(
        &mut self,
        account: AccountId,
        token_hash: &[u8; 32],
        session: &Session,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO api_session (account_id, token_hash, user_key, user_name, created, expires)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                account.0,
                token_hash,
                fold(&session.user),
                session.user,
                session.created.0,
                session.expires.0
            ],
        )?;
        Ok(())
    }

    /// Removes sessions; tells how many there were.
    pub fn remove_sessions(&mut self, account: AccountId, which: Sessions<'_>) -> Result<usize> {
        match which {
            Sessions::ExpiredBefore(time) => self.execute(
                "DELETE FROM api_session WHERE account_id = ?1 AND expires < ?2",
                params![account.0, time.0],
            ),
            Sessions::OfUser(name) => self.execute(
                "DELETE FROM api_session WHERE account_id = ?1 AND user_key = ?2",
                params![account.0, fold(name)],
            ),
            Sessions::OfToken(hash) => self.execute(
                "DELETE FROM api_session WHERE account_id = ?1 AND token_hash = ?2",
                params![account.0, hash],
            ),
        }
    }

    /// Counts calls on a day and gives the day's count.
    pub fn add_usage(&mut self, account: AccountId, day: &str, calls: i64) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO usage (account_id, day, calls) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id, day) DO UPDATE SET calls = calls + excluded.calls RETURNING calls",
        )?;
        Ok(statement.query_row(params![account.0, day, calls], |row| row.get(0))?)
    }

    /// Notes that logging in as a user failed.
    pub fn add_failure(&mut self, account: AccountId, user: &str, at: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO login_failure (account_id, user_key, at) VALUES (?1, ?2, ?3)",
            params![account.0, fold(user), at.0],
        )?;
        Ok(())
    }

    /// Forgets the failures of a user before an instant.
    pub fn clear_failures(&mut self, account: AccountId, user: &str, before: Timestamp) -> Result<()> {
        self.execute(
            "DELETE FROM login_failure WHERE account_id = ?1 AND user_key = ?2 AND at < ?3",
            params![account.0, fold(user), before.0],
        )?;
        Ok(())
    }

    /// Adds a contact type, or renames the one with that code.
    pub fn set_contact_type(&mut self, account: AccountId, contact_type: &ContactType) -> Result<()> {
        self.execute(
            "INSERT INTO contact_type (account_id, code_key, code, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id, code_key) DO UPDATE SET code = excluded.code, name = excluded.name",
            params![account.0, fold(&contact_type.code), contact_type.code, contact_type.name],
        )?;
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }
}

/// The parameters of a row of `api_user`.
macro_rules! user_params {
    ($account:ident, $user:ident) => {
        params![
            $account.0,
            fold(&$user.name),
            $user.name,
            $user.password_hash,
            $user.active,
            $user.allowed_addresses,
            $user.locked_until.map(|time| time.0)
        ]
    };
}
use user_params;

fn found(changed: usize, table: &str) -> Result<()> {
    if changed == 0 { Err(StoreError::Missing { table: table.to_owned() }) } else { Ok(()) }
}
