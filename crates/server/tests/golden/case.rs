//! Cases and their files.

use super::placeholder::{Encoding, Values};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A request and the answer it must get.
pub struct Case {
    /// Area and case: `faults/unknown-session`.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// Flags of its server beyond the usual ones.
    pub flags: Vec<String>,
    /// A file of objects that its server has beside the lab's.
    pub objects: Option<PathBuf>,
    /// What is sent before.
    pub setups: Vec<Message>,
    /// What is sent.
    pub request: Message,
    /// What must come back, if it has been written.
    pub response: Option<String>,
    /// Why that is right.
    pub why: String,
    /// Everything that is sent, as it stands in the files.
    pub given: String,
    shared: bool,
}

/// A request as its file has it.
pub struct Message {
    /// How long to wait before it.
    pub pause: Duration,
    encodings: Vec<Encoding>,
    head: String,
    body: String,
}

/// The name of a file of objects, of a case or of all cases of an area.
const OBJECTS: &str = "objects.jsonl";

/// All cases. Folders of an area without a request (`pages`) hold something else.
pub fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let areas = folders(&root);
    let mut cases: Vec<Case> = areas.iter().flat_map(|area| folders(area)).map(Case::read).collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

impl Case {
    fn read(folder: PathBuf) -> Case {
        let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let request = text("request.http");
        let request = request.unwrap_or_else(|| panic!("{}: there is no request.http", folder.display()));
        let setups: Vec<String> = (1..).map_while(|number| text(&format!("setup-{number}.http"))).collect();
        let message = |text: &String| {
            Message::read(text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        };
        let names: Vec<_> = folder.iter().rev().take(2).map(|name| name.to_string_lossy()).collect();
        Case {
            name: format!("{}/{}", names[1], names[0]),
            objects: [folder.join(OBJECTS), folder.join("..").join(OBJECTS)]
                .into_iter()
                .find(|path| path.exists()),
            flags: text("flags").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            shared: folder.join("../shared").exists(),
            setups: setups.iter().map(message).collect(),
            request: message(&request),
            response: text("response.http").map(|text| text.strip_suffix('\n').unwrap_or(&text).to_owned()),
            why: text("why.md").unwrap_or_default(),
            given: setups.concat() + &request,
            folder,
        }
    }

    /// Whether it may run on a server that other cases have used.
    pub fn shares_server(&self) -> bool {
        self.shared && self.objects.is_none() && self.flags.is_empty() && self.setups.is_empty()
    }

    /// Whether anything it sends carries a session.
    pub fn needs_session(&self) -> bool {
        self.given.contains("{{session}}")
    }

    /// The quirks it shows.
    pub fn quirks(&self) -> impl Iterator<Item = &str> {
        self.why.lines().filter_map(|line| line.strip_prefix("quirk: ")).map(str::trim)
    }

    /// Writes an answer as the one it must get.
    pub fn write_response(&self, answer: &str) -> Result<(), String> {
        fs::write(self.folder.join("response.http"), format!("{answer}\n")).map_err(|error| error.to_string())
    }
}

impl Message {
    fn read(text: &str) -> Result<Message, String> {
        let mut message = Message {
            pause: Duration::ZERO,
            encodings: Vec::new(),
            head: String::new(),
            body: String::new(),
        };
        let mut rest = text;
        while let Some((line, below)) = rest.strip_prefix("# ").and_then(|rest| rest.split_once('\n')) {
            message.directive(line)?;
            rest = below;
        }
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest.trim_end(), ""));
        message.head = head.to_owned();
        message.body = body.strip_suffix('\n').unwrap_or(body).to_owned();
        Ok(message)
    }

    fn directive(&mut self, line: &str) -> Result<(), String> {
        match line.split_once(": ") {
            Some(("body", name)) => self.encodings.push(Encoding::named(name)?),
            Some(("pause", time)) => {
                let milliseconds = time.strip_suffix(" ms").and_then(|number| number.parse().ok());
                self.pause = Duration::from_millis(milliseconds.ok_or("a pause is `# pause: 1500 ms`")?);
            }
            _ => return Err(format!("there is no directive {line:?}")),
        }
        Ok(())
    }

    /// The request as it goes out. `Host` and `Content-Length` are added where they are missing.
    pub fn bytes(&self, values: &Values) -> Result<Vec<u8>, String> {
        let body = values.fill(&self.body, &self.encodings)?;
        let head = values.fill(&self.head, &[])?;
        let head = String::from_utf8(head).map_err(|_| "the head is not UTF-8")?;
        let has = |name: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
        let mut out = head.lines().fold(String::new(), |out, line| out + line + "\r\n");
        if !has("host:") {
            out.push_str(&format!("Host: {}\r\n", values.host));
        }
        let counted = has("content-length:") || has("transfer-encoding:");
        if !counted && (head.starts_with("POST") || !body.is_empty()) {
            out.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        Ok([out.as_bytes(), b"\r\n", &body].concat())
    }
}
