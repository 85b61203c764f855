//! Accepts connections, serves them, and brings them to an end.
//!
//! Our own loop around hyper, because a server that faces networks needs what a ready-made one leaves
//! out: a bound on connections, time limits on silence, and an end that waits for calls under way.

use super::App;
use super::caller::Ends;
use super::progress::{Progress, Watched};
use crate::exit::{Exit, Failure};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// The bounds of the connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many there are at once.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may be silent.
    pub silence: Duration,
    /// How long calls under way may take to finish at the end.
    pub drain: Duration,
}

/// Binds the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is in use, perhaps by another understudy; stop that, or choose another port with \
                 --listen (port 0 takes a free one)"
            }
            io::ErrorKind::PermissionDenied => {
                "not permitted; ports below 1024 need special rights, choose another with --listen"
            }
            io::ErrorKind::AddrNotAvailable => {
                "no such address on this machine; --listen 0.0.0.0:PORT takes all there are"
            }
            _ => "choose another address with --listen",
        };
        Failure::new(Exit::Address, format!("can't listen on {address}: {advice} ({error})"))
    })
}

/// Serves until `stop` comes back, then lets calls under way finish and be answered.
///
/// # Errors
/// [`Exit::CutOff`] if they did not finish in time.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, slot) = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut stop => break,
        };
        let connection = converse(stream, peer, Arc::clone(&app), bounds, connections.watcher());
        tokio::spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping: no new connections, calls under way finish");
    let finish = async {
        connections.shutdown().await;
        // A call whose client went away is not part of any connection any more.
        app.calls_finished().await;
    };
    timeout(bounds.drain, finish).await.map_err(|_| {
        let seconds = bounds.drain.as_secs();
        Failure::new(
            Exit::CutOff,
            format!("calls were still running after {seconds} s and were cut off; --drain-seconds gives them more time"),
        )
    })
}

/// Waits for a free place and then for a client.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    let mut pause = Duration::from_millis(5);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            // The client was gone before it was accepted: none of our business.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Most likely out of file descriptors, which takes some connections to end.
            Err(error) => {
                tracing::error!(%error, "can't accept connections; trying again");
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

/// Serves one connection to its end.
async fn converse(stream: TcpStream, peer: SocketAddr, app: Arc<App>, bounds: Bounds, watcher: Watcher) {
    // Answers are written in one piece; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let Ok(server) = stream.local_addr() else { return };
    let ends = Ends { peer, server, tls: false };
    let progress = Progress::new();
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&progress)));
    let service = service_fn(|request| {
        let (app, working) = (Arc::clone(&app), progress.work());
        async move {
            let answer = app.answer(request, ends).await;
            drop(working);
            Ok::<_, Infallible>(answer)
        }
    });
    let builder = protocols(bounds);
    let connection = watcher.watch(builder.serve_connection(stream, service));
    let silent = tokio::select! {
        end = connection => end.is_err_and(|error| is_timeout(&*error)),
        () = progress.stalled(bounds.silence) => true,
    };
    if silent && progress.heard() {
        tracing::warn!(
            outcome = "slow",
            "closed a connection: the client began a request or an answer and then took too long"
        );
    }
}

fn protocols(bounds: Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Old clients look for `Content-Type`, not for `content-type`.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.silence).title_case_headers(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        .keep_alive_interval(bounds.silence)
        .keep_alive_timeout(bounds.silence);
    builder
}

fn is_timeout(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
}
