//! Calls take turns: by account in the store's queues, by address and account where passwords are hashed.

mod logins;

use crate::harness::{Bench, PASSWORD};
use contract::handles::object::{describe_global_result, user};
use contract::handles::{code, message, object_type, operation};
use contract::{OperationId, Record};
use service::{AccountChange, Call, Failure, Gone, Room, Settings, Share, TurnSettings, Waiting};
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};

/// Keeps the store's writer, which is its only connection in memory, until it is dropped.
struct Held(Option<mpsc::Sender<()>>, Option<JoinHandle<()>>);

impl Held {
    async fn new(bench: &Bench) -> Held {
        calls_today(bench).await;
        let (release, wait) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (mut begun, store) = (Some(begun), bench.store.clone());
        let task = tokio::spawn(async move {
            let job = move |_: &mut store::Writer<'_>| {
                if let Some(begun) = begun.take() {
                    begun.send(()).unwrap();
                }
                let _ = wait.recv();
                Ok(())
            };
            store.write(job).await.unwrap();
        });
        begins.await.unwrap();
        Held(Some(release), Some(task))
    }

    async fn release(mut self) {
        self.0.take();
        self.1.take().unwrap().await.unwrap();
    }
}

/// Room that is found once the test lets it be.
#[derive(Debug)]
struct Gate(Semaphore);

impl Gate {
    fn shut() -> Arc<Gate> {
        Arc::new(Gate(Semaphore::new(0)))
    }

    fn open(&self) {
        self.0.add_permits(1);
    }
}

impl Room for Gate {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async {
            let Ok(permit) = self.0.acquire().await else { return false };
            permit.forget();
            true
        })
    }

    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }
}

/// Room that notes that a call has its turn.
#[derive(Debug)]
struct Noted {
    name: &'static str,
    begun: Arc<Mutex<Vec<&'static str>>>,
    room: Arc<dyn Room>,
}

impl Room for Noted {
    fn room(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        self.begun.lock().unwrap().push(self.name);
        self.room.room()
    }

    fn enlarge(&self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        self.room.enlarge()
    }
}

/// Calls that run, and the names of those that had their turn, in order.
#[derive(Default)]
struct Running {
    tasks: Vec<JoinHandle<Result<Record, Failure>>>,
    clients: Vec<Gone>,
    begun: Arc<Mutex<Vec<&'static str>>>,
}

impl Running {
    fn start(&mut self, bench: &Bench, name: &'static str, call: Call) {
        self.clients.push(call.gone.clone());
        let room = Arc::new(Noted { name, begun: Arc::clone(&self.begun), room: Arc::clone(&call.room) });
        let (service, call) = (bench.service.clone(), Call { room, ..call });
        self.tasks.push(tokio::spawn(async move { service.call(call).await }));
    }

    /// Waits until so many were answered.
    async fn until_answered(&self, count: usize) {
        while self.tasks.iter().filter(|task| task.is_finished()).count() != count {
            yield_now().await;
        }
    }

    fn all_leave(&self) {
        self.clients.iter().for_each(Gone::leave);
    }

    /// How many were answered, refused as busy, and gone.
    async fn outcomes(&mut self) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for task in self.tasks.drain(..) {
            match task.await.unwrap() {
                Ok(_) => counts.0 += 1,
                Err(Failure::Busy(_)) => counts.1 += 1,
                Err(Failure::Gone) => counts.2 += 1,
                Err(Failure::Fault(fault)) => panic!("{fault:?}"),
            }
        }
        counts
    }

    fn position(&self, name: &str) -> usize {
        self.begun.lock().unwrap().iter().position(|begun| *begun == name).unwrap()
    }
}

/// Waits until as many wait as are expected.
async fn until_waiting(bench: &Bench, expected: Waiting) {
    while bench.service.waiting() != expected {
        yield_now().await;
    }
}

fn settings(turns: TurnSettings) -> Settings {
    Settings { turns, ..Settings::default() }
}

fn contacts(bench: &Bench, count: usize) -> Record {
    let records = (0..count).map(|_| bench.contact(&[("LastName", "Quiet")])).collect();
    bench.request(operation::CREATE_CONTACT, records, &[])
}

fn creation(bench: &Bench, session: &str) -> Call {
    bench.ready(session, operation::CREATE_CONTACT, contacts(bench, 1))
}

fn search(bench: &Bench, session: &str) -> Call {
    bench.ready(session, operation::SEARCH, bench.contract.record(message::search::TYPE_ID))
}

async fn stored(bench: &Bench) -> usize {
    bench.search_ids(object_type::CONTACT, "LastName", "Quiet").await.len()
}

/// How many calls the account has made, this one included. The session is known to the service from then on,
/// so that it is opened without the store.
async fn calls_today(bench: &Bench) -> Option<i64> {
    let request = bench.contract.record(message::describe_global::TYPE_ID);
    let response = bench.call(operation::DESCRIBE_GLOBAL, request).await.unwrap();
    let result = response.record(message::describe_global_response::DESCRIBE_GLOBAL_RESULT)?;
    match result.get(describe_global_result::CURRENT_API_CALLS) {
        contract::Value::Integer(calls) => Some(*calls),
        _ => None,
    }
}

async fn other_account(bench: &Bench) -> String {
    bench.add_account("A002").await;
    let session = bench.login("A002", "api", PASSWORD).await.unwrap();
    bench.service.call(search(bench, &session)).await.unwrap();
    session
}

#[tokio::test]
async fn a_write_of_a_quiet_account_is_among_the_first() {
    let turns = TurnSettings { writes: Share { all: 4, each: 2 }, ..TurnSettings::default() };
    let bench = Bench::with(settings(turns)).await;
    let other = other_account(&bench).await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..100 {
        running.start(&bench, "flood", creation(&bench, &bench.session));
    }
    until_waiting(&bench, Waiting { writes: 98, ..Waiting::default() }).await;
    running.start(&bench, "quiet", creation(&bench, &other));
    yield_now().await;
    held.release().await;
    assert_eq!(running.outcomes().await, (101, 0, 0));
    assert_eq!(running.position("quiet"), 2);
}

#[tokio::test]
async fn a_search_of_a_quiet_account_is_among_the_first_and_look_ups_do_not_wait_for_searches() {
    let bench = Bench::new().await;
    let other = other_account(&bench).await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..50 {
        running.start(&bench, "flood", search(&bench, &bench.session));
    }
    until_waiting(&bench, Waiting { reads: 48, ..Waiting::default() }).await;
    running.start(&bench, "quiet", search(&bench, &other));
    let request = bench.contract.record(message::describe_global::TYPE_ID);
    running.start(&bench, "look-up", bench.ready(&bench.session, operation::DESCRIBE_GLOBAL, request));
    yield_now().await;
    assert_eq!(bench.service.waiting(), Waiting { reads: 48, ..Waiting::default() });
    held.release().await;
    assert_eq!(running.outcomes().await, (52, 0, 0));
    assert_eq!((running.position("quiet"), running.position("look-up")), (2, 3));
}

#[tokio::test]
async fn small_writes_go_in_together_and_full_batches_three_at_a_time() {
    let bench = Bench::new().await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..16 {
        running.start(&bench, "small", creation(&bench, &bench.session));
        yield_now().await;
    }
    assert_eq!(bench.service.waiting(), Waiting::default());
    held.release().await;
    running.outcomes().await;
    let held = Held::new(&bench).await;
    for _ in 0..5 {
        let request = contacts(&bench, 200);
        running.start(&bench, "full", bench.ready(&bench.session, operation::CREATE_CONTACT, request));
    }
    until_waiting(&bench, Waiting { writes: 2, ..Waiting::default() }).await;
    held.release().await;
    assert_eq!(running.outcomes().await, (5, 0, 0));
    assert_eq!(stored(&bench).await, 1016);
}

#[tokio::test]
async fn an_abandoned_call_that_waits_never_runs_and_one_that_writes_runs_to_its_end() {
    let turns = TurnSettings { writes: Share { all: 4, each: 2 }, ..TurnSettings::default() };
    let bench = Bench::with(settings(turns)).await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..20 {
        running.start(&bench, "", creation(&bench, &bench.session));
    }
    until_waiting(&bench, Waiting { writes: 18, ..Waiting::default() }).await;
    running.all_leave();
    until_waiting(&bench, Waiting::default()).await;
    held.release().await;
    assert_eq!(running.outcomes().await, (2, 0, 18));
    assert_eq!(stored(&bench).await, 2);
    // Two creations, the search, and two calls of the test: what never ran does not count.
    assert_eq!(calls_today(&bench).await, Some(5));
}

#[tokio::test]
async fn a_reading_call_whose_client_leaves_ends_and_gives_up_its_turn() {
    let bench = Bench::new().await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..3 {
        running.start(&bench, "", search(&bench, &bench.session));
    }
    until_waiting(&bench, Waiting { reads: 1, ..Waiting::default() }).await;
    running.all_leave();
    // Nothing can be read yet.
    assert_eq!(running.outcomes().await, (0, 0, 3));
    for _ in 0..2 {
        running.start(&bench, "", search(&bench, &bench.session));
        yield_now().await;
    }
    assert_eq!(bench.service.waiting(), Waiting::default());
    held.release().await;
    assert_eq!(running.outcomes().await, (2, 0, 0));
}

#[tokio::test]
async fn past_its_bounds_a_call_is_busy_and_does_not_count() {
    let turns = TurnSettings {
        waiting_each: 1,
        writes: Share { all: 2, each: 1 },
        reads: Share { all: 0, each: 0 },
        ..TurnSettings::default()
    };
    let bench = Bench::with(settings(turns)).await;
    let (held, mut running) = (Held::new(&bench).await, Running::default());
    for _ in 0..5 {
        running.start(&bench, "", creation(&bench, &bench.session));
    }
    until_waiting(&bench, Waiting { writes: 1, ..Waiting::default() }).await;
    // A session that is none is told so, however busy the queue is.
    for (session, expected) in [("", code::CV10104), ("garbage", code::CV10107)] {
        match bench.service.call(creation(&bench, session)).await {
            Err(Failure::Fault(fault)) => assert_eq!(fault.code, expected),
            other => panic!("{other:?}"),
        }
    }
    held.release().await;
    assert_eq!(running.outcomes().await, (2, 3, 0));
    // Where nothing may run, every call is refused.
    assert!(matches!(bench.service.call(search(&bench, &bench.session)).await, Err(Failure::Busy(_))));
    assert_eq!(calls_today(&bench).await, Some(4));
}

#[tokio::test]
async fn a_call_without_room_for_its_answer_is_busy_and_does_not_count() {
    let bench = Bench::new().await;
    let gate = Gate::shut();
    let call = |bench: &Bench| Call { room: gate.clone(), ..creation(bench, &bench.session) };
    let mut running = Running::default();
    running.start(&bench, "", call(&bench));
    running.start(&bench, "gone", call(&bench));
    yield_now().await;
    running.clients[1].leave();
    gate.open();
    assert_eq!(running.outcomes().await, (1, 0, 1));
    gate.0.close();
    assert!(matches!(bench.service.call(call(&bench)).await, Err(Failure::Busy(_))));
    assert_eq!((stored(&bench).await, calls_today(&bench).await), (1, Some(3)));
}

fn users(bench: &Bench, count: usize) -> Record {
    let members = [("Password", "secret"), ("UserType", "Requester")];
    let records = (0..count).map(|_| bench.record(user::TYPE_ID, &members)).collect();
    bench.request(operation::CREATE_USER, records, &[])
}

async fn fault(bench: &Bench, operation: OperationId, request: Record) -> contract::Code {
    bench.call(operation, request).await.unwrap_err().code
}

#[tokio::test]
async fn passwords_of_users_wait_without_a_turn_to_write_and_only_those_that_will_be_judged() {
    let turns = TurnSettings { writes: Share { all: 2, each: 1 }, ..TurnSettings::default() };
    let bench = Bench::with(settings(turns)).await;
    let gate = Gate::shut();
    let mut running = Running::default();
    running.start(&bench, "holds the hash", Call { room: gate.clone(), ..logins::login(&bench, "A001") });
    yield_now().await;
    let create = |count| bench.ready(&bench.session, operation::CREATE_USER, users(&bench, count));
    running.start(&bench, "users", create(2));
    until_waiting(&bench, Waiting { hashes: 1, ..Waiting::default() }).await;
    bench.create(&[("LastName", "Beside")]).await;
    let limit = bench.contract.call(operation::CREATE_USER).limit.unwrap();
    assert_eq!(fault(&bench, operation::CREATE_USER, users(&bench, limit.0 + 1)).await, limit.1);
    let change = AccountChange { max_calls: Some(Some(0)), ..AccountChange::default() };
    bench.service.admin().set_account("A001", change).await.unwrap();
    assert_eq!(fault(&bench, operation::CREATE_USER, users(&bench, 1)).await, code::CV30100);
    bench
        .service
        .admin()
        .set_account("A001", AccountChange { max_calls: Some(None), ..AccountChange::default() })
        .await
        .unwrap();
    gate.open();
    running.tasks.remove(0).await.unwrap().unwrap();
    // The session was opened before: the maximum of then holds.
    assert_eq!(running.outcomes().await, (1, 0, 0));
}
