//! An encrypted connection, with little memory to each.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// How much may wait to be sent: one record. What does not fit waits in the answer.
const UNSENT: usize = 16 << 10;

/// How much a client may send before it has agreed on keys. It takes 2 KiB, and rustls would keep 64.
const GREETING: usize = 16 << 10;

/// How much a client may then send without a byte of a request in it. Anything above a record's 16,645
/// bytes and what rustls reads at once, 4,096, is nothing but noise, of which rustls would keep 64 KiB.
const NOISE: usize = 24 << 10;

/// An encrypted connection.
#[derive(Debug)]
pub struct Stream<S>(TlsStream<Metered<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// Agrees on keys with the client.
    pub async fn accept(config: Arc<ServerConfig>, plain: S) -> io::Result<Stream<S>> {
        let plain = Metered { plain, left: GREETING };
        let acceptor = TlsAcceptor::from(config);
        let stream = acceptor.accept_with(plain, |connection| connection.set_buffer_limit(Some(UNSENT)));
        let mut stream = Stream(stream.await?);
        stream.allow_noise();
        Ok(stream)
    }

    fn allow_noise(&mut self) {
        self.0.get_mut().0.left = NOISE;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A record at a time: what a long buffer takes at once may be more than the noise that is allowed.
        let data = ready!(Pin::new(&mut self.0).poll_fill_buf(context))?;
        let amount = data.len().min(buffer.remaining());
        buffer.put_slice(&data[..amount]);
        if amount > 0 {
            Pin::new(&mut self.0).consume(amount);
            self.allow_noise();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// A connection from which only so many bytes can be read until more are allowed.
#[derive(Debug)]
struct Metered<S> {
    plain: S,
    left: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            let text = "the client sent too much TLS without a request in it";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.plain).poll_read(context, buffer))?;
        let came = buffer.filled().len() - before;
        self.left = self.left.saturating_sub(came);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.plain).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.plain).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.plain.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.plain).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.plain).poll_shutdown(context)
    }
}
