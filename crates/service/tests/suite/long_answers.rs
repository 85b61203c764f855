//! Answers that exceed the memory that every call may use.

use crate::harness::Bench;
use contract::handles::object::{contact, cv_object, cv_object_type_array, id_array};
use contract::handles::object_type::CONTACT;
use contract::handles::{code, message, operation};
use contract::{EnumValue, Guid, Record, Timestamp, Value};
use service::{Call, Failure, Room};
use std::pin::Pin;
use std::sync::Arc;

const MIB: usize = 1 << 20;

/// Room for short answers, and for long ones so much, if any.
#[derive(Debug)]
struct Narrow(Option<usize>);

impl Room for Narrow {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        Box::pin(std::future::ready(self.0))
    }
}

/// How a call ends in such a room: with how many objects, or how it is refused.
async fn ends(call: Call, bench: &Bench, room: Option<usize>) -> Result<usize, &'static str> {
    match bench.service.call(Call { room: Arc::new(Narrow(room)), ..call }).await {
        Ok(response) => Ok(below(&response)),
        Err(Failure::Fault(fault)) if fault.code == code::CV10000 => Err("fault"),
        Err(Failure::Busy(_)) => Err("busy"),
        Err(other) => panic!("{other:?}"),
    }
}

/// How many records the lists of a response's result have.
fn below(response: &Record) -> usize {
    let Some((_, Value::Record(result))) = response.present().next() else { panic!("no result") };
    result.present().map(|(_, value)| if let Value::List(items) = value { items.len() } else { 0 }).sum()
}

#[tokio::test]
async fn descriptions_take_no_more_than_their_room() {
    let bench = Bench::new().await;
    let call = |count: usize| {
        let mut types = bench.contract.record(cv_object_type_array::TYPE_ID);
        for _ in 0..count {
            types.push(cv_object_type_array::CV_OBJECT_TYPE, Value::Enumeration(EnumValue(CONTACT.0)));
        }
        let mut request = bench.contract.record(message::describe_cv_object::TYPE_ID);
        request.set(message::describe_cv_object::OBJECT_TYPES, types);
        bench.ready(&bench.session, operation::DESCRIBE_CV_OBJECT, request)
    };
    assert_eq!(ends(call(1), &bench, None).await, Ok(1));
    assert_eq!(ends(call(200), &bench, None).await, Err("busy"));
    assert_eq!(ends(call(200), &bench, Some(8 * MIB)).await, Err("fault"));
    assert_eq!(ends(call(200), &bench, Some(usize::MAX)).await, Ok(200));
}

#[tokio::test]
async fn objects_take_no_more_than_their_room() {
    let bench = Bench::new().await;
    let ids: Vec<Guid> = (1..=8).map(|number| Guid([number; 16])).collect();
    let contacts = ids.iter().map(|id| {
        let mut record = bench.contract.record(bench.contract.object(CONTACT).ty);
        record.set(cv_object::ID, *id);
        record.set(contact::TITLE, "x".repeat(MIB));
        record
    });
    let contacts: Vec<Record> = contacts.collect();
    let add = move |writer: &mut store::Writer<'_>| {
        let account = writer.account("A001")?.unwrap().id;
        writer.insert(account, CONTACT, &contacts, Timestamp(0))
    };
    bench.store.write(add).await.unwrap();
    let call = |count: usize| {
        let mut wanted = bench.contract.record(id_array::TYPE_ID);
        for id in &ids[..count] {
            wanted.push(id_array::ID, *id);
        }
        let mut request = bench.contract.record(message::retrieve::TYPE_ID);
        request.set(message::retrieve::OBJECT_TYPE, Value::Enumeration(EnumValue(CONTACT.0)));
        request.set(message::retrieve::IDS, wanted);
        bench.ready(&bench.session, operation::RETRIEVE, request)
    };
    assert_eq!(ends(call(2), &bench, None).await, Ok(2));
    assert_eq!(ends(call(8), &bench, None).await, Err("busy"));
    assert_eq!(ends(call(8), &bench, Some(6 * MIB)).await, Err("fault"));
    assert_eq!(ends(call(8), &bench, Some(16 * MIB)).await, Ok(8));
}
