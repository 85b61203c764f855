//! Logins take turns by address, then by the account named.

use super::{Gate, Running, settings, until_waiting};
use crate::harness::{Bench, PASSWORD};
use contract::handles::object::login_result;
use contract::handles::{message, operation};
use service::{Call, Failure, TurnSettings, Waiting};
use std::net::{IpAddr, Ipv4Addr};

/// A login of an account's user with the right password.
pub fn login(bench: &Bench, account: &str) -> Call {
    login_as(bench, account, "api", PASSWORD)
}

fn login_as(bench: &Bench, account: &str, user: &str, password: &str) -> Call {
    let members = [("AccountNumber", account), ("UserName", user), ("Password", password)];
    bench.ready("", operation::LOGIN, bench.record(message::login::TYPE_ID, &members))
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn hashes(hashes: usize) -> Waiting {
    Waiting { hashes, ..Waiting::default() }
}

/// Lets a login have the turn to hash, and keep it until the gate is opened.
async fn hold(bench: &Bench, running: &mut Running) -> std::sync::Arc<Gate> {
    let gate = Gate::shut();
    running.start(bench, "first", Call { room: gate.clone(), ..login(bench, "A001") });
    tokio::task::yield_now().await;
    gate
}

#[tokio::test]
async fn abandoned_logins_do_not_delay_the_next() {
    let bench = Bench::new().await;
    let mut first = Running::default();
    let gate = hold(&bench, &mut first).await;
    let mut flood = Running::default();
    for index in 0..2_560_usize {
        // 1,280 from one address, the others from many.
        let peer = if index % 2 == 0 { address(1) } else { address((index % 251) as u8) };
        flood.start(&bench, "flood", Call { peer: Some(peer), ..login_as(&bench, "A001", "api", "wrong") });
    }
    until_waiting(&bench, hashes(256)).await;
    flood.until_answered(2_560 - 256).await;
    flood.all_leave();
    // None of them was hashed: they were refused or had gone.
    assert_eq!(flood.outcomes().await, (0, 2_560 - 256, 256));
    assert!(flood.begun.lock().unwrap().is_empty());
    assert_eq!(bench.service.waiting(), hashes(0));
    gate.open();
    assert_eq!(first.outcomes().await, (1, 0, 0));
    // Nobody is locked out, since nothing was tried.
    bench.login("A001", "api", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn one_address_holds_sixty_four_places() {
    let bench = Bench::new().await;
    let mut running = Running::default();
    let gate = hold(&bench, &mut running).await;
    let mut flood = Running::default();
    for host in 0..100_u16 {
        let peer = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host).into();
        flood.start(&bench, "", Call { peer: Some(peer), ..login(&bench, "A001") });
    }
    until_waiting(&bench, hashes(64)).await;
    flood.until_answered(36).await;
    flood.all_leave();
    assert_eq!(flood.outcomes().await, (0, 36, 64));
    gate.open();
    running.outcomes().await;
}

#[tokio::test]
async fn addresses_take_turns_and_then_accounts() {
    let bench = Bench::new().await;
    let mut running = Running::default();
    let gate = hold(&bench, &mut running).await;
    for _ in 0..5 {
        running.start(&bench, "flood", Call { peer: Some(address(1)), ..login(&bench, "nobody") });
    }
    running.start(&bench, "neighbour", Call { peer: Some(address(1)), ..login(&bench, "A001") });
    running.start(&bench, "quiet", Call { peer: Some(address(2)), ..login(&bench, "A001") });
    until_waiting(&bench, hashes(7)).await;
    gate.open();
    assert_eq!(running.outcomes().await, (8, 0, 0));
    let begun = running.begun.lock().unwrap().clone();
    assert_eq!(begun[..4], ["first", "flood", "quiet", "neighbour"]);
}

#[tokio::test]
async fn five_guesses_lock_a_user_out_though_they_are_made_at_once() {
    let bench = Bench::new().await;
    let mut running = Running::default();
    for _ in 0..8 {
        running.start(&bench, "", login_as(&bench, "A001", "api", "wrong"));
    }
    let mut texts = Vec::new();
    for task in running.tasks {
        let response = task.await.unwrap().unwrap();
        let result = response.record(message::login_response::LOGIN_RESULT).unwrap();
        texts.push(result.text(login_result::ERROR_MESSAGE).unwrap().to_owned());
    }
    assert_eq!(texts.iter().filter(|text| text.starts_with("Your account has been locked")).count(), 3);
}

#[tokio::test]
async fn a_member_over_4_kib_is_wrong_before_anything_waits() {
    let turns = TurnSettings { hashes_waiting_each: 0, ..TurnSettings::default() };
    let bench = Bench::with(settings(turns)).await;
    let mut running = Running::default();
    let gate = hold(&bench, &mut running).await;
    let (fits, long) = ("x".repeat(4096), "x".repeat(4097));
    for (account, user, password) in
        [(&long[..], "api", PASSWORD), ("A001", &long, PASSWORD), ("A001", "api", &long)]
    {
        let denied = bench.login(account, user, password).await;
        assert_eq!(denied, Err("Access is denied.".to_owned()));
    }
    for (account, user, password) in
        [(&fits[..], "api", PASSWORD), ("A001", &fits, PASSWORD), ("A001", "api", &fits)]
    {
        let answer = bench.service.call(login_as(&bench, account, user, password)).await;
        assert!(matches!(answer, Err(Failure::Busy(_))));
    }
    gate.open();
    running.outcomes().await;
}
