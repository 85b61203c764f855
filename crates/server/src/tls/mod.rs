//! TLS on the connections of clients: versions 1.2 and 1.3, with a certificate and a key that are read again
//! whenever their files change.
//!
//! [`pair`] reads the two files; [`watch`] looks at them while the server runs; [`stream`] is an encrypted
//! connection.

mod pair;
mod stream;
#[cfg(test)]
mod tests;
mod validity;
mod watch;

pub use stream::Stream;

use crate::exit::Failure;
use pair::{Files, Fingerprint};
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::UnixTime;
use validity::Validity;

/// TLS with the certificate that is in use. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    config: Arc<RwLock<Arc<ServerConfig>>>,
    fingerprint: Fingerprint,
    validity: Validity,
}

impl Tls {
    /// Reads a certificate, with those of the authorities in between, and its key.
    ///
    /// # Errors
    /// What is wrong with which file. A certificate that is past its end is only warned of: clients that do
    /// not check it go on working.
    pub fn load(certificate: &Path, key: &Path) -> Result<Tls, Failure> {
        let files = Files { certificate: certificate.into(), key: key.into() };
        let contents = files.read()?;
        let pair = files.pair(&contents)?;
        if let Some(warning) = pair.validity.warning(UnixTime::now()) {
            tracing::warn!("{warning}");
        }
        let config = Arc::new(RwLock::new(pair.config));
        Ok(Tls { files, config, fingerprint: contents.fingerprint(), validity: pair.validity })
    }

    /// Makes an encrypted connection of a plain one, with the certificate that is in use now. Waits for the
    /// client as long as that takes.
    ///
    /// # Errors
    /// Those of the connection, and a client with which no way to encrypt can be agreed upon.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, plain: S) -> io::Result<Stream<S>> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        Stream::accept(config, plain).await
    }

    /// Looks at the files every two seconds and uses what they hold once it has changed. Never comes back.
    pub async fn watch(self) {
        watch::watch(self).await;
    }

    fn replace(&self, config: Arc<ServerConfig>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }
}
