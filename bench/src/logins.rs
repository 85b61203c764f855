//! What a Login costs, and what many of them at once leave for others.

use crate::http::Connection;
use crate::login::{self, Credentials};
use crate::machine;
use crate::measure::{Measured, at_once};
use crate::retrieve;
use crate::stages::{Bench, Running, Store};
use anyhow::{Context, Result, anyhow};
use argon2::{Argon2, PasswordHasher};

/// So many Logins, and so many hashes, are counted.
const COUNTED: u32 = 50;

/// Connections that retrieve.
const READERS: usize = 4;

/// Connections that log in meanwhile.
const GUESSERS: usize = 8;

/// So that nobody is locked out, which would spare the server the hashes.
const NEVER_LOCKED: [&str; 2] = ["--lockout-failures", "4000000000"];

/// What was measured.
pub struct Logins {
    /// Processor time of one password hash in this program, in seconds.
    pub hash: f64,
    /// Processor time of the server for one Login, in seconds.
    pub login: f64,
    /// Retrieve with nothing else going on.
    pub alone: Measured,
    /// Retrieve while logins with wrong passwords never cease.
    pub beside: Measured,
    /// Those logins.
    pub refused: Measured,
    /// The most memory that the server had, in bytes.
    pub memory: u64,
}

impl Logins {
    /// All that calls were sent for.
    pub fn measured(&self) -> [&Measured; 3] {
        [&self.alone, &self.beside, &self.refused]
    }
}

/// Measures on a store whose server is stopped.
pub fn measure(bench: &Bench, store: &Store) -> Result<Logins> {
    let running = bench.open(store, &NEVER_LOCKED)?;
    let hash = hash(&bench.who.password)?;
    let login = login(bench, &running)?;
    eprintln!("login: {:.1} ms, hash: {:.1} ms", login * 1e3, hash * 1e3);
    let alone = retrieves(bench, &running, store)?;
    let (beside, refused) = std::thread::scope(|scope| {
        let guesses = scope.spawn(|| guesses(bench, &running));
        let beside = retrieves(bench, &running, store);
        match guesses.join() {
            Ok(refused) => Ok::<_, anyhow::Error>((beside?, refused?)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    eprintln!("Retrieve: {:.0} calls/s, {:.0} beside logins", alone.calls(), beside.calls());
    let memory = running.server.peak_memory()?;
    running.server.stop().context("after the logins")?;
    Ok(Logins { hash, login, alone, beside, refused, memory })
}

/// As the server hashes: Argon2id with the parameters that its library recommends.
fn hash(password: &str) -> Result<f64> {
    let used = machine::own_time()?;
    for turn in 0..COUNTED {
        let salt = u128::from(turn).to_le_bytes();
        let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        std::hint::black_box(hash.map_err(|error| anyhow!("no hash: {error}"))?);
    }
    Ok((machine::own_time()? - used) / f64::from(COUNTED))
}

fn login(bench: &Bench, running: &Running) -> Result<f64> {
    let mut connection = Connection::open(&running.server.endpoint)?;
    let used = running.server.processor_time()?;
    for _ in 0..COUNTED {
        login::log_in(&mut connection, &bench.who)?;
    }
    Ok((running.server.processor_time()? - used) / f64::from(COUNTED))
}

fn retrieves(bench: &Bench, running: &Running, store: &Store) -> Result<Measured> {
    retrieve::run(&running.server.endpoint, &running.session, &store.population, READERS, bench.timing)
}

fn guesses(bench: &Bench, running: &Running) -> Result<Measured> {
    at_once(0, GUESSERS, bench.timing, |index| {
        let mut connection = Connection::open(&running.server.endpoint)?;
        let who = Credentials { password: format!("wrong-{index}"), ..bench.who.clone() };
        Ok(move || login::be_refused(&mut connection, &who))
    })
}
