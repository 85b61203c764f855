//! Opening: what is there already, and what is not a database of ours.

use crate::support::{contract, full, guid, objects};
use contract::handles::object::{contact, invitee};
use contract::handles::object_type::{CONTACT, INVITEE};
use contract::{ObjectId, Record, Timestamp};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use store::{Account, AccountId, Location, OpenError, Opened, Opening, Options, Store, StoreError};
use tempfile::TempDir;
use tokio::runtime::Builder;

async fn open(folder: &Path) -> Result<Store, OpenError> {
    Store::open(contract(), &Location::Folder(folder.to_owned()), &Options::default()).await
}

async fn refused(folder: &Path) -> OpenError {
    open(folder).await.err().unwrap()
}

/// The database file under other hands.
fn tool(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("understudy.db")).unwrap()
}

async fn fill(store: &Store) -> AccountId {
    let add = |writer: &mut store::Writer<'_>| {
        let account = writer.add_account(&Account::new("1", "One"))?;
        for kind in objects() {
            writer.insert(account, kind, &[record(kind)], Timestamp(0))?;
        }
        Ok(account)
    };
    store.write(add).await.unwrap()
}

fn record(kind: ObjectId) -> Record {
    full(kind, guid(1), 1)
}

#[tokio::test]
async fn what_was_written_is_there_after_closing_and_opening() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("new/data")).await.unwrap();
    let account = fill(&store).await;
    store.close().await;
    let left = fs::read_dir(folder.path().join("new/data")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["understudy.db"], "the log is gone when the store is closed");

    let store = open(&folder.path().join("new/data")).await.unwrap();
    for kind in objects() {
        let read = store.read(move |reader| reader.get(account, kind, &[guid(1)])).await.unwrap();
        assert_eq!(read, [Some(record(kind))]);
    }
}

#[tokio::test]
async fn missing_tables_columns_and_indexes_are_added() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await.unwrap();
    let account = fill(&store).await;
    store.close().await;
    tool(&folder)
        .execute_batch(
            "DROP TABLE event; DROP TABLE custom_field_value; DROP INDEX contact_source_id_key;
             DROP INDEX contact_email_address_key; DROP INDEX contact_account;
             DROP INDEX contact_group_member_target;
             ALTER TABLE contact DROP COLUMN email_address_key; ALTER TABLE contact DROP COLUMN company;
             UPDATE contact SET email_address = ' Zoë@EXAMPLE.com '",
        )
        .unwrap();

    let store = open(folder.path()).await.unwrap();
    let key = (CONTACT, contact::EMAIL_ADDRESS);
    let (read, found) = store
        .read(move |reader| {
            let found = reader.find(account, key, &["zoë@example.com".to_owned()])?;
            Ok((reader.get(account, CONTACT, &[guid(1)])?, found))
        })
        .await
        .unwrap();
    let mut expected = record(CONTACT);
    expected.take(contact::COMPANY);
    expected.set(contact::EMAIL_ADDRESS, " Zoë@EXAMPLE.com ");
    assert_eq!(read, [Some(expected)]);
    assert_eq!(found, [[guid(1)]], "a new key column is filled");
    fill_again(&store, account).await;
    store.close().await;
    let indexes: i64 = tool(&folder)
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('contact_source_id_key',
             'contact_email_address_key', 'contact_account', 'contact_group_member_target')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(indexes, 4);
}

#[tokio::test]
async fn text_that_has_become_a_reference_is_made_one() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await.unwrap();
    let account = fill(&store).await;
    store.close().await;
    tool(&folder)
        .execute_batch(
            "DROP INDEX invitee_contact_id; DROP INDEX invitee_event_id;
             ALTER TABLE invitee DROP COLUMN contact_id; ALTER TABLE invitee DROP COLUMN event_id;
             ALTER TABLE invitee ADD COLUMN contact_id TEXT; ALTER TABLE invitee ADD COLUMN event_id TEXT;
             UPDATE invitee SET contact_id = '{00aabbcc-0000-0000-0000-00000000000f}', event_id = 'none'",
        )
        .unwrap();
    let store = open(folder.path()).await.unwrap();
    let (read, referring) = store
        .read(move |reader| {
            let target = contract::Guid::parse("00AABBCC-0000-0000-0000-00000000000F").unwrap();
            let referring = reader.referring(account, INVITEE, invitee::CONTACT_ID, &[target])?;
            Ok((reader.get(account, INVITEE, &[guid(1)])?, referring))
        })
        .await
        .unwrap();
    let mut expected = record(INVITEE);
    expected.set(invitee::CONTACT_ID, "00AABBCC-0000-0000-0000-00000000000F");
    expected.take(invitee::EVENT_ID);
    assert_eq!(read, [Some(expected)]);
    assert_eq!(referring, [[guid(1)]]);
    store.close().await;
    let leftover = "SELECT count(*) FROM pragma_table_info('invitee') WHERE name LIKE '%_text'";
    let leftover: i64 = tool(&folder).query_row(leftover, [], |row| row.get(0)).unwrap();
    assert_eq!(leftover, 0);
}

async fn fill_again(store: &Store, account: AccountId) {
    let event = contract::handles::object_type::EVENT;
    store.write(move |writer| writer.insert(account, event, &[record(event)], Timestamp(0))).await.unwrap();
}

#[test]
fn opening_at_the_same_time_is_as_good_as_one_after_the_other() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                Builder::new_current_thread().build().unwrap().block_on(open(folder.path())).unwrap()
            });
        }
    });
}

#[tokio::test]
async fn two_processes_may_write_to_one_folder() {
    let folder = TempDir::new().unwrap();
    let (server, tool) = (open(folder.path()).await.unwrap(), open(folder.path()).await.unwrap());
    for (number, store) in [&server, &tool, &server, &tool].into_iter().enumerate() {
        let account = Account::new(number.to_string(), "");
        store.write(move |writer| writer.add_account(&account)).await.unwrap();
    }
    for store in [&server, &tool] {
        assert_eq!(store.read(|reader| reader.accounts()).await.unwrap().len(), 4);
    }
    tool.close().await;
    assert_eq!(server.read(|reader| reader.accounts()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()).await.unwrap());
    tool(&folder).pragma_update(None, "user_version", 4711).unwrap();
    let error = refused(folder.path()).await;
    let OpenError::Newer { found: 4711, known, .. } = error else { panic!("{error}") };
    let text = format!("has version 4711 and this program knows up to {known}; use a newer program");
    assert!(error.to_string().ends_with(&text), "{error}");
    let version: i64 = tool(&folder).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 4711);
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    tool(&folder).execute_batch("CREATE TABLE theirs (a); PRAGMA user_version = 1").unwrap();
    let before = fs::read(folder.path().join("understudy.db")).unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(folder.path().join("understudy.db")).unwrap(), before);
}

#[tokio::test]
async fn what_is_not_a_database_is_refused() {
    for content in ["Dear reader, this is no database. ".repeat(200), "SQLite format 3\0".repeat(300)] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("understudy.db"), &content).unwrap();
        let error = refused(folder.path()).await;
        assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
        assert_eq!(fs::read(folder.path().join("understudy.db")).unwrap(), content.as_bytes());
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = refused(&path).await;
        assert!(matches!(error, OpenError::Folder { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("understudy.db")).unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("check who owns the file"), "{error}");
}

async fn open_as(folder: &Path, opening: Opening) -> Result<Store, OpenError> {
    let options = Options { opening, ..Options::default() };
    Store::open(contract(), &Location::Folder(folder.to_owned()), &options).await
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_missing_database_is_made_only_where_it_may_be() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("typo");
    for opening in [Opening::EXISTING, Opening::UPDATE] {
        let error = open_as(&place, opening).await.err().unwrap();
        assert!(matches!(error, OpenError::Missing { .. }), "{error}");
        assert!(!place.exists());
    }
    let made = open_as(&place, Opening::CREATE).await.unwrap();
    assert_eq!(made.opened(), Opened::Made);
    made.close().await;
    assert_eq!(names(&place), ["understudy.db"]);
    let found = open_as(&place, Opening::EXISTING).await.unwrap();
    assert_eq!(found.opened(), Opened::Found);
}

#[tokio::test]
async fn an_earlier_versions_database_is_changed_only_where_it_may_be_and_copied_before() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await.unwrap();
    let account = fill(&store).await;
    store.close().await;
    tool(&folder).execute_batch("ALTER TABLE contact DROP COLUMN company").unwrap();
    for opening in [Opening::EXISTING, Opening::CREATE] {
        let error = open_as(folder.path(), opening).await.err().unwrap();
        assert!(matches!(error, OpenError::Older { .. }), "{error}");
    }
    assert_eq!(names(folder.path()), ["understudy.db"]);
    let updated = open_as(folder.path(), Opening::UPDATE).await.unwrap();
    assert_eq!(updated.opened(), Opened::Updated);
    updated.close().await;

    let names = names(folder.path());
    let [_, copy] = &names[..] else { panic!("{names:?}") };
    let before = TempDir::new().unwrap();
    fs::copy(folder.path().join(copy), before.path().join("understudy.db")).unwrap();
    let columns = "SELECT count(*) FROM pragma_table_info('contact') WHERE name = 'company'";
    let columns: i64 = tool(&before).query_row(columns, [], |row| row.get(0)).unwrap();
    assert_eq!(columns, 0, "the copy is as it was");
    let store = open(before.path()).await.unwrap();
    let kept = store.read(move |reader| reader.get(account, CONTACT, &[guid(1)])).await.unwrap();
    assert!(kept[0].is_some());
}

#[tokio::test]
async fn an_empty_file_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("understudy.db"), "").unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(error, OpenError::Empty { .. }), "{error}");
    assert_eq!(fs::metadata(folder.path().join("understudy.db")).unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await.unwrap();
    fill(&store).await;
    store.close().await;
    let file = fs::File::options().write(true).open(folder.path().join("understudy.db")).unwrap();
    for length in [file.metadata().unwrap().len() / 2, 4096, 100] {
        file.set_len(length).unwrap();
        let error = refused(folder.path()).await;
        assert!(matches!(error, OpenError::NotADatabase { .. }), "{length}: {error}");
    }
}

#[tokio::test]
async fn what_is_written_to_a_file_that_was_removed_is_not_acknowledged() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await.unwrap();
    let account = fill(&store).await;
    fs::remove_file(folder.path().join("understudy.db")).unwrap();
    let later = move |writer: &mut store::Writer<'_>| {
        writer.insert(account, CONTACT, &[full(CONTACT, guid(2), 2)], Timestamp(0))
    };
    let error = store.write(later).await.unwrap_err();
    assert!(matches!(error, StoreError::Lost(_)), "{error}");
    assert!(matches!(store.failed().await, StoreError::Lost(_)));
    let read = store.read(|reader| reader.accounts()).await;
    assert!(matches!(read, Err(StoreError::Lost(_))), "{read:?}");
}
