//! Administration: accounts and the API users who may log in to them.

mod mail;
mod table;

use crate::data::{self, LineMistake, Source};
use crate::password::hash;
use crate::session::are_addresses;
use crate::table::TableError;
use crate::{GivenOut, Gone, Service};
use contract::table::fold;
use contract::{ObjectId, Timestamp};
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;
use store::{Account, ApiUser, ContactKey, ContactType, Sessions, StoreError};
use thiserror::Error;

/// Why an administrative step was not done. The display is for the person at the command line.
#[derive(Debug, Error)]
pub enum AdminError {
    /// No account has that number.
    #[error("there is no account {0}; `understudy account list` shows those there are")]
    NoAccount(String),
    /// The number is another account's.
    #[error("account {0} is there already")]
    AccountExists(String),
    /// The account has no such user.
    #[error("account {0} has no API user {1}; `understudy user list` shows those it has")]
    NoUser(String, String),
    /// The name is another user's.
    #[error("account {0} has an API user {1} already")]
    UserExists(String, String),
    /// A number, name or password is empty.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// Not one of the kinds of key.
    #[error("{0} is not a contact key; it is one of email, source-id, email-first-last")]
    ContactKey(String),
    /// Not a list of addresses and networks.
    #[error("{0} is not a list of addresses and networks such as `192.0.2.1, 198.51.100.0/24`")]
    Addresses(String),
    /// There is no such mail.
    #[error("there is no mail {0}")]
    NoMail(String),
    /// A custom mail's words have a place for a value that there is not.
    #[error("{0}; places for values are written like {{Contact.FirstName}}")]
    Words(String),
    /// The machine would not hash the password.
    #[error("the password could not be hashed")]
    Password,
    /// The contract has no object type of that name.
    #[error(
        "there is no object type {0}; types are called Contact, Event, Invitee and so on, as in the WSDL"
    )]
    NoType(String),
    /// The file to load has mistakes.
    #[error("{}\nnothing was loaded: {} mistake(s)", lines(.0), .0.len())]
    Mistakes(Vec<LineMistake>),
    /// The file to load can't be read.
    #[error("what is to be loaded can't be read: {0}")]
    Source(std::io::Error),
    /// The file to load changed while it was loaded.
    #[error("what is to be loaded changed while it was read; nothing was loaded")]
    Changed,
    /// The dump can't be written.
    #[error("the output can't be written: {0}")]
    Output(std::io::Error),
    /// A table can't come in or leave as it is asked to.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The database's trouble.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to change of an account; nothing else changes.
#[derive(Debug, Default, Clone)]
pub struct AccountChange {
    /// Its name.
    pub name: Option<String>,
    /// Whether anybody may log in.
    pub active: Option<bool>,
    /// `email`, `source-id` or `email-first-last`.
    pub contact_key: Option<String>,
    /// Calls a day; inner none for no limit.
    pub max_calls: Option<Option<i64>>,
    /// Identifiers a Search may answer; inner none for the server's setting.
    pub max_record_set: Option<Option<i64>>,
    /// Contact types to add or rename: code and name.
    pub contact_types: Vec<(String, String)>,
}

/// What to change of an API user; nothing else changes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// Whether it may log in.
    pub active: Option<bool>,
    /// Where it may call from: addresses and networks; empty for anywhere.
    pub allowed_addresses: Option<String>,
    /// Another name. It ends the user's sessions.
    pub name: Option<String>,
}

/// The administrative verbs.
#[derive(Clone)]
pub struct Admin {
    service: Service,
}

impl Admin {
    pub(crate) fn new(service: Service) -> Admin {
        Admin { service }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// An empty or taken number.
    pub async fn add_account(&self, number: &str, name: &str) -> Result<(), AdminError> {
        let number = not_empty(number, "the account number")?;
        let account = Account::new(number.clone(), name.trim());
        let added = self.service.store().write(move |writer| {
            if writer.account(&account.number)?.is_some() {
                return Ok(false);
            }
            writer.add_account(&account)?;
            Ok(true)
        });
        if added.await? { Ok(()) } else { Err(AdminError::AccountExists(number)) }
    }

    /// All accounts, by number.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn accounts(&self) -> Result<Vec<Account>, AdminError> {
        Ok(self.service.store().read(|reader| reader.accounts()).await?)
    }

    /// Changes an account.
    ///
    /// # Errors
    /// No such account; a contact key that is none.
    pub async fn set_account(&self, number: &str, change: AccountChange) -> Result<(), AdminError> {
        let id = self.account(number).await?.id;
        let key = match &change.contact_key {
            Some(name) => Some(ContactKey::parse(name).ok_or_else(|| AdminError::ContactKey(name.clone()))?),
            None => None,
        };
        let mut types = Vec::new();
        for (code, name) in change.contact_types {
            let code = not_empty(&code, "a contact type's code")?;
            types.push(ContactType { name: if name.trim().is_empty() { code.clone() } else { name }, code });
        }
        let AccountChange { name, active, max_calls, max_record_set, .. } = change;
        let written = self.service.store().write(move |writer| {
            // As it is now: two changes at once are both kept.
            let Some(mut account) = writer.account_by_id(id)? else { return Ok(false) };
            account.contact_key = key.unwrap_or(account.contact_key);
            account.name = name.clone().unwrap_or(account.name);
            account.active = active.unwrap_or(account.active);
            account.max_calls = max_calls.unwrap_or(account.max_calls);
            account.max_record_set = max_record_set.unwrap_or(account.max_record_set);
            writer.set_account(&account)?;
            types.iter().try_for_each(|contact_type| writer.set_contact_type(id, contact_type))?;
            Ok(true)
        });
        let found = written.await?;
        self.service.inner.recent.forget();
        if found { Ok(()) } else { Err(AdminError::NoAccount(number.to_owned())) }
    }

    /// Removes an account with everything in it.
    ///
    /// # Errors
    /// No such account.
    pub async fn remove_account(&self, number: &str) -> Result<(), AdminError> {
        let id = self.account(number).await?.id;
        self.service.store().write(move |writer| writer.remove_account(id)).await?;
        self.service.inner.recent.forget();
        Ok(())
    }

    /// Makes an API user.
    ///
    /// # Errors
    /// No such account; an empty name or password; a taken name; addresses that can't be read.
    pub async fn add_user(
        &self,
        account: &str,
        user: &str,
        password: &str,
        allowed_addresses: &str,
    ) -> Result<(), AdminError> {
        let found = self.account(account).await?;
        let name = not_empty(user, "the user name")?;
        let user = ApiUser {
            name: name.clone(),
            password_hash: self.hash(&found, password).await?,
            active: true,
            allowed_addresses: addresses(allowed_addresses)?,
            locked_until: None,
        };
        let added = self.service.store().write(move |writer| {
            if writer.user(found.id, &user.name)?.is_some() {
                return Ok(false);
            }
            writer.add_user(found.id, &user)?;
            Ok(true)
        });
        if added.await? { Ok(()) } else { Err(AdminError::UserExists(account.to_owned(), name)) }
    }

    /// The API users of an account, by name.
    ///
    /// # Errors
    /// No such account.
    pub async fn users(&self, account: &str) -> Result<Vec<ApiUser>, AdminError> {
        let id = self.account(account).await?.id;
        Ok(self.service.store().read(move |reader| reader.users(id)).await?)
    }

    /// Gives a user another password, unlocks it, and ends its sessions.
    ///
    /// # Errors
    /// No such account or user; an empty password.
    pub async fn set_password(&self, account: &str, user: &str, password: &str) -> Result<(), AdminError> {
        let hash = self.hash(&self.account(account).await?, password).await?;
        self.change_user(account, user, true, move |user| {
            user.password_hash.clone_from(&hash);
            user.locked_until = None;
        })
        .await
    }

    /// Lets a user who was locked out log in again.
    ///
    /// # Errors
    /// No such account or user.
    pub async fn unlock_user(&self, account: &str, user: &str) -> Result<(), AdminError> {
        let id = self.account(account).await?.id;
        let name = user.to_owned();
        let found = self.service.store().write(move |writer| {
            writer.clear_failures(id, &name, Timestamp::MAX)?;
            writer.lock_user(id, &name, None)
        });
        if found.await? { Ok(()) } else { Err(no_user(account, user)) }
    }

    /// Removes a user and ends its sessions.
    ///
    /// # Errors
    /// No such account or user.
    pub async fn remove_user(&self, account: &str, user: &str) -> Result<(), AdminError> {
        let id = self.account(account).await?.id;
        let name = user.to_owned();
        let found = self.service.store().write(move |writer| writer.remove_user(id, &name)).await?;
        self.service.inner.recent.forget();
        if found { Ok(()) } else { Err(no_user(account, user)) }
    }

    /// Changes a user. One that may no longer log in, or has another name, loses its sessions.
    ///
    /// # Errors
    /// No such account or user; addresses that can't be read; a name that is empty or another user's.
    pub async fn set_user(&self, account: &str, user: &str, change: UserChange) -> Result<(), AdminError> {
        let allowed = change.allowed_addresses.as_deref().map(addresses).transpose()?;
        let name = change.name.as_deref().map(|name| not_empty(name, "the user name")).transpose()?;
        self.change_user(account, user, change.active == Some(false), move |user| {
            user.active = change.active.unwrap_or(user.active);
            if let Some(allowed) = &allowed {
                user.allowed_addresses.clone_from(allowed);
            }
            if let Some(name) = &name {
                user.name.clone_from(name);
            }
        })
        .await
    }

    async fn change_user(
        &self,
        account: &str,
        user: &str,
        ends_sessions: bool,
        change: impl Fn(&mut ApiUser) + Send + 'static,
    ) -> Result<(), AdminError> {
        let id = self.account(account).await?.id;
        let name = user.to_owned();
        let done = self.service.store().write(move |writer| {
            let Some(mut user) = writer.user(id, &name)? else { return Ok(Changed::Missing) };
            change(&mut user);
            if fold(&user.name) != fold(&name) {
                if writer.user(id, &user.name)?.is_some() {
                    return Ok(Changed::Taken(user.name));
                }
                writer.remove_user(id, &name)?;
                writer.add_user(id, &user)?;
                return Ok(Changed::Done);
            }
            writer.update_user(id, &user)?;
            if ends_sessions {
                writer.clear_failures(id, &user.name, Timestamp::MAX)?;
                writer.remove_sessions(id, Sessions::OfUser(&user.name))?;
            }
            Ok(Changed::Done)
        });
        let done = done.await?;
        self.service.inner.recent.forget();
        match done {
            Changed::Done => Ok(()),
            Changed::Missing => Err(no_user(account, user)),
            Changed::Taken(name) => Err(AdminError::UserExists(account.to_owned(), name)),
        }
    }

    async fn account(&self, number: &str) -> Result<Account, AdminError> {
        let wanted = number.trim().to_owned();
        let found = self.service.store().look_up(move |reader| reader.account(&wanted)).await?;
        found.ok_or_else(|| AdminError::NoAccount(number.to_owned()))
    }

    async fn hash(&self, account: &Account, password: &str) -> Result<String, AdminError> {
        if password.is_empty() {
            return Err(AdminError::Empty("the password"));
        }
        let here = Some(Ipv4Addr::LOCALHOST.into());
        let turn = self.service.inner.queues.to_hash(here, account.id, &Gone::new()).await;
        let turn = turn.map_err(|_| AdminError::Password)?;
        hash(turn, password.into(), self.service.random()).await.ok_or(AdminError::Password)
    }

    /// Loads objects from lines of JSON (see [`crate::data`]): all of them, or none. Gives their number.
    ///
    /// # Errors
    /// Every mistake in the lines; what keeps them from being read.
    pub async fn load(&self, source: Arc<dyn Source>) -> Result<u64, AdminError> {
        data::load::load(&self.service, source, |_| {}).await
    }

    /// Writes objects as lines that [`Admin::load`] takes: those of one account or of all, of one
    /// type or of all. Objects that can't be read are left out and named.
    ///
    /// # Errors
    /// No such account or type; what keeps the lines from being written.
    pub async fn dump(
        &self,
        account: Option<&str>,
        object: Option<&str>,
        out: Box<dyn Write + Send>,
    ) -> Result<GivenOut, AdminError> {
        let account = match account {
            Some(number) => Some(self.account(number).await?.number),
            None => None,
        };
        let objects = &self.service.contract().objects;
        let position = |name: &str| objects.iter().position(|object| object.name == name);
        let find = |name: &str| position(name).ok_or_else(|| AdminError::NoType(name.to_owned()));
        let object = object.map(find).transpose()?.map(|index| ObjectId(index as u16));
        data::dump::dump(&self.service, account, object, out).await
    }

    /// Makes the lab's account with its user and its sample data, unless it is there.
    /// Returns whether it did.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn seed_lab(&self) -> Result<bool, AdminError> {
        crate::lab::seed(&self.service, self).await
    }
}

/// What came of changing a user.
enum Changed {
    Done,
    Missing,
    /// The name is another user's.
    Taken(String),
}

fn no_user(account: &str, user: &str) -> AdminError {
    AdminError::NoUser(account.to_owned(), user.to_owned())
}

fn not_empty(text: &str, what: &'static str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() { Err(AdminError::Empty(what)) } else { Ok(text.to_owned()) }
}

fn addresses(list: &str) -> Result<String, AdminError> {
    if are_addresses(list) { Ok(list.trim().to_owned()) } else { Err(AdminError::Addresses(list.to_owned())) }
}

fn lines(mistakes: &[LineMistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
