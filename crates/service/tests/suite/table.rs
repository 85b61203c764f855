//! Objects as rows: importing by the rules of the calls, and exporting.

use crate::harness::Bench;
use contract::handles::{object_type, operation};
use service::table::{Import, Match, Seed, Sheet, Verdict};
use service::{AccountChange, AdminError, GivenOut, LeftOut, Settings};
use std::io;
use std::sync::{Arc, Mutex};

async fn begin(
    bench: &Bench,
    header: &[&str],
    matching: Option<Match>,
    seed: u8,
) -> Result<Import, AdminError> {
    let admin = bench.service.admin();
    let columns = admin.columns("Contact", header.iter().copied(), false)?;
    admin.import("A001", columns, matching, Some(Seed([seed; 16]))).await
}

/// Writes rows in one batch, the first with that number; gives `new`, `found` or the codes of each.
async fn write_from(import: &Import, first: u64, rows: &[&[&str]]) -> Vec<String> {
    let read = |(row, number): (&&[&str], u64)| import.row(number, row.iter().copied()).unwrap();
    let rows = rows.iter().zip(first..).map(read).collect();
    import.write(rows).await.unwrap().into_iter().map(word).collect()
}

async fn write(import: &Import, rows: &[&[&str]]) -> Vec<String> {
    write_from(import, 1, rows).await
}

fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Created(_) => "new".to_owned(),
        Verdict::Updated(_) => "found".to_owned(),
        Verdict::Refused(problems) => {
            problems.iter().map(|problem| problem.code).collect::<Vec<_>>().join(",")
        }
    }
}

/// Keeps rows where the test can see them.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Sheet for Seen {
    fn begin(&mut self, rows: u64, header: &[&str]) -> io::Result<()> {
        self.0.lock().unwrap().push(format!("{rows}: {}", header.join("|")));
        Ok(())
    }

    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        self.0.lock().unwrap().push(cells.join("|"));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().push("end".to_owned());
        Ok(())
    }
}

/// What an export of these columns has between its header and its end.
async fn rows(bench: &Bench, columns: &[&str]) -> Vec<String> {
    let seen = Seen::default();
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let given =
        bench.service.admin().export("A001", "Contact", &columns, Box::new(seen.clone())).await.unwrap();
    assert_eq!(given.left_out, LeftOut::default());
    let count = given.written;
    let mut lines = std::mem::take(&mut *seen.0.lock().unwrap());
    assert_eq!(lines.remove(0), format!("{count}: {}", columns.join("|")));
    assert_eq!(lines.pop().as_deref(), Some("end"));
    assert_eq!(lines.len() as u64, count);
    lines
}

#[tokio::test]
async fn new_rows_keep_the_rules_of_create_and_others_those_of_update() {
    let bench = Bench::new().await;
    bench.create(&[("EmailAddress", "a@example.org"), ("LastName", "A"), ("Title", "Chair")]).await;
    let import = begin(&bench, &["EmailAddress", "FirstName"], None, 1).await.unwrap();
    assert_eq!(import.matching(), Match::Email);
    let outcome = write(&import, &[&["A@Example.org ", "Ada"], &["b@example.org", "Bo"]]).await;
    assert_eq!(outcome, ["found", "CV40101"], "a new contact needs a last name, a stored one has it");
    assert_eq!(
        rows(&bench, &["EmailAddress", "FirstName", "LastName", "Title"]).await,
        ["A@Example.org |Ada|A|Chair"]
    );
    let import = begin(&bench, &["EmailAddress", "LastName", "HomeCountryCode"], None, 1).await.unwrap();
    let outcome =
        write(&import, &[&["a@example.org", "", ""], &["c@example.org", "C", "XX"], &["d@", "D", ""]]).await;
    assert_eq!(outcome, ["CV40114", "CV40106", "CV40102"]);
}

#[tokio::test]
async fn every_key_finds_its_object() {
    let bench = Bench::new().await;
    let id = bench.create(&[("EmailAddress", "a@example.org"), ("SourceId", "s1"), ("LastName", "A")]).await;
    let none = "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9";
    for (header, matching, cells) in [
        ("EmailAddress", Match::Email, ["A@EXAMPLE.ORG", "n@example.org"]),
        ("SourceId", Match::SourceId, [" S1", "s2"]),
        ("Id", Match::Id, [&id.to_lowercase(), none]),
    ] {
        let header = [header, "LastName", "Title"];
        let import = begin(&bench, &header, Some(matching), matching as u8).await.unwrap();
        let outcome = write(&import, &[&[cells[0], "A", header[0]], &[cells[1], "B", header[0]]]).await;
        assert_eq!(outcome, ["found", "new"], "{header:?}");
        assert_eq!(bench.show(&bench.get(&id).await, "Title"), header[0]);
    }
    assert_eq!(
        bench.show(&bench.get(none).await, "LastName"),
        "B",
        "an Id that nobody has is the new object's"
    );
    assert_eq!(rows(&bench, &["Id"]).await.len(), 4);
}

#[tokio::test]
async fn rows_without_a_key_make_objects() {
    let bench = Bench::new().await;
    let import = begin(&bench, &["EmailAddress", "LastName"], None, 1).await.unwrap();
    assert_eq!(write(&import, &[&["", "A"], &["", "B"], &["", "A"]]).await, ["new"; 3]);
    let import = begin(&bench, &["Id", "LastName"], None, 2).await.unwrap();
    assert_eq!(import.matching(), Match::Id);
    assert_eq!(write(&import, &[&["", "C"], &["", "C"]]).await, ["new"; 2]);
    assert_eq!(rows(&bench, &["LastName"]).await, ["A", "B", "A", "C", "C"]);
}

#[tokio::test]
async fn a_row_finds_what_an_earlier_one_made() {
    let bench = Bench::new().await;
    let import = begin(&bench, &["EmailAddress", "LastName", "Title"], None, 1).await.unwrap();
    let all: [&[&str]; 4] =
        [&["a@x.org", "A", "1"], &["b@x.org", "B", "2"], &["A@x.org", "A2", "3"], &["a@x.org", "A3", ""]];
    assert_eq!(write(&import, &all).await, ["new", "new", "found", "found"]);
    assert_eq!(rows(&bench, &["EmailAddress", "LastName", "Title"]).await, ["a@x.org|A3|", "b@x.org|B|2"]);
}

#[tokio::test]
async fn rows_that_are_written_a_second_time_double_nothing() {
    let bench = Bench::new().await;
    let all: [&[&str]; 3] = [&["", "A"], &["a@x.org", "B"], &["", "C"]];
    let import = begin(&bench, &["EmailAddress", "LastName"], None, 1).await.unwrap();
    assert_eq!(write(&import, &all).await, ["new"; 3]);
    let again = begin(&bench, &["EmailAddress", "LastName"], None, 1).await.unwrap();
    assert_eq!(write_from(&again, 2, &all[1..]).await, ["new"; 2], "they count as they did the first time");
    assert_eq!(rows(&bench, &["LastName"]).await, ["A", "B", "C"]);
    let other = begin(&bench, &["EmailAddress", "LastName"], None, 2).await.unwrap();
    assert_eq!(write(&other, &all).await, ["new", "found", "new"], "another import is another");
}

#[tokio::test]
async fn keys_of_the_account_are_kept_whatever_rows_are_matched_by() {
    let bench = Bench::new().await;
    let change =
        AccountChange { contact_key: Some("email-first-last".to_owned()), ..AccountChange::default() };
    bench.service.admin().set_account("A001", change).await.unwrap();
    for (source, first) in [("s1", "Ada"), ("s2", "Bo")] {
        let members =
            [("SourceId", source), ("EmailAddress", "a@x.org"), ("FirstName", first), ("LastName", "X")];
        bench.create(&members).await;
    }
    let import = begin(&bench, &["SourceId", "FirstName"], Some(Match::SourceId), 1).await.unwrap();
    assert_eq!(write(&import, &[&["s2", "ADA"], &["s1", "Cy"]]).await, ["CV40104", "found"]);
    assert_eq!(write(&import, &[&["s2", "ADA"]]).await, ["found"], "the key is free now");
}

#[tokio::test]
async fn a_trial_keeps_nothing() {
    let bench = Bench::new().await;
    let import = begin(&bench, &["LastName", "Id"], None, 1).await.unwrap();
    let read = |number, name| import.row(number, [name, ""]).unwrap();
    let verdicts = import.try_out(vec![read(1, "A"), read(2, "")]).await.unwrap();
    assert_eq!(verdicts.into_iter().map(word).collect::<Vec<_>>(), ["new", "CV40101"]);
    assert_eq!(rows(&bench, &["LastName"]).await, [""; 0]);
}

#[tokio::test]
async fn what_only_the_server_writes_is_passed_over() {
    let bench = Bench::new().await;
    let header = ["Id", "LastName", "CreatedBy", "HomeCountry", "ExcludedFromEmail", "CreatedDate"];
    let import = begin(&bench, &header, Some(Match::Email), 1).await;
    assert!(matches!(import, Err(AdminError::Table(_))), "there is no column to match by");
    let import = begin(&bench, &header, None, 1).await.unwrap();
    assert_eq!(import.passed_over(), ["CreatedBy", "HomeCountry", "CreatedDate"]);
    let cells = ["", "A", "somebody", "Nowhere", "true", "no date"];
    assert_eq!(write(&import, &[&cells]).await, ["new"]);
    let shown =
        rows(&bench, &["CreatedBy", "HomeCountry", "CreatedDate", "LastOptOutDate", "LastOptOutBy"]).await;
    assert_eq!(shown, ["import||2026-11-24T12:00:00|2026-11-24T12:00:00|API"]);
}

#[tokio::test]
async fn cells_of_the_wrong_type_are_told_together() {
    let bench = Bench::new().await;
    let import =
        begin(&bench, &["Id", "DateOfBirth", "ExcludedFromEmail", "LastName"], None, 1).await.unwrap();
    let problems = import.row(1, ["x", "soon", "maybe", "A"]).unwrap_err();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "CV40110 ID is not valid",
            "CV91102 DateOfBirth is not a date such as 2026-01-31 or 2026-01-31T09:30:00",
            "CV91102 ExcludedFromEmail is not true or false",
        ]
    );
}

#[tokio::test]
async fn long_texts_are_cut_or_refused() {
    for (strict_lengths, expected) in [(false, "new"), (true, "CV91102")] {
        let bench = Bench::with(Settings { strict_lengths, ..Settings::default() }).await;
        let import = begin(&bench, &["LastName", "EmailAddress"], None, 1).await.unwrap();
        assert_eq!(write(&import, &[&["é".repeat(51).as_str(), ""]]).await, [expected]);
        let kept = if strict_lengths { vec![] } else { vec!["é".repeat(50)] };
        assert_eq!(rows(&bench, &["LastName"]).await, kept);
    }
}

#[tokio::test]
async fn imported_contacts_are_seen_by_clients() {
    let bench = Bench::new().await;
    let import = begin(&bench, &["EmailAddress", "LastName"], None, 1).await.unwrap();
    write(&import, &[&["a@x.org", "A"]]).await;
    let found = bench.search_ids(object_type::CONTACT, "EmailAddress", "a@x.org").await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        bench.updated(object_type::CONTACT, "2026-11-24T11:00:00", "2026-11-24T13:00:00").await,
        found
    );
    let again = bench.contact(&[("EmailAddress", "A@x.org"), ("LastName", "B")]);
    let answers = bench.batch(operation::CREATE_CONTACT, vec![again]).await;
    assert_eq!(answers[0].codes, [contract::handles::code::CV40104]);
}

#[tokio::test]
async fn accounts_types_and_columns_that_there_are_not_are_refused() {
    let bench = Bench::new().await;
    let admin = bench.service.admin();
    assert!(matches!(admin.columns("Nothing", ["Id"], false), Err(AdminError::NoType(_))));
    let columns = admin.columns("contact", ["LastName", "Id"], false).unwrap();
    assert!(matches!(admin.import("NONE", columns, None, None).await, Err(AdminError::NoAccount(_))));
    let columns = admin.columns("Event", ["EventTitle", "Id"], false).unwrap();
    let refused = admin.import("A001", columns, None, None).await;
    assert!(refused.err().unwrap().to_string().contains("Contact"), "it says which types can be imported");
    let columns = admin.columns("Contact", ["Id", "CreatedBy"], false).unwrap();
    assert!(admin.import("A001", columns, None, None).await.is_err(), "there is nothing to write");
    for columns in ["Nothing", "ContactGroupDetail"] {
        let seen = Box::new(Seen::default());
        let refused = admin.export("A001", "Contact", &[columns.to_owned()], seen).await;
        assert!(matches!(refused, Err(AdminError::Table(_))), "{columns}");
    }
    let refused = admin.export("A001", "User", &["Password".to_owned()], Box::new(Seen::default())).await;
    assert!(refused.err().unwrap().to_string().contains("never given out"));
}

#[tokio::test]
async fn exports_have_all_objects_of_the_account_in_order() {
    let bench = Bench::new().await;
    bench.add_account("B002").await;
    let names: Vec<String> = (0..1203).map(|number| format!("N{number}")).collect();
    let import = begin(&bench, &["LastName", "EmailAddress"], None, 1).await.unwrap();
    let cells: Vec<[&str; 2]> = names.iter().map(|name| [name.as_str(), ""]).collect();
    let all: Vec<&[&str]> = cells.iter().map(|cells| &cells[..]).collect();
    assert!(write(&import, &all).await.iter().all(|word| word == "new"));
    assert_eq!(rows(&bench, &["LastName"]).await, names);
    let seen = Seen::default();
    assert_eq!(
        bench.service.admin().export("B002", "Contact", &[], Box::new(seen.clone())).await.unwrap(),
        GivenOut::default()
    );
    assert_eq!(seen.0.lock().unwrap().len(), 2);
}
