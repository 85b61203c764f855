//! How long a job that reads may go on, and which connections it may use.

use crate::support::{Database, guid, on_all, with_texts};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Record, Timestamp, Value};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use store::{
    Account, AccountId, Column, Filter, Operator, Options, Reader, Result, Store, StoreError, Test, Writer,
};
use tokio::task::JoinHandle;

on_all![
    a_search_past_its_deadline_is_interrupted,
    a_job_of_many_verbs_has_one_deadline,
    what_is_read_out_has_no_deadline,
    a_job_that_nobody_waits_for_is_interrupted,
    a_job_that_nobody_waits_for_does_not_begin,
    look_ups_pass_jobs_that_hold_all_other_connections,
    a_write_that_nobody_waits_for_does_not_begin,
    a_job_is_given_no_more_than_it_allows,
];

/// Connections that jobs of `read` may use at once: one less than there are, in every place.
const GENERAL: usize = 3;

/// Contacts that a search takes long to go through.
const CONTACTS: u64 = 1_000;

/// A store whose reads have that long, with an account of many contacts.
fn with_deadline(db: &Database, deadline: Option<Duration>) -> (Store, AccountId) {
    let store = db.reopened(&Options { read_deadline: deadline, ..Options::default() });
    let account = db.runtime.block_on(async {
        let account = store.write(|writer| writer.add_account(&Account::new("1", "One"))).await.unwrap();
        let fill = move |writer: &mut Writer<'_>| {
            let contact = |number| with_texts(CONTACT, guid(number), &[(contact::TITLE, "one of many")]);
            let records: Vec<Record> = (0..CONTACTS).map(contact).collect();
            writer.insert(account, CONTACT, &records, Timestamp(0))
        };
        store.write(fill).await.unwrap();
        account
    });
    (store, account)
}

/// A job that searches, again and again, for what is not there, until it is stopped.
fn endless(account: AccountId) -> impl Fn(&Reader<'_>) -> Result<()> + Send + 'static {
    let column = Column::Own(contact::TITLE);
    let test = Test { column, operator: Operator::Contains, values: vec![Value::from("nowhere")] };
    let filter = Filter::Test(test);
    move |reader| {
        loop {
            reader.search(account, CONTACT, &filter, 1)?;
        }
    }
}

/// Polls a future once.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn a_search_past_its_deadline_is_interrupted(db: &Database) {
    let (store, account) = with_deadline(db, Some(Duration::from_millis(50)));
    for _ in 0..6 {
        let found = db.runtime.block_on(store.read(endless(account)));
        assert_eq!(found, Err(StoreError::Deadline));
    }
    let count = db.runtime.block_on(store.read_out(move |reader| reader.count(account, CONTACT)));
    assert_eq!(count, Ok(CONTACTS), "a connection is as good as new");
}

fn a_job_of_many_verbs_has_one_deadline(db: &Database) {
    let (store, account) = with_deadline(db, Some(Duration::from_millis(50)));
    let look_up = db.runtime.block_on(store.look_up(move |reader| {
        loop {
            reader.get(account, CONTACT, &[guid(1)])?;
        }
    }));
    assert_eq!(look_up, Err::<(), _>(StoreError::Deadline));
    // A job that does not mind its verbs' errors has no answer either.
    let stubborn = db.runtime.block_on(store.read(move |reader| {
        while reader.exists(account, CONTACT, &[guid(1)]).is_ok_and(|found| found == [true]) {}
        Ok("all is well")
    }));
    assert_eq!(stubborn, Err(StoreError::Deadline));
}

fn what_is_read_out_has_no_deadline(db: &Database) {
    let (store, account) = with_deadline(db, Some(Duration::ZERO));
    let count = move |reader: &Reader<'_>| Ok(reader.all(account, CONTACT)?.len());
    assert_eq!(db.runtime.block_on(store.read(count)), Err(StoreError::Deadline));
    assert_eq!(db.runtime.block_on(store.read_out(count)), Ok(CONTACTS as usize));
}

/// Tells when it is dropped: with the job that holds it.
struct Ended(Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn a_job_that_nobody_waits_for_is_interrupted(db: &Database) {
    let (store, account) = with_deadline(db, None);
    let (begun, begins) = channel();
    let (ended, ends) = channel();
    for _ in 0..6 {
        let (begun, ended, job) = (begun.clone(), Ended(ended.clone()), endless(account));
        let own = store.clone();
        let waiting = db.runtime.spawn(async move {
            let job = move |reader: &Reader<'_>| {
                let _ended = &ended;
                begun.send(()).unwrap();
                job(reader)
            };
            own.read(job).await
        });
        begins.recv().unwrap();
        waiting.abort();
        ends.recv().unwrap();
    }
    let count = db.runtime.block_on(store.read(move |reader| reader.count(account, CONTACT)));
    assert_eq!(count, Ok(CONTACTS), "a connection is as good as new");
}

/// Jobs of `read` that go on until they are let go.
struct Holding {
    jobs: Vec<JoinHandle<Result<()>>>,
    go: Arc<AtomicBool>,
}

impl Holding {
    /// Takes all connections that such jobs may use.
    fn all(db: &Database, store: &Store) -> Holding {
        let go = Arc::new(AtomicBool::new(false));
        let count = if db.location == store::Location::Memory { 1 } else { GENERAL };
        let (begun, begins): (Sender<()>, Receiver<()>) = channel();
        let hold = |_| {
            let (store, go, begun) = (store.clone(), Arc::clone(&go), begun.clone());
            db.runtime.spawn(async move {
                let job = move |_: &Reader<'_>| {
                    begun.send(()).unwrap();
                    while !go.load(Ordering::Acquire) {
                        std::thread::yield_now();
                    }
                    Ok(())
                };
                store.read(job).await
            })
        };
        let jobs = (0..count).map(hold).collect();
        (0..count).for_each(|_| begins.recv().unwrap());
        Holding { jobs, go }
    }

    fn let_go(self, db: &Database) {
        self.go.store(true, Ordering::Release);
        self.jobs.into_iter().for_each(|job| assert_eq!(db.runtime.block_on(job).unwrap(), Ok(())));
    }
}

fn a_job_that_nobody_waits_for_does_not_begin(db: &Database) {
    let (store, _) = with_deadline(db, None);
    let holding = Holding::all(db, &store);
    let runs = Arc::new(AtomicUsize::new(0));
    let _entered = db.runtime.enter();
    for _ in 0..3 {
        let counter = Arc::clone(&runs);
        let mut waiting = Box::pin(store.read(move |_| {
            counter.fetch_add(1, Ordering::AcqRel);
            Ok(())
        }));
        assert_eq!(poll(&mut waiting), Poll::Pending);
    }
    holding.let_go(db);
    // Whatever waited is over when the store is closed.
    db.runtime.block_on(store.close());
    assert_eq!(runs.load(Ordering::Acquire), 0);
}

fn look_ups_pass_jobs_that_hold_all_other_connections(db: &Database) {
    // In memory there is one connection for everything.
    if db.location == store::Location::Memory {
        return;
    }
    let (store, account) = with_deadline(db, None);
    let holding = Holding::all(db, &store);
    let _entered = db.runtime.enter();
    let mut general = Box::pin(store.read(move |reader| reader.count(account, CONTACT)));
    assert_eq!(poll(&mut general), Poll::Pending);
    let passing = store.look_up(move |reader| reader.count(account, CONTACT));
    assert_eq!(db.runtime.block_on(passing), Ok(CONTACTS));
    assert_eq!(poll(&mut general), Poll::Pending, "no connection is free for it");
    holding.let_go(db);
    assert_eq!(db.runtime.block_on(general), Ok(CONTACTS));
}

/// A job that writes is not queued while there is no room for it: in PostgreSQL, no connection.
fn a_write_that_nobody_waits_for_does_not_begin(db: &Database) {
    if !matches!(db.location, store::Location::Postgres(_)) {
        return;
    }
    let (store, account) = with_deadline(db, None);
    let holding = Holding::all(db, &store);
    let _entered = db.runtime.enter();
    let mut waiting = Box::pin(store.write(move |writer| writer.add_usage(account, "day", 1)));
    assert_eq!(poll(&mut waiting), Poll::Pending);
    drop(waiting);
    holding.let_go(db);
    let usage = db.runtime.block_on(store.read(move |reader| reader.usage(account, "day")));
    assert_eq!(usage, Ok(0));
}

fn a_job_is_given_no_more_than_it_allows(db: &Database) {
    let (store, account) = with_deadline(db, None);
    let ids: Vec<_> = (0..CONTACTS).map(guid).collect();
    let one = db.runtime.block_on(store.look_up({
        let id = ids[0];
        move |reader| {
            Ok(reader
                .get(account, CONTACT, &[id])?
                .into_iter()
                .flatten()
                .map(|found| contract::memory::whole(&found))
                .sum())
        }
    }));
    let one: usize = one.unwrap();
    assert!(one > 100, "{one}");
    let given = |most: usize, count: usize| {
        let ids = ids[..count].to_vec();
        db.runtime.block_on(store.look_up(move |reader| {
            reader.at_most(most);
            Ok(reader.get(account, CONTACT, &ids)?.len())
        }))
    };
    // Where rows are there beside their records, both count.
    assert_eq!(given(one * 40, 10), Ok(10));
    assert_eq!(given(one * 40, 200), Err(StoreError::TooMuch));
    let all = move |reader: &Reader<'_>| {
        reader.at_most(one * 40);
        reader.all(account, CONTACT)
    };
    assert_eq!(db.runtime.block_on(store.read(all)), Err(StoreError::TooMuch));
    assert_eq!(given(usize::MAX, 1_000), Ok(1_000), "a connection is as good as new");
}
