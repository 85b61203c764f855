//! What is kept of a message changes nothing in how it is refused: the same body, read with bounds
//! and without any, ends the same.

use crate::content_type::ContentType;
use crate::decode::Decoder;
use crate::envelope;
use crate::fault::{Scene, reject};
use crate::meter::Tally;
use crate::reason::Halt;
use crate::table::Tables;
use crate::xml::{Ns, Reader};
use crate::{Limits, Rejection, SOAP11, Unmetered, Version};
use contract::handles::operation;
use contract::{Contract, Namespace, OperationId, Record, Timestamp, Value};
use proptest::prelude::*;

/// Reads a call by the limits of another, or none.
fn read(text: &str, limits_of: OperationId, nested: usize) -> Result<(Record, usize), Rejection> {
    let contract = Contract::get().unwrap();
    let tables = Tables::new(contract);
    let known = Ns::well_known(contract.address(Namespace::Messages), contract.address(Namespace::Objects));
    let limits = Limits { nested, ..Limits::default() };
    let mut meter = Unmetered;
    let mut tally = Tally::new(&mut meter);
    let reader = Reader::new(text, &known, limits, &mut tally);
    let mut decoder = Decoder::new(contract, &tables, limits, Timestamp(0), reader, limits_of);
    let described = contract.model.operation(operation::CREATE_MEETING_REQUEST);
    let mut version = Version::V11;
    let read = envelope::read(&mut decoder, contract, described, &mut version, ContentType("text/xml"));
    match read {
        Ok(contents) => Ok((contents.body, contents.items)),
        Err(Halt::Trouble(trouble)) => Err(reject(&trouble, &Scene { version, routing: false, text })),
        Err(Halt::OverBudget) => panic!("nothing counts"),
    }
}

/// Requests by a weight: most are good, so that a message gets far now and then.
fn pieces() -> impl Strategy<Value = String> {
    let detail = prop::sample::select(vec![
        "<o:CustomFieldDetail Value='a'/>",
        "<o:EventSurveyDetail><o:AnswerText>a</o:AnswerText><o:AnswerText/></o:EventSurveyDetail>",
        "<o:RFPRequestInfo><o:SleepingRoomAvailabilityDetail/></o:RFPRequestInfo>",
        "<o:Nothing><o:AnswerText><b/></o:AnswerText></o:Nothing>",
        "words &amp; more",
        "<o:CustomFieldDetail Value='a'/>",
        "<o:EventSurveyDetail><o:AnswerText>a</o:AnswerText></o:EventSurveyDetail>",
        "<o:EventSurveyDetail><o:AnswerText>a<b/></o:AnswerText></o:EventSurveyDetail>",
        "<o:EventRequestInfo i:type='o:Nothing'/>",
        "<o:EventRequestInfo i:nil='maybe'/>",
        "<o:EventSurveyDetail>",
    ]);
    let attribute = prop::sample::select(vec![
        "",
        "",
        "",
        "",
        " Id='a'",
        " i:nil='true'",
        " i:type='o:MeetingRequest'",
        " i:type='o:Contact'",
    ]);
    (attribute, prop::collection::vec(detail, 0..5)).prop_map(|(attribute, details)| {
        format!("<MeetingRequest{attribute}>{}</MeetingRequest>", details.concat())
    })
}

fn count(value: &Value, depth: usize, kept: &mut Vec<usize>) {
    match value {
        Value::Record(record) => record.present().for_each(|(_, value)| count(value, depth, kept)),
        Value::List(items) => {
            if kept.len() <= depth {
                kept.push(0);
            }
            for item in items {
                kept[depth] += 1;
                count(item, 1, kept);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bounds_do_not_change_how_a_message_is_refused(
        requests in prop::collection::vec(pieces(), 0..5),
        header in prop::sample::select(vec!["", "", "<s:Header><x s:mustUnderstand='1'/></s:Header>"]),
        end in prop::sample::select(vec!["</s:Envelope>", "</s:Envelope>", "</s:Envelope>", "", "</s:Envelope><a/>"]),
    ) {
        let contract = Contract::get().unwrap();
        let (messages, objects) = (contract.address(Namespace::Messages), contract.address(Namespace::Objects));
        let text = format!(
            "<s:Envelope xmlns:s='{SOAP11}' xmlns:i='{}' xmlns:o='{objects}'>{header}<s:Body>\
             <CreateMeetingRequest xmlns='{messages}'><MeetingRequests>{}</MeetingRequests></CreateMeetingRequest>\
             </s:Body>{end}",
            crate::XSI,
            requests.concat(),
        );
        // The call itself takes one request; Login has no list, so that no limit holds.
        let bound = read(&text, operation::CREATE_MEETING_REQUEST, 1);
        let free = read(&text, operation::LOGIN, usize::MAX);
        match (bound, free) {
            (Ok((kept, items)), Ok((whole, all))) => {
                prop_assert_eq!(items, all);
                prop_assert_eq!(all, requests.len());
                let mut counts = [Vec::new(), Vec::new()];
                count(&kept.into(), 0, &mut counts[0]);
                count(&whole.into(), 0, &mut counts[1]);
                let [kept, whole] = counts.map(|counts| counts.first().copied().unwrap_or_default());
                prop_assert_eq!(kept, whole.min(2));
            }
            (bound, free) => prop_assert_eq!(bound.err(), free.err(), "{}", text),
        }
    }
}
