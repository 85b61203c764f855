//! CreateTransaction.

use super::{NOBODY, Party, codes, number};
use contract::handles::object::{
    distribution_detail, order_detail, payment_detail, registration, transaction,
};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record, Value};

/// Two sessions, one with a fee, and an invitee who has both.
async fn party() -> (Party, String, String, String) {
    let party = Party::new(&[]).await;
    let session = party.session(&[("ProductName", "Workshop")]).await;
    let free = party.session(&[("ProductName", "Lecture")]).await;
    party.fee(&session, "99.99").await;
    let id = party.registered("A").await;
    for session in [&session, &free] {
        assert_eq!(party.session_action("Register", session, &[&id]).await, [[]]);
    }
    (party, id, session, free)
}

fn record(party: &Party, members: &[(&str, &str)], parts: &[(&str, &str)]) -> Record {
    let usual = [("TransactionType", "Offline Charge"), ("MessageId", "m"), ("PaymentType", "Check")];
    let mut record = party.bench.record(transaction::TYPE_ID, &[&usual, members].concat());
    for (product, amount) in parts {
        let members = [("ProductId", *product), ("AmountApplied", amount)];
        record.push(
            transaction::DISTRIBUTION_DETAIL,
            party.bench.record(distribution_detail::TYPE_ID, &members),
        );
    }
    record
}

async fn pay(party: &Party, members: &[(&str, &str)], parts: &[(&str, &str)]) -> Vec<Code> {
    let others = [("EventId", party.event.as_str())];
    let records = vec![record(party, members, parts)];
    codes(party.bench.batch_with(operation::CREATE_TRANSACTION, records, &others).await).remove(0)
}

async fn dues(party: &Party, id: &str) -> Vec<(f64, f64, f64)> {
    let items: Vec<Record> =
        party.registration(id).await.records(registration::ORDER_DETAIL).cloned().collect();
    let amounts = |item: &Record| {
        let [amount, paid, due] = [order_detail::AMOUNT, order_detail::AMOUNT_PAID, order_detail::AMOUNT_DUE];
        (number(item.get(amount)), number(item.get(paid)), number(item.get(due)))
    };
    items.iter().map(amounts).collect()
}

#[tokio::test]
async fn payments_and_refunds_balance_to_the_cent() {
    let (party, id, session, _) = party().await;
    assert_eq!(pay(&party, &[("InviteeId", &id), ("Amount", "33.33")], &[]).await, []);
    assert_eq!(dues(&party, &id).await[0], (99.99, 33.33, 66.66));
    let members = [("InviteeId", id.as_str()), ("Amount", "66.66"), ("ReferenceNumber", "R1")];
    assert_eq!(pay(&party, &members, &[(&session, "66.66")]).await, []);
    assert_eq!(dues(&party, &id).await[0], (99.99, 99.99, 0.0));
    let ids = party.bench.search_ids(object_type::TRANSACTION, "InviteeId", &id).await;
    let found = party.bench.retrieve(object_type::TRANSACTION, &[&ids[0], &ids[1]]).await.unwrap();
    for (member, first, second) in [
        ("PaidInFull", "false", "true"),
        ("Success", "true", "true"),
        ("LastName", "A", "A"),
        ("EventTitle", "Summit", "Summit"),
        ("ReferenceNumber", "", "R1"),
        ("TransactionDate", "2026-11-24T12:00:00", "2026-11-24T12:00:00"),
        ("ModifiedBy", "api", "api"),
    ] {
        assert_eq!(party.bench.show(&found[0], member), first, "{member}");
        assert_eq!(party.bench.show(&found[1], member), second, "{member}");
    }
    let detail = found[0].records(transaction::DISTRIBUTION_DETAIL).next().unwrap();
    assert_eq!(party.bench.show(detail, "ProductName"), "Workshop");
    assert_eq!(*detail.get(distribution_detail::AMOUNT_APPLIED), Value::Decimal("33.33".parse().unwrap()));
    let refund = [("InviteeId", id.as_str()), ("TransactionType", "Offline Refund"), ("Amount", "99.99")];
    assert_eq!(pay(&party, &refund, &[]).await, [code::CV98105]);
    assert_eq!(party.register("Cancel", &[&id]).await, [[]]);
    assert_eq!(dues(&party, &id).await[0], (0.0, 99.99, -99.99));
    assert_eq!(pay(&party, &[("InviteeId", &id), ("Amount", "1")], &[]).await, [code::CV98101]);
    assert_eq!(pay(&party, &refund, &[(&session, "99.99")]).await, []);
    assert_eq!(dues(&party, &id).await[0], (0.0, 0.0, 0.0));
    let registration = party.registration(&id).await;
    let payments: Vec<&Record> = registration.records(registration::PAYMENT_DETAIL).collect();
    let amounts: Vec<f64> =
        payments.iter().map(|payment| number(payment.get(payment_detail::AMOUNT))).collect();
    assert_eq!(amounts, [33.33, 66.66, 99.99]);
    assert_eq!(payments[1].text(payment_detail::REFERENCE_NUMBER), Some("R1"));
}

#[tokio::test]
async fn amounts_have_their_codes() {
    let (party, id, session, free) = party().await;
    let other = "33333333-0000-4000-8000-000000000001";
    let of = |amount: &'static str| [("Amount", amount)];
    let pay = async |members: &[(&str, &str)], parts: &[(&str, &str)]| {
        pay(&party, &[&[("InviteeId", id.as_str())], members].concat(), parts).await
    };
    assert_eq!(pay(&[], &[]).await, [code::CV91101]);
    assert_eq!(pay(&of("0"), &[]).await, [code::CV91102]);
    assert_eq!(pay(&of("-5"), &[]).await, [code::CV91102]);
    assert_eq!(pay(&of("5.001"), &[]).await, [code::CV91102]);
    assert_eq!(pay(&of("100"), &[]).await, [code::CV98108]);
    assert_eq!(pay(&of("100"), &[(&session, "100")]).await, [code::CV98108]);
    assert_eq!(pay(&of("10"), &[(&free, "10")]).await, [code::CV98108]);
    assert_eq!(pay(&of("10"), &[(&session, "9.99")]).await, [code::CV98106]);
    assert_eq!(pay(&of("10"), &[(&session, "5"), (&session, "5")]).await, [code::CV98103]);
    assert_eq!(pay(&of("10"), &[(other, "10")]).await, [code::CV98107]);
    assert_eq!(pay(&of("10"), &[("", "10")]).await, [code::CV98107]);
    assert_eq!(pay(&of("10"), &[(&session, "-10")]).await, [code::CV91102]);
    assert_eq!(dues(&party, &id).await[0], (99.99, 0.0, 99.99));
    // A charge that failed is kept, and pays nothing.
    assert_eq!(pay(&[("Amount", "10"), ("Success", "false")], &[]).await, []);
    assert_eq!(dues(&party, &id).await[0], (99.99, 0.0, 99.99));
    assert_eq!(pay(&of("99.990"), &[]).await, []);
    assert_eq!(pay(&of("0.01"), &[]).await, [code::CV98104]);
}

#[tokio::test]
async fn records_have_their_codes() {
    let (party, id, ..) = party().await;
    let undecided = party.invitee("B").await;
    let one = |invitee: &str| record(&party, &[("InviteeId", invitee), ("Amount", "1")], &[]);
    let records = vec![one(""), one("x"), one(NOBODY), one(&undecided), one(&id), one(&id)];
    let others = [("EventId", party.event.as_str())];
    let results = codes(party.bench.batch_with(operation::CREATE_TRANSACTION, records, &others).await);
    let unknown = vec![code::CV84001];
    let expected =
        [vec![code::CV91101], unknown.clone(), unknown, vec![code::CV98101], vec![], vec![code::CV98102]];
    assert_eq!(results, expected);
    let results = party.bench.batch_with(operation::CREATE_TRANSACTION, vec![one(&id)], &[]).await;
    assert_eq!(codes(results), [[code::CV70109]]);
    let records = (0..201).map(|_| one(&id)).collect();
    let request = party.bench.request(operation::CREATE_TRANSACTION, records, &others);
    assert_eq!(
        party.bench.call(operation::CREATE_TRANSACTION, request).await.unwrap_err().code,
        code::CV30100
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_pays_twice() {
    let (party, id, ..) = party().await;
    let party = std::sync::Arc::new(party);
    let tasks = (0..6).map(|_| {
        let (party, id) = (party.clone(), id.clone());
        tokio::spawn(async move { pay(&party, &[("InviteeId", &id), ("Amount", "99.99")], &[]).await })
    });
    let mut paid = 0;
    for task in tasks.collect::<Vec<_>>() {
        paid += usize::from(task.await.unwrap().is_empty());
    }
    assert_eq!(paid, 1);
    assert_eq!(dues(&party, &id).await[0], (99.99, 99.99, 0.0));
}
