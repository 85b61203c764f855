//! Contacts as lines that `understudy load` takes, made far faster than through the interface.

use crate::contacts;
use crate::message;
use anyhow::{Context, Result, bail};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Contract, Guid, Record, Timestamp, Value};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// When the contacts were made: 2026-01-01.
const MADE: Timestamp = Timestamp(1_767_225_600_000_000);

/// Contacts of one file. Each file is one transaction, whose log must not outgrow the disk.
const PART: usize = 250_000;

/// Contact number `number` as it is in the database.
pub fn numbered(contract: &Contract, number: usize) -> Record {
    let mut record = contacts::numbered(contract, number);
    record.set(contact::ID, id(number));
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

/// Loads contacts 0 to `count`, as `person` makes them, into a data folder that no server uses. A part is
/// written while the one before it is loaded.
pub fn load(
    program: &Path,
    data: &Path,
    count: usize,
    account: &str,
    person: impl Fn(usize) -> Record,
) -> Result<()> {
    let folder = data.parent().context("the data folder is in no folder")?;
    let mut loading: Option<(Child, PathBuf)> = None;
    for first in (0..count).step_by(PART) {
        let lines = folder.join(format!("contacts-{first}.jsonl"));
        write(&lines, account, first..count.min(first + PART), &person)?;
        finish(loading.take())?;
        let mut command = Command::new(program);
        command.arg("load").arg("--data").arg(data).arg(&lines).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("{} can't be run", program.display()))?;
        loading = Some((child, lines));
        if count > PART {
            eprintln!("fill: {first} of {count} contacts");
        }
    }
    finish(loading)
}

fn finish(loading: Option<(Child, PathBuf)>) -> Result<()> {
    let Some((mut child, lines)) = loading else { return Ok(()) };
    if !child.wait()?.success() {
        bail!("the contacts were not loaded");
    }
    Ok(fs::remove_file(lines)?)
}

fn write(path: &Path, account: &str, numbers: Range<usize>, person: impl Fn(usize) -> Record) -> Result<()> {
    let contract = message::contract()?;
    let mut out = BufWriter::new(File::create(path)?);
    let object = contract.object(CONTACT);
    for record in numbers.map(person) {
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
