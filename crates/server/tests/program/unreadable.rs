//! `dump` and `export` where something other than the program wrote to the database: what can't be read is named and
//! left out, and all else is written.

use crate::support::{Outcome, Server, run};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The year 294247: what CopyEvent once made of the last day of the calendar.
const BEYOND: i64 = i64::MAX;

/// A value that no message may repeat.
const SECRET: &str = "secret";

/// Changes a database behind the program's back; returns the Ids that a query names.
fn spoil(folder: &Path, data: &str, statements: &str, query: &str) -> Vec<String> {
    let tool = Connection::open(folder.join(data).join("understudy.db")).unwrap();
    tool.execute_batch(statements).unwrap();
    let mut query = tool.prepare(query).unwrap();
    let ids = query.query_map([], |row| row.get::<_, [u8; 16]>(0)).unwrap();
    ids.map(|id| contract::Guid(id.unwrap()).to_string()).collect()
}

#[track_caller]
fn failed(outcome: &Outcome, left_out: usize) {
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(
        last.starts_with(&format!("understudy: {left_out} object(s), named above")),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains(SECRET), "a value is shown: {}", outcome.stderr);
}

/// The lab's database, closed, and its dump.
fn lab() -> (TempDir, String) {
    let (_, _, folder) = Server::start(&["--lab", "--data", "lab"]).stop();
    let dump = run(folder.path(), &["dump", "--data", "lab"]);
    assert_eq!(dump.code, 0, "{dump:?}");
    (folder, dump.stdout)
}

/// An account A1 of so many contacts, each with its number as its first name, in the data folder itself.
fn contacts(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["account", "add", "A1"]).code, 0);
    let rows = (1..=count).fold("FirstName,LastName,EmailAddress\n".to_owned(), |text, number| {
        text + &format!("{number},Last,p{number}@x.example\n")
    });
    fs::write(folder.path().join("in.csv"), rows).unwrap();
    assert_eq!(run(folder.path(), &["import", "in.csv", "--account", "A1"]).code, 0);
    folder
}

/// Whether a line is of the object.
fn is_of(line: &str, kind: &str, id: &str) -> bool {
    line.contains(&format!("\"type\":\"{kind}\",\"fields\":{{\"Id\":\"{id}\""))
}

#[test]
fn a_dump_has_all_objects_but_those_that_cannot_be_read() {
    let (folder, before) = lab();
    let bad = spoil(
        folder.path(),
        "lab",
        &format!(
            "UPDATE event SET event_start_date = {BEYOND} WHERE seq = (SELECT min(seq) FROM event);
             UPDATE contact SET first_name = x'ff', date_of_birth = '{SECRET}'
                 WHERE id = (SELECT contact_id FROM invitee ORDER BY seq LIMIT 1);
             UPDATE entity_custom_field SET field_type = x'ff'
                 WHERE id = (SELECT target FROM custom_field_value LIMIT 1);"
        ),
        &format!(
            "SELECT id FROM event WHERE event_start_date = {BEYOND}
             UNION ALL SELECT id FROM contact WHERE date_of_birth = '{SECRET}'
             UNION ALL SELECT id FROM entity_custom_field WHERE field_type = x'ff'"
        ),
    );
    assert_eq!(bad.len(), 3);
    let shows = before.lines().filter(|line| line.contains(&bad[0])).count();
    assert!(shows > 5, "others show what can't be read of the event: {shows}");
    let after = run(folder.path(), &["dump", "--data", "lab"]);
    failed(&after, 3);
    let kinds = ["Event", "Contact", "EntityCustomField"];
    let is_bad = |line: &str| kinds.iter().zip(&bad).any(|(kind, id)| is_of(line, kind, id));
    let wanted: Vec<&str> = before.lines().filter(|line| !is_bad(line)).collect();
    for (line, wanted) in after.stdout.lines().zip(&wanted) {
        assert_eq!(line, *wanted);
    }
    assert_eq!(after.stdout.lines().count(), wanted.len());
    for named in [
        format!("understudy: account LAB001, Event {}: not of the column's form: event_start_date\n", bad[0]),
        format!(
            "understudy: account LAB001, Contact {}: not of the column's form: first_name, date_of_birth\n",
            bad[1]
        ),
        format!(
            "understudy: account LAB001, EntityCustomField {}: not of the column's form: field_type\n",
            bad[2]
        ),
    ] {
        assert!(after.stderr.contains(&named), "{named} is not in {}", after.stderr);
    }
    let of_type = run(folder.path(), &["dump", "--data", "lab", "--type", "Survey"]);
    assert_eq!(of_type.code, 0, "nothing is wrong with surveys: {of_type:?}");
}

#[test]
fn where_an_id_cannot_be_read_the_other_types_are_written() {
    let (folder, before) = lab();
    let statement = "UPDATE survey SET id = 'x' WHERE seq = (SELECT min(seq) FROM survey)";
    spoil(folder.path(), "lab", statement, "SELECT id FROM contact WHERE 0");
    let after = run(folder.path(), &["dump", "--data", "lab"]);
    assert_eq!(after.code, 1, "{after:?}");
    assert!(
        after.stderr.contains("account LAB001, every Survey: not of the column's form: id\n"),
        "{after:?}"
    );
    let is_survey = |line: &&str| line.contains("\"type\":\"Survey\"");
    let others = |text: &str| text.lines().filter(|line| !is_survey(line)).count();
    assert_eq!(others(&after.stdout), others(&before));
}

#[test]
fn bad_rows_in_any_chunk_are_left_out() {
    let folder = contacts(1_203);
    let bad = [1, 200, 201, 500, 501, 502, 1_203];
    let list = bad.map(|number| format!("'{number}'")).join(", ");
    let ids = spoil(
        folder.path(),
        "understudy-data",
        &format!("UPDATE contact SET date_of_birth = '{SECRET}' WHERE first_name IN ({list})"),
        &format!("SELECT id FROM contact WHERE date_of_birth = '{SECRET}'"),
    );
    assert_eq!(ids.len(), bad.len());
    let dump = run(folder.path(), &["dump"]);
    failed(&dump, bad.len());
    assert_eq!(dump.stdout.lines().count(), 1_203 - bad.len());

    let export = run(folder.path(), &["export", "out.csv", "--columns", "FirstName,DateOfBirth"]);
    failed(&export, bad.len());
    assert_eq!(export.stdout, format!("Exported {} object(s) to out.csv.\n", 1_203 - bad.len()));
    for id in &ids {
        let named = format!("account A1, Contact {id}: not of the column's form: date_of_birth\n");
        assert!(export.stderr.contains(&named) && dump.stderr.contains(&named), "{named}");
    }
    let text = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let numbers: Vec<usize> =
        text.lines().skip(1).map(|line| line.trim_end_matches(',').parse().unwrap()).collect();
    let wanted: Vec<usize> = (1..=1_203).filter(|number| !bad.contains(number)).collect();
    assert_eq!(numbers, wanted);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), wanted.len());

    let without = run(folder.path(), &["export", "--columns", "FirstName"]);
    assert_eq!((without.code, &*without.stderr), (0, ""), "no column of this table is bad");
    assert_eq!(without.stdout.lines().count(), 1_204);
}
