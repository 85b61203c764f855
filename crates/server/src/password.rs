//! Passwords: from a prompt that does not echo, or from standard input. Never from an argument, which
//! every process on the machine could read.

use crate::exit::{Exit, Failure};
use std::io::{IsTerminal, stdin};

/// Asks for a new password twice, or reads the first line of standard input if that is no terminal.
///
/// # Errors
/// [`Exit::Refused`] if there is none, or the two are not the same.
pub fn read(user: &str) -> Result<String, Failure> {
    let password = if stdin().is_terminal() { ask(user)? } else { first_line()? };
    if password.is_empty() {
        return Err(Failure::new(Exit::Refused, "the password is empty; nothing was changed"));
    }
    Ok(password)
}

fn ask(user: &str) -> Result<String, Failure> {
    let prompt = |text: &str| {
        rpassword::prompt_password(text)
            .map_err(|error| Failure::new(Exit::Failed, format!("the password can't be read: {error}")))
    };
    let password = prompt(&format!("Password for {user}: "))?;
    if password == prompt("The same again: ")? {
        Ok(password)
    } else {
        Err(Failure::new(Exit::Refused, "the two passwords are not the same; nothing was changed"))
    }
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| {
        Failure::new(Exit::Failed, format!("the password can't be read from standard input: {error}"))
    })?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
