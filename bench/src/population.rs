//! The contacts of a filled store, and who visits which of them when.

use crate::people;
use anyhow::Result;
use std::borrow::Cow;

/// The contacts of a store, and an order in which to visit them: all once, at random.
pub struct Population {
    ids: Ids,
    order: Vec<u32>,
}

/// The identifiers of the contacts.
pub enum Ids {
    /// As the server gave them.
    Given(Vec<String>),
    /// Those that [`people`] gives to that many contacts.
    Numbered(usize),
}

impl Population {
    /// The contacts with these identifiers.
    pub fn new(ids: Ids) -> Result<Population> {
        let count = match &ids {
            Ids::Given(ids) => ids.len(),
            Ids::Numbered(count) => *count,
        };
        let mut order: Vec<u32> = (0..u32::try_from(count)?).collect();
        shuffle(&mut order);
        Ok(Population { ids, order })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// The identifier of a contact.
    pub fn id(&self, number: usize) -> Cow<'_, str> {
        match &self.ids {
            Ids::Given(ids) => Cow::Borrowed(ids.get(number).map_or("", String::as_str)),
            Ids::Numbered(_) => Cow::Owned(people::id(number)),
        }
    }

    /// The share of one of some visitors, in an order of its own: no contact is in two shares.
    pub fn share(&self, index: usize, visitors: usize) -> Visits<'_> {
        let length = self.order.len() / visitors.max(1);
        let numbers = self.order.get(index * length..(index + 1) * length).unwrap_or_default();
        Visits { population: self, numbers, next: 0 }
    }
}

/// A share of the contacts, visited in turn, without end.
pub struct Visits<'a> {
    population: &'a Population,
    numbers: &'a [u32],
    next: usize,
}

impl Visits<'_> {
    /// How many contacts the share has.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }
}

impl<'a> Iterator for Visits<'a> {
    /// A contact's number and its identifier.
    type Item = (u32, Cow<'a, str>);

    fn next(&mut self) -> Option<(u32, Cow<'a, str>)> {
        let number = *self.numbers.get(self.next)?;
        self.next = (self.next + 1) % self.numbers.len();
        Some((number, self.population.id(number as usize)))
    }
}

/// Fisher and Yates with a fixed seed: every run visits the rows in the same order.
fn shuffle(numbers: &mut [u32]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..numbers.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        numbers.swap(last, (state % (last as u64 + 1)) as usize);
    }
}
