//! `understudy account`

use super::{administer, administer_as, print_table, say};
use crate::exit::Failure;
use crate::settings::Place;
use clap::{Args, ValueEnum};
use service::AccountChange;
use std::str::FromStr;
use store::{ContactKey, Opening};

/// `account add`
#[derive(Args)]
pub struct Add {
    /// Account number: what clients send as AccountNumber.
    number: String,
    /// The name that administrators see; the number if none is given.
    #[arg(long)]
    name: Option<String>,
}

/// `account list`
#[derive(Args)]
pub struct List {}

/// `account set`
#[derive(Args)]
pub struct Set {
    /// Account number.
    number: String,
    /// The name that administrators see.
    #[arg(long)]
    name: Option<String>,
    /// Whether anybody may log in (`--active=false` refuses them all).
    #[arg(long, value_name = "BOOL", num_args = 1)]
    active: Option<bool>,
    /// What tells two contacts apart.
    #[arg(long, value_name = "KEY")]
    key: Option<Key>,
    /// Calls a day, Login not counted; `none` for no limit.
    #[arg(long, value_name = "N")]
    max_calls: Option<Limit>,
    /// Ids that one Search may find; `none` for the server's own setting.
    #[arg(long, value_name = "N")]
    max_record_set: Option<Limit>,
    /// A contact type, as CODE=NAME. Repeat it for more; a code that exists gets the new name.
    #[arg(long = "contact-type", value_name = "CODE=NAME")]
    contact_types: Vec<ContactType>,
}

/// `account remove`
#[derive(Args)]
pub struct Remove {
    /// Account number.
    number: String,
    /// Say that its contacts, groups, lists, fields and users are to be lost for good.
    #[arg(long, required = true)]
    yes: bool,
}

/// What tells two contacts of an account apart.
#[derive(Clone, Copy, ValueEnum)]
enum Key {
    /// The e-mail address.
    Email,
    /// The source id.
    SourceId,
    /// The e-mail address with the first and the last name.
    EmailFirstLast,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::Email => ContactKey::Email,
            Key::SourceId => ContactKey::SourceId,
            Key::EmailFirstLast => ContactKey::EmailFirstLast,
        }
        .as_str()
    }
}

/// A number, or `none`.
#[derive(Clone, Copy)]
struct Limit(Option<i64>);

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Limit, &'static str> {
        if text == "none" {
            return Ok(Limit(None));
        }
        let number: u32 = text.parse().map_err(|_| "a number or `none` is wanted")?;
        Ok(Limit(Some(i64::from(number))))
    }
}

#[derive(Clone)]
struct ContactType(String, String);

impl FromStr for ContactType {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ContactType, &'static str> {
        match text.split_once('=') {
            Some((code, name)) if !code.is_empty() && !name.is_empty() => {
                Ok(ContactType(code.to_owned(), name.to_owned()))
            }
            _ => Err("a code and a name are wanted, such as VIP='Very important'"),
        }
    }
}

/// Adds an account.
pub fn add((place, what): (Place, Add)) -> Result<(), Failure> {
    let name = what.name.unwrap_or_else(|| what.number.clone());
    administer_as(&place, Opening::CREATE, async |admin| admin.add_account(&what.number, &name).await)?;
    say(format_args!("Added account {}. Next: understudy user add {} USER", what.number, what.number));
    Ok(())
}

/// Lists the accounts.
pub fn list((place, List {}): (Place, List)) -> Result<(), Failure> {
    let accounts = administer(&place, async |admin| admin.accounts().await)?;
    let limit = |limit: Option<i64>| limit.map_or("none".to_owned(), |limit| limit.to_string());
    let rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            [
                account.number.clone(),
                if account.active { "yes" } else { "no" }.to_owned(),
                account.contact_key.as_str().to_owned(),
                limit(account.max_calls),
                limit(account.max_record_set),
                account.name.clone(),
            ]
        })
        .collect();
    print_table(["NUMBER", "ACTIVE", "KEY", "MAX-CALLS", "MAX-RECORD-SET", "NAME"], &rows);
    Ok(())
}

/// Changes an account.
pub fn set((place, what): (Place, Set)) -> Result<(), Failure> {
    let change = AccountChange {
        name: what.name,
        active: what.active,
        contact_key: what.key.map(|key| key.name().to_owned()),
        max_calls: what.max_calls.map(|limit| limit.0),
        max_record_set: what.max_record_set.map(|limit| limit.0),
        contact_types: what.contact_types.into_iter().map(|ContactType(code, name)| (code, name)).collect(),
    };
    administer(&place, async |admin| admin.set_account(&what.number, change).await)?;
    say(format_args!("Changed account {}.", what.number));
    Ok(())
}

/// Removes an account.
pub fn remove((place, what): (Place, Remove)) -> Result<(), Failure> {
    administer(&place, async |admin| admin.remove_account(&what.number).await)?;
    say(format_args!("Removed account {}.", what.number));
    Ok(())
}
