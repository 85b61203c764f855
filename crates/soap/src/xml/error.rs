//! What is wrong with a document.

use crate::meter::OverBudget;
use thiserror::Error;

/// A document that is not well-formed, or goes past a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{kind}")]
pub(crate) struct XmlError {
    /// What is wrong.
    pub kind: Malformed,
    /// Where, as an offset in bytes.
    pub at: usize,
}

impl XmlError {
    pub(crate) fn new(kind: Malformed, at: usize) -> XmlError {
        XmlError { kind, at }
    }
}

/// Why reading ends before the document does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The document is not well-formed, or goes past a limit.
    Malformed(XmlError),
    /// There is no memory for more of it.
    OverBudget,
}

impl From<XmlError> for Stop {
    fn from(error: XmlError) -> Stop {
        Stop::Malformed(error)
    }
}

impl From<OverBudget> for Stop {
    fn from(_: OverBudget) -> Stop {
        Stop::OverBudget
    }
}

/// The ways of not being well-formed.
///
/// A client sees these texts only if its document had to be read to find the operation; the first
/// two are recorded, the others are in their manner. None holds anything from the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Nothing but white space and comments.
    #[error("Root element is missing.")]
    NoRoot,
    /// Text, a reference or CDATA outside the root element.
    #[error("Data at the root level is invalid.")]
    RootLevel,
    /// A second root element.
    #[error("There are multiple root elements.")]
    SecondRoot,
    /// The document ends inside an element or a token.
    #[error("Unexpected end of file has occurred.")]
    Truncated,
    /// An end tag that does not belong to the element that is open.
    #[error("The start tag does not match the end tag.")]
    Mismatched,
    /// A document type.
    #[error("DTD is prohibited in this XML document.")]
    DocumentType,
    /// An XML declaration that is not at the start, or is not one.
    #[error("Syntax for an XML declaration is invalid.")]
    Declaration,
    /// A comment with two hyphens inside.
    #[error("An XML comment cannot contain '--', and '-' cannot be the last character.")]
    Comment,
    /// A processing instruction without a proper target.
    #[error("The processing instruction is invalid.")]
    Instruction,
    /// A character that XML does not allow.
    #[error("There is an invalid character.")]
    Character,
    /// Bytes that are no character of the document's encoding, or an encoding nobody knows.
    #[error("Invalid character in the given encoding.")]
    Encoding,
    /// An ampersand that begins no reference.
    #[error("An error occurred while parsing EntityName.")]
    Reference,
    /// `]]>` in text.
    #[error("']]>' is not allowed in character data.")]
    CDataEnd,
    /// Something that should be a name.
    #[error("Invalid name character.")]
    Name,
    /// An attribute that is not name, equals sign and quoted value.
    #[error("An attribute is invalid.")]
    Attribute,
    /// The same attribute twice.
    #[error("There is a duplicate attribute name.")]
    DuplicateAttribute,
    /// A prefix that no declaration in scope binds.
    #[error("There is an undeclared prefix.")]
    UndeclaredPrefix,
    /// A namespace declaration that the recommendation forbids.
    #[error("A namespace declaration is invalid.")]
    Namespace,
    /// A comment, an instruction or an element where only text may be.
    #[error("Unexpected node in element content that should be text.")]
    NotText,
    /// Anything else that is no token.
    #[error("Unexpected token.")]
    Token,
    /// Deeper than [`crate::Limits::depth`].
    #[error("The document is nested too deeply.")]
    TooDeep,
    /// More attributes than [`crate::Limits::attributes`].
    #[error("An element has too many attributes.")]
    TooManyAttributes,
    /// A name longer than [`crate::Limits::name`].
    #[error("A name is too long.")]
    NameTooLong,
    /// A text or attribute value longer than [`crate::Limits::text`].
    #[error("A text is too long.")]
    TextTooLong,
    /// More namespaces than [`crate::Limits::namespaces`].
    #[error("There are too many namespaces.")]
    TooManyNamespaces,
}
