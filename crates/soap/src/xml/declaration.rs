//! The XML declaration.

use super::chars::is_space;

/// Whether `content`, between `<?xml` and `?>`, declares version 1.0 and otherwise only an encoding
/// and whether the document is standalone, in that order. The encoding's name must look like one
/// and is not looked at further: how the bytes became text was settled before.
pub(super) fn is_valid(content: &str) -> bool {
    let mut rest = content;
    let mut parts = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches(|c: char| c.is_ascii() && is_space(c as u8));
        if trimmed.is_empty() {
            break;
        }
        if trimmed.len() == rest.len() {
            return false;
        }
        match part(trimmed) {
            Some((name, value, behind)) => {
                parts.push((name, value));
                rest = behind;
            }
            None => return false,
        }
    }
    match parts.as_slice() {
        [("version", version)] => *version == "1.0",
        [("version", version), ("encoding", name)] => *version == "1.0" && is_encoding(name),
        [("version", version), ("standalone", truth)] => *version == "1.0" && is_truth(truth),
        [("version", version), ("encoding", name), ("standalone", truth)] => {
            *version == "1.0" && is_encoding(name) && is_truth(truth)
        }
        _ => false,
    }
}

/// The encoding that a declaration at the very start of `text` names.
pub(crate) fn encoding(text: &str) -> Option<&str> {
    let content = text.strip_prefix("<?xml")?;
    let content = &content[..content.find("?>")?];
    let found = &content[content.find("encoding")?..];
    part(found).map(|(_, value, _)| value)
}

fn part(text: &str) -> Option<(&str, &str, &str)> {
    let space = |c: char| c.is_ascii() && is_space(c as u8);
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_start_matches(space);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, behind) = rest[1..].split_once(quote)?;
    Some((name.trim_end_matches(space), value, behind))
}

fn is_encoding(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(rest)
}

fn is_truth(text: &str) -> bool {
    matches!(text, "yes" | "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_three_parts_in_order() {
        for text in [
            " version=\"1.0\"",
            " version='1.0' encoding = 'bogus-9'",
            "\n version=\"1.0\" encoding=\"utf-8\" standalone='no' ",
            " version=\"1.0\" standalone=\"yes\"",
        ] {
            assert!(is_valid(text), "{text}");
        }
        for text in [
            "",
            " ",
            " version=\"1.1\"",
            " version=\"1.0\"encoding=\"utf-8\"",
            " encoding=\"utf-8\"",
            " encoding=\"utf-8\" version=\"1.0\"",
            " version=\"1.0\" encoding=\"\"",
            " version=\"1.0\" standalone=\"maybe\"",
            " version=\"1.0\" more=\"x\"",
            " version=1.0",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn finds_the_encoding() {
        assert_eq!(encoding("<?xml version='1.0' encoding='iso-8859-1'?><a/>"), Some("iso-8859-1"));
        assert_eq!(encoding("<?xml version='1.0'?><a encoding='x'/>"), None);
        assert_eq!(encoding(" <?xml encoding='x'?>"), None);
    }
}
