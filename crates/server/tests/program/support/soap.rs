//! Messages.

use super::Server;
use super::http::{Answer, ENDPOINT, Request};

const MESSAGES: &str = "http://api.cvent.com/2006-11";

/// The envelope of a SOAP 1.1 message.
pub fn envelope(session: &str, body: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header>\
         <CventSessionHeader xmlns=\"{MESSAGES}\"><CventSessionValue>{session}</CventSessionValue>\
         </CventSessionHeader></soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
}

/// A SOAP 1.1 request of an operation; `body` is its wrapper's content.
pub fn call(session: &str, operation: &str, body: &str) -> Request {
    let wrapper = format!("<{operation} xmlns=\"{MESSAGES}\">{body}</{operation}>");
    Request::new("POST", ENDPOINT)
        .header("Content-Type", "text/xml; charset=utf-8")
        .header("SOAPAction", &format!("\"{MESSAGES}/{operation}\""))
        .body(envelope(session, &wrapper))
}

/// The lab's login.
pub fn login() -> Request {
    login_with("LAB001", "lab", "lab")
}

/// A login.
pub fn login_with(account: &str, user: &str, password: &str) -> Request {
    let body = format!(
        "<AccountNumber>{account}</AccountNumber><UserName>{user}</UserName><Password>{password}</Password>"
    );
    call("", "Login", &body)
}

/// The value of the first attribute of that name in an answer.
#[track_caller]
pub fn attribute(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let start = text.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
    text[start + name.len() + 3..].split('"').next().unwrap().to_owned()
}

/// The session of a lab's login.
#[track_caller]
pub fn session(server: &Server) -> String {
    attribute(&server.send(&login()), "CventSessionHeader")
}

/// A CreateContact of one contact.
pub fn create_contact(session: &str, email: &str) -> Request {
    let contact = format!(
        "<Contacts><Contact FirstName=\"Test\" LastName=\"Person\" EmailAddress=\"{email}\" \
         xmlns=\"{MESSAGES}\"/></Contacts>"
    );
    call(session, "CreateContact", &contact)
}
