//! Versions, actions, media types and charsets.

use super::{Case, M, O, SOAP11, SOAP12, e11, e12, envelope, login, v11, v12};

const RUN: &str = "Login{Password=[p]}";

pub(super) fn cases() -> Vec<Case> {
    [actions(), media_types(), charsets(), headers()].into_iter().flatten().collect()
}

fn actions() -> Vec<Case> {
    let body11 = e11(&login("<Password>p</Password>"));
    let body12 = e12(&login("<Password>p</Password>"));
    let update = format!("<UpdateContact xmlns=\"{M}\"><Contacts/></UpdateContact>");
    let ran11 = format!("1.1 {RUN}");
    let ran12 = format!("1.2 {RUN}");
    let unknown = |action: &str| {
        format!(
            "500 1.1 soap:Client: Server did not recognize the value of HTTP Header SOAPAction: {action}."
        )
    };
    let login_action = format!("{M}/Login");
    let escaped = login_action.replace(':', "%3A");
    let no_action =
        "Unable to handle request without a valid action parameter. Please supply a valid soap action.";
    let with =
        |name, action: &str, expected: String| v11(name, "", body11.clone(), expected).action(Some(action));
    let parameter = |name, parameter: &str, body: String, expected: String| {
        v12(name, body, expected).content_type(Some(&format!("application/soap+xml; {parameter}")))
    };
    vec![
        v11("action: quoted", "Login", body11.clone(), &ran11),
        with("action: unquoted", &login_action, ran11.clone()),
        with("action: escaped", &escaped, ran11.clone()),
        with("action: half quoted", &format!("\"{login_action}"), unknown(&format!("\"{login_action}"))),
        with("action: single quotes", &format!("'{login_action}'"), unknown(&format!("'{login_action}'"))),
        with("action: empty", "", unknown("")),
        with("action: empty quotes", "\"\"", unknown("")),
        with(
            "action: blanks inside",
            &format!("\" {login_action} \""),
            unknown(&format!(" {login_action} ")),
        ),
        with("action: slash behind", &format!("{login_action}/"), unknown(&format!("{login_action}/"))),
        with("action: other case", &login_action.to_lowercase(), unknown(&login_action.to_lowercase())),
        with("action: plus and percent", "\"urn:a+b%20c\"", unknown("urn:a b c")),
        with(
            "action: two",
            &format!("\"{login_action}\", \"x\""),
            unknown(&format!("{login_action}\", \"x")),
        ),
        with("action: unknown beats the media type", "urn:x", unknown("urn:x")).content_type(None),
        v11("action: unknown beats bad XML", "", "hello", unknown("urn:x")).action(Some("urn:x")),
        v11("action: beats the body element", "Login", e11(&update), "1.1 Login{}"),
        v11("action: absent, the body element decides", "", body11.clone(), &ran11).action(None),
        v11(
            "action: absent, unknown element",
            "",
            e11(&format!("<Nope xmlns=\"{M}\"/>")),
            format!("500 1.1 soap:Client: {no_action}"),
        )
        .action(None),
        v12(
            "action: absent, element of another namespace",
            e12(&format!("<Login xmlns=\"{O}\"/>")),
            format!("500 1.2 soap:Sender: {no_action}"),
        ),
        v12("action: absent, empty body", e12(""), format!("500 1.2 soap:Sender: {no_action}")),
        v12("action: absent, text in the body", e12("text"), format!("500 1.2 soap:Sender: {no_action}")),
        v12("version: 1.2", body12.clone(), &ran12),
        v12("version: SOAPAction next to 1.2 is not looked at", body12.clone(), &ran12).action(Some("urn:x")),
        v11("version: 1.2 envelope as text/xml", "Login", body12.clone(), &ran12),
        v11("version: 1.2 envelope as text/xml without an action", "", body12.clone(), &ran12).action(None),
        parameter(
            "action parameter: quoted",
            &format!("action=\"{login_action}\""),
            e12(&update),
            "1.2 Login{}".into(),
        ),
        parameter(
            "action parameter: unquoted",
            &format!("action={login_action}"),
            body12.clone(),
            ran12.clone(),
        ),
        parameter(
            "action parameter: upper case",
            &format!("ACTION='{escaped}'"),
            body12.clone(),
            ran12.clone(),
        ),
        parameter("action parameter: empty", "action=\"\"", body12.clone(), ran12.clone()),
        parameter(
            "action parameter: unknown, the element decides",
            "action=\"urn:x\"",
            body12.clone(),
            ran12.clone(),
        ),
        parameter(
            "action parameter: unknown, and the element too",
            "action=\"urn:x\"",
            e12("<Nope/>"),
            "500 1.2 soap:Sender: Unable to handle request. The action 'urn:x' was not recognized.".into(),
        ),
    ]
}

fn media_types() -> Vec<Case> {
    let body11 = e11(&login("<Password>p</Password>"));
    let body12 = e12(&login("<Password>p</Password>"));
    let ran11 = format!("1.1 {RUN}");
    let typed = |name, content_type: Option<&str>, expected: &str| {
        v11(name, "Login", body11.clone(), expected).content_type(content_type)
    };
    let untyped = |name, content_type: Option<&str>, body: &str, expected: &str| {
        v12(name, body, expected).content_type(content_type)
    };
    vec![
        typed("media type: any case", Some("TEXT/XML"), &ran11),
        typed("media type: parameters", Some("text/xml;charset=\"utf-8\""), &ran11),
        typed("media type: blank before the semicolon", Some("text/xml ; charset=utf-8"), "415 1.1"),
        typed("media type: application/xml", Some("application/xml"), "415 1.1"),
        typed("media type: none", None, "415 1.1"),
        typed("media type: multipart", Some("multipart/related; type=\"text/xml\""), "415 1.1"),
        v11("media type: beats bad XML", "Login", "hello", "415 1.1").content_type(Some("text/plain")),
        untyped("media type: none, no action", None, &body11, "415 1.2"),
        untyped("media type: text/plain, no action", Some("text/plain"), &body12, "415 1.2"),
        untyped("media type: 1.1 envelope as soap+xml", Some("application/soap+xml"), &body11, "415 1.1"),
        untyped(
            "media type: 1.1 envelope as soap+xml with a SOAPAction",
            Some("application/soap+xml"),
            &body11,
            "415 1.1",
        )
        .action(Some(&format!("\"{M}/Login\""))),
        untyped(
            "media type: 1.1 envelope as soap+xml with an action parameter",
            Some(&format!("application/soap+xml; action=\"{M}/Login\"")),
            &body11,
            "415 1.1",
        ),
        typed("media type: 1.1 body as soap+xml", Some("application/soap+xml"), "415 1.1"),
    ]
}

fn charsets() -> Vec<Case> {
    let text = |declaration: &str, text: &str| {
        format!("{declaration}{}", e11(&login(&format!("<Password>{text}</Password>"))))
    };
    let got = |value: &str| format!("1.1 Login{{Password=[{value}]}}");
    let sent = |name, body: Vec<u8>, content_type: &str, expected: String| {
        v11(name, "Login", body, expected).content_type(Some(content_type))
    };
    let latin1 = |text: String| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let utf16 = |text: String, mark: bool, big: bool| {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let bom = |text: String| [b"\xEF\xBB\xBF".to_vec(), text.into_bytes()].concat();
    let zoe = "Zoë 日本 😀";
    let declared = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>";
    vec![
        sent("charset: utf-8", text("", zoe).into(), "text/xml; charset=utf-8", got(zoe)),
        sent("charset: text/xml without a charset is UTF-8", text("", zoe).into(), "text/xml", got(zoe)),
        sent("charset: unknown is ASCII", text("", "Zoë").into(), "text/xml; charset=x-nope", got("Zo??")),
        sent(
            "charset: a mark beats the parameter",
            bom(text("", zoe)),
            "text/xml; charset=us-ascii",
            got(zoe),
        ),
        sent(
            "charset: a mark before the declaration",
            bom(text("<?xml version=\"1.0\"?>", zoe)),
            "text/xml",
            got(zoe),
        ),
        sent("charset: latin1", latin1(text("", "Zoë")), "text/xml; charset=iso-8859-1", got("Zoë")),
        sent(
            "charset: beats the declaration",
            text(declared, zoe).into(),
            "text/xml; charset=utf-8",
            got(zoe),
        ),
        sent(
            "charset: faulty UTF-8",
            latin1(text("", "A\u{FF}\u{FE}B")),
            "text/xml; charset=utf-8",
            got("A\u{FFFD}\u{FFFD}B"),
        ),
        sent(
            "charset: utf-16 without a mark is little-endian",
            utf16(text("", zoe), false, false),
            "text/xml; charset=utf-16",
            got(zoe),
        ),
        sent(
            "charset: utf-16 with a mark",
            utf16(text("", zoe), true, true),
            "text/xml; charset=utf-16",
            got(zoe),
        ),
        sent("charset: utf-16BE", utf16(text("", zoe), false, true), "text/xml; charset=utf-16BE", got(zoe)),
        sent(
            "charset: UTF-8 that is called UTF-16",
            text("", "a").into(),
            "text/xml; charset=utf-16",
            "400 1.1".into(),
        ),
        v12(
            "charset: soap+xml goes by the declaration",
            latin1(format!("{declared}{}", e12(&login("<Password>Zoë</Password>")))),
            "1.2 Login{Password=[Zoë]}",
        )
        .content_type(Some("application/soap+xml")),
        v12(
            "charset: soap+xml without a declaration",
            e12(&login("<Password>Zoë</Password>")),
            "1.2 Login{Password=[Zoë]}",
        )
        .content_type(Some("application/soap+xml")),
    ]
}

fn headers() -> Vec<Case> {
    let value = |value: &str| {
        format!(
            "<CventSessionHeader xmlns=\"{M}\"><CventSessionValue>{value}</CventSessionValue></CventSessionHeader>"
        )
    };
    let abc = value("abc");
    let update = format!("<UpdateContact xmlns=\"{M}\"/>");
    let sent = |name, header: &str, expected: &str| {
        v11(name, "UpdateContact", envelope(SOAP11, header, &update), expected)
    };
    let with = |attributes: &str| {
        abc.replacen("<CventSessionHeader", &format!("<CventSessionHeader {attributes}"), 1)
    };
    let unknown = |attributes: &str| format!("{abc}<X xmlns=\"urn:x\" {attributes}><y/></X>");
    let flagged = with("s:mustUnderstand=\"yes\"");
    let at = 1 + envelope(SOAP11, &flagged, "").find("s:mustUnderstand").unwrap();
    let not_understood = "500 1.1 soap:MustUnderstand: SOAP header X was not understood. (no detail)";
    vec![
        sent("header: session", &abc, "1.1 UpdateContact{} session [abc]"),
        sent("header: none", "", "1.1 UpdateContact{}"),
        sent(
            "header: without a value",
            &format!("<CventSessionHeader xmlns=\"{M}\"/>"),
            "1.1 UpdateContact{} session -",
        ),
        sent("header: empty value", &value(""), "1.1 UpdateContact{} session []"),
        sent("header: the value is not trimmed", &value(" abc "), "1.1 UpdateContact{} session [ abc ]"),
        sent("header: CDATA", &value("<![CDATA[a]]>b&#99;"), "1.1 UpdateContact{} session [abc]"),
        sent("header: comment inside the value", &value("a<!-- -->b"), "400 1.1"),
        sent("header: element inside the value", &value("a<b/>c"), "400 1.1"),
        sent("header: other namespace", &abc.replace(M, O), "1.1 UpdateContact{}"),
        sent(
            "header: the first counts",
            &format!("{abc}{}", value("x")),
            "1.1 UpdateContact{} session [abc]",
        ),
        sent(
            "header: text and comments around it",
            &format!("text<!-- c -->{abc}"),
            "1.1 UpdateContact{} session [abc]",
        ),
        sent("header: unknown things in it", &with("a=\"1\" s:b=\"2\""), "1.1 UpdateContact{} session [abc]"),
        sent(
            "header: mustUnderstand",
            &with("s:mustUnderstand=\"true\""),
            "1.1 UpdateContact{} session [abc]",
        ),
        sent(
            "header: mustUnderstand that is no boolean",
            &flagged,
            &format!(
                "500 1.1 soap:Client: Server was unable to read request. ---> There is an error in XML document (1, {at}). ---> 'yes' is not a valid value for the field EncodedMustUnderstand. Valid values are '0', '1', 'true', and 'false'."
            ),
        ),
        sent("header: unknown", &unknown(""), "1.1 UpdateContact{} session [abc]"),
        sent(
            "header: unknown, mustUnderstand 0",
            &unknown("s:mustUnderstand=\"0\""),
            "1.1 UpdateContact{} session [abc]",
        ),
        sent("header: unknown, mustUnderstand 1", &unknown("s:mustUnderstand=\"1\""), not_understood),
        sent(
            "header: unknown, for another actor",
            &unknown("s:mustUnderstand=\"1\" s:actor=\"urn:y\""),
            not_understood,
        ),
        sent(
            "header: unknown, mustUnderstand that is no boolean",
            &unknown("s:mustUnderstand=\"yes\""),
            "1.1 UpdateContact{} session [abc]",
        ),
        v12(
            "header: unknown, mustUnderstand in 1.2",
            envelope(SOAP12, &unknown("s:mustUnderstand=\"true\""), &update),
            "500 1.2 soap:MustUnderstand: SOAP header X was not understood. (no detail)",
        ),
        v11(
            "header: parameters are read before it is asked what was understood",
            "UpdateContact",
            envelope(SOAP11, &unknown("s:mustUnderstand=\"1\""), "<!-- -- -->"),
            "400 1.1",
        ),
        v11("header: Login takes none", "Login", envelope(SOAP11, &abc, &login("")), "1.1 Login{}"),
        v11(
            "header: Login does not understand the session",
            "Login",
            envelope(SOAP11, &with("s:mustUnderstand=\"1\""), &login("")),
            "500 1.1 soap:MustUnderstand: SOAP header CventSessionHeader was not understood. (no detail)",
        ),
    ]
}
