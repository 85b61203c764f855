//! Load: UpdateContact calls over several connections for a fixed time, every answer checked.

use crate::contacts::Update;
use crate::http::{Connection, Endpoint};
use crate::message::{self, Results};
use anyhow::{Result, bail};
use contract::Contract;
use contract::handles::operation::UPDATE_CONTACT;
use std::time::{Duration, Instant};

/// How long to measure, and how long to run before that.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Timing {
    /// Seconds to measure each combination for.
    #[arg(long, default_value = "10")]
    pub seconds: u64,
    /// Seconds to run before measuring.
    #[arg(long, default_value = "2")]
    pub warm_up: u64,
}

impl Timing {
    /// The window to measure in, for what starts now.
    pub fn window(self) -> Window {
        let from = Instant::now() + Duration::from_secs(self.warm_up);
        Window { from, to: from + Duration::from_secs(self.seconds) }
    }
}

/// The time within which calls have to end to be counted.
#[derive(Clone, Copy)]
pub struct Window {
    from: Instant,
    to: Instant,
}

/// What was measured.
#[derive(Default)]
pub struct Measured {
    /// Contacts in a call.
    pub size: usize,
    /// How many connections, or threads, worked at once.
    pub connections: usize,
    /// Seconds of the measurement.
    pub seconds: f64,
    /// How long each good call took, shortest first.
    pub times: Vec<Duration>,
    /// Calls that failed or were answered wrongly.
    pub errors: usize,
    /// What was wrong with the first of those.
    pub first_error: Option<String>,
}

impl Measured {
    /// Calls a second.
    pub fn calls(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    /// Contacts a second.
    pub fn contacts(&self) -> f64 {
        self.calls() * self.size as f64
    }

    /// The time within which that share of the calls was answered, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let index = (self.times.len() as f64 * share).ceil() as usize;
        self.times.get(index.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    fn add(&mut self, other: Measured) {
        self.times.extend(other.times);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// Repeats `call` until the window is over and notes those that end within it.
pub fn repeat(window: Window, mut call: impl FnMut() -> Result<()>) -> Measured {
    let mut out = Measured::default();
    loop {
        let start = Instant::now();
        let outcome = call();
        let end = Instant::now();
        if end >= window.to {
            return out;
        }
        match outcome {
            Ok(()) if end >= window.from => out.times.push(end - start),
            Ok(()) => {}
            Err(error) => {
                out.errors += 1;
                out.first_error.get_or_insert_with(|| format!("{error:#}"));
                // A server that is gone refuses a million connections a second.
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// Sends the calls over that many connections, each its own share of them in turn.
pub fn run(
    endpoint: &Endpoint,
    calls: &mut [Update],
    connections: usize,
    timing: Timing,
) -> Result<Measured> {
    let contract = message::contract()?;
    let size = calls.first().map_or(0, |call| call.ids.len());
    if calls.len() < connections {
        bail!("{} calls of {size} are too few for {connections} connections: store more", calls.len());
    }
    let share = calls.len() / connections;
    let window = timing.window();
    let mut all = Measured { size, connections, seconds: timing.seconds as f64, ..Measured::default() };
    std::thread::scope(|scope| {
        let clients = calls.chunks_exact_mut(share).take(connections).map(|share| {
            scope.spawn(|| -> Result<Measured> {
                let mut client = Client::new(endpoint, contract)?;
                let mut turn = 0;
                Ok(repeat(window, || {
                    let index = turn % share.len();
                    turn += 1;
                    client.call(&mut share[index])
                }))
            })
        });
        for client in clients.collect::<Vec<_>>() {
            match client.join() {
                Ok(measured) => all.add(measured?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok::<_, anyhow::Error>(())
    })?;
    all.times.sort_unstable();
    Ok(all)
}

/// One connection's sender.
struct Client<'a> {
    endpoint: &'a Endpoint,
    action: String,
    results: Results,
    connection: Option<Connection>,
}

impl<'a> Client<'a> {
    fn new(endpoint: &'a Endpoint, contract: &Contract) -> Result<Client<'a>> {
        let (action, results) = (contract.action(UPDATE_CONTACT), Results::of(contract, UPDATE_CONTACT)?);
        Ok(Client { endpoint, action, results, connection: None })
    }

    /// Sends the call and checks the answer. After a failure nothing is known of the connection, so that
    /// the next call takes a new one.
    fn call(&mut self, call: &mut Update) -> Result<()> {
        call.stamp();
        let mut connection = self.connection.take().map_or_else(|| Connection::open(self.endpoint), Ok)?;
        let answer = connection.call(&self.action, &call.bytes)?;
        if !self.results.ids(answer, call.ids.len())?.eq(call.ids.iter().map(String::as_bytes)) {
            bail!("the identifiers are not those of the call, or not in its order");
        }
        self.connection = Some(connection);
        Ok(())
    }
}
