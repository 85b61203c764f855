//! The rows of a CSV file.

use super::feed::{END, Feed, ROW_BYTES};
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::io::Read;
use thiserror::Error;

/// Why a file can't be read any further.
#[derive(Debug, Error)]
pub enum RowsError {
    /// The system's trouble.
    #[error("can't be read: {0}")]
    Read(std::io::Error),
    /// The file has no first line.
    #[error("is empty; the first line must name the columns")]
    Empty,
    /// The header is not text.
    #[error("line 1: is not UTF-8; save the file as UTF-8 (CSV UTF-8) first")]
    Header,
    /// The file ends, or goes on for long, within quotes.
    #[error("line {0}: a quote (\") that begins there does not end; a quote within a text is written twice")]
    OpenQuote(u64),
}

/// A place in the file, between two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Bytes before it.
    pub byte: u64,
    /// Line breaks before it.
    pub line: u64,
    /// Rows before it, the header not counted.
    pub rows: u64,
}

/// Reads rows.
pub struct Rows<R> {
    reader: Reader<Feed<R>>,
    /// What lies before the place where reading began.
    start: Mark,
    rows: u64,
}

impl<R: Read> Rows<R> {
    /// Reads the file from its beginning: its header first.
    ///
    /// # Errors
    /// A file without a header, or with one that is not text.
    pub fn open(feed: Feed<R>) -> Result<(Rows<R>, Vec<String>), RowsError> {
        let mut rows = Rows::go_on(feed, Mark { byte: 0, line: 0, rows: 0 });
        let mut header = ByteRecord::new();
        rows.next(&mut header)?.ok_or(RowsError::Empty)?;
        rows.rows = 0;
        let names = header.iter().map(|name| String::from_utf8(name.to_vec()).map_err(|_| RowsError::Header));
        Ok((rows, names.collect::<Result<_, _>>()?))
    }

    /// Reads the file from a mark on, where the feed stands.
    pub fn go_on(feed: Feed<R>, start: Mark) -> Rows<R> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).buffer_capacity(64 * 1024);
        Rows { reader: builder.from_reader(feed), start, rows: start.rows }
    }

    /// Reads the next row; gives the line that it begins in, or nothing at the end of the file.
    ///
    /// # Errors
    /// A quote that does not end; the system's trouble.
    pub fn next(&mut self, row: &mut ByteRecord) -> Result<Option<u64>, RowsError> {
        let before = self.mark();
        let found = self.reader.read_byte_record(row);
        let found = found.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                RowsError::OpenQuote(before.line + 1)
            }
            csv::ErrorKind::Io(error) => RowsError::Read(error),
            _ => RowsError::OpenQuote(before.line + 1),
        })?;
        match row.iter().next_back() {
            Some(last) if found && last.ends_with(END) => {
                return Err(RowsError::OpenQuote(self.open_quote(row)));
            }
            Some(last) if found && (row.len() > 1 || last != END.trim_ascii()) => {}
            _ => return Ok(None),
        }
        self.rows += 1;
        let within = row.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        // The reader counts the line feed of CR LF to the next row.
        let after = self.mark();
        self.reader.get_mut().begin_row(after.byte);
        let ends_in_feed = self.reader.get_ref().byte_before(after.byte) == b'\n';
        Ok(Some(after.line + 1 - within - u64::from(ends_in_feed)))
    }

    /// The line where the row begins that the end of the file has cut off.
    fn open_quote(&self, row: &ByteRecord) -> u64 {
        let within = row.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        self.mark().line + 1 - within
    }

    /// The place behind the row that was read last.
    pub fn mark(&self) -> Mark {
        let position = self.reader.position();
        Mark {
            byte: self.start.byte + position.byte(),
            line: self.start.line + position.line() - 1,
            rows: self.rows,
        }
    }

    /// The SHA-256 of what lies before that place, in hexadecimal digits.
    pub fn hash(&self) -> String {
        self.reader.get_ref().hash()
    }
}

// A row that is cut off is found by the end mark, which must fit into it.
const _: () = assert!(END.len() < ROW_BYTES as usize);

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows with their lines; an error as text.
    fn read(text: &'static [u8]) -> Vec<(u64, Vec<String>)> {
        let (mut rows, header) = Rows::open(Feed::new(text)).unwrap();
        let mut out = vec![(0, header)];
        out.extend(rest(&mut rows));
        out
    }

    fn rest<R: Read>(rows: &mut Rows<R>) -> Vec<(u64, Vec<String>)> {
        let (mut out, mut row) = (Vec::new(), ByteRecord::new());
        loop {
            match rows.next(&mut row) {
                Ok(Some(line)) => {
                    out.push((line, row.iter().map(|f| String::from_utf8_lossy(f).into()).collect()))
                }
                Ok(None) => return out,
                Err(error) => {
                    out.push((0, vec![error.to_string()]));
                    return out;
                }
            }
        }
    }

    #[track_caller]
    fn check(text: &'static [u8], expected: &[(u64, &[&str])]) {
        let found = read(text);
        let expected: Vec<(u64, Vec<String>)> = expected
            .iter()
            .map(|(line, row)| (*line, row.iter().map(|f| (*f).to_owned()).collect()))
            .collect();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn rows_have_the_lines_that_they_begin_in() {
        let rows: &[(u64, &[&str])] =
            &[(0, &["a", "b"]), (2, &["1", "2"]), (5, &["x\ny", "3"]), (7, &["4", ""]), (9, &["5", "6"])];
        check(b"a,b\n1,2\n\n\n\"x\ny\",3\n4,\n\n5,6", rows);
        check(b"\xEF\xBB\xBFa,b\n1,2\n\n\n\"x\ny\",3\n4,\n\n5,6\n\n", rows);
        let rows: &[(u64, &[&str])] =
            &[(0, &["a", "b"]), (2, &["1", "2"]), (5, &["x\r\ny", "3"]), (7, &["4", ""]), (9, &["5", "6\""])];
        check(b"a,b\r\n1,2\r\n\r\n\r\n\"x\r\ny\",3\r\n4,\r\n\r\n5,\"6\"\"\"", rows);
        check(b"a,b\r\n1,2\r\n\r\n\r\n\"x\r\ny\",3\r\n4,\r\n\r\n5,\"6\"\"\"\r\n", rows);
    }

    #[test]
    fn a_quote_that_does_not_end_is_told_with_its_line() {
        let open =
            "line 3: a quote (\") that begins there does not end; a quote within a text is written twice";
        for text in [&b"a,b\n1,2\n3,\"4\n5,6\n"[..], b"a,b\r\n1,2\r\n3,\"4\r\n5,6", b"a,b\n1,2\n\"3"] {
            check(text, &[(0, &["a", "b"]), (2, &["1", "2"]), (0, &[open])]);
        }
        assert!(matches!(Rows::open(Feed::new(&b"a,\"b\n1,2\n"[..])), Err(RowsError::OpenQuote(1))));
    }

    #[test]
    fn a_row_that_goes_on_and_on_is_stopped() {
        let text = Read::chain(&b"a\n1\n\"2"[..], std::io::repeat(b'\n'));
        let (mut rows, _) = Rows::open(Feed::new(text)).unwrap();
        let found = rest(&mut rows);
        assert!(found.len() == 2 && found[1].1[0].starts_with("line 3: a quote"), "{found:?}");
    }

    #[test]
    fn a_file_needs_a_header() {
        assert!(matches!(Rows::open(Feed::new(&b""[..])), Err(RowsError::Empty)));
        assert!(matches!(Rows::open(Feed::new(&b"\n\n"[..])), Err(RowsError::Empty)));
        assert!(matches!(Rows::open(Feed::new(&b"N\xE4me\n"[..])), Err(RowsError::Header)));
    }

    #[test]
    fn reading_goes_on_behind_every_row() {
        for text in [
            &b"a,b\n1,2\n\n\"x\ny\",3\n4,5\n6,7"[..],
            b"\xEF\xBB\xBFa,b\r\n1,2\r\n\r\n\"x\r\ny\",3\r\n4,5\r\n6,7\r\n",
        ] {
            let whole = &read(text)[1..];
            for count in 0..=whole.len() {
                let (mut rows, _) = Rows::open(Feed::new(text)).unwrap();
                let mut row = ByteRecord::new();
                for _ in 0..count {
                    rows.next(&mut row).unwrap();
                }
                let mark = rows.mark();
                assert_eq!(mark.rows, count as u64);
                let mut feed = Feed::new(text);
                feed.skip(mark.byte).unwrap();
                assert_eq!(feed.hash(), rows.hash());
                let mut again = Rows::go_on(feed, mark);
                assert_eq!(rest(&mut again), whole[count..], "behind row {count}");
            }
        }
    }
}
