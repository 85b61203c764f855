//! Login: who calls, what is sent, and what comes of it.

use crate::http::Connection;
use crate::message::{self, attribute, element, request};
use anyhow::{Context, Result, bail};
use contract::Contract;
use contract::handles::message::{login, login_response};
use contract::handles::object::login_result;
use contract::handles::operation;

/// Who calls.
#[derive(Clone, Debug, clap::Args)]
pub struct Credentials {
    /// Account number.
    #[arg(long, default_value = "LAB001")]
    pub account: String,
    /// API user.
    #[arg(long, default_value = "lab")]
    pub user: String,
    /// Password.
    #[arg(long, default_value = "lab")]
    pub password: String,
}

impl Credentials {
    /// Those of the lab.
    pub fn of_the_lab() -> Credentials {
        Credentials { account: "LAB001".into(), user: "lab".into(), password: "lab".into() }
    }
}

/// Logs in over a connection and gives the session value.
pub fn log_in(connection: &mut Connection, who: &Credentials) -> Result<String> {
    let contract = message::contract()?;
    let result = call(contract, connection, who)?;
    let name = &contract.model.member(login_result::TYPE_ID, login_result::CVENT_SESSION_HEADER).name;
    match attribute(result, name) {
        Some(value) if !value.is_empty() => Ok(String::from_utf8(value.to_vec())?),
        _ => bail!("Login was refused: {}", String::from_utf8_lossy(result)),
    }
}

/// Logs in with credentials that have to be refused.
pub fn be_refused(connection: &mut Connection, who: &Credentials) -> Result<()> {
    let contract = message::contract()?;
    let result = call(contract, connection, who)?;
    let name = &contract.model.member(login_result::TYPE_ID, login_result::LOGIN_SUCCESS).name;
    match attribute(result, name) {
        Some(b"false") => Ok(()),
        _ => bail!("Login was not refused"),
    }
}

/// The start tag of the result.
fn call<'a>(contract: &Contract, connection: &'a mut Connection, who: &Credentials) -> Result<&'a [u8]> {
    let mut body = contract.record(login::TYPE_ID);
    body.set(login::ACCOUNT_NUMBER, who.account.as_str());
    body.set(login::USER_NAME, who.user.as_str());
    body.set(login::PASSWORD, who.password.as_str());
    let message = request(contract, operation::LOGIN, None, &body);
    let answer = connection.call(&contract.action(operation::LOGIN), message.as_bytes())?;
    let member = contract.model.member(login_response::TYPE_ID, login_response::LOGIN_RESULT);
    element(answer, &member.name).context("the answer to Login has no result")
}
