//! Documents that differ in the address of the service alone: rendered once, with gaps where it stands, and
//! shared by all answers, whatever hosts they are for.

use crate::pages::{self, Visit};
use contract::render::{disco, wsdl};
use contract::{Contract, OperationId};
use hyper::body::Bytes;
use maud::html;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a gap is rendered as: characters for private use, which no document has.
const ADDRESS: char = '\u{E000}';
const FOLDER: char = '\u{E001}';
const FILE: char = '\u{E002}';
const HOST: char = '\u{E003}';

/// The path of a page as it is rendered.
const PATH: &str = "\u{E001}/\u{E002}";

/// A page: its operation, or none for the list, and whether it is for visitors on this machine.
type PageKey = (Option<OperationId>, bool);

/// The documents. There are as many pages as operations and the list of these, each for visitors on this
/// machine and for others.
pub struct Documents {
    contract: &'static Contract,
    wsdl: OnceLock<Template>,
    disco: OnceLock<Template>,
    pages: Mutex<HashMap<PageKey, Arc<Template>>>,
}

impl Documents {
    /// The documents of a contract. Each is rendered when somebody first asks for it.
    pub fn new(contract: &'static Contract) -> Documents {
        let pages = Mutex::new(HashMap::new());
        Documents { contract, wsdl: OnceLock::new(), disco: OnceLock::new(), pages }
    }

    /// The WSDL of the service at an address, in pieces.
    pub fn wsdl(&self, address: &str) -> Vec<Bytes> {
        let rendered = || Template::new(wsdl(self.contract, &ADDRESS.to_string()));
        self.wsdl.get_or_init(rendered).filled(&[(ADDRESS, address)])
    }

    /// The discovery document of the service at an address, in pieces.
    pub fn disco(&self, address: &str) -> Vec<Bytes> {
        let rendered = || Template::new(disco(self.contract, &ADDRESS.to_string()));
        self.disco.get_or_init(rendered).filled(&[(ADDRESS, address)])
    }

    /// The page of an operation, or the list of operations, in pieces.
    pub fn page(&self, operation: Option<OperationId>, visit: &Visit) -> Vec<Bytes> {
        let (folder, file) = visit.path.rsplit_once('/').unwrap_or(("", visit.path));
        let page = self.template(operation, visit.local);
        page.filled(&[(FOLDER, folder), (FILE, file), (HOST, &visit.host_name())])
    }

    fn template(&self, operation: Option<OperationId>, local: bool) -> Arc<Template> {
        let key = (operation, local);
        let pages = || self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages().get(&key) {
            return Arc::clone(page);
        }
        // Rendered outside the lock: two at once is cheaper than everybody waiting for one.
        let host = HOST.to_string();
        let visit = Visit { path: PATH, host: &host, local };
        let text = match operation {
            Some(id) => pages::operation(self.contract, &visit, &self.contract.model.operation(id).name),
            None => pages::index(self.contract, &visit),
        };
        Arc::clone(pages().entry(key).or_insert_with(|| Arc::new(Template::new(text))))
    }
}

/// A text with gaps, in one piece of memory.
struct Template(Vec<Piece>);

enum Piece {
    Text(Bytes),
    Gap(char),
}

impl Template {
    fn new(text: String) -> Template {
        let gaps: Vec<(usize, char)> =
            text.char_indices().filter(|(_, c)| (ADDRESS..=HOST).contains(c)).collect();
        let text = Bytes::from(text.into_boxed_str().into_boxed_bytes());
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, gap) in gaps {
            pieces.push(Piece::Text(text.slice(from..at)));
            pieces.push(Piece::Gap(gap));
            from = at + gap.len_utf8();
        }
        pieces.push(Piece::Text(text.slice(from..)));
        Template(pieces)
    }

    /// The text with values in its gaps, as XML and HTML write them.
    fn filled(&self, values: &[(char, &str)]) -> Vec<Bytes> {
        let escaped = |value: &str| Bytes::from(html! { (value) }.into_string());
        let values: Vec<(char, Bytes)> = values.iter().map(|(gap, value)| (*gap, escaped(value))).collect();
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Gap(gap) => values.iter().find(|(name, _)| name == gap).map(|(_, value)| value.clone()),
        };
        self.0.iter().filter_map(piece).filter(|piece| !piece.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> &'static Contract {
        Contract::get().unwrap()
    }

    fn text(pieces: &[Bytes]) -> String {
        String::from_utf8(pieces.concat()).unwrap()
    }

    /// The bytes of the pieces that both have in common, as one place in memory.
    fn shared(one: &[Bytes], other: &[Bytes]) -> usize {
        let both = one.iter().zip(other).filter(|(one, other)| one.as_ptr() == other.as_ptr());
        both.map(|(piece, _)| piece.len()).sum()
    }

    #[test]
    fn the_wsdl_of_two_hosts_is_one_in_memory() {
        let documents = Documents::new(contract());
        let addresses = ["http://a.example/soap/V200611.ASMX", "https://b.example:8611/x/v200611.asmx?\"<&>"];
        let [a, b] = addresses.map(|address| documents.wsdl(address));
        for (pieces, address) in [(&a, addresses[0]), (&b, addresses[1])] {
            assert_eq!(text(pieces), wsdl(contract(), address));
        }
        assert!(shared(&a, &b) > 330_000);
        assert_eq!(text(&documents.disco(addresses[1])), disco(contract(), addresses[1]));
    }

    #[test]
    fn a_page_is_filled_as_it_would_be_rendered() {
        let documents = Documents::new(contract());
        let visits = [("/soap/V200611.ASMX", "api.Example:8443"), ("/a/b/soap/v200611.asmx", "[::1]:80")];
        let ids = contract().model.operations.iter();
        for operation in ids.map(|operation| contract().model.find_operation(&operation.name)).chain([None]) {
            for local in [true, false] {
                let mut pages = Vec::new();
                for (path, host) in visits {
                    let visit = Visit { path, host, local };
                    let rendered = match operation {
                        Some(id) => {
                            pages::operation(contract(), &visit, &contract().model.operation(id).name)
                        }
                        None => pages::index(contract(), &visit),
                    };
                    pages.push(documents.page(operation, &visit));
                    assert_eq!(text(pages.last().unwrap()), rendered);
                }
                assert!(shared(&pages[0], &pages[1]) * 10 > text(&pages[0]).len() * 9);
            }
        }
    }

    #[test]
    fn all_documents_together_stay_small() {
        let documents = Documents::new(contract());
        let visit = |local| Visit { path: "/", host: "", local };
        let size = |pieces: Vec<Bytes>| pieces.iter().map(Bytes::len).sum::<usize>();
        let mut bytes = size(documents.wsdl("")) + size(documents.disco(""));
        let ids = contract().model.operations.iter();
        for operation in ids.map(|operation| contract().model.find_operation(&operation.name)).chain([None]) {
            bytes += size(documents.page(operation, &visit(true)));
            bytes += size(documents.page(operation, &visit(false)));
        }
        assert!(bytes < 5 << 19, "{bytes}");
    }
}
