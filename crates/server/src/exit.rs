//! How the program ends: one number for each kind of trouble, so that scripts and supervisors can tell
//! them apart, and a message that says what to do.

use std::fmt::{self, Write as _};

/// Why the program did not end well. The number is the process's exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Something that has no number of its own.
    Failed = 1,
    /// A flag, a variable or the configuration file is wrong. (clap uses the same number.)
    Usage = 2,
    /// The address can't be listened on.
    Address = 3,
    /// The data folder can't be created, read or written, or the database's server can't be reached.
    DataFolder = 4,
    /// The database was written by a newer version of this program.
    NewerDatabase = 5,
    /// The file in the data folder is no database of this program, or a damaged one.
    ForeignDatabase = 6,
    /// An account, user, load or dump command can't be carried out as asked.
    Refused = 7,
    /// The time for finishing calls ran out at shutdown.
    CutOff = 8,
    /// The database was written by an older version of this program, and the command may not change it.
    OlderDatabase = 9,
    /// The disk of the embedded database has failed, or its file is lost, while the server was running.
    DiskFailed = 10,
    /// A signal asked for an end: a server's second one, or the first one of an import or an export.
    Interrupted = 130,
}

impl Exit {
    /// Every way to end badly, in the order of the numbers.
    const ALL: [Exit; 11] = [
        Exit::Failed,
        Exit::Usage,
        Exit::Address,
        Exit::DataFolder,
        Exit::NewerDatabase,
        Exit::ForeignDatabase,
        Exit::Refused,
        Exit::CutOff,
        Exit::OlderDatabase,
        Exit::DiskFailed,
        Exit::Interrupted,
    ];

    fn meaning(self) -> &'static str {
        match self {
            Exit::Failed => "something unexpected, or objects that can't be read; the message says what",
            Exit::Usage => "a flag, variable or key of the configuration file is wrong",
            Exit::Address => "the address can't be listened on: the port is in use or not permitted",
            Exit::DataFolder => {
                "the data folder can't be created, read or written, or --database can't be reached"
            }
            Exit::NewerDatabase => "the database was written by a newer understudy",
            Exit::ForeignDatabase => {
                "what is in the data folder or at --database is not an understudy database, or is damaged"
            }
            Exit::Refused => {
                "no such database, account or user, or it exists already, the password is empty, or the file \
                 to load or import has mistakes"
            }
            Exit::CutOff => "calls were still running when the time for finishing them was over",
            Exit::OlderDatabase => {
                "the database was written by an older understudy: `understudy database migrate` brings it up to date"
            }
            Exit::DiskFailed => "the disk failed or the database file was lost while the server was running",
            Exit::Interrupted => {
                "ended by Ctrl-C or SIGTERM: an import or export by the first one, a server at once by the second"
            }
        }
    }

    /// The table of exit codes as `--help` shows it.
    pub fn table() -> String {
        let mut table = String::from("Exit codes:\n    0  all went well\n");
        for exit in Exit::ALL {
            // Writing to a string can't fail.
            let _ = writeln!(table, "  {:>3}  {}", exit as u8, exit.meaning());
        }
        table
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

/// The end of the program, with what the operator reads.
#[derive(Debug)]
pub struct Failure {
    /// The kind of trouble.
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// A failure of one kind. The message says what is wrong and what to do.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }

    /// A wrong flag, variable or key.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
