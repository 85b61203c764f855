//! Conversion rates: the currencies that an account uses, and what they are worth in its own.

use crate::remove::remove;
use crate::session::Session;
use crate::write::{Mode, Writing, Written, write_then};
use crate::{Fault, Service};
use contract::handles::object::{cv_conversion_rate, cv_object};
use contract::handles::{object_type, operation};
use contract::{Decimal, Record, Timestamp, Value};
use std::collections::HashMap;
use store::{AccountId, Reader, StoreError, Writer};

/// CreateConversionRate: each record is a rate from its start on; the one before it ends there.
pub(crate) async fn create_conversion_rate(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let writing = Writing {
        operation: operation::CREATE_CONVERSION_RATE,
        object: object_type::CONVERSION_RATE,
        mode: Mode::Create,
        stamp: |rate, sent, session, _| {
            rate.set(cv_conversion_rate::CONVERSION_RATE_ID, rate.get(cv_object::ID).clone());
            let start = sent.time(cv_conversion_rate::START_DATE).unwrap_or(session.at);
            let has_ended = sent.time(cv_conversion_rate::END_DATE).is_some_and(|end| end <= session.at);
            rate.set(cv_conversion_rate::START_DATE, start);
            // A rate to come is not told false, so that it holds once its day is there.
            if start <= session.at && !has_ended {
                rate.set(cv_conversion_rate::CURRENT, true);
            }
        },
    };
    write_then(service, session, writing, request, end_earlier).await
}

/// DeleteConversionRate: takes rates away. What was worked out with them keeps them.
pub(crate) async fn delete_conversion_rate(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    remove(service, session, operation::DELETE_CONVERSION_RATE, object_type::CONVERSION_RATE, request).await
}

/// Of the present rates between two currencies, the newest stays present.
fn end_earlier(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let (account, at) = (written.session.account.id, written.session.at);
    let mut rates = writer.all(account, object_type::CONVERSION_RATE)?;
    let pair = |rate: &Record| {
        [cv_conversion_rate::BASE_CURRENCY_CODE, cv_conversion_rate::CURRENCY_CODE]
            .map(|field| rate.text(field).map(str::to_owned))
    };
    let mut taken = HashMap::new();
    let mut ended = Vec::new();
    // The last one made comes first.
    while let Some(mut rate) = rates.pop() {
        if !is_current(&rate, at) {
            continue;
        }
        let Some(start) = taken.get(&pair(&rate)) else {
            taken.insert(pair(&rate), rate.time(cv_conversion_rate::START_DATE).unwrap_or(at));
            continue;
        };
        rate.set(cv_conversion_rate::CURRENT, false);
        let own_start = rate.time(cv_conversion_rate::START_DATE).unwrap_or(*start);
        rate.set(cv_conversion_rate::END_DATE, own_start.max(*start));
        rate.set(cv_conversion_rate::LAST_MODIFIED_DATE, at);
        ended.push(rate);
    }
    writer.update(account, object_type::CONVERSION_RATE, &ended, at)
}

fn is_current(rate: &Record, at: Timestamp) -> bool {
    let from = rate.time(cv_conversion_rate::START_DATE);
    let until = rate.time(cv_conversion_rate::END_DATE);
    rate.boolean(cv_conversion_rate::CURRENT) != Some(false)
        && from.is_none_or(|from| from <= at)
        && until.is_none_or(|until| until > at)
}

/// The present rates of an account.
pub(super) struct Rates {
    base: Option<Box<str>>,
    /// By the currency's code in capitals.
    current: HashMap<String, Decimal>,
}

impl Rates {
    /// Those that hold at that time; of several for a currency, the newest.
    pub fn read(reader: &Reader<'_>, account: AccountId, at: Timestamp) -> Result<Rates, StoreError> {
        let mut all = reader.all(account, object_type::CONVERSION_RATE)?;
        all.reverse();
        let base = all.iter().find_map(|rate| rate.text(cv_conversion_rate::BASE_CURRENCY_CODE));
        let base = base.map(Box::from);
        let mut current = HashMap::new();
        for rate in all.iter().filter(|rate| is_current(rate, at)) {
            let Value::Decimal(worth) = *rate.get(cv_conversion_rate::CONVERSION_RATE) else { continue };
            let code = rate.text(cv_conversion_rate::CURRENCY_CODE);
            if let Some(code) = code.map(str::to_ascii_uppercase) {
                current.entry(code).or_insert(worth);
            }
        }
        Ok(Rates { base, current })
    }

    /// The currency that the account counts in, if its rates tell.
    pub fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// What a currency is worth; nothing for one that the account does not use. An account without
    /// rates uses every currency, at the rate that each item says.
    pub fn of(&self, code: &str) -> Option<Decimal> {
        match self.base() {
            None => Some(Decimal::ONE),
            Some(base) if base.eq_ignore_ascii_case(code) => Some(Decimal::ONE),
            Some(_) => self.current.get(&code.to_ascii_uppercase()).copied(),
        }
    }
}
