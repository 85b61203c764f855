//! The pull reader.

use super::attribute::{self, Attribute};
use super::chars::{check, check_text, is_space, push_normalised};
use super::declaration;
use super::error::{Malformed, Stop, XmlError};
use super::name::{is_ncname, qualified};
use super::namespace::{Namespaces, Ns, WellKnown, undeclared};
use super::reference::{Reference, resolve};
use crate::Limits;
use crate::meter::Tally;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::Event as Token;

/// A part of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event<'a> {
    /// A start tag; its attributes are in [`Reader::attributes`] until the next event.
    Start(Element<'a>),
    /// An end tag, or the end of an empty element.
    End,
    /// Character data or a CDATA section.
    Text(Text<'a>),
    /// A character or predefined entity reference in content.
    Char(char),
    /// An undefined entity reference in content.
    Entity,
    /// A comment or a processing instruction.
    Aside,
    /// The end of the document.
    Eof,
}

/// An element's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Element<'a> {
    /// Its namespace.
    pub ns: Ns,
    /// Its name without the prefix.
    pub local: &'a str,
    /// The offset of its name.
    pub at: usize,
}

/// Character data as it stands in the document, line ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Text<'a> {
    raw: &'a str,
    section: bool,
}

impl<'a> Text<'a> {
    /// The text itself, if its line ends need no change.
    pub(crate) fn plain(self) -> Option<&'a str> {
        memchr::memchr(b'\r', self.raw.as_bytes()).is_none().then_some(self.raw)
    }

    /// How many bytes it has as it stands.
    pub(crate) fn len(self) -> usize {
        self.raw.len()
    }

    /// Appends the text, its line ends made LF.
    pub(crate) fn push_to(self, out: &mut String) {
        push_normalised(out, self.raw);
    }

    /// True for white space between tags; a CDATA section counts as text whatever it holds.
    pub(crate) fn is_blank(self) -> bool {
        !self.section && self.raw.bytes().all(is_space)
    }
}

/// How deep documents are as a rule. The names of elements deeper than that are counted, since
/// quick-xml keeps those that are open.
const SHALLOW: usize = 32;

/// Reads a document event by event. After an error it must not be used further.
pub(crate) struct Reader<'a, 'm> {
    /// The attributes of the start tag that [`Reader::next`] returned last.
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// What the request takes.
    pub(crate) tally: &'a mut Tally<'m>,
    /// How many bytes of the tally are for attributes of the last start tag.
    of_tag: usize,
    text: &'a str,
    tokens: quick_xml::Reader<&'a [u8]>,
    limits: Limits,
    namespaces: Namespaces<'a>,
    depth: usize,
    /// How deep the document has been, beyond what is usual.
    deepest: usize,
    /// For how many attributes the tally has counted the places.
    places: usize,
    root: bool,
    /// An empty element's end is still to be told.
    owes_end: bool,
    /// An element's end was told, and its declarations are still in scope.
    leaves: bool,
}

impl<'a, 'm> Reader<'a, 'm> {
    pub(crate) fn new(
        text: &'a str,
        known: &'a WellKnown,
        limits: Limits,
        tally: &'a mut Tally<'m>,
    ) -> Reader<'a, 'm> {
        let mut tokens = quick_xml::Reader::from_str(text);
        tokens.config_mut().check_comments = true;
        Reader {
            attributes: Vec::new(),
            tally,
            of_tag: 0,
            text,
            tokens,
            limits,
            namespaces: Namespaces::new(known, limits.namespaces),
            depth: 0,
            deepest: SHALLOW,
            places: 0,
            root: false,
            owes_end: false,
            leaves: false,
        }
    }

    /// The namespace that a prefix stands for at this place; the empty one for the default.
    pub(crate) fn resolve(&self, prefix: &str) -> Option<Ns> {
        self.namespaces.resolve(prefix)
    }

    /// The address of a namespace.
    pub(crate) fn address(&self, ns: Ns) -> &str {
        self.namespaces.address(ns)
    }

    /// Where the next node begins, as the recorded service counts: an element at its name, a
    /// comment, instruction or CDATA section at its content, text at its first character.
    pub(crate) fn next_node(&self) -> usize {
        let at = self.position();
        let rest = self.text.get(at..).unwrap_or_default();
        let marks = ["</", "<!--", "<?", "<![CDATA[", "<"];
        at + marks.iter().find(|mark| rest.starts_with(**mark)).map_or(0, |mark| mark.len())
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Result<Event<'a>, Stop> {
        if self.leaves {
            self.leaves = false;
            self.namespaces.leave(self.depth);
            self.depth -= 1;
        }
        if self.owes_end {
            self.owes_end = false;
            self.leaves = true;
            return Ok(Event::End);
        }
        let from = self.position();
        self.check_name(from)?;
        let token = self.tokens.read_event().map_err(|error| self.token_error(&error))?;
        let to = self.position();
        let Some(raw) = self.text.get(from..to) else {
            return Err(XmlError::new(Malformed::Token, from).into());
        };
        match token {
            Token::Start(tag) => return self.start(from, to - 1, tag.name().as_ref().len()),
            Token::Empty(tag) => {
                self.owes_end = true;
                return self.start(from, to - 2, tag.name().as_ref().len());
            }
            Token::End(_) => {
                self.leaves = true;
                Ok(Event::End)
            }
            Token::Text(_) => self.character_data(raw, from),
            Token::CData(_) => self.section(raw, from),
            Token::GeneralRef(_) => self.reference(raw, from),
            Token::Comment(_) => check(raw, from).map(|()| Event::Aside),
            Token::PI(_) => instruction(raw, from),
            Token::Decl(_) => match from == 0 && declaration::is_valid(&raw[5..raw.len() - 2]) {
                true => Ok(Event::Aside),
                false => Err(XmlError::new(Malformed::Declaration, from)),
            },
            Token::DocType(_) => Err(XmlError::new(Malformed::DocumentType, from)),
            Token::Eof if self.depth > 0 => Err(XmlError::new(Malformed::Truncated, to)),
            Token::Eof if !self.root => Err(XmlError::new(Malformed::NoRoot, to)),
            Token::Eof => Ok(Event::Eof),
        }
        .map_err(Stop::from)
    }

    /// Refuses a tag whose name is too long before quick-xml, which copies names, has read it.
    fn check_name(&self, from: usize) -> Result<(), XmlError> {
        let Some([b'<', rest @ ..]) = self.text.as_bytes().get(from..) else { return Ok(()) };
        let Some(head) = rest.get(..self.limits.name + 2) else { return Ok(()) };
        let is_tag = !matches!(head.first(), Some(b'!' | b'?'));
        let ends = |byte: &u8| *byte == b'>' || is_space(*byte);
        if is_tag && memchr::memchr2(b' ', b'>', head).is_none() && !head.iter().any(ends) {
            return Err(XmlError::new(Malformed::NameTooLong, from + 1));
        }
        Ok(())
    }

    /// Reads past the end of the element whose start tag was returned last.
    pub(crate) fn skip(&mut self) -> Result<(), Stop> {
        let mut open = 1usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// The next event that is neither white space nor a comment or an instruction.
    pub(crate) fn content(&mut self) -> Result<Event<'a>, Stop> {
        loop {
            match self.next()? {
                Event::Aside => {}
                Event::Text(text) if text.is_blank() => {}
                event => return Ok(event),
            }
        }
    }

    /// Ends reading before the document does, and gives back what it took.
    pub(crate) fn close(self) {
        let names = (self.deepest - SHALLOW) * self.limits.name;
        let places = self.places * size_of::<Attribute<'_>>();
        self.tally.release(self.of_tag + self.namespaces.owned() + names + places);
    }

    fn position(&self) -> usize {
        usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX)
    }

    /// A start tag from its `<` at `from` to `end`, which is its `>` or `/>`.
    fn start(&mut self, from: usize, end: usize, name: usize) -> Result<Event<'a>, Stop> {
        let at = from + 1;
        if self.depth == 0 && std::mem::replace(&mut self.root, true) {
            return Err(XmlError::new(Malformed::SecondRoot, at).into());
        }
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(XmlError::new(Malformed::TooDeep, at).into());
        }
        if self.depth > self.deepest {
            self.tally.hold(self.limits.name)?;
            self.deepest = self.depth;
        }
        let name = qualified(&self.text[at..at + name], at, self.limits.name)?;
        let behind = at + name.local.len() + name.prefix.len() + usize::from(!name.prefix.is_empty());
        self.attributes.clear();
        if self.of_tag > 0 {
            self.tally.release(self.of_tag);
            self.of_tag = 0;
        }
        let mut scan = attribute::Scan {
            text: self.text,
            end,
            depth: self.depth,
            limits: &self.limits,
            namespaces: &mut self.namespaces,
            tally: self.tally,
            taken: &mut self.of_tag,
        };
        scan.run(behind, &mut self.attributes)?;
        if self.attributes.capacity() > self.places {
            let more = self.attributes.capacity() - self.places;
            self.tally.hold(more * size_of::<Attribute<'_>>())?;
            self.places += more;
        }
        // The prefix `xmlns` is never bound, so no element can have it.
        let ns = self.namespaces.resolve(name.prefix).ok_or(undeclared(at))?;
        Ok(Event::Start(Element { ns, local: name.local, at }))
    }

    fn character_data(&self, raw: &'a str, at: usize) -> Result<Event<'a>, XmlError> {
        if raw.len() > self.limits.text {
            return Err(XmlError::new(Malformed::TextTooLong, at));
        }
        let text = Text { raw, section: false };
        if self.depth == 0 && !text.is_blank() {
            let blank = raw.bytes().take_while(|&byte| is_space(byte)).count();
            return Err(XmlError::new(Malformed::RootLevel, at + blank));
        }
        check_text(raw, at)?;
        Ok(Event::Text(text))
    }

    fn section(&self, raw: &'a str, at: usize) -> Result<Event<'a>, XmlError> {
        if self.depth == 0 {
            return Err(XmlError::new(Malformed::RootLevel, at));
        }
        let content = &raw["<![CDATA[".len()..raw.len() - "]]>".len()];
        if content.len() > self.limits.text {
            return Err(XmlError::new(Malformed::TextTooLong, at));
        }
        check(content, at)?;
        Ok(Event::Text(Text { raw: content, section: true }))
    }

    fn reference(&self, raw: &str, at: usize) -> Result<Event<'a>, XmlError> {
        if self.depth == 0 {
            return Err(XmlError::new(Malformed::RootLevel, at));
        }
        match resolve(&raw[1..raw.len() - 1]) {
            Some(Reference::Char(c)) => Ok(Event::Char(c)),
            Some(Reference::Undefined) => Ok(Event::Entity),
            None => Err(XmlError::new(Malformed::Reference, at)),
        }
    }

    fn token_error(&self, error: &Error) -> XmlError {
        let at = usize::try_from(self.tokens.error_position()).unwrap_or(usize::MAX);
        let kind = match error {
            Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => Malformed::Truncated,
            Error::IllFormed(IllFormedError::UnclosedReference) if self.depth == 0 => Malformed::RootLevel,
            Error::IllFormed(IllFormedError::UnclosedReference) => Malformed::Reference,
            Error::IllFormed(IllFormedError::DoubleHyphenInComment) => Malformed::Comment,
            Error::IllFormed(IllFormedError::MissingDoctypeName) => Malformed::DocumentType,
            Error::IllFormed(
                IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_),
            ) => Malformed::Mismatched,
            _ => Malformed::Token,
        };
        XmlError::new(kind, at)
    }
}

fn instruction<'a>(raw: &str, at: usize) -> Result<Event<'a>, XmlError> {
    let content = &raw[2..raw.len() - 2];
    let target = content.split(|c: char| c.is_ascii() && is_space(c as u8)).next().unwrap_or_default();
    if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
        return Err(XmlError::new(Malformed::Instruction, at));
    }
    check(raw, at)?;
    Ok(Event::Aside)
}
