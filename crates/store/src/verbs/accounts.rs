//! Accounts and what belongs to them beside objects.

use crate::account::{Account, AccountId, ApiUser, ContactType, Session, Sessions};
use crate::error::Result;
use contract::Timestamp;

/// Reads accounts, API users, sessions and counts.
pub trait AccountReader {
    /// The account of a number.
    fn account(&self, number: &str) -> Result<Option<Account>>;

    /// The account of an id.
    fn account_by_id(&self, id: AccountId) -> Result<Option<Account>>;

    /// Every account, by number.
    fn accounts(&self) -> Result<Vec<Account>>;

    /// The API users of an account, by name.
    fn users(&self, account: AccountId) -> Result<Vec<ApiUser>>;

    /// The API user of a name, in any case.
    fn user(&self, account: AccountId, name: &str) -> Result<Option<ApiUser>>;

    /// The session of a token, by the token's hash, expired or not.
    fn session(&self, account: AccountId, token_hash: &[u8; 32]) -> Result<Option<Session>>;

    /// The calls counted on a day.
    fn usage(&self, account: AccountId, day: &str) -> Result<i64>;

    /// How often logging in as a user failed, at `since` or later.
    fn failures(&self, account: AccountId, user: &str, since: Timestamp) -> Result<u64>;

    /// The contact types of an account, by code.
    fn contact_types(&self, account: AccountId) -> Result<Vec<ContactType>>;
}

/// Writes them.
pub trait AccountWriter {
    /// Adds an account under its id, which it gives.
    fn add_account(&mut self, account: &Account) -> Result<AccountId>;

    /// Changes everything of an account but its id and its number.
    fn set_account(&mut self, account: &Account) -> Result<()>;

    /// Removes an account with all its data; tells whether there was one.
    fn remove_account(&mut self, account: AccountId) -> Result<bool>;

    /// Adds an API user.
    fn add_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()>;

    /// Changes everything of the API user who has that name, in any case.
    fn update_user(&mut self, account: AccountId, user: &ApiUser) -> Result<()>;

    /// Sets or clears the time until which an API user is locked, and nothing else; returns whether the user exists.
    fn lock_user(&mut self, account: AccountId, name: &str, until: Option<Timestamp>) -> Result<bool>;

    /// Removes an API user with its sessions and failures; tells whether there was one.
    fn remove_user(&mut self, account: AccountId, name: &str) -> Result<bool>;

    /// Opens a session, to be found by the hash of its token.
    fn add_session(&mut self, account: AccountId, token_hash: &[u8; 32], session: &Session) -> Result<()>;

    /// Removes sessions; tells how many there were.
    fn remove_sessions(&mut self, account: AccountId, which: Sessions<'_>) -> Result<usize>;

    /// Counts calls on a day and gives the day's count.
    fn add_usage(&mut self, account: AccountId, day: &str, calls: i64) -> Result<i64>;

    /// Notes that logging in as a user failed.
    fn add_failure(&mut self, account: AccountId, user: &str, at: Timestamp) -> Result<()>;

    /// Forgets the failures of a user before an instant.
    fn clear_failures(&mut self, account: AccountId, user: &str, before: Timestamp) -> Result<()>;

    /// Adds a contact type, or renames the one with that code.
    fn set_contact_type(&mut self, account: AccountId, contact_type: &ContactType) -> Result<()>;
}
