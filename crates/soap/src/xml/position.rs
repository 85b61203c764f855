//! Line and column, found only when someone asks.

/// A place in a document, both numbers counted from one.
///
/// Lines end with LF, CR LF or CR. Columns count UTF-16 code units, as the recorded service does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The line; the XML declaration's is the first.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The place of a byte offset. An offset past the end is the end.
    pub(crate) fn of(text: &str, offset: usize) -> Position {
        let before = text.get(..offset).unwrap_or(text);
        let bytes = before.as_bytes();
        let (mut line, mut start) = (1, 0);
        for index in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[index] == b'\n' || text.as_bytes().get(index + 1) != Some(&b'\n') {
                line += 1;
                start = index + 1;
            }
        }
        // Every character begins with a byte that continues none; those past U+FFFF take two units.
        let row = &bytes[start..];
        let characters = row.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let pairs = row.iter().filter(|byte| **byte >= 0xF0).count();
        Position { line, column: characters + pairs + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_by_any_line_end_and_columns_in_utf_16() {
        for (text, offset, line, column) in [
            ("abc", 0, 1, 1),
            ("abc", 2, 1, 3),
            ("a\nb", 2, 2, 1),
            ("a\r\nb", 3, 2, 1),
            ("a\rb", 2, 2, 1),
            ("a\r\n\r\nxy", 6, 3, 2),
            ("é😀x", 6, 1, 4),
            ("ab", 99, 1, 3),
        ] {
            assert_eq!(Position::of(text, offset), Position { line, column }, "{text:?} at {offset}");
        }
    }
}
