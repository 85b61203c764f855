//! Sample boxes with their placeholders set apart from the text around them.

use maud::{Markup, html};

/// A stretch of a sample box.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// What is sent as it stands.
    Text(&'a str),
    /// What is to be replaced.
    Placeholder(&'a str),
}

/// A sample box's text, placeholders marked up as variables.
pub(super) fn highlighted(sample: &str) -> Markup {
    html! {
        @for line in sample.split_inclusive('\n') {
            @for piece in pieces(line) {
                @match piece {
                    Piece::Text(text) => (text),
                    Piece::Placeholder(text) => var { (text) },
                }
            }
        }
    }
}

/// Cuts a line at its placeholders: the length in the head lines, and in the envelope an element's
/// text and the value of every attribute that is the contract's own.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    const LENGTH: &str = "Content-Length: ";
    if let Some(length) = line.strip_prefix(LENGTH) {
        let (value, end) = length.split_at(length.trim_end().len());
        return vec![Piece::Text(LENGTH), Piece::Placeholder(value), Piece::Text(end)];
    }
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((start, end)) = next_placeholder(rest) {
        pieces.push(Piece::Text(&rest[..start]));
        pieces.push(Piece::Placeholder(&rest[start..end]));
        rest = &rest[end..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Where the next placeholder of an envelope's line begins and ends.
fn next_placeholder(line: &str) -> Option<(usize, usize)> {
    if !line.trim_start().starts_with(['<', '"']) {
        return None;
    }
    let mut from = 0;
    loop {
        let start = from + line[from..].find(['>', '='])? + 1;
        let (value, closing) = match line[start..].strip_prefix('"') {
            Some(_) => (start + 1, '"'),
            None => (start, '<'),
        };
        let end = value + line[value..].find(closing)?;
        let attribute = line[..start - 1].rsplit(' ').next().unwrap_or_default();
        let fixed = closing == '"' && (attribute.starts_with("xml") || attribute.starts_with("xsi:"));
        if end > value && !fixed && !line.starts_with("<?") {
            return Some((value, end));
        }
        from = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(line: &str) -> Vec<&str> {
        let placeholder = |piece| match piece {
            Piece::Text(_) => None,
            Piece::Placeholder(text) => Some(text),
        };
        pieces(line).into_iter().filter_map(placeholder).collect()
    }

    #[test]
    fn values_are_placeholders_and_namespaces_are_not() {
        assert_eq!(
            placeholders(r#"  <A B="string" C="Work or Home" xmlns="http://x" />"#),
            ["string", "Work or Home"]
        );
        assert_eq!(placeholders("  <EventId>string</EventId>\n"), ["string"]);
        assert_eq!(placeholders(r#"<Error xsi:nil="true" />"#), [""; 0]);
        assert_eq!(placeholders(r#"<?xml version="1.0" encoding="utf-8"?>"#), [""; 0]);
        assert_eq!(placeholders("  </Contact>\n"), [""; 0]);
    }

    #[test]
    fn of_the_head_lines_only_the_length_is_a_placeholder() {
        assert_eq!(placeholders("Content-Length: length\n"), ["length"]);
        assert_eq!(placeholders("SOAPAction: \"http://x/Login\"\n"), [""; 0]);
        assert_eq!(placeholders("POST /soap/V200611.ASMX?a=\"b\" HTTP/1.1\n"), [""; 0]);
    }

    #[test]
    fn nothing_is_lost() {
        let line = r#"  <A B="string" xmlns="http://x">string</A>"#;
        let text: String = pieces(line)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Placeholder(text) => text,
            })
            .collect();
        assert_eq!(text, line);
    }
}
