//! The lab.

use crate::support::Server;
use crate::support::http::Request;
use crate::support::soap::{attribute, call, create_contact, login, session};

const XML: &str = "text/xml; charset=utf-8";

#[test]
fn the_banner_says_what_a_client_needs() {
    let server = Server::lab(&[]);
    let url = format!("http://{}/soap/V200611.ASMX", server.address);
    for text in [&*url, &format!("{url}?WSDL"), "LAB001", "API user lab", "password lab", "in memory"] {
        assert!(server.banner.contains(text), "{text} is not in {}", server.banner);
    }
    assert!(server.banner.lines().count() <= 8, "{}", server.banner);
}

#[test]
fn answers_say_that_they_are_the_labs() {
    let server = Server::lab(&[]);
    for answer in [server.send(&login()), server.get("/nowhere"), server.get("/soap/V200611.ASMX")] {
        assert_eq!(answer.header("x-understudy-lab"), Some("1"));
    }
    let server = Server::start(&["--memory"]);
    assert_eq!(server.get("/healthz").header("x-understudy-lab"), None);
    assert!(!server.send(&login()).text().contains("LoginSuccess=\"true\""));
}

/// A call that every contact of the lab answers.
fn search(session: &str) -> Request {
    call(session, "Search", "<ObjectType>Contact</ObjectType>")
}

#[test]
fn samples_are_made_once() {
    let server = Server::start(&["--lab"]);
    let contacts = |server: &Server| server.send(&search(&session(server))).text().matches("<Id>").count();
    assert_eq!(contacts(&server), 50);
    let (_, _, folder) = server.stop();
    let server = Server::start_in(folder, &["--lab"], &[]);
    assert_eq!(contacts(&server), 50);
}

#[test]
fn a_seed_repeats_everything() {
    let run = |seed: &str| {
        let server = Server::lab(&["--seed-ids", seed, "--clock", "2026-01-02T03:04:05Z"]);
        let session = session(&server);
        let created = attribute(&server.send(&create_contact(&session, "a@example.org")), "Id");
        (session, created)
    };
    let first = run("7");
    assert_eq!(first, run("7"));
    assert_ne!(first.0, run("8").0);
    assert_ne!(first.1, run("8").1);
}

#[test]
fn the_clock_starts_where_it_is_set() {
    let server = Server::lab(&["--clock", "2031-05-06T07:08:00Z"]);
    let session = session(&server);
    let id = attribute(&server.send(&create_contact(&session, "a@example.org")), "Id");
    let body = format!(
        "<ObjectType>Contact</ObjectType><Ids xmlns=\"http://schemas.cvent.com/api/2006-11\"><Id>{id}</Id></Ids>"
    );
    let answer = server.send(&call(&session, "Retrieve", &body));
    assert!(attribute(answer.expect(200, XML), "LastModifiedDate").starts_with("2031-05-06T07:0"));
}

#[test]
fn a_session_runs_out_when_it_is_told_to() {
    let server = Server::lab(&["--session-seconds", "1"]);
    let session = session(&server);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    server.send(&call(&session, "DescribeGlobal", "")).expect(500, XML).contains("CV10105");
}
