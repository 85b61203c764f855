//! Jobs: all or nothing, together or alone, whoever waits.

use crate::support::{Database, contract, guid, object, on_all};
use contract::handles::object_type::CONTACT;
use contract::{ObjectId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use store::{AccountId, Location, Options, Result, Store, StoreError, Writer};

on_all![
    a_job_sees_its_own_changes,
    a_failing_job_leaves_nothing_and_harms_no_neighbour,
    a_panicking_job_leaves_nothing_and_the_store_goes_on,
    jobs_run_in_the_order_they_came,
    a_job_nobody_waits_for_still_runs,
    a_read_sees_one_state,
    after_closing_jobs_are_refused,
    queued_jobs_are_written_before_closing,
];

const TYPE: ObjectId = CONTACT;

fn insert(writer: &mut Writer<'_>, account: AccountId, number: u64) -> Result<()> {
    writer.insert(account, TYPE, &[object(TYPE, guid(number))], Timestamp(0))
}

fn count(db: &Database, account: AccountId) -> u64 {
    db.read(move |reader| reader.count(account, TYPE))
}

fn a_job_sees_its_own_changes(db: &Database) {
    let account = db.account("1");
    let seen = db.write(move |writer| {
        insert(writer, account, 1)?;
        writer.exists(account, TYPE, &[guid(1), guid(2)])
    });
    assert_eq!(seen, [true, false]);
}

/// Holds the writer until all jobs are queued, so that they share a transaction.
fn together(
    db: &Database,
    jobs: u64,
    job: impl Fn(&mut Writer<'_>, u64) -> Result<()> + Send + Sync + 'static,
) -> Vec<Result<()>> {
    let job = Arc::new(job);
    let go = Arc::new(AtomicBool::new(false));
    db.runtime.block_on(async {
        let (store, gate) = (db.store.clone(), Arc::clone(&go));
        let first = tokio::spawn(async move {
            let hold = move |_: &mut Writer<'_>| {
                while !gate.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                Ok(())
            };
            store.write(hold).await
        });
        let queued = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for number in 0..jobs {
            let (store, job, ready) = (db.store.clone(), Arc::clone(&job), Arc::clone(&queued));
            tasks.push(tokio::spawn(async move {
                let answer = store.write(move |writer| job(writer, number));
                ready.fetch_add(1, Ordering::Release);
                answer.await
            }));
            while queued.load(Ordering::Acquire) <= number as usize {
                tokio::task::yield_now().await;
            }
        }
        go.store(true, Ordering::Release);
        let mut out = vec![first.await.unwrap()];
        for task in tasks {
            out.push(task.await.unwrap());
        }
        assert_eq!(out.remove(0), Ok(()));
        out
    })
}

fn a_failing_job_leaves_nothing_and_harms_no_neighbour(db: &Database) {
    let account = db.account("1");
    let answers = together(db, 9, move |writer, number| {
        insert(writer, account, number)?;
        match number % 3 {
            0 => Ok(()),
            1 => Err(StoreError::Abandoned),
            // The second insertion fails within the database.
            _ => insert(writer, account, number),
        }
    });
    let duplicate = Err(StoreError::Duplicate { table: "contact".to_owned() });
    for (number, answer) in answers.into_iter().enumerate() {
        let expected = [Ok(()), Err(StoreError::Abandoned), duplicate.clone()];
        assert_eq!(answer, expected[number % 3], "job {number}");
    }
    let kept = db.read(move |reader| reader.exists(account, TYPE, &[0, 1, 2, 3, 4, 5, 6, 7, 8].map(guid)));
    assert_eq!(kept, [true, false, false, true, false, false, true, false, false]);
    let changes = db.read(move |reader| reader.changed(account, TYPE, Timestamp(0), Timestamp(1), 99));
    assert_eq!(changes.len(), 3);
}

fn a_panicking_job_leaves_nothing_and_the_store_goes_on(db: &Database) {
    let account = db.account("1");
    let answers = together(db, 3, move |writer, number| {
        insert(writer, account, number)?;
        assert_ne!(number, 1, "this test panics on purpose");
        Ok(())
    });
    assert_eq!(answers, [Ok(()), Err(StoreError::Panicked), Ok(())]);
    let read: Result<()> = db.try_read(|_| panic!("this test panics on purpose"));
    assert_eq!(read, Err(StoreError::Panicked));
    // More reads than there are connections: the panic has kept none of them.
    for _ in 0..10 {
        assert_eq!(count(db, account), 2);
    }
}

fn jobs_run_in_the_order_they_came(db: &Database) {
    let account = db.account("1");
    for number in [3, 1, 2] {
        db.write(move |writer| insert(writer, account, number));
    }
    let all = db.read(move |reader| reader.all(account, TYPE));
    assert_eq!(all, [3, 1, 2].map(|number| object(TYPE, guid(number))));
}

fn a_job_nobody_waits_for_still_runs(db: &Database) {
    let account = db.account("1");
    db.runtime.block_on(async {
        let mut queued = Box::pin(db.store.write(move |writer| insert(writer, account, 1)));
        // One poll puts the job in the queue; then the caller goes.
        std::future::poll_fn(|context| {
            let _ = queued.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    });
    // It may still be under way.
    let done = (0..20_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        count(db, account) == 1
    });
    assert!(done);
}

fn a_read_sees_one_state(db: &Database) {
    let account = db.account("1");
    let store = db.store.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let writing = db.runtime.spawn(async move {
        let mut number = 0;
        while !stopped.load(Ordering::Acquire) {
            let add = move |writer: &mut Writer<'_>| {
                insert(writer, account, number)?;
                insert(writer, account, number + 1)
            };
            store.write(add).await.unwrap();
            number += 2;
        }
    });
    for _ in 0..50 {
        let (first, second) = db.read(move |reader| {
            let first = reader.count(account, TYPE)?;
            std::thread::yield_now();
            Ok((first, reader.count(account, TYPE)?))
        });
        assert_eq!((first % 2, second), (0, first));
    }
    stop.store(true, Ordering::Release);
    db.runtime.block_on(writing).unwrap();
}

fn after_closing_jobs_are_refused(db: &Database) {
    db.account("1");
    db.runtime.block_on(db.store.close());
    db.runtime.block_on(db.store.close());
    assert_eq!(db.try_read(|reader| reader.accounts()), Err(StoreError::Closed));
    assert_eq!(db.try_write(|writer| writer.accounts()), Err(StoreError::Closed));
}

fn queued_jobs_are_written_before_closing(db: &Database) {
    let account = db.account("1");
    let written = Arc::new(AtomicUsize::new(0));
    db.runtime.block_on(async {
        let mut tasks = Vec::new();
        for number in 0..50 {
            let (store, written) = (db.store.clone(), Arc::clone(&written));
            tasks.push(tokio::spawn(async move {
                let answer = store.write(move |writer| insert(writer, account, number)).await;
                if answer.is_ok() {
                    written.fetch_add(1, Ordering::AcqRel);
                }
                assert!(matches!(answer, Ok(()) | Err(StoreError::Closed)), "{answer:?}");
            }));
        }
        tokio::task::yield_now().await;
        db.store.close().await;
        for task in tasks {
            task.await.unwrap();
        }
    });
    if db.location == Location::Memory {
        return;
    }
    let again = db.runtime.block_on(Store::open(contract(), &db.location, &Options::default())).unwrap();
    let kept = db.runtime.block_on(again.read(move |reader| reader.count(account, TYPE))).unwrap();
    assert_eq!(kept as usize, written.load(Ordering::Acquire));
}
