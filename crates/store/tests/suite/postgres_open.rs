//! Opening a PostgreSQL database: what is there already, and what is not a database of ours.

use crate::server::TestDatabase;
use crate::support::{contract, postgres};
use store::{Account, Location, OpenError, Opened, Opening, Options, Postgres, Store};
use tokio::task::JoinSet;

async fn open(database: &TestDatabase) -> Result<Store, OpenError> {
    Store::open(contract(), &postgres(database, None), &Options::default()).await
}

async fn refused(database: &TestDatabase) -> OpenError {
    open(database).await.err().unwrap()
}

fn steps(database: &TestDatabase) -> Vec<String> {
    database.query("SELECT number FROM understudy_step ORDER BY number")
}

#[tokio::test]
async fn an_empty_database_is_made_and_opened_again() {
    let database = TestDatabase::empty();
    let store = open(&database).await.unwrap();
    store.write(|writer| writer.add_account(&Account::new("1", "One"))).await.unwrap();
    store.close().await;
    let store = open(&database).await.unwrap();
    assert_eq!(store.read(|reader| reader.accounts()).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn any_number_of_processes_may_make_it_at_once() {
    let database = TestDatabase::empty();
    let mut opening = JoinSet::new();
    for _ in 0..8 {
        let location = postgres(&database, None);
        opening
            .spawn(async move { Store::open(contract(), &location, &Options::default()).await.map(|_| ()) });
    }
    for opened in opening.join_all().await {
        opened.unwrap();
    }
    assert_eq!(steps(&database), ["1", "2"]);
}

#[tokio::test]
async fn what_the_tables_lack_is_added() {
    let database = TestDatabase::empty();
    open(&database).await.unwrap().close().await;
    let lacks = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'contact'::regclass AND attname = 'title'
         UNION ALL SELECT count(*) FROM pg_class WHERE relname IN ('contact_seq', 'event')";
    assert_eq!(database.query(lacks), ["1", "2"]);
    database.execute("ALTER TABLE contact DROP COLUMN title; DROP INDEX contact_seq; DROP TABLE event");
    assert_eq!(database.query(lacks), ["0", "0"]);
    open(&database).await.unwrap().close().await;
    assert_eq!(database.query(lacks), ["1", "2"]);
}

#[tokio::test]
async fn tables_in_parts_are_parts_of_all_tables() {
    let database = TestDatabase::empty();
    Store::open(contract(), &postgres(&database, Some(2)), &Options::default()).await.unwrap().close().await;
    let whole = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind = 'r' AND NOT relispartition ORDER BY relname";
    assert_eq!(database.query(whole), ["understudy", "understudy_step"]);
    let parts = "SELECT count(*) FROM pg_inherits GROUP BY inhparent HAVING count(*) <> 2 AND inhparent IN
         (SELECT oid FROM pg_class WHERE relkind = 'p')";
    assert_eq!(database.query(parts), Vec::<String>::new());
    open(&database).await.unwrap().close().await;
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let database = TestDatabase::empty();
    database.execute("CREATE TABLE theirs (a INTEGER)");
    let error = refused(&database).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(database.query(tables), ["theirs"]);
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let database = TestDatabase::empty();
    open(&database).await.unwrap().close().await;
    database.execute("INSERT INTO understudy_step VALUES (3, 'later', 0)");
    let error = refused(&database).await;
    assert!(matches!(error, OpenError::Newer { found: 3, known: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_step_that_was_another_is_refused() {
    let database = TestDatabase::empty();
    open(&database).await.unwrap().close().await;
    database.execute("UPDATE understudy_step SET checksum = 'other' WHERE number = 2");
    let error = refused(&database).await;
    assert!(matches!(error, OpenError::Changed { step: 2, .. }), "{error}");
}

#[tokio::test]
async fn who_does_not_get_in_is_told_why_but_not_the_password() {
    let database = TestDatabase::empty();
    // Nobody listens on port 1; on the other, nobody knows this user.
    let authority = database.url.split_once('@').unwrap().1;
    let (_, rest) = authority.split_once(':').unwrap();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
    for (url, told) in [
        (format!("postgres://nobody:verysecret@127.0.0.1:1{}", &rest[digits..]), "refused"),
        (format!("postgres://nobody:verysecret@{authority}"), "nobody"),
    ] {
        let place = Postgres::new(url.parse().unwrap());
        let error =
            Store::open(contract(), &Location::Postgres(place), &Options::default()).await.err().unwrap();
        let text = error.to_string();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{text}");
        assert!(text.contains(told) && !text.contains("verysecret"), "{text}");
    }
}

#[tokio::test]
async fn a_database_that_has_not_all_letters_is_refused() {
    let error = refused(&TestDatabase::encoded("SQL_ASCII")).await;
    assert!(matches!(&error, OpenError::Encoding { found, .. } if found == "SQL_ASCII"), "{error}");
}

#[tokio::test]
async fn tables_are_made_and_changed_only_where_they_may_be() {
    let database = TestDatabase::empty();
    let open_as = async |opening| {
        let options = Options { opening, ..Options::default() };
        Store::open(contract(), &postgres(&database, None), &options).await
    };
    let error = open_as(Opening::EXISTING).await.err().unwrap();
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    let made = open_as(Opening::CREATE).await.unwrap();
    assert_eq!(made.opened(), Opened::Made);
    made.close().await;
    assert_eq!(open_as(Opening::EXISTING).await.unwrap().opened(), Opened::Found);
    database.execute("ALTER TABLE contact DROP COLUMN company");
    let error = open_as(Opening::CREATE).await.err().unwrap();
    assert!(matches!(error, OpenError::Older { .. }), "{error}");
    assert_eq!(open_as(Opening::UPDATE).await.unwrap().opened(), Opened::Updated);
}
