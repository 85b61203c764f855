//! Fills a store through the interface: CreateContact calls of 200 over one connection.

use crate::contacts;
use crate::http::{Connection, Endpoint};
use crate::login::{self, Credentials};
use crate::message::{self, Results};
use anyhow::{Context, Result};
use contract::handles::operation::CREATE_CONTACT;
use std::path::Path;

/// Records of a call; the interface allows no more.
pub const BATCH: usize = 200;

/// Makes contacts 0 to `count` and gives their identifiers in that order.
pub fn fill(endpoint: &Endpoint, who: &Credentials, count: usize) -> Result<Vec<String>> {
    let contract = message::contract()?;
    let mut connection = Connection::open(endpoint)?;
    let session = login::log_in(&mut connection, who)?;
    let (action, results) = (contract.action(CREATE_CONTACT), Results::of(contract, CREATE_CONTACT)?);
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let numbers = ids.len()..count.min(ids.len() + BATCH);
        let size = numbers.len();
        let call = contacts::create(contract, &session, numbers);
        let answer = connection.call(&action, call.as_bytes())?;
        let made = results.ids(answer, size).with_context(|| String::from_utf8_lossy(answer).into_owned())?;
        for id in made {
            ids.push(String::from_utf8(id.to_vec())?);
        }
    }
    Ok(ids)
}

/// Keeps identifiers in a file, one a line.
pub fn save(path: &Path, ids: &[String]) -> Result<()> {
    std::fs::write(path, ids.join("\n") + "\n")
        .with_context(|| format!("{} can't be written", path.display()))
}

/// Reads what [`save`] wrote.
pub fn load(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}
