use super::*;
use contract::Contract;

const REMOTE: Visit = Visit { path: "/soap/V200611.ASMX", host: "api.cvent.com:8443", local: false };
const LOCAL: Visit = Visit { local: true, ..REMOTE };

fn contract() -> &'static Contract {
    Contract::get().expect("the contract has no mistakes")
}

/// The lines that a reader sees, with a blank one after each paragraph and heading, as browsers put
/// them on the clipboard.
fn visible_text(page: &str) -> String {
    let (_, body) = page.split_once("<body>").expect("a body");
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("the end of a tag");
        match tag.split(' ').next().unwrap_or_default() {
            "/h1" | "/h2" | "/h3" | "/p" => text.push_str("\n\n"),
            "br" | "/pre" | "/li" => text.push('\n'),
            _ => {}
        }
        text.push_str(after);
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn update_contact_reads_as_published() {
    let golden = include_str!("../../../../tests/golden/pages/UpdateContact.txt");
    let text = visible_text(&operation(contract(), &REMOTE, "UpdateContact"));
    for (line, (ours, published)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(ours, published, "line {}", line + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count());
}

#[test]
fn every_operation_has_its_page_on_the_list() {
    let list = index(contract(), &REMOTE);
    for declared in &contract().model.operations {
        let name = &declared.name;
        assert!(list.contains(&format!("<a href=\"V200611.ASMX?op={name}\">{name}</a>")), "{name}");
        for visit in [REMOTE, LOCAL] {
            let page = operation(contract(), &visit, name);
            assert!(page.contains(&format!("<h2>{name}</h2>")));
            assert_eq!(page.matches("<pre>").count(), 4, "{name}");
        }
    }
}

#[test]
fn the_list_is_sorted() {
    let text = visible_text(&index(contract(), &REMOTE));
    let names: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("AddAdvancedLogic")).collect();
    assert_eq!(names.len(), 51);
    assert!(names.is_sorted());
    assert!(text.contains(
        "The following operations are supported.  For a formal definition, please review the Service Description. "
    ));
}

#[test]
fn an_unknown_operation_is_named_in_plain_text() {
    let page = operation(contract(), &REMOTE, "<script>alert(1)</script>");
    assert!(!page.contains("<script"));
    let text = visible_text(&page);
    assert!(text.contains("Method Not Found\n"));
    assert!(text.contains("Method '<script>alert(1)</script>' was not found in service V200611.\n"));
    assert!(visible_text(&operation(contract(), &REMOTE, "login")).contains("Method 'login' was not found"));
}

#[test]
fn only_a_visitor_on_this_machine_gets_the_form() {
    let sentence = "The test form is only available for requests from the local machine.";
    let remote = operation(contract(), &REMOTE, "GetUpdated");
    assert!(remote.contains(sentence) && !remote.contains("<form") && !remote.contains("<script"));
    let local = operation(contract(), &LOCAL, "GetUpdated");
    assert!(local.contains("<form id=\"test\"") && !local.contains(sentence));
    assert!(local.contains("data-action=\"http://api.cvent.com/2006-11/GetUpdated\""));
    assert!(local.contains("&lt;ObjectType&gt;Contact&lt;/ObjectType&gt;"));
}

#[test]
fn login_has_no_session_to_send() {
    assert!(!operation(contract(), &LOCAL, "Login").contains("id=\"session\""));
    assert!(operation(contract(), &LOCAL, "Search").contains("id=\"session\""));
}

#[test]
fn links_repeat_the_address_as_requested() {
    let visit = Visit { path: "/SOAP/v200611.asmx", ..REMOTE };
    let page = operation(contract(), &visit, "Login");
    assert!(page.contains("href=\"v200611.asmx\""));
    assert!(page.contains("href=\"/SOAP/v200611.asmx?disco\""));
    assert!(page.contains("POST /SOAP/v200611.asmx HTTP/1.1\n"));
}

#[test]
fn a_port_is_no_part_of_the_host() {
    let name = |host| Visit { host, ..REMOTE }.host_name();
    assert_eq!(name("Api.Cvent.com:8443"), "api.cvent.com");
    assert_eq!(name("localhost"), "localhost");
    assert_eq!(name("[::1]:8080"), "[::1]");
    assert_eq!(name("[::1]"), "[::1]");
}

#[test]
fn an_error_page_escapes_its_text() {
    let page = error(500, "Server Error", "from the client (op=\"<b\")");
    assert!(page.contains("op=&quot;&lt;b&quot;"));
    assert!(page.contains("HTTP 500"));
}
