//! Bodies that are made to cost more than their length: each line says what a byte of one costs.

use contract::handles::operation;
use contract::{Contract, Namespace, Timestamp};
use soap::{Codec, Incoming, Unmetered, Unread};
use std::time::Instant;

/// How long each body is.
const LENGTH: usize = 4 << 20;
const ROUNDS: usize = 3;

/// A body, and the charset it is said to have.
#[derive(Clone)]
struct Shape {
    name: &'static str,
    charset: &'static str,
    body: Vec<u8>,
}

/// Prints what each of the shapes costs.
pub fn report(contract: &'static Contract, codec: &Codec) {
    let began = Instant::now();
    let action = contract.action(operation::UPDATE_CONTACT);
    let wanted = std::env::args().nth(2).unwrap_or_default();
    for Shape { name, charset, body } in shapes(contract).into_iter().filter(|one| one.name.contains(&wanted))
    {
        let content_type = format!("text/xml; charset={charset}");
        let incoming = Incoming {
            soap_action: Some(action.as_bytes()),
            content_type: Some(content_type.as_bytes()),
            body: &body,
            now: Timestamp(0),
            endpoint: "",
        };
        let (mut best, mut outcome) = (u64::MAX, String::new());
        for _ in 0..ROUNDS {
            let start = spent(began);
            let read = codec.read(incoming, &mut Unmetered);
            best = best.min(spent(began) - start);
            outcome = match read {
                Ok(request) => format!("{} records", request.records),
                Err(Unread::Rejected(rejection)) => rejection.reason.to_string(),
                Err(Unread::OverBudget) => "over budget".to_owned(),
            };
        }
        let each = best as f64 / body.len() as f64;
        println!("{name:32} {each:7.2} ns a byte   {outcome}");
    }
}

/// Nanoseconds of processor time so far, which other work on the machine disturbs least; of any time
/// where the system does not tell.
fn spent(began: Instant) -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let told = told.ok().and_then(|text| text.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| began.elapsed().as_nanos().try_into().unwrap_or(u64::MAX))
}

/// An envelope around what is inside of the array of an UpdateContact.
fn around(contract: &Contract, inside: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><s:Body>\
         <UpdateContact xmlns='{}'><Contacts>{inside}{END}",
        contract.address(Namespace::Messages)
    )
}

const END: &str = "</Contacts></UpdateContact></s:Body></s:Envelope>";

fn shapes(contract: &Contract) -> Vec<Shape> {
    [charsets(contract), texts(contract), markup(contract), names(contract), records(contract)].concat()
}

/// Bytes that are not of the charset they are said to have, and others that take long to decode.
fn charsets(contract: &Contract) -> Vec<Shape> {
    let bytes = |name, charset, piece: &[u8]| {
        let mut body = around(contract, "").into_bytes();
        let at = body.len() - END.len();
        body.splice(at..at, piece.repeat(LENGTH / piece.len()));
        Shape { name, charset, body }
    };
    let utf16 = |name, unit: u16| {
        let mut body: Vec<u8> = around(contract, "").encode_utf16().flat_map(u16::to_le_bytes).collect();
        body.extend(unit.to_le_bytes().repeat(LENGTH / 2));
        Shape { name, charset: "utf-16le", body }
    };
    vec![
        bytes("UTF-8, FF", "utf-8", b"\xFF"),
        bytes("UTF-8, E2 82", "utf-8", b"\xE2\x82"),
        bytes("UTF-8, F0 9F 98 then a", "utf-8", b"\xF0\x9F\x98a"),
        bytes("UTF-8, good", "utf-8", b"aaaaaaa\xC3\xA9"),
        bytes("UTF-8, C3 28", "utf-8", b"\xC3("),
        bytes("latin-1, EB", "iso-8859-1", b"\xEB"),
        bytes("ASCII, EB", "us-ascii", b"\xEB"),
        bytes("windows-1252, EB", "windows-1252", b"\xEB"),
        bytes("gb18030, FF", "gb18030", b"\xFF"),
        bytes("gb18030, 81 30 81 30", "gb18030", b"\x81\x30\x81\x30"),
        bytes("big5, 81 FF", "big5", b"\x81\xFF"),
        bytes("shift_jis, A0 FF", "shift_jis", b"\xA0\xFF"),
        bytes("euc-kr, FF", "euc-kr", b"\xFF"),
        bytes("iso-2022-jp, 1B 24 42 21", "iso-2022-jp", b"\x1B\x24\x42\x21"),
        bytes("iso-2022-jp, FF", "iso-2022-jp", b"\xFF"),
        utf16("UTF-16, lone high surrogates", 0xD800),
        utf16("UTF-16, lone low surrogates", 0xDC00),
    ]
}

fn text(name: &'static str, body: String) -> Shape {
    Shape { name, charset: "utf-8", body: body.into_bytes() }
}

/// The piece again and again.
fn many(contract: &Contract, piece: &str) -> String {
    around(contract, &piece.repeat(LENGTH / piece.len()))
}

/// The piece again and again within something else.
fn one(contract: &Contract, head: &str, piece: &str, tail: &str) -> String {
    around(contract, &format!("{head}{}{tail}", piece.repeat(LENGTH / piece.len())))
}

/// Character data and values of attributes.
fn texts(contract: &Contract) -> Vec<Shape> {
    let many = |piece| many(contract, piece);
    let title = |piece| one(contract, "<Contact Title='", piece, "'/>");
    vec![
        text("CR in text", many("\r")),
        text("CR in an attribute", title("\r")),
        text("CR LF in an attribute", title("\r\n")),
        text("&amp; in an attribute", title("&amp;")),
        text("&lt; in text", many("&lt;")),
        text("&#9; in text", many("&#9;")),
        text("&x; in text", many("&x;")),
        text("] in text", many("]")),
        text("long text", many("abcdefgh")),
        text("long text, not ASCII", many("é")),
        text("U+F000 in text", many("\u{F000}")),
        text("U+F000 in an attribute", title("\u{F000}")),
        text("bad enumeration", one(contract, "<Contact PrimaryAddressType='", "x", "'/>")),
        text("bad date", one(contract, "<Contact DateOfBirth='", "x", "'/>")),
        text("long digits", one(contract, "<Contact DateOfBirth='2024-02-29T10:11:12.", "1", "'/>")),
    ]
}

/// Elements that nobody knows, comments and the like.
fn markup(contract: &Contract) -> Vec<Shape> {
    let one = |head, piece, tail| one(contract, head, piece, tail);
    let many = |piece| many(contract, piece);
    vec![
        text("<a/>", many("<a/>")),
        text("<a></a>", many("<a></a>")),
        text("deep", many(&format!("{}{}", "<a>".repeat(4000), "</a>".repeat(4000)))),
        text("<!---->", many("<!---->")),
        text("<!-- - - -->", one("<!--", "- ", "-->")),
        text("<?a?>", many("<?a?>")),
        text("<![CDATA[]]>", many("<![CDATA[]]>")),
        text("long CDATA of ]", one("<![CDATA[", "]", " ]]>")),
        text("spaces in a tag", one("<Contact", " ", "/>")),
        text("document type", format!("<!DOCTYPE a [{}]><a/>", "<!ENTITY a 'b'>".repeat(LENGTH / 15))),
        text("document type, open", "<!DOCTYPE a [<!ENTITY ".repeat(LENGTH / 20)),
        text("< only", many("<")),
        text("open tag", one("<a ", "b='' ", "")),
    ]
}

/// Names, attributes and namespaces.
fn names(contract: &Contract) -> Vec<Shape> {
    let many = |piece: String| many(contract, &piece);
    let declarations: String = (0..120).map(|index| format!(" xmlns:n{index:03}='urn:{index:03}'")).collect();
    let attributes: String = (0..1000).map(|index| format!(" a{index}=''")).collect();
    // Names of one length with the same outer letters, for the quick test of repeated attributes.
    let alike: String = (0..40).map(|index| format!(" a{index:02}a=''")).collect();
    let within = |inside: String| around(contract, &format!("<a{declarations}>{inside}</a>"));
    let turns = |count: usize, piece: &dyn Fn(usize) -> String| {
        (0..count).map(|index| piece(index % 120)).collect::<String>()
    };
    vec![
        text("1000 attributes", many(format!("<a{attributes}/>"))),
        text("40 attributes alike", many(format!("<a{alike}/>"))),
        text("names of 1000 letters", many(format!("<{}/>", "a".repeat(1000)))),
        text("names of 1000 letters, é", many(format!("<{}/>", "é".repeat(500)))),
        text("a name too long", one(contract, "<", "a", "/>")),
        text("an end tag too long", one(contract, "</", "a", ">")),
        text("120 declarations each", many(format!("<a{declarations}/>"))),
        text("120 declarations around", within("<a/>".repeat(LENGTH / 4))),
        text("120 prefixes", within(turns(LENGTH / 9, &|index| format!("<n{index:03}:a/>")))),
        text(
            "120 namespaces in turn",
            around(contract, &turns(LENGTH / 20, &|index| format!("<a xmlns='urn:{index:03}'/>"))),
        ),
        text("default namespace again", many("<a xmlns=''/>".to_owned())),
    ]
}

/// Records and what is below them.
fn records(contract: &Contract) -> Vec<Shape> {
    let many = |piece| many(contract, piece);
    vec![
        text("<Contact/>", many("<Contact/>")),
        text("<Contact></Contact>", many("<Contact></Contact>")),
        text("<Contact i:nil='1'/>", many("<Contact i:nil='1'/>")),
        text("<Contact Id=''/>", many("<Contact Id=''/>")),
        text("items below a record", one(contract, "<Contact>", "<CustomFieldDetail/>", "</Contact>")),
    ]
}
