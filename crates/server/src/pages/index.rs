//! The list of operations.

use super::{Visit, page};
use contract::Contract;
use maud::html;

/// The page that a browser gets at the service's address: all operations, by name.
pub fn index(contract: &Contract, visit: &Visit) -> String {
    let mut names: Vec<&str> =
        contract.model.operations.iter().map(|operation| operation.name.as_str()).collect();
    names.sort_unstable();
    let file = visit.file();
    let content = html! {
        p {
            "The following operations are supported.  For a formal definition, please review the "
            a href={ (file) "?WSDL" } { "Service Description" } ". "
        }
        ul.operations {
            @for name in names {
                li { a href={ (file) "?op=" (name) } { (name) } }
            }
        }
    };
    page(visit, content)
}
