//! HTTP as clients speak it: versions, connections, expectations, the path in any case.

use crate::support::Server;
use crate::support::http::{ENDPOINT, Request};
use crate::support::soap::{attribute, call, login, session};
use std::time::Duration;

const XML: &str = "text/xml; charset=utf-8";

#[test]
fn the_path_has_no_case_and_a_post_no_query() {
    let server = Server::lab(&[]);
    for target in
        ["/soap/V200611.ASMX", "/SOAP/v200611.asmx", "/soap/V200611.asmx?op=Login", "/soap/V200611.ASMX?wsdl"]
    {
        let answer = server.send(&login().target(target));
        answer.expect(200, XML);
        let path = target.split('?').next().unwrap();
        assert_eq!(attribute(&answer, "ServerURL"), format!("http://localhost{path}"));
    }
}

#[test]
fn a_fault_of_the_service_is_a_500_with_the_endpoint_as_actor() {
    let server = Server::lab(&[]);
    let answer = server.send(&call("unknown", "DescribeGlobal", ""));
    answer
        .expect(500, XML)
        .contains(">q0:CV10107</faultcode>")
        .contains("<faultactor>http://localhost/soap/V200611.ASMX</faultactor>");
}

#[test]
fn soap_12_is_answered_in_soap_12() {
    let server = Server::lab(&[]);
    let body = String::from_utf8(login().bytes())
        .unwrap()
        .split("\r\n\r\n")
        .nth(1)
        .unwrap()
        .replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
    let request = Request::new("POST", ENDPOINT)
        .header("Content-Type", "application/soap+xml; charset=utf-8")
        .body(body);
    server
        .send(&request)
        .expect(200, "application/soap+xml; charset=utf-8")
        .contains("LoginSuccess=\"true\"");
}

#[test]
fn what_is_no_soap_has_an_empty_answer() {
    let server = Server::lab(&[]);
    let request = login().body("<not xml");
    assert_eq!(server.send(&request).expect(400, XML).body, b"");
    let request =
        Request::new("POST", ENDPOINT).header("Content-Type", "text/plain").header("SOAPAction", "x");
    server
        .send(&request)
        .expect(500, XML)
        .contains("Server did not recognize the value of HTTP Header SOAPAction: x.");
    server.send(&login().header("SOAPAction", "x")).expect(500, XML).contains("/Login\",x.");
}

#[test]
fn a_connection_serves_many_requests() {
    let server = Server::lab(&[]);
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.send(&login()).expect(200, XML).header("connection"), None);
        client.send(&Request::new("GET", ENDPOINT)).expect(200, "text/html; charset=utf-8");
    }
}

#[test]
fn a_request_to_close_gets_its_header_back() {
    let server = Server::lab(&[]);
    let mut client = server.connect();
    let answer = client.send(&login().header("Connection", "Close"));
    assert_eq!(answer.expect(200, XML).header("connection"), Some("close"));
    assert!(client.is_closed());
}

#[test]
fn http_10_works_and_closes() {
    let server = Server::lab(&[]);
    let mut client = server.connect();
    assert_eq!(client.send(&login().http_10()).expect(200, XML).version, "HTTP/1.0");
    assert!(client.is_closed());
}

#[test]
fn a_client_that_expects_100_continue_gets_it() {
    let server = Server::lab(&[]);
    let request = login().header("Expect", "100-continue");
    let head = request.head();
    let mut client = server.connect();
    client.write(head.as_bytes());
    assert_eq!(client.head().1, 100);
    client.write(&request.bytes()[head.len()..]);
    client.answer().expect(200, XML);
}

#[test]
fn other_expectations_are_ignored() {
    let server = Server::lab(&[]);
    server.send(&login().header("Expect", "the best")).expect(200, XML);
}

#[test]
fn http_2_without_asking_first() {
    let server = Server::lab(&[]);
    let mut client = server.connect();
    // The preface and an empty SETTINGS frame; the server's own SETTINGS frame comes back.
    client.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let frame = client.exactly(4);
    assert_eq!(frame[3], 4, "{frame:?}");
}

#[test]
fn a_client_that_says_nothing_is_let_go() {
    let server = Server::lab(&["--header-timeout", "1"]);
    let mut silent = server.connect();
    let mut slow = server.connect();
    slow.write(b"POST /soap/V200611.ASMX HTTP/1.1\r\nHost: ");
    let mut idle = server.connect();
    idle.send(&login()).expect(200, XML);
    for client in [&mut silent, &mut slow, &mut idle] {
        assert!(client.ends());
    }
    let (code, log, _) = server.stop();
    assert_eq!(code, 0);
    assert!(log.contains("took too long"), "{log}");
}

#[test]
fn when_all_connections_are_taken_an_idle_one_makes_room() {
    let server = Server::lab(&["--max-connections", "1"]);
    let mut first = server.connect();
    first.send(&login()).expect(200, XML);
    // Long enough for the server to see that its answer has left.
    std::thread::sleep(Duration::from_millis(200));
    let mut second = server.connect();
    second.send(&login()).expect(200, XML);
    assert!(first.is_closed());
    // One that is served is not closed for another.
    let bytes = login().bytes();
    second.write(&bytes[..bytes.len() - 1]);
    std::thread::sleep(Duration::from_millis(200));
    assert!(server.connect().is_closed());
    second.write(&bytes[bytes.len() - 1..]);
    second.answer().expect(200, XML);
}

#[test]
fn a_client_that_sends_no_more_is_answered() {
    let server = Server::lab(&[]);
    let session = session(&server);
    for number in 0..20 {
        let mut client = server.connect();
        client.write(
            &crate::support::soap::create_contact(&session, &format!("half{number}@example.org")).bytes(),
        );
        client.send_no_more();
        client.answer().expect(200, XML).contains("Success=\"true\"");
    }
}

#[test]
fn the_log_has_a_line_for_a_request_and_nothing_of_what_is_in_it() {
    let server = Server::lab(&["--log-format", "json"]);
    let session = session(&server);
    server.send(&crate::support::soap::create_contact(&session, "secret@example.org")).expect(200, XML);
    server.send(&call("secret-token", "DescribeGlobal", "")).expect(500, XML);
    server.get("/soap/V200611.ASMX?op=secret-query");
    let (_, log, _) = server.stop();
    assert!(
        log.contains("\"operation\":\"CreateContact\",\"version\":\"1.1\",\"records\":1,\"outcome\":\"ok\""),
        "{log}"
    );
    assert!(log.contains("\"outcome\":\"CV10107\""), "{log}");
    for secret in ["secret", "Person", &session] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
