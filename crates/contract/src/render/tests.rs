use super::sample::{Version, message, request, response};
use super::{SERVICE, disco, wsdl};
use crate::{Contract, OperationId};
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

const ADDRESS: &str = "https://api.cvent.com/soap/V200611.ASMX";
const PATH: &str = "/soap/V200611.ASMX";
const HOST: &str = "api.cvent.com";

fn contract() -> &'static Contract {
    Contract::get().expect("the contract has no mistakes")
}

fn operation(name: &str) -> OperationId {
    contract().model.find_operation(name).expect("an operation")
}

fn operations() -> impl Iterator<Item = OperationId> {
    (0..contract().model.operations.len()).map(|index| OperationId(index as u16))
}

/// A sample box without its head lines.
fn envelope(text: &str) -> &str {
    text.split_once("\n\n").expect("an empty line after the head").1
}

/// The lines between the tags of the sample's body.
fn body(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim_start);
    lines
        .skip_while(|line| !line.starts_with("<soap:Body>"))
        .skip(1)
        .take_while(|line| *line != "</soap:Body>")
        .collect()
}

fn request_body(text: &str, name: &str) {
    let sample = request(contract(), operation(name), Version::Soap11, PATH, HOST);
    assert_eq!(body(&sample), text.lines().map(str::trim_start).collect::<Vec<_>>(), "{name}");
}

fn response_body(text: &str, name: &str) {
    let sample = response(contract(), operation(name), Version::Soap11);
    assert_eq!(body(&sample), text.lines().map(str::trim_start).collect::<Vec<_>>(), "{name}");
}

#[test]
fn the_wsdl_is_the_published_one() {
    let text = wsdl(contract(), ADDRESS);
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text.len(), 330_911);
    assert_eq!(hash, "db4eeb9f1033e674dba4904d6b4ea92b3775e24c31fe3c3b981df6b41965cdb0");
}

#[test]
fn addresses_are_escaped() {
    let address = "http://host/a?b=\"<&>";
    for text in [wsdl(contract(), address), disco(contract(), address)] {
        assert!(text.contains("http://host/a?b=&quot;&lt;&amp;&gt;"));
        Document::parse(&text).expect("well-formed");
    }
}

#[test]
fn the_discovery_document_names_the_description_and_both_ports() {
    let text = disco(contract(), ADDRESS);
    let document = Document::parse(&text).expect("well-formed");
    let children: Vec<Node> = document.root_element().children().filter(Node::is_element).collect();
    let [reference, ports @ ..] = children.as_slice() else { panic!("no reference") };
    assert_eq!(reference.tag_name(), ("http://schemas.xmlsoap.org/disco/scl/", "contractRef").into());
    assert_eq!(reference.attribute("ref"), Some(format!("{ADDRESS}?wsdl").as_str()));
    assert_eq!(reference.attribute("docRef"), Some(ADDRESS));
    let bindings: Vec<_> = ports.iter().filter_map(|port| port.attribute("binding")).collect();
    assert_eq!(bindings, [format!("q1:{SERVICE}Soap"), format!("q2:{SERVICE}Soap12")]);
    for (port, prefix) in ports.iter().zip(["q1", "q2"]) {
        assert_eq!(port.attribute("address"), Some(ADDRESS));
        assert_eq!(port.lookup_namespace_uri(Some(prefix)), Some("http://api.cvent.com/2006-11"));
    }
}

#[test]
fn the_boxes_of_update_contact_are_the_published_ones() {
    let id = operation("UpdateContact");
    let boxes = [Version::Soap11, Version::Soap12].map(|version| {
        [request(contract(), id, version, PATH, HOST), response(contract(), id, version)].join("\n")
    });
    let golden = include_str!("../../../../tests/golden/pages/UpdateContact.txt");
    let shown: Vec<&str> =
        golden.lines().filter(|line| boxes.iter().any(|text| text.lines().any(|own| own == *line))).collect();
    let expected: Vec<&str> = boxes.iter().flat_map(|text| text.lines()).collect();
    let strip = |lines: &[&str]| -> Vec<String> {
        lines.iter().filter(|line| !line.is_empty()).map(|line| (*line).to_owned()).collect()
    };
    assert_eq!(strip(&shown), strip(&expected));
}

#[test]
fn every_sample_is_xml_and_holds_its_wrapper() {
    for id in operations() {
        let declared = contract().model.operation(id);
        for version in [Version::Soap11, Version::Soap12] {
            let sent = request(contract(), id, version, PATH, HOST);
            let answered = response(contract(), id, version);
            for (text, wrapper) in [(sent, declared.request), (answered, declared.response)] {
                let document = Document::parse(envelope(&text)).expect("well-formed");
                assert_eq!(document.root_element().tag_name().namespace(), Some(version.namespace()));
                let parts: Vec<Node> = document.root_element().children().filter(Node::is_element).collect();
                assert_eq!(parts.len(), 1 + usize::from(declared.header), "{}", declared.name);
                let body = parts.last().and_then(Node::first_element_child).expect("a wrapper");
                assert_eq!(body.tag_name().name(), contract().model.ty(wrapper).name);
            }
        }
    }
}

#[test]
fn a_message_to_edit_has_no_placeholder_but_string() {
    let placeholders = ["boolean", "dateTime", "int", "long", "integer", "decimal", "double"];
    for id in operations() {
        let text = message(contract(), id);
        let document = Document::parse(&text).expect("well-formed");
        for node in document.descendants() {
            let values = node.attributes().map(|attribute| attribute.value());
            for value in values.chain(node.text().map(str::trim)) {
                assert!(!placeholders.contains(&value) && !value.contains(" or "), "{text}");
            }
        }
    }
}

#[test]
fn a_message_to_edit_shows_what_an_update_needs() {
    let text = message(contract(), operation("UpdateContact"));
    assert_eq!(text.matches("<Contact ").count(), 1);
    assert!(text.contains("<Contact Id=\"string\""));
    assert!(!text.contains("Active="));
    assert!(message(contract(), operation("Search")).contains(" SearchType=\"AndSearch\""));
}

#[test]
fn head_lines_differ_by_version() {
    let id = operation("Login");
    let head = |version| {
        let text = request(contract(), id, version, PATH, HOST);
        text.split_once("\n\n").expect("an empty line after the head").0.to_owned()
    };
    assert_eq!(
        head(Version::Soap11),
        "POST /soap/V200611.ASMX HTTP/1.1\nHost: api.cvent.com\nContent-Type: text/xml; charset=utf-8\n\
         Content-Length: length\nSOAPAction: \"http://api.cvent.com/2006-11/Login\""
    );
    assert_eq!(
        head(Version::Soap12),
        "POST /soap/V200611.ASMX HTTP/1.1\nHost: api.cvent.com\n\
         Content-Type: application/soap+xml; charset=utf-8\nContent-Length: length"
    );
}

#[test]
fn login_has_text_children_and_answers_with_attributes() {
    request_body(
        r#"<Login xmlns="http://api.cvent.com/2006-11">
             <AccountNumber>string</AccountNumber>
             <UserName>string</UserName>
             <Password>string</Password>
           </Login>"#,
        "Login",
    );
    response_body(
        r#"<LoginResponse xmlns="http://api.cvent.com/2006-11">
             <LoginResult LoginSuccess="boolean" ServerURL="string" CventSessionHeader="string" ErrorMessage="string" xmlns="http://schemas.cvent.com/api/2006-11" />
           </LoginResponse>"#,
        "Login",
    );
}

#[test]
fn a_request_without_members_is_one_empty_element() {
    request_body(r#"<DescribeGlobal xmlns="http://api.cvent.com/2006-11" />"#, "DescribeGlobal");
}

#[test]
fn search_declares_the_namespace_where_it_changes() {
    let sample = request(contract(), operation("Search"), Version::Soap11, PATH, HOST);
    let lines = body(&sample);
    let [wrapper, object_type, search, filter @ ..] = lines.as_slice() else { panic!("{sample}") };
    assert_eq!(*wrapper, r#"<Search xmlns="http://api.cvent.com/2006-11">"#);
    assert!(object_type.starts_with("<ObjectType>Contact or Event or Invitee or "), "{object_type}");
    assert_eq!(
        *search,
        r#"<CvSearchObject SearchType="AndSearch or OrSearch" xmlns="http://schemas.cvent.com/api/2006-11">"#
    );
    let once = [
        "<Filter>",
        "<Field>string</Field>",
        "<Operator>Equals or Not Equal to or Less than or Greater than or Less than or Equal to or Greater \
         than or Equal to or Contains or Does not Contain or Starts with or Includes or Excludes</Operator>",
        "<Value>string</Value>",
        "<ValueArray>",
        "<Value>string</Value>",
        "<Value>string</Value>",
        "</ValueArray>",
        "</Filter>",
    ];
    assert_eq!(filter, [once.as_slice(), &once, &["</CvSearchObject>", "</Search>"]].concat());
    response_body(
        r#"<SearchResponse xmlns="http://api.cvent.com/2006-11">
             <SearchResult xmlns="http://schemas.cvent.com/api/2006-11">
               <Id>string</Id>
               <Id>string</Id>
             </SearchResult>
           </SearchResponse>"#,
        "Search",
    );
}

#[test]
fn the_fifth_level_is_nil() {
    let sample = request(contract(), operation("CreateBudgetItem"), Version::Soap11, PATH, HOST);
    assert_eq!(sample.matches("<TaxDetail xsi:nil=\"true\" />").count(), 8);
}
