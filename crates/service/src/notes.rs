//! What the log is to know of a call beside its answer.

use contract::handles::object::{array_of_error, error};
use contract::{Contract, OperationId, Record};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many codes are told of a call at most.
const CODES: usize = 8;

/// What is noted while a call runs. Clones are about the same call.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

/// What was noted. Nothing here is the client's own words: an account and a user are named only if they exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// The account's number.
    pub account: Option<String>,
    /// The API user.
    pub user: Option<String>,
    /// Why a login was refused, which its answer does not say.
    pub refused: Option<&'static str>,
    /// How many records of a batch were refused.
    pub failed: usize,
    /// How many there were.
    pub records: usize,
    /// With which codes, each once.
    pub codes: Vec<String>,
}

impl Notes {
    /// Takes what was noted so far.
    pub fn take(&self) -> Noted {
        std::mem::take(&mut self.noted())
    }

    /// The call's account and user.
    pub(crate) fn caller(&self, account: &str, user: Option<&str>) {
        let mut noted = self.noted();
        noted.account = Some(account.to_owned());
        noted.user = user.map(str::to_owned);
    }

    /// The login was refused.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.noted().refused = Some(reason);
    }

    /// What became of each record of a batch.
    pub(crate) fn results(&self, contract: &Contract, operation: OperationId, response: &Record) {
        let Some(batch) = contract.calls.get(usize::from(operation.0)).and_then(|call| call.batch) else {
            return;
        };
        let Some(results) = response.record(batch.result) else { return };
        let (mut failed, mut records, mut codes) = (0, 0, Vec::new());
        for result in results.records(batch.outcome) {
            records += 1;
            if result.boolean(batch.roles.success) != Some(false) {
                continue;
            }
            failed += 1;
            let errors = batch.roles.errors.and_then(|field| result.record(field));
            let found = errors.into_iter().flat_map(|errors| errors.records(array_of_error::ERROR));
            for code in found.filter_map(|found| found.text(error::CODE)) {
                if codes.len() < CODES && !codes.iter().any(|known| known == code) {
                    codes.push(code.to_owned());
                }
            }
        }
        if failed > 0 {
            let mut noted = self.noted();
            (noted.failed, noted.records, noted.codes) = (failed, records, codes);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
