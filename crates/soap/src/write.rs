//! The one writer of XML, in the style of the recorded service.
//!
//! No white space between tags, empty elements closed with a blank before the slash, and namespace
//! declarations behind the attributes of the element that brings the namespace in.

use std::io::Write as _;

/// Writes one document.
pub(crate) struct Writer<'n> {
    out: Vec<u8>,
    /// How many bytes it may write. Nobody reads what is longer, so that text beyond them is left out.
    most: usize,
    open: Vec<Open<'n>>,
    /// The last start tag is not closed yet.
    in_tag: bool,
    /// How many prefixes were made up.
    prefixes: usize,
}

struct Open<'n> {
    prefix: &'static str,
    name: &'n str,
    /// The default namespace inside it.
    default: &'n str,
    /// The default namespace is declared by it.
    declares: bool,
}

impl<'n> Writer<'n> {
    /// A writer that has written the XML declaration.
    pub(crate) fn new() -> Writer<'n> {
        Writer::within(usize::MAX)
    }

    /// The same for a document of at most so many bytes.
    pub(crate) fn within(most: usize) -> Writer<'n> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        Writer { out, most, open: Vec::new(), in_tag: false, prefixes: 0 }
    }

    /// True once the document is longer than it may be.
    pub(crate) fn is_full(&self) -> bool {
        self.out.len() > self.most
    }

    /// The document. Elements that are still open are closed.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    /// Opens an element without a prefix, in a namespace.
    pub(crate) fn open(&mut self, name: &'n str, namespace: &'n str) {
        let declares = self.default() != namespace;
        self.start(Open { prefix: "", name, default: namespace, declares });
    }

    /// Opens an element with a prefix that is declared somewhere above.
    pub(crate) fn open_prefixed(&mut self, prefix: &'static str, name: &'n str) {
        let default = self.default();
        self.start(Open { prefix, name, default, declares: false });
    }

    fn start(&mut self, element: Open<'n>) {
        self.seal();
        self.out.push(b'<');
        self.name(&element);
        self.open.push(element);
        self.in_tag = true;
    }

    /// Adds an attribute to the element just opened.
    pub(crate) fn attribute(&mut self, name: &str, value: &str) {
        self.begin_attribute(name);
        self.escape(value, IN_ATTRIBUTE);
        self.out.push(b'"');
    }

    /// Adds an attribute whose value needs no escaping.
    pub(crate) fn attribute_display(&mut self, name: &str, value: &dyn std::fmt::Display) {
        self.begin_attribute(name);
        self.display(value);
        self.out.push(b'"');
    }

    fn begin_attribute(&mut self, name: &str) {
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
    }

    /// Adds `xsi:type` to the element just opened. A type that is not in the default namespace gets
    /// a prefix of its own, declared before it.
    pub(crate) fn type_attribute(&mut self, name: &str, namespace: &str) {
        if self.default() == namespace {
            return self.attribute("xsi:type", name);
        }
        self.prefixes += 1;
        let prefix = self.prefixes;
        self.attribute(&format!("xmlns:q{prefix}"), namespace);
        self.attribute("xsi:type", &format!("q{prefix}:{name}"));
    }

    /// Adds text to the element just opened.
    pub(crate) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.seal();
        self.escape(text, IN_TEXT);
    }

    /// Writes text in pieces, as long as there is room.
    fn escape(&mut self, text: &str, place: u8) {
        let mut rest = text;
        while !rest.is_empty() && !self.is_full() {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE));
            escape(&mut self.out, piece, place);
            rest = behind;
        }
    }

    /// Adds text that needs no escaping.
    pub(crate) fn text_display(&mut self, text: &dyn std::fmt::Display) {
        self.seal();
        self.display(text);
    }

    fn display(&mut self, value: &dyn std::fmt::Display) {
        // Writing to a vector does not fail.
        let _ = write!(self.out, "{value}");
    }

    /// Closes the element opened last.
    pub(crate) fn close(&mut self) {
        if self.in_tag {
            self.declare();
            self.out.extend_from_slice(b" />");
            self.in_tag = false;
            self.open.pop();
        } else if let Some(element) = self.open.pop() {
            self.out.extend_from_slice(b"</");
            self.name(&element);
            self.out.push(b'>');
        }
    }

    fn name(&mut self, element: &Open<'n>) {
        if !element.prefix.is_empty() {
            self.out.extend_from_slice(element.prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(element.name.as_bytes());
    }

    fn seal(&mut self) {
        if self.in_tag {
            self.declare();
            self.out.push(b'>');
            self.in_tag = false;
        }
    }

    fn declare(&mut self) {
        if let Some(element) = self.open.last().filter(|element| element.declares) {
            self.out.extend_from_slice(b" xmlns=\"");
            self.out.extend_from_slice(element.default.as_bytes());
            self.out.push(b'"');
        }
    }

    fn default(&self) -> &'n str {
        self.open.last().map_or("", |element| element.default)
    }
}

/// How much text is written before the length is looked at again, in bytes.
const PIECE: usize = 64 << 10;

const IN_TEXT: u8 = 1;
const IN_ATTRIBUTE: u8 = 2;

/// Where each byte must be looked at: control characters, markup, and the first byte of U+F000 to
/// U+FFFF. TAB, and in text CR and LF too, stand for themselves.
static SPECIAL: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = IN_TEXT | IN_ATTRIBUTE;
        byte += 1;
    }
    table[b'\t' as usize] = 0;
    table[b'\n' as usize] = IN_ATTRIBUTE;
    table[b'\r' as usize] = IN_ATTRIBUTE;
    table[b'"' as usize] = IN_ATTRIBUTE;
    table[b'&' as usize] = IN_TEXT | IN_ATTRIBUTE;
    table[b'<' as usize] = IN_TEXT | IN_ATTRIBUTE;
    table[b'>' as usize] = IN_TEXT | IN_ATTRIBUTE;
    table[0xEF] = IN_TEXT | IN_ATTRIBUTE;
    table
};

fn escape(out: &mut Vec<u8>, text: &str, place: u8) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if SPECIAL[usize::from(byte)] & place == 0 {
            continue;
        }
        let number;
        let (replacement, length): (&str, usize) = match (byte, bytes.get(index + 1), bytes.get(index + 2)) {
            (b'&', ..) => ("&amp;", 1),
            (b'<', ..) => ("&lt;", 1),
            (b'>', ..) => ("&gt;", 1),
            (b'"', ..) => ("&quot;", 1),
            (0xEF, Some(0xBF), Some(0xBE)) => ("&#xFFFE;", 3),
            (0xEF, Some(0xBF), Some(0xBF)) => ("&#xFFFF;", 3),
            (0xEF, ..) => continue,
            _ => {
                number = format!("&#x{byte:X};");
                (&number, 1)
            }
        };
        out.extend_from_slice(&bytes[from..index]);
        out.extend_from_slice(replacement.as_bytes());
        from = index + length;
    }
    out.extend_from_slice(&bytes[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, place: u8) -> String {
        let mut out = Vec::new();
        escape(&mut out, text, place);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_as_the_framework_does() {
        let text = "a&<>\"'\t\r\n\u{1}\u{1F}é😀\u{FFFD}\u{FFFE}";
        assert_eq!(escaped(text, IN_TEXT), "a&amp;&lt;&gt;\"'\t\r\n&#x1;&#x1F;é😀\u{FFFD}&#xFFFE;");
        assert_eq!(
            escaped(text, IN_ATTRIBUTE),
            "a&amp;&lt;&gt;&quot;'\t&#xD;&#xA;&#x1;&#x1F;é😀\u{FFFD}&#xFFFE;"
        );
    }

    #[test]
    fn declarations_stand_behind_attributes_and_only_where_needed() {
        let mut writer = Writer::new();
        writer.open("a", "urn:1");
        writer.attribute("x", "1");
        writer.open("b", "urn:1");
        writer.text("t");
        writer.close();
        writer.open("c", "urn:2");
        writer.type_attribute("T", "urn:2");
        writer.close();
        writer.open("d", "urn:1");
        writer.type_attribute("T", "urn:2");
        let text = String::from_utf8(writer.finish()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><a x=\"1\" xmlns=\"urn:1\"><b>t</b>\
             <c xsi:type=\"T\" xmlns=\"urn:2\" /><d xmlns:q1=\"urn:2\" xsi:type=\"q1:T\" /></a>"
        );
    }
}
