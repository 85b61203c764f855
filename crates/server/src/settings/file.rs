//! The configuration file, and the order of the sources: flag, variable, file, default.

use crate::exit::Failure;
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file that is read without being named.
const DEFAULT_FILE: &str = "understudy.toml";

/// A configuration file that was read, perhaps an empty one.
#[derive(Default)]
pub struct File {
    path: PathBuf,
    table: Table,
}

impl File {
    /// Reads the file that the operator named, or `understudy.toml` if there is one. Its keys must be
    /// among `known`, the names of all settings.
    pub fn read(named: Option<&Path>, known: &[String]) -> Result<File, Failure> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let fail =
            |trouble: String| Failure::usage(format!("configuration file {}: {trouble}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                return Ok(File::default());
            }
            Err(error) => return Err(fail(format!("can't be read: {error}"))),
        };
        let table: Table = text.parse().map_err(|error| fail(format!("is not valid TOML: {error}")))?;
        if let Some(key) = table.keys().find(|key| !known.contains(key)) {
            return Err(fail(format!("unknown key `{key}`; the keys are: {}", known.join(", "))));
        }
        Ok(File { path: path.to_owned(), table })
    }

    /// Puts the file under what came from flags and variables: a key counts where `given` holds no more
    /// than a default. Keys of settings that `T` does not have are left alone.
    pub fn under<T>(&self, given: &T, matches: &ArgMatches) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
    {
        let fail = |trouble: &dyn std::fmt::Display| {
            Failure::usage(format!("configuration file {}: {trouble}", self.path.display()))
        };
        let mut table = Table::try_from(given).map_err(|error| fail(&error))?;
        for (key, value) in &self.table {
            let id = key.replace('-', "_");
            let has_setting = matches.try_contains_id(&id).is_ok();
            if has_setting && matches!(matches.value_source(&id), None | Some(ValueSource::DefaultValue)) {
                table.insert(key.clone(), as_flag_would(value));
            }
        }
        table.try_into().map_err(|error: toml::de::Error| fail(&error.to_string().trim()))
    }
}

/// TOML knows dates; the flags know text.
fn as_flag_would(value: &Value) -> Value {
    match value {
        Value::Datetime(time) => Value::String(time.to_string()),
        other => other.clone(),
    }
}
