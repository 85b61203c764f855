//! `understudy user`

use super::{administer, print_table, say};
use crate::exit::Failure;
use crate::password;
use crate::settings::Place;
use clap::Args;
use service::UserChange;

/// `user add`
#[derive(Args)]
pub struct Add {
    /// Account number.
    account: String,
    /// The user's name: what clients send as UserName.
    user: String,
    /// An address or network (10.0.0.0/8) that the user may call from. Repeat it for more; without it,
    /// from everywhere.
    #[arg(long, value_name = "ADDRESS")]
    allow: Vec<String>,
    /// Accept a password shorter than 12 characters.
    #[arg(long)]
    short_password: bool,
}

/// `user list`
#[derive(Args)]
pub struct List {
    /// Account number.
    account: String,
}

/// `user set-password`
#[derive(Args)]
pub struct SetPassword {
    /// Account number.
    account: String,
    /// The user's name.
    user: String,
    /// Accept a password shorter than 12 characters.
    #[arg(long)]
    short_password: bool,
}

/// `user set`
#[derive(Args)]
pub struct Set {
    /// Account number.
    account: String,
    /// The user's name.
    user: String,
    /// Rename the user. This ends its sessions.
    #[arg(long)]
    name: Option<String>,
    /// Whether it may log in. If not, its sessions end.
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
    /// An address or network (10.0.0.0/8) that the user may call from, in place of those that it has. Repeat it for more.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "allow_all")]
    allow: Vec<String>,
    /// Let the user call from everywhere.
    #[arg(long)]
    allow_all: bool,
}

/// A user: `user unlock`, `user remove`, `user disable` and `user enable`.
#[derive(Args)]
pub struct Named {
    /// Account number.
    account: String,
    /// The user's name.
    user: String,
}

/// Adds a user.
pub fn add((place, what): (Place, Add)) -> Result<(), Failure> {
    let password = password::read(&what.user, what.short_password)?;
    let allowed = what.allow.join(",");
    administer(&place, async |admin| admin.add_user(&what.account, &what.user, &password, &allowed).await)?;
    say(format_args!("Added API user {} to account {}.", what.user, what.account));
    Ok(())
}

/// Lists an account's users.
pub fn list((place, what): (Place, List)) -> Result<(), Failure> {
    let users = administer(&place, async |admin| admin.users(&what.account).await)?;
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            let active = if user.active { "yes" } else { "no" };
            let from =
                if user.allowed_addresses.is_empty() { "everywhere" } else { &*user.allowed_addresses };
            let locked = user.locked_until.map_or("no".to_owned(), |until| format!("until {until}"));
            [user.name.clone(), active.to_owned(), locked, from.to_owned()]
        })
        .collect();
    print_table(["USER", "ACTIVE", "LOCKED", "MAY CALL FROM"], &rows);
    Ok(())
}

/// Sets a user's password.
pub fn set_password((place, what): (Place, SetPassword)) -> Result<(), Failure> {
    let password = password::read(&what.user, what.short_password)?;
    administer(&place, async |admin| admin.set_password(&what.account, &what.user, &password).await)?;
    say(format_args!("Set the password of API user {}.", what.user));
    Ok(())
}

/// Changes a user.
pub fn set((place, what): (Place, Set)) -> Result<(), Failure> {
    let allowed = (what.allow_all || !what.allow.is_empty()).then(|| what.allow.join(","));
    let change = UserChange { active: what.active, allowed_addresses: allowed, name: what.name };
    if change == UserChange::default() {
        return Err(Failure::usage("nothing to change; give --name, --active, --allow or --allow-all"));
    }
    administer(&place, async |admin| admin.set_user(&what.account, &what.user, change.clone()).await)?;
    say(format_args!("Changed API user {}.", what.user));
    Ok(())
}

/// Lets a user who was locked out log in again.
pub fn unlock((place, what): (Place, Named)) -> Result<(), Failure> {
    administer(&place, async |admin| admin.unlock_user(&what.account, &what.user).await)?;
    say(format_args!("Unlocked API user {}.", what.user));
    Ok(())
}

/// Removes a user.
pub fn remove((place, what): (Place, Named)) -> Result<(), Failure> {
    administer(&place, async |admin| admin.remove_user(&what.account, &what.user).await)?;
    say(format_args!("Removed API user {} from account {}.", what.user, what.account));
    Ok(())
}

/// Disables a user.
pub fn disable((place, what): (Place, Named)) -> Result<(), Failure> {
    activate(&place, &what.account, &what.user, false)?;
    say(format_args!("Disabled API user {}.", what.user));
    Ok(())
}

/// Enables a user.
pub fn enable((place, what): (Place, Named)) -> Result<(), Failure> {
    activate(&place, &what.account, &what.user, true)?;
    say(format_args!("Enabled API user {}.", what.user));
    Ok(())
}

fn activate(place: &Place, account: &str, user: &str, active: bool) -> Result<(), Failure> {
    let change = UserChange { active: Some(active), ..UserChange::default() };
    administer(place, async |admin| admin.set_user(account, user, change).await)
}
