use super::pair::Files;
use super::watch::{Seen, Watch};
use super::*;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};

const EC: [&str; 3] = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// A folder with certificates and keys.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        let text = "[req]\ndistinguished_name=n\nx509_extensions=x\n[n]\n[x]\nsubjectAltName=DNS:localhost\n";
        fs::write(folder.path("conf"), text).unwrap();
        folder
    }

    /// A folder with one pair, `one.pem` and `one.key`.
    fn with_one() -> Folder {
        let folder = Folder::new();
        folder.make("one", &EC);
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").current_dir(self.0.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Makes a key and a certificate that is valid for thirty days.
    fn make(&self, name: &str, algorithm: &[&str]) {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        self.openssl(&[&["genpkey", "-out", &key, "-algorithm"], algorithm].concat());
        self.openssl(&[
            "req",
            "-x509",
            "-config",
            "conf",
            "-key",
            &key,
            "-out",
            &certificate,
            "-subj",
            "/CN=x",
            "-days",
            "30",
        ]);
    }

    fn load(&self, certificate: &str, key: &str) -> Result<Tls, Failure> {
        Tls::load(&self.path(certificate), &self.path(key))
    }

    fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
    }

    /// A client that trusts these certificates.
    fn client(&self, certificates: &[&str], version: &'static SupportedProtocolVersion) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for name in certificates {
            roots.add(CertificateDer::from_pem_file(self.path(name)).unwrap()).unwrap();
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(&[version]).unwrap();
        builder.with_root_certificates(roots).with_no_client_auth()
    }
}

/// Connects a client to the server.
async fn connect(
    tls: &Tls,
    client: &Arc<ClientConfig>,
) -> (io::Result<Stream<DuplexStream>>, io::Result<TlsStream<DuplexStream>>) {
    let (here, there) = duplex(64 << 10);
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::clone(client));
    tokio::join!(tls.accept(here), connector.connect(name, there))
}

fn days_from_now(days: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + days * 86_400))
}

#[test]
fn every_form_of_a_key_is_read() {
    let folder = Folder::with_one();
    folder.openssl(&["ec", "-in", "one.key", "-out", "sec1.key"]);
    assert!(fs::read_to_string(folder.path("sec1.key")).unwrap().contains("BEGIN EC PRIVATE KEY"));
    folder.make("rsa", &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    folder.openssl(&["rsa", "-traditional", "-in", "rsa.key", "-out", "pkcs1.key"]);
    assert!(fs::read_to_string(folder.path("pkcs1.key")).unwrap().contains("BEGIN RSA PRIVATE KEY"));
    for (certificate, key) in
        [("one.pem", "one.key"), ("one.pem", "sec1.key"), ("rsa.pem", "rsa.key"), ("rsa.pem", "pkcs1.key")]
    {
        assert!(folder.load(certificate, key).is_ok(), "{key}");
    }
}

#[test]
fn what_is_wrong_is_said_of_the_right_file() {
    let folder = Folder::with_one();
    folder.make("two", &EC);
    folder.openssl(&["ec", "-aes256", "-passout", "pass:x", "-in", "one.key", "-out", "locked.key"]);
    let key = fs::read_to_string(folder.path("one.key")).unwrap();
    fs::write(folder.path("half.key"), &key[..key.len() / 2]).unwrap();
    let certificate = fs::read_to_string(folder.path("one.pem")).unwrap();
    fs::write(folder.path("half.pem"), &certificate[..certificate.len() / 2]).unwrap();
    fs::write(folder.path("empty"), "").unwrap();
    let damaged = certificate.replace("\nM", "\nN");
    fs::write(folder.path("damaged.pem"), damaged).unwrap();
    for (certificate, key, texts) in [
        ("none", "one.key", ["--tls-certificate", "none can't be read"]),
        ("one.pem", "none", ["--tls-key", "none can't be read"]),
        ("empty", "one.key", ["--tls-certificate", "empty holds no certificate"]),
        ("one.pem", "empty", ["--tls-key", "empty holds no private key"]),
        ("one.key", "one.pem", ["--tls-certificate", "one.key holds no certificate"]),
        ("half.pem", "one.key", ["--tls-certificate", "half.pem is damaged"]),
        ("damaged.pem", "one.key", ["--tls-certificate", "damaged.pem can't be used"]),
        ("one.pem", "half.key", ["--tls-key", "half.key is damaged"]),
        ("one.pem", "locked.key", ["--tls-key", "locked.key has a key with a passphrase"]),
        ("one.pem", "two.key", ["--tls-key", "two.key holds another key than that of"]),
    ] {
        let text = folder.load(certificate, key).err().unwrap().to_string();
        assert!(text.starts_with(texts[0]) && text.contains(texts[1]), "{text}");
        assert!(!text.contains(key.lines().nth(1).unwrap_or("BEGIN")), "{text}");
    }
}

#[test]
fn the_end_of_a_certificate_is_known() {
    let folder = Folder::with_one();
    let validity = folder.load("one.pem", "one.key").unwrap().validity;
    assert_eq!(validity.warning(UnixTime::now()), None);
    assert!(validity.warning(days_from_now(26)).unwrap().contains("expires at"));
    assert!(!validity.is_past(days_from_now(29)) && validity.is_past(days_from_now(31)));
}

#[tokio::test]
async fn both_versions_are_spoken_and_resumed() {
    let folder = Folder::with_one();
    let tls = folder.load("one.pem", "one.key").unwrap();
    for (version, expected) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let mut client = folder.client(&["one.pem"], version);
        client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = Arc::new(client);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let (server, client) = connect(&tls, &client).await;
            let (mut server, mut client) = (server.unwrap(), client.unwrap());
            client.write_all(b"request").await.unwrap();
            client.flush().await.unwrap();
            let mut request = [0; 7];
            server.read_exact(&mut request).await.unwrap();
            server.write_all(b"answer").await.unwrap();
            server.flush().await.unwrap();
            let mut answer = [0; 6];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!((&request, &answer), (b"request", b"answer"));
            let connection = client.get_ref().1;
            assert_eq!(connection.protocol_version(), Some(expected));
            assert_eq!(connection.alpn_protocol(), Some(&b"h2"[..]));
            assert_eq!(connection.handshake_kind(), Some(kind), "{expected:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_longer_than_the_buffers_arrives() {
    let folder = Folder::with_one();
    let tls = folder.load("one.pem", "one.key").unwrap();
    let (server, client) = connect(&tls, &Arc::new(folder.client(&["one.pem"], &TLS13))).await;
    let (mut server, mut client) = (server.unwrap(), client.unwrap());
    let long = vec![7; 1 << 20];
    let mut request = vec![0; long.len()];
    let sent = async {
        client.write_all(&long).await?;
        client.flush().await
    };
    tokio::try_join!(sent, server.read_exact(&mut request)).unwrap();
    assert!(request == long);
    let mut answer = vec![0; long.len()];
    let sent = async {
        server.write_all(&long).await?;
        server.flush().await
    };
    tokio::try_join!(sent, client.read_exact(&mut answer)).unwrap();
    assert!(answer == long);
}

#[tokio::test]
async fn a_greeting_that_does_not_end_is_cut_off() {
    let folder = Folder::with_one();
    let tls = folder.load("one.pem", "one.key").unwrap();
    let (here, mut there) = duplex(1 << 20);
    // Records of a handshake message of 60,000 bytes, as long as a record may be.
    let mut greeting = vec![1, 0, 0xea, 0x60];
    greeting.resize(60_000, 0);
    for chunk in greeting.chunks(16 << 10) {
        let length = u16::try_from(chunk.len()).unwrap().to_be_bytes();
        there.write_all(&[&[22, 3, 1], &length[..], chunk].concat()).await.unwrap();
    }
    let error = tls.accept(here).await.unwrap_err();
    assert!(error.to_string().contains("too much TLS"), "{error}");
}

/// A pair in use, `used.pem` and `used.key`, of which `one` is the first.
fn watched(folder: &Folder) -> (Tls, Watch) {
    folder.make("two", &EC);
    folder.copy("one.pem", "used.pem");
    folder.copy("one.key", "used.key");
    let tls = folder.load("used.pem", "used.key").unwrap();
    (tls.clone(), Watch::new(tls, UnixTime::now()))
}

#[tokio::test]
async fn a_new_pair_is_used_by_the_next_connection() {
    let folder = Folder::with_one();
    let (tls, mut watch) = watched(&folder);
    let [one, two] = ["one.pem", "two.pem"].map(|name| Arc::new(folder.client(&[name], &TLS13)));
    assert!(connect(&tls, &one).await.1.is_ok());
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing));
    folder.copy("two.pem", "used.pem");
    folder.copy("two.key", "used.key");
    assert!(matches!(watch.look(UnixTime::now()), Seen::Replaced { .. }));
    assert!(connect(&tls, &one).await.1.is_err());
    assert!(connect(&tls, &two).await.1.is_ok());
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing));
}

#[tokio::test]
async fn a_pair_that_does_not_fit_leaves_the_old_one_and_is_said_once() {
    let folder = Folder::with_one();
    let (tls, mut watch) = watched(&folder);
    let one = Arc::new(folder.client(&["one.pem"], &TLS13));
    folder.copy("two.pem", "used.pem");
    // The key may be about to come.
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing));
    assert!(
        matches!(watch.look(UnixTime::now()), Seen::Refused(failure) if failure.to_string().contains("another key"))
    );
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing));
    fs::remove_file(folder.path("used.key")).unwrap();
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing));
    assert!(
        matches!(watch.look(UnixTime::now()), Seen::Refused(failure) if failure.to_string().contains("read"))
    );
    assert!(connect(&tls, &one).await.1.is_ok());
    folder.copy("two.key", "used.key");
    assert!(matches!(watch.look(UnixTime::now()), Seen::Replaced { .. }));
    assert!(connect(&tls, &one).await.1.is_err());
}

#[test]
fn a_pair_past_its_end_is_not_taken() {
    let folder = Folder::with_one();
    let (_, mut watch) = watched(&folder);
    folder.copy("two.pem", "used.pem");
    folder.copy("two.key", "used.key");
    let late = days_from_now(31);
    // The end of the pair in use is past, too.
    assert!(matches!(watch.look(late), Seen::Nothing));
    assert!(matches!(watch.look(late), Seen::Refused(failure) if failure.to_string().contains("expired at")));
    assert!(matches!(watch.look(late), Seen::Ending(warning) if warning.contains("expired at")));
    assert!(matches!(watch.look(late), Seen::Nothing));
    assert!(matches!(watch.look(UnixTime::now()), Seen::Nothing), "it is refused until it changes");
}

#[test]
fn a_byte_that_goes_from_one_file_to_the_other_is_a_change() {
    let folder = Folder::new();
    let files = Files { certificate: folder.path("a").into(), key: folder.path("b").into() };
    let fingerprint = |a: &str, b: &str| {
        fs::write(folder.path("a"), a).unwrap();
        fs::write(folder.path("b"), b).unwrap();
        files.read().unwrap().fingerprint()
    };
    assert_ne!(fingerprint("xy", "z"), fingerprint("x", "yz"));
}
