//! A keep-alive HTTP/1.1 client that does no more than the measurement needs, so that it takes little
//! of the machine from the server: one blocking connection, one buffer.

use anyhow::{Context, Result, bail};
use std::io::{IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Nothing measured here takes a fraction of this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the calls go.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Host and port.
    pub authority: String,
    /// The path.
    pub path: String,
}

impl std::str::FromStr for Endpoint {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> Result<Endpoint> {
        let rest = url.strip_prefix("http://").context("the address has to begin with http://")?;
        let (authority, path) = rest.split_once('/').context("the address has no path")?;
        Ok(Endpoint { authority: authority.to_owned(), path: format!("/{path}") })
    }
}

/// A connection, and the last answer that came over it.
pub struct Connection {
    stream: TcpStream,
    endpoint: Endpoint,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects to the endpoint.
    pub fn open(endpoint: &Endpoint) -> Result<Connection> {
        let stream = TcpStream::connect(&endpoint.authority)
            .with_context(|| format!("no connection to {}", endpoint.authority))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { stream, endpoint: endpoint.clone(), answer: Vec::new() })
    }

    /// Sends a SOAP 1.1 message and gives the body of the answer, which must have status 200.
    pub fn call(&mut self, action: &str, body: &[u8]) -> Result<&[u8]> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/xml; charset=utf-8\r\n\
             SOAPAction: \"{action}\"\r\nContent-Length: {}\r\n\r\n",
            self.endpoint.path,
            self.endpoint.authority,
            body.len()
        );
        self.exchange(&head, body)
    }

    /// Asks for what is at the endpoint under a query and gives the body of the answer, which must have
    /// status 200.
    pub fn get(&mut self, query: &str) -> Result<&[u8]> {
        let Endpoint { authority, path } = &self.endpoint;
        let head = format!("GET {path}{query} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        self.exchange(&head, &[])
    }

    fn exchange(&mut self, head: &str, body: &[u8]) -> Result<&[u8]> {
        self.send(head.as_bytes(), body).context("the call was not sent")?;
        let body = self.receive().context("no whole answer")?;
        Ok(&self.answer[body..])
    }

    /// Head and body in one system call where the socket takes them.
    fn send(&mut self, head: &[u8], body: &[u8]) -> Result<()> {
        let sent = self.stream.write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
        if sent < head.len() {
            self.stream.write_all(&head[sent..])?;
        }
        Ok(self.stream.write_all(&body[sent.saturating_sub(head.len())..])?)
    }

    /// Reads one answer and tells where its body begins.
    fn receive(&mut self) -> Result<usize> {
        self.answer.clear();
        let start = loop {
            self.read_some()?;
            if let Some(at) = memchr::memmem::find(&self.answer, b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = std::str::from_utf8(&self.answer[..start])?;
        let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        };
        let length = head.lines().find_map(header).context("an answer without a length")??;
        while self.answer.len() < start + length {
            self.read_some()?;
        }
        if status != "200" {
            bail!("status {status}: {}", String::from_utf8_lossy(&self.answer[start..]));
        }
        Ok(start)
    }

    fn read_some(&mut self) -> Result<()> {
        let filled = self.answer.len();
        self.answer.resize(filled + 65_536, 0);
        let read = self.stream.read(&mut self.answer[filled..]);
        self.answer.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }
}
