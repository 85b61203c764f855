//! What is wrong with a file to load.

use std::fmt;

/// A mistake in a line. Says where it is and what is wanted, never what is there: a value may be
/// somebody's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMistake {
    /// The line, counted from 1.
    pub line: u64,
    /// The object's type and the member, such as `Contact.FirstName`; empty for the line as a whole.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for LineMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.reason)
    }
}
