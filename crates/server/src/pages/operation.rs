//! The page of an operation.

use super::{Visit, form, link_back, page, sample};
use contract::render::SERVICE;
use contract::render::sample::{Version, request, response};
use contract::{Contract, OperationId};
use maud::{Markup, html};

/// The page of the operation of that exact name; for any other name a page that says so.
pub fn operation(contract: &Contract, visit: &Visit, name: &str) -> String {
    let content = match contract.model.find_operation(name) {
        Some(id) => found(contract, visit, id),
        None => not_found(name),
    };
    page(visit, html! { (link_back(visit)) (content) })
}

fn found(contract: &Contract, visit: &Visit, id: OperationId) -> Markup {
    html! {
        h2 { (contract.model.operation(id).name) }
        h3 { "Test" }
        @if visit.local {
            (form::form(contract, visit, id))
        } @else {
            p { "The test form is only available for requests from the local machine." }
        }
        (boxes(contract, visit, id, Version::Soap11))
        br;
        (boxes(contract, visit, id, Version::Soap12))
    }
}

fn boxes(contract: &Contract, visit: &Visit, id: OperationId, version: Version) -> Markup {
    let soap = match version {
        Version::Soap11 => "SOAP 1.1",
        Version::Soap12 => "SOAP 1.2",
    };
    let sent = request(contract, id, version, visit.path, &visit.host_name());
    html! {
        h3 { (soap) }
        p {
            "The following is a sample " (soap) " request and response. "
            "The placeholders shown need to be replaced with actual values."
        }
        pre { (sample::highlighted(&sent)) }
        pre { (sample::highlighted(&response(contract, id, version))) }
    }
}

fn not_found(name: &str) -> Markup {
    html! {
        h2 { "Method Not Found" }
        p { "Method '" (name) "' was not found in service " (SERVICE) "." }
    }
}
