//! Copies of a whole database.

use crate::support::{Database, contract, full, guid, object, objects, on_all};
use contract::handles::object_type::{CONTACT, EVENT_EMAIL_HISTORY};
use contract::{LinkId, Record, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use store::{
    Account, AccountId, ApiUser, ContactType, CopyError, CustomMail, Mail, MailState, Options, Progress,
    Session, StoreError, copy,
};

on_all![
    a_copy_has_no_deadline,
    a_copy_holds_the_same,
    an_account_of_many_rows_comes_whole,
    an_account_that_cannot_be_read_is_not_begun,
    an_account_that_differs_is_refused,
    an_old_account_gets_its_new_id
];

/// Counts what it is told.
#[derive(Default)]
struct Counted {
    total: AtomicU64,
    done: AtomicU64,
}

impl Progress for Counted {
    fn total(&self, rows: u64) {
        self.total.store(rows, Ordering::Relaxed);
    }

    fn advance(&self, rows: u64) {
        self.done.fetch_add(rows, Ordering::Relaxed);
    }
}

fn records(kind: contract::ObjectId, seed: u64) -> Vec<Record> {
    (0..3).map(|index| full(kind, guid(90 - seed - index), seed + index)).collect()
}

/// Something in every table.
fn fill(db: &Database, account: AccountId, seed: u64) {
    let links = contract().links.len();
    db.write(move |writer| {
        let user = ApiUser {
            name: "Api".to_owned(),
            password_hash: "hash".to_owned(),
            active: true,
            allowed_addresses: String::new(),
            locked_until: Some(Timestamp(5)),
        };
        writer.add_user(account, &user)?;
        let session = Session { user: user.name, created: Timestamp(1), expires: Timestamp(9) };
        writer.add_session(account, &[seed as u8; 32], &session)?;
        writer.add_failure(account, "api", Timestamp(7))?;
        writer.add_usage(account, "2026-11-24", 12)?;
        let (code, name) = ("VIP".to_owned(), "Guest".to_owned());
        writer.set_contact_type(account, &ContactType { code, name })?;
        let (name, subject, text) = ("Hi".to_owned(), "Ünï".to_owned(), "a\0b".to_owned());
        writer.set_custom_mail(account, &CustomMail { name, subject, text })?;
        let mail = Mail {
            id: guid(1),
            created: Timestamp(0),
            state: MailState::Queued,
            attempts: 2,
            next_attempt: Some(Timestamp(4)),
            error: None,
            history: (EVENT_EMAIL_HISTORY, guid(2)),
            contact: guid(3),
            from: "a@b.example".to_owned(),
            to: "c@d.example".to_owned(),
            copy: None,
            subject: "s".to_owned(),
            text: "t".to_owned(),
            html: "<p>".to_owned(),
        };
        writer.queue_mail(account, &[mail])?;
        for kind in objects() {
            writer.insert(account, kind, &records(kind, seed), Timestamp(3))?;
        }
        for link in 0..links {
            let rows = [(guid(1), guid(2), Some("Yes".to_owned())), (guid(1), guid(3), None)];
            writer.link(account, LinkId(link as u16), &rows)?;
        }
        Ok(())
    });
}

fn try_copy(from: &Database, to: &Database) -> Result<(u64, u64, u64), CopyError> {
    let counted = Arc::new(Counted::default());
    let copied = from.runtime.block_on(copy(&from.store, &to.store, counted.clone()))?;
    let rows = copied.iter().map(|copied| copied.rows).sum();
    assert!(copied.iter().all(|copied| copied.rows > 0), "{copied:?}");
    Ok((rows, counted.total.load(Ordering::Relaxed), counted.done.load(Ordering::Relaxed)))
}

fn a_copy_holds_the_same(to: &Database) {
    let from = Database::folder();
    for (number, seed) in [("1", 0), ("2", 40)] {
        let account = from.account(number);
        fill(&from, account, seed);
    }
    let (rows, total, done) = try_copy(&from, to).unwrap();
    assert_eq!((total, done), (2 * rows, 2 * rows));
    for (number, seed) in [("1", 0), ("2", 40)] {
        let account = AccountId::of(number);
        let mut one = from.read(move |reader| reader.account(number)).unwrap();
        one.id = account;
        assert_eq!(to.read(move |reader| reader.account(number)), Some(one));
        for kind in objects() {
            assert_eq!(to.read(move |reader| reader.all(account, kind)), records(kind, seed), "{kind:?}");
        }
        assert!(to.read(move |reader| reader.session(account, &[seed as u8; 32])).is_some());
    }
    let back = Database::memory();
    assert_eq!(try_copy(to, &back).unwrap().0, rows, "and back");
    // What follows a copy comes after what was copied.
    to.insert(AccountId::of("1"), CONTACT, vec![full(CONTACT, guid(500), 1)]);
    let last = to.read(|reader| reader.all(AccountId::of("1"), CONTACT)).pop().unwrap();
    assert_eq!(last, full(CONTACT, guid(500), 1));
}

/// More rows than travel at once, there and back.
fn an_account_of_many_rows_comes_whole(db: &Database) {
    let from = Database::folder();
    let account = from.account("1");
    from.insert(account, CONTACT, (0..6_500).map(|number| object(CONTACT, guid(number))).collect());
    let counted = || Arc::new(Counted::default());
    let there = from.runtime.block_on(copy(&from.store, &db.store, counted())).unwrap();
    let back = Database::folder();
    assert_eq!(db.runtime.block_on(copy(&db.store, &back.store, counted())).unwrap(), there);
    assert_eq!(back.read(move |reader| reader.count(account, CONTACT)), 6_500);
}

fn an_account_that_cannot_be_read_is_not_begun(to: &Database) {
    let from = Database::folder();
    let account = from.account("1");
    from.insert(account, CONTACT, (0..6_500).map(|number| object(CONTACT, guid(number))).collect());
    assert!(from.execute("UPDATE contact SET created_date = 'soon' WHERE seq = 6000"));
    let error =
        from.runtime.block_on(copy(&from.store, &to.store, Arc::new(Counted::default()))).unwrap_err();
    assert!(matches!(error, CopyError::From(StoreError::Stored { .. })), "{error}");
    assert_eq!(to.read(|reader| reader.accounts()), [], "whole or not at all");
}

/// What was sent to the other database can't be taken back, so that a read that breaks must not begin again.
#[test]
fn a_copy_whose_reading_connection_breaks_ends() {
    let (from, to) = (Arc::new(Database::postgres()), Database::memory());
    let account = from.account("1");
    from.insert(account, CONTACT, (0..30_000).map(|number| object(CONTACT, guid(number))).collect());
    let breaks = Arc::new(Breaks { from: Arc::clone(&from), is_broken: AtomicBool::new(false) });
    let error = from.runtime.block_on(copy(&from.store, &to.store, breaks)).unwrap_err();
    assert!(matches!(error, CopyError::From(StoreError::Unreachable)), "{error}");
    assert_eq!(to.read(|reader| reader.accounts()), [], "whole or not at all");
    let again = from.runtime.block_on(copy(&from.store, &to.store, Arc::new(Counted::default())));
    again.unwrap();
    assert_eq!(to.read(move |reader| reader.count(account, CONTACT)), 30_000);
}

/// Ends all connections to the database that is copied as soon as rows have arrived.
struct Breaks {
    from: Arc<Database>,
    is_broken: AtomicBool,
}

impl Progress for Breaks {
    fn total(&self, _: u64) {}

    fn advance(&self, _: u64) {
        if !self.is_broken.swap(true, Ordering::Relaxed) {
            self.from.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            );
        }
    }
}

/// However large the databases are, and whatever reads of theirs may take.
fn a_copy_has_no_deadline(to: &Database) {
    let from = Database::folder();
    fill(&from, from.account("1"), 0);
    let hurried = Options { read_deadline: Some(Duration::ZERO), ..Options::default() };
    let (source, target) = (from.reopened(&hurried), to.reopened(&hurried));
    let copied = from.runtime.block_on(copy(&source, &target, Arc::new(Counted::default())));
    assert!(copied.is_ok(), "{copied:?}");
}

fn an_account_that_differs_is_refused(to: &Database) {
    let from = Database::folder();
    let account = from.account("1");
    fill(&from, account, 0);
    let (rows, ..) = try_copy(&from, to).unwrap();
    let (again, _, done) = try_copy(&from, to).unwrap();
    assert_eq!((again, done), (rows, rows), "nothing moves twice");
    to.write(move |writer| writer.add_usage(account, "2026-11-24", 1));
    let error = try_copy(&from, to).unwrap_err();
    assert!(matches!(&error, CopyError::Differs { table, .. } if table == "usage"), "{error}");
}

fn an_old_account_gets_its_new_id(to: &Database) {
    let from = Database::folder();
    let old = from
        .write(|writer| writer.add_account(&Account { id: AccountId(1), ..Account::new("ACME", "Acme") }));
    assert_eq!(old, AccountId(1));
    let session = Session { user: "api".to_owned(), created: Timestamp(1), expires: Timestamp(9) };
    from.write(move |writer| writer.add_session(old, &[1; 32], &session));
    from.insert(old, CONTACT, vec![full(CONTACT, guid(1), 1)]);
    from.runtime.block_on(copy(&from.store, &to.store, Arc::new(Counted::default()))).unwrap();
    let new = AccountId::of("ACME");
    assert_eq!(to.read(move |reader| reader.all(new, CONTACT)), [full(CONTACT, guid(1), 1)]);
    assert_eq!(to.read(move |reader| reader.session(new, &[1; 32])), None);
    assert_eq!(to.read(|reader| reader.account_by_id(AccountId(1))), None);
}
