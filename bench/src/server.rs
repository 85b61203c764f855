//! The server as a child process: built, started, watched, stopped.

use crate::http::Endpoint;
use crate::machine;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to finish after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server that is named, or one that is built.
pub fn find(named: Option<&Path>) -> Result<PathBuf> {
    match named {
        Some(program) => program.canonicalize().with_context(|| format!("no {}", program.display())),
        None => build(),
    }
}

/// Builds the server next to this program and gives its path.
fn build() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program is in no folder")?;
    let target = folder.parent().context("this program is in no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "understudy", "--target-dir"]).arg(target);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().context("cargo can't be run")?;
    if !status.success() {
        bail!("the server does not build");
    }
    Ok(folder.join("understudy"))
}

/// A running server.
pub struct Server {
    child: Child,
    // A closed pipe would make the server's next line of output an error.
    _output: BufReader<ChildStdout>,
    /// Where it answers.
    pub endpoint: Endpoint,
    /// When its process was started.
    pub started: Instant,
}

impl Server {
    /// Starts the lab on a data folder and waits until it says where it listens.
    pub fn start(program: &Path, data: &Path) -> Result<Server> {
        Server::start_with(program, data, &[])
    }

    /// The same with more arguments.
    pub fn start_with(program: &Path, data: &Path, more: &[&str]) -> Result<Server> {
        let folder = data.parent().context("the data folder is in no folder")?;
        let log = folder.join("server.log");
        let errors = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(program);
        command.args(["serve", "--lab", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"UNDERSTUDY_"))
        {
            command.env_remove(name);
        }
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{} can't be run", program.display()))?;
        let mut output = BufReader::new(child.stdout.take().context("the server has no output")?);
        let endpoint = loop {
            let mut line = String::new();
            if output.read_line(&mut line)? == 0 {
                let _ = child.kill();
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("the server did not start: {said}");
            }
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                break url.parse()?;
            }
        };
        Ok(Server { child, _output: output, endpoint, started })
    }

    /// The most memory it has had so far, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 = line.and_then(|rest| rest.split_whitespace().next()).context("no VmHWM")?.parse()?;
        Ok(kib * 1024)
    }

    /// The processor time it has used so far, in seconds.
    pub fn processor_time(&self) -> Result<f64> {
        machine::processor_time(&format!("/proc/{}/stat", self.child.id()))
    }

    /// Asks it to finish and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !told.success() {
            bail!("the server can't be told to stop");
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended with {status}"),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        bail!("the server did not stop within {PATIENCE:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
