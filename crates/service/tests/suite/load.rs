//! Objects as lines: loading them, and dumping them so that they load again.

use crate::harness::Bench;
use contract::handles::object::{contact, contact_group_detail, invitee};
use contract::handles::object_type::{CONTACT, INVITEE};
use contract::handles::operation;
use contract::{Contract, EnumValue, ObjectId, Record, Scalar, TypeRef, Value};
use service::data::Source;
use service::{AdminError, LeftOut};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex};

const ADA: &str = "00000000-0000-4000-8000-00000000000A";
const FAIR: &str = "00000000-0000-4000-8000-00000000000F";

/// A text to load.
struct Text(String);

impl Source for Text {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(Box::new(self.0.as_bytes()))
    }
}

/// What is dumped, to be looked at afterwards.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn load(bench: &Bench, text: &str) -> Result<u64, AdminError> {
    bench.service.admin().load(Arc::new(Text(text.to_owned()))).await
}

async fn dump(bench: &Bench, account: Option<&str>, object: Option<&str>) -> String {
    let paper = Paper::default();
    let given = bench.service.admin().dump(account, object, Box::new(paper.clone())).await.unwrap();
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    assert_eq!((given.written, given.left_out), (text.lines().count() as u64, LeftOut::default()));
    text
}

async fn mistakes(bench: &Bench, text: &str) -> Vec<String> {
    match load(bench, text).await {
        Err(AdminError::Mistakes(mistakes)) => mistakes.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

/// Lines of account A001, each from its type and the rest.
fn lines(lines: &[(&str, &str)]) -> String {
    lines
        .iter()
        .map(|(kind, rest)| format!("{{\"account\":\"A001\",\"type\":\"{kind}\",{rest}}}\n"))
        .collect()
}

fn fair() -> String {
    lines(&[
        ("Invitee", &format!(r#""fields":{{"Id":"{ADA}","ContactId":"{ADA}","EventId":"{FAIR}"}}"#)),
        ("Contact", &format!(r#""fields":{{"Id":"{ADA}","FirstName":"Ada","LastName":"Almeida"}}"#)),
        ("Event", &format!(r#""fields":{{"Id":"{FAIR}","EventTitle":"Fair"}}"#)),
    ])
}

#[tokio::test]
async fn what_is_loaded_is_there() {
    let bench = Bench::new().await;
    bench.set_time("2026-05-01T10:00:00");
    assert_eq!(load(&bench, &fair()).await.unwrap(), 3);
    let found = bench.retrieve(INVITEE, &[ADA]).await.unwrap().remove(0);
    assert_eq!(found.text(invitee::FIRST_NAME), Some("Ada"));
    assert_eq!(found.text(invitee::EVENT_TITLE), Some("Fair"));
    assert_eq!(bench.search_ids(INVITEE, "LastName", "almeida").await, [ADA]);
    assert_eq!(bench.updated(INVITEE, "2026-05-01T10:00:00", "2026-05-01T10:01:00").await, [ADA]);
    // What the lines refer to may be there already.
    let other = FAIR.replace("0F", "0D");
    let more = format!(r#""fields":{{"Id":"{other}","ContactId":"{ADA}","EventId":"{FAIR}"}}"#);
    assert_eq!(load(&bench, &lines(&[("Invitee", &more)])).await.unwrap(), 1);
}

#[tokio::test]
async fn memberships_and_values_come_with_their_owners() {
    let bench = Bench::new().await;
    let group = format!(r#""fields":{{"Id":"{FAIR}","Name":"News"}}"#);
    let member = format!(
        r#""fields":{{"Id":"{ADA}","LastName":"A"}},"details":{{"ContactGroupDetail":[{{"GroupId":"{FAIR}"}}]}}"#
    );
    load(&bench, &lines(&[("Contact", &member), ("ContactGroup", &group)])).await.unwrap();
    let found = bench.retrieve(CONTACT, &[ADA]).await.unwrap().remove(0);
    let detail = found.records(contact::CONTACT_GROUP_DETAIL).next().unwrap();
    assert_eq!(detail.text(contact_group_detail::GROUP_NAME), Some("News"));
}

#[tokio::test]
async fn every_mistake_is_told_with_its_line_and_nothing_is_loaded() {
    let bench = Bench::new().await;
    let long = "secret".repeat(10);
    let text = [
        fair(),
        "\n".to_owned(),
        lines(&[
            ("Contact", &format!(r#""fields":{{"Id":"{ADA}","LastName":"secret"}}"#)),
            ("Contact", r#""fields":{"LastName":"secret"}"#),
            ("Secret", r#""fields":{}"#),
            ("Contact", &format!(r#""fields":{{"Id":"secret","FirstName":"{long}","Active":"secret"}}"#)),
            (
                "Invitee",
                &format!(
                    r#""fields":{{"Id":"{FAIR}","Status":"secret","ContactId":"{FAIR}","LastModifiedDate":"09:00"}},
                    "details":{{"FirstName":"secret","WeblinkDetail":[{{}},{{"URL":1,"Site":"secret"}}]}}"#
                )
                .replace('\n', ""),
            ),
            ("Transaction", &format!(r#""fields":{{"Id":"{FAIR}","Amount":1e3}},"gone":["EventId"]"#)),
        ]),
        fair().replace("A001", "A999"),
        "{\"account\":\"secret\n".to_owned(),
    ];
    let found = mistakes(&bench, &text.concat()).await;
    let wanted = [
        "line 5: Contact.Id: is an earlier line's",
        "line 6: Contact.Id: is missing",
        "line 7: there is no object type \"Secret\"",
        "line 8: Contact.Id: is not a GUID such as 0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
        "line 8: Contact.FirstName: is longer than 30 characters",
        "line 8: Contact.Active: is not true or false",
        "line 9: Invitee.Status: is none of: No Response, Accepted, Declined, Visited, Waitlisted, Cancelled, \
         Pending Approval, Denied Approval",
        "line 9: Invitee.LastModifiedDate: is not a date such as 2026-01-31T09:30:00",
        "line 9: Invitee.FirstName: belongs under \"fields\"",
        "line 9: Invitee.WeblinkDetail[2].URL: is not a text",
        "line 9: Invitee.WeblinkDetail[2]: there is no \"Site\"",
        "line 9: Invitee.ContactId: refers to a Contact that is neither in the file nor in the database",
        "line 10: Transaction.Amount: is not a decimal without an exponent",
        "line 10: gone: names \"EventId\", which refers to nothing here",
        "line 11: there is no account A999, here and maybe further on; `understudy account add A999` makes one",
        "line 14: the JSON ends too early",
    ];
    assert_eq!(found, wanted);
    assert_eq!(dump(&bench, None, None).await, "");
    load(&bench, &fair()).await.unwrap();
    assert_eq!(mistakes(&bench, &fair()).await[1], "line 2: Contact.Id: is in the database already");
}

/// A password as it is kept.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";

/// A record with every member set that its row holds.
fn full(contract: &Contract, object: ObjectId, seed: u64) -> Record {
    let mut record = filled(contract, contract.object(object).ty, seed);
    let fields: Vec<_> = record.iter().map(|(field, _)| field).collect();
    for field in fields {
        if field.0 < 3 || contract.link_of(object, field).is_some() {
            record.take(field);
        } else if let (Value::Text(text), Some(length)) =
            (record.get(field), contract.object(object).property(field).and_then(|found| found.length))
        {
            let cut: String = text.chars().take(length as usize).collect();
            record.set(field, cut);
        }
    }
    for field in contract.object(object).hashed() {
        record.set(field, HASH);
    }
    for reference in contract.references_of(object) {
        record.set(reference.field, format!("00000000-0000-4000-8000-{seed:012X}"));
    }
    record
}

fn filled(contract: &Contract, ty: contract::TypeId, seed: u64) -> Record {
    let mut record = contract.record(ty);
    for (field, member) in contract.model.ty(ty).fields() {
        let seed = seed.wrapping_mul(31).wrapping_add(u64::from(field.0));
        if member.repeated {
            record.push(field, value(contract, member.ty, seed));
            record
                .push(field, if member.nillable { Value::Nil } else { value(contract, member.ty, seed + 1) });
        } else {
            record.set(field, value(contract, member.ty, seed));
        }
    }
    record
}

fn value(contract: &Contract, ty: TypeRef, seed: u64) -> Value {
    match ty {
        TypeRef::Complex(ty) => filled(contract, ty, seed).into(),
        TypeRef::Enumeration(id) => {
            let values = contract.model.enumeration(id).values.len() as u64;
            Value::Enumeration(EnumValue((seed % values) as u16))
        }
        TypeRef::Scalar(scalar) => match scalar {
            Scalar::String => ["", "Ü \"q\" \\ \t", " x ", "🦀\r\n"][seed as usize % 4].into(),
            Scalar::Integer => seed.to_string().into(),
            Scalar::Boolean => Value::Boolean(seed.is_multiple_of(2)),
            Scalar::Int | Scalar::Long => Value::Integer((seed % 1000) as i64 - 500),
            Scalar::Decimal => Value::Decimal(contract::Decimal::new(seed as i64, (seed % 5) as u32)),
            Scalar::Double => Value::Double(seed as f64 / 7.0),
            Scalar::DateTime => Value::Time(contract::Timestamp(seed as i64 % (1 << 50))),
        },
    }
}

#[tokio::test]
async fn a_dump_of_every_type_loads_and_dumps_the_same() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    for index in 0..one.contract.objects.len() {
        for seed in 0..3 {
            let object = ObjectId(index as u16);
            one.put_record(object, full(one.contract, object, seed)).await;
        }
    }
    let first = dump(&one, None, None).await;
    assert_eq!(load(&other, &first).await.unwrap(), 3 * 42);
    assert_eq!(dump(&other, None, None).await, first);
}

#[tokio::test]
async fn details_of_derived_types_keep_their_type() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    let model = &one.contract.model;
    let mut count = 0;
    for (index, object) in one.contract.objects.iter().enumerate() {
        for (field, member) in model.ty(object.ty).fields() {
            for (derived, ty) in model.types.iter().enumerate() {
                let TypeRef::Complex(declared) = member.ty else { continue };
                if ty.base != Some(declared) {
                    continue;
                }
                let mut record = one.contract.record(object.ty);
                let detail = filled(one.contract, contract::TypeId(derived as u16), 1);
                if member.repeated {
                    record.push(field, detail)
                } else {
                    record.set(field, detail)
                }
                one.put_record(ObjectId(index as u16), record).await;
                count += 1;
            }
        }
    }
    let first = dump(&one, None, None).await;
    assert!(count > 0 && first.matches("@type").count() >= count, "{count}");
    load(&other, &first).await.unwrap();
    assert_eq!(dump(&other, None, None).await, first);
    let wrong = first.lines().next().unwrap().replacen("@type\":\"", "@type\":\"X", 1);
    let wrong = wrong.replace("\"Id\":\"", "\"Id\":\"F");
    assert!(mistakes(&other, &wrong).await.iter().any(|text| text.contains("\"@type\"")));
}

#[tokio::test]
async fn the_lab_loads_where_it_was_dumped() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    one.service.admin().seed_lab().await.unwrap();
    other.add_account("LAB001").await;
    let first = dump(&one, Some("LAB001"), None).await;
    load(&other, &first).await.unwrap();
    assert_eq!(dump(&other, None, None).await, first);
    let contacts = dump(&other, Some("LAB001"), Some("Contact")).await;
    assert_eq!(contacts.lines().count(), 50);
    assert!(first.contains(&contacts));
}

#[tokio::test]
async fn the_lab_is_one_organisation() {
    let bench = Bench::new().await;
    bench.service.admin().seed_lab().await.unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in dump(&bench, None, None).await.lines() {
        let kind = line.split("\"type\":\"").nth(1).unwrap().split('"').next().unwrap();
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    for (kind, wanted) in [
        ("UserRole", 3),
        ("User", 5),
        ("ContactGroup", 4),
        ("Contact", 50),
        ("Event", 2),
        ("Session", 3),
        ("Survey", 1),
        ("Budget", 2),
        ("MeetingRequest", 1),
        ("Supplier", 3),
        ("RFP", 2),
        ("Proposal", 2),
    ] {
        assert_eq!(counts.get(kind), Some(&wanted), "{kind}");
    }
    let untold: Vec<&String> = bench
        .contract
        .objects
        .iter()
        .map(|found| &found.name)
        .filter(|name| !counts.contains_key(*name))
        .collect();
    assert_eq!(untold, ["AdvancedLogic"], "types that the lab has no object of");
}

#[tokio::test]
async fn what_refers_to_a_deleted_object_loads_too() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    load(&one, &fair()).await.unwrap();
    let deleted = one.record(contract::handles::object::cv_object::TYPE_ID, &[("Id", ADA)]);
    one.batch(operation::DELETE_CONTACT, vec![deleted]).await;
    let first = dump(&one, None, None).await;
    assert!(first.contains(r#""FirstName":"Ada""#) && first.contains(r#""gone":["ContactId"]"#), "{first}");
    load(&other, &first).await.unwrap();
    assert_eq!(dump(&other, None, None).await, first);
    let found = other.retrieve(INVITEE, &[ADA]).await.unwrap().remove(0);
    assert_eq!(found.text(invitee::FIRST_NAME), Some("Ada"));
}

#[tokio::test]
async fn a_dump_is_of_what_there_is() {
    let bench = Bench::new().await;
    let admin = bench.service.admin();
    let nothing = || Box::new(io::sink());
    assert!(matches!(admin.dump(Some("X"), None, nothing()).await, Err(AdminError::NoAccount(_))));
    assert!(matches!(admin.dump(None, Some("X"), nothing()).await, Err(AdminError::NoType(_))));
}

#[tokio::test]
async fn a_password_is_loaded_as_its_hash_only() {
    let bench = Bench::new().await;
    let user = |password: &str| {
        let id = "00000000-0000-4000-8000-0000000000AA";
        format!(
            "{{\"account\":\"A001\",\"type\":\"User\",\"fields\":{{\"Id\":\"{id}\",\"Password\":\"{password}\"}}}}\n"
        )
    };
    let wanted = "line 1: User.Password: is not a hash as the database keeps it; leave it out";
    assert_eq!(mistakes(&bench, &user("correct horse")).await, [wanted]);
    load(&bench, &user(HASH)).await.unwrap();
}

#[tokio::test]
async fn what_no_answer_could_have_does_not_come_in() {
    let bench = Bench::new().await;
    let line = |name: &str| {
        lines(&[(
            "Contact",
            &format!(r#""fields":{{"Id":"{ADA}","FirstName":"{name}","LastName":"Almeida"}}"#),
        )])
    };
    for (name, named) in [(r"Ada\u000bMary", "U+000B as character 4"), (r"\uffff", "U+FFFF as character 1")] {
        let mistakes = mistakes(&bench, &line(name)).await;
        assert!(mistakes.len() == 1 && mistakes[0].contains(named), "{mistakes:?}");
    }
    load(&bench, &line(r"Ada\tMary\u00e9")).await.unwrap();
}
