//! Query strings and forms: no bytes may panic, and what is kept is bounded by what came.
#![no_main]

use contract::{Contract, Timestamp};
use libfuzzer_sys::fuzz_target;
use query::Query;

#[path = "../../crates/server/src/http/fields.rs"]
#[allow(dead_code)]
mod fields;
#[path = "../../crates/server/src/http/query.rs"]
#[allow(dead_code)]
mod query;

fuzz_target!(|data: &[u8]| {
    let contract = Contract::get().unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    if let Ok(query) = Query::parse(data, |name| name.eq_ignore_ascii_case("op")) {
        let values = [query.get("op"), query.unnamed(), query.danger()];
        // A byte that is no UTF-8 becomes three; a value is shown with its name.
        assert!(values.iter().flatten().all(|value| value.len() <= 3 * data.len() + 64));
    }
    let (name, form) = data.split_at(data.iter().position(|&byte| byte == b'\n').unwrap_or(0));
    let operation = std::str::from_utf8(name).map_or(Err(String::new()), |name| fields::find(contract, name));
    if let Ok(operation) = operation
        && let Ok(request) = fields::request(contract, operation, form, Timestamp(0))
    {
        assert_eq!(request.ty(), contract.model.operation(operation).request);
    }
});
