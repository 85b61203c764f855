//! What every floor does first: quick-xml tokenises the very bytes that the load sends, and the attributes
//! of each contact become values.

use crate::contacts;
use anyhow::{Context, Result};
use contract::handles::array::array_of_contact;
use contract::handles::object::contact;
use contract::scalar::{parse_boolean, parse_date_time};
use contract::{Contract, FieldId, Guid, Scalar, Timestamp, TypeRef};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;
use std::borrow::Cow;

/// The value of an attribute.
pub enum Sent<'a> {
    /// A boolean.
    Truth(bool),
    /// A time, in microseconds since 1970.
    Time(i64),
    /// Any other text.
    Text(Cow<'a, str>),
}

/// Reads contacts out of requests that have the identifier first and then the columns in their order.
pub struct Tokeniser {
    element: String,
    columns: Vec<(FieldId, TypeRef)>,
}

impl Tokeniser {
    /// A reader of the calls that the load sends.
    pub fn new(contract: &Contract) -> Tokeniser {
        let element = &contract.model.member(array_of_contact::TYPE_ID, array_of_contact::CONTACT).name;
        let ty = |field| contract.model.member(contact::TYPE_ID, field).ty;
        let columns = contacts::members(contract).into_iter().map(|field| (field, ty(field)));
        Tokeniser { element: element.clone(), columns: columns.collect() }
    }

    /// The members that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> {
        self.columns.iter().map(|(field, _)| *field)
    }

    /// Gives every contact's identifier and values, in order.
    pub fn contacts(&self, bytes: &[u8], mut each: impl FnMut(Guid, Values<'_>) -> Result<()>) -> Result<()> {
        let mut reader = Reader::from_str(std::str::from_utf8(bytes)?);
        loop {
            match reader.read_event()? {
                Event::Start(tag) if tag.name().as_ref() == self.element => {
                    let mut attributes = tag.attributes();
                    attributes.with_checks(false);
                    let id = attributes.next().context("a contact without attributes")??;
                    let id = Guid::parse(&id.value).context("not an identifier")?;
                    each(id, Values { attributes, columns: self.columns.iter() })?;
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

/// The values of one contact, a column each.
pub struct Values<'a> {
    attributes: Attributes<'a>,
    columns: std::slice::Iter<'a, (FieldId, TypeRef)>,
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<Sent<'a>>;

    fn next(&mut self) -> Option<Result<Sent<'a>>> {
        let (_, ty) = self.columns.next()?;
        Some(value(&mut self.attributes, *ty))
    }
}

fn value<'a>(attributes: &mut Attributes<'a>, ty: TypeRef) -> Result<Sent<'a>> {
    let text = match attributes.next().context("a contact with too few attributes")??.value {
        Cow::Borrowed(text) => unescape(text)?,
        Cow::Owned(text) => Cow::Owned(unescape(&text)?.into_owned()),
    };
    Ok(match ty {
        TypeRef::Scalar(Scalar::Boolean) => Sent::Truth(parse_boolean(&text)?),
        TypeRef::Scalar(Scalar::DateTime) => Sent::Time(parse_date_time(&text, Timestamp(0))?.0),
        _ => Sent::Text(text),
    })
}
