//! The certificate and the key: two files that have to fit.

use super::validity::Validity;
use crate::exit::Failure;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::ServerSessionMemoryCache;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, ServerConfig};

/// More than any certificate or key is long: a wrong path must not fill the memory.
const LONGEST: u64 = 1 << 20;

/// How many sessions of TLS 1.2 clients without tickets are kept for another connection. Others keep their
/// own, in a ticket.
const SESSIONS: usize = 256;

/// Where certificate and key are.
#[derive(Clone)]
pub struct Files {
    pub certificate: Arc<Path>,
    pub key: Arc<Path>,
}

/// What is in the files.
pub struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Says whether contents are the same.
pub type Fingerprint = [u8; 32];

/// A certificate and its key, ready for use.
pub struct Pair {
    pub config: Arc<ServerConfig>,
    pub validity: Validity,
}

impl Contents {
    /// The fingerprint of these contents.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        // Each for itself, or else a byte could go from one file to the other unnoticed.
        hash.update(Sha256::digest(&self.certificate));
        hash.update(Sha256::digest(&self.key));
        hash.finalize().into()
    }
}

impl Files {
    /// Reads both files.
    pub fn read(&self) -> Result<Contents, Failure> {
        let read = |path: &Path, fail: &dyn Fn(&str) -> Failure| {
            contents(path).map_err(|error| fail(&format!("can't be read: {error}")))
        };
        Ok(Contents {
            certificate: read(&self.certificate, &|trouble| self.bad_certificate(trouble))?,
            key: read(&self.key, &|trouble| self.bad_key(trouble))?,
        })
    }

    /// Makes a pair of what was read.
    pub fn pair(&self, contents: &Contents) -> Result<Pair, Failure> {
        let chain = CertificateDer::pem_slice_iter(&contents.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| self.bad_certificate("is damaged: it is not whole, or not PEM"))?;
        let first = chain.first().ok_or_else(|| self.bad_certificate("holds no certificate"))?;
        let validity = Validity::of(first);
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| {
            self.bad_key(match error {
                _ if is_encrypted(&contents.key) => {
                    "has a key with a passphrase; `openssl pkey -in FILE` writes it without"
                }
                pem::Error::NoItemsFound => "holds no private key",
                _ => "is damaged: it is not whole, or not PEM",
            })
        })?;
        Ok(Pair { config: self.config(chain, key)?, validity })
    }

    fn config(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Arc<ServerConfig>, Failure> {
        let provider = Arc::new(ring::default_provider());
        // What is wrong with the key alone.
        provider.key_provider.load_private_key(key.clone_key()).map_err(|_| {
            self.bad_key("holds a key of a kind that is not supported; use RSA, P-256, P-384 or Ed25519")
        })?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                self.bad_key(&format!("holds another key than that of {}", self.certificate.display()))
            }
            error => self.bad_certificate(&format!("can't be used: {error}")),
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        config.ticketer = ring::Ticketer::new()
            .map_err(|_| Failure::usage("--tls-key: the system has no random bytes for session tickets"))?;
        Ok(Arc::new(config))
    }

    /// A failure that is the certificate's.
    pub fn bad_certificate(&self, trouble: &str) -> Failure {
        Failure::usage(format!("--tls-certificate: {} {trouble}", self.certificate.display()))
    }

    fn bad_key(&self, trouble: &str) -> Failure {
        Failure::usage(format!("--tls-key: {} {trouble}", self.key.display()))
    }
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_encrypted(pem: &[u8]) -> bool {
    pem.windows(9).any(|word| word == b"ENCRYPTED")
}
