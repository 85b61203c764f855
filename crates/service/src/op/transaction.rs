//! CreateTransaction: payments and refunds for what invitees have ordered.
//!
//! Amounts balance to the cent: what a transaction applies to products is its amount, and no product
//! takes more than is due for it. No card is charged: an online transaction is noted like any other.

mod distribution;

use super::attendee::{Attendee, Attendees, event_of};
use super::order;
use crate::batch::{self, Outcome};
use crate::session::Session;
use crate::{Fault, Service, parent};
use contract::handles::enumeration::{invitee_status, transaction_type};
use contract::handles::object::{cv_object, invitee, payment_detail, registration, transaction};
use contract::handles::{code, object_type, operation};
use contract::{Code, Decimal, Guid, Record, Value};
use distribution::Distribution;
use std::collections::HashSet;
use store::{StoreError, Writer};

/// CreateTransaction: each record is a transaction of an invitee of the call's event.
///
/// # Errors
/// CV30100 past the limit; the store's trouble.
pub(crate) async fn create_transaction(
    service: &Service,
    session: &Session,
    request: Record,
) -> Result<Record, Fault> {
    let contract = service.contract();
    let operation = operation::CREATE_TRANSACTION;
    let event = parent::named(contract.call(operation), &request);
    let (batch, records) = batch::records(contract, operation, request)?;
    let call = Call { service: service.clone(), session: session.clone() };
    let outcomes = service.store().write(move |writer| call.run(writer, event.as_deref(), &records));
    Ok(batch::response(contract, operation, batch, outcomes.await?))
}

struct Call {
    service: Service,
    session: Session,
}

impl Call {
    fn run(
        &self,
        writer: &mut Writer<'_>,
        event: Option<&str>,
        records: &[Record],
    ) -> Result<Vec<Outcome>, StoreError> {
        let account = self.session.account.id;
        let operation = operation::CREATE_TRANSACTION;
        let event = match event_of(writer, account, self.service.contract(), operation, event)? {
            Ok((id, _)) => id,
            Err(code) => return Ok(batch::all_refused(records, code)),
        };
        let id = |record: &Record| record.text(transaction::INVITEE_ID).map(str::trim).and_then(Guid::parse);
        let mut attendees = Attendees::read(writer, account, records.iter().filter_map(id))?;
        let (mut seen, mut all) = (HashSet::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            let made = self.one(&mut attendees, event, &mut seen, record);
            outcomes.push(Outcome::of(
                record,
                made.map(|(id, made)| {
                    all.push(made);
                    id
                }),
            ));
        }
        writer.insert(account, object_type::TRANSACTION, &all, self.session.at)?;
        attendees.write(writer, account, self.session.at)?;
        Ok(outcomes)
    }

    /// The transaction of a record, with its id.
    fn one(
        &self,
        attendees: &mut Attendees,
        event: Guid,
        seen: &mut HashSet<Guid>,
        record: &Record,
    ) -> Result<(Guid, Record), Code> {
        let text = record.text(transaction::INVITEE_ID).map(str::trim).filter(|text| !text.is_empty());
        let found = Guid::parse(text.ok_or(code::CV91101)?).and_then(|id| attendees.get(id));
        let is_here = |found: &Attendee| found.is_invitee() && found.event() == Some(event);
        let mut attendee = found.filter(is_here).ok_or(code::CV84001)?;
        if !seen.insert(attendee.id) {
            return Err(code::CV98102);
        }
        let made = self.made(&mut attendee, record)?;
        let id = made.text(cv_object::ID).and_then(Guid::parse).unwrap_or(attendee.id);
        attendees.keep(attendee, self.session.at);
        Ok((id, made))
    }

    /// The transaction to be kept; what it pays is noted on the invitee's registration.
    fn made(&self, attendee: &mut Attendee, record: &Record) -> Result<Record, Code> {
        let kind = record.enumeration(transaction::TRANSACTION_TYPE);
        let refunds =
            matches!(kind, Some(transaction_type::ONLINE_REFUND | transaction_type::OFFLINE_REFUND));
        let status = attendee.record.enumeration(invitee::STATUS);
        match status {
            Some(invitee_status::ACCEPTED) => {}
            Some(invitee_status::CANCELLED) if refunds => {}
            _ => return Err(code::CV98101),
        }
        let Value::Decimal(amount) = *record.get(transaction::AMOUNT) else { return Err(code::CV91101) };
        if amount <= Decimal::ZERO || amount.normalize().scale() > 2 {
            return Err(code::CV91102);
        }
        let mut registration = attendee.registration.take().ok_or(code::CV98101)?;
        let due = order::due(&registration);
        if !refunds && due <= Decimal::ZERO {
            return Err(code::CV98104);
        }
        if refunds && due >= Decimal::ZERO {
            return Err(code::CV98105);
        }
        let mut items = order::take(&mut registration);
        let distribution = Distribution::of(record, &items, amount, refunds)?;
        let mut made = self.kept(attendee, record);
        distribution.describe(self.service.contract(), &items, &mut made);
        if record.boolean(transaction::SUCCESS) != Some(false) {
            distribution.apply(&mut items);
            registration.push(registration::PAYMENT_DETAIL, self.payment(&made, amount));
            registration.set(registration::MODIFIED_BY, self.session.user.as_str());
        }
        order::put(&mut registration, items);
        made.set(transaction::PAID_IN_FULL, order::due(&registration) <= Decimal::ZERO);
        attendee.registration = Some(registration);
        Ok(made)
    }

    fn kept(&self, attendee: &Attendee, record: &Record) -> Record {
        let id = self.service.new_id();
        let mut made = record.clone();
        made.take(cv_object::MESSAGE_ID);
        made.set(cv_object::ID, id);
        made.set(transaction::INVITEE_ID, attendee.id);
        made.set(transaction::CONTACT_ID, attendee.record.get(invitee::CONTACT_ID).clone());
        made.set(transaction::EVENT_ID, attendee.record.get(invitee::EVENT_ID).clone());
        made.set(transaction::TRANSACTION_NUMBER, order::number(id));
        made.set(transaction::SUCCESS, record.boolean(transaction::SUCCESS) != Some(false));
        made.set(
            transaction::TRANSACTION_DATE,
            record.time(transaction::TRANSACTION_DATE).unwrap_or(self.session.at),
        );
        made.set(transaction::LAST_MODIFIED_DATE, self.session.at);
        made.set(transaction::MODIFIED_BY, self.session.user.as_str());
        made
    }

    fn payment(&self, made: &Record, amount: Decimal) -> Record {
        let mut payment = self.service.contract().record(payment_detail::TYPE_ID);
        for (to, from) in [
            (payment_detail::TRANSACTION_ID, cv_object::ID),
            (payment_detail::TRANSACTION_DATE, transaction::TRANSACTION_DATE),
            (payment_detail::PAYMENT_TYPE, transaction::PAYMENT_TYPE),
            (payment_detail::REFERENCE_NUMBER, transaction::REFERENCE_NUMBER),
            (payment_detail::TRANSACTION_TYPE, transaction::TRANSACTION_TYPE),
            (payment_detail::TRANSACTION_NUMBER, transaction::TRANSACTION_NUMBER),
        ] {
            payment.set(to, made.get(from).clone());
        }
        order::set_amount(&mut payment, payment_detail::AMOUNT, amount);
        payment
    }
}
