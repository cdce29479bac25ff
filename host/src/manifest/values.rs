//! Reads what stands behind a key of a manifest, and says in plain words what it should have been.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::{MAX_WORKERS, Timeout};
use crate::clock::nanoseconds;
use crate::component::instances::{MAX_COROUTINES, STACKS};
use crate::engine::MAX_WAITING;
use crate::program::{MAX_WEIGHT, Priority};
use crate::reactor::ReactorKind;
use crate::sandbox::limits::{Limit, UNLIMITED, Unit};
use crate::supervision::MAX_RESTARTS;

/// Each level is a coroutine with a store, of which there are far fewer at a time.
const MAX_CALL_DEPTH: u64 = 100_000;

/// Linear memory comes in pages of 64 KiB, and ends where 32 bits do.
const MEMORY: RangeInclusive<u64> = 64 << 10..=4 << 30;

/// An engine without any could not even start a coroutine with arguments; more than the largest machine has is no bound.
const PAYLOADS: RangeInclusive<u64> = 64 << 10..=1 << 40;

/// A table, and nothing else: serde would take a list for one, value by value.
#[derive(Default)]
pub(super) struct Table<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OfTable<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfTable<T> {
            type Value = Table<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Table<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Table)
            }
        }
        input.deserialize_map(OfTable(PhantomData))
    }
}

/// As [`Table`], for a field that is to be what is in it.
pub(super) fn table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Table::deserialize(input).map(|Table(it)| it)
}

/// Takes a value from text or from a whole number, and says what is expected of others.
pub(super) struct Reader<'a, T> {
    pub(super) expected: &'a str,
    pub(super) text: &'a dyn Fn(&str) -> Option<T>,
    pub(super) number: &'a dyn Fn(i128) -> Option<T>,
}

impl<T> Reader<'_, T> {
    fn whole_number<E: serde::de::Error>(&self, number: i128) -> Result<T, E> {
        let found = format!("integer `{number}`");
        (self.number)(number).ok_or_else(|| E::invalid_value(Unexpected::Other(&found), self))
    }
}

impl<T> Visitor<'_> for Reader<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.text)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        self.whole_number(number.into())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        self.whole_number(number.into())
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<T, E> {
        self.whole_number(number)
    }
}

fn whole_number<'de, D: Deserializer<'de>, T: TryFrom<u64>>(
    input: D,
    range: RangeInclusive<u64>,
) -> Result<Option<T>, D::Error> {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    let number = |number| u64::try_from(number).ok().filter(|number| range.contains(number))?.try_into().ok();
    input.deserialize_any(Reader { expected: &expected, text: &|_| None, number: &number }).map(Some)
}

pub(super) fn workers<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    whole_number(input, 1..=MAX_WORKERS.into())
}

pub(super) fn coroutines<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    whole_number(input, 1..=MAX_COROUTINES as u64)
}

pub(super) fn call_depth<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    whole_number(input, 1..=MAX_CALL_DEPTH)
}

pub(super) fn weight<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u8>, D::Error> {
    whole_number(input, 1..=MAX_WEIGHT.into())
}

pub(super) fn memory<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    size(input, MEMORY, "a size from 64KiB to 4GiB, as \"64MiB\" or as a number of bytes")
}

pub(super) fn payloads<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    size(input, PAYLOADS, "a size from 64KiB to 1024GiB, as \"64MiB\" or as a number of bytes")
}

pub(super) fn stack<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    let range = *STACKS.start() as u64..=*STACKS.end() as u64;
    size(input, range, "a size from 64KiB to 8MiB, as \"512KiB\" or as a number of bytes")
}

fn size<'de, D: Deserializer<'de>>(
    input: D,
    range: RangeInclusive<u64>,
    expected: &str,
) -> Result<Option<usize>, D::Error> {
    let number = |bytes| u64::try_from(bytes).ok().filter(|bytes| range.contains(bytes))?.try_into().ok();
    let text = |text: &str| number(bytes_of(text)?.into());
    input.deserialize_any(Reader { expected, text: &text, number: &number }).map(Some)
}

/// A size with its unit. What is too much for an integer becomes the largest one, which is too much for anything.
fn bytes_of(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 4] =
        [("KiB", 1024.0), ("MiB", 1024.0 * 1024.0), ("GiB", 1024.0 * 1024.0 * 1024.0), ("B", 1.0)];
    Some(with_unit(text, &UNITS)? as u64)
}

/// The number of a limit: as text with a unit where it counts bytes or time, as a whole number where it counts anything but time.
pub(super) struct LimitNumber(pub(super) Limit);

impl<'de> DeserializeSeed<'de> for LimitNumber {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<u64, D::Error> {
        let (limit, (least, most)) = (self.0, self.0.range());
        let is_allowed = |number: &u64| (least..=most).contains(number);
        let number =
            |number: i128| u64::try_from(number).ok().filter(|_| limit.unit() != Unit::Time).filter(is_allowed);
        let unlimited = if limit.unit() == Unit::Time { "never" } else { "unlimited" };
        let text = |text: &str| match limit.unit() {
            _ if text == unlimited && limit.may_be_unlimited() => Some(UNLIMITED),
            Unit::Number => None,
            Unit::Bytes => bytes_of(text).filter(is_allowed),
            Unit::Time => duration_of(text).map(nanoseconds).filter(is_allowed),
        };
        let expected = expected_of(limit, unlimited);
        input.deserialize_any(Reader { expected: &expected, text: &text, number: &number })
    }
}

/// What the number of a limit may be, in words.
fn expected_of(limit: Limit, unlimited: &str) -> String {
    let (least, most) = limit.range();
    let range = match most {
        _ if most >= i64::MAX as u64 => format!("of at least {}", limit.written(least)),
        _ => format!("from {} to {}", limit.written(least), limit.written(most)),
    };
    let kind = match limit.unit() {
        Unit::Number => "a whole number",
        Unit::Bytes => "a size, as \"64MiB\",",
        Unit::Time => "a duration, as \"1500ms\",",
    };
    let or = if limit.may_be_unlimited() { format!(", or \"{unlimited}\"") } else { String::new() };
    format!("{kind} {range}{or}")
}

pub(super) fn timeout<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timeout>, D::Error> {
    let expected = "a duration such as \"100ms\", \"2s\" or \"1m\", or \"never\"";
    input.deserialize_any(Reader { expected, text: &timeout_of, number: &|_| None }).map(Some)
}

fn timeout_of(text: &str) -> Option<Timeout> {
    if text == "never" {
        return Some(Timeout::Never);
    }
    duration_of(text).map(Timeout::After)
}

fn duration_of(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 6] = [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    // The engine counts nanoseconds in 64 bits: what is longer does not end either.
    let longest = Duration::from_nanos(u64::MAX);
    let duration = Duration::try_from_secs_f64(with_unit(text, &UNITS)?).unwrap_or(longest);
    Some(duration.min(longest))
}

pub(super) fn delay<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    let expected = "a duration such as \"100ms\", \"2s\" or \"1m\"";
    input.deserialize_any(Reader { expected, text: &duration_of, number: &|_| None }).map(Some)
}

/// How long a restart counts. With none at all there would be no bound.
pub(super) fn period<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    let expected = "a duration of at least 1ms, such as \"30s\" or \"1h\"";
    let period = |text: &str| duration_of(text).filter(|&period| period >= Duration::from_millis(1));
    input.deserialize_any(Reader { expected, text: &period, number: &|_| None }).map(Some)
}

pub(super) fn restarts<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u32>, D::Error> {
    whole_number(input, 0..=MAX_RESTARTS.into())
}

pub(super) fn priority<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Priority>, D::Error> {
    let expected = "a priority: \"last\", \"operation\", \"coroutine\" or \"first\"";
    let priority = |text: &str| {
        Some(match text {
            "last" => Priority::Last,
            "operation" => Priority::Operation,
            "coroutine" => Priority::Coroutine,
            "first" => Priority::First,
            _ => return None,
        })
    };
    input.deserialize_any(Reader { expected, text: &priority, number: &|_| None }).map(Some)
}

pub(super) fn reactor<'de, D: Deserializer<'de>>(input: D) -> Result<Option<ReactorKind>, D::Error> {
    let names: Vec<_> = ReactorKind::ALL.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
    let expected = format!("a reactor: {}", names.join(", "));
    input.deserialize_any(Reader { expected: &expected, text: &ReactorKind::named, number: &|_| None }).map(Some)
}

/// How many handlers of an accept loop may live at a time. More of them than this could not wait to start.
pub(super) fn handlers<'de, D: Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    whole_number(input, 1..=MAX_WAITING as u64)
}

/// Whether standard input and output are the connection: that is all that they can be said to be.
pub(super) fn socket<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    let text = |text: &str| (text == "socket").then_some(true);
    input.deserialize_any(Reader { expected: "\"socket\"", text: &text, number: &|_| None })
}

pub(super) fn component<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    path(input, "the file of a component")
}

pub(super) fn source<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    path(input, "the folder of a project").map(Some)
}

pub(super) fn path<'de, D: Deserializer<'de>>(input: D, expected: &str) -> Result<PathBuf, D::Error> {
    let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    input.deserialize_any(Reader { expected, text: &path, number: &|_| None })
}

/// A number that is not negative, with one of these units behind it.
fn with_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (number, factor) = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * factor)
}

/// What serde calls `invalid type: boolean `true`, expected a string`, as a person would say it.
pub(super) fn in_words(message: &str) -> Option<String> {
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = mismatch.rsplit_once(", expected ")?;
    let expected = match expected {
        "a string" => "text",
        "a boolean" => "true or false",
        "a map" => "a table",
        "a sequence" => "a list",
        other => other,
    };
    let found = match found {
        "map" => "a table",
        "sequence" => "a list",
        other => value_of(other),
    };
    Some(format!("expected {expected}, not {found}"))
}

/// Of serde's `string "x"` or `integer `5` as i128` the value.
fn value_of(found: &str) -> &str {
    match found.split_once('`') {
        Some((kind, value)) if !kind.contains('"') => value.split('`').next().unwrap_or(value),
        _ => found.strip_prefix("string ").unwrap_or(found),
    }
}
