//! Retrieve of one contact by its identifier.

use crate::http::{Connection, Endpoint};
use crate::measure::{Measured, Timing, at_once};
use crate::message;
use crate::population::Population;
use anyhow::{Context, Result};
use contract::handles::message::retrieve;
use contract::handles::object::id_array;
use contract::handles::{object_type, operation};
use contract::{Contract, EnumValue, Value};
use memchr::memmem;

/// A Retrieve call of one contact.
pub fn retrieve_one(contract: &Contract, session: &str, id: &str) -> Vec<u8> {
    let mut ids = contract.record(id_array::TYPE_ID);
    ids.push(id_array::ID, id);
    let mut body = contract.record(retrieve::TYPE_ID);
    // The object types stand in the order of the enumeration that names them.
    body.set(retrieve::OBJECT_TYPE, Value::Enumeration(EnumValue(object_type::CONTACT.0)));
    body.set(retrieve::IDS, ids);
    message::request(contract, operation::RETRIEVE, Some(session), &body).into_bytes()
}

/// Retrieves contacts over several connections for the time.
pub fn run(
    endpoint: &Endpoint,
    session: &str,
    population: &Population,
    connections: usize,
    timing: Timing,
) -> Result<Measured> {
    let contract = message::contract()?;
    let action = &contract.action(operation::RETRIEVE);
    at_once(1, connections, timing, |index| {
        let mut visits = population.share(index, connections);
        let mut connection = Connection::open(endpoint)?;
        Ok(move || {
            let (_, id) = visits.next().context("no contacts")?;
            let answer = connection.call(action, &retrieve_one(contract, session, &id))?;
            memmem::find(answer, id.as_bytes()).context("Retrieve does not give the contact")?;
            Ok(())
        })
    })
}
