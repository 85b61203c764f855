//! What proxies say about those who call through them, and which of them are believed.

use crate::support::http::{ENDPOINT, Request};
use crate::support::soap::{attribute, login_with};
use crate::support::{Server, run, run_with};
use tempfile::TempDir;

/// A folder with users that may log in from a partner's network, from this machine, and from everywhere.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["account", "add", "ACME"]).code, 0);
    for (user, allow) in [
        ("partner", &["--allow", "203.0.113.0/24"][..]),
        ("internal", &["--allow", "127.0.0.0/8", "--allow", "10.0.0.0/8"]),
        ("anyone", &[]),
    ] {
        let added = run_with(
            folder.path(),
            &[&["user", "add", "ACME", user], allow].concat(),
            &[],
            "a secret of mine\n",
        );
        assert_eq!(added.code, 0, "{added:?}");
    }
    folder
}

#[track_caller]
fn logs_in(server: &Server, user: &str, headers: &[(&str, &str)]) -> bool {
    let request = login_with("ACME", user, "a secret of mine");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    attribute(&server.send(&request), "LoginSuccess") == "true"
}

#[test]
fn a_user_is_let_in_by_the_address_that_the_proxy_gives() {
    let server = Server::start_in(folder(), &["--trusted-proxies", "127.0.0.1,10.9.0.0/16"], &[]);
    for (address, [partner, internal, anyone]) in [
        ("203.0.113.5", [true, false, true]),
        ("203.0.113.5:51008", [true, false, true]),
        ("::ffff:203.0.113.5", [true, false, true]),
        ("198.51.100.9:51008", [false, false, true]),
        ("[2001:db8::1]:443", [false, false, true]),
        ("unknown", [false, false, true]),
        ("10.1.1.1", [false, true, true]),
        ("127.0.0.1, 198.51.100.9", [false, false, true]),
        ("198.51.100.9, 203.0.113.5, 10.9.0.1", [true, false, true]),
        ("203.0.113.5, unknown", [false, false, true]),
    ] {
        for (user, expected) in [("partner", partner), ("internal", internal), ("anyone", anyone)] {
            assert_eq!(logs_in(&server, user, &[("X-Forwarded-For", address)]), expected, "{user} {address}");
        }
    }
    // Two lines are one list.
    let lines = [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "203.0.113.5")];
    assert!(logs_in(&server, "partner", &lines) && !logs_in(&server, "internal", &lines));
}

#[test]
fn another_header_may_hold_the_address() {
    let flags = ["--trust-forwarded", "--forwarded-header", "CF-Connecting-IP"];
    let server = Server::start_in(folder(), &flags, &[]);
    let headers = [("X-Forwarded-For", "127.0.0.1"), ("CF-Connecting-IP", "203.0.113.5")];
    assert!(logs_in(&server, "partner", &headers) && !logs_in(&server, "internal", &headers));
}

#[test]
fn nobody_else_is_believed() {
    let server = Server::start_in(folder(), &["--trusted-proxies", "10.0.0.1"], &[]);
    let address = [("X-Forwarded-For", "203.0.113.5")];
    assert!(!logs_in(&server, "partner", &address) && logs_in(&server, "internal", &address));
    let request = Request::new("GET", &format!("{ENDPOINT}?disco"))
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Port", "1");
    server.send(&request).contains("docRef=\"http://localhost/soap/V200611.ASMX\"");
}

#[test]
fn a_proxy_gives_scheme_host_and_port() {
    let server = Server::lab(&["--trust-forwarded"]);
    let request = Request::new("GET", &format!("{ENDPOINT}?disco")).header("X-Forwarded-Proto", "https");
    server.send(&request).contains("docRef=\"https://localhost/soap/V200611.ASMX\"");
    let request = request.header("X-Forwarded-Port", "8443");
    server.send(&request).contains("docRef=\"https://localhost:8443/soap/V200611.ASMX\"");
    let request = request.header("X-Forwarded-Host", "soap.example");
    server.send(&request).contains("docRef=\"https://soap.example:8443/soap/V200611.ASMX\"");
}

#[test]
fn networks_stand_in_the_configuration_file_as_a_text_or_a_list() {
    let (_, _, folder) = Server::start_in(folder(), &[], &[]).stop();
    let file = folder.path().join("understudy.toml");
    std::fs::write(&file, "trusted-proxies = [\"10.0.0.1\", \"127.0.0.1\"]").unwrap();
    let server = Server::start_in(folder, &[], &[]);
    assert!(logs_in(&server, "partner", &[("X-Forwarded-For", "203.0.113.5")]));
    let (_, _, folder) = server.stop();
    std::fs::write(&file, "trusted-proxies = \"10.0.0.1, 127.0.0.1\"").unwrap();
    let server = Server::start_in(folder, &[], &[]);
    assert!(logs_in(&server, "partner", &[("X-Forwarded-For", "203.0.113.5")]));
    let (_, _, folder) = server.stop();
    std::fs::write(&file, "trusted-proxies = [\"10.0.0.0/40\"]").unwrap();
    let outcome = run(folder.path(), &["serve"]);
    assert!(outcome.code == 2 && outcome.stderr.contains("10.0.0.0/40"), "{outcome:?}");
}
