//! `[program.NAME.allow]`: what a program may touch.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::values::{self, Reader};
use crate::sandbox::grants::{
    Allow, DIRECTORY_NAME, Folder, NameRule, NetworkRule, Pattern, RuleError, SocketRule, Variable, check_variable,
    is_directory_name,
};

/// Reads the table.
pub(super) fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Allow, D::Error> {
    let settings: AllowSettings = values::table(input)?;
    Ok(Allow {
        network: settings.network,
        connect: rules(settings.connect),
        listen: rules(settings.listen),
        udp: rules(settings.udp),
        udp_bind: rules(settings.udp_bind),
        resolve: rules(settings.resolve),
        directories: settings.directories.into_iter().map(|(DirectoryName(name), Directory(it))| (name, it)).collect(),
        environment: settings.environment,
        spawn: rules(settings.spawn),
        call: rules(settings.call),
        cancel: rules(settings.cancel),
        send: rules(settings.send),
        wait: rules(settings.wait),
    })
}

/// The table as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct AllowSettings {
    network: bool,
    connect: Vec<Rule<SocketRule>>,
    listen: Vec<Rule<Own<SocketRule>>>,
    udp: Vec<Rule<NetworkRule>>,
    udp_bind: Vec<Rule<Own<NetworkRule>>>,
    resolve: Vec<Rule<NameRule>>,
    #[serde(deserialize_with = "values::table")]
    directories: BTreeMap<DirectoryName, Directory>,
    #[serde(deserialize_with = "environment")]
    environment: BTreeMap<String, Variable>,
    spawn: Vec<Rule<Pattern>>,
    call: Vec<Rule<Pattern>>,
    cancel: Vec<Rule<Pattern>>,
    send: Vec<Rule<Pattern>>,
    wait: Vec<Rule<Pattern>>,
}

/// A rule, read from text.
struct Rule<T>(T);

impl<'de, T: FromStr<Err = RuleError>> Deserialize<'de> for Rule<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OfText<T>(PhantomData<T>);
        impl<T: FromStr<Err = RuleError>> Visitor<'_> for OfText<T> {
            type Value = Rule<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Rule<T>, E> {
                text.parse().map(Rule).map_err(E::custom)
            }
        }
        input.deserialize_any(OfText(PhantomData))
    }
}

fn rules<T, R: From<T>>(rules: Vec<Rule<T>>) -> Vec<R> {
    rules.into_iter().map(|Rule(rule)| rule.into()).collect()
}

/// A rule that can be one of the machine's own addresses.
struct Own<T>(T);

impl FromStr for Own<SocketRule> {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        text.parse::<SocketRule>()?.of_this_machine().map(Own)
    }
}

impl FromStr for Own<NetworkRule> {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        text.parse::<NetworkRule>()?.of_this_machine().map(Own)
    }
}

impl From<Own<SocketRule>> for SocketRule {
    fn from(Own(rule): Own<SocketRule>) -> Self {
        rule
    }
}

impl From<Own<NetworkRule>> for NetworkRule {
    fn from(Own(rule): Own<NetworkRule>) -> Self {
        rule
    }
}

/// The name of a granted directory.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DirectoryName(String);

impl<'de> Deserialize<'de> for DirectoryName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = |text: &str| is_directory_name(text).then(|| DirectoryName(text.to_owned()));
        input.deserialize_any(Reader { expected: DIRECTORY_NAME, text: &name, number: &|_| None })
    }
}

/// A granted directory: its path, or a table with more.
struct Directory(Folder);

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FolderSettings {
    #[serde(deserialize_with = "folder")]
    path: PathBuf,
    #[serde(default)]
    write: bool,
}

const FOLDER: &str = "the path of a folder";

fn folder<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    values::path(input, FOLDER)
}

impl<'de> Deserialize<'de> for Directory {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OfEither;
        impl<'de> Visitor<'de> for OfEither {
            type Value = Directory;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FOLDER)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Directory, E> {
                if text.is_empty() {
                    return Err(E::invalid_value(Unexpected::Str(text), &self));
                }
                Ok(Directory(Folder { path: text.into(), write: false }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Directory, A::Error> {
                let FolderSettings { path, write } = FolderSettings::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Directory(Folder { path, write }))
            }
        }
        input.deserialize_any(OfEither)
    }
}

fn environment<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, Variable>, D::Error> {
    let variables: BTreeMap<String, Value> = values::table(input)?;
    let check = |(name, Value(variable)): (String, Value)| {
        let value = if let Variable::Value(value) = &variable { value } else { "" };
        check_variable(&name, value).map_err(serde::de::Error::custom)?;
        Ok((name, variable))
    };
    variables.into_iter().map(check).collect()
}

/// The value of a variable: text, or `true` for the host's own.
struct Value(Variable);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OfEither;
        impl Visitor<'_> for OfEither {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, or true for the host's own value")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value(Variable::Value(text.to_owned())))
            }

            fn visit_bool<E: serde::de::Error>(self, is_inherited: bool) -> Result<Value, E> {
                match is_inherited {
                    true => Ok(Value(Variable::Inherited)),
                    false => Err(E::invalid_value(Unexpected::Bool(false), &self)),
                }
            }
        }
        input.deserialize_any(OfEither)
    }
}
