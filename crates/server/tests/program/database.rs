//! The program on PostgreSQL.

use crate::postgres::TestDatabase;
use crate::support::soap::{attribute, call, create_contact, login_with, session};
use crate::support::{Outcome, Server, run, run_with};
use std::path::Path;

const XML: &str = "text/xml; charset=utf-8";

/// The password in a URL.
fn password(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.split_once('@')?.0.split_once(':')).unwrap().1
}

fn on(database: &TestDatabase) -> [(&'static str, &str); 1] {
    [("UNDERSTUDY_DATABASE", &database.url)]
}

fn contacts(server: &Server, session: &str) -> usize {
    let search = call(session, "Search", "<ObjectType>Contact</ObjectType>");
    server.send(&search).expect(200, XML).text().matches("<Id>").count()
}

#[test]
fn what_was_written_and_who_was_logged_in_outlive_the_server() {
    let database = TestDatabase::empty();
    let server = Server::start(&["--lab", "--database", &database.url]);
    assert!(!server.banner.contains(password(&database.url)), "{}", server.banner);
    let session = session(&server);
    let before = contacts(&server, &session);
    server.send(&create_contact(&session, "one@stays.example")).expect(200, XML);
    // A second server on the same database knows the session, too.
    let folder = tempfile::tempdir().unwrap();
    let second = Server::start_in(folder, &["--lab"], &on(&database));
    second.send(&create_contact(&session, "two@stays.example")).expect(200, XML);
    assert_eq!((contacts(&server, &session), contacts(&second, &session)), (before + 2, before + 2));
    second.signal("KILL");
    let (code, log, folder) = server.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!folder.path().join("understudy-data").exists());
    std::fs::write(folder.path().join("understudy.toml"), format!("database = \"{}\"\n", database.url))
        .unwrap();
    let server = Server::start_in(folder, &["--lab"], &[]);
    assert_eq!(contacts(&server, &session), before + 2);
}

#[test]
fn accounts_are_managed_beside_a_running_server() {
    let database = TestDatabase::empty();
    let folder = tempfile::tempdir().unwrap();
    let done = |arguments: &[&str], input: &str| {
        let outcome = run_with(folder.path(), arguments, &on(&database), input);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.stdout
    };
    done(&["account", "add", "ACME001", "--name", "Acme Events"], "");
    let server =
        Server::start(&["--database", &database.url, "--database-pooler", "--database-connections", "2"]);
    done(&["user", "add", "ACME001", "api"], "Tr0ub4dor and more");
    assert!(done(&["account", "list"], "").contains("Acme Events"));
    let answer = server.send(&login_with("ACME001", "api", "Tr0ub4dor and more"));
    assert_eq!(attribute(answer.expect(200, XML), "LoginSuccess"), "true");
}

#[test]
fn no_value_reaches_the_log_whatever_is_asked_of_it() {
    let database = TestDatabase::empty();
    let flags = ["--lab", "--database", &database.url, "--log", "trace,tokio_postgres::query=trace"];
    let server = Server::start(&flags);
    let session = session(&server);
    server.send(&create_contact(&session, "one@stays.example")).expect(200, XML);
    let (_, log, _) = server.stop();
    assert!(log.contains("listening"), "{log}");
    for secret in ["stays.example", &session, password(&database.url)] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn an_installation_moves_there_and_back() {
    let database = TestDatabase::empty();
    let server = Server::start(&["--lab"]);
    let session = session(&server);
    server.send(&create_contact(&session, "one@moves.example")).expect(200, XML);
    let before = contacts(&server, &session);
    let (code, log, folder) = server.stop();
    assert_eq!(code, 0, "{log}");
    let copy = |from: &str, to: &str| run(folder.path(), &["copy", "--from", from, "--to", to]);
    let same = |outcome: Outcome| {
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.stdout.contains("Both databases hold the same"), "{outcome:?}");
        let table = outcome.stdout.find("table ").unwrap();
        outcome.stdout[table..].to_owned()
    };
    let there = same(copy("./understudy-lab", &database.url));
    assert_eq!(same(copy(&database.url, "./back")), there, "the same rows and checksums");
    assert_eq!(same(copy("./understudy-lab", &database.url)), there, "once more is no harm");
    let moved = Server::start(&["--lab", "--database", &database.url]);
    assert_eq!(contacts(&moved, &session), before, "the session goes on, too");
    let (code, log, _) = moved.stop();
    assert_eq!(code, 0, "{log}");

    fails(&copy("./nowhere", &database.url), 7, "no database in ./nowhere");
    fails(&copy(&database.url, &database.url), 2, "the same database");
    fails(&copy("./back", "mysql://me:verysecret@db/app"), 2, "--to: a URL is wanted");
    let spread = |flags: &[&str]| run(folder.path(), &[&["database", "distribute"], flags].concat());
    fails(&spread(&["--database", &database.url]), 7, "CREATE EXTENSION citus");
    fails(&spread(&["--data", "./back"]), 7, "an embedded database lives on one machine");
}

#[track_caller]
fn fails(outcome: &Outcome, code: i32, text: &str) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert!(outcome.stderr.contains(text) && !outcome.stderr.contains("verysecret"), "{outcome:?}");
}

#[test]
fn two_places_or_a_wrong_one_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let try_in = |folder: &Path, flags: &[&str]| run(folder, &[&["serve", "--listen", ":0"], flags].concat());
    let url = "postgres://me:verysecret@127.0.0.1:1/app";
    let try_on = |flags: &[&str]| try_in(folder.path(), &[&["--database", url], flags].concat());
    fails(&try_on(&["--data", "here"]), 2, "--database and --data");
    fails(&try_on(&["--memory"]), 2, "--database and --memory");
    fails(&try_on(&[]), 4, "cannot connect to postgres://127.0.0.1:1/app");
    let wrong = ["mysql://me:verysecret@db/app", "postgres://me:verysecret@db/app?sslmode=verysecret"];
    for (url, text) in wrong.into_iter().zip(["postgres://USER", "verify-full"]) {
        fails(&try_in(folder.path(), &["--database", url]), 2, text);
    }
}
