//! What an operator can set for the whole service.

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
        }
    }
}
