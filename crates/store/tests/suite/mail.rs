//! The outbox and the custom mails.

use crate::support::{Database, guid, on_all};
use contract::Timestamp;
use contract::handles::object_type::EVENT_EMAIL_HISTORY;
use store::{CustomMail, Mail, MailMark, MailState};

on_all!(
    a_mail_is_due_until_it_is_sent,
    a_mail_that_is_taken_is_put_off,
    the_outbox_shows_the_latest_first,
    custom_mails_are_found_by_name_in_any_case,
    a_removed_account_leaves_no_mail,
);

fn mail(number: u64, next: i64) -> Mail {
    Mail {
        id: guid(number),
        created: Timestamp(0),
        state: MailState::Queued,
        attempts: 0,
        next_attempt: Some(Timestamp(next)),
        error: None,
        history: (EVENT_EMAIL_HISTORY, guid(number + 100)),
        contact: guid(number + 200),
        from: "noreply@localhost".to_owned(),
        to: format!("{number}@mail.example"),
        copy: None,
        subject: "Übrigens".to_owned(),
        text: "a\nb".to_owned(),
        html: "<p>a<br>b</p>".to_owned(),
    }
}

fn a_mail_is_due_until_it_is_sent(database: &Database) {
    let account = database.account("A");
    let other = database.account("B");
    let due = |at| database.read(move |reader| reader.mail_due(account, Timestamp(at), 10));
    let mark = |id, state, next: Option<i64>, error: Option<&str>| {
        let (next_attempt, error) = (next.map(Timestamp), error.map(str::to_owned));
        let mark = MailMark { state, next_attempt, error };
        database.write(move |writer| writer.mark_mail(account, id, &mark));
    };
    database.write(move |writer| writer.queue_mail(account, &[mail(1, 20), mail(2, 10), mail(3, 99)]));
    assert_eq!(due(9), []);
    assert_eq!(due(20), [mail(2, 10), mail(1, 20)]);
    assert_eq!(database.read(move |reader| reader.mail_due(other, Timestamp(20), 10)), []);
    mark(guid(1), MailState::Sent, None, None);
    mark(guid(2), MailState::Queued, Some(30), Some("connection"));
    assert_eq!(due(20), []);
    let tried = Mail { attempts: 1, error: Some("connection".to_owned()), ..mail(2, 30) };
    assert_eq!(due(30), [tried]);
    mark(guid(2), MailState::Failed, None, Some("refused"));
    assert_eq!(due(98), []);
}

fn a_mail_that_is_taken_is_put_off(database: &Database) {
    let (account, other) = (database.account("A"), database.account("B"));
    database.account("C");
    database.write(move |writer| {
        writer.queue_mail(account, &[mail(1, 20), mail(2, 10)])?;
        writer.queue_mail(other, &[mail(1, 30)])
    });
    let with_mail = |at| {
        let mut accounts = database.read(move |reader| reader.accounts_with_mail(Timestamp(at)));
        accounts.sort();
        accounts
    };
    let take = |at, limit| {
        database.write(move |writer| writer.take_mail(account, Timestamp(at), Timestamp(at + 100), limit))
    };
    let mut both = [account, other];
    both.sort();
    assert_eq!((with_mail(9), with_mail(29), with_mail(30)), (vec![], vec![account], both.to_vec()));
    assert_eq!(take(20, 1), [mail(2, 10)]);
    assert_eq!(take(20, 5), [mail(1, 20)]);
    assert_eq!((take(119, 5), with_mail(119)), (vec![], vec![other]));
    assert_eq!(take(120, 5), [mail(1, 120), mail(2, 120)]);
}

fn the_outbox_shows_the_latest_first(database: &Database) {
    let account = database.account("A");
    database.write(move |writer| writer.queue_mail(account, &[mail(1, 0), mail(2, 0), mail(3, 0)]));
    let ids = database.read(move |reader| reader.outbox(account, 2)).into_iter().map(|mail| mail.id);
    assert_eq!(ids.collect::<Vec<_>>(), [guid(3), guid(2)]);
    assert_eq!(database.read(move |reader| reader.mail(account, guid(1))), Some(mail(1, 0)));
    assert_eq!(database.read(move |reader| reader.mail(account, guid(9))), None);
}

fn custom_mails_are_found_by_name_in_any_case(database: &Database) {
    let account = database.account("A");
    for subject in ["old", "new"] {
        let (name, subject) = ("Welcome Pack".to_owned(), subject.to_owned());
        let mail = CustomMail { name, subject, text: String::new() };
        database.write(move |writer| writer.set_custom_mail(account, &mail));
    }
    let found = database.read(move |reader| reader.custom_mail(account, " welcome pack "));
    assert_eq!(found.map(|mail| mail.subject).as_deref(), Some("new"));
    assert_eq!(database.read(move |reader| reader.custom_mails(account)).len(), 1);
    assert!(database.write(move |writer| writer.remove_custom_mail(account, "WELCOME PACK")));
    assert!(!database.write(move |writer| writer.remove_custom_mail(account, "WELCOME PACK")));
}

fn a_removed_account_leaves_no_mail(database: &Database) {
    let account = database.account("A");
    database.write(move |writer| writer.queue_mail(account, &[mail(1, 0)]));
    database.write(move |writer| writer.remove_account(account));
    assert_eq!(database.read(move |reader| reader.outbox(account, 10)), []);
}
