//! `load` and `dump`.

use crate::support::http::Request;
use crate::support::soap::{call, session};
use crate::support::{Outcome, Server, run, run_with};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const CONTACT: &str = r#"{"account":"ACME001","type":"Contact","fields":{"Id":"3B0F8C1E-52D7-4E0A-9A55-0E6C1B1C7F01","LastName":"Almeida","Active":true}}"#;

#[track_caller]
fn done(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.stderr, "", "no progress bar where there is no terminal");
    outcome.stdout
}

fn with_account(number: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    done(run(folder.path(), &["account", "add", number]));
    folder
}

#[test]
fn objects_are_loaded_from_a_file_or_standard_input() {
    let folder = with_account("ACME001");
    fs::write(folder.path().join("objects.jsonl"), CONTACT).unwrap();
    assert_eq!(done(run(folder.path(), &["load", "objects.jsonl"])), "Loaded 1 object(s).\n");
    assert_eq!(done(run(folder.path(), &["dump"])), format!("{CONTACT}\n"));
    let other = with_account("ACME001");
    done(run_with(other.path(), &["load", "-"], &[], CONTACT));
    assert_eq!(
        done(run(other.path(), &["dump", "--account", "ACME001", "--type", "Contact"])),
        format!("{CONTACT}\n")
    );
    assert_eq!(done(run(other.path(), &["dump", "--type", "Event"])), "");
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let folder = with_account("ACME001");
    let lines =
        format!("{CONTACT}\n\n{}\nx\n", CONTACT.replace("LastName", "SirName").replace("7F01", "7F02"));
    let outcome = run_with(folder.path(), &["load", "-"], &[], &lines);
    assert_eq!(outcome.code, 7, "{outcome:?}");
    let wanted = "understudy: line 3: Contact: there is no \"SirName\"\nline 4: not JSON from column 1 on\n\
                  nothing was loaded: 2 mistake(s)\n";
    assert_eq!(outcome.stderr, wanted);
    assert_eq!(done(run(folder.path(), &["dump"])), "");
    refused(folder.path(), &["load", "nowhere.jsonl"], "nowhere.jsonl");
    refused(folder.path(), &["load", "."], "can't be read");
    refused(folder.path(), &["dump", "--account", "NONE"], "NONE");
    refused(folder.path(), &["dump", "--type", "None"], "None");
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], text: &str) {
    let outcome = run(folder, arguments);
    assert!(outcome.code == 7 && outcome.stderr.contains(text), "{outcome:?}");
}

#[test]
fn the_labs_objects_move_to_another_database() {
    let started = Instant::now();
    let lab = Server::start(&["--lab", "--data", "lab"]);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let (_, _, folder) = lab.stop();
    let path = folder.path();
    let first = done(run(path, &["dump", "--data", "lab"]));
    assert!(!first.contains("$argon2"), "the API user is not among the objects");
    let added = done(run(path, &["account", "add", "LAB001", "--data", "moved"]));
    assert!(added.contains("Made a new database in moved."), "{added}");
    fs::write(path.join("lab.jsonl"), &first).unwrap();
    done(run(path, &["load", "lab.jsonl", "--data", "moved"]));
    assert_eq!(done(run(path, &["dump", "--data", "moved"])), first);
}

#[test]
fn a_running_server_finds_what_is_loaded() {
    let server = Server::start(&["--lab"]);
    let session = session(&server);
    let search = |server: &Server| server.send(&find(&session)).text().matches("<Id>").count();
    let before = search(&server);
    let contact = CONTACT.replace("ACME001", "LAB001").replace(",\"Active\":true", "");
    done(run_with(server.folder.path(), &["load", "-", "--data", "understudy-lab"], &[], &contact));
    assert_eq!(search(&server), before + 1);
}

fn find(session: &str) -> Request {
    call(session, "Search", "<ObjectType>Contact</ObjectType>")
}
