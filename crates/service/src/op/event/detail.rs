//! EventDetail: the other face of an event, with its Id. It holds what the event's organisers keep
//! (fees, staff, questions and answers), and shows the event's present names and how many came.

use crate::rules::id_of;
use crate::write::Written;
use contract::handles::enumeration::invitee_status;
use contract::handles::object::{cv_object, event, event_detail, invitee};
use contract::handles::object_type;
use contract::{FieldId, Guid, Record, Value};
use store::{AccountId, Group, Reader, StoreError, Writer};

/// Members of an event's detail that are the event's own.
const SHOWN: [(FieldId, FieldId); 5] = [
    (event_detail::EVENT_CODE, event::EVENT_CODE),
    (event_detail::EVENT_TITLE, event::EVENT_TITLE),
    (event_detail::EVENT_DESCRIPTION, event::EVENT_DESCRIPTION),
    (event_detail::EVENT_STATUS, event::EVENT_STATUS),
    (event_detail::PLANNING_STATUS, event::PLANNING_STATUS),
];

/// Keeps the details of the events that a call has written.
pub(super) fn write(written: &Written<'_>, writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let (account, at) = (written.session.account.id, written.session.at);
    let contract = written.service.contract();
    let fresh = |event: &Record| {
        let mut detail = contract.record(event_detail::TYPE_ID);
        detail.set(cv_object::ID, event.get(cv_object::ID).clone());
        show(&mut detail, event);
        detail
    };
    let created: Vec<Record> = written.created.iter().map(fresh).collect();
    writer.insert(account, object_type::EVENT_DETAIL, &created, at)?;
    let ids: Vec<Guid> = written.updated.iter().filter_map(id_of).collect();
    let stored = writer.get(account, object_type::EVENT_DETAIL, &ids)?;
    let change = |(event, detail): (&Record, Option<Record>)| {
        let mut detail = detail?;
        show(&mut detail, event);
        Some(detail)
    };
    let updated: Vec<Record> = written.updated.iter().zip(stored).filter_map(change).collect();
    writer.update(account, object_type::EVENT_DETAIL, &updated, at)
}

/// What a detail shows of its event.
pub(super) fn show(detail: &mut Record, event: &Record) {
    for (field, source) in SHOWN {
        detail.set(field, event.get(source).clone());
    }
}

/// Gives details their events' present names and the present numbers of invitees.
pub(crate) fn fill(
    reader: &Reader<'_>,
    account: AccountId,
    details: &mut [Record],
) -> Result<(), StoreError> {
    let ids: Vec<Guid> = details.iter().filter_map(id_of).collect();
    let events = reader.get(account, object_type::EVENT, &ids)?;
    let (of, by) = ((object_type::INVITEE, invitee::EVENT_ID), [invitee::STATUS, invitee::PARTICIPANT]);
    let invitees = reader.count_referring(account, of, &ids, &by)?;
    for ((detail, event), invitees) in details.iter_mut().zip(events).zip(invitees) {
        let Some(event) = event else { continue };
        show(detail, &event);
        count(detail, &invitees);
    }
    Ok(())
}

/// Notes the numbers of invitees, which come in groups by status and participation.
fn count(detail: &mut Record, invitees: &[Group]) {
    let number = |fits: &dyn Fn(&[Value]) -> bool| {
        let count: u64 = invitees.iter().filter(|group| fits(&group.values)).map(|group| group.count).sum();
        Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    };
    let of = |status| move |values: &[Value]| values.first() == Some(&Value::Enumeration(status));
    let took_part = |values: &[Value]| values.get(1) == Some(&Value::Boolean(true));
    detail.set(event_detail::TOTAL_INVITED_COUNT, number(&|_| true));
    detail.set(event_detail::REGISTERED_ATTENDEE_COUNT, number(&of(invitee_status::ACCEPTED)));
    detail.set(event_detail::PARTICIPANT_COUNT, number(&took_part));
    detail.set(event_detail::DECLINEE_COUNT, number(&of(invitee_status::DECLINED)));
    detail.set(event_detail::CANCELLED_COUNT, number(&of(invitee_status::CANCELLED)));
}
