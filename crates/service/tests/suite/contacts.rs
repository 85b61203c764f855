//! CreateContact, UpdateContact, UpsertContact, DeleteContact.

use crate::harness::{Answer, Bench};
use contract::handles::{code, object_type, operation};
use contract::{Code, Record};
use service::{AccountChange, Settings};

async fn key(bench: &Bench, name: &str) {
    let change = AccountChange { contact_key: Some(name.to_owned()), ..AccountChange::default() };
    bench.service.admin().set_account("A001", change).await.unwrap();
}

fn codes(answers: &[Answer]) -> Vec<&[Code]> {
    answers.iter().map(|answer| &answer.codes[..]).collect()
}

async fn create_all(bench: &Bench, records: &[&[(&str, &str)]]) -> Vec<Answer> {
    let records: Vec<Record> = records.iter().map(|members| bench.contact(members)).collect();
    bench.batch(operation::CREATE_CONTACT, records).await
}

#[tokio::test]
async fn a_contact_needs_only_a_last_name_and_is_stamped() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "Ng")]).await;
    assert_eq!(id, id.to_uppercase());
    let contact = bench.get(&id).await;
    for (name, value) in [
        ("LastName", "Ng"),
        ("FirstName", ""),
        ("Active", "true"),
        ("ExcludedFromEmail", "false"),
        ("CreatedDate", "2026-11-24T12:00:00"),
        ("CreatedBy", "api"),
        ("LastModifiedDate", "2026-11-24T12:00:00"),
        ("LastModifiedBy", "api"),
        ("MembershipCode", "-"),
        ("JoinDate", "-"),
        ("MessageId", "-"),
    ] {
        assert_eq!(bench.show(&contact, name), value, "{name}");
    }
}

#[tokio::test]
async fn results_come_in_order_and_a_bad_record_harms_no_other() {
    let bench = Bench::new().await;
    let answers = create_all(
        &bench,
        &[
            &[("LastName", "A"), ("MessageId", "m1"), ("SourceId", "s1")],
            &[("FirstName", "No last name"), ("MessageId", "m2"), ("SourceId", "s2")],
            &[("LastName", "C"), ("MessageId", "m3")],
        ],
    )
    .await;
    assert_eq!(codes(&answers), [&[][..], &[code::CV40101], &[]]);
    assert_eq!((answers[0].source.as_str(), answers[0].reference.as_deref()), ("s1", Some("m1")));
    assert_eq!((answers[1].id.as_str(), answers[1].source.as_str()), ("", "s2"));
    assert_eq!(answers[1].reference.as_deref(), Some("m2"));
    assert_eq!(bench.show(&bench.get(&answers[2].id).await, "LastName"), "C");
}

#[tokio::test]
async fn every_format_has_its_code() {
    let bench = Bench::new().await;
    for (member, value, expected) in [
        ("EmailAddress", "not an address", code::CV40102),
        ("CCEmailAddress", "a@b", code::CV40119),
        ("ContactTypeCode", "NONE", code::CV40105),
        ("HomeCountryCode", "XX", code::CV40106),
        ("HomeStateCode", "ZZZ", code::CV40107),
        ("WorkCountryCode", "ZZ", code::CV40108),
        ("WorkStateCode", "ZZZ", code::CV40109),
        ("DateOfBirth", "2026-11-24T12:00:01", code::CV40123),
        ("DateOfBirth", "1752-12-31", code::CV40123),
        ("LastName", " ", code::CV40101),
    ] {
        let mut members = vec![("LastName", "X")];
        members.retain(|(name, _)| *name != member);
        members.push((member, value));
        let answers = create_all(&bench, &[&members]).await;
        assert_eq!(codes(&answers), [&[expected][..]], "{member}={value}");
    }
    let answers = create_all(&bench, &[&[("EmailAddress", "x"), ("WorkCountryCode", "??")]]).await;
    assert_eq!(codes(&answers), [&[code::CV40101, code::CV40102, code::CV40108][..]]);
}

#[tokio::test]
async fn codes_bring_their_names() {
    let bench = Bench::new().await;
    let id = bench
        .create(&[
            ("LastName", "X"),
            ("HomeCountryCode", "usa"),
            ("HomeStateCode", "ca"),
            ("HomeCountry", "ignored"),
            ("WorkCountryCode", "CA"),
            ("WorkStateCode", "CA-ON"),
            ("PassportCountryCode", "DE"),
            ("ContactTypeCode", "mem"),
        ])
        .await;
    let contact = bench.get(&id).await;
    for (name, value) in [
        ("HomeCountryCode", "USA"),
        ("HomeCountry", "United States"),
        ("HomeStateCode", "CA"),
        ("HomeState", "California"),
        ("WorkCountry", "Canada"),
        ("WorkStateCode", "CA-ON"),
        ("WorkState", "Ontario"),
        ("PassportCountry", "Germany"),
        ("ContactTypeCode", "MEM"),
        ("ContactType", "Member"),
    ] {
        assert_eq!(bench.show(&contact, name), value, "{name}");
    }
    assert_eq!(bench.update(&[("Id", &id), ("HomeStateCode", "ON")]).await, [code::CV40107]);
    assert_eq!(bench.update(&[("Id", &id), ("HomeCountryCode", "CA"), ("HomeStateCode", "ON")]).await, []);
    assert_eq!(bench.update(&[("Id", &id), ("WorkCountryCode", "")]).await, []);
    let contact = bench.get(&id).await;
    assert_eq!(bench.show(&contact, "HomeState"), "Ontario");
    assert_eq!(
        (bench.show(&contact, "WorkCountryCode"), bench.show(&contact, "WorkCountry")),
        Default::default()
    );
}

#[tokio::test]
async fn an_update_keeps_what_is_absent_and_clears_what_is_empty() {
    let bench = Bench::new().await;
    let created = [
        ("LastName", "Old"),
        ("FirstName", "Ann"),
        ("Company", "Kept"),
        ("JoinDate", "2020-01-02"),
        ("ExcludedFromEmail", "true"),
    ];
    let id = bench.create(&created).await;
    bench.pass_seconds(60);
    assert_eq!(bench.update(&[("Id", &id.to_lowercase()), ("FirstName", ""), ("Title", "New")]).await, []);
    let contact = bench.get(&id).await;
    for (name, value) in [
        ("LastName", "Old"),
        ("FirstName", ""),
        ("Company", "Kept"),
        ("Title", "New"),
        ("JoinDate", "2020-01-02T00:00:00"),
        ("ExcludedFromEmail", "true"),
        ("CreatedDate", "2026-11-24T12:00:00"),
        ("LastModifiedDate", "2026-11-24T12:01:00"),
    ] {
        assert_eq!(bench.show(&contact, name), value, "{name}");
    }
    assert_eq!(bench.update(&[("Id", &id), ("LastName", "")]).await, [code::CV40114]);
    assert_eq!(bench.update(&[("Id", &format!("{{{id}}}")), ("LastName", "New")]).await, []);
}

#[tokio::test]
async fn an_absent_active_means_true_and_read_only_members_are_ignored() {
    let bench = Bench::new().await;
    let id =
        bench.create(&[("LastName", "X"), ("Active", "false"), ("CreatedBy", "me"), ("SMTPCode", "9")]).await;
    let contact = bench.get(&id).await;
    assert_eq!(bench.show(&contact, "Active"), "false");
    assert_eq!(bench.show(&contact, "CreatedBy"), "api");
    assert_eq!(bench.show(&contact, "SMTPCode"), "");
    bench.update(&[("Id", &id), ("Title", "T")]).await;
    assert_eq!(bench.show(&bench.get(&id).await, "Active"), "true");
}

#[tokio::test]
async fn opting_out_is_dated_once() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "X")]).await;
    bench.pass_seconds(60);
    bench.update(&[("Id", &id), ("ExcludedFromEmail", "true")]).await;
    bench.pass_seconds(60);
    bench.update(&[("Id", &id), ("ExcludedFromEmail", "true")]).await;
    let contact = bench.get(&id).await;
    assert_eq!(bench.show(&contact, "LastOptOutDate"), "2026-11-24T12:01:00");
    assert_eq!(bench.show(&contact, "LastOptOutBy"), "API");
}

#[tokio::test]
async fn ids_of_an_update() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "X")]).await;
    let other = "00000000-0000-4000-8000-00000000FFFF";
    let records = [
        vec![("LastName", "no id")],
        vec![("Id", ""), ("LastName", "empty")],
        vec![("Id", "not a guid")],
        vec![("Id", other)],
        vec![("Id", id.as_str()), ("LastName", "first")],
        vec![("Id", id.as_str()), ("LastName", "second")],
    ];
    let records = records.iter().map(|members| bench.contact(members)).collect();
    let answers = bench.batch(operation::UPDATE_CONTACT, records).await;
    let (missing, invalid) = (&[code::CV40113][..], &[code::CV40110][..]);
    assert_eq!(codes(&answers), [missing, missing, invalid, invalid, &[], &[code::CV40118]]);
    assert_eq!(bench.show(&bench.get(&id).await, "LastName"), "first");
}

#[tokio::test]
async fn text_is_cut_to_its_field_in_characters() {
    let bench = Bench::new().await;
    let long = "é".repeat(60);
    let id = bench.create(&[("LastName", &long), ("FirstName", &"😀".repeat(31))]).await;
    let contact = bench.get(&id).await;
    assert_eq!(bench.show(&contact, "LastName"), "é".repeat(50));
    assert_eq!(bench.show(&contact, "FirstName"), "😀".repeat(30));
    let strict = Bench::with(Settings { strict_lengths: true, ..Settings::default() }).await;
    let answers = create_all(&strict, &[&[("LastName", &long)], &[("LastName", &long[..100])]]).await;
    assert_eq!(codes(&answers), [&[code::CV91102][..], &[]]);
}

#[tokio::test]
async fn an_email_address_is_one_contacts() {
    let bench = Bench::new().await;
    let first = bench.create(&[("LastName", "A"), ("EmailAddress", "a@x.example")]).await;
    let answers = create_all(
        &bench,
        &[
            &[("LastName", "B"), ("EmailAddress", " A@X.example ")],
            &[("LastName", "C"), ("EmailAddress", "c@x.example")],
            &[("LastName", "D"), ("EmailAddress", "C@x.example")],
            &[("LastName", "E")],
            &[("LastName", "F"), ("EmailAddress", "")],
        ],
    )
    .await;
    assert_eq!(codes(&answers), [&[code::CV40104][..], &[], &[code::CV40103], &[], &[]]);
    let third = answers[1].id.clone();
    assert_eq!(bench.update(&[("Id", &third), ("EmailAddress", "a@x.example")]).await, [code::CV40104]);
    assert_eq!(bench.update(&[("Id", &third), ("EmailAddress", "C@X.example")]).await, []);
    assert_eq!(bench.update(&[("Id", &first), ("Title", "no address sent")]).await, []);
}

#[tokio::test]
async fn a_key_that_one_record_frees_the_next_may_take() {
    let bench = Bench::new().await;
    let a = bench.create(&[("LastName", "A"), ("EmailAddress", "a@x.example")]).await;
    let b = bench.create(&[("LastName", "B"), ("EmailAddress", "b@x.example")]).await;
    let records = vec![
        bench.contact(&[("Id", &a), ("EmailAddress", "new@x.example")]),
        bench.contact(&[("Id", &b), ("EmailAddress", "a@x.example")]),
    ];
    let answers = bench.batch(operation::UPDATE_CONTACT, records).await;
    assert_eq!(codes(&answers), [&[][..], &[]]);
    let records = vec![
        bench.contact(&[("Id", &a), ("EmailAddress", "same@x.example")]),
        bench.contact(&[("Id", &b), ("EmailAddress", "same@x.example")]),
    ];
    let answers = bench.batch(operation::UPDATE_CONTACT, records).await;
    assert_eq!(codes(&answers), [&[][..], &[code::CV40103]]);
}

#[tokio::test]
async fn the_key_is_a_setting_of_the_account() {
    let bench = Bench::new().await;
    key(&bench, "source-id").await;
    let answers = create_all(
        &bench,
        &[
            &[("LastName", "A"), ("SourceId", "1"), ("EmailAddress", "same@x.example")],
            &[("LastName", "B"), ("SourceId", "2"), ("EmailAddress", "same@x.example")],
            &[("LastName", "C"), ("SourceId", "1")],
        ],
    )
    .await;
    assert_eq!(codes(&answers), [&[][..], &[], &[code::CV40103]]);
    key(&bench, "email-first-last").await;
    let same = [("LastName", "a"), ("EmailAddress", "same@x.example")];
    assert_eq!(codes(&create_all(&bench, &[&same]).await), [&[code::CV40104][..]]);
    let b = answers[1].id.as_str();
    assert_eq!(bench.update(&[("Id", b), ("LastName", "A")]).await, [code::CV40104]);
    assert_eq!(bench.update(&[("Id", b), ("LastName", "A"), ("FirstName", "Other")]).await, []);
}

#[tokio::test]
async fn an_upsert_matches_by_email_and_says_which_it_was() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "Old"), ("EmailAddress", "a@x.example"), ("Title", "kept")]).await;
    let full = |email, last| vec![("EmailAddress", email), ("FirstName", "F"), ("LastName", last)];
    let records = [
        full("A@x.example", "New"),
        full("b@x.example", "Made"),
        full("B@x.example", "Again"),
        vec![("EmailAddress", "c@x.example"), ("FirstName", "F")],
        vec![("EmailAddress", "d@x.example"), ("LastName", "L")],
        vec![("FirstName", "F"), ("LastName", "L")],
    ];
    let records = records.iter().map(|members| bench.contact(members)).collect();
    let answers = bench.batch(operation::UPSERT_CONTACT, records).await;
    let expected: [&[Code]; 6] =
        [&[], &[], &[code::CV40103], &[code::CV40122], &[code::CV40121], &[code::CV40120]];
    assert_eq!(codes(&answers), expected);
    assert_eq!((answers[0].id.as_str(), answers[0].created), (id.as_str(), Some(false)));
    assert_eq!(answers[1].created, Some(true));
    let contact = bench.get(&id).await;
    assert_eq!(
        (bench.show(&contact, "LastName"), bench.show(&contact, "Title")),
        ("New".into(), "kept".into())
    );
}

#[tokio::test]
async fn a_deleted_contact_is_gone_and_its_key_free() {
    let bench = Bench::new().await;
    let id = bench.create(&[("LastName", "A"), ("SourceId", "s"), ("EmailAddress", "a@x.example")]).await;
    let object =
        |members: &[(&str, &str)]| bench.record(contract::handles::object::cv_object::TYPE_ID, members);
    let records = vec![
        object(&[("Id", &id), ("MessageId", "m")]),
        object(&[("Id", &id)]),
        object(&[]),
        object(&[("Id", "00000000-0000-4000-8000-00000000FFFF")]),
        object(&[("Id", "x")]),
    ];
    let answers = bench.batch(operation::DELETE_CONTACT, records).await;
    let invalid = &[code::CV40110][..];
    assert_eq!(codes(&answers), [&[][..], &[code::CV40118], &[code::CV40115], invalid, invalid]);
    assert_eq!((answers[0].source.as_str(), answers[0].reference.as_deref()), ("s", Some("m")));
    assert!(bench.retrieve(object_type::CONTACT, &[&id]).await.unwrap().is_empty());
    bench.create(&[("LastName", "A"), ("EmailAddress", "a@x.example")]).await;
}

#[tokio::test]
async fn more_than_two_hundred_records_fail_the_call_and_write_nothing() {
    let bench = Bench::new().await;
    for (operation, expected) in [
        (operation::CREATE_CONTACT, code::CV30101),
        (operation::UPDATE_CONTACT, code::CV30102),
        (operation::UPSERT_CONTACT, code::CV30120),
    ] {
        let records = |count| (0..count).map(|_| bench.contact(&[("LastName", "N")])).collect();
        let request = bench.request(operation, records(201), &[]);
        assert_eq!(bench.call(operation, request).await.unwrap_err().code, expected);
    }
    let records =
        (0..201).map(|_| bench.record(contract::handles::object::cv_object::TYPE_ID, &[])).collect();
    let request = bench.request(operation::DELETE_CONTACT, records, &[]);
    assert_eq!(bench.call(operation::DELETE_CONTACT, request).await.unwrap_err().code, code::CV30103);
    let answers = create_all(&bench, &vec![&[("LastName", "N")][..]; 200]).await;
    assert!(answers.iter().all(|answer| answer.codes.is_empty()));
}

#[tokio::test]
async fn a_null_record_is_an_empty_one_and_no_records_are_no_results() {
    let bench = Bench::new().await;
    let operation = operation::UPDATE_CONTACT;
    let mut request = bench.request(operation, vec![], &[]);
    let batch = bench.contract.call(operation).batch.unwrap();
    let response = bench.call(operation, request.clone()).await.unwrap();
    assert!(bench.answers(operation, &response).is_empty());
    let contract::Value::Record(mut array) = request.take(batch.parameter) else { panic!() };
    array.push(batch.item, contract::Value::Nil);
    request.set(batch.parameter, *array);
    let response = bench.call(operation, request).await.unwrap();
    assert_eq!(codes(&bench.answers(operation, &response)), [&[code::CV40113][..]]);
    let empty = bench.contract.record(bench.contract.model.operation(operation).request);
    let response = bench.call(operation, empty).await.unwrap();
    assert!(bench.answers(operation, &response).is_empty());
}
