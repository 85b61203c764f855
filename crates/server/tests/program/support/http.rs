//! A client that writes the bytes it is told to, and reads answers by Content-Length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The path of the endpoint.
pub const ENDPOINT: &str = "/soap/V200611.ASMX";

/// A request. `Host` and `Content-Length` are added where they are missing.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, target: &str) -> Request {
        Request {
            method: method.into(),
            target: target.into(),
            version: "HTTP/1.1",
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// Sends it to another path or with a query.
    pub fn target(mut self, target: &str) -> Request {
        self.target = target.into();
        self
    }

    /// Sends it as HTTP/1.0.
    pub fn http_10(mut self) -> Request {
        self.version = "HTTP/1.0";
        self
    }

    /// The head as it goes out.
    pub fn head(&self) -> String {
        let mut head = format!("{} {} {}\r\n", self.method, self.target, self.version);
        let has = |name: &str| self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        if !has("host") {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !has("content-length") && !has("transfer-encoding") && self.method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head + "\r\n"
    }

    /// The whole of it as it goes out.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head().as_bytes(), &self.body].concat()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status line's version.
    pub version: String,
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Checks status, content type and cache control: what every answer is known by.
    #[track_caller]
    pub fn expect(&self, status: u16, content_type: &str) -> &Answer {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header("content-type"), Some(content_type), "{text}");
        let cache = if status == 200 { "private, max-age=0" } else { "private" };
        assert_eq!(self.header("cache-control"), Some(cache));
        assert_eq!(self.header("x-aspnet-version"), Some("4.0.30319"));
        self
    }

    /// Checks that the body holds a text.
    #[track_caller]
    pub fn contains(&self, text: &str) -> &Answer {
        assert!(self.text().contains(text), "{text:?} is not in {}", self.text());
        self
    }
}

/// A connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects; nothing waits longer than half a minute.
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Client(BufReader::new(stream))
    }

    /// Sends a request and reads its answer.
    pub fn send(&mut self, request: &Request) -> Answer {
        self.write(&request.bytes());
        self.answer_to(&request.method)
    }

    /// Writes bytes. That the server has closed the connection meanwhile is no error: it may have
    /// answered before.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Says that nothing more will be sent.
    pub fn send_no_more(&mut self) {
        self.0.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Reads an answer.
    pub fn answer(&mut self) -> Answer {
        self.answer_to("POST")
    }

    fn answer_to(&mut self, method: &str) -> Answer {
        let (version, status, headers) = self.head();
        let mut answer = Answer { version, status, headers, body: Vec::new() };
        let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if method == "HEAD" {
            return answer;
        }
        answer.body = vec![0; length.expect("answers have a Content-Length")];
        self.0.read_exact(&mut answer.body).unwrap();
        answer
    }

    /// Reads the head of an answer: version, status, headers.
    pub fn head(&mut self) -> (String, u16, Vec<(String, String)>) {
        let first = self.line();
        let mut words = first.split(' ');
        let version = words.next().unwrap().to_owned();
        let status = words.next().unwrap_or_else(|| panic!("not a status line: {first:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        (version, status, headers)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Reads that many bytes.
    pub fn exactly(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the server closes the connection, whatever it says before that.
    pub fn ends(&mut self) -> bool {
        self.0.read_to_end(&mut Vec::new()).is_ok()
    }

    /// True if the server closes the connection without a further byte.
    pub fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}
