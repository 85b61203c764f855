//! How fast `understudy import` is, beside bare inserts of the same rows into the same table.
//!
//! ```sh
//! cargo build --release && cargo run --release --example import_rate -- 1000000
//! ```
//!
//! Makes a CSV file of contacts with ten columns; imports it with the program into an empty account;
//! inserts it with nothing but a CSV reader and rusqlite into an empty copy of the table that the program
//! has made, with its columns and indexes, as many rows a transaction. Both are children of this process and are
//! told with their wall time and with the CPU time of all their threads, which other work on the
//! machine hardly changes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement may stop where it stands")]

use csv::{ReaderBuilder, Writer};
use rusqlite::{Connection, params};
use std::fs::read_to_string;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Rows a transaction, as in the program.
const BATCH: usize = 2000;

const COLUMNS: [&str; 10] = [
    "EmailAddress",
    "FirstName",
    "LastName",
    "Company",
    "Title",
    "SourceId",
    "WorkCity",
    "WorkCountryCode",
    "WorkPhone",
    "DateOfBirth",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("bare") => bare(Path::new(&arguments[2])),
        Some(rows) => compare(rows.parse().expect("the number of rows")),
        None => compare(1_000_000),
    }
}

fn compare(rows: u64) {
    let folder = tempfile::tempdir().unwrap();
    let here = std::env::current_exe().unwrap();
    let program = here.parent().unwrap().parent().unwrap().join("understudy");
    make(&folder.path().join("contacts.csv"), rows);
    let run = |program: &Path, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).current_dir(folder.path()).status().unwrap();
        assert!(done.success(), "{arguments:?}: {done}");
    };
    run(&program, &["account", "add", "ACME001"]);
    copy_schema(folder.path());
    let measure = |name: &str, program: &Path, arguments: &[&str]| {
        let (start, cpu) = (Instant::now(), children_seconds());
        run(program, arguments);
        let (wall, cpu) = (start.elapsed().as_secs_f64(), children_seconds() - cpu);
        let rate = |seconds: f64| rows as f64 / seconds;
        println!(
            "{name:7} {wall:6.1} s wall {:8.0} rows/s   {cpu:6.1} s CPU {:8.0} rows/s",
            rate(wall),
            rate(cpu)
        );
        (wall, cpu)
    };
    let bare = measure("bare", &here, &["bare", folder.path().to_str().unwrap()]);
    let import =
        measure("import", &program, &["import", "contacts.csv", "--account", "ACME001", "--match", "email"]);
    println!("ratio   {:6.2}                      {:6.2}", bare.0 / import.0, bare.1 / import.1);
}

/// Contacts in no order that an index would like.
fn make(path: &Path, rows: u64) {
    let mut out = Writer::from_path(path).unwrap();
    out.write_record(COLUMNS).unwrap();
    for row in 0..rows {
        let mixed = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        out.write_record([
            format!("person.{mixed:x}@example{}.org", row % 97),
            format!("First{}", row % 1000),
            format!("Last, {}", mixed % 50_000),
            format!("Company {} \"Ltd\"", row % 20_000),
            "Head of events".to_owned(),
            format!("CRM-{mixed}"),
            format!("Zürich {}", row % 300),
            ["US", "DE", "CH", "GB"][(row % 4) as usize].to_owned(),
            format!("+41 44 {:07}", row % 10_000_000),
            format!("{}-{:02}-{:02}", 1940 + row % 60, 1 + row % 12, 1 + row % 28),
        ])
        .unwrap();
    }
    out.flush().unwrap();
}

/// Makes `bare.db` with the table of contacts, its indexes and the settings of the program's database.
fn copy_schema(folder: &Path) {
    let from = Connection::open(folder.join("understudy-data/understudy.db")).unwrap();
    let mut statement = from
        .prepare(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'contact' AND sql IS NOT NULL ORDER BY type DESC",
        )
        .unwrap();
    let parts: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let to = Connection::open(folder.join("bare.db")).unwrap();
    let size: i64 = from.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    to.pragma_update(None, "page_size", size).unwrap();
    to.pragma_update(None, "journal_mode", "WAL").unwrap();
    // What the table refers to is not there.
    to.pragma_update(None, "foreign_keys", false).unwrap();
    parts.iter().for_each(|sql| to.execute_batch(sql).unwrap());
}

/// Inserts the rows and does nothing else, with the settings of the program's connection.
fn bare(folder: &Path) {
    let connection = Connection::open(folder.join("bare.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.pragma_update(None, "cache_size", -65_536).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 16_384).unwrap();
    let mut insert = connection
        .prepare(
            "INSERT INTO contact (account_id, id, email_address, first_name, last_name, company, title, source_id,
                work_city, work_country_code, work_phone, date_of_birth, email_address_key, source_id_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, lower(?3), lower(?8))",
        )
        .unwrap();
    let mut reader = ReaderBuilder::new().from_path(folder.join("contacts.csv")).unwrap();
    for (number, row) in reader.records().enumerate() {
        let row = row.unwrap();
        if number % BATCH == 0 {
            let start = if number == 0 { "BEGIN IMMEDIATE" } else { "COMMIT; BEGIN IMMEDIATE" };
            connection.execute_batch(start).unwrap();
        }
        let id = (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes();
        insert
            .execute(params![
                1, id, &row[0], &row[1], &row[2], &row[3], &row[4], &row[5], &row[6], &row[7], &row[8],
                &row[9]
            ])
            .unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

/// The CPU time of the children that have ended.
fn children_seconds() -> f64 {
    let stat = read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Fields 16 and 17 of proc(5), counted behind the name; in hundredths of a second.
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}
