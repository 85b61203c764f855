//! `understudy serve`: puts the pieces together, says where they listen, and takes them apart again.

use super::{contract, guard, no_threads, open, random, runtime, say};
use crate::environment::{SeededRandom, SetClock, SystemClock, cores};
use crate::exit::{Exit, Failure};
use crate::http::{self, App, Bounds, Intakes, Site};
use crate::log;
use crate::mail::{Postman, Relay, is_address};
use crate::settings::{ForwardedHeader, Place, Serve};
use crate::signal::Signals;
use crate::tls::Tls;
use service::{Clock, LAB_ACCOUNT, LAB_PASSWORD, LAB_USER, Network, Random, Service, Share, TurnSettings};
use soap::{CharsetFallback, Codec, EnumerationFault, Limits, Quirks};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{Location, Opened, Opening, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Runs the server until it is told to stop.
pub fn run(settings: Serve) -> Result<(), Failure> {
    check(&settings)?;
    let _logging = log::start(&settings.log, settings.log_format)?;
    allow_open_files(settings.max_connections.get());
    warn_of_little_memory(&settings);
    warn_of_contradictions(&settings);
    runtime()?.block_on(serve(&settings))
}

/// Raises the limit of open files as far as connections need it and the system allows. Where that is not far enough,
/// idle connections are closed early.
fn allow_open_files(connections: u32) {
    // Beside the connections: the database and its log, several connections each, pipes, the log.
    let wanted = u64::from(connections) + 256;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => {
            tracing::warn!(
                allowed,
                wanted,
                "the system allows fewer open files than --max-connections needs"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files can't be raised"),
    }
}

/// Says so where the longest bodies can't be served for want of memory.
fn warn_of_little_memory(settings: &Serve) {
    let Serve { max_body, request_memory, .. } = settings;
    let least = http::least_memory(*max_body);
    if least > *request_memory {
        tracing::warn!(
            max_body,
            request_memory,
            "bodies of --max-body may not fit: --request-memory {least} is enough"
        );
    }
}

/// A megabyte: a call of the usual length and its answer.
const LEAST_REQUEST_MEMORY: usize = 1 << 20;

/// Says so where a setting does nothing, or not what was meant.
fn warn_of_contradictions(settings: &Serve) {
    let Serve { public_url, tls_certificate, trusted_proxies, trust_forwarded, forwarded_header, .. } =
        settings;
    let has_proxies = *trust_forwarded || !trusted_proxies.is_empty();
    if *forwarded_header != ForwardedHeader::default() && !has_proxies {
        tracing::warn!("--forwarded-header counts in requests of --trusted-proxies only, and there are none");
    }
    if tls_certificate.is_some() && public_url.as_ref().is_some_and(|url| url.scheme == "http") {
        tracing::warn!(
            "--public-url says http, and this server speaks TLS: clients that follow the WSDL will not reach it"
        );
    }
    if settings.waiting_calls == 0 {
        tracing::warn!("--waiting-calls 0 refuses every call but Login");
    }
}

/// What no single setting can check.
fn check(settings: &Serve) -> Result<(), Failure> {
    let only_in_the_lab = |flag: &str| {
        Failure::usage(format!(
            "{flag} makes sessions or times predictable, so that it works together with --lab only"
        ))
    };
    match settings {
        Serve { max_body: 0, .. } => Err(Failure::usage("--max-body 0 would refuse every call")),
        Serve { request_memory, .. } if *request_memory < LEAST_REQUEST_MEMORY => {
            Err(Failure::usage(format!(
                "--request-memory {request_memory} is too little to serve anybody: {LEAST_REQUEST_MEMORY} is the least"
            )))
        }
        Serve { lab: true, listen, .. } if !listen.is_loopback() => Err(Failure::usage(format!(
            "--lab has a password that everybody knows, so that it listens on this machine only; \
             {listen} is not a loopback address such as 127.0.0.1:8611"
        ))),
        Serve { lab: false, seed_ids: Some(_), .. } => Err(only_in_the_lab("--seed-ids")),
        Serve { lab: false, clock: Some(_), .. } => Err(only_in_the_lab("--clock")),
        Serve { memory: true, place: Place { database: Some(_), .. }, .. } => {
            Err(Failure::usage("--database and --memory are two places for the data; give one of them"))
        }
        Serve { mail_from, .. } if !is_address(mail_from) => {
            Err(Failure::usage("--mail-from is not an address such as noreply@example.org"))
        }
        Serve { tls_certificate: Some(_), tls_key: None, .. } => {
            Err(Failure::usage("--tls-certificate has no key; give --tls-key, too"))
        }
        Serve { tls_certificate: None, tls_key: Some(_), .. } => {
            Err(Failure::usage("--tls-key has no certificate; give --tls-certificate, too"))
        }
        Serve { listen, tls_certificate: None, trusted_proxies, .. }
            if !listen.is_loopback() && trusted_proxies.is_empty() =>
        {
            Err(Failure::usage(format!(
                "--listen {listen} is reached from other machines, and passwords would travel in the clear: give \
                 --tls-certificate and --tls-key, or name with --trusted-proxies the proxies that end TLS in \
                 front (--trust-forwarded is for one on this machine, which reaches 127.0.0.1)"
            )))
        }
        _ => Ok(()),
    }
}

async fn serve(settings: &Serve) -> Result<(), Failure> {
    let contract = contract()?;
    let relay = relay(settings)?;
    let tls = tls(settings)?;
    let location = match settings {
        Serve { memory: true, .. } => Location::Memory,
        Serve { lab: true, place, .. } => place.lab_location()?,
        Serve { place, .. } => place.location()?,
    };
    // The address first: a second server on the same port must not get as far as the database.
    let listener = http::bind(settings.listen.0).await?;
    let address = listener.local_addr().map_err(|error| Failure::new(Exit::Address, error.to_string()))?;
    let store = open(contract, &location, &options(settings)).await?;
    let _lock = guard::lock(&location)?;
    if store.opened() == Opened::Made && !settings.memory {
        tracing::info!(place = %location, "made a new database");
    }
    let clock: Arc<dyn Clock> = match settings.clock {
        Some(start) => Arc::new(SetClock::new(start.0)),
        None => Arc::new(SystemClock),
    };
    let random: Arc<dyn Random> = match settings.seed_ids {
        Some(seed) => Arc::new(SeededRandom::new(seed.into())),
        None => Arc::new(random()?),
    };
    let rules = rules(settings);
    let service = Service::new(contract, store.clone(), rules, Arc::clone(&clock), random);
    guard::check_lab(&service, settings.lab, &location).await?;
    if settings.lab {
        seed(&service).await?;
    }
    let app = App::new(
        contract,
        service.clone(),
        clock,
        Codec::new(contract, limits(settings), quirks(settings)),
        intakes(settings),
        site(settings),
        (settings.lab, if let Location::Folder(folder) = &location { Some(folder.clone()) } else { None }),
    );
    let app = Arc::new(app.map_err(no_threads)?);
    // Before anybody is told that the server is there, for they may tell it to stop.
    let signals = Signals::new()?;
    announce(settings, &location, address);
    let postman = relay.map(|relay| Postman::start(service.outbox(), relay));
    let told = told_to_stop(signals, store.clone());
    let served = serve_until(told, listener, app, bounds(settings), tls, &service).await;
    if let Some(postman) = postman {
        postman.stop().await;
    }
    let flushed = service.flush().await;
    store.close().await;
    served?;
    flushed.map_err(|error| Failure::new(Exit::Failed, format!("counts of calls were lost: {error}")))?;
    tracing::info!("stopped");
    Ok(())
}

/// How long the program's last words may take.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Waits for a signal, or until the database's disk has failed. Another signal ends the program at once.
fn told_to_stop(mut signals: Signals, store: Store) -> oneshot::Receiver<Result<(), Failure>> {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let why = tokio::select! {
            () = signals.next() => Ok(()),
            error = store.failed() => Err(Failure::new(
                Exit::DiskFailed,
                format!("{error}; what was acknowledged before is safe if the disk kept it: look at the disk, then start anew"),
            )),
        };
        // That nobody waits for it any more is no trouble.
        let _ = tell.send(why);
        signals.next().await;
        // Not even the database is waited for: what was acknowledged is on disk already.
        // Nor does a full pipe on standard error delay the exit.
        std::thread::spawn(|| log::tell("ended at once by a second signal; calls under way were cut off"));
        sleep(LAST_WORDS).await;
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
    told
}

async fn serve_until(
    told: oneshot::Receiver<Result<(), Failure>>,
    listener: TcpListener,
    app: Arc<App>,
    bounds: Bounds,
    tls: Option<Tls>,
    service: &Service,
) -> Result<(), Failure> {
    let flusher = tokio::spawn(flush_every_second(service.clone()));
    let watcher = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let mut why = Ok(());
    let stop = async {
        why = told.await.unwrap_or(Ok(()));
    };
    let served = http::serve(listener, app, bounds, tls, stop).await;
    flusher.abort();
    if let Some(watcher) = watcher {
        watcher.abort();
    }
    why.and(served)
}

/// Calls that change nothing are counted in memory; this is how much of the count a crash can lose.
async fn flush_every_second(service: Service) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.flush().await {
            tracing::error!(%error, "counts of calls can't be written; trying again");
        }
    }
}

/// The relay, if one is set. Made inside the runtime, which its connections belong to.
fn relay(settings: &Serve) -> Result<Option<Relay>, Failure> {
    let Some(url) = &settings.smtp_url else { return Ok(None) };
    let relay = Relay::new(url.secret()).map_err(|reason| Failure::usage(format!("--smtp-url: {reason}")))?;
    if url.exposes_password() {
        tracing::warn!("the relay's password travels in the clear; starttls:// or smtps:// would hide it");
    }
    Ok(Some(relay))
}

/// TLS, if certificate and key are set.
fn tls(settings: &Serve) -> Result<Option<Tls>, Failure> {
    match (&settings.tls_certificate, &settings.tls_key) {
        (Some(certificate), Some(key)) => Tls::load(certificate, key).map(Some),
        _ => Ok(None),
    }
}

fn site(settings: &Serve) -> Site {
    let mut trusted = settings.trusted_proxies.clone();
    if settings.trust_forwarded {
        trusted.extend(Network::loopback());
    }
    Site {
        public_url: settings.public_url.clone(),
        trusted,
        forwarded_header: settings.forwarded_header.clone(),
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn intakes(settings: &Serve) -> Intakes {
    Intakes {
        body: settings.max_body,
        time: seconds(settings.request_timeout.get()),
        silence: seconds(settings.header_timeout.get()),
        memory: settings.request_memory,
        connections: settings.max_connections.get() as usize,
    }
}

fn bounds(settings: &Serve) -> Bounds {
    Bounds { silence: seconds(settings.header_timeout.get()), drain: seconds(settings.drain_seconds) }
}

fn rules(settings: &Serve) -> service::Settings {
    let lockout_seconds = i64::from(settings.lockout_minutes.get()) * 60;
    service::Settings {
        session_seconds: settings.session_seconds.get().into(),
        lockout_failures: settings.lockout_failures.get().into(),
        lockout_window_seconds: lockout_seconds,
        lockout_seconds,
        max_record_set: settings.max_record_set.get() as usize,
        strict_lengths: settings.strict_lengths,
        mail_from: settings.mail_from.clone(),
        delivers_mail: settings.smtp_url.is_some(),
        mail_attempts: settings.mail_attempts.get(),
        mail_retry_seconds: settings.mail_retry_seconds.get().into(),
        nested_items: settings.nested_items,
        turns: turns(settings),
        ..service::Settings::default()
    }
}

/// What a call that writes counts as at least, in records: 16 short calls of an account run at once and share a commit.
const LEAST_WRITE: usize = 37;

/// How calls take turns. A PostgreSQL database does as much at once as it has connections.
fn turns(settings: &Serve) -> TurnSettings {
    let turns = match &settings.place.database {
        Some(_) => TurnSettings::of_connections(settings.place.database_connections.get() as usize),
        None => TurnSettings { least_write: LEAST_WRITE, ..TurnSettings::of_cores(cores()) },
    };
    let turns = TurnSettings {
        waiting_each: settings.waiting_calls,
        hashes_waiting_each: settings.waiting_logins,
        ..turns
    };
    if settings.waiting_calls > 0 {
        return turns;
    }
    let none = Share { all: 0, each: 0 };
    TurnSettings { look_ups: none, reads: none, writes: none, ..turns }
}

/// What the store may take.
fn options(settings: &Serve) -> store::Options {
    store::Options {
        opening: Opening::ANY,
        read_deadline: Some(seconds(settings.read_deadline.get())),
        journal_bytes: settings.journal_memory,
        row_cache_bytes: settings.row_cache,
        page_cache_bytes: settings.page_cache,
    }
}

fn limits(settings: &Serve) -> Limits {
    Limits { nested: settings.nested_items, body: settings.max_body, ..Limits::default() }
}

fn quirks(settings: &Serve) -> Quirks {
    Quirks {
        text_xml_without_charset: if settings.charset_quirk {
            CharsetFallback::Ascii
        } else {
            CharsetFallback::Utf8
        },
        enumeration_fault: if settings.enumeration_fault {
            EnumerationFault::Serializer
        } else {
            EnumerationFault::Captured
        },
    }
}

async fn seed(service: &Service) -> Result<(), Failure> {
    let seeded = service.admin().seed_lab().await;
    seeded.map(|_| ()).map_err(|error| Failure::new(Exit::Failed, error.to_string()))
}

/// Says on standard output where the server is, for people and for scripts that start it.
fn announce(settings: &Serve, location: &Location, address: SocketAddr) {
    let version = env!("CARGO_PKG_VERSION");
    let scheme = if settings.tls_certificate.is_some() { "https" } else { "http" };
    let here = format!("{scheme}://{address}{}", http::ENDPOINT);
    let url = settings.public_url.as_ref().map_or(here.clone(), |public| public.endpoint(http::ENDPOINT));
    tracing::info!(%address, lab = settings.lab, memory = settings.memory, "listening");
    if !settings.lab {
        say(format_args!("Understudy {version} listens at {url}"));
        return;
    }
    let data = match location {
        Location::Memory => "in memory, gone when it stops".to_owned(),
        place => format!("in {place}"),
    };
    say(format_args!(
        "\
Understudy {version}, the lab: for developing and testing, reachable from this machine only
  Endpoint  {url}
  WSDL      {url}?WSDL
  Log in    account {LAB_ACCOUNT}, API user {LAB_USER}, password {LAB_PASSWORD}
  Data      {data}
  Try it    curl -d 'AccountNumber={LAB_ACCOUNT}&UserName={LAB_USER}&Password={LAB_PASSWORD}' {here}/Login
            or open {url}?op=Login in a browser
Ctrl-C stops it."
    ));
}
