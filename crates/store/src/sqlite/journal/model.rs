//! The journal against a model: whatever waits, is folded or need not be, everybody sees what was committed.

use super::*;
use crate::account::Account;
use crate::sqlite::access::Access;
use crate::sqlite::migrate::{STEPS, migrate};
use crate::sqlite::open::{Role, connect, use_wal};
use crate::sqlite::schema::Schema;
use crate::verbs::{AccountWriter, ObjectReader, ObjectWriter};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Contract, Guid, Record, Timestamp};
use tempfile::TempDir;

const CONTACTS: u64 = 300;

/// Entries of a generation: few enough for many of them.
const ENTRIES: usize = 400;

struct Database {
    directory: TempDir,
    schema: Schema,
    journal: Journal,
    folder: Folder,
    writer: Connection,
    account: AccountId,
    /// The contacts as they were committed.
    model: Vec<Record>,
}

fn id(number: u64) -> Guid {
    Guid(u128::from(number + 1).to_be_bytes())
}

fn ids() -> Vec<Guid> {
    (0..CONTACTS).map(id).collect()
}

impl Database {
    fn new() -> Database {
        let (directory, schema) = (TempDir::new().unwrap(), Schema::of_contract());
        let mut writer = connect(Some(&directory.path().join("a.db")), Role::Writer).unwrap();
        assert!(use_wal(&writer).unwrap());
        migrate(&mut writer, &schema, STEPS).unwrap();
        let mut access = Access::plain(&writer, &schema);
        let account = access.add_account(&Account::new("1", "One")).unwrap();
        let contract = Contract::get().unwrap();
        let contact = |number| {
            let mut record = contract.record(contact::TYPE_ID);
            record.set(contact::ID, id(number));
            record
        };
        let model: Vec<Record> = (0..CONTACTS).map(contact).collect();
        access.insert(account, CONTACT, &model, Timestamp(0)).unwrap();
        let journal =
            Journal::of_generations((ENTRIES, usize::MAX), Room::new(usize::MAX), Rows::new(32 << 20));
        Database { directory, schema, journal, folder: Folder::default(), writer, account, model }
    }

    fn reader(&self) -> Connection {
        connect(Some(&self.directory.path().join("a.db")), Role::Reader).unwrap()
    }

    /// Changes contacts as a job of the writer does, and folds what is due.
    fn change(&mut self, first: u64, count: u64, change: impl Fn(&mut Record)) {
        let Database { schema, journal, folder, writer, account, model, .. } = self;
        journal.begin_writing(writer).unwrap();
        let tally = Tally::new(writer);
        let part = Some(Part::of_writer(journal, &tally));
        let mut access = Access { connection: writer, schema, part, lease: None };
        let numbers: Vec<u64> = (first..first + count).map(|number| number % CONTACTS).collect();
        let wanted: Vec<Guid> = numbers.iter().map(|number| id(*number)).collect();
        let found = access.get(*account, CONTACT, &wanted).unwrap();
        let mut records: Vec<Record> = found.into_iter().map(Option::unwrap).collect();
        records.iter_mut().for_each(change);
        access.update(*account, CONTACT, &records, Timestamp(1)).unwrap();
        drop(access);
        journal.commit(tally.is_coarse(writer), || execute(writer, "COMMIT")).unwrap();
        for (number, record) in numbers.into_iter().zip(records) {
            model[number as usize] = record;
        }
        folder.keep_pace(journal, writer, schema, tally.appended()).unwrap();
    }

    /// All contacts, as a transaction sees them that has begun with `view`.
    fn seen(&self, reader: &Connection, view: View) -> Vec<Record> {
        let part = Some(Part::of_reader(&self.journal, view));
        let access = Access { connection: reader, schema: &self.schema, part, lease: None };
        let found = access.get(self.account, CONTACT, &ids()).unwrap();
        execute(reader, "ROLLBACK").unwrap();
        found.into_iter().map(Option::unwrap).collect()
    }

    /// All contacts in the file, once its journal is brought in as after a crash.
    fn recovered(&self) -> Vec<Record> {
        let copy = TempDir::new().unwrap();
        for name in ["a.db", "a.db-wal"] {
            std::fs::copy(self.directory.path().join(name), copy.path().join(name)).unwrap();
        }
        let mut connection = connect(Some(&copy.path().join("a.db")), Role::Writer).unwrap();
        recover(&mut connection).unwrap();
        self.in_tables(&connection)
    }

    fn in_tables(&self, connection: &Connection) -> Vec<Record> {
        let access = Access::plain(connection, &self.schema);
        let found = access.get(self.account, CONTACT, &ids()).unwrap();
        found.into_iter().map(Option::unwrap).collect()
    }

    /// The changes that the journal has in the file.
    fn rows(&self) -> i64 {
        self.writer.query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).unwrap()
    }
}

/// How often a statement that changes a row of contacts was run: counted by a trigger.
fn count_updates(connection: &Connection) {
    connection
        .execute_batch(
            "CREATE TEMP TABLE updates (n); INSERT INTO updates VALUES (0);
             CREATE TEMP TRIGGER counted AFTER UPDATE ON contact BEGIN UPDATE updates SET n = n + 1; END",
        )
        .unwrap();
}

fn updates(connection: &Connection) -> i64 {
    connection.query_row("SELECT n FROM updates", [], |row| row.get(0)).unwrap()
}

/// Numbers that look random.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn every_transaction_sees_what_was_committed_before_it() {
    let mut db = Database::new();
    let (reader, late) = (db.reader(), db.reader());
    let mut seed = 7;
    let mut held: Option<(View, Vec<Record>)> = None;
    for step in 0..260_u64 {
        let (first, count) = (next(&mut seed) % CONTACTS, 1 + next(&mut seed) % 60);
        db.change(first, count, |record| match step % 5 {
            // Some changes are outdone by those that follow, some in part, and some never.
            0 => record.set(contact::COMPANY, format!("Company {step}")),
            1 if step < 40 => record.set(contact::NICKNAME, format!("Name {step}")),
            _ => record.set(contact::TITLE, format!("Title {step}")),
        });
        let view = db.journal.begin(&reader).unwrap().unwrap();
        assert_eq!(db.seen(&reader, view), db.model, "step {step}");
        // A transaction that began long ago.
        match held.take_if(|_| step % 40 == 39) {
            Some((view, model)) => assert_eq!(db.seen(&late, view), model, "step {step}, of before"),
            None if held.is_none() => {
                held = Some((db.journal.begin(&late).unwrap().unwrap(), db.model.clone()));
            }
            None => {}
        }
        if step % 20 == 0 {
            assert_eq!(db.recovered(), db.model, "step {step}, after a crash");
        }
    }
    assert!(db.rows() > 0, "nothing waits");
    db.folder.all(&db.journal, &db.writer, &db.schema).unwrap();
    assert_eq!((db.in_tables(&db.writer), db.rows()), (db.model.clone(), 0));
}

#[test]
fn what_is_outdone_is_not_brought_in() {
    let mut db = Database::new();
    count_updates(&db.writer);
    // The same contacts again and again.
    for round in 0..60 {
        for first in (0..CONTACTS).step_by(50) {
            db.change(first, 50, |record| record.set(contact::TITLE, format!("Round {round}")));
        }
    }
    assert!(db.rows() < 60 * 6, "nothing was brought in");
    assert_eq!(updates(&db.writer), 0);
    // What nobody has outdone is.
    for round in 0..20 {
        for first in (0..CONTACTS).step_by(50) {
            db.change(first, 50, |record| match (round, first) {
                (0, 0) => record.set(contact::COMPANY, "Kept"),
                _ => record.set(contact::TITLE, format!("Again {round}")),
            });
        }
    }
    assert_eq!(updates(&db.writer), 50);
    assert_eq!(db.recovered(), db.model);
    db.folder.all(&db.journal, &db.writer, &db.schema).unwrap();
    assert_eq!(updates(&db.writer), 50 + CONTACTS as i64, "each once more");
    assert_eq!(db.in_tables(&db.writer), db.model);
}
