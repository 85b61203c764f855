//! The layout that .NET's indenting writer gives an XML document.

/// Attributes for an element that has none.
pub(super) const NONE: &[(&str, &str)] = &[];

/// Writes a document element by element: two blanks a level, ` />` where there is no content, and
/// no line end after the last tag.
pub(super) struct Writer {
    out: String,
    line_end: &'static str,
    depth: usize,
}

impl Writer {
    /// Begins a document after `head`, which is written as it is.
    pub(super) fn new(head: String, line_end: &'static str) -> Writer {
        let mut writer = Writer { out: head, line_end, depth: 0 };
        writer.out.push_str(r#"<?xml version="1.0" encoding="utf-8"?>"#);
        writer
    }

    /// Writes an element whose children `content` writes.
    pub(super) fn element<V: AsRef<str>>(
        &mut self,
        name: &str,
        attributes: &[(&str, V)],
        content: impl FnOnce(&mut Writer),
    ) {
        self.open(name, attributes);
        let childless = self.out.len();
        self.depth += 1;
        content(self);
        self.depth -= 1;
        if self.out.len() == childless {
            self.out.truncate(childless - 1);
            self.out.push_str(" />");
        } else {
            self.new_line();
            self.close(name);
        }
    }

    /// Writes an element without content.
    pub(super) fn empty<V: AsRef<str>>(&mut self, name: &str, attributes: &[(&str, V)]) {
        self.element(name, attributes, |_| {});
    }

    /// Writes an element that holds a text.
    pub(super) fn text<V: AsRef<str>>(&mut self, name: &str, attributes: &[(&str, V)], text: &str) {
        self.open(name, attributes);
        self.escape(text);
        self.close(name);
    }

    /// Ends the document.
    pub(super) fn finish(self) -> String {
        self.out
    }

    fn open<V: AsRef<str>>(&mut self, name: &str, attributes: &[(&str, V)]) {
        self.new_line();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escape(value.as_ref());
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn new_line(&mut self) {
        self.out.push_str(self.line_end);
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                _ => self.out.push(c),
            }
        }
    }
}
