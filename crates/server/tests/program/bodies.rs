//! Bodies: long, compressed, in pieces, late, or never.

use crate::support::Server;
use crate::support::http::{Answer, ENDPOINT, Request};
use crate::support::soap::{create_contact, login, session};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::time::Duration;

const XML: &str = "text/xml; charset=utf-8";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn body(request: &Request) -> Vec<u8> {
    request.bytes()[request.head().len()..].to_vec()
}

#[track_caller]
fn is_too_long(answer: &Answer) {
    answer.expect(500, XML).contains(
        "<faultcode>soap:Server</faultcode><faultstring>There was an exception running the extensions specified \
         in the config file. ---&gt; Maximum request length exceeded.</faultstring>",
    );
}

#[test]
fn gzip_is_understood() {
    let server = Server::lab(&[]);
    let packed = gzip(&body(&login()));
    for encoding in ["gzip", "GZIP", "x-gzip"] {
        let request = login().header("Content-Encoding", encoding).body(packed.clone());
        server.send(&request).expect(200, XML).contains("LoginSuccess=\"true\"");
    }
    let plain = login().header("Content-Encoding", "identity");
    server.send(&plain).expect(200, XML);
}

#[test]
fn other_compressions_and_damaged_ones_are_refused() {
    let server = Server::lab(&[]);
    for (encoding, body) in [("br", body(&login())), ("gzip", body(&login())), ("gzip, gzip", gzip(b""))] {
        let answer = server.send(&login().header("Content-Encoding", encoding).body(body));
        assert_eq!(answer.expect(400, XML).body, b"", "{encoding}");
    }
}

#[test]
fn the_limit_counts_before_and_after_decompression() {
    let server = Server::lab(&["--max-body", "10000"]);
    let padded = |length: usize| {
        let mut message = body(&login());
        message.resize(length, b' ');
        message
    };
    server.send(&login().body(padded(10_000))).expect(200, XML);
    is_too_long(&server.send(&login().body(padded(10_001))));
    is_too_long(&server.send(&login().header("Content-Encoding", "gzip").body(gzip(&padded(10_001)))));
    server.send(&login().header("Content-Encoding", "gzip").body(gzip(&padded(10_000)))).expect(200, XML);
}

#[test]
fn a_bomb_is_damaged_gzip() {
    let server = Server::lab(&[]);
    let send = |bytes: &[u8]| server.send(&login().header("Content-Encoding", "gzip").body(gzip(bytes)));
    // Below a mebibyte density does not matter.
    let mut dense = body(&login());
    dense.resize(1 << 20, b' ');
    send(&dense).expect(200, XML);
    dense.push(b' ');
    assert_eq!(send(&dense).expect(400, XML).body, b"");
    assert_eq!(send(&vec![b' '; 64 << 20]).expect(400, XML).body, b"");
    // What is merely long is an over-long request.
    let digits: Vec<u8> = (0..4 << 20).flat_map(|number: u32| number.to_string().into_bytes()).collect();
    assert!(digits.len() > 20 << 20);
    is_too_long(&send(&digits));
}

#[test]
fn a_client_that_writes_all_of_an_over_long_request_sees_the_answer() {
    let server = Server::lab(&["--max-body", "1000"]);
    let mut client = server.connect();
    is_too_long(&client.send(&login().body(vec![b' '; 8 << 20])));
    // In SOAP 1.2 it has that form.
    let request =
        Request::new("POST", ENDPOINT).header("Content-Type", "application/soap+xml").body(vec![b' '; 2000]);
    server.send(&request).expect(500, "application/soap+xml; charset=utf-8").contains("soap:Receiver");
}

#[test]
fn a_client_that_asks_first_need_not_send_an_over_long_request() {
    let server = Server::lab(&["--max-body", "1000"]);
    let mut client = server.connect();
    client.write(login().header("Expect", "100-continue").header("Content-Length", "2000").head().as_bytes());
    is_too_long(&client.answer());
}

#[test]
fn chunks_are_put_together() {
    let server = Server::lab(&["--max-body", "5000"]);
    let request = login().header("Transfer-Encoding", "chunked");
    let message = body(&login());
    let mut client = server.connect();
    client.write(request.head().as_bytes());
    for piece in message.chunks(100) {
        client.write(format!("{:x}\r\n", piece.len()).as_bytes());
        client.write(piece);
        client.write(b"\r\n");
    }
    client.write(b"0\r\n\r\n");
    client.answer().expect(200, XML);
    // Their length is not declared, so that it is counted.
    client.write(request.head().as_bytes());
    for _ in 0..6 {
        client.write(format!("3e8\r\n{}\r\n", " ".repeat(1000)).as_bytes());
    }
    client.write(b"0\r\n\r\n");
    is_too_long(&client.answer());
}

#[test]
fn a_body_that_comes_too_slowly_is_given_up() {
    let server = Server::lab(&["--request-timeout", "1"]);
    let session = session(&server);
    let request = create_contact(&session, "slow@example.org");
    let bytes = request.bytes();
    let mut client = server.connect();
    client.write(&bytes[..bytes.len() - 1]);
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    server.send(&create_contact(&session, "slow@example.org")).expect(200, XML).contains("Success=\"true\"");
    let (_, log, _) = server.stop();
    assert!(log.contains("did not arrive within --request-timeout"), "{log}");
}

#[test]
fn a_client_that_vanishes_leaves_nothing_behind() {
    let server = Server::lab(&[]);
    let session = session(&server);
    let request = create_contact(&session, "gone@example.org");
    let bytes = request.bytes();
    let mut client = server.connect();
    client.write(&bytes[..bytes.len() - 1]);
    // Long enough for the head to be read.
    std::thread::sleep(Duration::from_millis(200));
    drop(client);
    server.send(&create_contact(&session, "gone@example.org")).expect(200, XML).contains("Success=\"true\"");
    let (_, log, _) = server.stop();
    assert!(log.contains("the client went away"), "{log}");
}
