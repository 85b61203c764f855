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
        }
    }
}
