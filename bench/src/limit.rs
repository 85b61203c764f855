//! The limit: what no durable server can pass. One thread tokenises the very bytes that the load sends and
//! appends what they change to a file, one durable write a call. Nothing can be read back by a key.

use crate::measure::{Measured, Timing, repeat};
use crate::message;
use crate::population::Visits;
use crate::tokens::{Sent, Tokeniser, Values};
use crate::updates::Update;
use anyhow::{Context, Result};
use contract::Guid;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

/// Where the file is begun anew, as the store's log is.
const LENGTH: usize = 64 << 20;

/// The account of every contact; its number does not matter, only its 8 bytes.
const ACCOUNT: i64 = 1;

/// A plain program over a file.
pub struct Limit {
    tokeniser: Tokeniser,
    file: File,
    written: usize,
}

impl Limit {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Limit> {
        let file = File::create(path).with_context(|| format!("{} can't be written", path.display()))?;
        Ok(Limit { tokeniser: Tokeniser::new(message::contract()?), file, written: 0 })
    }

    /// Repeats the call, about other contacts each time, one write and one sync a call.
    pub fn run(&mut self, call: &mut Update, mut visits: Visits<'_>, timing: Timing) -> Measured {
        let mut entry = Vec::new();
        repeat(call.size(), timing, || {
            call.aim(&mut visits);
            entry.clear();
            self.tokeniser.contacts(&call.bytes, |id, values| encode(&mut entry, id, values))?;
            self.append(&entry)
        })
    }

    /// Tokenises only, for a second.
    pub fn run_tokeniser(&self, call: &mut Update, mut visits: Visits<'_>) -> Measured {
        repeat(call.size(), Timing { warm_up: 0, seconds: 1 }, || {
            call.aim(&mut visits);
            self.tokeniser.contacts(&call.bytes, |id, mut values| {
                std::hint::black_box(id);
                values.try_for_each(|value| value.map(|value| drop(std::hint::black_box(value))))
            })
        })
    }

    fn append(&mut self, entry: &[u8]) -> Result<()> {
        if self.written + entry.len() > LENGTH {
            self.file.rewind()?;
            self.written = 0;
        }
        self.file.write_all(entry)?;
        self.written += entry.len();
        Ok(self.file.sync_data()?)
    }
}

/// A contact's change: account, identifier, how many columns; of each column its number and its value, a text
/// with its length before it.
fn encode(entry: &mut Vec<u8>, id: Guid, values: Values<'_>) -> Result<()> {
    entry.extend_from_slice(&ACCOUNT.to_le_bytes());
    entry.extend_from_slice(&id.0);
    let count_at = entry.len();
    entry.push(0);
    for (column, value) in (0..u8::MAX).zip(values) {
        entry[count_at] = column + 1;
        entry.push(column);
        match value? {
            Sent::Truth(truth) => entry.push(u8::from(truth)),
            Sent::Time(time) => entry.extend_from_slice(&time.to_le_bytes()),
            Sent::Text(text) => {
                entry.push(u8::try_from(text.len()).context("a text that is too long for its length")?);
                entry.extend_from_slice(text.as_bytes());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people;
    use crate::population::{Ids, Population};

    #[test]
    fn an_entry_has_every_value_and_the_file_is_begun_anew_when_full() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limit");
        let mut limit = Limit::create(&path).unwrap();
        let population = Population::new(Ids::Numbered(1)).unwrap();
        let mut visits = population.share(0, 1);
        let mut call = Update::new(message::contract().unwrap(), "session", 1, &visits).unwrap();
        call.aim(&mut visits);
        let mut entry = Vec::new();
        limit.tokeniser.contacts(&call.bytes, |id, values| encode(&mut entry, id, values)).unwrap();

        assert_eq!(entry[8..24], Guid::parse(&people::id(0)).unwrap().0);
        assert_eq!(usize::from(entry[24]), limit.tokeniser.fields().count());
        for text in ["Sample & Sons International", "Chloé", "BENCH-000000000", "Director "] {
            assert!(memchr::memmem::find(&entry, text.as_bytes()).is_some(), "{text} is missing");
        }
        limit.append(&entry).unwrap();
        limit.append(&entry).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), entry.repeat(2));
        limit.written = LENGTH;
        limit.append(&entry).unwrap();
        assert_eq!(limit.written, entry.len());
    }
}
