//! Networks in the configuration file: `["10.0.0.7", "192.0.2.0/24"]`, or one text with commas between
//! them, as the flag has it.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use service::Network;

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    List(Vec<String>),
}

/// Writes networks as a list of texts.
pub fn serialize<S: Serializer>(networks: &[Network], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(networks.iter().map(ToString::to_string))
}

/// Reads either form.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = match Written::deserialize(deserializer)? {
        Written::Text(text) => text.split(',').map(str::to_owned).collect(),
        Written::List(texts) => texts,
    };
    let read = |text: &String| text.parse().map_err(|error| D::Error::custom(format!("{text:?}: {error}")));
    texts.iter().map(read).collect()
}
