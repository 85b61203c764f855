//! Sessions: the value a client gets from Login and sends with each call.
//!
//! The value is base64 of 1,072 bytes, the length seen in the wild: which account it is for, so that
//! the session is looked up within its account, and randomness, which masks that. Only its SHA-256
//! is stored.

use crate::{Fault, Network, Service};
use base64ct::{Base64, Encoding};
use contract::Timestamp;
use contract::handles::code;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Account, AccountId, ApiUser, StoreError};

const VALUE_BYTES: usize = 1072;
const ACCOUNT_BYTES: usize = 8;

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Session {
    /// The account whose data the call sees, and no other's.
    pub account: Account,
    /// The API user.
    pub user: String,
    /// When the call began; the time of everything it writes.
    pub at: Timestamp,
}

/// For how long a session that was looked up is taken to be as it was. So long may it take until a change by
/// another process, such as a command-line tool, is heeded.
const FRESH_MICROS: i64 = 1_000_000;

/// Sessions that are kept for so long, at most.
const KEPT: usize = 1_024;

/// Sessions that were looked up a moment ago, by the hash of their value.
#[derive(Default)]
pub(crate) struct Recent(Mutex<HashMap<[u8; 32], Arc<Found>>>);

/// A session as it was at an instant.
struct Found {
    at: Timestamp,
    session: store::Session,
    account: Account,
    user: ApiUser,
}

impl Recent {
    /// Forgets all: one of them may have changed.
    pub fn forget(&self) {
        self.map().clear();
    }

    fn get(&self, hash: &[u8; 32], at: Timestamp) -> Option<Arc<Found>> {
        let found = self.map().get(hash).cloned()?;
        (0..FRESH_MICROS).contains(&at.0.saturating_sub(found.at.0)).then_some(found)
    }

    fn keep(&self, hash: [u8; 32], found: &Arc<Found>) {
        let mut map = self.map();
        if map.len() >= KEPT {
            map.clear();
        }
        map.insert(hash, Arc::clone(found));
    }

    fn map(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Found>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new session value and the hash under which it is stored.
pub(crate) fn new_value(account: AccountId, mut random: [u8; VALUE_BYTES]) -> (String, [u8; 32]) {
    let masked = account.0 ^ mask(&random);
    random[..ACCOUNT_BYTES].copy_from_slice(&masked.to_be_bytes());
    (Base64::encode_string(&random), Sha256::digest(random).into())
}

/// The account and the hash of a session value; nothing if it is not one.
fn read_value(value: &str) -> Option<(AccountId, [u8; 32])> {
    let bytes = Base64::decode_vec(value).ok()?;
    if bytes.len() != VALUE_BYTES {
        return None;
    }
    let masked = i64::from_be_bytes(bytes[..ACCOUNT_BYTES].try_into().ok()?);
    Some((AccountId(masked ^ mask(&bytes)), Sha256::digest(&bytes).into()))
}

/// Eight bytes of the randomness that follows the account.
fn mask(bytes: &[u8]) -> i64 {
    let (_, random) = bytes.split_at(ACCOUNT_BYTES);
    random.first_chunk::<ACCOUNT_BYTES>().map_or(0, |chunk| i64::from_be_bytes(*chunk))
}

impl Service {
    /// The session behind a header's value.
    ///
    /// # Errors
    /// CV10104 without a value, CV10107 for an unknown one, CV10105 past its time, CV10101 for an
    /// account or user that was deactivated since, CV10106 from an address that is not allowed.
    pub(crate) async fn open_session(
        &self,
        value: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Result<Session, Fault> {
        let value = value.filter(|value| !value.trim().is_empty());
        let value = value.ok_or_else(|| Fault::new(code::CV10104, "no session value"))?;
        let unknown = || Fault::new(code::CV10107, "unknown session value");
        let (account, hash) = read_value(value).ok_or_else(unknown)?;
        let at = self.now();
        let found = match self.inner.recent.get(&hash, at) {
            Some(found) => found,
            None => self.find_session(account, hash, at).await?.ok_or_else(unknown)?,
        };
        let Found { session, account, user, .. } = &*found;
        if session.expires <= at {
            return Err(Fault::new(code::CV10105, "session past its time"));
        }
        if !account.active || !user.active {
            return Err(Fault::new(code::CV10101, "account or user deactivated"));
        }
        if !is_allowed(user, peer) {
            return Err(Fault::new(code::CV10106, "address not allowed"));
        }
        Ok(Session { account: account.clone(), user: user.name.clone(), at })
    }

    async fn find_session(
        &self,
        account: AccountId,
        hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Option<Arc<Found>>, StoreError> {
        let found = self.store().look_up(move |reader| {
            let Some(session) = reader.session(account, &hash)? else { return Ok(None) };
            let user = reader.user(account, &session.user)?;
            Ok(reader.account_by_id(account)?.zip(user).map(|(account, user)| (session, account, user)))
        });
        let Some((session, account, user)) = found.await? else { return Ok(None) };
        let found = Arc::new(Found { at, session, account, user });
        self.inner.recent.keep(hash, &found);
        Ok(Some(found))
    }
}

/// Whether the user may call from that address: a list of addresses and networks
/// (`192.0.2.1, 198.51.100.0/24`), empty for any, even an unknown one. What can't be read allows nobody.
pub(crate) fn is_allowed(user: &ApiUser, peer: Option<IpAddr>) -> bool {
    let mut entries = entries(&user.allowed_addresses).peekable();
    entries.peek().is_none() || peer.is_some_and(|peer| entries.any(|entry| covers(entry, peer)))
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|entry| !entry.is_empty())
}

fn covers(entry: &str, peer: IpAddr) -> bool {
    entry.parse::<Network>().is_ok_and(|network| network.covers(peer))
}

/// Whether a list of addresses can be read: what [`is_allowed`] asks of each entry.
pub(crate) fn are_addresses(list: &str) -> bool {
    entries(list).all(|entry| entry.parse::<Network>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_length_seen_in_the_wild_and_reads_back() {
        let (value, hash) = new_value(AccountId(7), [9; VALUE_BYTES]);
        assert_eq!(value.len(), 1432);
        assert_eq!(read_value(&value), Some((AccountId(7), hash)));
        assert_eq!(read_value(&value[4..]), None);
        assert_eq!(read_value("abc"), None);
    }

    #[test]
    fn a_list_of_addresses_lets_in_who_is_on_it() {
        let known: IpAddr = "198.51.100.7".parse().unwrap();
        for (list, expected, unknown) in [
            ("", true, true),
            ("198.51.100.7", true, false),
            ("192.0.2.1, 198.51.100.0/24", true, false),
            ("192.0.2.1", false, false),
            ("here", false, false),
        ] {
            let user = ApiUser {
                name: "api".to_owned(),
                password_hash: String::new(),
                active: true,
                allowed_addresses: list.to_owned(),
                locked_until: None,
            };
            assert_eq!(is_allowed(&user, Some(known)), expected, "{list}");
            assert_eq!(is_allowed(&user, None), unknown, "{list}");
        }
        assert!(are_addresses("198.51.100.7, 2001:db8::/32"));
        assert!(!are_addresses("198.51.100.7/40"));
    }
}
