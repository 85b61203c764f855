//! The contacts that are searched, as lines that `understudy load` takes. Their texts are those of the other
//! benchmarks but for what the filters tell apart.

use crate::contacts;
use crate::message;
use anyhow::{Context, Result, bail};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Contract, Guid, Record, Timestamp, Value};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Contacts between two that have the same last name.
pub const NAMES: usize = 1000;

/// Of those of one last name, each of this many is excluded from e-mail.
pub const EXCLUDED: usize = 20;

/// When the contacts were made: 2026-01-01.
const MADE: Timestamp = Timestamp(1_767_225_600_000_000);

/// Contact number `number` as it is in the database.
pub fn numbered(contract: &Contract, number: usize) -> Record {
    let mut record = contacts::numbered(contract, number);
    record.set(contact::ID, id(number));
    record.set(contact::LAST_NAME, last_name(number));
    record.set(contact::EXCLUDED_FROM_EMAIL, is_excluded(number));
    record.set(contact::WORK_STATE, "Illinois");
    record.set(contact::WORK_COUNTRY, "United States");
    record.set(contact::ACTIVE, true);
    for (at, by) in [
        (contact::CREATED_DATE, contact::CREATED_BY),
        (contact::LAST_MODIFIED_DATE, contact::LAST_MODIFIED_BY),
    ] {
        record.set(at, MADE);
        record.set(by, "lab");
    }
    record
}

/// The last name of contact number `number`.
pub fn last_name(number: usize) -> String {
    format!("Castellanos-{:03} y Vega", number % NAMES)
}

/// Whether contact number `number` is excluded from e-mail.
pub fn is_excluded(number: usize) -> bool {
    (number / NAMES).is_multiple_of(EXCLUDED)
}

/// The Id of contact number `number`: scattered, as those are that the server gives.
pub fn id(number: usize) -> String {
    // SplitMix64.
    let mix = |seed: u64| {
        let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let number = number as u64;
    let bytes = u128::from(mix(2 * number + 1)) << 64 | u128::from(mix(2 * number + 2));
    Guid::from_random(bytes.to_be_bytes()).to_string()
}

/// Writes the lines of contacts 0 to `count`.
pub fn write(contract: &Contract, path: &Path, account: &str, count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let object = contract.object(CONTACT);
    for number in 0..count {
        let record = numbered(contract, number);
        write!(out, r#"{{"account":"{account}","type":"{}","fields":{{"#, object.name)?;
        let mut comma = "";
        for (field, value) in record.iter().filter(|(_, value)| !value.is_absent()) {
            let member = contract.model.member(object.ty, field);
            let text = message::text(contract, member.ty, value).context("not a scalar")?;
            let quote = if matches!(value, Value::Boolean(_) | Value::Integer(_)) { "" } else { "\"" };
            if text.contains(['"', '\\']) {
                bail!("{text} would have to be escaped");
            }
            write!(out, "{comma}\"{}\":{quote}{text}{quote}", member.name)?;
            comma = ",";
        }
        writeln!(out, "}}}}")?;
    }
    Ok(out.flush()?)
}

/// Loads the lines into a data folder that no server uses.
pub fn load(program: &Path, data: &Path, lines: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.arg("load").arg("--data").arg(data).arg(lines).stdout(Stdio::null());
    if command.status().with_context(|| format!("{} can't be run", program.display()))?.success() {
        return Ok(());
    }
    bail!("the contacts were not loaded")
}
