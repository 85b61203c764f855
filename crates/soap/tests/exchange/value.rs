//! Parameters and their values.

use super::{Case, ENDPOINT, M, O, codec, contacts, e11, e12, login, outcome, rejected, v11, v12};
use contract::Timestamp;
use soap::{CharsetFallback, EnumerationFault, Incoming, Quirks, Unmetered};

/// The column of a contact's first attribute in the one line that `e11(contacts(…))` is.
fn at() -> usize {
    1 + e11(&contacts("<Contact @/>")).find('@').unwrap()
}

fn unread(column: usize, text: &str) -> String {
    format!(
        "500 1.1 soap:Client: Server was unable to read request. ---> There is an error in XML document (1, {column}). ---> {text}"
    )
}

pub(super) fn cases() -> Vec<Case> {
    [parameters(), scalars(), content(), nil_and_type(), elements()].into_iter().flatten().collect()
}

fn parameters() -> Vec<Case> {
    let sent = |name, parameters: &str, expected: &str| v11(name, "Login", e11(&login(parameters)), expected);
    vec![
        sent(
            "text: absent, empty and given",
            "<UserName/><Password>p</Password>",
            "1.1 Login{UserName=[] Password=[p]}",
        ),
        sent(
            "text: pieces are joined",
            "<Password> a<![CDATA[<b>]]>&amp;&#x63;\r\n&#xD;</Password>",
            "1.1 Login{Password=[ a<b>&c\n\r]}",
        ),
        sent("text: comment inside", "<Password>a<!-- -->b</Password>", "400 1.1"),
        sent("text: instruction inside", "<Password>a<?p?>b</Password>", "400 1.1"),
        sent("text: element inside", "<Password>1<b>2</b>3</Password>", "400 1.1"),
        sent(
            "parameter: any order",
            "<Password>p</Password><UserName>u</UserName>",
            "1.1 Login{UserName=[u] Password=[p]}",
        ),
        sent(
            "parameter: the first counts",
            "<Password>1</Password><Password>2</Password>",
            "1.1 Login{Password=[1]}",
        ),
        sent("parameter: other case", "<password>1</password>", "1.1 Login{}"),
        sent("parameter: other namespace", &format!("<Password xmlns=\"{O}\">1</Password>"), "1.1 Login{}"),
        v11(
            "parameter: as an attribute",
            "Login",
            e11(&format!("<Login xmlns=\"{M}\" Password=\"p\"/>")),
            "1.1 Login{}",
        ),
        sent(
            "nil: ignored on a string",
            "<Password xsi:nil=\"true\">p</Password>",
            "1.1 Login{Password=[p]}",
        ),
        sent(
            "type: ignored on a string",
            "<Password xsi:type=\"xsd:int\">p</Password>",
            "1.1 Login{Password=[p]}",
        ),
    ]
}

fn contact(name: &'static str, inner: &str, expected: &str) -> Case {
    let expected = format!("1.1 UpdateContact{{Contacts={{Contact=({expected})}}}}");
    v11(name, "UpdateContact", e11(&contacts(inner)), expected)
}

fn refused(name: &'static str, inner: &str, expected: String) -> Case {
    v11(name, "UpdateContact", e11(&contacts(inner)), expected)
}

fn scalars() -> Vec<Case> {
    let boolean = |name, text: &str, value: &str| {
        contact(
            name,
            &format!("<Contact ExcludedFromEmail=\"{text}\"/>"),
            &format!("{{ExcludedFromEmail={value}}}"),
        )
    };
    let not_boolean = |name, text: &str| {
        let error = format!("The string '{text}' is not a valid Boolean value.");
        refused(name, &format!("<Contact ExcludedFromEmail=\" {text} \"/>"), unread(at(), &error))
    };
    let date = |name, text: &str, value: &str| {
        contact(name, &format!("<Contact JoinDate=\"{text}\"/>"), &format!("{{JoinDate={value}}}"))
    };
    let not_date = |name, text: &str| {
        let error = format!("The string '{text}' is not a valid AllXsd value.");
        refused(name, &format!("<Contact JoinDate=\"{text}\"/>"), unread(at(), &error))
    };
    let captured = "500 1.1 q0:CV10001: INVALID_SOAP_REQUEST (captured)";
    let address = |text: &str| format!("<Contact PrimaryAddressType=\"{text}\"/>");
    vec![
        boolean("boolean: true", "true", "true"),
        boolean("boolean: 0", "0", "false"),
        boolean("boolean: blanks around", " 1 ", "true"),
        not_boolean("boolean: TRUE", "TRUE"),
        not_boolean("boolean: empty", ""),
        not_boolean("boolean: 01", "01"),
        v12(
            "boolean: TRUE in SOAP 1.2",
            e12(&contacts("<Contact Active=\"TRUE\"/>")),
            unread(at() - 2, "The string 'TRUE' is not a valid Boolean value.")
                .replace("1.1 soap:Client", "1.2 soap:Sender"),
        ),
        date("dateTime: with a zone", "2024-02-29T10:11:12.5-05:00", "2024-02-29T15:11:12.5"),
        date("dateTime: blanks around", " 2024-02-29T10:11:12 ", "2024-02-29T10:11:12"),
        date("dateTime: a year", "2024", "2024-01-01T00:00:00"),
        date("dateTime: a time is today's", "10:11:12", "2026-11-24T10:11:12"),
        not_date("dateTime: no seconds", "2024-02-29T10:11"),
        not_date("dateTime: no such day", "2024-02-30T00:00:00"),
        not_date("dateTime: American", "02/29/2024"),
        contact("enumeration: inside", &address("Work"), "{PrimaryAddressType=Work}"),
        refused("enumeration: outside is the captured fault", &address("Other"), captured.into()),
        refused("enumeration: not trimmed", &address(" Work "), captured.into()),
        refused("enumeration: other case", &address("work"), captured.into()),
        refused("enumeration: empty", &address(""), captured.into()),
        v12(
            "enumeration: outside in SOAP 1.2",
            e12(&contacts(&address("Other"))),
            "500 1.2 q0:CV10001: INVALID_SOAP_REQUEST (captured)",
        ),
        refused(
            "error: the first is the one reported",
            "<Contact Active=\"a\" ExcludedFromEmail=\"b\"/>",
            unread(at(), "The string 'a' is not a valid Boolean value."),
        ),
        refused(
            "error: a value before bad XML",
            "<Contact Active=\"a\"/><",
            unread(at(), "The string 'a' is not a valid Boolean value."),
        ),
        refused(
            "error: bad XML before a value",
            "<Contact x=\"&\"/><Contact Active=\"a\"/>",
            "400 1.1".into(),
        ),
        v11(
            "error: lines and columns",
            "UpdateContact",
            e11(&contacts("\r\n<Contact\r\n  FirstName=\"é😀\" Active=\"a\"/>")),
            "500 1.1 soap:Client: Server was unable to read request. ---> There is an error in XML document (3, 19). ---> The string 'a' is not a valid Boolean value.",
        ),
    ]
}

fn content() -> Vec<Case> {
    vec![
        contact(
            "content: unknown things are ignored",
            "text<Nope a=\"1\"><deep/></Nope><Contact FirstName=\"a\" Nope=\"1\" s:LastName=\"x\">t<o:No/></Contact>",
            "{FirstName=[a]}",
        ),
        contact("content: other case", "<contact/><Contact firstname=\"a\"/>", "{}"),
        contact("content: element for attribute", "<Contact><FirstName>a</FirstName></Contact>", "{}"),
        contact("content: empty and absent attributes", "<Contact FirstName=\"\"/>", "{FirstName=[]}"),
        contact(
            "content: white space in attributes",
            "<Contact FirstName=\"a\n\tb\r\nc&#xA;d&#x9;\"/>",
            "{FirstName=[a  b c\nd\t]}",
        ),
        contact(
            "content: repeated children in any order",
            "<Contact><o:ContactGroupDetail GroupId=\"1\"/><o:CustomFieldDetail FieldId=\"2\"/><o:ContactGroupDetail GroupId=\"3\"/></Contact>",
            "{CustomFieldDetail=({FieldId=[2]}) ContactGroupDetail=({GroupId=[1]} {GroupId=[3]})}",
        ),
        contact(
            "content: child of another namespace",
            "<Contact><CustomFieldDetail FieldId=\"2\"/></Contact>",
            "{}",
        ),
        v11(
            "content: item of another namespace",
            "UpdateContact",
            e11(&contacts("<o:Contact/>")),
            "1.1 UpdateContact{Contacts={}}",
        ),
        v11("content: empty array", "UpdateContact", e11(&contacts("")), "1.1 UpdateContact{Contacts={}}"),
    ]
}

fn nil_and_type() -> Vec<Case> {
    let element = at() - "Contact ".len();
    let unknown = |name: &str, namespace: &str| {
        let text = format!(
            "The specified type was not recognized: name='{name}', namespace='{namespace}', at <Contact xmlns='{M}'>."
        );
        unread(element, &text)
    };
    let typed = |ty: &str| format!("<Contact xsi:type=\"{ty}\" FirstName=\"a\"/>");
    let array = |attributes: &str| {
        let inner =
            format!("<Contacts {attributes}><Contact/></Contacts><Contacts><Contact/><Contact/></Contacts>");
        e11(&format!("<UpdateContact xmlns=\"{M}\">{inner}</UpdateContact>"))
    };
    vec![
        contact(
            "nil: item",
            "<Contact xsi:nil=\"true\" FirstName=\"a\"/><Contact xsi:nil=\"1\"><x/></Contact><Contact xsi:nil=\"0\"/>",
            "nil nil {}",
        ),
        refused(
            "nil: no boolean",
            "<Contact xsi:nil=\"yes\"/>",
            unread(element, "The string 'yes' is not a valid Boolean value."),
        ),
        v11(
            "nil: array, which then has been read",
            "UpdateContact",
            array("xsi:nil=\"true\""),
            "1.1 UpdateContact{}",
        ),
        contact(
            "nil: ignored where not nillable",
            "<Contact><o:CustomFieldDetail xsi:nil=\"true\" FieldId=\"2\"/></Contact>",
            "{CustomFieldDetail=({FieldId=[2]})}",
        ),
        contact("type: the declared one", &typed("o:Contact"), "{FirstName=[a]}"),
        refused("type: a base", &typed("o:CvObject"), unknown("CvObject", O)),
        refused("type: unknown", &typed("o:Nope"), unknown("Nope", O)),
        refused("type: no prefix", &typed("Contact"), unknown("Contact", M)),
        refused(
            "type: undeclared prefix",
            &typed("zz:Contact"),
            unread(element, "Namespace prefix 'zz' is not defined."),
        ),
        v11(
            "type: ignored on an array",
            "UpdateContact",
            array("xsi:type=\"o:Nope\""),
            "1.1 UpdateContact{Contacts={Contact=({})}}",
        ),
        v11(
            "type: a derived one",
            "DeleteContact",
            e11(&format!(
                "<DeleteContact xmlns=\"{M}\"><CvObjects><CvObject xsi:type=\"o:Contact\" Id=\"1\" FirstName=\"a\"/>\
                 <CvObject Id=\"2\" FirstName=\"b\"/></CvObjects></DeleteContact>"
            )),
            "1.1 DeleteContact{CvObjects={CvObject=(Contact{Id=[1] FirstName=[a]} {Id=[2]})}}",
        ),
    ]
}

fn elements() -> Vec<Case> {
    let updated = |inner: &str| e11(&format!("<GetUpdated xmlns=\"{M}\">{inner}</GetUpdated>"));
    let date = |text: &str| format!("<StartDate>{text}</StartDate>");
    let start = updated("").find("</GetUpdated>").unwrap_or_default() + 1;
    let bad = "The string 'x' is not a valid AllXsd value.";
    let sent = |name, inner: &str, expected: String| v11(name, "GetUpdated", updated(inner), expected);
    let behind = start + date("x").len();
    vec![
        sent(
            "element: dateTime",
            &date(" 2024-02-29Z "),
            "1.1 GetUpdated{StartDate=2024-02-29T00:00:00}".into(),
        ),
        sent(
            "element: enumeration",
            "<ObjectType>Contact</ObjectType>",
            "1.1 GetUpdated{ObjectType=Contact}".into(),
        ),
        sent(
            "element: enumeration outside",
            "<ObjectType>Nope</ObjectType>",
            "500 1.1 q0:CV10001: INVALID_SOAP_REQUEST (captured)".into(),
        ),
        sent("element: error before an end tag", &date("x"), unread(behind + 2, bad)),
        sent("element: error before a start tag", &format!("{}<a/>", date("x")), unread(behind + 1, bad)),
        sent("element: error before white space", &format!("{} <a/>", date("x")), unread(behind, bad)),
        sent("element: error before bad XML", &format!("{}<1/>", date("x")), "400 1.1".into()),
        sent(
            "element: an empty date",
            "<StartDate/>",
            unread(start + "<StartDate/>".len() + 2, "The string '' is not a valid AllXsd value."),
        ),
    ]
}

#[test]
fn settings_bring_the_recorded_behaviour_back() {
    let quirks = Quirks {
        text_xml_without_charset: CharsetFallback::Ascii,
        enumeration_fault: EnumerationFault::Serializer,
    };
    let codec = codec(quirks);
    let case =
        contact("", "<Contact FirstName=\"Zoë\"/>", "{FirstName=[Zo??]}").content_type(Some("text/xml"));
    assert_eq!(outcome(&codec, &case), case.expected);
    let error = "Instance validation error: 'x' is not a valid value for PrimaryAddressType.";
    let case = refused("", "<Contact PrimaryAddressType=\"x\"/>", unread(at(), error));
    assert_eq!(outcome(&codec, &case), case.expected);
}

#[test]
fn what_is_logged_has_no_values() {
    let codec = codec(Quirks::default());
    let secret = "s3cret";
    for body in [
        e11(&contacts(&format!("<Contact Active=\"{secret}\"/>"))),
        e11(&contacts(&format!("<Contact PrimaryAddressType=\"{secret}\"/>"))),
        e11(&contacts(&format!("<Contact xsi:type=\"{secret}\"/>"))),
        e11(&contacts(&format!("<Contact xsi:type=\"{secret}:x\"/>"))),
        format!("<{secret}/>"),
        format!("<a>{secret}</b>"),
    ] {
        let action = format!("{M}/UpdateContact");
        let rejection = codec.read(
            Incoming {
                soap_action: Some(action.as_bytes()),
                content_type: Some(b"text/xml"),
                body: body.as_bytes(),
                now: Timestamp(0),
                endpoint: ENDPOINT,
            },
            &mut Unmetered,
        );
        let rejection = rejected(rejection);
        let logged = format!("{} {rejection:?}", rejection.reason);
        assert!(!logged.contains(secret), "{logged}");
    }
}
