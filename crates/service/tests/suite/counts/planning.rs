//! Calls about what planners keep.

use super::{Ready, hold, put_all, some};
use crate::harness::Bench;
use contract::handles::object::{
    advanced_logic, advanced_logic_choices, associated_registrants, budget, budget_item, cost_detail,
    cv_object, entity_custom_field, event_parameters, field_choice,
};
use contract::handles::{object_type, operation};

#[tokio::test]
async fn items_of_budgets() {
    hold(async |count| {
        let bench = Bench::new().await;
        let event = bench.put(object_type::EVENT, &[("EventTitle", "E"), ("EventCode", "EC")]).await;
        let session = bench.put(object_type::SESSION, &[("EventId", &event), ("ProductName", "Talk")]).await;
        let plan = bench.record(budget::TYPE_ID, &[("Id", &event)]);
        put_all(&bench, object_type::BUDGET, vec![plan]).await;
        let of_event = |_| vec![("EventId", event.clone())];
        let invitees = some(&bench, object_type::INVITEE, count * 2, of_event).await;
        let item = |number: usize| {
            let members = [
                ("ItemName", "Hall"),
                ("EventId", &event),
                ("CategoryName", "Rent"),
                ("ProductId", &session),
            ];
            let mut item = bench.record(budget_item::TYPE_ID, &members);
            let cost = [("CostName", "Budgeted"), ("Units", "1"), ("Cost", "1")];
            item.push(budget_item::COST_DETAIL, bench.record(cost_detail::TYPE_ID, &cost));
            for id in &invitees[number * 2..number * 2 + 2] {
                let registrant = bench.record(associated_registrants::TYPE_ID, &[("InviteeId", id)]);
                item.push(budget_item::ASSOCIATED_REGISTRANTS, registrant);
            }
            item
        };
        let records = (0..count).map(item).collect();
        Ready::new(bench, operation::CREATE_BUDGET_ITEM, records, &[])
    })
    .await;
}

#[tokio::test]
async fn logic() {
    hold(async |count| {
        let bench = Bench::new().await;
        let field = |number: usize| {
            let members = [("FieldName", &*format!("F{number}")), ("Category", "ContactCustomField")];
            let mut field = bench.record(entity_custom_field::TYPE_ID, &members);
            let choice = bench.record(field_choice::TYPE_ID, &[("FieldChoiceText", "A")]);
            field.push(entity_custom_field::FIELD_CHOICES, choice);
            field
        };
        let fields =
            put_all(&bench, object_type::ENTITY_CUSTOM_FIELD, (0..=count).map(field).collect()).await;
        let logic = |number: usize| {
            let members = [("Id", fields[number].as_str()), ("SourceField", &fields[number + 1])];
            let mut logic = bench.record(advanced_logic::TYPE_ID, &members);
            let mut row = bench.record(advanced_logic_choices::TYPE_ID, &[("SourceFieldChoice", "A")]);
            row.push(advanced_logic_choices::FIELD_CHOICE, "A");
            logic.push(advanced_logic::ADVANCED_LOGIC_CHOICES, row);
            logic
        };
        let records = (0..count).map(logic).collect();
        Ready::new(bench, operation::ADD_ADVANCED_LOGIC, records, &[])
    })
    .await;
}

#[tokio::test]
async fn deletions_of_users() {
    hold(async |count| {
        let bench = Bench::new().await;
        let users =
            some(&bench, object_type::USER, count, |number| vec![("Username", format!("u{number}"))]).await;
        let records = users.iter().map(|id| bench.record(cv_object::TYPE_ID, &[("Id", id)])).collect();
        Ready::new(bench, operation::DELETE_USER, records, &[])
    })
    .await;
}

#[tokio::test]
async fn copies_of_events() {
    hold(async |count| {
        let bench = Bench::new().await;
        let event = bench.put(object_type::EVENT, &[("EventTitle", "E"), ("EventStatus", "Active")]).await;
        some(&bench, object_type::SESSION, 3, |_| vec![("EventId", event.clone())]).await;
        let parameters = bench.record(
            event_parameters::TYPE_ID,
            &[
                ("Title", "T"),
                ("StartDate", "2027-03-04T09:00:00"),
                ("EndDate", "2027-03-05T09:00:00"),
                ("TimeZoneCode", "Eastern Time"),
                ("PlannerFirstName", "Ada"),
                ("PlannerLastName", "Byron"),
                ("PlannerEmailAddress", "ada@lab.example"),
                ("Category", "Conference"),
            ],
        );
        Ready::new(bench, operation::COPY_EVENT, vec![parameters; count], &[("EventId", &event)])
    })
    .await;
}
