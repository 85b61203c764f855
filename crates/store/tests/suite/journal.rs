//! Updates that wait to be brought into the tables: nobody can tell them from those that are there.

use crate::support::{Database, contract, guid, object};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Guid, Record, Timestamp, Value};
use std::time::Duration;
use store::{
    Account, AccountId, Column, Filter, Location, Operator, Options, Reader, Result, Store, StoreError, Test,
    Writer,
};
use tempfile::TempDir;

/// Enough objects for a call that is run ahead of the writer.
const MANY: u64 = 40;

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<Guid> {
    numbers.into_iter().map(guid).collect()
}

/// Gives objects another title, as an operation does: reads, changes, writes.
fn retitle(writer: &mut Writer<'_>, account: AccountId, wanted: &[Guid], title: &str, at: i64) -> Result<()> {
    let mut records: Vec<Record> = writer.get(account, CONTACT, wanted)?.into_iter().flatten().collect();
    records.iter_mut().for_each(|record| record.set(contact::TITLE, title));
    writer.update(account, CONTACT, &records, Timestamp(at))
}

fn titles(reader: &Reader<'_>, account: AccountId, wanted: &[Guid]) -> Result<Vec<String>> {
    let found = reader.get(account, CONTACT, wanted)?.into_iter().flatten();
    Ok(found.map(|record| record.text(contact::TITLE).unwrap_or_default().to_owned()).collect())
}

/// An instant for each of these numbers: the log tells minutes.
fn minute(number: i64) -> Timestamp {
    Timestamp(0).plus_seconds(60 * number)
}

fn titled(title: &str) -> Filter {
    let (column, operator) = (Column::Own(contact::TITLE), Operator::Equals);
    Filter::Test(Test { column, operator, values: vec![Value::from(title)] })
}

/// A folder's database with an account and [`MANY`] contacts.
fn filled() -> (Database, AccountId) {
    let db = Database::folder();
    let account = db.account("1");
    db.insert(account, CONTACT, (0..MANY).map(|number| object(CONTACT, guid(number))).collect());
    (db, account)
}

#[test]
fn what_waits_is_seen_by_every_verb() {
    let (db, account) = filled();
    let all = ids(0..MANY);
    let wanted = all.clone();
    db.runtime
        .block_on(db.store.write_many(all.len(), move |writer| retitle(writer, account, &wanted, "Waits", 7)))
        .unwrap();
    let wanted = all.clone();
    assert_eq!(db.read(move |reader| titles(reader, account, &wanted)), vec!["Waits"; all.len()]);
    let page = db.read(move |reader| reader.page(account, CONTACT, None, 1_000));
    assert_eq!(page, db.read(move |reader| reader.all(account, CONTACT)));
    assert!(page.iter().all(|record| record.text(contact::TITLE) == Some("Waits")));
    let logged = db.read(move |reader| reader.changed(account, CONTACT, Timestamp(7), Timestamp(8), 1_000));
    assert_eq!(logged.len(), all.len());
    assert_eq!(db.read(move |reader| reader.search(account, CONTACT, &titled("Waits"), 1_000)), all);
    // Whole tables were needed: from here on updates are in them at once, and seen as well.
    let one = ids([3]);
    db.write(move |writer| retitle(writer, account, &one, "There", 8));
    let found = db.read(move |reader| reader.search(account, CONTACT, &titled("There"), 1_000));
    assert_eq!(found, ids([3]));
}

#[test]
fn a_change_of_a_key_a_link_and_a_removal_come_after_what_waits() {
    let (db, account) = filled();
    let (first, second) = (ids([1]), ids([2]));
    let both = ids([1, 2]);
    db.write(move |writer| retitle(writer, account, &both, "Waits", 1));
    let one = first.clone();
    db.write(move |writer| {
        let mut records: Vec<Record> = writer.get(account, CONTACT, &one)?.into_iter().flatten().collect();
        records[0].set(contact::EMAIL_ADDRESS, "new@example.com");
        records[0].set(contact::TITLE, "Moved");
        writer.update(account, CONTACT, &records, Timestamp(2))
    });
    let two = second.clone();
    db.write(move |writer| writer.delete(account, CONTACT, &two, Timestamp(3)).map(drop));
    let one = first.clone();
    assert_eq!(db.read(move |reader| titles(reader, account, &one)), ["Moved"]);
    let key = ["new@example.com".to_owned()];
    let found = db.read(move |reader| reader.find(account, (CONTACT, contact::EMAIL_ADDRESS), &key));
    assert_eq!(found, [first]);
    let two = second.clone();
    assert!(db.read(move |reader| titles(reader, account, &two)).is_empty());
}

/// Large calls read what they have written from memory.
#[test]
fn a_change_in_place_is_seen_by_the_large_call_after_it() {
    let (db, account) = filled();
    let large = |count: usize| {
        let job = move |writer: &mut Writer<'_>| count_up(writer, account, count);
        db.runtime.block_on(db.store.write_many(count, job)).unwrap();
    };
    large(MANY as usize);
    // Long enough for what waits to be brought in: then nothing has to be for the change in place.
    std::thread::sleep(Duration::from_millis(500));
    db.write(move |writer| {
        let mut records: Vec<Record> =
            writer.get(account, CONTACT, &ids([5]))?.into_iter().flatten().collect();
        records[0].set(contact::EMAIL_ADDRESS, "five@example.com");
        records[0].set(contact::TITLE, "10");
        writer.update(account, CONTACT, &records, Timestamp(2))
    });
    large(MANY as usize);
    let found = db.read(move |reader| titles(reader, account, &ids([4, 5])));
    assert_eq!(found, ["2", "11"]);
}

#[test]
fn a_job_that_fails_leaves_nothing_waiting() {
    let (db, account) = filled();
    for count in [1, MANY as usize] {
        let wanted = ids(0..count as u64);
        let failed: Result<()> = db.runtime.block_on(db.store.write_many(count, move |writer| {
            retitle(writer, account, &wanted, "Undone", 1)?;
            Err(StoreError::Abandoned)
        }));
        assert_eq!(failed, Err(StoreError::Abandoned));
        let wanted = ids(0..MANY);
        assert!(
            db.read(move |reader| titles(reader, account, &wanted)).iter().all(|title| title != "Undone")
        );
    }
    let found = db.read(move |reader| reader.changed(account, CONTACT, Timestamp(1), Timestamp(2), 9));
    assert!(found.is_empty());
}

#[test]
fn a_job_sees_what_it_has_changed_itself() {
    let (db, account) = filled();
    let seen = db.runtime.block_on(db.store.write_many(MANY as usize, move |writer| {
        let wanted = ids(0..MANY);
        retitle(writer, account, &wanted, "First", 1)?;
        let first = titles(writer, account, &wanted[..1])?;
        retitle(writer, account, &wanted, "Second", 1)?;
        let found = writer.search(account, CONTACT, &titled("Second"), 1_000)?.len() as u64;
        Ok((first, found, titles(writer, account, &wanted[..1])?))
    }));
    assert_eq!(seen, Ok((vec!["First".to_owned()], MANY, vec!["Second".to_owned()])));
}

/// Jobs that all count up the same objects, some run ahead of the writer and some not.
#[test]
fn no_count_is_lost_between_jobs_that_read_ahead() {
    let (db, account) = filled();
    let (tasks, rounds) = (6, 25);
    db.runtime.block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|task| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    for round in 0..rounds {
                        let count = if (task + round) % 3 == 0 { 1 } else { MANY as usize };
                        store
                            .write_many(count, move |writer| count_up(writer, account, count))
                            .await
                            .unwrap();
                        if (task, round % 8) == (0, 7) {
                            let search = move |reader: &Reader<'_>| {
                                reader.search(account, CONTACT, &titled("nobody's"), 9)
                            };
                            assert!(store.read(search).await.unwrap().is_empty());
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let calls: Vec<usize> = (0..tasks).flat_map(|task| (0..rounds).map(move |round| task + round)).collect();
    let large = calls.iter().filter(|sum| *sum % 3 != 0).count();
    let wanted = ids(0..MANY);
    let found = db.read(move |reader| titles(reader, account, &wanted));
    assert_eq!(found[0], calls.len().to_string());
    assert!(found[1..].iter().all(|title| *title == large.to_string()), "{found:?} of {large}");
}

fn count_up(writer: &mut Writer<'_>, account: AccountId, count: usize) -> Result<()> {
    let wanted = ids(0..count as u64);
    let mut records: Vec<Record> = writer.get(account, CONTACT, &wanted)?.into_iter().flatten().collect();
    for record in &mut records {
        let title = record.text(contact::TITLE).and_then(|title| title.parse::<u64>().ok()).unwrap_or(0);
        record.set(contact::TITLE, (title + 1).to_string());
    }
    writer.update(account, CONTACT, &records, Timestamp(1))
}

/// Copies the files of a database that is in use, as a crash would leave them.
fn crashed(db: &Database) -> TempDir {
    let Location::Folder(folder) = &db.location else { panic!("not in a folder") };
    let copy = TempDir::new().unwrap();
    for name in ["understudy.db", "understudy.db-wal"] {
        std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

#[test]
fn what_waits_when_the_process_dies_is_brought_in_at_the_next_start() {
    let (db, account) = filled();
    for round in 0..20 {
        let wanted = ids(0..MANY);
        let title = format!("Round {round}");
        db.write(move |writer| retitle(writer, account, &wanted, &title, 1));
    }
    let copy = crashed(&db);
    db.runtime.block_on(async {
        let store = Store::open(contract(), &Location::Folder(copy.path().to_owned()), &Options::default())
            .await
            .unwrap();
        let wanted = ids(0..MANY);
        let found = store.read(move |reader| titles(reader, account, &wanted)).await.unwrap();
        assert_eq!(found, vec!["Round 19"; MANY as usize]);
        let found = store.read(move |reader| reader.search(account, CONTACT, &titled("Round 19"), 999)).await;
        assert_eq!(found.unwrap().len() as u64, MANY);
        store.close().await;
    });
}

/// A command, for example, opens the file that a server uses.
#[test]
fn two_processes_see_each_others_changes() {
    let (db, account) = filled();
    db.runtime.block_on(async {
        let other = Store::open(contract(), &db.location, &Options::default()).await.unwrap();
        for round in 0..12 {
            let (one, two) = if round % 2 == 0 { (&db.store, &other) } else { (&other, &db.store) };
            let count = if round % 3 == 0 { 1 } else { MANY as usize };
            one.write_many(count, move |writer| count_up(writer, account, count)).await.unwrap();
            let wanted = ids(0..MANY);
            let seen = two.read(move |reader| titles(reader, account, &wanted)).await.unwrap();
            assert_eq!(seen[0], (round + 1).to_string());
            two.write_many(MANY as usize, move |writer| retitle_from(writer, account)).await.unwrap();
            let wanted = ids(0..MANY);
            let seen = one.read(move |reader| titles(reader, account, &wanted)).await.unwrap();
            assert_eq!(seen, vec![(round + 1).to_string(); MANY as usize]);
        }
        other.close().await;
    });
}

/// Gives all objects the title of the first.
fn retitle_from(writer: &mut Writer<'_>, account: AccountId) -> Result<()> {
    let first = titles(writer, account, &ids([0]))?.remove(0);
    retitle(writer, account, &ids(0..MANY), &first, 2)
}

/// The same pseudo-random calls on a database in a folder and on one in memory, which has no journal.
#[test]
fn random_calls_end_alike_with_and_without_a_journal() {
    for seed in 1..=6 {
        let (folder, memory) = (Database::folder(), Database::memory());
        let accounts = [&folder, &memory].map(|db| db.account("1"));
        let mut random = Random(seed);
        for step in 0..120 {
            let action = (random.below(10), random.below(60), 1 + random.below(30), step);
            let [with, without] = [(&folder, accounts[0]), (&memory, accounts[1])]
                .map(|(db, account)| act(db, account, action));
            assert_eq!(with, without, "seed {seed}, step {step}: {action:?}");
            if random.below(12) == 0 {
                // Long enough for what waits to be brought in, or not: nobody may tell.
                std::thread::sleep(Duration::from_millis(120));
            }
        }
    }
}

/// Does something to objects or asks for them; gives what can be seen of it.
fn act(db: &Database, account: AccountId, action: (u64, u64, u64, i64)) -> String {
    let (kind, first, count, step) = action;
    let wanted = ids(first..first + count);
    match kind {
        0 | 1 => {
            let job = move |writer: &mut Writer<'_>| {
                let known = writer.exists(account, CONTACT, &wanted)?;
                let new =
                    wanted.iter().zip(known).filter(|(_, known)| !known).map(|(id, _)| object(CONTACT, *id));
                let new: Vec<Record> = new.collect();
                writer.insert(account, CONTACT, &new, minute(step)).map(|()| new.len())
            };
            format!("{:?}", db.try_write(job))
        }
        2..=4 => {
            let title = format!("Title {}", step % 7);
            let job = move |writer: &mut Writer<'_>| retitle(writer, account, &wanted, &title, step);
            format!("{:?}", db.runtime.block_on(db.store.write_many(count as usize, job)))
        }
        5 => {
            let job = move |writer: &mut Writer<'_>| {
                let mut found: Vec<Record> =
                    writer.get(account, CONTACT, &wanted)?.into_iter().flatten().collect();
                for (index, record) in found.iter_mut().enumerate() {
                    match index % 3 {
                        0 => record.set(contact::EMAIL_ADDRESS, format!("{step}-{index}@example.com")),
                        1 => record.set(contact::COMPANY, format!("Company {step}")),
                        _ => record.set(contact::TITLE, Value::Absent),
                    }
                }
                writer.update(account, CONTACT, &found, minute(step))
            };
            format!("{:?}", db.runtime.block_on(db.store.write_many(count as usize, job)))
        }
        6 => {
            let some = wanted[..wanted.len() / 4].to_vec();
            format!("{:?}", db.try_write(move |writer| writer.delete(account, CONTACT, &some, minute(step))))
        }
        7 => {
            let filter = titled(&format!("Title {}", step % 7));
            format!("{:?}", db.read(move |reader| reader.search(account, CONTACT, &filter, 1_000)))
        }
        8 => {
            let from = minute(step - 20);
            format!(
                "{:?}",
                db.read(move |reader| reader.changed(account, CONTACT, from, minute(step), 1_000))
            )
        }
        _ => format!("{:?}", db.read(move |reader| reader.get(account, CONTACT, &wanted))),
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % bound
    }
}

/// The log may have an object that changes often once a minute only, and that is all anybody can ask for.
#[test]
fn an_object_is_logged_in_every_minute_in_which_it_changed() {
    let (db, account) = filled();
    for second in [0, 1, 59, 61, 62, 300] {
        let at = minute(10).plus_seconds(second);
        let job = move |writer: &mut Writer<'_>| {
            retitle(writer, account, &ids(0..MANY), &format!("Second {second}"), at.0)
        };
        db.runtime.block_on(db.store.write_many(MANY as usize, job)).unwrap();
    }
    for (number, count) in [(9, 0), (10, MANY), (11, MANY), (12, 0), (15, MANY), (16, 0)] {
        let (from, until) = (minute(number), minute(number + 1));
        let found = db.read(move |reader| reader.changed(account, CONTACT, from, until, 1_000));
        assert_eq!(found.len() as u64, count, "minute {number}");
    }
    // A change that was undone has logged nothing.
    let undone: Result<()> = db.runtime.block_on(db.store.write(move |writer| {
        retitle(writer, account, &ids(0..MANY), "Undone", minute(27).0)?;
        Err(StoreError::Abandoned)
    }));
    assert_eq!(undone, Err(StoreError::Abandoned));
    let job = move |writer: &mut Writer<'_>| retitle(writer, account, &ids([0]), "Done", minute(27).0);
    db.runtime.block_on(db.store.write_many(MANY as usize, job)).unwrap();
    let found = db.read(move |reader| reader.changed(account, CONTACT, minute(27), minute(28), 9));
    assert_eq!(found, ids([0]));
}

/// An account that is removed takes what waits with it.
#[test]
fn a_removed_account_leaves_nothing_waiting() {
    let (db, account) = filled();
    let wanted = ids(0..MANY);
    db.write(move |writer| retitle(writer, account, &wanted, "Waits", 1));
    assert!(db.write(move |writer| writer.remove_account(account)));
    db.write(move |writer| writer.add_account(&Account::new("1", "Again")));
    assert_eq!(db.read(move |reader| reader.count(account, CONTACT)), 0);
}
