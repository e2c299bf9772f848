//! The layer of environment variables.
//!
//! A list is split at commas; one whose items hold commas is written as in TOML, `["*.{a,b}"]`.

use std::collections::BTreeMap;

use holdall_tree::path::printable;

use super::error::ConfigError;
use super::file::{list, list_raw, meant};
use super::keys::{KEYS, PartialConfig};
use super::setting::Raw;
use super::suggest::nearest;

/// Variables that are ours without being keys.
const OTHERS: [&str; 7] = [
    "HOLDALL_PROFILE",
    "HOLDALL_CONFIG",
    "HOLDALL_PASSWORD",
    "HOLDALL_PASSPHRASE",
    "HOLDALL_LOG",
    NOTIFY_TOKEN,
    NOTIFY_PASSWORD,
];
const NOTIFY_TOKEN: &str = "HOLDALL_NOTIFY_TOKEN";
const NOTIFY_PASSWORD: &str = "HOLDALL_NOTIFY_PASSWORD";
/// Variables of restic that stand in for ours: theirs, ours.
const TWINS: [(&str, &str); 4] = [
    ("RESTIC_REPOSITORY", "HOLDALL_REPOSITORY"),
    ("RESTIC_PASSWORD", "HOLDALL_PASSWORD"),
    ("RESTIC_PASSWORD_FILE", "HOLDALL_PASSWORD_FILE"),
    ("RESTIC_PASSWORD_COMMAND", "HOLDALL_PASSWORD_COMMAND"),
];

/// What the environment sets.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) values: PartialConfig,
    /// The variable of each key that is set.
    pub(crate) variables: BTreeMap<&'static str, String>,
    pub(crate) profile: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) passphrase: Option<String>,
    pub(crate) notify_token: Option<String>,
    pub(crate) notify_password: Option<String>,
    pub(crate) warnings: Vec<String>,
}

impl PartialConfig {
    /// Sets what `KEY=VALUE` names, with the value written as in a variable.
    ///
    /// # Errors
    /// [`ConfigError::Set`] if there is no such key, or it cannot hold that.
    pub fn assign(&mut self, text: &str) -> Result<(), ConfigError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let fail = |reason: String| {
            Err(ConfigError::Set { key: printable(name.as_bytes()).into_owned(), reason })
        };
        if !text.contains('=') {
            return fail("write KEY=VALUE, such as limits.threads=2".to_owned());
        }
        if !KEYS.iter().any(|key| key.name == name) {
            let near = nearest(name, KEYS.iter().map(|key| key.name));
            return fail(format!("there is no such key{}", meant(near)));
        }
        self.set_text(name, value).or_else(fail)
    }

    fn set_text(&mut self, key: &str, value: &str) -> Result<(), String> {
        let array = if value.starts_with('[') { list(value) } else { None };
        let raw = array.as_ref().map_or(Raw::Variable(value), list_raw);
        self.set(key, &raw).map_err(|fault| fault.reason)
    }
}

/// Reads the variables. An empty one counts as absent.
pub(crate) fn read(variables: &[(String, String)], problems: &mut Vec<ConfigError>) -> Environment {
    let set: BTreeMap<&str, &str> = variables
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let own_password = set.keys().any(|name| name.starts_with("HOLDALL_PASSWORD"));
    let lookup = |wanted: &str| {
        let own = set.get_key_value(wanted);
        let twin = || {
            // A password of restic must not get between two of ours.
            let twin = TWINS
                .iter()
                .find(|(_, ours)| *ours == wanted && !(own_password && ours.contains("PASSWORD")));
            twin.and_then(|(theirs, _)| set.get_key_value(theirs))
        };
        own.or_else(twin).map(|(name, value)| (*name, *value))
    };
    let mut environment = Environment {
        profile: lookup("HOLDALL_PROFILE").map(|(_, value)| value.to_owned()),
        password: lookup("HOLDALL_PASSWORD").map(|(_, value)| value.to_owned()),
        passphrase: lookup("HOLDALL_PASSPHRASE").map(|(_, value)| value.to_owned()),
        notify_token: lookup(NOTIFY_TOKEN).map(|(_, value)| value.to_owned()),
        notify_password: lookup(NOTIFY_PASSWORD).map(|(_, value)| value.to_owned()),
        ..Environment::default()
    };
    // A hook that calls us hands on what it was told.
    let others = OTHERS.iter().chain(&crate::hooks::VARIABLES);
    let mut known: Vec<String> = others.map(ToString::to_string).collect();
    for key in KEYS {
        let variable = key.variable();
        if let Some((name, value)) = lookup(&variable) {
            match environment.values.set_text(key.name, value) {
                Ok(()) => {
                    environment.variables.insert(key.name, name.to_owned());
                }
                Err(reason) => {
                    problems.push(ConfigError::Variable { variable: name.to_owned(), reason })
                }
            }
        }
        known.push(variable);
    }
    for name in set
        .keys()
        .filter(|name| name.starts_with("HOLDALL_") && !known.iter().any(|known| known == *name))
    {
        let near = nearest(
            &name.to_lowercase(),
            known.iter().map(|known| known.as_str()).collect::<Vec<_>>(),
        );
        environment
            .warnings
            .push(format!("environment variable {name} is unknown and ignored{}", meant(near)));
    }
    environment
}
