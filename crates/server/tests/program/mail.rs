//! `outbox` and `template`, and what `serve` says of a relay's address. That mail arrives is shown by
//! `tests/smtp`.

use crate::support::{run, run_with};

const SECRET: &str = "relays-own-secret";

#[test]
fn custom_mails() {
    let folder = tempfile::tempdir().unwrap();
    let template = |arguments: &[&str], text: &str| {
        let outcome = run_with(folder.path(), &[&["template"], arguments].concat(), &[], text);
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    let set = ["set", "Spring news", "--account", "A1", "--subject", "News, {Contact.FirstName}"];
    assert_eq!(template(&set, "x").0, 7);
    assert_eq!(run(folder.path(), &["account", "add", "A1"]).code, 0);
    let (code, _, stderr) = template(&set, "Dear {Contact.Nothing},");
    assert_eq!(code, 7);
    assert!(stderr.contains("{Contact.Nothing}"), "{stderr}");
    assert_eq!(template(&set, "Dear {Contact.FirstName},").0, 0);
    let (_, list, _) = template(&["list", "--account", "A1"], "");
    assert_eq!(list, "NAME         SUBJECT\nSpring news  News, {Contact.FirstName}\n");
    assert_eq!(template(&["remove", "spring NEWS", "--account", "A1"], "").0, 0);
    assert_eq!(template(&["remove", "spring NEWS", "--account", "A1"], "").0, 7);
}

#[test]
fn an_outbox_without_mail() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["account", "add", "A1"]).code, 0);
    let list = run(folder.path(), &["outbox", "list", "--account", "A1", "--json"]);
    assert_eq!((list.code, &*list.stdout), (0, ""));
    let list = run(folder.path(), &["outbox", "list", "--account", "A1"]);
    assert!(list.stdout.starts_with("ID  CREATED"), "{}", list.stdout);
    assert_eq!(run(folder.path(), &["outbox", "show", "5B000000-0000-4000-8000-000000000001"]).code, 7);
    assert_eq!(run(folder.path(), &["outbox", "list", "--account", "A2"]).code, 7);
}

#[test]
fn no_message_shows_the_relays_password() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--lab", "--memory", "--listen", "127.0.0.1:0"];
    let url = format!("http://user:{SECRET}@mail.example");
    let outcome = run(folder.path(), &[&serve[..], &["--smtp-url", &url]].concat());
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("--smtp-url: smtp://, starttls:// or smtps://"), "{}", outcome.stderr);
    let variable = [("UNDERSTUDY_SMTP_URL", &*url)];
    let help = run_with(folder.path(), &["serve", "--help"], &variable, "");
    assert!(help.stdout.contains("UNDERSTUDY_SMTP_URL"), "{}", help.stdout);
    for text in [outcome.stdout, outcome.stderr, help.stdout, help.stderr] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_sender_is_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(folder.path(), &["serve", "--lab", "--memory", "--mail-from", "nobody"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("--mail-from"), "{}", outcome.stderr);
}
