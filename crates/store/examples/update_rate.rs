//! Measures durable updates: batches of 200 contacts with 25 members set, on a file of 100,000.
//!
//! `cargo run --release -p store --example update_rate [folder] [clients]`

use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Contract, FieldId, Guid, Record, Timestamp};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use store::{Account, AccountId, Location, Options, Store};

const CONTACTS: u64 = 100_000;
const BATCH: u64 = 200;
const BATCHES: u64 = 500;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("update_rate"), PathBuf::from);
    let clients: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let _ = std::fs::remove_dir_all(&folder);
    let contract = Contract::get().map_err(|mistakes| format!("{mistakes:?}"))?;
    let store = Store::open(contract, &Location::Folder(folder.clone()), &Options::default()).await?;
    let account = store.write(|writer| writer.add_account(&Account::new("1", "Rate"))).await?;

    let start = Instant::now();
    for batch in 0..CONTACTS / BATCH {
        let records = (0..BATCH).map(|index| record(contract, batch * BATCH + index, 0)).collect();
        insert(&store, account, records).await?;
    }
    report("insert", CONTACTS, start);

    let start = Instant::now();
    let mut tasks = Vec::new();
    for client in 0..clients {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            let mut random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(client + 1);
            for batch in 0..BATCHES / clients {
                let mut records = Vec::new();
                for _ in 0..BATCH {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    records.push(record(contract, random % CONTACTS, batch + 1));
                }
                let start = Instant::now();
                let at = Timestamp((batch + client * BATCHES) as i64);
                store.write(move |writer| writer.update(account, CONTACT, &records, at)).await?;
                times.push(start.elapsed());
            }
            Ok::<_, store::StoreError>(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    report("update", BATCHES * BATCH, start);
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("a batch: p50 {:?}, p90 {:?}, p99 {:?}, most {:?}", at(50), at(90), at(99), at(100));
    store.close().await;
    println!("file: {} MiB", std::fs::metadata(folder.join("understudy.db"))?.len() >> 20);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

async fn insert(store: &Store, account: AccountId, records: Vec<Record>) -> Result<(), store::StoreError> {
    store.write(move |writer| writer.insert(account, CONTACT, &records, Timestamp(0))).await
}

fn report(what: &str, records: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {records} records in {seconds:.2} s, {:.0} a second", records as f64 / seconds);
}

/// A contact of 25 members; `version` changes all but its keys.
fn record(contract: &Contract, number: u64, version: u64) -> Record {
    let mut record = contract.record(contact::TYPE_ID);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    record.set(contact::ID, Guid::from_random(id).to_string());
    record.set(contact::EMAIL_ADDRESS, format!("person.{number}@example.com"));
    record.set(contact::SOURCE_ID, format!("SRC-{number:09}"));
    record.set(contact::ACTIVE, true);
    record.set(contact::LAST_MODIFIED_DATE, Timestamp(version as i64));
    for field in TEXTS {
        record.set(field, format!("some text {number} {version}"));
    }
    record
}

const TEXTS: [FieldId; 20] = [
    contact::FIRST_NAME,
    contact::LAST_NAME,
    contact::COMPANY,
    contact::TITLE,
    contact::SALUTATION,
    contact::NICKNAME,
    contact::MIDDLE_NAME,
    contact::DESIGNATION,
    contact::WORK_ADDRESS1,
    contact::WORK_CITY,
    contact::WORK_STATE,
    contact::WORK_POSTAL_CODE,
    contact::WORK_COUNTRY,
    contact::WORK_PHONE,
    contact::MOBILE_PHONE,
    contact::HOME_ADDRESS1,
    contact::HOME_CITY,
    contact::HOME_STATE,
    contact::HOME_POSTAL_CODE,
    contact::HOME_COUNTRY,
];
