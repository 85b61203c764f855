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
