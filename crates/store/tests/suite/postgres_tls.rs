//! Encrypted connections, to a server that takes no others.

use crate::server::Server;
use crate::support::contract;
use store::{Location, OpenError, Options, Postgres, Store};

async fn open(server: &Server, host: &str, mode: &str) -> Result<(), OpenError> {
    let url = server.url.replace("localhost", host).replace("sslmode=require", mode);
    let place = Postgres { connections: 1, ..Postgres::new(url.parse().unwrap()) };
    let store = Store::open(contract(), &Location::Postgres(place), &Options::default()).await?;
    let accounts = store.read(|reader| reader.accounts()).await;
    store.close().await;
    assert_eq!(accounts, Ok(Vec::new()));
    Ok(())
}

#[tokio::test]
async fn connections_are_encrypted_and_servers_checked_as_the_url_says() {
    let server = Server::start(&["--tls"]);
    let authority = format!("sslmode=verify-full&sslrootcert={}", server.folder.join("ca.pem").display());
    for (host, mode) in [
        ("localhost", "sslmode=prefer"),
        ("localhost", "sslmode=require"),
        ("127.0.0.1", "sslmode=require"),
        ("localhost", &authority),
    ] {
        open(&server, host, mode).await.unwrap_or_else(|error| panic!("{host} {mode}: {error}"));
    }
    for (host, mode, told) in [
        ("localhost", "sslmode=disable", "no encryption"),
        // Not from an authority of this machine.
        ("localhost", "sslmode=verify-full", "certificate"),
        // Not for that name.
        ("127.0.0.1", &authority, "certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=nowhere.pem", "nowhere.pem"),
    ] {
        let error = open(&server, host, mode).await.unwrap_err();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(told), "{host} {mode}: {error}");
    }
}
