//! What keeps the program from starting, each with its exit code and a message that helps.

use crate::support::{Outcome, Server, run};
use std::fs;

#[track_caller]
fn fails(outcome: &Outcome, code: i32, texts: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    for text in texts {
        assert!(outcome.stderr.contains(text), "{text:?} is not in {}", outcome.stderr);
    }
}

#[test]
fn a_port_in_use() {
    let server = Server::lab(&[]);
    let folder = tempfile::tempdir().unwrap();
    let address = server.address.to_string();
    let outcome = run(folder.path(), &["serve", "--listen", &address]);
    fails(&outcome, 3, &[&address, "in use", "--listen"]);
    assert!(!folder.path().join("understudy-data").exists(), "the database must not be touched");
}

#[test]
fn an_address_of_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    fails(
        &run(folder.path(), &["serve", "--listen", "192.0.2.1:8611", "--trusted-proxies", "192.0.2.7"]),
        3,
        &["no such address on this machine"],
    );
}

#[test]
fn a_folder_that_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let outcome = run(folder.path(), &["serve", "--listen", ":0", "--data", "file/data"]);
    fails(&outcome, 4, &["file/data", "choose a folder"]);
}

#[test]
fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("understudy.db"), "This is something else altogether.".repeat(100)).unwrap();
    let outcome = run(folder.path(), &["serve", "--listen", ":0", "--data", "."]);
    fails(&outcome, 6, &["understudy.db", "not a database"]);
}

#[test]
fn a_newer_database() {
    let (_, _, folder) = Server::start(&[]).stop();
    let file = folder.path().join("understudy-data/understudy.db");
    let mut bytes = fs::read(&file).unwrap();
    // The user_version of a SQLite file is the big-endian number at offset 60.
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    fs::write(&file, bytes).unwrap();
    fails(&run(folder.path(), &["serve", "--listen", ":0"]), 5, &["9999", "newer"]);
    fails(&run(folder.path(), &["account", "list"]), 5, &["9999"]);
}

#[test]
fn a_database_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for command in
        [&["dump"][..], &["account", "list"], &["user", "list", "A"], &["export"], &["database", "migrate"]]
    {
        let outcome = run(folder.path(), &[command, &["--data", "typo"]].concat());
        fails(&outcome, 7, &["no database in typo"]);
    }
    let source = ["copy", "--from", "./typo", "--to", "./other"];
    fails(&run(folder.path(), &source), 7, &["no database in ./typo"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
}

#[test]
fn a_database_that_another_server_has() {
    let server = Server::start(&[]);
    let outcome = run(server.folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    fails(&outcome, 4, &["another understudy", "--data"]);
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn an_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("understudy.db"), "").unwrap();
    let outcome = run(folder.path(), &["serve", "--listen", ":0", "--data", "."]);
    fails(&outcome, 6, &["understudy.db is empty", "backup"]);
}

#[test]
fn an_older_database_for_all_but_those_that_bring_it_up_to_date() {
    let (_, _, folder) = Server::start(&[]).stop();
    let file = folder.path().join("understudy-data/understudy.db");
    let older = || {
        let database = rusqlite::Connection::open(&file).unwrap();
        database.execute_batch("ALTER TABLE contact DROP COLUMN company").unwrap();
    };
    older();
    fails(&run(folder.path(), &["account", "list"]), 9, &["database migrate"]);
    let migrated = run(folder.path(), &["database", "migrate"]);
    assert!(migrated.code == 0 && migrated.stdout.contains("copy of it"), "{migrated:?}");
    assert_eq!(fs::read_dir(folder.path().join("understudy-data")).unwrap().count(), 2);
    let again = run(folder.path(), &["database", "migrate"]);
    assert!(again.code == 0 && again.stdout.contains("is up to date"), "{again:?}");
    older();
    let (code, log, _) = Server::start_in(folder, &[], &[]).stop();
    assert!(code == 0 && log.contains("copied the database"), "{log}");
}

#[test]
fn a_labs_database_for_others_and_others_for_a_lab() {
    let (_, _, folder) = Server::start(&["--lab", "--data", "lab"]).stop();
    let outcome = run(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data", "lab"]);
    fails(&outcome, 7, &["lab has the data of a lab", "--lab"]);
    assert_eq!(run(folder.path(), &["account", "add", "ACME", "--data", "acme"]).code, 0);
    let outcome = run(folder.path(), &["serve", "--lab", "--listen", "127.0.0.1:0", "--data", "acme"]);
    fails(&outcome, 7, &["acme has accounts", "--lab"]);
    let accounts = run(folder.path(), &["account", "list", "--data", "acme"]).stdout;
    assert!(!accounts.contains("LAB001"), "{accounts}");
}

#[test]
fn a_lab_and_production_have_folders_of_their_own() {
    let (_, _, folder) = Server::start(&["--lab"]).stop();
    assert!(folder.path().join("understudy-lab/understudy.db").exists());
    assert!(!folder.path().join("understudy-data").exists());
    fails(&run(folder.path(), &["account", "list"]), 7, &["--data understudy-lab"]);
    let (code, log, folder) = Server::start_in(folder, &[], &[]).stop();
    assert_eq!(code, 0, "{log}");
    assert!(!run(folder.path(), &["account", "list"]).stdout.contains("LAB001"));
}

#[test]
fn settings_with_which_nobody_is_served() {
    let folder = tempfile::tempdir().unwrap();
    for flags in [["--max-body", "0"], ["--request-memory", "1"]] {
        fails(&run(folder.path(), &[&["serve", "--memory"][..], &flags].concat()), 2, &[flags[0]]);
    }
}

#[test]
fn settings_that_do_nothing_are_warned_of() {
    let flags = ["--memory", "--forwarded-header", "X-Real-IP", "--waiting-calls", "0"];
    let (_, log, _) = Server::start(&flags).stop();
    for flag in ["--forwarded-header counts", "--waiting-calls 0 refuses"] {
        assert!(log.contains(flag), "{log}");
    }
}

#[test]
fn a_lab_for_others() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let outcome = run(folder.path(), &["serve", "--lab", "--listen", address]);
        fails(&outcome, 2, &["--lab", "loopback", address]);
    }
}

#[test]
fn passwords_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    for flags in [
        &["--listen", "0.0.0.0:0"][..],
        &["--listen", "[::]:0"],
        &["--listen", "0.0.0.0:0", "--trust-forwarded"],
    ] {
        let outcome = run(folder.path(), &[&["serve"], flags].concat());
        fails(&outcome, 2, &["--listen", "--tls-certificate", "--tls-key", "--trusted-proxies"]);
    }
    assert!(!folder.path().join("understudy-data").exists(), "the database must not be touched");
}

#[test]
fn proxies_that_are_no_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(folder.path(), &["serve", "--trusted-proxies", "10.0.0.1,here"]);
    fails(&outcome, 2, &["--trusted-proxies", "here", "10.0.0.0/8"]);
    fails(&run(folder.path(), &["serve", "--forwarded-header", "Forwarded"]), 2, &["--forwarded-header"]);
}

#[test]
fn a_repeatable_production() {
    let folder = tempfile::tempdir().unwrap();
    fails(&run(folder.path(), &["serve", "--seed-ids", "1"]), 2, &["--seed-ids", "--lab"]);
    fails(&run(folder.path(), &["serve", "--clock", "2026-01-01T00:00:00Z"]), 2, &["--clock", "--lab"]);
}

#[test]
fn a_wrong_filter_for_the_log() {
    let folder = tempfile::tempdir().unwrap();
    fails(&run(folder.path(), &["serve", "--log", "a=b=c"]), 2, &["--log"]);
}

#[test]
fn the_help_has_the_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["serve", "--help"]).stdout;
    for line in ["3  the address", "4  the data folder", "5  the database", "130  ended"] {
        assert!(help.contains(line), "{line} is not in {help}");
    }
}
