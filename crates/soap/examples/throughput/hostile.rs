//! Bodies that are made to cost more than their length: each line says what a byte of one costs.

use contract::handles::operation;
use contract::{Contract, Namespace, Timestamp};
use soap::{Codec, Incoming, Unmetered, Unread};
use std::time::Instant;

/// How long each body is.
const LENGTH: usize = 4 << 20;
const ROUNDS: usize = 3;

/// A body, and the charset it is said to have.
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

fn shapes(contract: &Contract) -> Vec<Shape> {
    let messages = contract.address(Namespace::Messages);
    let around = |inside: &str| {
        format!(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' \
             xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><s:Body>\
             <UpdateContact xmlns='{messages}'><Contacts>{inside}</Contacts></UpdateContact></s:Body></s:Envelope>"
        )
    };
    let many = |piece: &str| around(&piece.repeat(LENGTH / piece.len()));
    let one = |head: &str, piece: &str, tail: &str| {
        around(&format!("{head}{}{tail}", piece.repeat(LENGTH / piece.len())))
    };
    let list = |piece: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for index in 0.. {
            if text.len() >= LENGTH {
                break;
            }
            text.push_str(&piece(index));
        }
        around(&text)
    };
    let declarations: String = (0..120).map(|index| format!(" xmlns:n{index:03}='urn:{index:03}'")).collect();
    let attributes: String = (0..1000).map(|index| format!(" a{index}=''")).collect();
    // Names of one length with the same outer letters, for the quick test of repeated attributes.
    let alike: String = (0..40).map(|index| format!(" a{index:02}a=''")).collect();
    let text = |name, body: String| Shape { name, charset: "utf-8", body: body.into_bytes() };
    let bytes = |name, charset, piece: &[u8]| {
        let mut body = around("").into_bytes();
        let at = body.len() - "</Contacts></UpdateContact></s:Body></s:Envelope>".len();
        body.splice(at..at, piece.repeat(LENGTH / piece.len()));
        Shape { name, charset, body }
    };
    let utf16 = |name, unit: u16| {
        let mut body: Vec<u8> = around("").encode_utf16().flat_map(u16::to_le_bytes).collect();
        body.extend(unit.to_le_bytes().repeat(LENGTH / 2));
        Shape { name, charset: "utf-16le", body }
    };
    vec![
        bytes("UTF-8, FF", "utf-8", b"\xFF"),
        bytes("UTF-8, E2 82", "utf-8", b"\xE2\x82"),
        bytes("UTF-8, F0 9F 98 then a", "utf-8", b"\xF0\x9F\x98a"),
        bytes("UTF-8, one bad byte", "utf-8", b"aaaaaaa\xC3\xA9"),
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
        utf16("UTF-16, lone surrogates", 0xD800),
        utf16("UTF-16, lone low surrogates", 0xDC00),
        text("CR in text", many("\r")),
        text("LF in text", many("\n")),
        text("CR in a value", one("<Contact i:nil='0'><Id>", "\r", "</Id></Contact>")),
        text("CR in an attribute", one("<Contact Title='", "\r", "'/>")),
        text("CR LF in an attribute", one("<Contact Title='", "\r\n", "'/>")),
        text("&amp; in an attribute", one("<Contact Title='", "&amp;", "'/>")),
        text("&lt; in an attribute", one("<Contact Title='", "&lt;", "'/>")),
        text("&#9; in text", many("&#9;")),
        text("&lt; in text", many("&lt;")),
        text("&x; in text", many("&x;")),
        text("] in text", many("]")),
        text("long text", many("abcdefgh")),
        text("long text, not ASCII", many("é")),
        text("U+F000 in text", many("\u{F000}")),
        text("U+F000 in an attribute", one("<Contact Title='", "\u{F000}", "'/>")),
        text("<a/>", many("<a/>")),
        text("<a></a>", many("<a></a>")),
        text("deep", many(&format!("{}{}", "<a>".repeat(4000), "</a>".repeat(4000)))),
        text("<!---->", many("<!---->")),
        text("<!-- - - -->", one("<!--", "- ", "-->")),
        text("<?a?>", many("<?a?>")),
        text("<![CDATA[]]>", many("<![CDATA[]]>")),
        text("long CDATA of ]", one("<![CDATA[", "]", " ]]>")),
        text("1000 attributes", many(&format!("<a{attributes}/>"))),
        text("40 attributes alike", many(&format!("<a{alike}/>"))),
        text("names of 1000 letters", many(&format!("<{}/>", "a".repeat(1000)))),
        text("names of 1000 letters, é", many(&format!("<{}/>", "é".repeat(500)))),
        text("a name too long", one("<", "a", "/>")),
        text("an end tag too long", one("</", "a", ">")),
        text("120 declarations each", many(&format!("<a{declarations}/>"))),
        text(
            "120 declarations around",
            around(&format!("<a{declarations}>{}</a>", "<a/>".repeat(LENGTH / 4))),
        ),
        text(
            "120 prefixes",
            around(&format!(
                "<a{declarations}>{}</a>",
                (0..LENGTH / 9).map(|index| format!("<n{:03}:a/>", index % 120)).collect::<String>()
            )),
        ),
        text("120 namespaces in turn", list(&|index| format!("<a xmlns='urn:{:03}'/>", index % 120))),
        text("default namespace again", many("<a xmlns=''/>")),
        text("<Contact/>", many("<Contact/>")),
        text("<Contact></Contact>", many("<Contact></Contact>")),
        text("<Contact i:nil='1'/>", many("<Contact i:nil='1'/>")),
        text("<Contact Id=''/>", many("<Contact Id=''/>")),
        text("nested items", one("<Contact>", "<CustomFieldDetail/>", "</Contact>")),
        text("spaces in a tag", one("<Contact", " ", "/>")),
        text("document type", format!("<!DOCTYPE a [{}]><a/>", "<!ENTITY a 'b'>".repeat(LENGTH / 15))),
        text("document type, open", "<!DOCTYPE a [<!ENTITY ".repeat(LENGTH / 20)),
        text("< only", many("<")),
        text("open tag", one("<a ", "b='' ", "")),
        text("bad enumeration", one("<Contact PrimaryAddressType='", "<".replace('<', "x").as_str(), "'/>")),
        text("bad date", one("<Contact DateOfBirth='", "x", "'/>")),
        text("long digits", one("<Contact DateOfBirth='2024-02-29T10:11:12.", "1", "'/>")),
    ]
}
