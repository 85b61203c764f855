//! The program in a process of its own, and what it answers.

use crate::postgres::TestDatabase;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// The login that `{{session}}` comes from.
const LOGIN: &str = "AccountNumber=LAB001&UserName=lab&Password=lab";

/// What stands before the address in the banner.
const HERE: &str = "http://";

/// A running server, killed when dropped.
pub struct Server {
    child: Child,
    /// Where its data is, until it has ended.
    data: Option<Data>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts one on a free port, with a file of objects loaded, if there is one. Embedded data is on disk
    /// where a file is to be loaded, and else in memory.
    pub fn start(place: Place, flags: &[&str], objects: Option<&Path>) -> Server {
        let data = match place {
            Place::Postgres => Some(Data::Postgres(TestDatabase::like(&MIGRATED))),
            Place::Embedded => objects.map(|_| Data::Folder(TempDir::new().unwrap())),
        };
        let flags_of_place: Vec<String> = match &data {
            None => vec!["--memory".to_owned()],
            Some(Data::Folder(folder)) => vec!["--data".to_owned(), folder.path().display().to_string()],
            Some(Data::Postgres(database)) => {
                ["--database", &database.url, "--database-connections", "4"].map(str::to_owned).to_vec()
            }
        };
        let mut child = program(place)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error"])
            .args(&flags_of_place)
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut banner = stdout.lines().map_while(Result::ok).take_while(|line| !line.starts_with("Ctrl-C"));
        let address = banner.find_map(|line| {
            let (_, rest) = line.split_once(HERE)?;
            rest.split('/').next()?.parse().ok()
        });
        let Some(address) = address else {
            let _ = child.kill();
            panic!("the server did not start with {flags:?}");
        };
        if let Some(objects) = objects {
            let loaded = program(place).arg("load").args(&flags_of_place).arg(objects).output().unwrap();
            assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        }
        Server { child, data, address }
    }

    /// The value of a new session.
    pub fn session(&self) -> String {
        let request = format!(
            "POST /soap/V200611.ASMX/Login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{LOGIN}",
            self.address,
            LOGIN.len()
        );
        let answer = self.send(request.as_bytes()).unwrap();
        let value = answer.body.split("CventSessionHeader=\"").nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("the login failed: {answer}")).to_owned()
    }

    /// Sends a request on a connection of its own.
    pub fn send(&self, request: &[u8]) -> Result<Answer, String> {
        let error = |error: std::io::Error| error.to_string();
        let mut stream = TcpStream::connect(self.address).map_err(error)?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(error)?;
        // The server may have answered and closed before it has everything.
        let _ = stream.write_all(request);
        let mut stream = BufReader::new(stream);
        let mut head = head(&mut stream).map_err(error)?;
        while head.0.starts_with("HTTP/1.1 100") {
            head = self::head(&mut stream).map_err(error)?;
        }
        let (line, mut headers) = head;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| format!("not a status line: {line:?}"))?;
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.and_then(|(_, length)| length.parse().ok()).ok_or("there is no length")?;
        let mut body = vec![0; if request.starts_with(b"HEAD") { 0 } else { length }];
        stream.read_exact(&mut body).map_err(error)?;
        headers.retain(|(name, _)| !NOT_COMPARED.contains(&&**name));
        headers.sort();
        let body = String::from_utf8(body).map_err(|_| "the answer is not UTF-8")?;
        Ok(Answer { line, status, headers, body })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        drop(self.data.take());
    }
}

/// Where the servers keep their data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the embedded database.
    Embedded,
    /// In PostgreSQL.
    Postgres,
}

/// What is removed when a server has ended.
enum Data {
    Folder(TempDir),
    Postgres(TestDatabase),
}

/// A database with the tables made: a copy of it is there sooner than they are.
static MIGRATED: LazyLock<TestDatabase> = LazyLock::new(|| {
    let database = TestDatabase::empty();
    let made =
        program(Place::Postgres).args(["database", "migrate", "--database", &database.url]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    database
});

/// The program, with nothing of ours in its environment. Beside PostgreSQL it is the one that `UNDERSTUDY_BIN` names, if
/// that is set: without optimisation, making the lab takes most of the time there.
fn program(place: Place) -> Command {
    let named = std::env::var_os("UNDERSTUDY_BIN").filter(|_| matches!(place, Place::Postgres));
    let mut command = Command::new(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_understudy").into()));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("UNDERSTUDY_")) {
        command.env_remove(name);
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command
}

/// Headers that differ from run to run, and the one that only the lab sends.
const NOT_COMPARED: [&str; 3] = ["content-length", "date", "x-understudy-lab"];

type Head = (String, Vec<(String, String)>);

fn head(stream: &mut impl BufRead) -> std::io::Result<Head> {
    let mut lines = stream.lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok((first, headers))
}

/// An answer. Displayed in the form of `response.http`.
pub struct Answer {
    line: String,
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.line)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{}", self.body)
    }
}
