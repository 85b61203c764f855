//! What the server keeps beside the objects: accounts, their API users, sessions and lists.

use contract::Timestamp;
use sha2::{Digest, Sha256};

/// What the database knows an account by: it leads every key. Never on the wire.
///
/// It follows from the account's number, so that whoever knows the number can go straight to the
/// part of the database that holds the account, and two installations agree on it. Files from before
/// this rule have others, which stay as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountId(pub i64);

impl AccountId {
    /// The id of the account of that number: the first 63 bits of its SHA-256. Two of 1,000,000
    /// accounts have the same with a probability below one in a million; the second is then refused.
    pub fn of(number: &str) -> AccountId {
        let hash = Sha256::digest(number.as_bytes());
        let first = hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        AccountId((first >> 1) as i64)
    }
}

/// A customer's account: what owns objects, and what API users log in to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// [`AccountId::of`] its number, but in old files.
    pub id: AccountId,
    /// What Login calls AccountNumber. Unique.
    pub number: String,
    /// The name that administrators see.
    pub name: String,
    /// False where nobody may log in.
    pub active: bool,
    /// What tells its contacts apart.
    pub contact_key: ContactKey,
    /// Calls allowed in a day; none for no limit.
    pub max_calls: Option<i64>,
    /// Identifiers that one Search may answer; none for the server's setting.
    pub max_record_set: Option<i64>,
}

impl Account {
    /// An active account with the default settings, not yet added.
    pub fn new(number: impl Into<String>, name: impl Into<String>) -> Account {
        let number = number.into();
        Account {
            id: AccountId::of(&number),
            number,
            name: name.into(),
            active: true,
            contact_key: ContactKey::default(),
            max_calls: None,
            max_record_set: None,
        }
    }
}

/// What tells the contacts of an account apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ContactKey {
    /// The e-mail address.
    #[default]
    Email,
    /// The source id.
    SourceId,
    /// The e-mail address with the first and the last name.
    EmailFirstLast,
}

impl ContactKey {
    /// Every kind of key.
    pub const ALL: [ContactKey; 3] = [ContactKey::Email, ContactKey::SourceId, ContactKey::EmailFirstLast];

    /// Its name in the database and in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            ContactKey::Email => "email",
            ContactKey::SourceId => "source-id",
            ContactKey::EmailFirstLast => "email-first-last",
        }
    }

    /// The key of that name.
    pub fn parse(name: &str) -> Option<ContactKey> {
        ContactKey::ALL.into_iter().find(|key| key.as_str() == name)
    }
}

/// Someone who may log in to an account through the interface.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUser {
    /// The name, unique within the account without regard to case.
    pub name: String,
    /// The password's hash, in the form of its algorithm.
    pub password_hash: String,
    /// False where the user may not log in.
    pub active: bool,
    /// The networks the user may call from, as the server's settings write them; empty for all.
    pub allowed_addresses: String,
    /// Until when logging in is refused after too many failures.
    pub locked_until: Option<Timestamp>,
}

/// Without the password's hash, so that it reaches no log.
impl std::fmt::Debug for ApiUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiUser")
            .field("name", &self.name)
            .field("active", &self.active)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

/// An open session. It is found by the hash of its token; the token itself is kept nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The name of the API user who logged in.
    pub user: String,
    /// When.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Timestamp,
}

/// Which sessions of an account to remove.
#[derive(Clone, Copy, Debug)]
pub enum Sessions<'a> {
    /// Those that expired before an instant.
    ExpiredBefore(Timestamp),
    /// Those of an API user.
    OfUser(&'a str),
    /// The one of a token, by its hash.
    OfToken(&'a [u8; 32]),
}

/// An entry of an account's list of contact types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactType {
    /// The code that contacts carry, unique within the account without regard to case.
    pub code: String,
    /// What it stands for.
    pub name: String,
}
