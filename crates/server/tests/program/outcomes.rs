//! What the log says of those who failed, and whether the server is ready.

use crate::support::Server;
use crate::support::http::{ENDPOINT, Request};
use crate::support::soap::{call, create_contact, login_with, session};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

const XML: &str = "text/xml; charset=utf-8";

/// The log's line about a request, by its number.
fn line(log: &str, id: usize) -> &str {
    let mark = format!(" id={id} ");
    log.lines().find(|line| line.contains(&mark)).unwrap_or_else(|| panic!("no line {id}: {log}"))
}

#[test]
fn the_log_says_who_failed_and_where_from() {
    let server = Server::lab(&[]);
    let session = session(&server);
    for (user, password) in [("lab", "wrong-password"), ("nobody-there", "lab")] {
        server.send(&login_with("LAB001", user, password));
    }
    let contact = |email: &str| format!(r#"<Contact LastName="L" EmailAddress="{email}"/>"#);
    let create = |emails: &[&str]| {
        let contacts: String = emails.iter().map(|email| contact(email)).collect();
        server.send(&call(&session, "CreateContact", &format!("<Contacts>{contacts}</Contacts>")));
    };
    server.send(&create_contact(&session, "one@outcomes.example"));
    create(&["one@outcomes.example", "two@outcomes.example"]);
    create(&["one@outcomes.example"]);
    let (_, log, _) = server.stop();
    let login = "operation=Login";
    for (id, level, parts) in [
        (1, "INFO", &[login, "outcome=\"ok\"", "account=\"LAB001\"", "user=\"lab\"", "client=127.0.0.1"][..]),
        (
            2,
            "WARN",
            &[login, "outcome=\"refused\"", "user=\"lab\"", "client=127.0.0.1 reason=\"wrong password\""],
        ),
        (3, "WARN", &[login, "outcome=\"refused\"", "account=\"LAB001\"", "reason=\"no such user\""]),
        (4, "INFO", &["operation=CreateContact", "outcome=\"ok\"", "account=\"LAB001\""]),
        (5, "WARN", &["outcome=\"partial\"", "failed=1", "codes=\"CV40104\"", "client=127.0.0.1"]),
        (6, "WARN", &["outcome=\"refused\"", "failed=1", "codes=\"CV40104\""]),
    ] {
        let line = line(&log, id);
        assert!(line.contains(level) && parts.iter().all(|part| line.contains(part)), "{line}");
    }
    for secret in ["wrong-password", "nobody-there", "outcomes.example", &*session] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn a_server_says_whether_it_is_ready() {
    let server = Server::lab(&[]);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            server.send(&Request::new("GET", path)).expect(200, "text/plain; charset=utf-8").text(),
            "ok"
        );
    }
    assert_eq!(server.get(ENDPOINT).status, 200);
}

/// Asks a server for something that it logs, and gives the status line of its answer.
fn asked(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn what_ends_no_server() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    // A disk that is full, a reader that has gone, and one that does not read.
    for (name, stderr) in [("full", full()), ("gone", Stdio::piped()), ("silent", Stdio::piped())] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
        command.args(["serve", "--memory", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(stderr);
        let mut server = command.spawn().unwrap();
        if name == "gone" {
            drop(server.stderr.take());
        }
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        for _ in 0..1_000 {
            assert_eq!(asked(&address), "HTTP/1.1 404 Not Found", "{name}");
        }
        let hung_up = Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap();
        assert!(hung_up.success());
        assert_eq!(asked(&address), "HTTP/1.1 404 Not Found", "{name}: after SIGHUP");
        assert_eq!(server.try_wait().unwrap(), None, "{name}");
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

#[test]
fn a_server_whose_file_is_lost_fails_its_calls_and_ends() {
    let server = Server::start(&["--lab"]);
    let session = session(&server);
    server.send(&create_contact(&session, "kept@lost.example")).expect(200, XML);
    std::fs::remove_file(server.folder.path().join("understudy-lab/understudy.db")).unwrap();
    server.send(&create_contact(&session, "lost@lost.example")).expect(500, XML).contains("CV10000");
    let (code, log, _) = server.wait();
    assert_eq!(code, 10, "{log}");
    assert!(log.contains("the database is lost") && log.contains("was removed"), "{log}");
}
