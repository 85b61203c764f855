//! Departures: from what a clean SOAP stack would do, and from what the recorded service does.

/// What `text/xml` without a `charset` parameter is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CharsetFallback {
    /// UTF-8: what such clients send.
    #[default]
    Utf8,
    /// ASCII, every other byte a question mark: what the recorded service does.
    Ascii,
}

/// How a value outside its enumeration is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EnumerationFault {
    /// The service's own fault, as captured from the hosted service.
    #[default]
    Captured,
    /// The serializer's text, as recorded.
    Serializer,
}

/// The settings among the quirks; the defaults are the project's decisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quirks {
    /// `charset-fallback`
    pub text_xml_without_charset: CharsetFallback,
    /// `enumeration-fault`
    pub enumeration_fault: EnumerationFault,
}

/// One departure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quirk {
    /// Its name, unique in [`QUIRKS`].
    pub name: &'static str,
    /// What is done that a clean stack or the recorded service would not do.
    pub effect: &'static str,
    /// How it is known.
    pub evidence: &'static str,
    /// The field of [`Quirks`] that changes it, if one does.
    pub setting: Option<&'static str>,
    /// The exchange in `tests/exchange` that shows it; none where only the whole server can.
    pub case: Option<&'static str>,
}

const RECORDED: &str = "recorded exchanges";

/// A quirk that is as it is.
const fn fixed(
    name: &'static str,
    effect: &'static str,
    evidence: &'static str,
    case: &'static str,
) -> Quirk {
    Quirk { name, effect, evidence, setting: None, case: Some(case) }
}

/// All departures of this crate. A test fails if one has no exchange.
pub const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "charset-fallback",
        effect: "text/xml without a charset is UTF-8, not ASCII",
        evidence: "decision: ASCII loses every other letter, and such clients send UTF-8",
        setting: Some("text_xml_without_charset"),
        case: Some("charset: text/xml without a charset is UTF-8"),
    },
    Quirk {
        name: "enumeration-fault",
        effect: "a value outside its enumeration is the service's fault CV10001, not the serializer's",
        evidence: "one fault captured from the hosted service, most likely for this cause",
        setting: Some("enumeration_fault"),
        case: Some("enumeration: outside is the captured fault"),
    },
    fixed(
        "action-beats-body",
        "a known action decides the operation, whatever the body holds",
        RECORDED,
        "action: beats the body element",
    ),
    fixed(
        "body-routing-in-soap-1.1",
        "without a SOAPAction the body's element decides, in SOAP 1.1 too",
        RECORDED,
        "action: absent, the body element decides",
    ),
    fixed(
        "envelope-decides-version",
        "the envelope's namespace decides the version of the answer, not the media type",
        RECORDED,
        "version: 1.2 envelope as text/xml",
    ),
    fixed(
        "status-500",
        "every fault has status 500, the client's mistakes in SOAP 1.2 included",
        RECORDED,
        "boolean: TRUE in SOAP 1.2",
    ),
    Quirk {
        name: "busy-503",
        effect: "a call that finds no place in the queues, or no memory, is answered with status 503 and Retry-After",
        evidence: "decision: the platform's 500 tells neither clients nor proxies that trying again helps",
        setting: None,
        case: None,
    },
    fixed(
        "empty-400",
        "what is not well-formed is answered with status 400 and no body",
        RECORDED,
        "xml: truncated",
    ),
    fixed(
        "malformed-while-routing",
        "what is not well-formed before the operation is known is a fault of the server",
        RECORDED,
        "xml: not XML without an action",
    ),
    fixed(
        "lenient-content",
        "unknown elements, attributes and text are ignored everywhere",
        "recorded exchanges; client libraries send stray text between filters",
        "content: unknown things are ignored",
    ),
    fixed(
        "undefined-entity",
        "an undefined entity in an attribute expands to nothing",
        RECORDED,
        "xml: undefined entity in an attribute",
    ),
    fixed(
        "replacement-character",
        "bytes that are not of the declared charset become U+FFFD",
        RECORDED,
        "charset: faulty UTF-8",
    ),
    fixed(
        "several-body-children",
        "every body child of the operation's name is read, later parameters replace earlier ones",
        RECORDED,
        "body: two children",
    ),
    fixed(
        "comment-in-value",
        "a comment inside an element that holds a value makes the document malformed",
        RECORDED,
        "text: comment inside",
    ),
    fixed(
        "nil-where-not-nillable",
        "xsi:nil is ignored where the schema does not allow it",
        RECORDED,
        "nil: ignored on a string",
    ),
    fixed("any-date-form", "a dateTime may be any date or time of XML Schema", RECORDED, "dateTime: a year"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, quirk) in QUIRKS.iter().enumerate() {
            assert!(QUIRKS[..index].iter().all(|other| other.name != quirk.name), "{}", quirk.name);
        }
    }
}
