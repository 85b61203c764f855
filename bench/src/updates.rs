//! UpdateContact calls: rendered once, then aimed at other contacts again and again.

use crate::contacts::{self, DIGITS, STAMP};
use crate::message;
use crate::population::Visits;
use anyhow::{Result, bail, ensure};
use contract::Contract;
use contract::handles::message::update_contact;
use contract::handles::object::contact;
use contract::handles::operation;
use memchr::memmem;
use std::time::SystemTime;

/// Stands in a rendered call where an identifier goes.
const ID: &str = "%%%%%%%%-%%%%-%%%%-%%%%-%%%%%%%%%%%%";

/// Stands in a rendered call where the digits of a contact's number go.
const NUMBER: &str = "~~~~~~~~~";

/// How often a contact's number stands in a call.
const NUMBERS: usize = 3;

/// A call, rendered, that is sent again and again about other contacts and with other values.
pub struct Update {
    /// The message.
    pub bytes: Vec<u8>,
    ids: Vec<usize>,
    numbers: Vec<usize>,
    stamps: Vec<usize>,
    sent: u64,
}

impl Update {
    /// A call of `size` contacts, to be aimed before it is sent. The share has to hold at least as many.
    pub fn new(contract: &Contract, session: &str, size: usize, visits: &Visits<'_>) -> Result<Update> {
        if visits.count() < size {
            bail!("{} contacts are too few for calls of {size}: store more", visits.count());
        }
        let mut template = contacts::labelled(contract, NUMBER);
        template.set(contact::ID, ID);
        let mut body = contract.record(update_contact::TYPE_ID);
        let records = std::iter::repeat_n(template, size);
        body.set(update_contact::CONTACTS, contacts::array(contract, records));
        let message = message::request(contract, operation::UPDATE_CONTACT, Some(session), &body);
        let bytes = message.into_bytes();
        let all = |text| memmem::find_iter(&bytes, text).collect::<Vec<usize>>();
        let (ids, numbers, stamps) = (all(ID), all(NUMBER), all(STAMP));
        let found = (ids.len(), numbers.len(), stamps.len());
        ensure!(found == (size, size * NUMBERS, size), "the rendered call has other gaps: {found:?}");
        // Not from 0: a call of a run before must not have left the very same text.
        let sent = SystemTime::UNIX_EPOCH.elapsed()?.as_micros() as u64;
        Ok(Update { bytes, ids, numbers, stamps, sent })
    }

    /// How many contacts it has.
    pub fn size(&self) -> usize {
        self.ids.len()
    }

    /// Puts the next contacts in, and a text that they have not had.
    pub fn aim(&mut self, visits: &mut Visits<'_>) {
        self.sent += 1;
        let stamp = digits::<{ STAMP.len() }>(self.sent);
        for (index, at) in self.ids.iter().enumerate() {
            let Some((number, id)) = visits.next() else { return };
            let number = digits::<DIGITS>(u64::from(number));
            put(&mut self.bytes, *at, id.as_bytes());
            self.numbers[index * NUMBERS..][..NUMBERS]
                .iter()
                .for_each(|at| put(&mut self.bytes, *at, &number));
            put(&mut self.bytes, self.stamps[index], &stamp);
        }
    }

    /// The identifiers of its contacts, in order.
    pub fn ids(&self) -> impl Iterator<Item = &[u8]> {
        self.ids.iter().map(|at| &self.bytes[*at..*at + ID.len()])
    }
}

fn put(bytes: &mut [u8], at: usize, text: &[u8]) {
    bytes[at..at + text.len()].copy_from_slice(text);
}

/// The last digits of a number.
fn digits<const LENGTH: usize>(mut number: u64) -> [u8; LENGTH] {
    let mut out = [b'0'; LENGTH];
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people;
    use crate::population::{Ids, Population};

    #[test]
    fn a_call_is_about_other_contacts_each_time_and_names_each_of_its_share_once() {
        let contract = message::contract().unwrap();
        let population = Population::new(Ids::Numbered(12)).unwrap();
        let mut seen = Vec::new();
        for index in 0..2 {
            let mut visits = population.share(index, 2);
            let mut call = Update::new(contract, "session", 3, &visits).unwrap();
            for _ in 0..2 {
                call.aim(&mut visits);
                seen.extend(call.ids().map(|id| String::from_utf8(id.to_vec()).unwrap()));
            }
        }
        let mut all: Vec<String> = (0..12).map(people::id).collect();
        seen.sort();
        all.sort();
        assert_eq!(seen, all);
    }

    #[test]
    fn an_aimed_call_is_the_message_that_names_those_contacts() {
        let contract = message::contract().unwrap();
        let population = Population::new(Ids::Numbered(1)).unwrap();
        let mut visits = population.share(0, 1);
        let mut call = Update::new(contract, "session", 1, &visits).unwrap();
        call.aim(&mut visits);
        let text = String::from_utf8(call.bytes.clone()).unwrap();
        for part in [people::id(0), contacts::email("000000000"), "BENCH-000000000".to_owned()] {
            assert!(text.contains(&part), "{part} is not in {text}");
        }
        for gap in [STAMP, "~", "%"] {
            assert!(!text.contains(gap), "{gap} is still in {text}");
        }
    }
}
