//! What a path and a query ask for. ASMX tries its protocols in the order SOAP, form, discovery, pages.

use super::query::{Query, TooManyPairs, decode};
use hyper::Method;

/// The path of the endpoint as it is published. It answers in any case.
pub const ENDPOINT: &str = "/soap/V200611.ASMX";

/// What a path leads to.
#[derive(PartialEq, Eq, Debug)]
pub enum Place {
    /// The endpoint itself, its path as the client wrote it.
    Endpoint(String),
    /// Something below the endpoint: its path, and what follows it with the slash.
    Below(String, String),
    /// `/`
    Home,
    /// `/healthz`
    Health,
    /// `/readyz`
    Ready,
    /// Anything else.
    Nowhere,
}

/// Finds out what a path leads to. Several slashes at its beginning count as one: a client that adds the
/// path to an address with a slash at its end writes two.
pub fn place(path: &str) -> Place {
    let mut path = decode(path.as_bytes(), false);
    let slashes = path.len() - path.trim_start_matches('/').len();
    path.drain(..slashes.saturating_sub(1));
    match (path.get(..ENDPOINT.len()), path.get(ENDPOINT.len()..)) {
        (Some(endpoint), Some(rest)) if endpoint.eq_ignore_ascii_case(ENDPOINT) => {
            if rest.is_empty() {
                return Place::Endpoint(path);
            } else if rest.starts_with('/') {
                return Place::Below(endpoint.to_owned(), rest.to_owned());
            }
        }
        _ => {}
    }
    match &*path {
        "/" => Place::Home,
        "/healthz" => Place::Health,
        "/readyz" => Place::Ready,
        _ => Place::Nowhere,
    }
}

/// What a request to the endpoint wants.
#[derive(PartialEq, Eq, Debug)]
pub enum Wanted {
    /// A call. The query does not matter.
    Call,
    /// The WSDL.
    Wsdl,
    /// The discovery document.
    Disco,
    /// A WSDL by a number: there is only the one.
    OtherWsdl,
    /// A schema by a number: there is none outside the WSDL.
    OtherSchema,
    /// The list of operations.
    Index,
    /// The page of an operation, which may not exist.
    Operation(String),
    /// Nothing: the query has markup in it. Holds the piece that the answer shows.
    Danger(String),
    /// Nothing: the query has too many pairs.
    TooMany,
    /// Nothing: the method is not allowed.
    NotAllowed,
}

/// Finds out what a request to the endpoint wants.
pub fn wanted(method: &Method, query: Option<&str>) -> Wanted {
    match *method {
        Method::POST => return Wanted::Call,
        Method::GET => {}
        _ => return Wanted::NotAllowed,
    }
    let names = ["schema", "wsdl", "op"];
    let wanted = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let query = match Query::parse(query.unwrap_or("").as_bytes(), wanted) {
        Ok(query) => query,
        Err(TooManyPairs) => return Wanted::TooMany,
    };
    let unnamed = query.unnamed().unwrap_or_default();
    if let Some(piece) = query.danger() {
        Wanted::Danger(piece)
    } else if query.get("schema").is_some() {
        Wanted::OtherSchema
    } else if query.get("wsdl").is_some() {
        Wanted::OtherWsdl
    } else if unnamed.eq_ignore_ascii_case("wsdl") {
        Wanted::Wsdl
    } else if unnamed.eq_ignore_ascii_case("disco") {
        Wanted::Disco
    } else {
        query.get("op").map_or(Wanted::Index, Wanted::Operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_has_no_case() {
        for path in ["/soap/V200611.ASMX", "/SOAP/v200611.asmx", "/soap/V200611.%41smx"] {
            assert!(matches!(place(path), Place::Endpoint(_)), "{path}");
        }
        assert_eq!(
            place("/soap/v200611.asmx/Login"),
            Place::Below("/soap/v200611.asmx".into(), "/Login".into())
        );
        for path in ["//soap/V200611.ASMX", "////soap/V200611.ASMX", "/%2Fsoap/V200611.ASMX"] {
            assert_eq!(place(path), Place::Endpoint(ENDPOINT.into()), "{path}");
        }
        assert_eq!(place("//soap/V200611.ASMX//Login"), Place::Below(ENDPOINT.into(), "//Login".into()));
        assert_eq!((place("//"), place("//healthz")), (Place::Home, Place::Health));
        for path in ["//x/soap/V200611.ASMX", "/soap//V200611.ASMX"] {
            assert_eq!(place(path), Place::Nowhere, "{path}");
        }
        for path in
            ["/soap/V200611.ASMXX", "/soap", "/x/soap/V200611.ASMX", "", "*", "/soap/V200611.ASM\u{20ac}"]
        {
            assert_eq!(place(path), Place::Nowhere, "{path}");
        }
    }

    #[test]
    fn queries() {
        let get = |query| wanted(&Method::GET, Some(query));
        assert_eq!(wanted(&Method::GET, None), Wanted::Index);
        for query in ["wsdl", "WSDL", "wsdl&x=1", "x=1&WsDl"] {
            assert_eq!(get(query), Wanted::Wsdl, "{query}");
        }
        for query in ["", "singleWsdl", "zzz", "wsdl&disco", "x=1"] {
            assert_eq!(get(query), Wanted::Index, "{query}");
        }
        assert_eq!(get("DISCO"), Wanted::Disco);
        assert_eq!(get("wsdl=foo"), Wanted::OtherWsdl);
        assert_eq!(get("Schema=foo&wsdl"), Wanted::OtherSchema);
        assert_eq!(get("OP=Login"), Wanted::Operation("Login".into()));
        assert_eq!(get("op=%3Cb"), Wanted::Danger("op=\"<b\"".into()));
        assert_eq!(wanted(&Method::POST, Some("op=<b")), Wanted::Call);
        assert_eq!(wanted(&Method::HEAD, Some("wsdl")), Wanted::NotAllowed);
    }
}
