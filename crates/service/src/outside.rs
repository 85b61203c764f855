//! Failed logins that count against no user: those with a name that nobody has, and those from an address that the user
//! does not allow. They get the same answers as a user's own failed logins, so that nobody learns who exists by asking one
//! process, and nobody outside locks a user out.

use contract::Timestamp;
use contract::table::fold;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many names are kept at most; the one that failed longest ago goes first.
const NAMES: usize = 10_000;

/// When failures lock a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lockout {
    /// So many of them.
    pub failures: u64,
    /// Within so many seconds.
    pub window_seconds: i64,
    /// For so many seconds.
    pub seconds: i64,
}

/// An account's number and a name in it, as somebody outside gave them: their hash, for they may be long.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Name([u8; 32]);

impl Name {
    /// Of a name in any case.
    pub fn new(account: &str, name: &str) -> Name {
        let mut hash = Sha256::new();
        let account = account.trim();
        hash.update(account.len().to_be_bytes());
        hash.update(account);
        hash.update(fold(name).as_bytes());
        Name(hash.finalize().into())
    }
}

/// The failures, by name. They are this process's own, and gone when it ends.
#[derive(Default)]
pub(crate) struct Outside(Mutex<Names>);

#[derive(Default)]
struct Names {
    by_name: HashMap<Name, Failures>,
    /// The names by when they failed last.
    by_age: BTreeMap<u64, Name>,
    next: u64,
}

#[derive(Default)]
struct Failures {
    age: u64,
    at: VecDeque<Timestamp>,
    locked_until: Option<Timestamp>,
}

impl Outside {
    /// Whether the name is locked.
    pub fn is_locked(&self, name: Name, at: Timestamp) -> bool {
        let names = self.names();
        names.by_name.get(&name).and_then(|failures| failures.locked_until).is_some_and(|until| until > at)
    }

    /// Counts a failure, and locks the name if it was one too many.
    pub fn fail(&self, name: Name, at: Timestamp, lockout: Lockout) {
        let mut names = self.names();
        names.next += 1;
        let age = names.next;
        let failures = names.by_name.entry(name).or_default();
        let before = std::mem::replace(&mut failures.age, age);
        failures.note(at, lockout);
        names.by_age.remove(&before);
        names.by_age.insert(age, name);
        if names.by_name.len() > NAMES
            && let Some((_, oldest)) = names.by_age.pop_first()
        {
            names.by_name.remove(&oldest);
        }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn note(&mut self, at: Timestamp, lockout: Lockout) {
        let since = at.plus_seconds(-lockout.window_seconds);
        while self.at.front().is_some_and(|&first| first < since) {
            self.at.pop_front();
        }
        self.at.push_back(at);
        if self.at.len() as u64 >= lockout.failures {
            self.at.clear();
            self.locked_until = Some(at.plus_seconds(lockout.seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKOUT: Lockout = Lockout { failures: 2, window_seconds: 10, seconds: 20 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp(0).plus_seconds(seconds)
    }

    #[test]
    fn a_name_is_locked_for_a_while() {
        let outside = Outside::default();
        let name = Name::new("A", "Zoë");
        assert_eq!(name, Name::new(" A ", "ZOË"));
        assert_ne!(name, Name::new("AZ", "oë"));
        outside.fail(name, at(0), LOCKOUT);
        outside.fail(name, at(11), LOCKOUT);
        assert!(!outside.is_locked(name, at(11)), "the first is too long ago");
        outside.fail(name, at(12), LOCKOUT);
        assert!(outside.is_locked(name, at(31)) && !outside.is_locked(name, at(32)));
        assert!(!outside.is_locked(Name::new("A", "other"), at(12)));
    }

    #[test]
    fn the_name_that_failed_longest_ago_goes_first() {
        let outside = Outside::default();
        let name = |number: usize| Name::new("A", &number.to_string());
        for number in 0..NAMES {
            outside.fail(name(number), at(0), LOCKOUT);
        }
        outside.fail(name(1), at(0), LOCKOUT);
        outside.fail(name(NAMES), at(0), LOCKOUT);
        outside.fail(name(NAMES + 1), at(0), LOCKOUT);
        let names = outside.names();
        assert_eq!((names.by_name.len(), names.by_age.len()), (NAMES, NAMES));
        let kept = [0, 1, 2, 3].map(|number| names.by_name.contains_key(&name(number)));
        assert_eq!(kept, [false, true, false, true]);
    }
}
