//! Accounts and what belongs to them beside objects.

use crate::account::{Account, AccountId, ApiUser, ContactType, Session, Sessions};
use crate::error::{Result, StoreError};
use crate::postgres::access::Access;
use crate::postgres::value::{Parameter, escape};
use crate::verbs::AccountWriter;
use contract::Timestamp;
use contract::table::fold;

impl AccountWriter for Access<'_> {
    fn add_account(&mut self, account: &Account) -> Result<AccountId> {
        let (number, name, key) =
            (escape(&*account.number), escape(&*account.name), account.contact_key.as_str());
        self.execute(
            account.id,
            "INSERT INTO account (account_id, number, name, active, contact_key, max_calls, max_record_set)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                Parameter::new(&number),
                Parameter::new(&name),
                Parameter::new(&account.active),
                Parameter::new(&key),
                Parameter::new(&account.max_calls),
                Parameter::new(&account.max_record_set),
            ],
        )?;
        Ok(account.id)
    }

    fn set_account(&mut self, account: &Account) -> Result<()> {
        let (name, key) = (escape(&*account.name), account.contact_key.as_str());
        let changed = self.execute(
            account.id,
            "UPDATE account SET name = $2, active = $3, contact_key = $4, max_calls = $5, max_record_set = $6
             WHERE account_id = $1",
            &[
                Parameter::new(&name),
                Parameter::new(&account.active),
                Parameter::new(&key),
                Parameter::new(&account.max_calls),
                Parameter::new(&account.max_record_set),
            ],
        )?;
        found(changed, "account")
    }

    fn remove_account(&mut self, account: AccountId) -> Result<bool> {
        for (_, table) in self.schema.shapes() {
            self.execute(account, &format!(r#"DELETE FROM "{}" WHERE account_id = $1"#, table.name), &[])?;
        }
        Ok(self.execute(account, "DELETE FROM account WHERE account_id = $1", &[])? > 0)
    }

    fn add_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        self.write_user(
            account,
            user,
            "INSERT INTO api_user
             (account_id, name_key, name, password_hash, active, allowed_addresses, locked_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )?;
        Ok(())
    }

    fn update_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()> {
        let changed = self.write_user(
            account,
            user,
            "UPDATE api_user SET name = $3, password_hash = $4, active = $5, allowed_addresses = $6,
             locked_until = $7 WHERE account_id = $1 AND name_key = $2",
        )?;
        found(changed, "api_user")
    }

    fn lock_user(&mut self, account: AccountId, name: &str, until: Option<Timestamp>) -> Result<bool> {
        let sql = "UPDATE api_user SET locked_until = $3 WHERE account_id = $1 AND name_key = $2";
        let (key, until) = (escape(fold(name)), until.map(|time| time.0));
        Ok(self.execute(account, sql, &[Parameter::new(&key), Parameter::new(&until)])? > 0)
    }

    fn remove_user(&mut self, account: AccountId, name: &str) -> Result<bool> {
        self.remove_sessions(account, Sessions::OfUser(name))?;
        self.clear_failures(account, name, Timestamp::MAX)?;
        let sql = "DELETE FROM api_user WHERE account_id = $1 AND name_key = $2";
        Ok(self.execute(account, sql, &[Parameter::new(&escape(fold(name)))])? > 0)
    }

    fn add_session(&mut self, account: AccountId, token_hash: &[u8; 32], session: &Session) -> Result<()> {
        let (key, user) = (escape(fold(&session.user)), escape(&*session.user));
        self.execute(
            account,
            "INSERT INTO api_session (account_id, token_hash, user_key, user_name, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                Parameter::new(&token_hash.as_slice()),
                Parameter::new(&key),
                Parameter::new(&user),
                Parameter::new(&session.created.0),
                Parameter::new(&session.expires.0),
            ],
        )?;
        Ok(())
    }

    fn remove_sessions(&mut self, account: AccountId, which: Sessions<'_>) -> Result<usize> {
        const REMOVE: &str = "DELETE FROM api_session WHERE account_id = $1 AND";
        let removed = match which {
            Sessions::ExpiredBefore(time) => {
                self.execute(account, &format!("{REMOVE} expires < $2"), &[Parameter::new(&time.0)])
            }
            Sessions::OfUser(name) => {
                let user = escape(fold(name));
                self.execute(account, &format!("{REMOVE} user_key = $2"), &[Parameter::new(&user)])
            }
            Sessions::OfToken(hash) => {
                let hash = hash.as_slice();
                self.execute(account, &format!("{REMOVE} token_hash = $2"), &[Parameter::new(&hash)])
            }
        };
        Ok(usize::try_from(removed?).unwrap_or(usize::MAX))
    }

    fn add_usage(&mut self, account: AccountId, day: &str, calls: i64) -> Result<i64> {
        let rows = self.query(
            account,
            "INSERT INTO usage (account_id, day, calls) VALUES ($1, $2, $3)
             ON CONFLICT (account_id, day) DO UPDATE SET calls = usage.calls + excluded.calls RETURNING calls",
            &[Parameter::new(&escape(day)), Parameter::new(&calls)],
        )?;
        Ok(rows.first().map_or(Ok(calls), |row| row.try_get(0))?)
    }

    fn add_failure(&mut self, account: AccountId, user: &str, at: Timestamp) -> Result<()> {
        let (user, seq) = (escape(fold(user)), self.next_numbers(account, 1)?);
        self.execute(
            account,
            "INSERT INTO login_failure (account_id, seq, user_key, at) VALUES ($1, $2, $3, $4)",
            &[Parameter::new(&seq), Parameter::new(&user), Parameter::new(&at.0)],
        )?;
        Ok(())
    }

    fn clear_failures(&mut self, account: AccountId, user: &str, before: Timestamp) -> Result<()> {
        let user = escape(fold(user));
        self.execute(
            account,
            "DELETE FROM login_failure WHERE account_id = $1 AND user_key = $2 AND at < $3",
            &[Parameter::new(&user), Parameter::new(&before.0)],
        )?;
        Ok(())
    }

    fn set_contact_type(&mut self, account: AccountId, contact_type: &ContactType) -> Result<()> {
        let key = escape(fold(&contact_type.code));
        let (code, name) = (escape(&*contact_type.code), escape(&*contact_type.name));
        self.execute(
            account,
            "INSERT INTO contact_type (account_id, code_key, code, name) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, code_key) DO UPDATE SET code = excluded.code, name = excluded.name",
            &[Parameter::new(&key), Parameter::new(&code), Parameter::new(&name)],
        )?;
        Ok(())
    }
}

impl Access<'_> {
    /// Runs a statement whose parameters are the columns of `api_user`.
    fn write_user(&self, account: AccountId, user: &ApiUser, sql: &str) -> Result<u64> {
        let (key, name) = (escape(fold(&user.name)), escape(&*user.name));
        let (hash, addresses) = (escape(&*user.password_hash), escape(&*user.allowed_addresses));
        self.execute(
            account,
            sql,
            &[
                Parameter::new(&key),
                Parameter::new(&name),
                Parameter::new(&hash),
                Parameter::new(&user.active),
                Parameter::new(&addresses),
                Parameter::new(&user.locked_until.map(|time| time.0)),
            ],
        )
    }
}

fn found(changed: u64, table: &str) -> Result<()> {
    if changed == 0 { Err(StoreError::Missing { table: table.to_owned() }) } else { Ok(()) }
}
