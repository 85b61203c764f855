//! What a browser and a client generator get: WSDL, discovery, pages, and the errors around them.

use crate::support::Server;
use crate::support::http::{ENDPOINT, Request};
use sha2::{Digest, Sha256};

const XML: &str = "text/xml; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Of the published WSDL, with the published address.
const PUBLISHED: &str = "db4eeb9f1033e674dba4904d6b4ea92b3775e24c31fe3c3b981df6b41965cdb0";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn endpoint(query: &str) -> String {
    format!("{ENDPOINT}{query}")
}

#[test]
fn the_wsdl_is_the_published_one_at_the_published_address() {
    let server = Server::lab(&["--public-url", "https://api.cvent.com"]);
    let answer = server.get(&endpoint("?WSDL"));
    answer.expect(200, XML);
    assert_eq!(answer.body.len(), 330_911);
    assert_eq!(sha256(&answer.body), PUBLISHED);
}

#[test]
fn the_wsdl_is_the_published_one_behind_a_proxy() {
    let server = Server::lab(&["--trust-forwarded"]);
    let request = Request::new("GET", &endpoint("?wsdl"))
        .header("Host", "inside:8611")
        .header("X-Forwarded-Host", "api.cvent.com")
        .header("X-Forwarded-Proto", "https");
    assert_eq!(sha256(&server.send(&request).body), PUBLISHED);
}

#[test]
fn the_wsdl_names_the_address_that_was_asked() {
    let server = Server::lab(&[]);
    let request = Request::new("GET", "/SOAP/v200611.asmx?wsdl").header("Host", "crm.example.org:81");
    let answer = server.send(&request);
    answer.expect(200, XML).contains("location=\"http://crm.example.org:81/SOAP/v200611.asmx\"");
    let untrusted = Request::new("GET", &endpoint("?wsdl")).header("X-Forwarded-Host", "evil.example");
    server.send(&untrusted).contains("location=\"http://localhost/soap/V200611.ASMX\"");
}

#[test]
fn the_wsdl_is_asked_for_in_any_case_and_with_company() {
    let server = Server::lab(&[]);
    let plain = server.get(&endpoint("?wsdl"));
    for query in ["?WSDL", "?WsDl", "?wsdl&x=1", "?x=1&wsdl"] {
        let answer = server.get(&endpoint(query));
        answer.expect(200, XML);
        assert_eq!(answer.body, plain.body, "{query}");
    }
    server
        .get(&endpoint("?DISCO"))
        .expect(200, XML)
        .contains("docRef=\"http://localhost/soap/V200611.ASMX\"");
}

#[test]
fn there_is_no_wsdl_or_schema_by_number() {
    let server = Server::lab(&[]);
    for (query, text) in [
        ("?wsdl=foo", "XML Web service description was not found.\n"),
        ("?WSDL=", "XML Web service description was not found.\n"),
        ("?schema=foo", "Schema not found.\n"),
    ] {
        let answer = server.get(&endpoint(query));
        assert_eq!(answer.expect(500, TEXT).text(), text, "{query}");
    }
}

#[test]
fn everything_else_that_is_got_is_a_page() {
    let server = Server::lab(&[]);
    for query in ["", "?", "?singleWsdl", "?zzz", "?x=1"] {
        server.get(&endpoint(query)).expect(200, HTML).contains("The following operations are supported.");
    }
    server.get(&endpoint("?op=UpdateContact")).expect(200, HTML).contains("<h2>UpdateContact</h2>");
    server.get(&endpoint("?OP=Login")).expect(200, HTML).contains("<h2>Login</h2>");
    server.get(&endpoint("?op=login")).expect(200, HTML).contains("Method Not Found");
    server.get("/soap/v200611.asmx").contains("href=\"v200611.asmx?op=Login\"");
}

#[test]
fn pages_load_nothing_and_are_framed_by_nobody() {
    let server = Server::lab(&[]);
    let policy = server.get(ENDPOINT).header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[test]
fn the_test_form_is_for_this_machine_only() {
    let server = Server::lab(&[]);
    let remote = "The test form is only available for requests from the local machine.";
    let page = Request::new("GET", &endpoint("?op=Login"));
    assert!(!server.send(&page).text().contains(remote));
    for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"] {
        server.send(&page.clone().header(header, "x")).contains(remote);
    }
    // The page for one must not be kept for the other.
    assert!(!server.send(&page).text().contains(remote));
}

#[test]
fn other_methods_are_not_allowed() {
    let server = Server::lab(&[]);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = server.send(&Request::new(method, ENDPOINT));
        answer.expect(405, HTML).contains("Request format is unrecognized.");
        assert_eq!(answer.header("allow"), None);
    }
    assert_eq!(server.send(&Request::new("HEAD", &endpoint("?wsdl"))).expect(405, HTML).body, b"");
}

#[test]
fn markup_in_a_query_or_an_action_is_rejected() {
    let server = Server::lab(&[]);
    server
        .get(&endpoint("?op=%3Cb"))
        .expect(500, HTML)
        .contains("A potentially dangerous Request.QueryString value was detected from the client (op=&quot;&lt;b&quot;).");
    let request =
        Request::new("POST", ENDPOINT).header("SOAPAction", "<x").header("Content-Type", "text/xml");
    server.send(&request).expect(500, HTML).contains("A potentially dangerous Request.Headers value");
    // A POST does not look at its query.
    let request = Request::new("POST", &endpoint("?op=%3Cb")).header("Content-Type", "text/plain");
    assert_ne!(server.send(&request).header("content-type"), Some(HTML));
}

#[test]
fn what_is_below_the_endpoint_is_not_got() {
    let server = Server::lab(&[]);
    let text = |rest: &str| format!("unexpectedly ending in '{rest}'.");
    server.get(&endpoint("/Login")).expect(500, HTML).contains(&text("/Login"));
    server.get(&endpoint("/Login/x")).expect(500, HTML).contains(&text("/Login/x"));
    let answer = server.get(&endpoint("/%3Cb%3E"));
    answer.expect(500, HTML).contains("/&lt;b&gt;");
}

#[test]
fn around_the_endpoint() {
    let server = Server::lab(&[]);
    let home = server.get("/");
    assert_eq!((home.status, home.header("location")), (302, Some(ENDPOINT)));
    assert_eq!(server.get("/healthz").expect(200, TEXT).text(), "ok");
    server.get("/soap").expect(404, HTML).contains("/soap/V200611.ASMX");
    server.get("/favicon.ico").expect(404, HTML);
}
