//! How PostgreSQL goes about the statements over the derived tables.

#[path = "../../tests/postgres/mod.rs"]
mod server;

use super::schema::Schema;
use super::{Postgres, Server};
use crate::layout::Layout;
use contract::Contract;
use server::TestDatabase;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The steps of the plan that serves whatever the parameters are.
async fn plan(client: &Client, sql: &str) -> Vec<String> {
    let count = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
    let parameters = vec!["NULL"; count].join(", ");
    let explain = format!("PREPARE p AS {sql}; EXPLAIN (COSTS OFF) EXECUTE p({parameters}); DEALLOCATE p");
    let messages = client.simple_query(&explain).await;
    let messages = messages.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let steps = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    steps.collect()
}

#[test]
fn every_statement_finds_its_rows_by_an_index_that_the_account_leads() {
    let database = TestDatabase::empty();
    let schema = Schema::of_contract();
    Runtime::new().unwrap().block_on(async {
        let layout = Arc::new(Layout::new(Contract::get().unwrap()));
        let place = Postgres::new(database.url.parse().unwrap());
        Server::open(layout, &place, &crate::Options::default()).await.unwrap().0.close().await;
        let (client, connection) = tokio_postgres::connect(&database.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        // Tables without rows would else be read whole.
        let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
        client.batch_execute(settings).await.unwrap();
        for sql in schema.statements() {
            let steps = plan(&client, sql).await;
            let count = |word: &str| steps.iter().filter(|step| step.contains(word)).count();
            let conditions = steps.iter().filter(|step| step.contains("Index Cond: "));
            let is_led = conditions.clone().all(|condition| condition.contains("(account_id = "));
            let searches = count("Index Scan") + count("Index Only Scan");
            let finds = searches > 0 || ["INSERT"].iter().any(|word| sql.starts_with(word));
            assert!(
                finds && is_led && conditions.count() == searches && count("Seq Scan") == 0,
                "{sql}: {steps:#?}"
            );
            // Else all of the account's objects would be read for each row of the log.
            let is_logged = steps.iter().any(|step| step.contains(" on change_log c"));
            assert!(!is_logged || count("(id = c.id)") == 1, "{sql}: {steps:#?}");
        }
    });
}
