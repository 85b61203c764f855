//! The form by which a visitor on this machine sends a message.

use super::{SCRIPT, Visit};
use contract::handles::array::cvent_session_header;
use contract::handles::object::login_result;
use contract::render::sample::{Version, message};
use contract::{Contract, OperationId};
use maud::{Markup, PreEscaped, html};

/// The form and its script. What the script has to know of the contract stands in `data` attributes.
pub(super) fn form(contract: &Contract, visit: &Visit, id: OperationId) -> Markup {
    let model = &contract.model;
    let operation = model.operation(id);
    let name = |ty, field| model.member(ty, field).name.as_str();
    let header = name(cvent_session_header::TYPE_ID, cvent_session_header::CVENT_SESSION_VALUE);
    let login = name(login_result::TYPE_ID, login_result::CVENT_SESSION_HEADER);
    let text = message(contract, id);
    let rows = text.lines().count().clamp(12, 24);
    html! {
        form #test data-path=(visit.path) data-action=(contract.action(id)) data-login=(login) {
            @if operation.header {
                div.field {
                    label for="session" { "Session" }
                    input #session type="text" autocomplete="off" spellcheck="false"
                        aria-describedby="session-hint" data-element=(header);
                    small #session-hint {
                        "Goes into the message’s header. Kept in this tab, and filled in by a Login sent from here."
                    }
                }
            }
            fieldset {
                legend { "Version" }
                (version_choice("SOAP 1.1", Version::Soap11, true))
                (version_choice("SOAP 1.2", Version::Soap12, false))
            }
            div.field {
                label for="message" { "Message" }
                textarea #message rows=(rows) wrap="off" autocomplete="off" autocapitalize="off"
                    spellcheck="false" aria-describedby="message-hint" { (text) }
                small #message-hint { kbd { "Ctrl" } " + " kbd { "Enter" } " sends it." }
            }
            div.send {
                button type="submit" { "Send" }
                output #status for="message" {}
            }
            div.field #answer hidden {
                label for="answer-text" { "Answer" }
                textarea #answer-text rows="12" readonly {}
            }
            noscript { p { "The form needs JavaScript." } }
        }
        script { (PreEscaped(SCRIPT)) }
    }
}

fn version_choice(label: &str, version: Version, checked: bool) -> Markup {
    html! {
        label {
            input type="radio" name="version" value=(version.media_type()) checked[checked]
                data-envelope=(version.namespace());
            " " (label)
        }
    }
}
