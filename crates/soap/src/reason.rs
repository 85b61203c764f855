//! Why a request was refused: in full for the client, without its values for the log.

use crate::meter::OverBudget;
use crate::xml::{Malformed, Stop, XmlError};
use contract::scalar::ScalarError;
use thiserror::Error;

/// Why a request was refused, for the log. Holds nothing from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Reason {
    /// The SOAPAction is no operation's, or the action parameter and the body element are not.
    #[error("the action is unknown")]
    UnknownAction,
    /// No action was given, and the body element is no operation's.
    #[error("no action was given and the body names no operation")]
    NoAction,
    /// The media type is not the envelope's.
    #[error("the media type is not supported")]
    MediaType,
    /// The root element is in no SOAP namespace.
    #[error("the envelope is of an unknown SOAP version")]
    VersionMismatch,
    /// The root element is not an envelope.
    #[error("there is no envelope")]
    MissingEnvelope,
    /// There is no body where one is needed.
    #[error("there is no body")]
    MissingBody,
    /// The document is not well-formed or goes past a limit.
    #[error("malformed XML: {0}")]
    Malformed(Malformed),
    /// A value is not of its type, which is named.
    #[error("a value is not {0}")]
    Value(&'static str),
    /// A value is outside its enumeration, which is named.
    #[error("a value is not in the enumeration {0}")]
    Enumeration(&'static str),
    /// An `xsi:type` is no type that may stand there.
    #[error("an xsi:type is unknown or does not fit")]
    Type,
    /// A header that must be understood is not.
    #[error("a header that must be understood is not")]
    NotUnderstood,
    /// The request is longer than the server takes.
    #[error("the request is too long")]
    TooLong,
    /// Too much waits or runs.
    #[error("the server is too busy")]
    Busy,
    /// An answer that the contract does not allow.
    #[error("the answer does not fit the contract")]
    Unwritable,
}

/// Why a request was refused, with what the client is told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("{error}")]
    Value { at: usize, error: ValueError },
    #[error("Server did not recognize the value of HTTP Header SOAPAction: {0}.")]
    UnknownAction(String),
    #[error("Unable to handle request. The action '{0}' was not recognized.")]
    UnhandledAction(String),
    #[error("Unable to handle request without a valid action parameter. Please supply a valid soap action.")]
    NoAction,
    #[error("unsupported media type")]
    MediaType,
    #[error(
        "Possible SOAP version mismatch: Envelope namespace {0} was unexpected. Expecting {soap11}.",
        soap11 = crate::SOAP11
    )]
    VersionMismatch(String),
    #[error("Request format is invalid: Missing required soap:Envelope element.")]
    MissingEnvelope,
    #[error("Request format is invalid: Missing required soap:Body element.")]
    MissingBody,
    #[error("SOAP header {0} was not understood.")]
    NotUnderstood(String),
}

/// Why a request was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// It is refused.
    Trouble(Trouble),
    /// There is no memory for more of it.
    OverBudget,
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Halt {
        Halt::Trouble(trouble)
    }
}

impl From<XmlError> for Halt {
    fn from(error: XmlError) -> Halt {
        Halt::Trouble(Trouble::Xml(error))
    }
}

impl From<OverBudget> for Halt {
    fn from(_: OverBudget) -> Halt {
        Halt::OverBudget
    }
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Halt {
        match stop {
            Stop::Malformed(error) => error.into(),
            Stop::OverBudget => Halt::OverBudget,
        }
    }
}

/// What is wrong with a value in the document. Holds the beginning of what it quotes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    #[error(transparent)]
    Scalar(#[from] ScalarError),
    #[error("Instance validation error: '{value}' is not a valid value for {enumeration}.")]
    Enumeration { value: String, enumeration: &'static str },
    #[error(
        "The specified type was not recognized: name='{name}', namespace='{namespace}', at <{element} xmlns='{element_namespace}'>."
    )]
    Type { name: String, namespace: String, element: String, element_namespace: String },
    #[error("Namespace prefix '{0}' is not defined.")]
    Prefix(String),
    #[error(
        "'{value}' is not a valid value for the field {field}. Valid values are '0', '1', 'true', and 'false'."
    )]
    Flag { value: String, field: &'static str },
}

impl Trouble {
    /// The part of it that may be logged.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Trouble::Xml(error) => Reason::Malformed(error.kind),
            Trouble::Value { error, .. } => error.reason(),
            Trouble::UnknownAction(_) | Trouble::UnhandledAction(_) => Reason::UnknownAction,
            Trouble::NoAction => Reason::NoAction,
            Trouble::MediaType => Reason::MediaType,
            Trouble::VersionMismatch(_) => Reason::VersionMismatch,
            Trouble::MissingEnvelope => Reason::MissingEnvelope,
            Trouble::MissingBody => Reason::MissingBody,
            Trouble::NotUnderstood(_) => Reason::NotUnderstood,
        }
    }
}

impl ValueError {
    fn reason(&self) -> Reason {
        match self {
            ValueError::Scalar(ScalarError::Boolean(_)) | ValueError::Flag { .. } => {
                Reason::Value("a boolean")
            }
            ValueError::Scalar(ScalarError::DateTime(_)) => Reason::Value("a dateTime"),
            ValueError::Scalar(ScalarError::Number) => Reason::Value("a number"),
            ValueError::Scalar(ScalarError::Range(_)) => Reason::Value("in its type's range"),
            ValueError::Enumeration { enumeration, .. } => Reason::Enumeration(enumeration),
            ValueError::Type { .. } | ValueError::Prefix(_) => Reason::Type,
        }
    }
}
