//! Measures searches without an index: many filters on one column, on a file of 100,000 contacts.
//!
//! `cargo run --release -p store --example search_rate [folder] [filters]`

use contract::handles::object::contact;
use contract::handles::object_type::CONTACT;
use contract::{Contract, Guid, Record, Timestamp, Value};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use store::{Account, Column, Filter, Location, Operator, Options, Store, Test};

const CONTACTS: u64 = 100_000;
const BATCH: u64 = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("search_rate"), PathBuf::from);
    let filters: u64 = arguments.next().map_or(Ok(256), |text| text.parse())?;
    let _ = std::fs::remove_dir_all(&folder);
    let contract = Contract::get().map_err(|mistakes| format!("{mistakes:?}"))?;
    let options = Options { read_deadline: None, ..Options::default() };
    let store = Store::open(contract, &Location::Folder(folder), &options).await?;
    let account = store.write(|writer| writer.add_account(&Account::new("1", "Rate"))).await?;
    for batch in 0..CONTACTS / BATCH {
        let records: Vec<Record> = (0..BATCH).map(|index| record(contract, batch * BATCH + index)).collect();
        store.write(move |writer| writer.insert(account, CONTACT, &records, Timestamp(0))).await?;
    }
    let (contains, lacks) = (Operator::Contains, Operator::DoesNotContain);
    let test = |operator, text: String| {
        Filter::Test(Test {
            column: Column::Own(contact::COMPANY),
            operator,
            values: vec![Value::from(text)],
        })
    };
    let some = |operator, text: fn(u64) -> String| {
        (0..filters).map(|number| test(operator, text(number))).collect::<Vec<_>>()
    };
    let nowhere = |number: u64| format!("nowhere {number}");
    // Parts of what every contact has.
    let everywhere = |number: u64| {
        let (from, length) = (number % 8, 2 + number / 8 % 9);
        "company of nitwits".chars().skip(from as usize).take(length as usize).collect()
    };
    for (what, filter) in [
        ("one text", test(contains, nowhere(0))),
        ("any of many that are nowhere", Filter::Any(some(contains, nowhere))),
        ("all of many of which none is there", Filter::All(some(lacks, nowhere))),
        ("all of many that are everywhere", Filter::All(some(contains, everywhere))),
    ] {
        let mut times = Vec::new();
        for _ in 0..3 {
            let (filter, start) = (filter.clone(), Instant::now());
            let found = store.read(move |reader| reader.search(account, CONTACT, &filter, 200_000)).await?;
            times.push((start.elapsed(), found.len()));
        }
        println!("{what}: {:?}", times.iter().min());
    }
    store.close().await;
    Ok(())
}

fn record(contract: &Contract, number: u64) -> Record {
    let mut record = contract.record(contact::TYPE_ID);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    record.set(contact::ID, Guid::from_random(id).to_string());
    record.set(contact::EMAIL_ADDRESS, format!("person.{number}@example.com"));
    record.set(contact::COMPANY, format!("Company of Nitwits {number}"));
    record
}
