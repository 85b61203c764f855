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
        let ends = |index: usize| match bytes[index] {
            b'\n' => true,
            b'\r' => bytes.get(index + 1).or(text.as_bytes().get(index + 1)) != Some(&b'\n'),
            _ => false,
        };
        let line_ends = (0..bytes.len()).filter(|&index| ends(index)).count();
        let start = (0..bytes.len()).rev().find(|&index| ends(index)).map_or(0, |index| index + 1);
        Position { line: line_ends + 1, column: before[start..].encode_utf16().count() + 1 }
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
