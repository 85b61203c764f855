//! `understudy outbox`

use super::{administer, print_table, say};
use crate::exit::Failure;
use crate::settings::Place;
use clap::Args;
use contract::Timestamp;
use serde::Serialize;
use store::Mail;

/// `outbox list`
#[derive(Args)]
pub struct List {
    /// Account number.
    #[arg(long, value_name = "NUMBER")]
    account: String,
    /// How many to list: the latest.
    #[arg(long, value_name = "N", default_value = "50")]
    limit: usize,
    /// One JSON object a line, with the words of each mail.
    #[arg(long)]
    json: bool,
}

/// `outbox show`
#[derive(Args)]
pub struct Show {
    /// The mail's id, as `outbox list` gives it.
    id: String,
    /// A JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A mail as programs read it.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    state: &'static str,
    attempts: u32,
    created: String,
    next_attempt: Option<String>,
    error: Option<&'a str>,
    from: &'a str,
    to: &'a str,
    cc: Option<&'a str>,
    subject: &'a str,
    text: &'a str,
    html: &'a str,
}

/// Lists the latest mails of an account.
pub fn list((place, what): (Place, List)) -> Result<(), Failure> {
    let mails = administer(&place, async |admin| admin.outbox(&what.account, what.limit).await)?;
    if what.json {
        mails.iter().for_each(|mail| say(json(mail)));
        return Ok(());
    }
    let rows: Vec<_> = mails
        .iter()
        .map(|mail| {
            [
                mail.id.to_string(),
                time(mail.created),
                mail.state.as_str().to_owned(),
                mail.attempts.to_string(),
                mail.next_attempt.map_or("-".to_owned(), time),
                mail.to.clone(),
                mail.subject.clone(),
            ]
        })
        .collect();
    print_table(["ID", "CREATED", "STATE", "TRIES", "NEXT", "TO", "SUBJECT"], &rows);
    Ok(())
}

/// Shows a mail.
pub fn show((place, what): (Place, Show)) -> Result<(), Failure> {
    let mail = administer(&place, async |admin| admin.mail(&what.id).await)?;
    if what.json {
        say(json(&mail));
        return Ok(());
    }
    let mut state = format!("{} after {} tries", mail.state.as_str(), mail.attempts);
    if let Some(error) = &mail.error {
        state = format!("{state}, last: {error}");
    }
    say(format_args!("State:   {state}"));
    if let Some(next) = mail.next_attempt {
        say(format_args!("Next:    {}", time(next)));
    }
    say(format_args!("Created: {}\nFrom:    {}\nTo:      {}", time(mail.created), mail.from, mail.to));
    if let Some(copy) = &mail.copy {
        say(format_args!("Cc:      {copy}"));
    }
    say(format_args!("Subject: {}\n\n{}", mail.subject, mail.text.trim_end()));
    Ok(())
}

fn json(mail: &Mail) -> String {
    let line = Line {
        id: mail.id.to_string(),
        state: mail.state.as_str(),
        attempts: mail.attempts,
        created: time(mail.created),
        next_attempt: mail.next_attempt.map(time),
        error: mail.error.as_deref(),
        from: &mail.from,
        to: &mail.to,
        cc: mail.copy.as_deref(),
        subject: &mail.subject,
        text: &mail.text,
        html: &mail.html,
    };
    // Text and numbers always have a form in JSON.
    serde_json::to_string(&line).unwrap_or_default()
}

/// Times are kept in GMT.
fn time(time: Timestamp) -> String {
    format!("{time}Z")
}
