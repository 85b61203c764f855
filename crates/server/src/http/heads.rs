//! What the heads of requests take in memory.

use hyper::http::request::Parts;

/// What a header takes beside its name and its value: its entry, with room for a third more of them, its place in the
/// index, two allocations.
const FIELD: usize = 176;

/// What of a head belongs to its connection: sixteen of them are what connections have for heads.
const FREE: usize = 1 << 10;

/// What an HTTP/2 request takes beside its head, body and answer: its task, its stream, the head of its answer. One at a time
/// is what a connection has for it.
pub const STREAM: usize = 8 << 10;

/// How many bytes of a head are charged to the memory of requests.
pub fn weight(head: &Parts) -> usize {
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + FIELD);
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    (target + fields.sum::<usize>()).saturating_sub(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn weight_of(fields: usize, query: usize) -> usize {
        let mut request = Request::builder().uri(format!("/?{}", "x".repeat(query)));
        for index in 0..fields {
            request = request.header(format!("a{index:03}"), "");
        }
        weight(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_head_of_many_fields_weighs_more_than_its_bytes() {
        assert_eq!((weight_of(5, 0), weight_of(0, 1000)), (0, 0));
        assert_eq!(weight_of(100, 0), 100 * (FIELD + 4) + 2 - FREE);
        assert_eq!(weight_of(0, 8000), 8002 - FREE);
    }
}
