//! `account`, `user` and `wsdl`.

use crate::support::http::ENDPOINT;
use crate::support::soap::{attribute, login_with};
use crate::support::{Outcome, Server, run, run_with};
use std::path::Path;

#[track_caller]
fn done(outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[track_caller]
fn refused(outcome: &Outcome, text: &str) {
    assert_eq!(outcome.code, 7, "{outcome:?}");
    assert!(outcome.stderr.contains(text), "{text} is not in {}", outcome.stderr);
}

fn with_password(folder: &Path, arguments: &[&str], password: &str) -> Outcome {
    run_with(folder, arguments, &[], password)
}

#[track_caller]
fn logs_in(server: &Server, user: &str, password: &str) -> bool {
    let answer = server.send(&login_with("ACME001", user, password));
    answer.expect(200, "text/xml; charset=utf-8");
    attribute(&answer, "LoginSuccess") == "true"
}

#[test]
fn accounts() {
    let folder = tempfile::tempdir().unwrap();
    let account = |arguments: &[&str]| run(folder.path(), &[&["account"], arguments].concat());
    done(&account(&["add", "ACME001", "--name", "Acme Events"]));
    refused(&account(&["add", "ACME001"]), "ACME001");
    done(&account(&["add", "B2"]));
    let set = [
        "set",
        "B2",
        "--key",
        "source-id",
        "--max-calls",
        "500",
        "--active=false",
        "--contact-type",
        "V=Very",
    ];
    done(&account(&set));
    refused(&account(&["set", "B3", "--name", "x"]), "B3");
    let list = account(&["list"]).stdout;
    let line = |number: &str| list.lines().find(|line| line.starts_with(number)).unwrap().to_owned();
    assert!(line("ACME001").ends_with("Acme Events"), "{list}");
    let words: Vec<String> = line("B2").split_whitespace().map(str::to_owned).collect();
    assert_eq!(words, ["B2", "no", "source-id", "500", "none", "B2"]);
    done(&account(&["set", "B2", "--max-calls", "none", "--name", "Second"]));
    let list = account(&["list"]).stdout;
    assert!(list.contains("B2       no      source-id  none"), "{list}");
    assert_eq!(account(&["remove", "B2"]).code, 2);
    done(&account(&["remove", "B2", "--yes"]));
    refused(&account(&["remove", "B2", "--yes"]), "B2");
    assert!(!account(&["list"]).stdout.contains("B2"));
}

#[test]
fn users_and_their_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    done(&run(path, &["account", "add", "ACME001"]));
    done(&with_password(path, &["user", "add", "ACME001", "sync"], "the first of all\n"));
    refused(&with_password(path, &["user", "add", "ACME001", "sync"], "another of them\n"), "sync");
    refused(&with_password(path, &["user", "add", "NONE", "sync"], "another of them\n"), "NONE");
    refused(&with_password(path, &["user", "add", "ACME001", "other"], "\n"), "empty");
    refused(
        &with_password(path, &["user", "add", "ACME001", "other", "--allow", "here"], "another of them\n"),
        "here",
    );
    let allow = ["user", "add", "ACME001", "far", "--allow", "192.0.2.1", "--allow", "198.51.100.0/24"];
    done(&with_password(path, &allow, "far away from it"));
    refused(&with_password(path, &["user", "add", "ACME001", "short"], "short\n"), "--short-password");
    let short = with_password(path, &["user", "add", "ACME001", "short", "--short-password"], "short\n");
    assert!(short.code == 0 && short.stderr.contains("easily guessed"), "{}", short.stderr);
    let list = run(path, &["user", "list", "ACME001"]).stdout;
    assert!(
        list.contains("sync") && list.contains("everywhere") && list.contains("198.51.100.0/24"),
        "{list}"
    );

    let server = Server::start_in(folder, &[], &[]);
    assert!(logs_in(&server, "sync", "the first of all"));
    assert!(!logs_in(&server, "far", "far away from it"));
    let (_, _, folder) = server.stop();
    let path = folder.path();
    done(&with_password(path, &["user", "set-password", "ACME001", "sync"], "\u{feff}the second one\r\n"));
    let server = Server::start_in(folder, &[], &[]);
    assert!(logs_in(&server, "sync", "the second one") && !logs_in(&server, "sync", "the first of all"));
    let (_, _, folder) = server.stop();
    let path = folder.path();
    done(&run(path, &["user", "disable", "ACME001", "sync"]));
    refused(&run(path, &["user", "disable", "ACME001", "nobody"]), "nobody");
    let server = Server::start_in(folder, &[], &[]);
    assert!(!logs_in(&server, "sync", "the second one"));
    let (_, _, folder) = server.stop();
    let path = folder.path();
    done(&run(path, &["user", "enable", "ACME001", "sync"]));
    done(&run(path, &["user", "set", "ACME001", "far", "--allow-all", "--name", "near"]));
    assert_eq!(run(path, &["user", "set", "ACME001", "near"]).code, 2);
    refused(&run(path, &["user", "set", "ACME001", "near", "--name", "SYNC"]), "SYNC");
    done(&run(path, &["user", "remove", "ACME001", "short"]));
    refused(&run(path, &["user", "remove", "ACME001", "short"]), "short");
    let server = Server::start_in(folder, &[], &[]);
    assert!(logs_in(&server, "sync", "the second one") && logs_in(&server, "near", "far away from it"));
    for _ in 0..5 {
        assert!(!logs_in(&server, "near", "wrong"));
    }
    assert!(!logs_in(&server, "near", "far away from it"));
    done(&run(server.folder.path(), &["user", "unlock", "ACME001", "near"]));
    assert!(logs_in(&server, "near", "far away from it"));
}

#[test]
fn accounts_can_be_managed_while_the_server_runs() {
    let server = Server::start(&[]);
    let path = server.folder.path();
    done(&run(path, &["account", "add", "ACME001"]));
    done(&with_password(path, &["user", "add", "ACME001", "sync"], "a secret of mine"));
    assert!(logs_in(&server, "sync", "a secret of mine"));
}

#[test]
fn a_password_is_no_argument() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(folder.path(), &["user", "set-password", "ACME001", "sync", "secret"]);
    assert_eq!(outcome.code, 2);
}

#[test]
fn the_wsdl_is_printed_as_it_is_served() {
    let server = Server::lab(&["--public-url", "https://crm.example.org"]);
    let printed = run(server.folder.path(), &["wsdl", "--public-url", "https://crm.example.org"]);
    done(&printed);
    assert_eq!(printed.stdout.as_bytes(), server.get(&format!("{ENDPOINT}?wsdl")).body);
}
