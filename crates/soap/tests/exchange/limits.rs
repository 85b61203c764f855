//! What of a message is kept, what of it is counted, and what the meter is told.

use super::{Case, M, O, contacts, e11, refused, rejected, show, v11};
use contract::handles::{array, message, object};
use contract::{Contract, Record, Timestamp, Value};
use soap::{Codec, Incoming, Limits, Meter, OverBudget, Quirks, Reason, Request, Unmetered, Unread};
use std::mem::size_of;

/// Counts what it is told, up to a bound.
struct Counter {
    told: usize,
    bound: usize,
    refusals: usize,
}

impl Counter {
    fn up_to(bound: usize) -> Counter {
        Counter { told: 0, bound, refusals: 0 }
    }
}

impl Meter for Counter {
    fn charge(&mut self, bytes: usize) -> Result<(), OverBudget> {
        if self.told + bytes > self.bound {
            self.refusals += 1;
            return Err(OverBudget);
        }
        self.told += bytes;
        Ok(())
    }
}

fn read(limits: Limits, action: &str, body: &str, meter: &mut dyn Meter) -> Result<Request, Unread> {
    let Case { soap_action, content_type, body, .. } = v11("", action, e11(body), "");
    Codec::new(Contract::get().unwrap(), limits, Quirks::default()).read(
        Incoming {
            soap_action: soap_action.as_deref(),
            content_type: content_type.as_deref().map(str::as_bytes),
            body: &body,
            now: Timestamp(0),
            endpoint: "",
        },
        meter,
    )
}

fn understood(action: &str, body: &str) -> Request {
    read(Limits::default(), action, body, &mut Unmetered).unwrap()
}

/// The contacts of an UpdateContact.
fn sent(request: &Request) -> Vec<&Record> {
    let array = request.body.record(message::update_contact::CONTACTS).unwrap();
    array.records(array::array_of_contact::CONTACT).collect()
}

/// How many items the lists below a record have.
fn below(value: &Value) -> usize {
    match value {
        Value::List(items) => items.len() + items.iter().map(below).sum::<usize>(),
        Value::Record(record) => record.present().map(|(_, value)| below(value)).sum(),
        _ => 0,
    }
}

/// The bytes of a value's parts, by their sizes alone.
fn sizes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::List(items) => items.iter().map(sizes).sum(),
            Value::Record(record) => {
                size_of::<Record>() + record.present().map(|(_, value)| sizes(value)).sum::<usize>()
            }
            Value::Text(text) if text.len() > 24 => text.len(),
            _ => 0,
        }
}

#[test]
fn one_past_the_limit_is_kept_and_all_are_counted() {
    let batch = |name: &str, array: &str, item: &str, inner: &str| {
        (
            name.to_owned(),
            format!("<{name} xmlns=\"{M}\"><{array}>"),
            item.to_owned(),
            format!("</{array}></{name}>{inner}"),
        )
    };
    for ((action, head, item, tail), limit) in [
        (batch("UpdateContact", "Contacts", "<Contact/>", ""), 200),
        (batch("CreateMeetingRequest", "MeetingRequests", "<MeetingRequest/>", ""), 1),
        (batch("Retrieve", "Ids xmlns=\"O\"", "<Id/>", ""), 200),
        (batch("Search", "CvSearchObject xmlns=\"O\"", "<Filter/>", ""), 256),
        (
            batch("DescribeCvObject", "ObjectTypes xmlns=\"O\"", "<CvObjectType>Contact</CvObjectType>", ""),
            200,
        ),
    ] {
        let head = head.replace("\"O\"", &format!("\"{O}\""));
        let tail = tail.replace(" xmlns=\"O\"", "");
        for (count, kept) in [
            (0, 0),
            (1, 1),
            (limit, limit),
            (limit + 1, limit + 1),
            (limit + 2, limit + 1),
            (3000, limit + 1),
        ] {
            let request = understood(&action, &format!("{head}{}{tail}", item.repeat(count)));
            assert_eq!(request.records, count, "{action}");
            assert_eq!(below(&Value::from(request.body)), kept, "{action}");
        }
    }
}

#[test]
fn the_records_of_the_last_body_count() {
    let many = |count| contacts(&"<Contact/>".repeat(count));
    for (body, count) in [
        (format!("{}{}", many(300), many(5)), 5),
        (format!("{}{}", many(5), many(300)), 300),
        (format!("{}<UpdateContact xmlns=\"{M}\"/>", many(300)), 300),
        (format!("{}{}", many(300), many(0)), 0),
    ] {
        assert_eq!(understood("UpdateContact", &body).records, count);
    }
}

#[test]
fn records_past_the_limit_are_read_for_faults() {
    let good = "<Contact Title=\"a\"/>".repeat(5000);
    for (faulty, reason) in [
        ("<Contact Active=\"maybe\"/>", Reason::Value("a boolean")),
        ("<Contact PrimaryAddressType=\"x\"/>", Reason::Enumeration("PrimaryAddressType")),
        ("<Contact xsi:type=\"x\"/>", Reason::Type),
        (
            "<Contact><CustomFieldDetail><Nothing></CustomFieldDetail></Contact>",
            Reason::Malformed(soap::Malformed::Mismatched),
        ),
    ] {
        let body = contacts(&format!("{good}{faulty}{good}"));
        let rejection = rejected(read(Limits::default(), "UpdateContact", &body, &mut Unmetered));
        assert_eq!(rejection.reason, reason, "{}", refused(&rejection));
        assert!(rejection.position.unwrap().column > good.len());
    }
}

#[test]
fn the_lists_below_a_record_share_one_bound() {
    let details = |counts: [usize; 3]| {
        format!(
            "<Contact>{}{}{}<Nothing/></Contact>",
            "<o:CustomFieldDetail Value=\"v\"/>".repeat(counts[0]),
            "<o:ContactGroupDetail/>".repeat(counts[1]),
            "<o:DistributionListDetail/>".repeat(counts[2]),
        )
    };
    let lists = [[400, 400, 200], [400, 400, 201], [0, 2000, 5], [3, 0, 0]];
    let body = contacts(&lists.map(details).concat());
    let request = understood("UpdateContact", &body);
    let kept: Vec<usize> =
        sent(&request).iter().map(|record| below(&Value::from((*record).clone()))).collect();
    assert_eq!(kept, [1000, 1001, 1001, 3]);
    assert_eq!(request.records, 4);
    let second = sent(&request)[1];
    assert_eq!(second.list(object::contact::DISTRIBUTION_LIST_DETAIL).len(), 201);

    let few = Limits { nested: 4, ..Limits::default() };
    let logic = format!(
        "<AddAdvancedLogic xmlns=\"{M}\"><advancedLogic><AdvancedLogic>{}</AdvancedLogic></advancedLogic></AddAdvancedLogic>",
        "<o:AdvancedLogicChoices><o:FieldChoice>a</o:FieldChoice><o:FieldChoice>b</o:FieldChoice></o:AdvancedLogicChoices>".repeat(3)
    );
    let request = read(few, "AddAdvancedLogic", &logic, &mut Unmetered).unwrap();
    assert_eq!(
        show(&request.body),
        "{advancedLogic={AdvancedLogic=({AdvancedLogicChoices=({FieldChoice=([a] [b])} {FieldChoice=([a])})})}}"
    );
}

#[test]
fn the_meter_is_told_what_records_take() {
    let rich = |attributes: usize, details: usize| {
        let names = ["Title", "Company", "FirstName", "LastName", "Nickname", "MiddleName"];
        let attributes: String = names[..attributes]
            .iter()
            .map(|name| format!(" {name}=\"some words that are not few\""))
            .collect();
        format!("<Contact{attributes}>{}</Contact>", "<o:CustomFieldDetail Value=\"v\"/>".repeat(details))
    };
    for (body, count) in [(rich(6, 0), 200), (rich(2, 30), 200), (rich(0, 900), 20), (rich(0, 0), 200)] {
        let mut counter = Counter::up_to(usize::MAX);
        let request = read(Limits::default(), "UpdateContact", &contacts(&body.repeat(count)), &mut counter);
        let least = sizes(&Value::from(request.unwrap().body));
        assert!(counter.told >= least, "{} told, {least} taken", counter.told);
        assert!(counter.told <= 3 * least + 4096, "{} told, {least} taken", counter.told);
    }
}

#[test]
fn what_is_not_kept_is_not_told() {
    let mut counter = Counter::up_to(usize::MAX);
    let body = contacts(&"<Contact/>".repeat(12_000));
    assert_eq!(read(Limits::default(), "UpdateContact", &body, &mut counter).unwrap().records, 12_000);
    assert!(counter.told < 40_000, "{}", counter.told);

    // Parameters that later ones replace are given back.
    let body = contacts(&"<Contact Title=\"some words that are not few\"/>".repeat(150));
    let mut once = Counter::up_to(usize::MAX);
    read(Limits::default(), "UpdateContact", &body, &mut once).unwrap();
    let mut often = Counter::up_to(usize::MAX);
    read(Limits::default(), "UpdateContact", &body.repeat(20), &mut often).unwrap();
    assert!(often.told < 3 * once.told, "{} and {}", often.told, once.told);
}

#[test]
fn reading_stops_where_the_meter_has_no_room() {
    let long = "x".repeat(300_000);
    let cases = [
        contacts(&format!("<Contact Title=\"{long}\"/>")),
        contacts(&format!("<Contact Title=\"{long}&amp;\"/>")),
        contacts(&format!("<Contact Nothing=\"{long}&amp;\"/>")),
        contacts(
            &format!("<Contact>{}</Contact>", "<o:CustomFieldDetail Value=\"v\"/>".repeat(900)).repeat(9),
        ),
        format!("<UpdateContact xmlns=\"{M}\" xmlns:n=\"{long}&amp;\"/>"),
        contacts(&format!("<Contact/><n xmlns=\"{long}&amp;\"/>")),
    ];
    for body in cases {
        let mut counter = Counter::up_to(70_000);
        let read = read(Limits::default(), "UpdateContact", &body, &mut counter);
        assert_eq!(
            (read, counter.refusals),
            (Err(Unread::OverBudget), 1),
            "{}",
            &body[..200.min(body.len())]
        );
        // What is malformed behind that place is not seen.
        let mut counter = Counter::up_to(70_000);
        let cut = e11(&body).replace("</s:Envelope>", "");
        let incoming = Incoming {
            soap_action: Some(b"http://api.cvent.com/2006-11/UpdateContact"),
            content_type: Some(b"text/xml"),
            body: cut.as_bytes(),
            now: Timestamp(0),
            endpoint: "",
        };
        let codec = Codec::new(Contract::get().unwrap(), Limits::default(), Quirks::default());
        assert_eq!(codec.read(incoming, &mut counter), Err(Unread::OverBudget));
    }
}

#[test]
fn texts_and_headers_are_told_too() {
    let codec = Codec::new(Contract::get().unwrap(), Limits::default(), Quirks::default());
    let long = "é".repeat(40_000);
    let login = |inside: &str| e11(&format!("<Login xmlns=\"{M}\">{inside}</Login>"));
    let header = format!(
        "<CventSessionHeader xmlns=\"{M}\"><CventSessionValue>{long}</CventSessionValue></CventSessionHeader>"
    );
    let with_header = super::envelope(super::SOAP11, &header, &contacts(""));
    for (action, body, charset, least) in [
        ("Login", login(&format!("<Password>{long}</Password>")), "utf-8", 80_000),
        ("Login", login(&format!("<Password>{long}&amp;</Password>")), "utf-8", 160_000),
        ("Login", login(&format!("<Password><![CDATA[{long}]]>&amp;</Password>")), "utf-8", 160_000),
        // The text that is no UTF-8 is copied as a whole.
        ("Login", login(&long), "us-ascii", 80_000),
        ("Login", login(&long), "iso-8859-1", 160_000),
        ("UpdateContact", with_header, "utf-8", 80_000),
    ] {
        let action = format!("{M}/{action}");
        let content_type = format!("text/xml; charset={charset}");
        let incoming = Incoming {
            soap_action: Some(action.as_bytes()),
            content_type: Some(content_type.as_bytes()),
            body: body.as_bytes(),
            now: Timestamp(0),
            endpoint: "",
        };
        let mut counter = Counter::up_to(usize::MAX);
        assert!(codec.read(incoming, &mut counter).is_ok());
        assert!(counter.told >= least, "{charset}: {}", counter.told);
        assert!(counter.told <= 2 * least + 10_000, "{charset}: {}", counter.told);
    }
}

#[test]
fn a_faulty_value_is_quoted_to_a_bound() {
    let long = "x".repeat(100_000);
    for body in [
        contacts(&format!("<Contact Active=\"{long}\"/>")),
        contacts(&format!("<Contact DateOfBirth=\"{long}\"/>")),
        contacts(&format!("<Contact PrimaryAddressType=\"{long}\"/>")),
        contacts(&format!("<Contact xsi:type=\"{long}\"/>")),
        contacts(&format!("<Contact xsi:type=\"{long}:a\"/>")),
        contacts(&format!("<Contact xsi:nil=\"{long}\"/>")),
        contacts(&format!("<Contact xmlns:n=\"{long}\" xsi:type=\"n:x\"/>")),
    ] {
        let rejection = rejected(read(Limits::default(), "UpdateContact", &body, &mut Unmetered));
        assert_eq!(rejection.status, 500);
        assert!(rejection.body.len() < 3000, "{}", rejection.body.len());
    }
}
