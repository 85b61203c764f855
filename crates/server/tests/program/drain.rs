//! The end: calls under way are finished and answered.

use crate::support::Server;
use crate::support::http::Client;
use crate::support::soap::{create_contact, login, session};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const XML: &str = "text/xml; charset=utf-8";

/// Begins a call and leaves out its last bytes: it is under way until they come.
fn half_a_call(server: &Server, bytes: &[u8]) -> Client {
    let mut client = server.connect();
    client.write(&bytes[..bytes.len() - 10]);
    std::thread::sleep(Duration::from_millis(300));
    client
}

#[test]
fn a_call_under_way_is_answered_and_kept() {
    for signal in ["TERM", "INT"] {
        let server = Server::start(&["--lab"]);
        let session = session(&server);
        let mut idle = server.connect();
        idle.send(&login()).expect(200, XML);
        let bytes = create_contact(&session, "late@example.org").bytes();
        let mut client = half_a_call(&server, &bytes);
        server.signal(signal);
        assert!(idle.is_closed());
        assert!(refuses_connections(&server));
        client.write(&bytes[bytes.len() - 10..]);
        client.answer().expect(200, XML).contains("Success=\"true\"");
        let (code, log, folder) = server.wait();
        assert_eq!(code, 0, "{log}");
        let again = Server::start_in(folder, &["--lab"], &[]);
        let session = crate::support::soap::session(&again);
        again.send(&create_contact(&session, "late@example.org")).contains("CV40104");
    }
}

fn refuses_connections(server: &Server) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if TcpStream::connect(server.address).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn calls_that_do_not_finish_in_time_are_cut_off() {
    let server = Server::lab(&["--drain-seconds", "1"]);
    let _client = half_a_call(&server, &login().bytes());
    let (code, log, _) = server.stop();
    assert_eq!(code, 8, "{log}");
    assert!(log.contains("--drain-seconds"), "{log}");
}

#[test]
fn bodies_and_heads_that_do_not_come_are_not_waited_for() {
    let server = Server::lab(&["--drain-seconds", "60"]);
    let _body = half_a_call(&server, &login().bytes());
    let mut head = server.connect();
    head.write(b"POST /soap/V200611.ASMX HTTP/1.1\r\nHost: loc");
    std::thread::sleep(Duration::from_millis(300));
    let (code, log, _) = server.stop();
    assert_eq!(code, 0, "{log}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = Server::lab(&[]);
    let _client = half_a_call(&server, &login().bytes());
    server.signal("INT");
    assert!(refuses_connections(&server));
    server.signal("INT");
    let (code, log, _) = server.wait();
    assert_eq!(code, 130, "{log}");
}
