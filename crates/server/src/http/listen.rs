//! Accepts connections, serves them, and brings them to an end.
//!
//! Our own loop around hyper, because a server that faces networks needs what a ready-made one leaves
//! out: a bound on connections, time limits on silence, clients that go away, and an end that waits for calls under
//! way.

use super::App;
use super::activity::{Activity, End};
use super::address::AddressKey;
use super::caller::Ends;
use super::connections::Place;
use super::socket::Socket;
use crate::exit::{Exit, Failure};
use crate::tls::Tls;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// The most streams that an HTTP/2 connection has at once.
const STREAMS: u32 = 16;

/// What an HTTP/2 client may send of a body before it is read, in bytes.
const WINDOW: u32 = 64 << 10;

/// The longest head of a request, and how much of a body is read at once, in bytes.
const BUFFER: usize = 16 << 10;

/// The longest list of headers that an HTTP/2 client may send, in bytes.
const HEADERS: u32 = 8 << 10;

/// How long an answer may stand still once the server stops.
const STILL: Duration = Duration::from_secs(5);

/// The bounds of the connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
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
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener, &app) => accepted,
            () = &mut stop => break,
        };
        let activity = Activity::new();
        let client = AddressKey::from(Some(peer.ip()));
        let proxy = app.site.trusts(peer.ip());
        let Some(place) = app.connections.admit((!proxy).then_some(client), &activity) else {
            tracing::warn!(
                outcome = "full",
                "closed a new connection: --max-connections are open and none that could make room is idle"
            );
            continue;
        };
        let (app, tls, stopped) = (Arc::clone(&app), tls.clone(), stopped.clone());
        let connection = Connection { app, tls, stopped, peer, activity, proxy, bounds, place };
        tokio::spawn(connection.converse(stream, connections.watcher()));
    }
    drop(listener);
    // Who has not agreed on keys has asked for nothing.
    stopping.send_replace(true);
    app.intake.stop();
    tracing::info!(connections = connections.count(), "stopping: no new connections, calls under way finish");
    let finish = async {
        connections.shutdown().await;
        // A call whose client went away is not part of any connection any more.
        app.calls_finished().await;
    };
    let finish = async {
        tokio::select! {
            () = finish => {}
            () = cut_off_still(&app) => {}
        }
    };
    timeout(bounds.drain, finish).await.map_err(|_| {
        let seconds = bounds.drain.as_secs();
        Failure::new(
            Exit::CutOff,
            format!("calls were still running after {seconds} s and were cut off; --drain-seconds gives them more time"),
        )
    })
}

/// Cuts off, now and then, the answers that their clients do not take.
async fn cut_off_still(app: &App) {
    loop {
        sleep(Duration::from_secs(1)).await;
        app.connections.cut_off(STILL);
    }
}

/// True for an error that says that the system has run out of something that a connection takes.
fn is_shortage(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };
    error.raw_os_error().is_some_and(|code| [ENOMEM, ENFILE, EMFILE, ENOBUFS].contains(&code))
}

/// Waits for a client.
async fn accept(listener: &TcpListener, app: &App) -> (TcpStream, SocketAddr) {
    let mut pause = Duration::from_millis(5);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Takes some connections to end.
            Err(error) if is_shortage(&error) => {
                let closed = app.connections.close_one();
                tracing::error!(%error, closed_an_idle_one = closed, "can't accept connections; trying again");
            }
            // The client was gone before it was accepted: none of our business.
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                if error.kind() == io::ErrorKind::ConnectionAborted {
                    continue;
                }
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// One connection.
struct Connection {
    app: Arc<App>,
    tls: Option<Tls>,
    /// True once the server stops.
    stopped: watch::Receiver<bool>,
    peer: SocketAddr,
    activity: Arc<Activity>,
    /// Whether the peer is a trusted proxy.
    proxy: bool,
    bounds: Bounds,
    place: Place,
}

impl Connection {
    /// Serves it to its end.
    async fn converse(self, stream: TcpStream, watcher: Watcher) {
        // Answers are written in one piece; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let Ok(server) = stream.local_addr() else { return };
        let ends = Ends { peer: self.peer, server, tls: self.tls.is_some() };
        let (stream, watched) = Socket::new(stream, Arc::clone(&self.activity));
        let silent = tokio::select! {
            silent = self.greet(stream, ends, watcher) => silent,
            // What its calls still wait for is given up with the connection.
            () = watched.reset() => false,
            end = self.activity.ended(self.bounds.silence) => end != End::Evicted,
        };
        if silent && self.activity.was_heard() {
            tracing::warn!(
                outcome = "slow",
                "closed a connection: the client began a request or an answer and then took too long"
            );
        }
        drop(self.place);
    }

    /// Agrees on keys, if there is to be TLS, and serves its requests; true if it ended because the client took too
    /// long.
    async fn greet(&self, stream: Socket, ends: Ends, watcher: Watcher) -> bool {
        let Some(tls) = &self.tls else { return self.serve(stream, ends, watcher).await };
        let greeting = timeout(self.bounds.silence, tls.accept(stream));
        match unless_stopped(self.stopped.clone(), greeting).await {
            Some(Ok(Ok(stream))) => return self.serve(stream, ends, watcher).await,
            Some(Ok(Err(error))) => tracing::debug!(%error, "closed a connection: no TLS came about"),
            Some(Err(_)) => tracing::debug!("closed a connection: TLS took too long"),
            None => tracing::debug!("closed a connection: the server stops before TLS came about"),
        }
        false
    }

    /// Serves its requests; true if it ended because the client took too long.
    async fn serve<S>(&self, stream: S, ends: Ends, watcher: Watcher) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (app, activity, proxy) = (Arc::clone(&self.app), Arc::clone(&self.activity), self.proxy);
        let service = service_fn(move |request| {
            let (app, activity) = (Arc::clone(&app), Arc::clone(&activity));
            app.answer(request, ends, activity, proxy)
        });
        let builder = protocols(self.bounds);
        let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service));
        connection.await.is_err_and(|error| is_timeout(&*error))
    }
}

/// Does the work unless the server stops first.
async fn unless_stopped<T>(mut stopped: watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        _ = stopped.wait_for(|stopped| *stopped) => None,
    }
}

fn protocols(bounds: Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.silence)
        .max_buf_size(BUFFER)
        // A client that sends no more may still read.
        .half_close(true)
        // Old clients look for `Content-Type`, not for `content-type`.
        .title_case_headers(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(HEADERS)
        .max_send_buf_size(16 << 10)
        .keep_alive_interval(bounds.silence)
        .keep_alive_timeout(bounds.silence);
    builder
}

fn is_timeout(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn what_has_not_begun_ends_when_the_server_stops() {
        let (stopping, stopped) = watch::channel(false);
        assert_eq!(unless_stopped(stopped.clone(), ready(1)).await, Some(1));
        let silent = tokio::spawn(unless_stopped(stopped.clone(), pending::<()>()));
        tokio::task::yield_now().await;
        stopping.send_replace(true);
        assert_eq!(silent.await.unwrap(), None);
        // Also what comes late.
        assert_eq!(unless_stopped(stopped, pending::<()>()).await, None);
    }

    #[test]
    fn only_a_shortage_closes_a_connection() {
        for (code, shortage) in [(24, true), (23, true), (12, true), (1, false), (71, false), (103, false)] {
            assert_eq!(is_shortage(&io::Error::from_raw_os_error(code)), shortage, "{code}");
        }
        assert!(!is_shortage(&io::Error::from(io::ErrorKind::ConnectionAborted)));
    }
}
