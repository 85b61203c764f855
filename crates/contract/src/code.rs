//! The service's error codes (`contract/errors.tsv`): one table for faults and for item errors.

use crate::read::Mistake;

/// An error code, as an index into [`Codes`]. The constants are in [`crate::handles::code`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Code(pub u16);

/// A row of the table.
#[derive(Debug)]
pub struct Entry {
    /// `CV` and five digits.
    pub name: String,
    /// The class the published table puts it in, such as `Validation`.
    pub class: String,
    /// The published message, which is an item error's description.
    pub message: String,
    /// What a fault says in its `faultstring`.
    pub token: String,
}

/// The table.
#[derive(Debug, Default)]
pub struct Codes(Vec<Entry>);

impl Entry {
    /// Whether the code fails the whole call: the classes Security, Invalid Operations and Metric.
    /// The others fail one record.
    pub fn fails_call(&self) -> bool {
        ["Security", "Invalid Operations", "Metric"].contains(&self.class.as_str())
    }
}

impl Codes {
    /// The row behind a code.
    pub fn entry(&self, code: Code) -> &Entry {
        &self.0[usize::from(code.0)]
    }

    /// The code of that exact name.
    pub fn find(&self, name: &str) -> Option<Code> {
        self.0.iter().position(|entry| entry.name == name).map(|index| Code(index as u16))
    }

    /// All codes with their rows.
    pub fn iter(&self) -> impl Iterator<Item = (Code, &Entry)> {
        self.0.iter().enumerate().map(|(index, entry)| (Code(index as u16), entry))
    }

    /// Reads `code TAB class TAB message` lines.
    pub fn read(text: &str) -> Result<Codes, Vec<Mistake>> {
        let mut entries = Vec::new();
        let mut mistakes = Vec::new();
        for (index, line) in text.lines().enumerate() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                [name, class, message] => entries.push(Entry {
                    name: name.to_owned(),
                    class: class.to_owned(),
                    message: message.to_owned(),
                    token: token(name, message),
                }),
                _ => mistakes.push(Mistake {
                    file: "errors.tsv",
                    line: index + 1,
                    reason: "needs code, class and message".to_owned(),
                }),
            }
        }
        if mistakes.is_empty() { Ok(Codes(entries)) } else { Err(mistakes) }
    }
}

/// The fault's text: the message in upper snake case, but for CV10001, whose captured text differs
/// from its message.
fn token(name: &str, message: &str) -> String {
    if name == "CV10001" {
        return "INVALID_SOAP_REQUEST".to_owned();
    }
    let mut out = String::with_capacity(message.len());
    for word in message.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push('_');
        }
        out.extend(word.chars().map(|c| c.to_ascii_uppercase()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_texts_follow_the_two_captured_ones() {
        assert_eq!(token("CV10001", "Server exception – transaction cancelled"), "INVALID_SOAP_REQUEST");
        assert_eq!(token("CV10000", "Unknown exception"), "UNKNOWN_EXCEPTION");
        assert_eq!(token("CV10108", "API currently disabled"), "API_CURRENTLY_DISABLED");
        assert_eq!(token("CV10104", "Invalid Cvent header value"), "INVALID_CVENT_HEADER_VALUE");
    }
}
