//! Well-formedness and the envelope.

use super::{Case, M, SOAP11, SOAP12, e11, e12, envelope, login, v11, v12};

pub(super) fn cases() -> Vec<Case> {
    [documents(), routed(), envelopes()].into_iter().flatten().collect()
}

fn documents() -> Vec<Case> {
    let good = e11(&login("<Password>p</Password>"));
    let inside = |content: &str| e11(&login(content));
    let attribute = |value: &str| e11(&format!("<Login xmlns=\"{M}\" x=\"{value}\"/>"));
    let sent = |name, body: String, expected: &str| v11(name, "Login", body, expected);
    let ran = "1.1 Login{Password=[p]}";
    vec![
        sent("xml: empty", String::new(), "400 1.1"),
        sent("xml: white space", "  \n".into(), "400 1.1"),
        sent("xml: not XML", "hello".into(), "400 1.1"),
        sent("xml: truncated", good[..good.len() - 20].into(), "400 1.1"),
        sent("xml: junk behind", format!("{good}x"), "400 1.1"),
        sent("xml: second root", format!("{good}<a/>"), "400 1.1"),
        sent("xml: comment and white space behind", format!("{good}\n<!-- c -->\n"), ran),
        sent(
            "xml: declaration",
            format!("<?xml version=\"1.0\" encoding=\"bogus\" standalone=\"no\"?>{good}"),
            ran,
        ),
        sent("xml: line before the declaration", format!("\n<?xml version=\"1.0\"?>{good}"), "400 1.1"),
        sent("xml: version 1.1", format!("<?xml version=\"1.1\"?>{good}"), "400 1.1"),
        sent("xml: document type", format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{good}"), "400 1.1"),
        sent("xml: document type inside", inside("<!DOCTYPE x>"), "400 1.1"),
        sent("xml: duplicate attribute", e11("<a x=\"1\" x=\"2\"/>"), "400 1.1"),
        sent("xml: undeclared prefix", e11("<z:a/>"), "400 1.1"),
        sent("xml: control character", attribute("\u{1}"), "400 1.1"),
        sent("xml: reference to a control character", attribute("&#x1;"), "400 1.1"),
        sent("xml: less-than in an attribute", attribute("a < b"), "400 1.1"),
        sent("xml: bare ampersand in an attribute", attribute("a & b"), "400 1.1"),
        sent("xml: undefined entity in an attribute", attribute("&nope;"), "1.1 Login{}"),
        sent("xml: undefined entity in a value", inside("<Password>&nope;</Password>"), "400 1.1"),
        sent("xml: undefined entity between elements", inside("&nope;<Password>p</Password>"), ran),
        sent(
            "xml: instructions, comments and CDATA",
            inside("<?p x?><!-- c --><![CDATA[x]]><Password>p</Password>"),
            ran,
        ),
        sent(
            "xml: 2,000 unknown elements deep",
            inside(&format!("{}{}<Password>p</Password>", "<a>".repeat(2000), "</a>".repeat(2000))),
            ran,
        ),
        sent(
            "xml: 5,000 unknown elements deep",
            inside(&format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000))),
            "400 1.1",
        ),
    ]
}

fn routed() -> Vec<Case> {
    let server =
        |text: &str| format!("500 1.2 soap:Receiver: Server was unable to process request. ---> {text}");
    let good = e12(&login("<Password>p</Password>"));
    vec![
        v12(
            "xml: not XML without an action",
            "hello",
            server("Data at the root level is invalid. Line 1, position 1."),
        ),
        v12("xml: empty without an action", "", server("Root element is missing.")),
        v11("xml: empty text/xml without an action", "", "", server("Root element is missing.")).action(None),
        v12("xml: truncated once the operation is known", &good[..good.len() - 20], "400 1.2"),
        v12(
            "xml: no body without an action",
            format!("<s:Envelope xmlns:s=\"{SOAP12}\"/>"),
            server("Request format is invalid: Missing required soap:Body element."),
        ),
        v12("xml: truncated with an action", &good[..good.len() - 20], "400 1.2")
            .content_type(Some(&format!("application/soap+xml; action=\"{M}/Login\""))),
    ]
}

fn envelopes() -> Vec<Case> {
    let mismatch = |namespace: &str| {
        format!(
            "500 1.1 soap:VersionMismatch: Possible SOAP version mismatch: Envelope namespace {namespace} was unexpected. Expecting {SOAP11}."
        )
    };
    let unread = |part: &str| {
        format!(
            "500 1.1 soap:Client: Server was unable to read request. ---> Request format is invalid: Missing required soap:{part} element."
        )
    };
    let ran = "1.1 Login{Password=[p]}";
    let p = login("<Password>p</Password>");
    let wrap = |content: &str| format!("<s:Envelope xmlns:s=\"{SOAP11}\">{content}</s:Envelope>");
    let sent = |name, body: String, expected: &str| v11(name, "Login", body, expected);
    vec![
        sent("envelope: no namespace", "<root/>".into(), &mismatch("")),
        sent("envelope: other namespace", envelope("urn:other", "", &p), &mismatch("urn:other")),
        v12(
            "envelope: other namespace without an action",
            envelope("urn:other", "", &p),
            mismatch("urn:other"),
        ),
        sent("envelope: wrong name", format!("<s:Envelop xmlns:s=\"{SOAP11}\"/>"), &unread("Envelope")),
        sent("envelope: empty", wrap(""), &unread("Body")),
        sent(
            "envelope: body of the other version",
            wrap(&format!("<b:Body xmlns:b=\"{SOAP12}\"/>")),
            &unread("Body"),
        ),
        sent("envelope: text before the body", wrap(&format!("text<s:Body>{p}</s:Body>")), &unread("Body")),
        sent(
            "envelope: element before the body",
            wrap(&format!("<x/><s:Body>{p}</s:Body>")),
            &unread("Body"),
        ),
        sent(
            "envelope: comment before the header",
            wrap(&format!("<!-- c --><s:Header/><s:Body>{p}</s:Body>")),
            ran,
        ),
        sent(
            "envelope: header behind the body",
            wrap(&format!("<s:Body>{p}</s:Body><s:Header><x s:mustUnderstand=\"1\"/></s:Header>")),
            ran,
        ),
        sent(
            "envelope: attributes on the body",
            wrap(&format!("<s:Body id=\"x\" s:encodingStyle=\"y\">{p}</s:Body>")),
            ran,
        ),
        sent(
            "envelope: other prefixes",
            format!(
                "<E:Envelope xmlns:E=\"{SOAP11}\" xmlns:a=\"{M}\"><E:Body><a:Login><a:Password>p</a:Password></a:Login></E:Body></E:Envelope>"
            ),
            ran,
        ),
        sent("body: empty", e11(""), "1.1 Login{}"),
        sent("body: self-closed", wrap("<s:Body/>"), "1.1 Login{}"),
        sent("body: unknown element", e11("<Nope><x/></Nope>"), "1.1 Login{}"),
        sent("body: element of no namespace", e11("<Login><Password>p</Password></Login>"), "1.1 Login{}"),
        sent(
            "body: two children",
            e11(&format!(
                "{}{}",
                login("<UserName>u</UserName><Password>1</Password>"),
                login("<Password>2</Password>")
            )),
            "1.1 Login{UserName=[u] Password=[2]}",
        ),
        sent("body: unknown child before", e11(&format!("<x/>{p}")), ran),
    ]
}
