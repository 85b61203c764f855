//! Calls by form: for this machine only.

use crate::support::Server;
use crate::support::http::{Answer, ENDPOINT, Request};
use crate::support::soap::attribute;

const TEXT: &str = "text/plain; charset=utf-8";

fn form(operation: &str, body: &str) -> Request {
    Request::new("POST", &format!("{ENDPOINT}/{operation}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body)
}

#[test]
fn login_answers_the_bare_result() {
    let server = Server::lab(&[]);
    let answer = server.send(&form("Login", "AccountNumber=LAB001&UserName=l%61b&Password=lab"));
    answer.expect(200, "text/xml; charset=utf-8").contains(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<LoginResult xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" LoginSuccess=\"true\" \
         ServerURL=\"http://localhost/soap/V200611.ASMX\" CventSessionHeader=\"",
    );
    assert!(answer.text().ends_with("\" xmlns=\"http://api.cvent.com/2006-11\" />"));
    let refused = server.send(&form("Login", "AccountNumber=LAB001&UserName=lab&Password=no"));
    assert_eq!(attribute(&refused, "ErrorMessage"), "Access is denied.");
}

#[test]
fn mistakes_have_the_words_of_the_framework() {
    let server = Server::lab(&[]);
    let text = |answer: &Answer| answer.expect(500, TEXT).text().to_owned();
    for (operation, body, expected) in [
        ("Login", "AccountNumber=LAB001", "Missing parameter: UserName.\n"),
        ("UpdateContact", "", "UpdateContact Web Service method name is not valid.\n"),
        ("Nope", "", "Nope Web Service method name is not valid.\n"),
        (
            "login",
            "",
            "Invalid method name &#39;login&#39;,  method names are case sensitive.   The method name \
             &#39;Login&#39; with the same name but different casing was found.\nParameter name: methodName\n",
        ),
        (
            "GetUpdated",
            "ObjectType=Contact&StartDate=soon&EndDate=2026-01-01",
            "Cannot convert soon to System.DateTime.\nParameter name: type\n",
        ),
    ] {
        assert_eq!(text(&server.send(&form(operation, body))), expected);
    }
    let soap = Request::new("POST", &format!("{ENDPOINT}/Login")).header("Content-Type", "text/xml");
    assert_eq!(text(&server.send(&soap)), "Request format is invalid.\n");
}

#[test]
fn a_form_has_no_session() {
    let server = Server::lab(&[]);
    let body = "ObjectType=Contact&StartDate=2026-01-01&EndDate=2026-01-02";
    let answer = server.send(&form("GetUpdated", body));
    assert_eq!(answer.expect(500, TEXT).text(), "INVALID_CVENT_HEADER_VALUE\n");
}

#[test]
fn remote_callers_have_no_forms() {
    let server = Server::lab(&[]);
    let request =
        form("Login", "AccountNumber=LAB001&UserName=lab&Password=lab").header("X-Forwarded-For", "x");
    let text = "Request format is unrecognized for URL unexpectedly ending in '/Login'.";
    server.send(&request).expect(500, "text/html; charset=utf-8").contains(text);
}
