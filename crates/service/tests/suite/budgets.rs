//! Budget items and conversion rates.

use crate::harness::{Answer, Bench, ids};
use contract::handles::object::{
    allocation_category_detail, associated_registrants, budget, budget_item, budget_payment_detail,
    category_detail, cost_detail, custom_field_detail, cv_conversion_rate, cv_object, event, product_detail,
    savings_detail, tax_detail,
};
use contract::handles::{code, message, object_type, operation};
use contract::{Code, Decimal, FieldId, Guid, Record, TypeId, Value};
use std::str::FromStr;

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000FFFF";
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";
const SUB: &str = "00000000-0000-4000-8000-0000000000A1";
const ALLOCATION: &str = "00000000-0000-4000-8000-0000000000B1";

type Members<'a> = &'a [(&'a str, &'a str)];

/// An event with its budget, which has the event's Id.
async fn planned(bench: &Bench, members: Members<'_>) -> String {
    let mut record = bench.record(event::TYPE_ID, &[("EventTitle", "E"), ("EventCode", "EC")]);
    let product = bench.record(product_detail::TYPE_ID, &[("ProductId", SUB), ("ProductName", "Badge")]);
    record.push(event::PRODUCT_DETAIL, product);
    let id = bench.put_record(object_type::EVENT, record).await;
    let mut plan = bench.record(budget::TYPE_ID, members);
    plan.set(cv_object::ID, id.as_str());
    plan.push(
        budget::CATEGORY_DETAIL,
        bench.record(category_detail::TYPE_ID, &[("CategoryName", "Room Rental")]),
    );
    insert(bench, plan).await;
    id
}

async fn insert(bench: &Bench, plan: Record) {
    let job = move |writer: &mut store::Writer<'_>| {
        let account = writer.account("A001")?.unwrap().id;
        writer.insert(account, object_type::BUDGET, std::slice::from_ref(&plan), contract::Timestamp(0))
    };
    bench.store.write(job).await.unwrap();
}

/// An item that has all that an item needs, and those members.
fn item(bench: &Bench, event: &str, members: Members<'_>) -> Record {
    let mut record = update(bench, members);
    for (field, text) in [
        (budget_item::ITEM_NAME, "Hall"),
        (budget_item::EVENT_ID, event),
        (budget_item::CATEGORY_NAME, "room rental"),
    ] {
        if record.get(field).is_absent() {
            record.set(field, text);
        }
    }
    with(bench, record, COST, &[("CostName", "budgeted"), ("Units", "1"), ("Cost", "100.10")])
}

fn update(bench: &Bench, members: Members<'_>) -> Record {
    bench.record(budget_item::TYPE_ID, members)
}

const COST: (FieldId, TypeId) = (budget_item::COST_DETAIL, cost_detail::TYPE_ID);
const SAVING: (FieldId, TypeId) = (budget_item::SAVINGS_DETAIL, savings_detail::TYPE_ID);
const PAYMENT: (FieldId, TypeId) = (budget_item::BUDGET_PAYMENT_DETAIL, budget_payment_detail::TYPE_ID);
const PART: (FieldId, TypeId) =
    (budget_item::ALLOCATION_CATEGORY_DETAIL, allocation_category_detail::TYPE_ID);
const FIELD: (FieldId, TypeId) = (budget_item::CUSTOM_FIELD_DETAIL, custom_field_detail::TYPE_ID);
const REGISTRANT: (FieldId, TypeId) = (budget_item::ASSOCIATED_REGISTRANTS, associated_registrants::TYPE_ID);

fn with(bench: &Bench, mut record: Record, detail: (FieldId, TypeId), members: Members<'_>) -> Record {
    record.push(detail.0, bench.record(detail.1, members));
    record
}

async fn save(bench: &Bench, records: Vec<Record>) -> Vec<Answer> {
    bench.batch(operation::CREATE_BUDGET_ITEM, records).await
}

async fn codes(bench: &Bench, record: Record) -> Vec<Code> {
    save(bench, vec![record]).await.remove(0).codes
}

async fn found(bench: &Bench, id: &str) -> Record {
    bench.retrieve(object_type::BUDGET_ITEM, &[id]).await.unwrap().remove(0)
}

fn rate(bench: &Bench, members: Members<'_>) -> Record {
    let mut record = bench.record(cv_conversion_rate::TYPE_ID, members);
    for (field, text) in
        [(cv_conversion_rate::BASE_CURRENCY_CODE, "USD"), (cv_conversion_rate::CURRENCY_CODE, "EUR")]
    {
        if record.get(field).is_absent() {
            record.set(field, text);
        }
    }
    record
}

async fn rates(bench: &Bench, records: Vec<Record>) -> Vec<Answer> {
    bench.batch(operation::CREATE_CONVERSION_RATE, records).await
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::from_str(text).unwrap())
}

#[tokio::test]
async fn an_item_without_id_is_made_and_one_with_it_is_changed() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    let first = save(&bench, vec![item(&bench, &event, &[("MessageId", "m"), ("ItemCode", "H")])]).await;
    assert_eq!((first[0].created, first[0].reference.as_deref()), (Some(true), Some("m")), "{first:?}");
    let id = first[0].id.as_str();
    let records = vec![
        update(&bench, &[("Id", &id.to_lowercase()), ("ItemName", "Great hall"), ("Status", "approved")]),
        item(&bench, &event, &[]),
        update(&bench, &[("Id", UNKNOWN)]),
        update(&bench, &[("Id", "x")]),
        update(&bench, &[("Id", id)]),
    ];
    let answers = save(&bench, records).await;
    assert_eq!((answers[0].id.as_str(), answers[0].created), (id, Some(false)));
    assert_eq!(answers[1].created, Some(true));
    assert_eq!((answers[2].codes.as_slice(), answers[2].created), (&[code::CV91213][..], None));
    assert_eq!(answers[3].codes, [code::CV91211]);
    assert_eq!(answers[4].codes, [code::CV91212]);
    let found = found(&bench, id).await;
    for (name, text) in [
        ("ItemName", "Great hall"),
        ("ItemCode", "H"),
        ("ItemType", "Expense"),
        ("Status", "Approved"),
        ("CategoryName", "Room Rental"),
        ("EventCode", "EC"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&found, name), text, "{name}");
    }
    assert_eq!(found.get(budget_item::CONVERSION_RATE), &decimal("1"));
    let cost = found.records(budget_item::COST_DETAIL).next().unwrap();
    assert_eq!(cost.text(cost_detail::COST_NAME), Some("Budgeted"));
    assert_eq!(cost.get(cost_detail::COST), &decimal("100.10"));
    assert!(cost.text(cost_detail::COST_DETAIL_ID).is_some_and(|id| Guid::parse(id).is_some()));
    assert_eq!(bench.search_ids(object_type::BUDGET_ITEM, "ItemCode", "h").await, [id]);
}

#[tokio::test]
async fn details_of_all_kinds_are_kept_to_the_digit() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    let supplier = bench.put(object_type::SUPPLIER, &[("Name", "Example Hotel"), ("VenueCode", "EXH")]).await;
    let rfp = bench.put(object_type::RFP, &[("RFPCode", "R1")]).await;
    let field = [("FieldName", "Project"), ("Category", "BudgetItemCustomField")];
    let field = bench.put(object_type::ENTITY_CUSTOM_FIELD, &field).await;
    let contact = bench.create(&[("LastName", "Byron"), ("FirstName", "Ada")]).await;
    let invitee = [("EventId", event.as_str()), ("ContactId", contact.as_str())];
    let invitee = bench.put(object_type::INVITEE, &invitee).await;
    let members =
        [("VendorId", supplier.as_str()), ("RFPId", &rfp), ("ProductId", SUB), ("CostAvoidance", "0.1")];
    let mut record = item(&bench, &event, &members);
    let taxes = ["8.875", "1", "2", "3", "4"].map(|rate| [("Tax", rate), ("TaxType", "Percentage")]);
    let members =
        [("CostName", "Actual"), ("Units", "3"), ("Cost", "0.07"), ("Tax2", "1.5"), ("Gratuity", "18")];
    let mut cost = bench.record(cost_detail::TYPE_ID, &members);
    for tax in &taxes {
        cost.push(cost_detail::TAX_DETAIL, bench.record(tax_detail::TYPE_ID, tax));
    }
    record.push(budget_item::COST_DETAIL, cost);
    record = with(&bench, record, SAVING, &[("SavingsName", "Early"), ("Amount", "12.34")]);
    record = with(
        &bench,
        record,
        PAYMENT,
        &[("PaymentName", "Deposit"), ("Amount", "0.30"), ("PaymentType", "wire")],
    );
    for part in ["33.3333", "66.6667"] {
        let members = [("AllocationCategoryID", ALLOCATION), ("AllocationPercentage", part)];
        record = with(&bench, record, PART, &members);
    }
    record = with(&bench, record, FIELD, &[("FieldId", &field), ("FieldValue", "P-1")]);
    record = with(&bench, record, REGISTRANT, &[("InviteeId", &invitee)]);
    record = with(&bench, record, REGISTRANT, &[("LastName", "Anybody")]);
    let answers = save(&bench, vec![record]).await;
    assert_eq!(answers[0].codes, []);
    let id = answers[0].id.as_str();
    let kept = found(&bench, id).await;
    for (name, text) in
        [("VendorName", "Example Hotel"), ("VendorCode", "EXH"), ("RFPCode", "R1"), ("ProductName", "Badge")]
    {
        assert_eq!(bench.show(&kept, name), text, "{name}");
    }
    let cost = kept.records(budget_item::COST_DETAIL).nth(1).unwrap();
    assert_eq!(cost.get(cost_detail::TAX), &decimal("8.875"));
    assert_eq!(cost.get(cost_detail::TAX2), &decimal("1.5"));
    assert_eq!(cost.get(cost_detail::TAX5), &decimal("4"));
    assert_eq!(cost.text(cost_detail::TAX5_TYPE), Some("Percentage"));
    assert_eq!(cost.records(cost_detail::TAX_DETAIL).count(), 5);
    let saving = kept.records(budget_item::SAVINGS_DETAIL).next().unwrap();
    assert_eq!(saving.get(savings_detail::AMOUNT), &decimal("12.34"));
    let value = kept.records(budget_item::CUSTOM_FIELD_DETAIL).next().unwrap();
    assert_eq!(value.text(custom_field_detail::FIELD_VALUE), Some("P-1"));
    let registrants: Vec<&Record> = kept.records(budget_item::ASSOCIATED_REGISTRANTS).collect();
    assert_eq!(registrants[0].text(associated_registrants::FIRST_NAME), Some("Ada"));
    assert_eq!(registrants[0].text(associated_registrants::CONTACT_ID), Some(contact.as_str()));
    assert_eq!(registrants.len(), 2);
    let payment = kept.records(budget_item::BUDGET_PAYMENT_DETAIL).next().unwrap();
    assert_eq!(payment.text(budget_payment_detail::PAYMENT_TYPE), Some("Wire"));
    let payment_id = payment.text(budget_payment_detail::PAYMENT_DETAIL_ID).unwrap();

    // A payment keeps its Id; one that the item does not have is refused.
    let pay = |id: &str| {
        let members = [("PaymentDetailId", id), ("PaymentName", "Rest"), ("Amount", "1")];
        with(&bench, update(&bench, &[("Id", answers[0].id.as_str())]), PAYMENT, &members)
    };
    assert_eq!(codes(&bench, pay(payment_id)).await, []);
    assert_eq!(codes(&bench, pay(UNKNOWN)).await, [code::CV91251]);
    let kept = found(&bench, id).await;
    let payment = kept.records(budget_item::BUDGET_PAYMENT_DETAIL).next().unwrap();
    assert_eq!(payment.text(budget_payment_detail::PAYMENT_DETAIL_ID), Some(payment_id));
    assert_eq!(kept.records(budget_item::COST_DETAIL).count(), 2);
}

#[tokio::test]
async fn every_member_has_its_code() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    rates(&bench, vec![rate(&bench, &[("ConversionRate", "1.0850")])]).await;
    for (member, value, expected) in [
        ("EventId", UNKNOWN, code::CV91214),
        ("EventId", "", code::CV91214),
        ("ItemName", " ", code::CV91215),
        ("ItemType", "Gift", code::CV91216),
        ("Status", "Odd", code::CV91217),
        ("CurrencyCode", "XQX", code::CV91218),
        ("CurrencyCode", "GBP", code::CV91219),
        ("ConversionRate", "0", code::CV91220),
        ("CategoryName", "Fireworks", code::CV91221),
        ("CategoryName", "", code::CV91221),
        ("SubCategoryId", "x", code::CV91222),
        ("VendorId", UNKNOWN, code::CV91223),
        ("ProductId", UNKNOWN, code::CV91224),
        ("ProductId", "x", code::CV91224),
        ("ItemDate", "1752-12-31", code::CV91225),
        ("CostAvoidance", "-0.01", code::CV91227),
        ("RFPId", UNKNOWN, code::CV91252),
    ] {
        assert_eq!(
            codes(&bench, item(&bench, &event, &[(member, value)])).await,
            [expected],
            "{member} {value}"
        );
    }
    let good = item(&bench, &event, &[]);
    for (detail, members, expected) in [
        (COST, &[("CostName", "Actual"), ("Units", "-1")][..], code::CV91229),
        (COST, &[("CostName", "Actual"), ("Cost", "-1")], code::CV91230),
        (COST, &[("CostName", "Actual"), ("Tax", "-1")], code::CV91231),
        (COST, &[("CostName", "Actual"), ("Tax", "100.01"), ("TaxType", "Percentage")], code::CV91231),
        (COST, &[("CostName", "Actual"), ("Tax2", "-1")], code::CV91232),
        (COST, &[("CostName", "Actual"), ("Tax3", "101"), ("Tax3Type", "Percentage")], code::CV91233),
        (COST, &[("CostName", "Actual"), ("Tax4", "-1")], code::CV91234),
        (COST, &[("CostName", "Actual"), ("Tax5", "-1")], code::CV91235),
        (COST, &[("CostName", "Actual"), ("Gratuity", "-1")], code::CV91236),
        (COST, &[("CostName", "Guessed")], code::CV91238),
        (COST, &[("Cost", "1")], code::CV91238),
        (COST, &[("CostName", "BUDGETED")], code::CV91256),
        (PART, &[("AllocationPercentage", "100")], code::CV91240),
        (PART, &[("AllocationCategoryID", "x"), ("AllocationPercentage", "100")], code::CV91240),
        (
            PART,
            &[
                ("AllocationCategoryID", ALLOCATION),
                ("AllocationSubCategoryID", "x"),
                ("AllocationPercentage", "100"),
            ],
            code::CV91241,
        ),
        (PART, &[("AllocationCategoryID", ALLOCATION)], code::CV91242),
        (PART, &[("AllocationCategoryID", ALLOCATION), ("AllocationPercentage", "100.5")], code::CV91242),
        (PART, &[("AllocationCategoryID", ALLOCATION), ("AllocationPercentage", "99.9999")], code::CV91243),
        (PAYMENT, &[("Amount", "1")], code::CV91245),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "1"), ("PaymentType", "Shells")], code::CV91246),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "1"), ("PaymentDate", "1700-01-01")], code::CV91247),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "-1")], code::CV91248),
        (PAYMENT, &[("PaymentName", "P")], code::CV91248),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "1"), ("CurrencyCode", "XQX")], code::CV91249),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "1"), ("CurrencyCode", "GBP")], code::CV91250),
        (PAYMENT, &[("PaymentName", "P"), ("Amount", "1"), ("PaymentDetailId", UNKNOWN)], code::CV91251),
        (REGISTRANT, &[("InviteeId", UNKNOWN)], code::CV84001),
        (FIELD, &[("FieldId", UNKNOWN), ("FieldValue", "v")], code::CV40111),
    ] {
        let record = with(&bench, good.clone(), detail, members);
        assert_eq!(codes(&bench, record).await, [expected], "{members:?}");
    }
    let mut without_costs = good.clone();
    without_costs.take(budget_item::COST_DETAIL);
    assert_eq!(codes(&bench, without_costs).await, [code::CV91237]);
    let no_budget = bench.put(object_type::EVENT, &[("EventTitle", "Bare")]).await;
    assert_eq!(codes(&bench, item(&bench, &no_budget, &[])).await, [code::CV91253]);
}

#[tokio::test]
async fn each_place_of_the_tax_details_has_its_code() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    let good = [("Tax", "7"), ("TaxType", "Percentage")];
    let bad = [("Tax", "107"), ("TaxType", "Percentage")];
    let with_taxes = |taxes: &[Members<'_>]| {
        let mut record = item(&bench, &event, &[]);
        let mut cost = bench.record(cost_detail::TYPE_ID, &[("CostName", "Actual")]);
        for tax in taxes {
            cost.push(cost_detail::TAX_DETAIL, bench.record(tax_detail::TYPE_ID, tax));
        }
        record.push(budget_item::COST_DETAIL, cost);
        record
    };
    for (place, expected) in
        [code::CV91231, code::CV91232, code::CV91233, code::CV91234, code::CV91235].into_iter().enumerate()
    {
        let mut taxes: Vec<Members<'_>> = vec![&good; place];
        taxes.push(&bad);
        assert_eq!(codes(&bench, with_taxes(&taxes)).await, [expected]);
    }
    assert_eq!(codes(&bench, with_taxes(&[&good[..]; 6])).await, [code::CV91235]);
    assert_eq!(codes(&bench, with_taxes(&[&good[..]; 5])).await, []);
}

#[tokio::test]
async fn a_budgets_own_lists_bound_what_its_items_name() {
    let bench = Bench::new().await;
    let lists = [
        ("SubCategories", SUB),
        ("AllocationCategories", ALLOCATION),
        ("AllocationSubCategories", SUB),
        ("GLCodes", "4000; 4100"),
        ("InactiveGLCodes", "4200"),
    ];
    let event = planned(&bench, &lists).await;
    for (member, value, expected) in [
        ("SubCategoryId", SUB, &[][..]),
        ("SubCategoryId", UNKNOWN, &[code::CV91222]),
        ("SubCategoryId", NOTHING, &[]),
        ("ProductId", NOTHING, &[]),
        ("GLCode", "4100", &[]),
        ("GLCode", "9999", &[code::CV91226]),
        ("GLCode", "4200", &[code::CV91255]),
    ] {
        assert_eq!(codes(&bench, item(&bench, &event, &[(member, value)])).await, expected, "{value}");
    }
    let part = |event: &str, category: &str, sub: &str| {
        let members = [
            ("AllocationCategoryID", category),
            ("AllocationSubCategoryID", sub),
            ("AllocationPercentage", "100.00"),
        ];
        with(&bench, item(&bench, event, &[]), PART, &members)
    };
    assert_eq!(codes(&bench, part(&event, ALLOCATION, SUB)).await, []);
    assert_eq!(codes(&bench, part(&event, UNKNOWN, SUB)).await, [code::CV91240]);
    assert_eq!(codes(&bench, part(&event, ALLOCATION, UNKNOWN)).await, [code::CV91241]);
    let off = planned(&bench, &[("AllocationEnabled", "false")]).await;
    assert_eq!(codes(&bench, part(&off, ALLOCATION, SUB)).await, [code::CV91254]);
}

#[tokio::test]
async fn an_item_takes_the_present_rate_of_its_currency() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    let made = rates(
        &bench,
        vec![
            rate(&bench, &[("ConversionRate", "1.0850"), ("MessageId", "r")]),
            rate(&bench, &[("ConversionRate", "-1")]),
            rate(&bench, &[]),
            rate(&bench, &[("ConversionRate", "1"), ("CurrencyCode", "XQX")]),
            rate(&bench, &[("ConversionRate", "1"), ("BaseCurrencyCode", "")]),
            rate(&bench, &[("ConversionRate", "1"), ("StartDate", "2026-02-01"), ("EndDate", "2026-01-01")]),
            rate(&bench, &[("ConversionRate", "1"), ("StartDate", "1700-01-01")]),
            rate(&bench, &[("ConversionRate", "7"), ("StartDate", "2027-01-01")]),
        ],
    )
    .await;
    let expected: Vec<Vec<Code>> = vec![
        vec![],
        vec![code::CV91220],
        vec![code::CV91220],
        vec![code::CV91249],
        vec![code::CV91249],
        vec![code::CV91102],
        vec![code::CV91102],
        vec![],
    ];
    assert_eq!(made.iter().map(|answer| answer.codes.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(made[0].reference.as_deref(), Some("r"));
    let first = bench.retrieve(object_type::CONVERSION_RATE, &[&made[0].id]).await.unwrap().remove(0);
    for (name, text) in [
        ("ConversionRateId", made[0].id.as_str()),
        ("BaseCurrencyName", "US Dollar"),
        ("CurrencyName", "Euro"),
        ("Current", "true"),
        ("CreatedDate", "2026-11-24T12:00:00"),
    ] {
        assert_eq!(bench.show(&first, name), text, "{name}");
    }
    let exact = |record: &Record| record.get(budget_item::CONVERSION_RATE).clone();
    let euro = save(&bench, vec![item(&bench, &event, &[("Currency", "euro")])]).await.remove(0);
    assert_eq!(euro.codes, []);
    let kept = found(&bench, &euro.id).await;
    assert_eq!((exact(&kept), bench.show(&kept, "CurrencyCode").as_str()), (decimal("1.0850"), "EUR"));
    let dollar = save(&bench, vec![item(&bench, &event, &[])]).await.remove(0);
    let kept = found(&bench, &dollar.id).await;
    assert_eq!((exact(&kept), bench.show(&kept, "CurrencyCode").as_str()), (decimal("1"), "USD"));

    // A newer rate takes the place of the one before; items keep what they have until they change currency.
    rates(&bench, vec![rate(&bench, &[("ConversionRate", "1.1")])]).await;
    let first = bench.retrieve(object_type::CONVERSION_RATE, &[&made[0].id]).await.unwrap().remove(0);
    assert_eq!(bench.show(&first, "Current"), "false");
    assert_eq!(bench.show(&first, "EndDate"), "2026-11-24T12:00:00");
    assert_eq!(codes(&bench, update(&bench, &[("Id", &euro.id), ("ItemName", "N")])).await, []);
    assert_eq!(exact(&found(&bench, &euro.id).await), decimal("1.0850"));
    assert_eq!(codes(&bench, update(&bench, &[("Id", &dollar.id), ("CurrencyCode", "eur")])).await, []);
    assert_eq!(exact(&found(&bench, &dollar.id).await), decimal("1.1"));
    // The rate to come holds from its day on.
    bench.set_time("2027-01-02T00:00:00");
    let session = bench.login("A001", "api", crate::harness::PASSWORD).await.unwrap();
    let request = bench.request(
        operation::CREATE_BUDGET_ITEM,
        vec![item(&bench, &event, &[("CurrencyCode", "EUR")])],
        &[],
    );
    let response = bench.call_as(&session, operation::CREATE_BUDGET_ITEM, request).await.unwrap();
    assert_eq!(bench.answers(operation::CREATE_BUDGET_ITEM, &response)[0].codes, []);
}

#[tokio::test]
async fn what_is_deleted_is_gone_once_and_get_deleted_shows_it() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    let made = save(&bench, vec![item(&bench, &event, &[])]).await.remove(0).id;
    let gone = |id: &str| bench.record(cv_object::TYPE_ID, &[("Id", id), ("MessageId", "m")]);
    let records = vec![gone(&made), gone(&made), gone(UNKNOWN), gone("x"), gone("")];
    let answers = bench.batch(operation::DELETE_BUDGET_ITEM, records).await;
    let codes: Vec<&[Code]> = answers.iter().map(|answer| answer.codes.as_slice()).collect();
    let expected: [&[Code]; 5] =
        [&[], &[code::CV91212], &[code::CV91213], &[code::CV91211], &[code::CV91211]];
    assert_eq!(codes, expected);
    let span = [("StartDate", "2026-11-24T11:59:00"), ("EndDate", "2026-11-24T12:01:00")];
    let mut request = bench.record(message::get_deleted::TYPE_ID, &span);
    let object = Value::Enumeration(contract::EnumValue(object_type::BUDGET_ITEM.0));
    request.set(message::get_deleted::OBJECT_TYPE, object);
    let response = bench.call(operation::GET_DELETED, request).await.unwrap();
    assert_eq!(ids(&response, message::get_deleted_response::GET_DELETED_RESULT), [made.as_str()]);

    let rate = rates(&bench, vec![rate(&bench, &[("ConversionRate", "2")])]).await.remove(0).id;
    let records = vec![gone(&rate), gone(&rate), gone(UNKNOWN), gone("")];
    let answers = bench.batch(operation::DELETE_CONVERSION_RATE, records).await;
    let codes: Vec<&[Code]> = answers.iter().map(|answer| answer.codes.as_slice()).collect();
    let expected: [&[Code]; 4] = [&[], &[code::CV40118], &[code::CV40110], &[code::CV40113]];
    assert_eq!(codes, expected);
    assert!(bench.retrieve(object_type::CONVERSION_RATE, &[&rate]).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_than_200_records_fail_each_call() {
    let bench = Bench::new().await;
    for operation in [
        operation::CREATE_BUDGET_ITEM,
        operation::DELETE_BUDGET_ITEM,
        operation::CREATE_CONVERSION_RATE,
        operation::DELETE_CONVERSION_RATE,
    ] {
        let ty = bench.contract.call(operation).batch.unwrap().item_type;
        let request = bench.request(operation, vec![bench.record(ty, &[]); 201], &[]);
        assert_eq!(bench.call(operation, request).await.unwrap_err().code, code::CV30100);
        assert_eq!(bench.batch(operation, vec![bench.record(ty, &[]); 200]).await.len(), 200);
    }
}

#[tokio::test]
async fn of_two_calls_that_delete_an_item_one_does() {
    let bench = Bench::new().await;
    let event = planned(&bench, &[]).await;
    for _ in 0..10 {
        let id = save(&bench, vec![item(&bench, &event, &[])]).await.remove(0).id;
        let delete = || {
            let record = bench.record(cv_object::TYPE_ID, &[("Id", &id)]);
            bench.batch(operation::DELETE_BUDGET_ITEM, vec![record])
        };
        let change = || save(&bench, vec![update(&bench, &[("Id", &id), ("ItemName", "N")])]);
        let (one, other, changed) = tokio::join!(delete(), delete(), change());
        let done = [&one, &other].iter().filter(|answers| answers[0].codes.is_empty()).count();
        assert_eq!(done, 1);
        assert!(changed[0].codes.is_empty() || changed[0].codes == [code::CV91213]);
        assert!(bench.retrieve(object_type::BUDGET_ITEM, &[&id]).await.unwrap().is_empty());
    }
}
