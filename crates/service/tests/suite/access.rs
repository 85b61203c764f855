//! Login, sessions, lockout, addresses, deactivation, quota, and accounts apart from each other.

use crate::harness::{Bench, PASSWORD};
use contract::handles::object::{describe_global_result, search_result};
use contract::handles::{code, message, object_type, operation};
use contract::{Code, Record, Timestamp, Value};
use service::{AccountChange, Settings, UserChange};
use std::sync::Arc;
use store::ApiUser;

const DENIED: &str = "Access is denied.";
const LOCKED: &str = "Your account has been locked out. Please contact Customer care or wait for 30 minutes";

async fn fault_of(bench: &Bench, session: &str) -> Option<Code> {
    let request = bench.contract.record(message::describe_global::TYPE_ID);
    bench.call_as(session, operation::DESCRIBE_GLOBAL, request).await.err().map(|fault| fault.code)
}

async fn limits(bench: &Bench) -> (Value, Value) {
    let request = bench.contract.record(message::describe_global::TYPE_ID);
    let response = bench.call(operation::DESCRIBE_GLOBAL, request).await.unwrap();
    let result = response.record(message::describe_global_response::DESCRIBE_GLOBAL_RESULT).unwrap();
    let get = |field| result.get(field).clone();
    (get(describe_global_result::MAX_API_CALLS), get(describe_global_result::CURRENT_API_CALLS))
}

#[tokio::test]
async fn wrong_credentials_are_denied_alike() {
    let bench = Bench::new().await;
    for (account, user, password) in
        [("A001", "api", "wrong"), ("A001", "nobody", PASSWORD), ("A002", "api", PASSWORD), ("", "", "")]
    {
        assert_eq!(bench.login(account, user, password).await, Err(DENIED.to_owned()));
    }
    assert!(bench.login("A001", "API", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn session_values_that_are_none() {
    let bench = Bench::new().await;
    assert_eq!(fault_of(&bench, "").await, Some(code::CV10104));
    assert_eq!(fault_of(&bench, "   ").await, Some(code::CV10104));
    assert_eq!(fault_of(&bench, "garbage").await, Some(code::CV10107));
    let mut other = bench.session.clone().into_bytes();
    other[1400] = if other[1400] == b'A' { b'B' } else { b'A' };
    assert_eq!(fault_of(&bench, &String::from_utf8(other).unwrap()).await, Some(code::CV10107));
    assert_eq!(fault_of(&bench, &bench.session).await, None);
}

#[tokio::test]
async fn a_session_lives_an_hour_from_its_creation_however_much_it_is_used() {
    let bench = Bench::new().await;
    bench.pass_seconds(3599);
    assert_eq!(fault_of(&bench, &bench.session).await, None);
    bench.pass_seconds(1);
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10105));
    let second = bench.login("A001", "api", PASSWORD).await.unwrap();
    assert_eq!(fault_of(&bench, &second).await, None);
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10105));
}

#[tokio::test]
async fn five_failures_lock_a_user_for_half_an_hour() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        assert_eq!(bench.login("A001", "api", "wrong").await, Err(DENIED.to_owned()));
    }
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(LOCKED.to_owned()));
    assert_eq!(fault_of(&bench, &bench.session).await, None);
    bench.pass_seconds(1799);
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(LOCKED.to_owned()));
    bench.pass_seconds(1);
    assert!(bench.login("A001", "api", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn failures_count_within_half_an_hour_and_a_success_forgets_them() {
    let bench = Bench::new().await;
    for _ in 0..4 {
        bench.login("A001", "api", "wrong").await.unwrap_err();
    }
    bench.pass_seconds(1801);
    bench.login("A001", "api", "wrong").await.unwrap_err();
    assert!(bench.login("A001", "api", PASSWORD).await.is_ok());
    for _ in 0..4 {
        bench.login("A001", "api", "wrong").await.unwrap_err();
    }
    assert!(bench.login("A001", "api", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_user_calls_from_its_addresses_only() {
    let bench = Bench::new().await;
    let change = UserChange { allowed_addresses: Some("192.0.2.0/24".to_owned()), ..UserChange::default() };
    bench.service.admin().set_user("A001", "api", change).await.unwrap();
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(DENIED.to_owned()));
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10106));
    assert!(bench.login_from("192.0.2.7".parse().unwrap(), "A001", "api", PASSWORD).await.is_ok());
    let change = UserChange { allowed_addresses: Some("192.0.2.0/99".to_owned()), ..UserChange::default() };
    assert!(bench.service.admin().set_user("A001", "api", change).await.is_err());
}

#[tokio::test]
async fn deactivated_accounts_and_users_are_shut_out() {
    let bench = Bench::new().await;
    let admin = bench.service.admin();
    admin
        .set_account("A001", AccountChange { active: Some(false), ..AccountChange::default() })
        .await
        .unwrap();
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10101));
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(DENIED.to_owned()));
    admin
        .set_account("A001", AccountChange { active: Some(true), ..AccountChange::default() })
        .await
        .unwrap();
    assert_eq!(fault_of(&bench, &bench.session).await, None);
    admin.set_user("A001", "api", UserChange { active: Some(false), ..UserChange::default() }).await.unwrap();
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10107));
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(DENIED.to_owned()));
}

#[tokio::test]
async fn another_password_ends_the_sessions_and_the_lock() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        bench.login("A001", "api", "wrong").await.unwrap_err();
    }
    bench.service.admin().set_password("A001", "api", "new").await.unwrap();
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10107));
    assert!(bench.login("A001", "api", "new").await.is_ok());
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(DENIED.to_owned()));
}

#[tokio::test]
async fn the_quota_counts_every_call_but_login_by_the_day_in_new_york() {
    let bench = Bench::new().await;
    assert_eq!(limits(&bench).await, (Value::Integer(2_147_483_647), Value::Integer(1)));
    bench.service.flush().await.unwrap();
    assert_eq!(limits(&bench).await.1, Value::Integer(2));
    let change = AccountChange { max_calls: Some(Some(4)), ..AccountChange::default() };
    bench.service.admin().set_account("A001", change).await.unwrap();
    assert_eq!(limits(&bench).await, (Value::Integer(4), Value::Integer(3)));
    assert_eq!(fault_of(&bench, &bench.session).await, None);
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV30100));
    bench.set_time("2026-11-25T05:00:00");
    let session = bench.login("A001", "api", PASSWORD).await.unwrap();
    assert_eq!(fault_of(&bench, &session).await, None);
}

async fn all_contacts(bench: &Bench, session: &str) -> usize {
    let request: Record = bench.contract.record(message::search::TYPE_ID);
    let response = bench.call_as(session, operation::SEARCH, request).await.unwrap();
    let result = response.record(message::search_response::SEARCH_RESULT).unwrap();
    result.list(search_result::ID).len()
}

#[tokio::test]
async fn accounts_never_see_each_others_contacts() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "One"), ("EmailAddress", "one@a.example")]).await;
    bench.add_account("A002").await;
    let other = bench.login("A002", "api", PASSWORD).await.unwrap();
    assert_eq!(all_contacts(&bench, &other).await, 0);
    let request = |operation, members: &[(&str, &str)]| {
        let records = vec![bench.contact(members)];
        bench.request(operation, records, &[])
    };
    let update = request(operation::UPDATE_CONTACT, &[("Id", &id), ("LastName", "Taken")]);
    let response = bench.call_as(&other, operation::UPDATE_CONTACT, update).await.unwrap();
    assert_eq!(bench.answers(operation::UPDATE_CONTACT, &response)[0].codes, [code::CV40110]);
    let create =
        request(operation::CREATE_CONTACT, &[("LastName", "Two"), ("EmailAddress", "one@a.example")]);
    let response = bench.call_as(&other, operation::CREATE_CONTACT, create).await.unwrap();
    assert_eq!(bench.answers(operation::CREATE_CONTACT, &response)[0].codes, []);
    bench.service.admin().remove_account("A002").await.unwrap();
    assert_eq!(bench.show(&bench.get(&id).await, "LastName"), "One");
    assert_eq!(bench.retrieve(object_type::CONTACT, &[&id]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn settings_change_session_and_lockout() {
    let settings =
        Settings { session_seconds: 10, lockout_failures: 1, lockout_seconds: 5, ..Settings::default() };
    let bench = Bench::with(settings).await;
    bench.pass_seconds(10);
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10105));
    bench.login("A001", "api", "wrong").await.unwrap_err();
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(LOCKED.to_owned()));
    bench.pass_seconds(5);
    assert!(bench.login("A001", "api", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn trouble_of_the_database_is_no_business_of_the_clients() {
    let bench = Bench::new().await;
    bench.store.close().await;
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10000));
}

/// The texts of that many logins.
async fn refusals(bench: &Bench, from: &str, user: &str, password: &str, count: usize) -> Vec<&'static str> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let refused = bench.login_from(from.parse().unwrap(), "A001", user, password).await.unwrap_err();
        texts.push(if refused == DENIED { "denied" } else { "locked" });
    }
    texts
}

#[tokio::test]
async fn nobody_outside_learns_or_locks_anything() {
    let bench = Bench::new().await;
    let change = UserChange { allowed_addresses: Some("192.0.2.0/24".to_owned()), ..UserChange::default() };
    bench.service.admin().set_user("A001", "api", change).await.unwrap();
    let sequence = ["denied", "denied", "denied", "denied", "denied", "locked", "locked"];
    // A user that there is with a wrong password and with the right one, and one that there is not.
    for (user, password) in [("api", "wrong"), ("nobody", PASSWORD)] {
        assert_eq!(refusals(&bench, "198.51.100.7", user, password, 7).await, sequence, "{user}");
    }
    assert_eq!(refusals(&bench, "198.51.100.7", "API", PASSWORD, 1).await, ["locked"]);
    assert!(bench.login_from("192.0.2.7".parse().unwrap(), "A001", "api", PASSWORD).await.is_ok());
    bench.pass_seconds(1800);
    assert_eq!(refusals(&bench, "198.51.100.7", "api", PASSWORD, 7).await, sequence);
    // A lock from inside is nobody's business outside.
    assert_eq!(refusals(&bench, "192.0.2.7", "api", "wrong", 6).await, sequence[..6]);
    bench.pass_seconds(1800);
    assert_eq!(refusals(&bench, "192.0.2.7", "api", "wrong", 6).await, sequence[..6]);
    assert_eq!(refusals(&bench, "198.51.100.7", "api", "wrong", 1).await, ["denied"]);
}

#[tokio::test]
async fn a_lock_is_lifted_by_hand() {
    let bench = Bench::new().await;
    assert_eq!(refusals(&bench, "192.0.2.7", "api", "wrong", 5).await, ["denied"; 5]);
    bench.service.admin().unlock_user("A001", "API").await.unwrap();
    assert_eq!(refusals(&bench, "192.0.2.7", "api", "wrong", 4).await, ["denied"; 4]);
    bench.service.admin().unlock_user("A001", "api").await.unwrap();
    assert!(bench.login("A001", "api", PASSWORD).await.is_ok());
    assert!(bench.service.admin().unlock_user("A001", "nobody").await.is_err());
}

#[tokio::test]
async fn users_are_renamed_and_removed() {
    let bench = Bench::new().await;
    let admin = bench.service.admin();
    admin.add_user("A001", "other", "another password", "").await.unwrap();
    let to = |name: &str| UserChange { name: Some(name.to_owned()), ..UserChange::default() };
    assert!(admin.set_user("A001", "api", to("OTHER")).await.is_err());
    assert_eq!(fault_of(&bench, &bench.session).await, None);
    admin.set_user("A001", "api", to("sync")).await.unwrap();
    assert_eq!(fault_of(&bench, &bench.session).await, Some(code::CV10107));
    assert_eq!(bench.login("A001", "api", PASSWORD).await, Err(DENIED.to_owned()));
    let session = bench.login("A001", "sync", PASSWORD).await.unwrap();
    admin.set_user("A001", "sync", to("Sync")).await.unwrap();
    assert_eq!(fault_of(&bench, &session).await, None, "the same name in other letters");
    admin.remove_user("A001", "sync").await.unwrap();
    assert_eq!(fault_of(&bench, &session).await, Some(code::CV10107));
    assert!(admin.remove_user("A001", "sync").await.is_err());
    assert_eq!(admin.users("A001").await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_judged_again_when_it_is_written() {
    for change in [
        (|user| user.password_hash = "another".to_owned()) as fn(&mut ApiUser),
        |user| user.active = false,
        |user| user.allowed_addresses = "192.0.2.7".to_owned(),
        |user| user.locked_until = Some(Timestamp::MAX),
    ] {
        let bench = Arc::new(Bench::new().await);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (store, mut begun) = (bench.store.clone(), Some(begun));
        // What another process writes while the password is hashed here.
        let changing = tokio::spawn(async move {
            let job = move |writer: &mut store::Writer<'_>| {
                if let Some(begun) = begun.take() {
                    begun.send(()).unwrap();
                }
                let _ = released.recv();
                let account = writer.account("A001")?.unwrap().id;
                let mut user = writer.user(account, "api")?.unwrap();
                change(&mut user);
                writer.update_user(account, &user)
            };
            store.write(job).await
        });
        begins.await.unwrap();
        let ours = Arc::clone(&bench);
        let login = tokio::spawn(async move { ours.login("A001", "api", PASSWORD).await });
        // Whether the password was looked at before or after the change, it opens nothing.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        drop(release);
        changing.await.unwrap().unwrap();
        assert!(login.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn two_settings_at_once_are_both_kept() {
    let bench = Bench::new().await;
    let admin = bench.service.admin();
    for round in 0..20 {
        let name = AccountChange { name: Some(format!("Name {round}")), ..AccountChange::default() };
        let calls = AccountChange { max_calls: Some(Some(round)), ..AccountChange::default() };
        let (first, second) = tokio::join!(admin.set_account("A001", name), admin.set_account("A001", calls));
        first.and(second).unwrap();
        let account = &admin.accounts().await.unwrap()[0];
        assert_eq!((&*account.name, account.max_calls), (&*format!("Name {round}"), Some(round)));
    }
}
