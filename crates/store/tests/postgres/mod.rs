//! A PostgreSQL server for tests, and databases on it.
//!
//! The server is that of `UNDERSTUDY_TEST_POSTGRES`, the URL of a user who may create databases; without
//! it, `ci/postgres` starts one, which stops when this process ends. Databases are called
//! `understudy_test_PROCESS_NUMBER`; what a process left behind, the next one removes.

#![allow(dead_code, reason = "each suite uses what it needs")]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use tokio_postgres::NoTls;

const VARIABLE: &str = "UNDERSTUDY_TEST_POSTGRES";
const PREFIX: &str = "understudy_test_";

/// A server, and the process that stops it when this one ends.
pub struct Server {
    /// The URL of a database on it.
    pub url: String,
    /// Where its files are, if it was started here.
    pub folder: PathBuf,
    _stopper: Option<Child>,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = match std::env::var(VARIABLE) {
        Ok(url) => Server { url, folder: PathBuf::new(), _stopper: None },
        Err(_) => Server::start(&[]),
    };
    let mut names = query(&server.url, "SELECT datname::text FROM pg_database");
    names.retain(|name| is_left_behind(name));
    for name in names {
        // Another process may remove it at the same time.
        let _ = execute(&server.url, &format!("DROP DATABASE IF EXISTS {name}"));
    }
    server
});

impl Server {
    /// Starts a server as `ci/postgres` does with these flags.
    pub fn start(flags: &[&str]) -> Server {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ci/postgres");
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}_{number}", std::process::id()));
        let mut child = Command::new(&script)
            .arg("run")
            .args(flags)
            .arg(&folder)
            // What is written to it ends with this process, however that ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}; set {VARIABLE}", script.display()));
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!(
                "there is no PostgreSQL to test with: {said}Install it, or set {VARIABLE} to the URL of a server on \
                 which a user may create databases, such as postgres://USER:PASSWORD@localhost/postgres"
            );
        }
        Server { url: url.trim_end().to_owned(), folder, _stopper: Some(child) }
    }
}

/// True for databases of processes of this machine that are gone.
fn is_left_behind(name: &str) -> bool {
    let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next());
    let alive = |process: &str| Path::new("/proc").join(process).exists();
    Path::new("/proc/self").exists() && process.is_some_and(|process| !alive(process))
}

/// A database that nobody else has until this is dropped.
pub struct TestDatabase {
    name: String,
    /// Its URL.
    pub url: String,
    /// The name of the one that it was made like.
    template: Option<String>,
}

/// Those that are empty again, and whom they are like: to make one takes far longer than to empty it.
static FREE: Mutex<Vec<TestDatabase>> = Mutex::new(Vec::new());

impl TestDatabase {
    /// An empty one.
    pub fn empty() -> TestDatabase {
        TestDatabase::create("TEMPLATE template0", None)
    }

    /// An empty one that keeps text in an encoding.
    pub fn encoded(encoding: &str) -> TestDatabase {
        TestDatabase::create(&format!("TEMPLATE template0 LOCALE 'C' ENCODING '{encoding}'"), None)
    }

    /// One with the tables of another, which are empty, and to which nobody may be connected.
    pub fn like(other: &TestDatabase) -> TestDatabase {
        let mut free = FREE.lock().unwrap();
        let known = free.iter().position(|free| free.template.as_ref() == Some(&other.name));
        if let Some(known) = known {
            return free.swap_remove(known);
        }
        drop(free);
        TestDatabase::create(&format!("TEMPLATE {}", other.name), Some(other.name.clone()))
    }

    fn create(how: &str, template: Option<String>) -> TestDatabase {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}_{number}", std::process::id());
        let sql = format!("CREATE DATABASE {name} {how}");
        // Connections that were closed are still there for a moment.
        for _ in 0..200 {
            match execute(&SERVER.url, &sql) {
                Err(error) if error.contains("being accessed") => {
                    std::thread::sleep(Duration::from_millis(50))
                }
                other => {
                    other.unwrap_or_else(|error| {
                        panic!("{error}; may the user of {VARIABLE} create databases?")
                    });
                    break;
                }
            }
        }
        let url = with_database(&SERVER.url, &name);
        TestDatabase { name, url, template }
    }

    /// Runs statements in it, under other hands than the program's.
    pub fn execute(&self, sql: &str) {
        execute(&self.url, sql).unwrap();
    }

    /// The first column of a query's rows.
    pub fn query(&self, sql: &str) -> Vec<String> {
        query(&self.url, sql)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.template.is_some() && self.is_emptied() {
            let (name, url) = (std::mem::take(&mut self.name), std::mem::take(&mut self.url));
            FREE.lock().unwrap().push(TestDatabase { name, url, template: self.template.take() });
        } else {
            let _ = execute(&SERVER.url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

impl TestDatabase {
    /// Removes all rows, once nobody is connected any more; tells whether that has succeeded.
    fn is_emptied(&self) -> bool {
        let others = || simple(&self.url, OTHERS).is_ok_and(|others| others.is_empty());
        let alone = (0..100).any(|_| {
            others() || {
                std::thread::sleep(Duration::from_millis(20));
                false
            }
        });
        alone && execute(&self.url, EMPTY).is_ok()
    }
}

/// Ends the connections of others, if there are any.
const OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

const EMPTY: &str = "
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT LIKE 'understudy%'
        LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    END $$";

/// `postgres://…/DATABASE?…` with another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, ""), |(base, query)| (base, query));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}/{name}{mark}{query}", &base[..end])
}

fn execute(url: &str, sql: &str) -> Result<(), String> {
    simple(url, sql).map(|_| ())
}

fn query(url: &str, sql: &str) -> Vec<String> {
    simple(url, sql).unwrap()
}

/// In a thread of its own, since the caller's may belong to a runtime.
fn simple(url: &str, sql: &str) -> Result<Vec<String>, String> {
    let told = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    };
    let ask = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(told)?;
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await.map_err(told)?;
        let rows = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(rows.collect())
    };
    std::thread::scope(|scope| {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        scope.spawn(move || runtime().block_on(ask)).join().unwrap()
    })
}
