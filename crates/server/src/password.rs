//! Passwords: from a prompt that does not echo, or from standard input. Never from an argument, which
//! every process on the machine could read.

use crate::exit::{Exit, Failure};
use std::io::{IsTerminal, stdin};

/// How many characters a password has at least, unless a shorter one is asked for on purpose.
const LEAST: usize = 12;

/// Asks for a new password twice, or reads the first line of standard input if that is no terminal.
///
/// # Errors
/// [`Exit::Refused`] if there is none, if the two are not the same, or if it has fewer than 12 characters and `short` is
/// not set.
pub fn read(user: &str, short: bool) -> Result<String, Failure> {
    let password = if stdin().is_terminal() { ask(user)? } else { first_line()? };
    if password.is_empty() {
        return Err(Failure::new(Exit::Refused, "the password is empty; nothing was changed"));
    }
    if password.chars().count() < LEAST {
        if !short {
            return Err(Failure::new(
                Exit::Refused,
                "the password has fewer than 12 characters; nothing was changed (--short-password takes it anyway)",
            ));
        }
        crate::log::tell(format_args!("warning: a password of fewer than 12 characters is easily guessed"));
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
    Ok(bare(&line).to_owned())
}

/// The password of a file's first line. What editors put around it is no part of it: a byte order mark, a line end.
fn bare(line: &str) -> &str {
    line.strip_prefix('\u{feff}').unwrap_or(line).trim_end_matches(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_are_no_part_of_a_password() {
        for line in ["secret", "secret\n", "secret\r\n", "\u{feff}secret\r\n"] {
            assert_eq!(bare(line), "secret");
        }
        assert_eq!(bare(" spaces are \n"), " spaces are ");
    }
}
