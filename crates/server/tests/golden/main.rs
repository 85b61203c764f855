//! Golden exchanges: requests on the wire and the answers they must get, in `tests/golden` at the top
//! of the repository. Its README says what the files hold and how to add one.
//!
//! `UNDERSTUDY_GOLDEN=write` writes the answers that are new or differ instead of failing;
//! `UNDERSTUDY_GOLDEN_ONLY=text` runs the cases whose name holds the text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the helpers are test code, too")]

mod case;
mod diff;
mod placeholder;
#[path = "../../../store/tests/postgres/mod.rs"]
mod postgres;
mod server;

use case::Case;
use placeholder::Values;
use server::{Place, Server};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

/// How many servers run at once.
const WORKERS: usize = 4;

/// The flags of every server: the same ids for the same calls, and a time that is known.
const FLAGS: [&str; 5] = ["--lab", "--seed-ids", "1", "--clock", "2026-11-24T12:00:00Z"];

#[test]
fn every_case_gets_its_answer() {
    let write = std::env::var("UNDERSTUDY_GOLDEN").is_ok_and(|mode| mode == "write");
    check_all(Place::Embedded, write);
}

#[test]
fn every_case_gets_the_same_answer_from_postgresql() {
    check_all(Place::Postgres, false);
}

fn check_all(place: Place, write: bool) {
    let only = std::env::var("UNDERSTUDY_GOLDEN_ONLY").unwrap_or_default();
    let cases = case::all().into_iter().filter(|case| case.name.contains(&only));
    let waiting = Mutex::new(cases.collect::<VecDeque<_>>());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let mut shared = None;
                loop {
                    let Some(case) = waiting.lock().unwrap().pop_front() else { break };
                    if let Err(failure) = check(&case, place, &mut shared, write) {
                        let text = format!("{}\n{failure}", case.folder.display());
                        failures.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} cases differ\n\n{}", failures.len(), failures.join("\n"));
}

/// Runs a case: on the worker's shared server if its area says so, and otherwise on one of its own.
fn check(case: &Case, place: Place, shared: &mut Option<Server>, write: bool) -> Result<(), String> {
    let own;
    let server = if case.shares_server() {
        &*shared.get_or_insert_with(|| Server::start(place, &FLAGS, None))
    } else {
        let flags: Vec<&str> = FLAGS.into_iter().chain(case.flags.iter().map(String::as_str)).collect();
        own = Server::start(place, &flags, case.objects.as_deref());
        &own
    };
    let mut values = Values::new(server.address.to_string());
    if case.needs_session() {
        values.session = Some(server.session());
    }
    for setup in &case.setups {
        let answer = server.send(&setup.bytes(&values)?)?;
        if answer.status >= 300 {
            return Err(format!("a set-up request failed: {answer}"));
        }
        values.capture(&answer.body);
    }
    thread::sleep(case.request.pause);
    let answer = server.send(&case.request.bytes(&values)?)?.to_string();
    let actual = values.hide(&answer, &case.given);
    match &case.response {
        Some(expected) if placeholder::matches(expected, &actual) => Ok(()),
        _ if write => case.write_response(&actual),
        Some(expected) => Err(diff::of(expected, &actual)),
        None => Err(format!("there is no response.http; the server answered\n{actual}")),
    }
}

#[test]
fn every_case_is_complete() {
    let cases = case::all();
    assert!(!cases.is_empty(), "there are no cases");
    for case in cases {
        let lines = case.why.lines().filter(|line| !line.trim().is_empty()).count();
        assert!((2..=6).contains(&lines), "{}: why.md has {lines} lines, not 2 to 6", case.name);
        assert!(case.response.is_some(), "{}: there is no response.http", case.name);
    }
}

#[test]
fn every_quirk_has_a_case() {
    let cases = case::all();
    let named: Vec<&str> = cases.iter().flat_map(Case::quirks).collect();
    for quirk in soap::QUIRKS {
        assert!(named.contains(&quirk.name), "no why.md has the line `quirk: {}`", quirk.name);
    }
    for name in named {
        assert!(soap::QUIRKS.iter().any(|quirk| quirk.name == name), "there is no quirk {name}");
    }
}
