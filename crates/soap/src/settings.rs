//! How much of a request the codec takes.

/// Bounds on a document, so that none can cost more memory or time than its length warrants.
///
/// A document past a bound is answered like one that is not well-formed: 400 with an empty body; but
/// what is said otherwise below.
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
    /// How many items the lists below one record keep in all, and a list keeps that no limit of the
    /// call holds for; one more is kept, to show that there were more. Default: 1,000.
    pub nested: usize,
    /// How many bytes the text of a body may have once it is UTF-8. Past it there is no room for the
    /// request: [`crate::Unread::OverBudget`]. Default: 20 MiB.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            depth: 4096,
            attributes: 1024,
            name: 1024,
            text: 16 << 20,
            namespaces: 128,
            nested: 1000,
            body: 20 << 20,
        }
    }
}
