//! Jobs that meet others, and connections that break.

use crate::server::TestDatabase;
use crate::support::{Database, contract, guid, object, postgres};
use contract::Timestamp;
use contract::handles::object_type::CONTACT;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Account, AccountId, ApiUser, Location, Options, Postgres, Store, StoreError};

/// Ends every connection to a database but the asker's.
const BREAK: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn with_account(database: &TestDatabase) -> (Store, AccountId) {
    let store = Store::open(contract(), &postgres(database, None), &Options::default()).await.unwrap();
    let account = store.write(|writer| writer.add_account(&Account::new("1", "One"))).await.unwrap();
    (store, account)
}

#[test]
fn jobs_that_wait_for_each_other_both_come_to_their_end() {
    let db = Database::postgres();
    let accounts = [db.account("1"), db.account("2")];
    let (met, runs) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks = [(0, 1), (1, 0)].map(|(first, second)| {
        let (store, met, runs) = (db.store.clone(), Arc::clone(&met), Arc::clone(&runs));
        db.runtime.spawn(async move {
            let count = move |writer: &mut store::Writer<'_>| {
                runs.fetch_add(1, Ordering::AcqRel);
                writer.add_usage(accounts[first], "day", 1)?;
                met.fetch_add(1, Ordering::AcqRel);
                while met.load(Ordering::Acquire) < 2 {
                    std::thread::yield_now();
                }
                writer.add_usage(accounts[second], "day", 1)
            };
            store.write(count).await
        })
    });
    for task in tasks {
        db.runtime.block_on(task).unwrap().unwrap();
    }
    assert_eq!(accounts.map(|account| db.read(move |reader| reader.usage(account, "day"))), [2, 2]);
    assert!(runs.load(Ordering::Acquire) > 2, "none had to begin again");
}

#[test]
fn writers_of_one_account_follow_each_other() {
    let db = Database::postgres();
    let account = db.account("1");
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let store = db.store.clone();
            db.runtime.spawn(async move {
                let add = move |writer: &mut store::Writer<'_>| {
                    // What was read is what is still there when it is written.
                    let calls = writer.usage(account, "day")?;
                    assert_eq!(writer.add_usage(account, "day", 1)?, calls + 1);
                    Ok(())
                };
                store.write(add).await
            })
        })
        .collect();
    for task in tasks {
        db.runtime.block_on(task).unwrap().unwrap();
    }
    assert_eq!(db.read(move |reader| reader.usage(account, "day")), 40);
}

#[test]
fn a_job_that_passes_over_an_error_keeps_nothing() {
    let db = Database::postgres();
    let account = db.account("1");
    let user = ApiUser {
        name: "api".to_owned(),
        password_hash: String::new(),
        active: true,
        allowed_addresses: String::new(),
        locked_until: None,
    };
    let answer = db.try_write(move |writer| {
        writer.add_usage(account, "day", 1)?;
        writer.add_user(account, &user)?;
        let _ = writer.add_user(account, &user);
        Ok(())
    });
    assert_eq!(answer, Err(StoreError::Duplicate { table: "api_user".to_owned() }));
    assert_eq!(
        db.read(move |reader| Ok((reader.usage(account, "day")?, reader.users(account)?.len()))),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_connection_breaks_runs_again() {
    let database = Arc::new(TestDatabase::empty());
    let (store, account) = with_account(&database).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let (breaks, counter) = (Arc::clone(&database), Arc::clone(&runs));
    let calls = store.write(move |writer| {
        let calls = writer.add_usage(account, "day", 1)?;
        if counter.fetch_add(1, Ordering::AcqRel) == 0 {
            breaks.execute(BREAK);
        }
        writer.insert(account, CONTACT, &[object(CONTACT, guid(1))], Timestamp(0))?;
        Ok(calls)
    });
    assert_eq!((calls.await, runs.load(Ordering::Acquire)), (Ok(1), 2));
    let kept = store.read(move |reader| Ok((reader.usage(account, "day")?, reader.count(account, CONTACT)?)));
    assert_eq!(kept.await, Ok((1, 1)));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_reads_runs_again_if_its_connection_breaks_and_it_gives_nothing_out() {
    let database = Arc::new(TestDatabase::empty());
    let (store, account) = with_account(&database).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let job = || {
        let (breaks, counter) = (Arc::clone(&database), Arc::clone(&runs));
        move |reader: &store::Reader<'_>| {
            let before = reader.account_by_id(account)?;
            if counter.fetch_add(1, Ordering::AcqRel) % 3 == 0 {
                breaks.execute(BREAK);
            }
            Ok(before == reader.account_by_id(account)?)
        }
    };
    assert_eq!((store.read(job()).await, runs.load(Ordering::Acquire)), (Ok(true), 2));
    runs.store(0, Ordering::Release);
    assert_eq!(
        (store.read_out(job()).await, runs.load(Ordering::Acquire)),
        (Err(StoreError::Unreachable), 1)
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_connection_breaks_has_an_unknown_outcome() {
    let database = TestDatabase::empty();
    let (store, account) = with_account(&database).await;
    database.execute(
        "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER break AFTER INSERT ON usage DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION break()",
    );
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let calls = store.write(move |writer| {
        counter.fetch_add(1, Ordering::AcqRel);
        writer.add_usage(account, "day", 1)
    });
    assert_eq!((calls.await, runs.load(Ordering::Acquire)), (Err(StoreError::Unknown), 1));
    store.close().await;
}

/// Writes what its connection has prepared whenever an object is added.
const NOTE: &str = "
    CREATE TABLE prepared (statements BIGINT);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO prepared SELECT count(*) FROM pg_prepared_statements; RETURN NULL; END';
    CREATE TRIGGER note AFTER INSERT ON contact FOR EACH ROW EXECUTE FUNCTION note()";

#[tokio::test(flavor = "multi_thread")]
async fn statements_stay_prepared_but_behind_a_pooler() {
    for pooler in [false, true] {
        let database = TestDatabase::empty();
        let Location::Postgres(place) = postgres(&database, None) else { panic!() };
        let place = Location::Postgres(Postgres { pooler, connections: 1, ..place });
        let store = Store::open(contract(), &place, &Options::default()).await.unwrap();
        database.execute(NOTE);
        let account = store.write(|writer| writer.add_account(&Account::new("1", "One"))).await.unwrap();
        for number in 0..3 {
            let add = move |writer: &mut store::Writer<'_>| {
                writer.insert(account, CONTACT, &[object(CONTACT, guid(number))], Timestamp(0))
            };
            store.write(add).await.unwrap();
        }
        assert_eq!(store.read(move |reader| reader.all(account, CONTACT)).await.unwrap().len(), 3);
        let some = database.query("SELECT count(*) FROM prepared WHERE statements > 0");
        assert_eq!(some, [if pooler { "0" } else { "3" }]);
        store.close().await;
    }
}

#[test]
fn postgres_looks_at_tables_that_grow() {
    let database = TestDatabase::empty();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(async {
        let (store, account) = with_account(&database).await;
        let records: Vec<_> = (0..2_000).map(|n| object(CONTACT, guid(n))).collect();
        for batch in records.chunks(200) {
            let batch = batch.to_vec();
            let add =
                move |writer: &mut store::Writer<'_>| writer.insert(account, CONTACT, &batch, Timestamp(0));
            store.write(add).await.unwrap();
        }
        store
    });
    // Another task has it look.
    let seen = || database.query("SELECT reltuples::bigint FROM pg_class WHERE relname = 'contact'").concat();
    while seen().parse::<i64>().unwrap() < 1_000 {
        std::thread::yield_now();
    }
    runtime.block_on(store.close());
}
