//! Where the page's facts come from: rules, code, golden cases, suites, explanations.

use contract::Contract;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Everything that is counted, by code or by operation.
pub struct Sources {
    raised: BTreeMap<String, Vec<String>>,
    tested: BTreeMap<String, Vec<String>>,
    reasons: BTreeMap<String, String>,
    evidence: BTreeMap<String, String>,
    cases: BTreeMap<String, usize>,
    suites: BTreeMap<String, usize>,
    dispatch: String,
}

impl Sources {
    /// Reads the working tree.
    pub fn read(root: &Path, contract: &Contract) -> Sources {
        let mut sources = Sources {
            raised: BTreeMap::new(),
            tested: BTreeMap::new(),
            reasons: pairs(&root.join("contract/unreachable.tsv")),
            evidence: evidence(&root.join("contract/evidence.tsv")),
            cases: BTreeMap::new(),
            suites: BTreeMap::new(),
            dispatch: fs::read_to_string(root.join("crates/service/src/dispatch.rs")).unwrap(),
        };
        for file in files(&root.join("contract"), "txt") {
            let text = without_comments(&fs::read_to_string(&file).unwrap());
            note(&mut sources.raised, &text, &relative(root, &file));
        }
        for folder in ["crates/service/src", "crates/soap/src"] {
            for file in files(&root.join(folder), "rs") {
                let text = fs::read_to_string(&file).unwrap();
                let code = without_comments(text.split("#[cfg(test)]").next().unwrap());
                note(&mut sources.raised, &code, &relative(root, &file));
            }
        }
        for file in files(&root.join("crates/service/tests/suite"), "rs") {
            let text = fs::read_to_string(&file).unwrap();
            note(&mut sources.tested, &text, &format!("suite {}", stem(&file)));
            for operation in &contract.model.operations {
                let handle =
                    format!("operation::{}", contract::model::snake_case(&operation.name).to_uppercase());
                *sources.suites.entry(operation.name.clone()).or_default() += uses(&text, &handle);
            }
        }
        for file in files(&root.join("tests/golden"), "http") {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
            if name == "response.http" {
                note(&mut sources.tested, &text, &format!("golden {}", case(root, &file)));
            } else if name == "request.http" {
                for operation in &contract.model.operations {
                    if uses(&text, &format!("<{}", operation.name)) > 0
                        || uses(&text, &format!(":{}", operation.name)) > 0
                    {
                        *sources.cases.entry(operation.name.clone()).or_default() += 1;
                    }
                }
            }
        }
        sources
    }

    /// The files that raise a code.
    pub fn raised(&self, code: &str) -> &[String] {
        self.raised.get(code).map_or(&[], Vec::as_slice)
    }

    /// The suites and golden cases that show a code.
    pub fn tested(&self, code: &str) -> &[String] {
        self.tested.get(code).map_or(&[], Vec::as_slice)
    }

    /// Why a code cannot arise.
    pub fn reason(&self, code: &str) -> Option<&str> {
        self.reasons.get(code).map(String::as_str)
    }

    /// What an `operation NAME` or `object NAME` is checked against.
    pub fn evidence(&self, of: &str) -> &str {
        self.evidence.get(of).unwrap_or_else(|| panic!("evidence.tsv has no {of}"))
    }

    /// How many golden cases call an operation.
    pub fn cases(&self, operation: &str) -> usize {
        self.cases.get(operation).copied().unwrap_or_default()
    }

    /// How often the suites call an operation.
    pub fn suites(&self, operation: &str) -> usize {
        self.suites.get(operation).copied().unwrap_or_default()
    }

    /// Whether an operation is built.
    pub fn is_built(&self, operation: &str) -> bool {
        let handle = format!("operation::{}", contract::model::snake_case(operation).to_uppercase());
        uses(&self.dispatch, &handle) > 0
    }
}

/// Evidence by `kind name`.
fn evidence(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.rsplit_once('\t').unwrap())
        .map(|(key, value)| (key.replace('\t', " "), value.to_owned()))
        .collect()
}

/// Lines of a key, a tab and a text.
fn pairs(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.split_once('\t').unwrap_or_else(|| panic!("{}: {line}", path.display())))
        .map(|(code, reason)| (code.to_owned(), reason.to_owned()))
        .collect()
}

/// Notes the codes in a text, each once a source.
fn note(notes: &mut BTreeMap<String, Vec<String>>, text: &str, source: &str) {
    for (index, _) in text.match_indices("CV") {
        let code = text.get(index..index + 7).unwrap_or_default();
        if code[2..].len() == 5 && code[2..].bytes().all(|byte| byte.is_ascii_digit()) {
            let sources = notes.entry(code.to_owned()).or_default();
            if sources.last().is_none_or(|last| last != source) {
                sources.push(source.to_owned());
            }
        }
    }
}

/// How often a name stands in a text as a whole.
fn uses(text: &str, name: &str) -> usize {
    let ends = |index: usize| {
        let next = text[index + name.len()..].chars().next();
        next.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
    };
    text.match_indices(name).filter(|(index, _)| ends(*index)).count()
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.starts_with('#')
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

fn relative(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap().to_string_lossy().into_owned()
}

fn case(root: &Path, file: &Path) -> String {
    let folder = file.parent().unwrap();
    relative(&root.join("tests/golden"), folder)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}
