//! How much of a request the codec takes.

/// Bounds on a document, so that none can cost more memory or time than its length warrants.
///
/// A document past a bound is answered like one that is not well-formed: 400 with an empty body.
/// The length of the whole request is the server's to bound. The defaults pass everything that was
/// recorded, such as unknown elements nested 2,000 deep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How deep elements may be nested. Default: 4,096.
    pub depth: usize,
    /// How many attributes an element may have, namespace declarations included. Default: 1,024.
    pub attributes: usize,
    /// How many bytes a name may have, with its prefix. Default: 1,024.
    pub name: usize,
    /// How many bytes a value may have: an attribute's, a text between two tags, or all of the text
    /// of an element that holds a value. Default: 16 MiB.
    pub text: usize,
    /// How many namespace declarations may be in scope at once, and how many unknown namespaces a
    /// document may name in all. Default: 128.
    pub namespaces: usize,
    /// How many members the records of a request may have together; an empty element of a type
    /// counts all of its type's. Default: 2,000,000, which is over 10,000 contacts.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            depth: 4096,
            attributes: 1024,
            name: 1024,
            text: 16 << 20,
            namespaces: 128,
            members: 2_000_000,
        }
    }
}
