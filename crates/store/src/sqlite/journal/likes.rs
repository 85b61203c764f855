//! Rows as what they differ in from another one of the same account: most of the values that many rows have, many
//! have alike.

use crate::account::AccountId;
use crate::form::Held;
use crate::sqlite::bytes::Reader;
use contract::ObjectId;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::iter::from_fn;
use std::sync::{Arc, PoisonError, RwLock};

/// Rows that others are compared with at most.
const MOST: usize = 255;

/// Bytes that such a row has at most.
const LONGEST: usize = 1 << 10;

/// What all of them take at most.
pub(super) const SIZE: usize = MOST * (LONGEST + 128);

/// The rows that others are compared with: the first of each account's object type. They stay as they are.
#[derive(Default)]
pub(super) struct Likes(RwLock<Known>);

#[derive(Default)]
struct Known {
    numbers: HashMap<(AccountId, ObjectId), u8, RandomState>,
    /// By number, from 1 on.
    rows: Vec<Arc<Like>>,
}

/// A row that others are compared with: columns with their values.
#[derive(Default)]
struct Like {
    bytes: Box<[u8]>,
    columns: usize,
}

impl Likes {
    /// A row as what it differs in, to be read by [`Likes::each`]: the number of the row that it is compared with, a bit
    /// for each column of that which it has alike, and its other columns.
    pub fn shorten(&self, account: AccountId, object: ObjectId, row: &[u8]) -> Vec<u8> {
        let (number, like) = self.like(account, object, row);
        let mut out = vec![0; 1 + like.columns.div_ceil(8)];
        out[0] = number;
        let mut others = entries(&like.bytes).enumerate().peekable();
        for (column, bytes) in entries(row) {
            while others.next_if(|(_, (other, _))| *other < column).is_some() {}
            match others.next_if(|(_, other)| *other == (column, bytes)) {
                Some((index, _)) => out[1 + index / 8] |= 1 << (index % 8),
                None => out.extend(bytes),
            }
        }
        out
    }

    /// Gives the columns of a row in their order, until `take` gives none.
    pub fn each(&self, short: &[u8], mut take: impl FnMut(usize, Held<'_>) -> Option<()>) -> Option<()> {
        let (number, rest) = short.split_first()?;
        let like = self.numbered(*number)?;
        let (alike, own) = rest.split_at_checked(like.columns.div_ceil(8))?;
        let mut own = columns(own).peekable();
        for (index, (column, held)) in columns(&like.bytes).enumerate() {
            if alike[index / 8] & 1 << (index % 8) != 0 {
                while let Some((column, held)) = own.next_if(|(own, _)| *own < column) {
                    take(column, held)?;
                }
                take(column, held)?;
            }
        }
        own.try_for_each(|(column, held)| take(column, held))
    }

    fn numbered(&self, number: u8) -> Option<Arc<Like>> {
        let Some(index) = usize::from(number).checked_sub(1) else { return Some(Arc::default()) };
        self.0.read().unwrap_or_else(PoisonError::into_inner).rows.get(index).cloned()
    }

    /// What a row is compared with, itself if it is the first; nothing if there are too many, or if it is long.
    fn like(&self, account: AccountId, object: ObjectId, row: &[u8]) -> (u8, Arc<Like>) {
        let key = (account, object);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(&key) {
            return (*number, Arc::clone(&known.rows[usize::from(*number) - 1]));
        }
        if known.rows.len() >= MOST || row.len() > LONGEST {
            return Default::default();
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let number = u8::try_from(known.rows.len() + 1);
        // Others may have been first.
        let Some(number) = number.ok().filter(|_| !known.numbers.contains_key(&key)) else {
            return Default::default();
        };
        let like = Arc::new(Like { bytes: Box::from(row), columns: entries(row).count() });
        known.numbers.insert(key, number);
        known.rows.push(Arc::clone(&like));
        (number, like)
    }
}

/// Each column with its value.
fn columns(bytes: &[u8]) -> impl Iterator<Item = (usize, Held<'_>)> {
    let mut rest = Reader(bytes);
    from_fn(move || if rest.0.is_empty() { None } else { rest.column() })
}

/// Each column with the bytes of it and its value.
fn entries(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = Reader(bytes);
    from_fn(move || {
        let before = rest.0;
        let (column, _) = if before.is_empty() { None } else { rest.column() }?;
        Some((column, &before[..before.len() - rest.0.len()]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::bytes::Writer;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn packed(row: &BTreeMap<usize, u8>) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        row.iter().for_each(|(column, text)| out.column(*column, &Held::Text(text.to_string().into())));
        out.0
    }

    proptest! {
        #[test]
        fn a_row_is_what_it_was(rows in prop::collection::vec(prop::collection::btree_map(0_usize..90, 0_u8..3, 0..40), 1..5)) {
            let likes = Likes::default();
            for row in rows {
                let short = likes.shorten(AccountId(1), ObjectId(1), &packed(&row));
                let mut found = Vec::new();
                likes.each(&short, |column, held| {
                    found.push((column, held.into_owned()));
                    Some(())
                }).unwrap();
                let text = |(column, text): (&usize, &u8)| (*column, Held::Text(text.to_string().into()));
                prop_assert_eq!(found, row.iter().map(text).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_rows_have_alike_is_kept_once() {
        let likes = Likes::default();
        let row: BTreeMap<usize, u8> = (0..40).map(|column| (column, 7)).collect();
        let shorten = |account, row: &BTreeMap<_, _>| {
            likes.shorten(AccountId(account), ObjectId(1), &packed(row)).len()
        };
        assert_eq!(shorten(1, &row), 1 + 5);
        let other = row.iter().map(|(column, text)| (*column, text + u8::from(*column == 9))).collect();
        assert_eq!(shorten(1, &other), 1 + 5 + 3);
        for account in 2..=255 {
            assert_eq!(shorten(account, &row), 1 + 5);
        }
        assert_eq!(shorten(256, &row), 1 + packed(&row).len(), "there are enough");
        assert_eq!(shorten(3, &row), 1 + 5);
    }
}
