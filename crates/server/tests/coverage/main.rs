//! `docs/coverage.md`: what is verified, against what. Made from the contract, the rules and the
//! cases; this test fails when the file is out of date, when a code is neither raised and tested
//! nor explained, and when an explained one is raised after all.
//!
//! `UNDERSTUDY_COVERAGE=write cargo test -p understudy --test coverage` writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod page;
mod sources;

use contract::Contract;
use sources::Sources;
use std::path::Path;

#[test]
fn the_page_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = Contract::get().unwrap();
    let sources = Sources::read(&root, contract);
    let page = page::write(contract, &sources);
    let path = root.join("docs/coverage.md");
    if std::env::var("UNDERSTUDY_COVERAGE").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/coverage.md is out of date; UNDERSTUDY_COVERAGE=write writes it");
}

#[test]
fn every_code_is_raised_and_tested_or_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = Contract::get().unwrap();
    let sources = Sources::read(&root, contract);
    let mut mistakes = Vec::new();
    for (_, entry) in contract.codes.iter() {
        let code = &entry.name;
        let (raised, tested) = (!sources.raised(code).is_empty(), !sources.tested(code).is_empty());
        match (raised, tested, sources.reason(code)) {
            (true, true, None) | (false, _, Some(_)) => {}
            (true, _, Some(_)) => mistakes.push(format!("{code} is raised, yet explained as impossible")),
            (true, false, None) => mistakes.push(format!("{code} is raised, yet no case shows it")),
            (false, _, None) => mistakes.push(format!("{code} is neither raised nor explained")),
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}
