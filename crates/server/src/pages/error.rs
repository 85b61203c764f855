//! Pages that say what went wrong.

use super::document;
use maud::html;

/// An error page: what kind of error, and its text, which is shown line by line as it is.
pub fn error(status: u16, title: &str, text: &str) -> String {
    let body = html! {
        h1 { (title) }
        @for line in text.lines() {
            p { (line) }
        }
        p { small { "HTTP " (status) } }
    };
    document(title, html! {}, body)
}
