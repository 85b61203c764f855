//! The signals that ask the program to end, and the one that says that its terminal is gone.

#[cfg(unix)]
use crate::exit::Exit;
use crate::exit::Failure;

/// Ctrl-C and, where there is such a thing, SIGTERM.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// [`Exit::Failed`] where the system does not let it.
    pub fn new() -> Result<Signals, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let caught = |kind| {
            signal(kind)
                .map_err(|error| Failure::new(Exit::Failed, format!("signals can't be caught: {error}")))
        };
        Ok(Signals {
            terminate: caught(SignalKind::terminate())?,
            interrupt: caught(SignalKind::interrupt())?,
            hangup: caught(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one that asks to end. SIGHUP does not: the terminal from which the program was started may
    /// close, and the only files it could reload, certificates and keys, are watched anyway.
    pub async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => tracing::info!("SIGHUP: goes on; certificates are read again when their files change"),
            }
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Catches the signals from now on.
    pub fn new() -> Result<Signals, Failure> {
        Ok(Signals {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
