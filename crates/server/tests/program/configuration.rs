//! Flags, variables and the file.

use crate::support::http::{ENDPOINT, Request};
use crate::support::soap::{call, login};
use crate::support::{Server, run, run_with};
use std::fs;
use tempfile::TempDir;

fn folder_with(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// The largest body that a server takes, found out by sending one.
fn takes(server: &Server, length: usize) -> bool {
    let request = login().body(vec![b' '; length]);
    !server.send(&request).text().contains("Maximum request length exceeded.")
}

#[test]
fn a_flag_counts_before_a_variable_and_a_variable_before_the_file() {
    let file = "max-body = 3000\n";
    let variable = [("UNDERSTUDY_MAX_BODY", "2000")];
    let lab = ["--lab", "--memory"];
    let server = Server::start_in(folder_with("understudy.toml", file), &lab, &[]);
    assert!(takes(&server, 3000) && !takes(&server, 3001));
    let server = Server::start_in(folder_with("understudy.toml", file), &lab, &variable);
    assert!(takes(&server, 2000) && !takes(&server, 2001));
    let flags = ["--lab", "--memory", "--max-body", "1000"];
    let server = Server::start_in(folder_with("understudy.toml", file), &flags, &variable);
    assert!(takes(&server, 1000) && !takes(&server, 1001));
}

#[test]
fn switches_obey_the_same_order() {
    let file = folder_with("understudy.toml", "lab = true\nmemory = true\nclock = 2026-01-02T03:04:05Z\n");
    let server = Server::start_in(file, &[], &[]);
    assert_eq!(server.get("/healthz").header("x-understudy-lab"), Some("1"));
    let file = folder_with("understudy.toml", "lab = true\nmemory = true\n");
    let server = Server::start_in(file, &["--lab=false"], &[]);
    assert_eq!(server.get("/healthz").header("x-understudy-lab"), None);
    let file = folder_with("understudy.toml", "lab = true\nmemory = true\n");
    let server = Server::start_in(file, &[], &[("UNDERSTUDY_LAB", "0")]);
    assert_eq!(server.get("/healthz").header("x-understudy-lab"), None);
}

#[test]
fn the_file_can_be_named() {
    let folder = folder_with("other.toml", "lab = true\nmemory = true\nmax-body = 1000\n");
    let server = Server::start_in(folder, &["--config", "other.toml"], &[]);
    assert!(!takes(&server, 1001));
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(folder.path(), &["serve", "--config", "missing.toml"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("missing.toml"), "{}", outcome.stderr);
}

#[test]
fn a_mistake_in_the_file_is_named() {
    for (text, expected) in [
        ("lisen = \"127.0.0.1:0\"\n", "unknown key `lisen`"),
        ("config = \"x\"\n", "unknown key `config`"),
        ("max-body = \"big\"\n", "max-body"),
        ("listen = \"nowhere\"\n", "an address and a port are wanted"),
        ("max-connections = 0\n", "max-connections"),
        ("listen = \n", "not valid TOML"),
    ] {
        let folder = folder_with("understudy.toml", text);
        let outcome = run(folder.path(), &["serve"]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("understudy.toml"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{expected} is not in {}", outcome.stderr);
    }
}

#[test]
fn the_other_commands_look_into_the_file_for_the_folder() {
    let folder = folder_with("understudy.toml", "data = \"elsewhere\"\nmax-body = 1\n");
    assert_eq!(run(folder.path(), &["account", "add", "A1"]).code, 0);
    assert!(folder.path().join("elsewhere/understudy.db").exists());
    let list =
        |variables: &[(&str, &str)]| run_with(folder.path(), &["account", "list"], variables, "").stdout;
    assert!(list(&[]).contains("A1"));
    assert!(!list(&[("UNDERSTUDY_DATA", "third")]).contains("A1"));
}

#[test]
fn the_quirks_can_be_set() {
    let outside = call("", "Search", "<ObjectType>Nope</ObjectType>");
    let accented = Request::new("POST", ENDPOINT)
        .header("Content-Type", "text/xml")
        .body("<soap:Envelope xmlns:soap=\"urn:caf\u{e9}\"/>");
    // Without an action the envelope is read, and its namespace comes back.
    let accented = |server: &Server| server.send(&accented).text().to_owned();
    let server = Server::lab(&[]);
    server.send(&outside).contains("q0:CV10001");
    assert!(accented(&server).contains("caf\u{e9}"));
    let server = Server::lab(&["--enumeration-fault", "--charset-quirk"]);
    server
        .send(&outside)
        .contains("Instance validation error: 'Nope' is not a valid value for CvObjectType.");
    assert!(accented(&server).contains("caf??"));
}
