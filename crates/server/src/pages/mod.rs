//! The service's documentation pages: the list of operations, a page for each, and error pages.
//!
//! A visitor reads on them, line for line, what the hosted service shows (see
//! `tests/golden/pages`); the markup and the look are our own. A visitor on the same machine gets a
//! form to send messages with, where the hosted service has one for simple parameters only.
//!
//! A page is whole in itself: style and script stand inside it, allowed by their hashes in
//! [`content_security_policy`], and nothing else is ever loaded.

mod error;
mod form;
mod index;
mod operation;
mod policy;
mod sample;
#[cfg(test)]
mod tests;

pub use error::error;
pub use index::index;
pub use operation::operation;
pub use policy::content_security_policy;

use contract::render::SERVICE;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("form.js");

/// Who asks for a page, and for which address.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The path as requested, such as `/soap/V200611.ASMX`: the service answers in any case.
    pub path: &'a str,
    /// The `Host` header, port included.
    pub host: &'a str,
    /// True for a visitor on this machine.
    pub local: bool,
}

impl Visit<'_> {
    /// The last segment of the path, which the pages' links are relative to.
    fn file(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path, |(_, file)| file)
    }

    /// The host without its port, in lower case.
    pub fn host_name(&self) -> String {
        let end = match self.host.rfind(':') {
            // A colon inside the brackets of an IPv6 address is no port's.
            Some(colon) if !self.host[colon..].contains(']') => colon,
            _ => self.host.len(),
        };
        self.host[..end].to_ascii_lowercase()
    }
}

/// A page of the service around `content`.
fn page(visit: &Visit, content: Markup) -> String {
    let head = html! {
        link rel="alternate" type="text/xml" href={ (visit.path) "?disco" };
    };
    let body = html! {
        h1 { (SERVICE) }
        br;
        (content)
    };
    document(&format!("{SERVICE} Web Service"), head, body)
}

/// The way back from an operation's page.
fn link_back(visit: &Visit) -> Markup {
    html! {
        p { "Click " a href=(visit.file()) { "here" } " for a complete list of operations." }
    }
}

fn document(title: &str, head: Markup, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                (head)
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}
