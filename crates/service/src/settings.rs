//! What an operator can set for the whole service.

use crate::outside::Lockout;
use std::time::Duration;

/// The service's settings; the defaults are those of the hosted service where they are known, and
/// otherwise the project's decisions.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a session lives, in seconds from its creation. Default: 3600.
    pub session_seconds: i64,
    /// How many failed logins lock an API user. Default: 5.
    pub lockout_failures: u64,
    /// Within how many seconds those failures count. Default: 1800.
    pub lockout_window_seconds: i64,
    /// How long the lock lasts, in seconds. Default: 1800.
    pub lockout_seconds: i64,
    /// How many ids a Search may return where the account sets no other number. Default: 25,000.
    pub max_record_set: usize,
    /// How many ids GetUpdated and GetDeleted may return. Default: 10,000.
    pub max_changes: usize,
    /// Whether text longer than its field is an item error (CV91102) instead of being cut.
    /// Default: false.
    pub strict_lengths: bool,
    /// How many items the lists below one record of a call may have in all. A record with more fails
    /// with CV91102. Default: 1,000.
    pub nested_items: usize,
    /// Who mails come from, where a campaign has no sender of its own. Default: noreply@localhost.
    pub mail_from: String,
    /// Whether somebody delivers mails; where not, they are kept in the outbox and never become due.
    /// Default: false.
    pub delivers_mail: bool,
    /// How often it is tried to deliver a mail. Default: 12.
    pub mail_attempts: u32,
    /// How long a mail waits for its second try, in seconds; twice as long for each further one, up to
    /// an hour. Default: 15.
    pub mail_retry_seconds: i64,
    /// How calls take turns.
    pub turns: TurnSettings,
}

impl Settings {
    pub(crate) fn lockout(&self) -> Lockout {
        let Settings { lockout_failures, lockout_window_seconds, lockout_seconds, .. } = *self;
        Lockout {
            failures: lockout_failures,
            window_seconds: lockout_window_seconds,
            seconds: lockout_seconds,
        }
    }
}

/// How calls take turns: how many run at once, and how many may wait for how long. Past that they are refused
/// before anything of them has begun.
#[derive(Debug, Clone)]
pub struct TurnSettings {
    /// How long a call waits for its turn. Default: 10 s.
    pub wait: Duration,
    /// How many calls of an account wait in a queue. None: a call that can't run at once is refused. Default: 256.
    pub waiting_each: usize,
    /// How many calls wait in a queue in all. Default: 4,096.
    pub waiting: usize,
    /// Calls that read by key and run at once. Default: 12, of an account 3. The store reads for four at
    /// once, so that one account never keeps all of them busy.
    pub look_ups: Share,
    /// Calls that read what may be a whole table and run at once. Default: 3, of an account 2, which leaves
    /// one for others and one of the store's four connections for look-ups.
    pub reads: Share,
    /// Records of calls that write and run at once. Default: 1,200, of an account 600: three full batches, of
    /// which one is written while the others are planned.
    pub writes: Share,
    /// How many records a call that writes counts as at least. Default: 1.
    pub least_write: usize,
    /// How many passwords from one address (an IPv6 /64 counts as one) wait for being hashed. Default: 64.
    pub hashes_waiting_each: usize,
    /// How many passwords wait for being hashed in all. Default: 256.
    pub hashes_waiting: usize,
}

/// How much of a queue may run at once. An account never has all of it. With nothing at all every call is
/// refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// In all.
    pub all: usize,
    /// Of one account.
    pub each: usize,
}

/// What a full batch counts as.
const BATCH: usize = 200;

impl TurnSettings {
    /// For an embedded database and so many cores. With a single one, a batch that is planned beside the one that is
    /// written gains nothing, and others' calls wait for both: an account has one.
    pub fn of_cores(cores: usize) -> TurnSettings {
        let default = TurnSettings::default();
        match cores {
            0 | 1 => TurnSettings { writes: Share { all: 2 * BATCH, each: BATCH }, ..default },
            _ => default,
        }
    }

    /// For a database with so many connections, each of which does one job at a time. Calls that write to one
    /// account follow each other there, so that few of them may hold a connection.
    pub fn of_connections(connections: usize) -> TurnSettings {
        let part = |share: usize| (connections / share).max(2);
        TurnSettings {
            look_ups: Share { all: part(2), each: part(4) },
            reads: Share { all: part(2), each: part(4) },
            writes: Share { all: part(2) * BATCH, each: part(4) * BATCH },
            least_write: BATCH,
            ..TurnSettings::default()
        }
    }
}

impl Default for TurnSettings {
    fn default() -> TurnSettings {
        TurnSettings {
            wait: Duration::from_secs(10),
            waiting_each: 256,
            waiting: 4096,
            look_ups: Share { all: 12, each: 3 },
            reads: Share { all: 3, each: 2 },
            writes: Share { all: 6 * BATCH, each: 3 * BATCH },
            least_write: 1,
            hashes_waiting_each: 64,
            hashes_waiting: 256,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            session_seconds: 3600,
            lockout_failures: 5,
            lockout_window_seconds: 1800,
            lockout_seconds: 1800,
            max_record_set: 25_000,
            max_changes: 10_000,
            strict_lengths: false,
            nested_items: 1000,
            mail_from: "noreply@localhost".to_owned(),
            delivers_mail: false,
            mail_attempts: 12,
            mail_retry_seconds: 15,
            turns: TurnSettings::default(),
        }
    }
}
