//! Accounts and what belongs to them beside objects.

use crate::account::{Account, AccountId, ApiUser, ContactType, Session, Sessions};
use crate::error::{Result, StoreError};
use crate::sqlite::access::Access;
use crate::verbs::AccountWriter;
use contract::Timestamp;
use contract::table::fold;
use rusqlite::{Params, params};

impl AccountWriter for Access<'_> {
    fn add_account(&mut self, account: &Account) -> Result<AccountId> {
        self.execute(
            "INSERT INTO account (id, number, name, active, contact_key, max_calls, max_record_set)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
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
        Ok(account.id)
    }

    fn set_account(&mut self, account: &Account) -> Result<()> {
        let changed = self.execute(
            "UPDATE account SET name = ?2, active = ?3, contact_key = ?4, max_calls = ?5,
             max_record_set = ?6 WHERE id = ?1",
            params![
                account.id.0,
                account.name,
                account.active,
                account.contact_key.as_str(),
                account.max_calls,
                account.max_record_set
            ],
        )?;
        found(changed, "account")
    }

    fn remove_account(&mut self, account: AccountId) -> Result<bool> {
        self.whole_to_change(account, None)?;
        for (_, table) in self.schema.shapes() {
            let sql = format!(r#"DELETE FROM "{}" WHERE account_id = ?1"#, table.name);
            self.connection.execute(&sql, [account.0])?;
        }
        Ok(self.execute("DELETE FROM account WHERE id = ?1", [account.0])? > 0)
    }

    fn add_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        self.execute(
            "INSERT INTO api_user
             (account_id, name_key, name, password_hash, active, allowed_addresses, locked_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            user_params!(account, user),
        )?;
        Ok(())
    }

    fn update_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        let changed = self.execute(
            "UPDATE api_user SET name = ?3, password_hash = ?4, active = ?5, allowed_addresses = ?6,
             locked_until = ?7 WHERE account_id = ?1 AND name_key = ?2",
            user_params!(account, user),
        )?;
        found(changed, "api_user")
    }

    fn lock_user(&mut self, account: AccountId, name: &str, until: Option<Timestamp>) -> Result<bool> {
        let sql = "UPDATE api_user SET locked_until = ?3 WHERE account_id = ?1 AND name_key = ?2";
        Ok(self.execute(sql, params![account.0, fold(name), until.map(|time| time.0)])? > 0)
    }

    fn remove_user(&mut self, account: AccountId, name: &str) -> Result<bool> {
        self.remove_sessions(account, Sessions::OfUser(name))?;
        self.clear_failures(account, name, Timestamp::MAX)?;
        let sql = "DELETE FROM api_user WHERE account_id = ?1 AND name_key = ?2";
        Ok(self.execute(sql, params![account.0, fold(name)])? > 0)
    }

    fn add_session(&mut self, account: AccountId, token_hash: &[u8; 32], session: &Session) -> Result<()> {
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

    fn remove_sessions(&mut self, account: AccountId, which: Sessions<'_>) -> Result<usize> {
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

    fn add_usage(&mut self, account: AccountId, day: &str, calls: i64) -> Result<i64> {
        let mut statement = self.prepare(
            "INSERT INTO usage (account_id, day, calls) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id, day) DO UPDATE SET calls = calls + excluded.calls RETURNING calls",
        )?;
        Ok(statement.query_row(params![account.0, day, calls], |row| row.get(0))?)
    }

    fn add_failure(&mut self, account: AccountId, user: &str, at: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO login_failure (account_id, user_key, at) VALUES (?1, ?2, ?3)",
            params![account.0, fold(user), at.0],
        )?;
        Ok(())
    }

    fn clear_failures(&mut self, account: AccountId, user: &str, before: Timestamp) -> Result<()> {
        self.execute(
            "DELETE FROM login_failure WHERE account_id = ?1 AND user_key = ?2 AND at < ?3",
            params![account.0, fold(user), before.0],
        )?;
        Ok(())
    }

    fn set_contact_type(&mut self, account: AccountId, contact_type: &ContactType) -> Result<()> {
        self.execute(
            "INSERT INTO contact_type (account_id, code_key, code, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id, code_key) DO UPDATE SET code = excluded.code, name = excluded.name",
            params![account.0, fold(&contact_type.code), contact_type.code, contact_type.name],
        )?;
        Ok(())
    }
}

impl Access<'_> {
    fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.prepare(sql)?.execute(params)?)
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
