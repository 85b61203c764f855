//! Starts the program and ends it.

use super::http::{Answer, Client, Request};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server in a folder of its own, on a free port. Killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it printed when it was ready.
    pub banner: String,
    log: Option<std::thread::JoinHandle<String>>,
    /// Its current folder.
    pub folder: TempDir,
}

impl Server {
    /// A lab in memory.
    pub fn lab(flags: &[&str]) -> Server {
        Server::start(&[&["--lab", "--memory"], flags].concat())
    }

    /// A server with these flags in an empty folder.
    pub fn start(flags: &[&str]) -> Server {
        Server::start_in(tempfile::tempdir().unwrap(), flags, &[])
    }

    /// A server with these flags and variables in a folder.
    pub fn start_in(folder: TempDir, flags: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut child = command(folder.path())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .envs(variables.iter().copied())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            BufReader::new(stderr).read_to_string(&mut text).unwrap();
            text
        });
        let banner = read_banner(&mut child);
        let Some(address) = address(&banner) else {
            let _ = child.kill();
            panic!("no address in the banner {banner:?}; log: {}", log.join().unwrap());
        };
        Server { child, address, banner, log: Some(log), folder }
    }

    /// A new connection.
    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Sends one request on a connection of its own.
    pub fn send(&self, request: &Request) -> Answer {
        self.connect().send(request)
    }

    /// GET of a path.
    pub fn get(&self, path: &str) -> Answer {
        self.send(&Request::new("GET", path))
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end: the exit code, the log, and the folder for whoever comes next.
    pub fn wait(mut self) -> (i32, String, TempDir) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let log = self.log.take().unwrap().join().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status.code().unwrap_or(-1), log, folder)
    }

    /// Ends it as an operator does.
    pub fn stop(self) -> (i32, String, TempDir) {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("UNDERSTUDY_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Reads standard output until the line with the address, and in the lab on to the last line.
fn read_banner(child: &mut Child) -> String {
    let stdout = child.stdout.take().unwrap();
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    let mut banner = String::new();
    while let Ok(line) = received.recv_timeout(Duration::from_secs(20)) {
        banner.push_str(&line);
        banner.push('\n');
        if line.starts_with("Ctrl-C") || line.contains("listens at") {
            break;
        }
    }
    banner
}

/// The first `127.0.0.1:PORT` in a text.
fn address(text: &str) -> Option<SocketAddr> {
    let start = text.find("127.0.0.1:")?;
    let end = text[start..].find('/')?;
    text[start..start + end].parse().ok()
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a command to its end in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    run_with(folder, arguments, &[], "")
}

/// Starts a command in a folder, with its output kept for whoever waits for it.
pub fn begin(folder: &Path, arguments: &[&str]) -> Child {
    command(folder).args(arguments).spawn().unwrap()
}

/// Runs a command to its end in a folder, with variables and standard input.
pub fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Outcome {
    let mut child = command(folder)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
