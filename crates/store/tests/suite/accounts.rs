//! Accounts and what belongs to them beside objects.

use crate::support::{Database, guid, object, on_all};
use contract::handles::object_type::CONTACT;
use contract::{LinkId, Timestamp};
use store::{Account, AccountId, ApiUser, ContactKey, ContactType, Session, Sessions, StoreError};

on_all![
    accounts_are_found_by_number_and_id,
    an_account_number_is_given_once,
    removing_an_account_removes_its_data_and_no_others,
    users_are_found_in_any_case,
    sessions_are_found_by_hash_and_removed,
    usage_adds_up_by_day,
    failures_count_from_an_instant,
    contact_types_are_set_by_code,
];

fn user(name: &str) -> ApiUser {
    ApiUser {
        name: name.to_owned(),
        password_hash: format!("hash of {name}"),
        active: true,
        allowed_addresses: "10.0.0.0/8".to_owned(),
        locked_until: None,
    }
}

fn session(user: &str, expires: i64) -> Session {
    Session { user: user.to_owned(), created: Timestamp(1), expires: Timestamp(expires) }
}

fn accounts_are_found_by_number_and_id(db: &Database) {
    let mut account = Account::new("ACME1", "Acme");
    account.id = db.account("ACME1");
    account.name = "Acme Corporation".to_owned();
    account.active = false;
    account.max_calls = Some(10_000);
    account.max_record_set = Some(25_000);
    for key in ContactKey::ALL {
        account.contact_key = key;
        let changed = account.clone();
        db.write(move |writer| writer.set_account(&changed));
        let id = account.id;
        let (by_number, by_id, all) = db.read(move |reader| {
            Ok((reader.account("ACME1")?, reader.account_by_id(id)?, reader.accounts()?))
        });
        assert_eq!((by_number.as_ref(), by_id.as_ref()), (Some(&account), Some(&account)));
        assert_eq!(all, [account.clone()]);
    }
    let nobody = db.read(|reader| Ok((reader.account("acme1")?, reader.account_by_id(AccountId(99))?)));
    assert_eq!(nobody, (None, None));
}

fn an_account_number_is_given_once(db: &Database) {
    db.account("1");
    let again = db.try_write(|writer| writer.add_account(&Account::new("1", "Again")));
    assert_eq!(again, Err(StoreError::Duplicate { table: "account".to_owned() }));
    let missing = db.try_write(|writer| writer.set_account(&Account::new("2", "Nobody")));
    assert_eq!(missing, Err(StoreError::Missing { table: "account".to_owned() }));
}

fn removing_an_account_removes_its_data_and_no_others(db: &Database) {
    let accounts = [db.account("1"), db.account("2")];
    for account in accounts {
        db.write(move |writer| {
            writer.add_user(account, &user("api"))?;
            writer.add_session(account, &[7; 32], &session("api", 9))?;
            writer.add_failure(account, "api", Timestamp(5))?;
            writer.add_usage(account, "2026-11-24", 1)?;
            let kind = ContactType { code: "VIP".to_owned(), name: "Guest".to_owned() };
            writer.set_contact_type(account, &kind)?;
            writer.insert(account, CONTACT, &[object(CONTACT, guid(1))], Timestamp(3))?;
            writer.link(account, LinkId(0), &[(guid(1), guid(2), None)])
        });
    }
    let [gone, kept] = accounts;
    assert!(db.write(move |writer| writer.remove_account(gone)));
    assert!(!db.write(move |writer| writer.remove_account(gone)));
    let left = |account| {
        db.read(move |reader| {
            Ok((
                reader.account_by_id(account)?.is_some(),
                reader.users(account)?.len(),
                reader.session(account, &[7; 32])?.is_some(),
                reader.failures(account, "api", Timestamp(0))?,
                reader.usage(account, "2026-11-24")?,
                reader.contact_types(account)?.len(),
                reader.count(account, CONTACT)?,
                reader.links(account, LinkId(0), &[guid(1)])?[0].len(),
                reader.changed(account, CONTACT, Timestamp(0), Timestamp(9), 9)?.len(),
            ))
        })
    };
    assert_eq!(left(gone), (false, 0, false, 0, 0, 0, 0, 0, 0));
    assert_eq!(left(kept), (true, 1, true, 1, 1, 1, 1, 1, 1));
}

fn users_are_found_in_any_case(db: &Database) {
    let (account, other) = (db.account("1"), db.account("2"));
    db.write(move |writer| writer.add_user(account, &user("Zoë")));
    db.write(move |writer| writer.add_user(account, &user("api")));
    let again = db.try_write(move |writer| writer.add_user(account, &user("ZOË")));
    assert_eq!(again, Err(StoreError::Duplicate { table: "api_user".to_owned() }));

    let mut locked = user("zoë");
    locked.locked_until = Some(Timestamp(77));
    locked.active = false;
    let changed = locked.clone();
    db.write(move |writer| writer.update_user(account, &changed));
    let missing = db.try_write(move |writer| writer.update_user(other, &user("api")));
    assert_eq!(missing, Err(StoreError::Missing { table: "api_user".to_owned() }));

    let found = db.read(move |reader| reader.user(account, " ZOË "));
    assert_eq!(found, Some(locked.clone()));
    assert_eq!(db.read(move |reader| reader.user(other, "api")), None);
    assert_eq!(db.read(move |reader| reader.users(account)), [user("api"), locked.clone()]);
    assert!(!format!("{found:?}").contains("hash of"));

    for until in [Some(Timestamp(99)), None] {
        assert!(db.write(move |writer| writer.lock_user(account, "ZOË", until)));
        let found = db.read(move |reader| reader.user(account, "zoë"));
        assert_eq!(found, Some(ApiUser { locked_until: until, ..locked.clone() }));
    }
    assert!(!db.write(move |writer| writer.lock_user(other, "zoë", None)));

    assert!(db.write(move |writer| writer.remove_user(account, "API")));
    assert!(!db.write(move |writer| writer.remove_user(account, "API")));
    assert_eq!(db.read(move |reader| reader.users(account)).len(), 1);
}

fn sessions_are_found_by_hash_and_removed(db: &Database) {
    let (account, other) = (db.account("1"), db.account("2"));
    for (hash, name, expires) in [(1, "a", 10), (2, "B", 20), (3, "b", 30), (4, "c", 40)] {
        db.write(move |writer| writer.add_session(account, &[hash; 32], &session(name, expires)));
    }
    assert_eq!(db.read(move |reader| reader.session(account, &[2; 32])), Some(session("B", 20)));
    assert_eq!(db.read(move |reader| reader.session(other, &[2; 32])), None);
    assert_eq!(db.read(move |reader| reader.session(account, &[9; 32])), None);
    let removed = db.write(move |writer| {
        Ok([
            writer.remove_sessions(account, Sessions::ExpiredBefore(Timestamp(10)))?,
            writer.remove_sessions(account, Sessions::ExpiredBefore(Timestamp(11)))?,
            writer.remove_sessions(account, Sessions::OfUser("B"))?,
            writer.remove_sessions(other, Sessions::OfToken(&[4; 32]))?,
            writer.remove_sessions(account, Sessions::OfToken(&[4; 32]))?,
        ])
    });
    assert_eq!(removed, [0, 1, 2, 0, 1]);
}

fn usage_adds_up_by_day(db: &Database) {
    let (account, other) = (db.account("1"), db.account("2"));
    let totals = db.write(move |writer| {
        Ok([
            writer.add_usage(account, "2026-11-24", 1)?,
            writer.add_usage(account, "2026-11-24", 41)?,
            writer.add_usage(account, "2026-11-25", 5)?,
        ])
    });
    assert_eq!(totals, [1, 42, 5]);
    assert_eq!(db.read(move |reader| reader.usage(account, "2026-11-24")), 42);
    assert_eq!(db.read(move |reader| reader.usage(account, "2026-11-26")), 0);
    assert_eq!(db.read(move |reader| reader.usage(other, "2026-11-24")), 0);
}

fn failures_count_from_an_instant(db: &Database) {
    let account = db.account("1");
    for (name, at) in [("a", 10), ("A", 20), ("a", 20), ("b", 20)] {
        db.write(move |writer| writer.add_failure(account, name, Timestamp(at)));
    }
    let failures = |name, since| db.read(move |reader| reader.failures(account, name, Timestamp(since)));
    assert_eq!((failures("a", 10), failures("a", 11), failures("B", 0)), (3, 2, 1));
    db.write(move |writer| writer.clear_failures(account, "A", Timestamp::MAX));
    assert_eq!((failures("a", 0), failures("b", 0)), (0, 1));
}

fn contact_types_are_set_by_code(db: &Database) {
    let account = db.account("1");
    let kind = |code: &str, name: &str| ContactType { code: code.to_owned(), name: name.to_owned() };
    for kind in [kind("VIP", "Guest"), kind("ATT", "Attendee"), kind("vip", "Very important")] {
        db.write(move |writer| writer.set_contact_type(account, &kind));
    }
    let types = db.read(move |reader| reader.contact_types(account));
    assert_eq!(types, [kind("ATT", "Attendee"), kind("vip", "Very important")]);
}
