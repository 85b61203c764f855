//! `understudy template`

use super::{administer, print_table, say};
use crate::exit::{Exit, Failure};
use crate::settings::Place;
use clap::Args;
use std::io::{Read, stdin};

/// `template set`
#[derive(Args)]
pub struct Set {
    /// What requests call it: EmailName.
    name: String,
    /// Account number.
    #[arg(long, value_name = "NUMBER")]
    account: String,
    /// Its subject.
    #[arg(long)]
    subject: String,
}

/// `template list`
#[derive(Args)]
pub struct List {
    /// Account number.
    #[arg(long, value_name = "NUMBER")]
    account: String,
}

/// `template remove`
#[derive(Args)]
pub struct Remove {
    /// Its name, in any case.
    name: String,
    /// Account number.
    #[arg(long, value_name = "NUMBER")]
    account: String,
}

/// Adds a custom mail, or changes one; its text comes from standard input.
pub fn set((place, what): (Place, Set)) -> Result<(), Failure> {
    let mut text = String::new();
    stdin().read_to_string(&mut text).map_err(|error| {
        Failure::new(Exit::Failed, format!("the text can't be read from standard input: {error}"))
    })?;
    let set = async |admin: service::Admin| {
        admin.set_custom_mail(&what.account, &what.name, &what.subject, &text).await
    };
    administer(&place, set)?;
    say(format_args!("Account {} has the mail {}.", what.account, what.name));
    Ok(())
}

/// Lists the custom mails of an account.
pub fn list((place, what): (Place, List)) -> Result<(), Failure> {
    let mails = administer(&place, async |admin| admin.custom_mails(&what.account).await)?;
    let rows: Vec<_> = mails.into_iter().map(|mail| [mail.name, mail.subject]).collect();
    print_table(["NAME", "SUBJECT"], &rows);
    Ok(())
}

/// Removes a custom mail.
pub fn remove((place, what): (Place, Remove)) -> Result<(), Failure> {
    administer(&place, async |admin| admin.remove_custom_mail(&what.account, &what.name).await)?;
    say(format_args!("Account {} no longer has the mail {}.", what.account, what.name));
    Ok(())
}
