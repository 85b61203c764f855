//! Documents that are the same for every request to the same address: rendered once, kept in memory.

use hyper::body::Bytes;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many bytes are kept. The WSDL has 331 kB and every Host header makes one of its own, so that
/// there has to be a bound; the oldest goes first.
const ROOM: usize = 8 << 20;

/// The documents kept, by a key that says all they depend on.
#[derive(Default)]
pub struct Documents(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    documents: VecDeque<(String, Bytes)>,
    bytes: usize,
}

impl Documents {
    /// The document of a key; rendered if it is not kept.
    pub fn get(&self, key: String, render: impl FnOnce() -> String) -> Bytes {
        if let Some(document) = self.find(&key) {
            return document;
        }
        // Rendered outside the lock: two at once is cheaper than everybody waiting for one.
        let document = Bytes::from(render());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += key.len() + document.len();
        kept.documents.push_back((key, document.clone()));
        while kept.bytes > ROOM
            && let Some((key, oldest)) = kept.documents.pop_front()
        {
            kept.bytes -= key.len() + oldest.len();
        }
        document
    }

    fn find(&self, key: &str) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.documents.iter().find(|(kept, _)| kept == key).map(|(_, document)| document.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_rendered_once_and_the_oldest_makes_room() {
        let documents = Documents::default();
        let big = "x".repeat(ROOM / 2);
        documents.get("a".into(), || big.clone());
        assert_eq!(documents.get("a".into(), || unreachable!()).len(), big.len());
        documents.get("b".into(), || big.clone());
        assert!(documents.find("a").is_none());
        assert!(documents.find("b").is_some());
    }
}
