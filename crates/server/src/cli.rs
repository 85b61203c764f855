//! The command line: what can be typed, and what is to be done about it.

use crate::command::{
    account, copy, database, dump, export, import, load, outbox, serve, template, user, wsdl,
};
use crate::exit::{Exit, Failure};
use crate::settings::file::File;
use crate::settings::{Place, Serve};
use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

/// A self-hosted server for programs written against the V200611 event-management SOAP API.
///
/// It keeps contacts, groups and custom fields in a database of its own and answers the same calls in
/// the same form, so that an existing client needs a new address and nothing else.
#[derive(Parser)]
#[command(name = "understudy", version, disable_help_subcommand = true, after_help = FIRST_STEPS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  understudy serve --lab
      a server to develop and test against: http://127.0.0.1:8611/soap/V200611.ASMX
  understudy account add ACME001 --name 'Acme Events'
  understudy user add ACME001 crm-sync
      an account and an API user for production (asks for the password)
  understudy serve --listen 0.0.0.0:8611 --tls-certificate fullchain.pem --tls-key privkey.pem
      the production server; `understudy serve --help` says how to put it behind a proxy

`understudy COMMAND --help` explains a command and the exit codes.";

#[derive(Subcommand)]
enum Command {
    /// Run the server until Ctrl-C or SIGTERM, then finish the calls under way.
    ///
    /// Each flag is also an environment variable and a key of the configuration file. A flag counts
    /// before a variable, a variable before the file.
    #[command(after_help = serve_examples())]
    Serve(Box<Serve>),
    /// Manage accounts: each has its own contacts and API users.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage API users: the names and passwords that clients log in with.
    #[command(subcommand)]
    User(UserCommand),
    /// Load objects from a file of lines, each one object as JSON: all of them, or none.
    ///
    /// Every line is checked before anything is written, and every mistake is reported with its line.
    /// The accounts must exist. A running server may go on reading; what it writes waits.
    #[command(after_help = LOAD)]
    Load(In<load::Load>),
    /// Print all objects as lines that `understudy load` takes.
    ///
    /// The lines hold everything that was entered, the hashes of users' passwords among it, but not the
    /// accounts' own settings and API users.
    #[command(after_help = DUMP)]
    Dump(In<dump::Dump>),
    /// Import a CSV file: a header that names the columns, then an object a row.
    ///
    /// Rows keep the rules of the operations that create and update such objects. A row that finds its
    /// object changes it, only in the columns that the file has; one that finds none makes one. Rows
    /// that break a rule are left out and written to a file that can be mended and imported. Stopped by
    /// whatever, the same command goes on where it was. A running server may go on serving.
    #[command(after_help = IMPORT)]
    Import(In<import::Import>),
    /// Export objects as a CSV file that `understudy import` takes.
    ///
    /// A row has an object's own members; what hangs below it (a contact's groups, lists and custom
    /// fields) has no place in a row: `understudy dump` writes everything.
    #[command(after_help = EXPORT)]
    Export(In<export::Export>),
    /// Copy a whole installation from one database to another, embedded or PostgreSQL, and compare the two.
    ///
    /// Stop the servers first: what they write meanwhile is not copied. Each account is copied whole or
    /// not at all, so that a copy that was stopped goes on where it was when the command runs again.
    #[command(after_help = COPY)]
    Copy(copy::Copy),
    /// Prepare a database for several machines.
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Read the mails that SendEmail has made: those that wait, were delivered or could not be.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Manage custom mails: those that SendEmail sends where a request gives an EmailName.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Print the WSDL, as GET ?WSDL would answer it.
    #[command(after_help = "Example:\n  understudy wsdl --public-url https://crm.example.org > V200611.wsdl")]
    Wsdl(wsdl::Wsdl),
}

const LOAD: &str = r#"A line (here broken for reading) names the account and the type; `fields` has attributes, `details` has
child elements, both by the names of the WSDL:
  {"account": "ACME001", "type": "Contact",
   "fields": {"Id": "3B0F8C1E-52D7-4E0A-9A55-0E6C1B1C7F01", "FirstName": "Ada", "LastName": "Almeida",
              "CreatedDate": "2026-01-31T09:30:00", "PrimaryAddressType": "Work"},
   "details": {"ContactGroupDetail": [{"GroupId": "3B0F8C1E-52D7-4E0A-9A55-0E6C1B1C7F02"}]}}
An Id is a GUID that no other object of the type has. What a line refers to stands in the file, before or
after it, or in the database. Members that show another object's values, such as an invitee's name, may be
left out. A line that refers to a deleted object says so: "gone": ["ContactId"].

Examples:
  understudy load objects.jsonl
  understudy dump --data old --account ACME001 | understudy load --data new -"#;

const DUMP: &str = "\
Accounts stand in the order of their numbers, types so that each comes after those it refers to, objects in
the order of their creation. With --type, what the objects refer to is left out and must be there to load.

An object that can't be read, because something else wrote to the database, is left out: standard error names
its account, type, Id and columns, all others are written, and the exit code is 1.

Examples:
  understudy dump > backup.jsonl
  understudy dump --account ACME001 --type Contact | jq -r .fields.EmailAddress";

const IMPORT: &str = "\
Columns are named by the members that the WSDL or Describe names, without regard to case, blanks, `_` and
`-`: EmailAddress, email_address, \"Email Address\". Those that only the server writes are passed over.

The file is UTF-8. Dates are written 2026-01-31 or 2026-01-31T09:30:00 (GMT), truths true or false. In a
column of texts an empty cell clears the text; in others it leaves the value as it is.

A row with the key of an earlier one changes what that has made. The errors file has the rows that were left
out, each behind its line in the file, its codes and what they mean. While an import is under way, a file
next to it (.progress) says how far it has come.

Examples:
  understudy import contacts.csv --account ACME001
  understudy import contacts.csv --account ACME001 --match source-id --errors left-out.csv
  understudy export --data old --account ACME001 | understudy import --data new --account ACME001 --errors e.csv -";

const EXPORT: &str = "\
Objects stand in the order of their creation, as they all were at one moment; the Id comes first, values as
the interface writes them.

A file that was there before stays until the new one is complete and on disk. An object of which one of the
columns can't be read is left out: standard error names its Id and columns, and the exit code is 1.

Examples:
  understudy export --account ACME001 contacts.csv
  understudy export --account ACME001 --columns Id,EmailAddress,LastName | column -s, -t";

const COPY: &str = "\
The accounts with everything in them: objects, links, API users, sessions, counts, mails, the log of changes.
At the end both databases are read and their rows compared, table by table; the checksums are printed.

Examples:
  understudy copy --from ./understudy-data --to postgres://understudy@db.example.org/understudy
  understudy copy --from postgres://understudy@db.example.org/understudy --to ./understudy-data";

#[derive(Subcommand)]
enum DatabaseCommand {
    /// Spread the tables over the machines of a Citus cluster, by account (create_distributed_table).
    ///
    /// What is spread already stays as it is, so that it may be run after each upgrade.
    #[command(after_help = "Example:
  understudy database distribute --database postgres://understudy@coordinator.example.org/understudy")]
    Distribute(In<database::Distribute>),
    /// Bring a database of an earlier version up to date.
    ///
    /// `understudy serve` does so, too; other commands refuse an earlier version's database. The file of an embedded one is
    /// copied before, and needs room for that on its disk: 1.1 times its size. In an empty PostgreSQL database the
    /// tables are made.
    Migrate(In<database::Migrate>),
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Add an account.
    #[command(after_help = "Example:\n  understudy account add ACME001 --name 'Acme Events'")]
    Add(In<account::Add>),
    /// List the accounts with their settings.
    List(In<account::List>),
    /// Change an account. What is not named stays as it is.
    #[command(after_help = "Examples:
  understudy account set ACME001 --key source-id --max-calls 10000
  understudy account set ACME001 --active=false
  understudy account set ACME001 --contact-type 'VIP=Very important' --contact-type STAFF=Staff")]
    Set(In<account::Set>),
    /// Remove an account with everything in it.
    Remove(In<account::Remove>),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add an API user. The password is asked for, or read from standard input.
    #[command(after_help = "Examples:
  understudy user add ACME001 crm-sync
  understudy user add ACME001 crm-sync --allow 192.0.2.7 --allow 10.0.0.0/8 < password.txt")]
    Add(In<user::Add>),
    /// List the API users of an account.
    List(In<user::List>),
    /// Set an API user's password. It is asked for, or read from standard input.
    #[command(
        after_help = "Example:\n  printf %s \"$PASSWORD\" | understudy user set-password ACME001 crm-sync"
    )]
    SetPassword(In<user::SetPassword>),
    /// Change an API user's name, state or addresses. What is not named stays as it is.
    #[command(after_help = "Examples:
  understudy user set ACME001 crm-sync --allow 192.0.2.7 --allow 10.0.0.0/8
  understudy user set ACME001 crm-sync --allow-all --name crm")]
    Set(In<user::Set>),
    /// Unlock an API user locked out by wrong passwords.
    Unlock(In<user::Named>),
    /// Remove an API user and end its sessions.
    Remove(In<user::Named>),
    /// Refuse an API user's logins and end its sessions.
    Disable(In<user::Named>),
    /// Let a disabled API user log in again.
    Enable(In<user::Named>),
}

#[derive(Subcommand)]
enum OutboxCommand {
    /// List the latest mails of an account, the latest first.
    #[command(after_help = "Example:\n  understudy outbox list --account ACME001 --json | jq -r .to")]
    List(In<outbox::List>),
    /// Show a mail with its text.
    Show(In<outbox::Show>),
}

#[derive(Subcommand)]
enum TemplateCommand {
    /// Add a custom mail or change one. Its text is read from standard input.
    #[command(after_help = TEMPLATE)]
    Set(In<template::Set>),
    /// List the custom mails of an account.
    List(In<template::List>),
    /// Remove a custom mail.
    Remove(In<template::Remove>),
}

const TEMPLATE: &str = "\
In subject and text, {Type.Member} is a value of the contact, the recipient (Invitee, Respondent) or the
activity (Event, Survey, Campaign), by the names of the WSDL. A line all of whose places are empty is left
out.

Example:
  understudy template set 'Spring news' --account ACME001 --subject 'News, {Contact.FirstName}' < news.txt";

/// A command on a database, with where that is.
#[derive(Args)]
struct In<T: Args> {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    what: T,
}

impl<T: Args> In<T> {
    /// Where the database is, the configuration file taken into account, and what to do there.
    fn resolve(self, matches: &ArgMatches) -> Result<(Place, T), Failure> {
        let file = File::read(self.place.config.as_deref(), &setting_names())?;
        Ok((file.under(&self.place, matches)?, self.what))
    }
}

fn serve_examples() -> String {
    format!(
        "\
Examples:
  understudy serve --lab
  understudy serve --lab --memory --seed-ids 1 --clock 2026-01-01T00:00:00Z
      a server that answers the same calls with the same bytes, for repeatable tests
  understudy serve --listen 0.0.0.0:443 --tls-certificate fullchain.pem --tls-key privkey.pem
  understudy serve --listen 192.0.2.10:8611 --trusted-proxies 192.0.2.4 --public-url https://crm.example.org
      behind a proxy at 192.0.2.4, which ends TLS
  UNDERSTUDY_MAX_BODY=1048576 understudy serve --config /etc/understudy.toml

A configuration file:
  listen = \"0.0.0.0:443\"
  tls-certificate = \"/etc/ssl/crm/fullchain.pem\"
  tls-key = \"/etc/ssl/crm/privkey.pem\"
  data = \"/var/lib/understudy\"
  log-format = \"json\"
  session-seconds = 7200

{}",
        Exit::table()
    )
}

/// Does what the command line says.
pub fn run() -> Result<(), Failure> {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).map_err(|error| Failure::usage(error.to_string()))?;
    let matches = innermost(&matches);
    match cli.command {
        Command::Serve(given) => {
            let file = File::read(given.place.config.as_deref(), &setting_names())?;
            serve::run(file.under(&*given, matches)?)
        }
        Command::Wsdl(given) => {
            let file = File::read(given.config.as_deref(), &setting_names())?;
            wsdl::run(&file.under(&given, matches)?)
        }
        Command::Load(what) => load::run(what.resolve(matches)?),
        Command::Dump(what) => dump::run(what.resolve(matches)?),
        Command::Import(what) => import::run(what.resolve(matches)?),
        Command::Export(what) => export::run(what.resolve(matches)?),
        Command::Copy(what) => copy::run(&what),
        Command::Database(DatabaseCommand::Distribute(what)) => database::distribute(what.resolve(matches)?),
        Command::Database(DatabaseCommand::Migrate(what)) => database::migrate(what.resolve(matches)?),
        Command::Account(command) => match command {
            AccountCommand::Add(what) => account::add(what.resolve(matches)?),
            AccountCommand::List(what) => account::list(what.resolve(matches)?),
            AccountCommand::Set(what) => account::set(what.resolve(matches)?),
            AccountCommand::Remove(what) => account::remove(what.resolve(matches)?),
        },
        Command::Outbox(command) => match command {
            OutboxCommand::List(what) => outbox::list(what.resolve(matches)?),
            OutboxCommand::Show(what) => outbox::show(what.resolve(matches)?),
        },
        Command::Template(command) => match command {
            TemplateCommand::Set(what) => template::set(what.resolve(matches)?),
            TemplateCommand::List(what) => template::list(what.resolve(matches)?),
            TemplateCommand::Remove(what) => template::remove(what.resolve(matches)?),
        },
        Command::User(command) => match command {
            UserCommand::Add(what) => user::add(what.resolve(matches)?),
            UserCommand::List(what) => user::list(what.resolve(matches)?),
            UserCommand::SetPassword(what) => user::set_password(what.resolve(matches)?),
            UserCommand::Set(what) => user::set(what.resolve(matches)?),
            UserCommand::Unlock(what) => user::unlock(what.resolve(matches)?),
            UserCommand::Remove(what) => user::remove(what.resolve(matches)?),
            UserCommand::Disable(what) => user::disable(what.resolve(matches)?),
            UserCommand::Enable(what) => user::enable(what.resolve(matches)?),
        },
    }
}

/// The matches of the subcommand that was called, which know where each of its values came from.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

fn command() -> clap::Command {
    switches(Cli::command())
}

/// Lets every yes-or-no setting stand alone (`--lab`) or take a value (`--lab=false`): without the
/// second, a flag could not overrule a variable or the file.
fn switches(command: clap::Command) -> clap::Command {
    let is_switch = |arg: &Arg| matches!(arg.get_action(), ArgAction::SetTrue) && arg.get_env().is_some();
    command
        .mut_args(|arg| {
            if !is_switch(&arg) {
                return arg;
            }
            arg.action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_value("false")
                .default_missing_value("true")
                .hide_default_value(true)
                .hide_possible_values(true)
                .value_name("BOOL")
                .value_parser(BoolishValueParser::new())
        })
        .mut_subcommands(switches)
}

/// The names of all settings: the flags of `serve` but `--config` itself.
fn setting_names() -> Vec<String> {
    let serve = Serve::augment_args(clap::Command::new("serve"));
    let names = serve.get_arguments().filter_map(Arg::get_long);
    names.filter(|name| *name != "config").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_no_mistake() {
        command().debug_assert();
    }

    #[test]
    fn every_setting_has_a_variable_of_its_name_and_a_help_text() {
        let serve = Serve::augment_args(clap::Command::new("serve"));
        for arg in serve.get_arguments() {
            let long = arg.get_long().unwrap();
            let variable = format!("UNDERSTUDY_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(&*variable));
            assert_eq!(arg.get_id().as_str(), long.replace('-', "_"));
            assert!(arg.get_help().is_some(), "{long} has no help");
        }
    }
}
