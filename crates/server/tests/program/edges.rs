//! HTTP's edges: heads that are refused, slashes, where `/` leads, and what browsers are told.

use crate::support::Server;
use crate::support::http::{Answer, ENDPOINT, Request};
use crate::support::soap::{attribute, call, login};

const HTML: &str = "text/html; charset=utf-8";

/// Sends a head as it stands, and checks that the connection ends with its answer.
#[track_caller]
fn refused(server: &Server, head: &str) -> Answer {
    let mut client = server.connect();
    client.write(head.as_bytes());
    let answer = client.answer();
    assert!(client.is_closed(), "{head}");
    assert_eq!(answer.header("connection"), Some("close"), "{head}");
    answer
}

#[test]
fn a_request_names_one_host() {
    let server = Server::lab(&[]);
    for (head, text) in [
        ("GET /healthz HTTP/1.1\r\n\r\n", "no Host"),
        ("POST /soap/V200611.ASMX HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "no Host"),
        ("GET http://a/healthz HTTP/1.1\r\n\r\n", "no Host"),
        ("GET /nowhere HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "two Host"),
        ("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "two Host"),
        ("GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", "not a host"),
    ] {
        refused(&server, head).expect(400, HTML).contains(text);
    }
    let mut client = server.connect();
    client.write(b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().text(), "ok");
    let (_, log, _) = server.stop();
    assert_eq!(log.matches("outcome=bad-head").count(), 6, "{log}");
}

#[test]
fn a_body_is_coded_in_chunks_alone() {
    let server = Server::lab(&[]);
    let head = |codings: &str| format!("POST {ENDPOINT} HTTP/1.1\r\nHost: a\r\n{codings}\r\n\r\n0\r\n\r\n");
    for codings in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: unknown, chunked",
    ] {
        refused(&server, &head(codings)).expect(501, HTML).contains("chunked");
    }
    // This one hyper answers itself.
    let mut client = server.connect();
    client.write(head("Transfer-Encoding: gzip").as_bytes());
    assert_eq!(client.head().1, 400);
    let mut client = server.connect();
    client.write(head("Transfer-Encoding: chunked").as_bytes());
    assert_eq!(client.head().1, 415, "the endpoint misses a content type");
}

#[test]
fn several_leading_slashes_are_one() {
    let server = Server::lab(&[]);
    let endpoint = "http://localhost/soap/V200611.ASMX";
    for slashes in ["/", "//", "/////"] {
        let get = |query: &str| server.get(&format!("{slashes}{}{query}", &ENDPOINT[1..]));
        let wsdl = get("?WSDL");
        assert_eq!(wsdl.expect(200, "text/xml; charset=utf-8").text().matches(endpoint).count(), 2);
        get("?disco").contains(&format!("docRef=\"{endpoint}\""));
        get("?op=Login")
            .contains("POST /soap/V200611.ASMX HTTP/1.1")
            .contains("href=\"/soap/V200611.ASMX?disco\"");
        let answer = server.send(&login().target(&format!("{slashes}{}", &ENDPOINT[1..])));
        assert_eq!(attribute(&answer, "ServerURL"), endpoint);
    }
    server.get("//x/soap/V200611.ASMX").expect(404, HTML);
    server.get("/soap//V200611.ASMX").expect(404, HTML);
}

#[test]
fn home_leads_to_the_endpoint_by_its_public_path() {
    for (url, path) in [
        ("https://gw.example", "/soap/V200611.ASMX"),
        ("https://gw.example/cvent", "/cvent/soap/V200611.ASMX"),
        ("https://gw.example/a/soap/v200611.asmx", "/a/soap/v200611.asmx"),
    ] {
        let server = Server::lab(&["--public-url", url]);
        for home in ["/", "//"] {
            let request = Request::new("GET", home).header("X-Forwarded-Prefix", "/elsewhere");
            let answer = server.send(&request);
            assert_eq!((answer.status, answer.header("location")), (302, Some(path)), "{url}");
        }
    }
}

#[test]
fn browsers_believe_the_content_type_of_all_but_soap() {
    let server = Server::lab(&[]);
    let sniffing = |answer: &Answer| answer.header("x-content-type-options").map(str::to_owned);
    for target in ["/", "/healthz", "/nowhere", ENDPOINT] {
        assert_eq!(sniffing(&server.get(target)).as_deref(), Some("nosniff"), "{target}");
    }
    for below in ["?WSDL", "?disco", "?op=Login", "?op=none", "?wsdl=x", "?op=%3Cb", "/Login"] {
        assert_eq!(
            sniffing(&server.get(&format!("{ENDPOINT}{below}"))).as_deref(),
            Some("nosniff"),
            "{below}"
        );
    }
    let form = Request::new("POST", &format!("{ENDPOINT}/Login"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("AccountNumber=LAB001&UserName=lab&Password=lab");
    for request in [form.clone(), form.body(""), Request::new("PUT", ENDPOINT)] {
        assert_eq!(sniffing(&server.send(&request)).as_deref(), Some("nosniff"), "{request:?}");
    }
    let gzip = login().header("Content-Encoding", "br");
    for request in [login(), call("unknown", "DescribeGlobal", ""), login().body("<no xml"), gzip] {
        assert_eq!(sniffing(&server.send(&request)), None, "{request:?}");
    }
}
