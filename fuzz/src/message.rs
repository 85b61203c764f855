//! Messages made from bytes: an envelope for any operation, with values of its members' types.

use contract::model::{Kind, Member, Model};
use contract::{Contract, Namespace, OperationId, Scalar, TypeId, TypeRef};
use std::fmt::Write;

/// How many levels of elements a message has at most, and how many elements in all.
const DEEPEST: usize = 6;
const MOST: usize = 300;

/// The bytes that decide, read one after the other; zeros at their end.
pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Writes messages. `texts` are values that mean something to the server, such as the ids of stored objects.
pub struct Generator<'a> {
    pub contract: &'static Contract,
    pub choices: Choices<'a>,
    pub texts: &'a [String],
    pub elements: usize,
}

impl Generator<'_> {
    /// An envelope of SOAP 1.1 that calls the operation.
    pub fn envelope(&mut self, operation: OperationId, session: &str) -> String {
        let described = self.contract.model.operation(operation);
        let address = self.contract.address(Namespace::Messages);
        let mut out = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><s:Header><CventSessionHeader xmlns=\"{address}\">\
             <CventSessionValue>{session}</CventSessionValue></CventSessionHeader></s:Header><s:Body>"
        );
        self.record(&mut out, &described.name, Namespace::Messages, described.request, 0);
        out.push_str("</s:Body></s:Envelope>");
        out
    }

    fn model(&self) -> &'static Model {
        &self.contract.model
    }

    fn record(&mut self, out: &mut String, name: &str, namespace: Namespace, ty: TypeId, depth: usize) {
        self.elements += 1;
        let _ = write!(out, "<{name} xmlns=\"{}\"", self.contract.address(namespace));
        let members = &self.model().ty(ty).members;
        for member in members.iter().filter(|member| member.kind == Kind::Attribute) {
            if self.choices.below(2) == 1 {
                let _ = write!(out, " {}=\"", member.name);
                self.value(out, member);
                out.push('"');
            }
        }
        out.push('>');
        for member in members.iter().filter(|member| member.kind == Kind::Element) {
            self.child(out, member, depth);
        }
        let _ = write!(out, "</{name}>");
    }

    fn child(&mut self, out: &mut String, member: &Member, depth: usize) {
        if depth >= DEEPEST || self.elements >= MOST {
            return;
        }
        // Wrappers and arrays are mostly there, or nothing below them would ever be.
        let times = match (member.repeated, depth) {
            (true, _) => self.choices.below(4),
            (false, 0) => usize::from(self.choices.below(16) > 0),
            (false, _) => self.choices.below(2),
        };
        for _ in 0..times {
            match member.ty {
                TypeRef::Complex(ty) => self.record(out, &member.name, member.namespace, ty, depth + 1),
                _ => {
                    self.elements += 1;
                    let _ = write!(out, "<{} xmlns=\"{}\">", member.name, self.contract.address(member.namespace));
                    self.value(out, member);
                    let _ = write!(out, "</{}>", member.name);
                }
            }
        }
    }

    fn value(&mut self, out: &mut String, member: &Member) {
        let kind = match member.ty {
            TypeRef::Enumeration(id) => {
                let values = &self.model().enumeration(id).values;
                let index = self.choices.below(values.len());
                return escape(out, &values[index]);
            }
            TypeRef::Scalar(kind) => kind,
            TypeRef::Complex(_) => return,
        };
        let values: &[&str] = match kind {
            Scalar::Boolean => &["true", "false", "1", "0"],
            Scalar::Int => &["0", "1", "-1", "5", "2147483647", "-2147483648"],
            Scalar::Long => &["0", "1", "-1", "9223372036854775807", "-9223372036854775808"],
            Scalar::Decimal => &["0", "1.50", "-3", "79228162514264337593543950335", "0.0000000000000000000000000001"],
            Scalar::Double => &["0", "1.5", "-2", "INF", "-INF", "NaN", "1.7976931348623157E308", "5E-324"],
            Scalar::DateTime => {
                &["2026-11-24T12:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999", "2026-02-28", "2027-01-01T00:00:00Z"]
            }
            Scalar::String | Scalar::Integer => return self.text(out),
        };
        let index = self.choices.below(values.len());
        out.push_str(values[index]);
    }

    fn text(&mut self, out: &mut String) {
        match self.choices.byte() {
            0..160 if !self.texts.is_empty() => {
                let index = (usize::from(self.choices.byte()) << 8 | usize::from(self.choices.byte())) % self.texts.len();
                escape(out, &self.texts[index]);
            }
            _ => {
                let length = self.choices.below(40);
                let text = String::from_utf8_lossy(self.choices.take(length)).into_owned();
                escape(out, &text);
            }
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('?'),
        }
    }
}
