//! A process that is killed at any moment: what it has acknowledged is there, whole.

use crate::server::TestDatabase;
use crate::support::{contract, guid, object};
use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Guid, LinkId, Record, Timestamp};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use store::{Account, AccountId, Location, Options, Postgres, Store};
use tempfile::TempDir;

/// Tells the test executable to be the process that writes, and where.
const PLACE: &str = "STORE_CRASH_PLACE";
/// From which batch on.
const START: &str = "STORE_CRASH_START";

const BATCH: u64 = 20;
const CLIENTS: u64 = 3;

async fn open(place: &str) -> Store {
    let location = match place.parse() {
        Ok(url) => Location::Postgres(Postgres { connections: CLIENTS as u32, ..Postgres::new(url) }),
        Err(_) => Location::Folder(place.into()),
    };
    Store::open(contract(), &location, &Options::default()).await.unwrap()
}

fn ids(batch: u64) -> Vec<Guid> {
    (0..BATCH).map(|index| guid(batch * BATCH + index)).collect()
}

/// Batch `number`: objects, and a link from each to the batch's first.
async fn write(store: &Store, account: AccountId, number: u64) {
    let job = move |writer: &mut store::Writer<'_>| {
        let records: Vec<Record> = ids(number).into_iter().map(|id| object(CONTACT, id)).collect();
        writer.insert(account, CONTACT, &records, Timestamp(number as i64))?;
        let rows: Vec<_> = ids(number).into_iter().map(|id| (id, ids(number)[0], None)).collect();
        writer.link(account, LinkId(0), &rows)
    };
    store.write(job).await.unwrap();
    // Waits in the journal of a file.
    let job = move |writer: &mut store::Writer<'_>| {
        let found = writer.get(account, CONTACT, &ids(number))?;
        let mut records: Vec<Record> = found.into_iter().flatten().collect();
        records.iter_mut().for_each(|record| record.set(contact::TITLE, title(number)));
        writer.update(account, CONTACT, &records, Timestamp(number as i64))
    };
    store.write_many(BATCH as usize, job).await.unwrap();
}

/// The title that every object of a batch gets when it is there.
fn title(batch: u64) -> String {
    format!("Batch {batch}")
}

/// Not a test of its own: the process that the test below starts and kills.
#[tokio::test]
async fn the_process_that_writes() {
    let (Ok(place), Ok(start)) = (std::env::var(PLACE), std::env::var(START)) else { return };
    let store = open(&place).await;
    let start: u64 = start.parse().unwrap();
    let account = match store.read(|reader| reader.account("1")).await.unwrap() {
        Some(account) => account.id,
        None => store.write(|writer| writer.add_account(&Account::new("1", "Crash"))).await.unwrap(),
    };
    let clients = (0..CLIENTS).map(|client| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (start + client..).step_by(CLIENTS as usize) {
                write(&store, account, number).await;
                // Past the test harness, which keeps what a test prints.
                writeln!(std::io::stderr(), "batch {number}").unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    write_and_kill(folder.path().to_str().unwrap()).await;
}

#[tokio::test]
async fn what_postgresql_acknowledged_survives_a_kill() {
    let database = TestDatabase::empty();
    write_and_kill(&database.url).await;
}

/// Kills the process that writes to a place, again and again.
async fn write_and_kill(place: &str) {
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut next = 0;
    for round in 0..6 {
        let lines_to_wait_for = 5 + round * round * 7;
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::the_process_that_writes", "--nocapture"])
            .env(PLACE, place)
            .env(START, next.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let batch = |line: String| line.strip_prefix("batch ").and_then(|number| number.parse::<u64>().ok());
        acknowledged.extend(lines.by_ref().filter_map(batch).take(lines_to_wait_for));
        process.kill().unwrap();
        // What it wrote between the last line read and its death was acknowledged as well.
        acknowledged.extend(lines.filter_map(batch));
        process.wait().unwrap();
        next = acknowledged.iter().max().unwrap() + CLIENTS * 2;
        check(place, &acknowledged).await;
    }
    assert!(acknowledged.len() > 300);
}

/// Every acknowledged batch is whole, and every other one is whole or not there at all.
async fn check(place: &str, acknowledged: &[u64]) {
    let store = open(place).await;
    let account = store.read(|reader| reader.account("1")).await.unwrap().unwrap().id;
    for number in 0..acknowledged.iter().max().unwrap() + CLIENTS * 2 {
        let (objects, links, log) = store
            .read(move |reader| {
                let (from, until) = (Timestamp(number as i64), Timestamp(number as i64 + 1));
                Ok((
                    reader.get(account, CONTACT, &ids(number))?,
                    reader.links(account, LinkId(0), &ids(number))?,
                    reader.changed(account, CONTACT, from, until, 1_000)?.len() as u64,
                ))
            })
            .await
            .unwrap();
        let count = objects.iter().flatten().count() as u64;
        let expected = title(number);
        let titled = objects.iter().flatten().filter(|found| found.text(contact::TITLE) == Some(&expected));
        let titled = titled.count() as u64;
        let links = links.iter().map(Vec::len).sum::<usize>() as u64;
        let whole = (count, links, log) == (BATCH, BATCH, BATCH);
        let nothing = (count, links, log) == (0, 0, 0);
        assert!(whole || nothing, "batch {number}: {count} objects, {links} links, {log} changes");
        assert!([0, BATCH].contains(&titled), "batch {number}: {titled} titles");
        let last = whole && titled == BATCH;
        assert!(last || !acknowledged.contains(&number), "batch {number} is lost");
    }
    store.close().await;
}
