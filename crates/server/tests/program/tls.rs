//! TLS as clients and operators see it.

use crate::support::http::ENDPOINT;
use crate::support::{Server, run};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const FLAGS: [&str; 5] = ["--lab", "--tls-certificate", "used.pem", "--tls-key", "used.key"];

type Client = StreamOwned<ClientConnection, TcpStream>;

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A folder with two pairs, of which the first is in use.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let conf = "[req]\ndistinguished_name=n\nx509_extensions=x\n[n]\n[x]\nsubjectAltName=DNS:localhost\n";
    fs::write(folder.path().join("conf"), conf).unwrap();
    for name in ["one", "two"] {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
        openssl(folder.path(), &[&["genpkey", "-out", &key], &curve[..]].concat());
        let files = ["-key", &key, "-out", &certificate];
        let about = ["-config", "conf", "-subj", "/CN=x", "-days", "2"];
        openssl(folder.path(), &[&["req", "-x509"], &files[..], &about].concat());
    }
    take(folder.path(), "one.pem", "used.pem");
    take(folder.path(), "one.key", "used.key");
    folder
}

fn take(folder: &Path, from: &str, to: &str) {
    fs::copy(folder.join(from), folder.join(to)).unwrap();
}

/// Connects with a client that trusts one certificate and speaks these protocols.
fn connect(server: &Server, certificate: &str, protocols: &[&[u8]]) -> io::Result<Client> {
    let mut roots = RootCertStore::empty();
    let file = server.folder.path().join(certificate);
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(server.address)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

fn get(client: &mut Client, target: &str) -> String {
    write!(client, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Waits until something is so.
fn wait_until(mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < deadline, "it does not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn requests_are_answered_and_addresses_say_https() {
    let server = Server::start_in(folder(), &FLAGS, &[]);
    assert!(server.banner.contains(&format!("https://{}{ENDPOINT}", server.address)), "{}", server.banner);
    let disco = get(&mut connect(&server, "one.pem", &[b"http/1.1"]).unwrap(), &format!("{ENDPOINT}?disco"));
    assert!(disco.contains("docRef=\"https://localhost/soap/V200611.ASMX\""), "{disco}");
    assert!(get(&mut connect(&server, "one.pem", &[]).unwrap(), "/healthz").ends_with("ok"));
    assert!(connect(&server, "two.pem", &[]).is_err());
    // Who speaks plain HTTP gets no answer in it.
    let mut plain = server.connect();
    plain.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(plain.ends());
}

#[test]
fn http_2_is_agreed_upon() {
    let server = Server::start_in(folder(), &FLAGS, &[]);
    let mut client = connect(&server, "one.pem", &[b"h2", b"http/1.1"]).unwrap();
    assert_eq!(client.conn.alpn_protocol(), Some(&b"h2"[..]));
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut frame = [0; 4];
    client.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "SETTINGS");
}

#[test]
fn a_new_certificate_is_taken_without_a_restart() {
    let server = Server::start_in(folder(), &FLAGS, &[]);
    let mut before = connect(&server, "one.pem", &[]).unwrap();
    let folder = server.folder.path();
    take(folder, "two.pem", "used.pem");
    take(folder, "two.key", "used.key");
    wait_until(|| connect(&server, "two.pem", &[]).is_ok());
    assert!(connect(&server, "one.pem", &[]).is_err());
    // What was connected stays connected.
    assert!(get(&mut before, "/healthz").ends_with("ok"));
    let (code, log, _) = server.stop();
    assert_eq!(code, 0);
    assert!(log.contains("were read again"), "{log}");
}

#[test]
fn files_that_do_not_fit_change_nothing() {
    let server = Server::start_in(folder(), &FLAGS, &[]);
    take(server.folder.path(), "two.key", "used.key");
    // Long enough for the files to be looked at a few times.
    std::thread::sleep(Duration::from_secs(7));
    assert!(connect(&server, "one.pem", &[]).is_ok());
    let (_, log, _) = server.stop();
    assert_eq!(log.matches("the old ones stay").count(), 1, "{log}");
    assert!(log.contains("holds another key"), "{log}");
}

#[test]
fn a_pair_that_does_not_fit_keeps_the_program_from_starting() {
    let folder = folder();
    for (flags, text) in [
        (&["--tls-certificate", "used.pem"][..], "--tls-key"),
        (&["--tls-key", "used.key"], "--tls-certificate"),
        (&["--tls-certificate", "used.pem", "--tls-key", "two.key"], "two.key holds another key"),
        (&["--tls-certificate", "used.pem", "--tls-key", "used.pem"], "used.pem holds no private key"),
        (&["--tls-certificate", "none.pem", "--tls-key", "used.key"], "none.pem can't be read"),
    ] {
        let outcome = run(folder.path(), &[&["serve", "--listen", ":0"], flags].concat());
        assert!(outcome.code == 2 && outcome.stderr.contains(text), "{outcome:?}");
    }
}
