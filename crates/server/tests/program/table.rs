//! `import` and `export`.

use crate::support::{Outcome, begin, run, run_with};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const HEADER: &str = "Id,Email Address,first_name,LastName,DateOfBirth,Excluded-From-Email";

fn with_account() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    done(&run(folder.path(), &["account", "add", "A1"]));
    folder
}

#[track_caller]
fn done(outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[track_caller]
fn refused(outcome: &Outcome, text: &str) {
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(outcome.stderr.contains(text), "{text} is not in {}", outcome.stderr);
}

/// Imports a file that is made of the text.
fn import(folder: &TempDir, name: &str, text: impl AsRef<[u8]>, more: &[&str]) -> Outcome {
    fs::write(folder.path().join(name), text).unwrap();
    again(folder, name, more)
}

fn again(folder: &TempDir, name: &str, more: &[&str]) -> Outcome {
    run(folder.path(), &[&["import", name, "--account", "A1"], more].concat())
}

/// The rows of an export, without its header.
#[track_caller]
fn export(folder: &Path, columns: &str) -> Vec<String> {
    let outcome = run(folder, &["export", "--columns", columns]);
    done(&outcome);
    assert_eq!(outcome.stderr, "");
    let mut lines: Vec<String> = outcome.stdout.lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), columns);
    lines
}

#[test]
fn rows_that_are_left_out_are_mended_and_imported() {
    let folder = with_account();
    let text = "Id,Email Address,first_name,LastName,DateOfBirth\r\n\
                ,a@x.org,Ada,\"Al\r\nmeida\",1980-01-31\r\n\
                ,b@x.org,Bo,,1980-01-31\r\n\
                \r\n\
                ,c@x.org,\"C \"\"C\"\"\",Cee,soon\r\n\
                ,d@x.org,D\r\n\
                ,e@x.org,E,Eff,\r\n";
    let outcome = import(&folder, "people.csv", text, &[]);
    refused(&outcome, "3 row(s) were left out; mend them in people.errors.csv");
    assert_eq!(outcome.stdout, "Imported 2 row(s) into account A1: 2 new, 0 found; 3 left out.\n");
    for problem in [
        "line 4: CV40101 ",
        "line 6: CV91102 DateOfBirth is not a date",
        "line 7: has 3 cell(s), the header 5",
    ] {
        assert!(outcome.stderr.contains(problem), "{}", outcome.stderr);
    }
    assert!(!outcome.stderr.contains("x.org"), "nobody's data is told: {}", outcome.stderr);
    let path = folder.path().join("people.errors.csv");
    let errors = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines[0], "error_line,error_code,error_text,Id,Email Address,first_name,LastName,DateOfBirth");
    assert!(lines[1].starts_with("4,CV40101,") && lines[1].ends_with(",,b@x.org,Bo,,1980-01-31"), "{errors}");
    assert!(
        lines[2].starts_with("6,CV91102,") && lines[2].ends_with(",,c@x.org,\"C \"\"C\"\"\",Cee,soon"),
        "{errors}"
    );
    assert_eq!(lines[3], "7,,\"has 3 cell(s), the header 5\",,d@x.org,D");
    assert_eq!(lines.len(), 4);
    assert!(!folder.path().join("people.errors.csv.progress").exists());

    refused(&again(&folder, "people.csv", &[]), "people.errors.csv is there already");
    let mended = errors.replace("Bo,,", "Bo,Bee,").replace("soon", "1981-01-31");
    let outcome = import(&folder, "people.errors.csv", mended, &[]);
    refused(&outcome, "1 row(s) were left out; mend them in people.errors.errors.csv");
    let left = fs::read_to_string(folder.path().join("people.errors.errors.csv")).unwrap();
    assert_eq!(left.lines().count(), 2);
    assert!(left.starts_with(&format!("{}\n4,,\"has", lines[0])), "remarks do not pile up: {left}");
    let mended = left.replace(",d@x.org,D", ",d@x.org,D,Dee,");
    done(&import(&folder, "people.errors.errors.csv", mended, &[]));
    let shown = run(folder.path(), &["export", "--columns", "EmailAddress,FirstName,LastName,DateOfBirth"]);
    assert_eq!(
        shown.stdout,
        "EmailAddress,FirstName,LastName,DateOfBirth\n\
         a@x.org,Ada,\"Al\r\nmeida\",1980-01-31T00:00:00\n\
         e@x.org,E,Eff,\n\
         b@x.org,Bo,Bee,1980-01-31T00:00:00\n\
         c@x.org,\"C \"\"C\"\"\",Cee,1981-01-31T00:00:00\n\
         d@x.org,D,Dee,\n"
    );
}

#[test]
fn rows_find_their_objects_by_the_chosen_key() {
    let folder = with_account();
    done(&import(
        &folder,
        "1.csv",
        "SourceId,EmailAddress,LastName,Title\ns1,a@x.org,A,T\ns2,b@x.org,B,T\n",
        &[],
    ));
    let outcome =
        import(&folder, "2.csv", "source id,last name\n s2,Bee\ns3,Cee\n", &["--match", "source-id"]);
    assert_eq!(outcome.stdout, "Imported 2 row(s) into account A1: 1 new, 1 found; 0 left out.\n");
    done(&import(&folder, "3.csv", "E-Mail Address,Title\nA@X.ORG,Chair\n", &["--match", "email"]));
    assert_eq!(
        export(folder.path(), "SourceId,EmailAddress,LastName,Title"),
        ["s1,A@X.ORG,A,Chair", " s2,b@x.org,Bee,T", "s3,,Cee,"]
    );
    let ids = run(folder.path(), &["export", "--columns", "Id,LastName"]).stdout;
    done(&import(&folder, "4.csv", ids.replace(",A\n", ",Aye\n").to_lowercase(), &["--match", "id"]));
    assert_eq!(export(folder.path(), "LastName"), ["aye", "bee", "cee"]);
    refused(&again(&folder, "4.csv", &["--match", "email"]), "matched by EmailAddress");
}

#[test]
fn wrong_commands_are_refused_before_anything_is_written() {
    let folder = with_account();
    let header = import(&folder, "1.csv", "LastName,Shoe Size,Emial Address\nA,1,a@x.org\n", &[]);
    refused(&header, "column 2: Contact has no \"Shoe Size\"\n");
    refused(
        &header,
        "column 3: Contact has no \"Emial Address\"; near it: EmailAddress\n--ignore-unknown skips",
    );
    refused(&import(&folder, "2.csv", "Ada,ada@x.org\n", &[]), "the first line must name the columns");
    refused(&import(&folder, "3.csv", "", &[]), "is empty");
    refused(&import(&folder, "4.csv", b"LastName,N\xE4me\n", &[]), "line 1: is not UTF-8");
    refused(&again(&folder, "5.csv", &[]), "5.csv can't be read");
    refused(&again(&folder, ".", &[]), "can't be read");
    refused(&again(&folder, "1.csv", &["--type", "Nothing"]), "no object type Nothing");
    refused(&import(&folder, "6.csv", "Id,EventTitle\n", &["--type", "Event"]), "no importing of Event");
    refused(&run(folder.path(), &["import", "1.csv", "--account", "B", "--ignore-unknown"]), "no account B");
    let nameless = run_with(folder.path(), &["import", "-", "--account", "A1"], &[], "LastName,Id\nA,\n");
    assert_eq!(nameless.code, 2, "{nameless:?}");
    assert!(nameless.stderr.contains("--errors"), "{nameless:?}");
    assert_eq!(run(folder.path(), &["import", "1.csv"]).code, 2);
    refused(&run(folder.path(), &["export", "--columns", "Nmae"]), "no \"Nmae\"");
    refused(&run(folder.path(), &["export", "--account", "B"]), "no account B");
    assert_eq!(export(folder.path(), "LastName"), [""; 0]);
    let ignored = again(&folder, "1.csv", &["--ignore-unknown", "--match", "id"]);
    done(&ignored);
    done(&run(folder.path(), &["account", "add", "B"]));
    let which = run(folder.path(), &["export"]);
    assert!(which.code == 2 && which.stderr.contains("A1, B"), "{which:?}");
}

#[test]
fn standard_input_is_imported_and_a_trial_writes_nothing() {
    let folder = with_account();
    let text = "\u{feff}LastName,Id\nA,\n,\n";
    fs::write(folder.path().join("a.csv"), text).unwrap();
    let trial = again(&folder, "a.csv", &["--dry-run"]);
    refused(&trial, "1 row(s) would be left out");
    assert_eq!(trial.stdout, "Would import 1 row(s) into account A1: 1 new, 0 found; 1 left out.\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the file and the database");
    assert_eq!(export(folder.path(), "LastName"), [""; 0]);
    let arguments = ["import", "-", "--account", "A1", "--errors", "e.csv"];
    let outcome = run_with(folder.path(), &arguments, &[], text);
    refused(&outcome, "line 3: CV40101");
    assert_eq!(export(folder.path(), "LastName"), ["A"]);
    assert!(fs::read_to_string(folder.path().join("e.csv")).unwrap().contains("\n3,CV40101,"));
}

#[test]
fn a_quote_that_does_not_end_stops_behind_the_rows_before_it() {
    let folder = with_account();
    let text = "LastName,Id\nA,\nB,\n\"C,\nD,\n";
    refused(
        &import(&folder, "a.csv", text, &[]),
        "a.csv: line 4: a quote (\") that begins there does not end",
    );
    assert_eq!(export(folder.path(), "LastName"), ["A", "B"]);
    let changed = import(&folder, "a.csv", text.replace("A,", "X,"), &[]);
    refused(
        &changed,
        "a.csv has changed in the 2 row(s) that an earlier run imported; --restart begins anew",
    );
    let mended = import(&folder, "a.csv", text.replace("\"C", "C"), &[]);
    done(&mended);
    assert!(mended.stderr.contains("goes on behind row 2"), "{mended:?}");
    assert_eq!(mended.stdout, "Imported 4 row(s) into account A1: 4 new, 0 found; 0 left out.\n");
    assert_eq!(export(folder.path(), "LastName"), ["A", "B", "C", "D"]);
}

#[test]
fn text_that_is_not_utf_8_is_left_out_as_it_is() {
    let folder = with_account();
    let outcome = import(&folder, "a.csv", b"LastName,Id\nM\xFCller,\nB,\n", &[]);
    refused(&outcome, "line 2: is not UTF-8 in column 1");
    let errors = fs::read(folder.path().join("a.errors.csv")).unwrap();
    assert!(errors.ends_with(b"2,,is not UTF-8 in column 1,M\xFCller,\n"), "{errors:?}");
    assert_eq!(export(folder.path(), "LastName"), ["B"]);
}

/// A file of so many rows that find no object by any key; every hundredth is a bad one.
fn many(rows: usize) -> String {
    let row = |number: usize| match number % 100 {
        0 => format!(",bad {number}\n"),
        _ => format!("\"N\n{number}\",{number}\n"),
    };
    (1..=rows).fold("LastName,FirstName\n".to_owned(), |text, number| text + &row(number))
}

#[track_caller]
fn is_whole(folder: &TempDir, rows: usize) {
    let good: Vec<String> =
        (1..=rows).filter(|number| number % 100 != 0).map(|number| number.to_string()).collect();
    assert_eq!(export(folder.path(), "FirstName"), good);
    let errors = fs::read_to_string(folder.path().join("many.errors.csv")).unwrap();
    let bad: Vec<&str> = errors.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    let wanted: Vec<String> = (1..=rows / 100).map(|number| format!("bad {}", number * 100)).collect();
    assert_eq!(bad, wanted);
}

/// The rows that a stopped import tells of, or nothing while it tells of none.
fn rows_done(folder: &TempDir) -> Option<u64> {
    let text = fs::read_to_string(folder.path().join("many.errors.csv.progress")).ok()?;
    let rows = text.split("\"rows\":").nth(1)?;
    rows.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

const MANY: [&str; 6] = ["import", "many.csv", "--account", "A1", "--match", "id"];

#[test]
fn a_killed_import_goes_on_without_losing_or_doubling_a_row() {
    let folder = with_account();
    // So many that no round comes near the end, however late it is woken.
    let rows = 48_000;
    fs::write(folder.path().join("many.csv"), many(rows)).unwrap();
    let (mut kills, mut before) = (0, 0);
    for round in 0..4 {
        if before > rows as u64 / 2 {
            break;
        }
        let mut child = begin(folder.path(), &MANY);
        let deadline = Instant::now() + Duration::from_secs(60);
        // Until it has come further than the last one.
        while rows_done(&folder).unwrap_or(before) <= before && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the import does not come on");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(31 * round));
        kills += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        before = rows_done(&folder).unwrap_or(before);
    }
    assert!(kills >= 2, "the imports were over before they could be killed");
    let outcome = run(folder.path(), &MANY);
    refused(&outcome, &format!("goes on behind row {before}"));
    let (good, bad) = (rows - rows / 100, rows / 100);
    assert_eq!(
        outcome.stdout,
        format!("Imported {good} row(s) into account A1: {good} new, 0 found; {bad} left out.\n")
    );
    is_whole(&folder, rows);
}

#[cfg(unix)]
#[test]
fn an_import_that_is_told_to_stop_says_how_to_go_on() {
    let folder = with_account();
    let rows = 16_000;
    fs::write(folder.path().join("many.csv"), many(rows)).unwrap();
    let mut child = begin(folder.path(), &MANY);
    while rows_done(&folder).unwrap_or(0) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it is over already");
        std::thread::sleep(Duration::from_millis(2));
    }
    let busy = again(&folder, "many.csv", &["--match", "id"]);
    refused(&busy, "many.csv is being imported");
    let told =
        std::process::Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let done = rows_done(&folder).unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        stderr.contains(&format!("stopped behind row {done}; the same command goes on from there")),
        "{stderr}"
    );
    let other = again(&folder, "many.csv", &[]);
    refused(&other, "EmailAddress");
    let other = again(&folder, "many.csv", &["--match", "id", "--ignore-unknown"]);
    refused(&other, "--restart begins anew");
    refused(&run(folder.path(), &MANY), &format!("goes on behind row {done}"));
    is_whole(&folder, rows);
}

#[test]
fn an_import_does_not_go_on_in_a_database_that_lacks_what_it_wrote() {
    let folder = with_account();
    let text = "LastName,Id\nA,\n\"B,\n";
    refused(&import(&folder, "a.csv", text, &[]), "does not end");
    done(&run(folder.path(), &["account", "remove", "A1", "--yes"]));
    done(&run(folder.path(), &["account", "add", "A1"]));
    let mended = text.replace("\"B", "B");
    refused(&import(&folder, "a.csv", &mended, &[]), "what it wrote last is not in the database");
    let anew = again(&folder, "a.csv", &["--restart"]);
    assert_eq!(anew.stdout, "Imported 2 row(s) into account A1: 2 new, 0 found; 0 left out.\n");
}

/// What an account holds, but for what the server itself notes.
fn held(folder: &TempDir) -> Vec<serde_json::Value> {
    let dump = run(folder.path(), &["dump", "--account", "A1", "--type", "Contact"]).stdout;
    let object = |line: &str| {
        let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
        for name in ["CreatedBy", "CreatedDate", "LastModifiedBy", "LastModifiedDate", "LastOptOutDate"] {
            object["fields"].as_object_mut().unwrap().remove(name);
        }
        object
    };
    dump.lines().map(object).collect()
}

#[test]
fn what_is_exported_is_imported_as_the_same_objects() {
    let folder = with_account();
    let text = format!(
        "{HEADER},Title,PrimaryAddress,Work Country Code,Work State Code,Company\n\
         ,zoë@x.org,Zoë,\"O'Brien, \"\"Z\"\"\",1980-02-29T23:59:59.123,true,\"two\r\nlines\n\",Work,us,ny,\" a \"\n\
         ,b@x.org,日本語,🦀,,false,=1+1,Home,,,\"\t\"\n\
         3B0F8C1E-52D7-4E0A-9A55-0E6C1B1C7F01,,,\"\"\"\",1900-01-01,,007,,DE,,\u{feff}\n"
    );
    done(&import(&folder, "a.csv", text, &[]));
    let objects = held(&folder);
    assert_eq!(objects.len(), 3);
    assert_eq!(objects[0]["fields"]["WorkState"], "New York");
    let exported = run(folder.path(), &["export", "out.csv"]);
    assert_eq!(exported.stdout, "Exported 3 object(s) to out.csv.\n");
    let file = fs::read(folder.path().join("out.csv")).unwrap();
    assert!(file.starts_with(b"Id,"));
    assert_eq!(run(folder.path(), &["export", "--account", "A1", "-"]).stdout.as_bytes(), file);

    let other = with_account();
    let outcome = import(&other, "in.csv", &file, &[]);
    assert_eq!(outcome.stdout, "Imported 3 row(s) into account A1: 3 new, 0 found; 0 left out.\n");
    assert!(outcome.stderr.contains("columns that are passed over"), "{outcome:?}");
    assert_eq!(held(&other), objects);
    let outcome = import(&other, "again.csv", &file, &[]);
    assert_eq!(outcome.stdout, "Imported 3 row(s) into account A1: 0 new, 3 found; 0 left out.\n");
    assert_eq!(held(&other), objects, "a second time changes nothing");
    let ids: BTreeSet<String> = export(other.path(), "Id").into_iter().collect();
    assert!(ids.len() == 3 && ids.contains("3B0F8C1E-52D7-4E0A-9A55-0E6C1B1C7F01"));
}
