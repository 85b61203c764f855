//! Answers and faults, byte for byte.

use super::{ENDPOINT, M, O, SOAP11, SOAP12, codec, envelope, rejected};
use contract::handles::{code, message, object, operation};
use contract::{Contract, Record, Timestamp, Value};
use soap::{Codec, Incoming, Quirks, ServiceFault, SessionHeader, Unmetered, Version};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// An answer's document around what stands in its envelope.
fn document(namespace: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{namespace}\" \
         xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\">{content}</soap:Envelope>"
    )
}

fn record(ty: contract::TypeId) -> Record {
    Contract::get().unwrap().record(ty)
}

fn written(codec: &Codec, operation: contract::OperationId, response: &Record) -> String {
    String::from_utf8(codec.write(Version::V11, operation, None, response).unwrap()).unwrap()
}

#[test]
fn a_login_answer() {
    use object::login_result as result;
    let mut found = record(result::TYPE_ID);
    found.set(result::LOGIN_SUCCESS, true);
    found.set(result::SERVER_URL, "http://h/?a=1&b=\"<2>\"");
    found.set(result::CVENT_SESSION_HEADER, "a+/=");
    let mut response = record(message::login_response::TYPE_ID);
    response.set(message::login_response::LOGIN_RESULT, found);
    let body = format!(
        "<soap:Body><LoginResponse xmlns=\"{M}\"><LoginResult LoginSuccess=\"true\" \
         ServerURL=\"http://h/?a=1&amp;b=&quot;&lt;2&gt;&quot;\" CventSessionHeader=\"a+/=\" xmlns=\"{O}\" />\
         </LoginResponse></soap:Body>"
    );
    let codec = codec(Quirks::default());
    assert_eq!(written(&codec, operation::LOGIN, &response), document(SOAP11, &body));
    let answer = codec.write(Version::V12, operation::LOGIN, Some(&SessionHeader::new("x")), &response);
    assert_eq!(
        String::from_utf8(answer.unwrap()).unwrap(),
        document(SOAP12, &body),
        "Login echoes no header"
    );
}

#[test]
fn an_absent_result_leaves_the_wrapper() {
    let response = record(message::login_response::TYPE_ID);
    let body = format!("<soap:Body><LoginResponse xmlns=\"{M}\" /></soap:Body>");
    assert_eq!(written(&codec(Quirks::default()), operation::LOGIN, &response), document(SOAP11, &body));
}

#[test]
fn a_retrieve_answer_says_what_each_object_is() {
    use object::contact;
    let contract = Contract::get().unwrap();
    let mut one = record(contact::TYPE_ID);
    one.set(contact::ID, "1");
    one.set(contact::FIRST_NAME, "");
    one.set(contact::ACTIVE, true);
    one.set(contact::EXCLUDED_FROM_EMAIL, false);
    let mut detail = record(object::custom_field_detail::TYPE_ID);
    detail.set(object::custom_field_detail::FIELD_ID, "2");
    one.push(contact::CUSTOM_FIELD_DETAIL, detail);
    let mut all = record(message_result(contract));
    let objects = contract.model.ty(all.ty()).fields().next().unwrap().0;
    all.push(objects, one);
    all.push(objects, Value::Nil);
    let mut response = record(message::retrieve_response::TYPE_ID);
    response.set(message::retrieve_response::RETRIEVE_RESULT, all);
    let body = format!(
        "<soap:Body><RetrieveResponse xmlns=\"{M}\"><RetrieveResult xmlns=\"{O}\"><CvObject xsi:type=\"Contact\" \
         Id=\"1\" FirstName=\"\" ExcludedFromEmail=\"false\"><CustomFieldDetail FieldId=\"2\" /></CvObject>\
         </RetrieveResult></RetrieveResponse></soap:Body>"
    );
    assert_eq!(written(&codec(Quirks::default()), operation::RETRIEVE, &response), document(SOAP11, &body));
}

fn message_result(contract: &Contract) -> contract::TypeId {
    use message::retrieve_response as response;
    match contract.model.member(response::TYPE_ID, response::RETRIEVE_RESULT).ty {
        contract::TypeRef::Complex(ty) => ty,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_session_header_is_echoed_with_its_attributes() {
    let codec = codec(Quirks::default());
    let value = "<CventSessionValue>a&amp;b</CventSessionValue>";
    for (version, soap, sent, echoed) in [
        (Version::V11, SOAP11, "", ""),
        (
            Version::V11,
            SOAP11,
            " s:mustUnderstand=\"true\" s:actor=\"urn:a\"",
            " soap:mustUnderstand=\"1\" soap:actor=\"urn:a\"",
        ),
        (Version::V11, SOAP11, " s:mustUnderstand=\"0\" x=\"1\"", ""),
        (
            Version::V12,
            SOAP12,
            " s:relay=\"true\" s:role=\"urn:r\" s:mustUnderstand=\"1\"",
            " soap:mustUnderstand=\"1\" soap:role=\"urn:r\" soap:relay=\"1\"",
        ),
    ] {
        let header = format!("<CventSessionHeader{sent} xmlns=\"{M}\">{value}</CventSessionHeader>");
        let body = envelope(soap, &header, &format!("<UpdateContact xmlns=\"{M}\"/>"));
        let request = codec.read(
            Incoming {
                soap_action: None,
                content_type: Some(soap::content_type(version).as_bytes()),
                body: body.as_bytes(),
                now: Timestamp(0),
                endpoint: ENDPOINT,
            },
            &mut Unmetered,
        );
        let request = request.unwrap();
        let response = record(message::update_contact_response::TYPE_ID);
        let answer = codec.write(request.version, request.operation, request.session.as_ref(), &response);
        let expected = format!(
            "<soap:Header><CventSessionHeader{echoed} xmlns=\"{M}\">{value}</CventSessionHeader></soap:Header>\
             <soap:Body><UpdateContactResponse xmlns=\"{M}\" /></soap:Body>"
        );
        assert_eq!(String::from_utf8(answer.unwrap()).unwrap(), document(soap, &expected));
    }
}

#[test]
fn a_service_fault_has_the_captured_form() {
    let codec = codec(Quirks::default());
    let fault = ServiceFault { code: code::CV10104, actor: ENDPOINT.to_owned() };
    let detail = format!(
        "<detail><Main-Exception xmlns=\"{O}\"><Exception-Detail /></Main-Exception>\
         <Secondary-Exception t:has-more=\"yes\" xmlns:t=\"{O}\" xmlns=\"{O}\" /></detail>"
    );
    let v11 = format!(
        "<soap:Body><soap:Fault><faultcode xmlns:q0=\"{O}\">q0:CV10104</faultcode>\
         <faultstring>INVALID_CVENT_HEADER_VALUE</faultstring><faultactor>{ENDPOINT}</faultactor>{detail}\
         </soap:Fault></soap:Body>"
    );
    let v12 = format!(
        "<soap:Body><soap:Fault><soap:Code><soap:Value xmlns:q0=\"{O}\">q0:CV10104</soap:Value></soap:Code>\
         <soap:Reason><soap:Text xml:lang=\"en\">INVALID_CVENT_HEADER_VALUE</soap:Text></soap:Reason>\
         <soap:Node>{ENDPOINT}</soap:Node>{detail}</soap:Fault></soap:Body>"
    );
    let text = |version| String::from_utf8(codec.write_fault(version, &fault)).unwrap();
    assert_eq!(text(Version::V11), document(SOAP11, &v11));
    assert_eq!(text(Version::V12), document(SOAP12, &v12));
}

#[test]
fn server_faults_and_requests_that_are_too_long() {
    let codec = codec(Quirks::default());
    let v11 = "<soap:Body><soap:Fault><faultcode>soap:Server</faultcode><faultstring>Server was unable to \
               process request. ---&gt; boom</faultstring><detail /></soap:Fault></soap:Body>";
    let fault = codec.write_server_fault(Version::V11, "boom");
    assert_eq!(String::from_utf8(fault).unwrap(), document(SOAP11, v11));
    let v12 = "<soap:Body><soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code><soap:Reason>\
               <soap:Text xml:lang=\"en\">There was an exception running the extensions specified in the config \
               file. ---&gt; Maximum request length exceeded.</soap:Text></soap:Reason><soap:Detail /></soap:Fault>\
               </soap:Body>";
    let rejection = codec.reject_too_long(Version::V12);
    assert_eq!((rejection.status, rejection.content_type), (500, "application/soap+xml; charset=utf-8"));
    assert_eq!(String::from_utf8(rejection.body).unwrap(), document(SOAP12, v12));
}

#[test]
fn a_version_mismatch_offers_both_versions() {
    let codec = codec(Quirks::default());
    let rejection = codec.read(
        Incoming {
            soap_action: None,
            content_type: Some(b"application/soap+xml"),
            body: b"<root/>",
            now: Timestamp(0),
            endpoint: ENDPOINT,
        },
        &mut Unmetered,
    );
    let expected = format!(
        "<soap:Header><soap12:Upgrade xmlns:soap12=\"{SOAP12}\"><soap12:SupportedEnvelope qname=\"soap:Envelope\" \
         xmlns:soap=\"{SOAP11}\" /><soap12:SupportedEnvelope qname=\"soap12:Envelope\" xmlns:soap12=\"{SOAP12}\" />\
         </soap12:Upgrade></soap:Header><soap:Body><soap:Fault><faultcode>soap:VersionMismatch</faultcode>\
         <faultstring>Possible SOAP version mismatch: Envelope namespace  was unexpected. Expecting {SOAP11}.\
         </faultstring><detail /></soap:Fault></soap:Body>"
    );
    assert_eq!(String::from_utf8(rejected(rejection).body).unwrap(), document(SOAP11, &expected));
}

#[test]
fn an_answer_that_does_not_fit_is_a_server_fault() {
    let codec = codec(Quirks::default());
    let mut response = record(message::login_response::TYPE_ID);
    response.set(message::login_response::LOGIN_RESULT, "text");
    let rejection = codec.write(Version::V11, operation::LOGIN, None, &response).unwrap_err();
    assert_eq!((rejection.status, rejection.reason), (500, soap::Reason::Unwritable));
    let other = record(message::login::TYPE_ID);
    assert!(codec.write(Version::V11, operation::LOGIN, None, &other).is_err());
}

#[test]
fn an_answer_that_is_longer_than_wanted_is_given_up() {
    let codec = codec(Quirks::default());
    let login = |text: &str| {
        let mut result = record(object::login_result::TYPE_ID);
        result.set(object::login_result::ERROR_MESSAGE, text);
        let mut response = record(message::login_response::TYPE_ID);
        response.set(message::login_response::LOGIN_RESULT, result);
        response
    };
    let within = |text: &str, most: usize| {
        codec.write_within(Version::V11, operation::LOGIN, None, &login(text), most).unwrap()
    };
    let whole = within("Ä & B", usize::MAX).unwrap();
    assert_eq!(within("Ä & B", whole.len()).unwrap(), whole);
    assert_eq!(within("Ä & B", whole.len() / 2), None);
    // A text is written in pieces, so that a long one is not written to its end either.
    let long = "&Ä\u{ffff}".repeat(100_000);
    let escaped = long.replace('&', "&amp;").replace('\u{ffff}', "&#xFFFF;");
    let text = String::from_utf8(within(&long, usize::MAX).unwrap()).unwrap();
    assert!(text.contains(&escaped));
    assert_eq!(within(&long, text.len() - 100), None);
}
