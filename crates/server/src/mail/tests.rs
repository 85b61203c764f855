//! Rounds against a relay that takes its time, on a database that fails.

use super::{OURS, Relay, message, round};
use crate::environment::SystemRandom;
use contract::{Contract, Guid, Timestamp};
use rusqlite::Connection;
use service::{Clock, Outbox, Service, Settings};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Account, AccountId, Location, Mail, MailState, Options, Store};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Keeps the outcome of a mail to `first` from being noted.
const REFUSE: &str =
    "CREATE TRIGGER refuse BEFORE UPDATE OF state ON outbox WHEN OLD.recipient LIKE 'first@%'
    BEGIN SELECT RAISE(ABORT, 'refused by the test'); END";

/// A clock that the test sets.
#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// An outbox in a folder, and what a test needs beside it.
struct Post {
    folder: TempDir,
    store: Store,
    outbox: Outbox,
    hands: Arc<Hands>,
}

impl Post {
    async fn new() -> Post {
        let folder = tempfile::tempdir().unwrap();
        let (contract, location) = (Contract::get().unwrap(), Location::Folder(folder.path().to_owned()));
        let store = Store::open(contract, &location, &Options::default()).await.unwrap();
        let hands = Arc::new(Hands::default());
        let random = Arc::new(SystemRandom::new().unwrap());
        let service = Service::new(contract, store.clone(), Settings::default(), hands.clone(), random);
        Post { folder, store, outbox: service.outbox(), hands }
    }

    /// An account with mails to these names.
    async fn account(&self, number: &str, names: &[&str]) -> AccountId {
        let account = Account::new(number, number);
        let mails: Vec<Mail> = (1..).zip(names).map(|(id, name)| mail(id, name)).collect();
        let add = move |writer: &mut store::Writer<'_>| {
            let id = writer.add_account(&account)?;
            writer.queue_mail(id, &mails)?;
            Ok(id)
        };
        self.store.write(add).await.unwrap()
    }

    /// Changes the database behind the program's back.
    fn execute(&self, sql: &str) {
        let tool = Connection::open(self.folder.path().join("understudy.db")).unwrap();
        tool.execute_batch(sql).unwrap();
    }

    /// The state of an account's mails, in the order in which they were queued.
    async fn states(&self, account: AccountId) -> Vec<MailState> {
        let mails = self.store.read(move |reader| reader.outbox(account, 10)).await.unwrap();
        mails.into_iter().rev().map(|mail| mail.state).collect()
    }
}

fn mail(id: u8, name: &str) -> Mail {
    Mail { id: Guid([id; 16]), copy: None, ..message::tests::mail(&format!("{name}@guests.example")) }
}

/// A relay that notes whose mails it has taken. It thinks about a mail to `slow` for a second.
async fn relay() -> (Arc<Relay>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&notes)));
        }
    });
    (Arc::new(Relay::new(&url).unwrap()), taken)
}

async fn converse(stream: TcpStream, taken: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay.example\r\n").await.unwrap();
    let (mut line, mut receiver, mut is_data) = (String::new(), String::new(), false);
    while stream.read_line(&mut line).await.is_ok_and(|bytes| bytes > 0) {
        let text = std::mem::take(&mut line);
        let answer = match text.trim_end() {
            "." => {
                is_data = false;
                if receiver == "slow" {
                    sleep(Duration::from_secs(1)).await;
                }
                taken.lock().unwrap().push(receiver.clone());
                "250 taken\r\n"
            }
            _ if is_data => continue,
            "DATA" => {
                is_data = true;
                "354 go on\r\n"
            }
            text => {
                if let Some((name, _)) = text.strip_prefix("RCPT TO:<").and_then(|to| to.split_once('@')) {
                    receiver = name.to_owned();
                }
                "250 ok\r\n"
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_noted_interrupts_no_other_conversation() {
    let post = Post::new().await;
    let account = post.account("A001", &["first", "slow"]).await;
    post.execute(REFUSE);
    let (relay, taken) = relay().await;
    let (_stop, mut stopped) = oneshot::channel();
    assert!(round(&post.outbox, &relay, &mut stopped).await.is_err());
    assert_eq!(*taken.lock().unwrap(), ["first", "slow"]);
    assert_eq!(post.states(account).await, [MailState::Queued, MailState::Sent]);

    post.execute("DROP TRIGGER refuse");
    assert_eq!(round(&post.outbox, &relay, &mut stopped).await, Ok(0), "it is put off for a while");
    post.hands.0.fetch_add(OURS.as_micros() as i64, Ordering::SeqCst);
    assert_eq!(round(&post.outbox, &relay, &mut stopped).await, Ok(1));
    assert_eq!(post.states(account).await, [MailState::Sent, MailState::Sent]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_read_keeps_no_other_account_from_its_mails() {
    let post = Post::new().await;
    let mut accounts = Vec::new();
    for number in ["A001", "A002", "A003"] {
        accounts.push(post.account(number, &["guest"]).await);
    }
    post.execute(&format!("UPDATE outbox SET history_type = 'Nothing' WHERE account_id = {}", accounts[1].0));
    let (relay, _) = relay().await;
    let (_stop, mut stopped) = oneshot::channel();
    assert_eq!(round(&post.outbox, &relay, &mut stopped).await, Ok(2));
    for account in [accounts[0], accounts[2]] {
        assert_eq!(post.states(account).await, [MailState::Sent]);
    }
    assert!(round(&post.outbox, &relay, &mut stopped).await.is_err(), "nothing else is due");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_account_is_removed_meanwhile_is_no_trouble() {
    let post = Post::new().await;
    let account = post.account("A001", &["slow"]).await;
    let (relay, taken) = relay().await;
    let (_stop, mut stopped) = oneshot::channel();
    let remove = async {
        sleep(Duration::from_millis(300)).await;
        post.store.write(move |writer| writer.remove_account(account)).await
    };
    let (sent, removed) = tokio::join!(round(&post.outbox, &relay, &mut stopped), remove);
    assert_eq!((sent, removed), (Ok(1), Ok(true)));
    assert_eq!(*taken.lock().unwrap(), ["slow"]);
}
