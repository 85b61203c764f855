//! What calls ask of the database: as many statements for 200 records as for a few, and no more rows than they show.

mod people;
mod planning;

use crate::harness::Bench;
use contract::handles::object::{cv_object, event_detail};
use contract::handles::{object_type, operation};
use contract::{Guid, ObjectId, OperationId, Record, Timestamp, Value};
use store::Asked;

/// The most records that a call takes.
const MANY: usize = 200;

/// So many that what they change alike is written as one, as for [`MANY`].
const FEW: usize = 10;

async fn asked(bench: &Bench) -> Asked {
    bench.store.read(|reader| Ok(reader.asked())).await.unwrap()
}

/// A call that is ready to be made.
struct Ready {
    bench: Bench,
    operation: OperationId,
    request: Record,
}

impl Ready {
    fn new(bench: Bench, operation: OperationId, records: Vec<Record>, others: &[(&str, &str)]) -> Ready {
        let request = bench.request(operation, records, others);
        Ready { bench, operation, request }
    }

    /// Makes the call, of which no record may be refused; gives the statements that it asks.
    async fn statements(self) -> u64 {
        let Ready { bench, operation, request } = self;
        let before = asked(&bench).await.statements;
        let response = bench.call(operation, request).await.unwrap();
        let after = asked(&bench).await.statements;
        for answer in bench.answers(operation, &response) {
            assert_eq!(answer.codes, [], "{answer:?}");
        }
        after - before
    }
}

/// Holds calls of one kind to the same number of statements, whatever the number of their records.
async fn hold<F: Future<Output = Ready>>(ready: impl Fn(usize) -> F) {
    let (few, many) = (ready(FEW).await.statements().await, ready(MANY).await.statements().await);
    assert_eq!(many, few);
    assert!(few < 40, "{few}");
}

/// Puts objects with those Ids, or new ones, into account A001.
async fn put_all(bench: &Bench, object: ObjectId, mut records: Vec<Record>) -> Vec<String> {
    for (number, record) in (1_u32..).zip(&mut records) {
        if record.get(cv_object::ID).is_absent() {
            let mut id = [0xC0; 16];
            id[..2].copy_from_slice(&object.0.to_be_bytes());
            id[12..].copy_from_slice(&number.to_be_bytes());
            record.set(cv_object::ID, Guid(id));
        }
    }
    let ids = records.iter().map(|record| record.text(cv_object::ID).unwrap().to_owned()).collect();
    let job = move |writer: &mut store::Writer<'_>| {
        let account = writer.account("A001")?.unwrap().id;
        writer.insert(account, object, &records, Timestamp(0))
    };
    bench.store.write(job).await.unwrap();
    ids
}

/// So many objects that differ by a number only.
async fn some(
    bench: &Bench,
    object: ObjectId,
    count: usize,
    members: impl Fn(usize) -> Vec<(&'static str, String)>,
) -> Vec<String> {
    let record = |number| {
        let members = members(number);
        let members: Vec<(&str, &str)> = members.iter().map(|(name, text)| (*name, text.as_str())).collect();
        bench.record(bench.contract.object(object).ty, &members)
    };
    put_all(bench, object, (0..count).map(record).collect()).await
}

#[tokio::test]
async fn details_of_events_are_counted_not_read() {
    const INVITED: usize = 25;
    let bench = Bench::new().await;
    let events =
        some(&bench, object_type::EVENT, MANY, |number| vec![("EventTitle", format!("E{number}"))]).await;
    let detail = |id: &String| bench.record(event_detail::TYPE_ID, &[("Id", id)]);
    put_all(&bench, object_type::EVENT_DETAIL, events.iter().map(detail).collect()).await;
    let statuses = ["Accepted", "Declined", "Cancelled", "No Response", "Waitlisted"];
    some(&bench, object_type::INVITEE, MANY * INVITED, |number| {
        vec![
            ("EventId", events[number % MANY].clone()),
            ("Status", statuses[number / MANY % statuses.len()].to_owned()),
            ("Participant", (number / MANY == 0).to_string()),
        ]
    })
    .await;
    let ids: Vec<&str> = events.iter().map(String::as_str).collect();
    let before = asked(&bench).await;
    let found = bench.retrieve(object_type::EVENT_DETAIL, &ids).await.unwrap();
    let after = asked(&bench).await;
    for detail in &found {
        let number = |field| detail.get(field).clone();
        assert_eq!(number(event_detail::TOTAL_INVITED_COUNT), Value::Integer(25));
        assert_eq!(number(event_detail::REGISTERED_ATTENDEE_COUNT), Value::Integer(5));
        assert_eq!(number(event_detail::DECLINEE_COUNT), Value::Integer(5));
        assert_eq!(number(event_detail::CANCELLED_COUNT), Value::Integer(5));
        assert_eq!(number(event_detail::PARTICIPANT_COUNT), Value::Integer(1));
    }
    assert_eq!(found.len(), MANY);
    let (rows, statements) = (after.rows - before.rows, after.statements - before.statements);
    // A detail, an event and its groups: five statuses, and one that has come.
    assert!(rows <= (MANY * 8 + 20) as u64, "{rows} rows");
    assert!(statements < 20, "{statements} statements");
}

#[tokio::test]
async fn what_objects_show_of_others_is_read_together() {
    let cost = async |count: usize| {
        let bench = Bench::new().await;
        let events =
            some(&bench, object_type::EVENT, count, |number| vec![("EventTitle", number.to_string())]).await;
        some(&bench, object_type::SESSION, count, |number| vec![("EventId", events[number].clone())]).await;
        let ids: Vec<&str> = events.iter().map(String::as_str).collect();
        let before = asked(&bench).await.statements;
        let found = bench.retrieve(object_type::EVENT, &ids).await.unwrap();
        let after = asked(&bench).await.statements;
        let shown =
            found.iter().map(|event| event.records(contract::handles::object::event::PRODUCT_DETAIL).count());
        assert_eq!(shown.collect::<Vec<_>>(), vec![1; count]);
        after - before
    };
    assert_eq!(cost(FEW).await, cost(MANY).await);
}

#[tokio::test]
async fn members_are_put_in_and_taken_out_together() {
    for action in ["Add", "Remove"] {
        hold(async |count| {
            let bench = Bench::new().await;
            let group = bench.put(object_type::CONTACT_GROUP, &[("Name", "G")]).await;
            let contacts =
                some(&bench, object_type::CONTACT, count, |_| vec![("LastName", "N".to_owned())]).await;
            let others = [("Action", action), ("GroupId", group.as_str())];
            let operation = operation::MANAGE_CONTACT_GROUP_MEMBERS;
            let records =
                || contacts.iter().map(|id| bench.record(cv_object::TYPE_ID, &[("Id", id)])).collect();
            if action == "Remove" {
                let others = [("Action", "Add"), ("GroupId", group.as_str())];
                bench.batch_with(operation, records(), &others).await;
            }
            let records = records();
            Ready::new(bench, operation, records, &others)
        })
        .await;
    }
}
