//! Calls per day: every call but Login counts, from midnight to midnight in New York.
//!
//! Counts are kept in memory and added to the database every second, so that a call that reads
//! does not write. A process that is killed forgets at most the last second's.

use crate::session::Session;
use crate::{Fault, Service};
use contract::Timestamp;
use contract::handles::code;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{AccountId, Store, StoreError};

/// What is counted and not yet written.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    pending: Mutex<HashMap<(AccountId, String), i64>>,
}

impl Quota {
    fn pending(&self) -> MutexGuard<'_, HashMap<(AccountId, String), i64>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, account: AccountId, day: &str, calls: i64) -> i64 {
        let mut pending = self.pending();
        let count = pending.entry((account, day.to_owned())).or_default();
        *count += calls;
        *count
    }

    fn waiting(&self, account: AccountId, day: &str) -> i64 {
        self.pending().get(&(account, day.to_owned())).copied().unwrap_or_default()
    }

    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let counts = std::mem::take(&mut *self.pending());
        if counts.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> =
            counts.iter().map(|((account, day), calls)| (*account, day.clone(), *calls)).collect();
        let written = store.write(move |writer| {
            rows.iter()
                .try_for_each(|(account, day, calls)| writer.add_usage(*account, day, *calls).map(|_| ()))
        });
        let result = written.await;
        if result.is_err() {
            for ((account, day), calls) in counts {
                self.add(account, &day, calls);
            }
        }
        result
    }
}

impl Service {
    /// Counts a call against its account's day.
    ///
    /// # Errors
    /// CV30100 where the account has a maximum and has reached it; the refused call is not counted.
    pub(crate) async fn count_call(&self, session: &Session) -> Result<(), Fault> {
        if self.is_used_up(session).await? {
            return Err(Fault::new(code::CV30100, "the account's calls for the day are used up"));
        }
        self.inner.quota.add(session.account.id, &new_york_day(session.at), 1);
        Ok(())
    }

    /// Whether the account has a maximum and has reached it.
    pub(crate) async fn is_used_up(&self, session: &Session) -> Result<bool, Fault> {
        match session.account.max_calls {
            Some(maximum) => Ok(self.calls_today(session).await? >= maximum),
            None => Ok(false),
        }
    }

    /// How many calls the account has made on the session's day, this one included once it is counted.
    pub(crate) async fn calls_today(&self, session: &Session) -> Result<i64, Fault> {
        Ok(self.calls_on(session.account.id, &new_york_day(session.at)).await?)
    }

    async fn calls_on(&self, account: AccountId, day: &str) -> Result<i64, StoreError> {
        let waiting = self.inner.quota.waiting(account, day);
        let day = day.to_owned();
        let written = self.store().look_up(move |reader| reader.usage(account, &day)).await?;
        Ok(written + waiting)
    }
}

/// The day in New York, as `YYYY-MM-DD`.
fn new_york_day(at: Timestamp) -> String {
    let zone = TimeZone::get("America/New_York").unwrap_or(TimeZone::UTC);
    let instant = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(instant).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::scalar::parse_date_time;

    #[test]
    fn a_day_begins_at_midnight_in_new_york() {
        let day = |text| new_york_day(parse_date_time(text, Timestamp(0)).unwrap());
        assert_eq!(day("2026-11-24T04:59:59"), "2026-11-23");
        assert_eq!(day("2026-11-24T05:00:00"), "2026-11-24");
        assert_eq!(day("2026-07-01T03:59:59"), "2026-06-30");
        assert_eq!(day("2026-07-01T04:00:00"), "2026-07-01");
    }
}
