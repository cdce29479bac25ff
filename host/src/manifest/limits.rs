//! `[program.NAME.limits]`: what each coroutine of a program may use.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, MapAccess, Visitor};

use super::values::LimitNumber;
use crate::manifest::nearest;
use crate::sandbox::limits::{Limit, Limits};

/// Reads a table whose keys are limits.
pub(super) fn limits<'de, D: Deserializer<'de>>(input: D) -> Result<Limits, D::Error> {
    input.deserialize_map(OfTable)
}

struct OfTable;

impl<'de> Visitor<'de> for OfTable {
    type Value = Limits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Limits, A::Error> {
        let mut limits = Limits::new();
        while let Some(key) = map.next_key::<String>()? {
            let limit = Limit::named(&key).ok_or_else(|| A::Error::custom(unknown(&key)))?;
            limits = limits.with(limit, map.next_value_seed(LimitNumber(limit))?);
        }
        Ok(limits)
    }
}

/// What is said of a key that is no limit.
fn unknown(key: &str) -> String {
    let keys = || Limit::ALL.iter().map(|limit| limit.key());
    match nearest(key, keys()) {
        Some(near) => format!("unknown limit `{key}`; did you mean `{near}`?"),
        None => format!("unknown limit `{key}`; the limits are {}", keys().collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::Manifest;
    use crate::sandbox::limits::{Limit, UNLIMITED, Unit};

    fn read(line: &str) -> Result<Manifest, String> {
        let text = format!("program.a.component = 'x'\nprogram.a.limits.{line}");
        Manifest::parse(&text, "f").map_err(|error| error.to_string())
    }

    #[test]
    fn each_limit_takes_the_ends_of_its_range_and_nothing_beyond() {
        for &limit in Limit::ALL {
            let ((least, most), is_time) = (limit.range(), limit.unit() == Unit::Time);
            let line =
                |number: u64| if is_time { format!("{limit} = '{number}ns'") } else { format!("{limit} = {number}") };
            for number in [least, most.min(i64::MAX as u64)] {
                let manifest = read(&line(number)).expect("it is in the range");
                let read = manifest.programs["a"].limits.get(limit);
                // A time passes through a number with 53 bits.
                assert!(read.abs_diff(number) <= number >> 52, "{limit}: {number} became {read}");
            }
            assert!(read(&line(least - 1)).is_err(), "{limit}");
            assert!(most >= i64::MAX as u64 || read(&line(most + 1)).is_err(), "{limit}");
            let none = if is_time { "never" } else { "unlimited" };
            let unlimited =
                read(&format!("{limit} = '{none}'")).map(|manifest| manifest.programs["a"].limits.get(limit));
            assert_eq!(unlimited.is_ok(), limit.may_be_unlimited(), "{limit}");
            assert!(unlimited.is_err() || unlimited == Ok(UNLIMITED));
        }
    }

    #[test]
    fn what_is_no_limit_is_told_in_plain_words() {
        for (line, message) in [
            ("memroy = 5", "unknown limit `memroy`; did you mean `memory`?"),
            ("memory = 5", "expected a size, as \"64MiB\", from 65536 bytes to 4294967296 bytes, not 5"),
            ("memory = 'much'", "expected a size, as \"64MiB\", from 65536 bytes to 4294967296 bytes, not \"much\""),
            ("sockets = '5'", "expected a whole number from 1 to 1000000, not \"5\""),
            ("cpu-time = 5", "expected a duration, as \"1500ms\", of at least 1ms, or \"never\", not 5"),
            ("cpu-time = '-1s'", "expected a duration, as \"1500ms\", of at least 1ms, or \"never\", not \"-1s\""),
            ("children-total = 0", "expected a whole number of at least 1, or \"unlimited\", not 0"),
        ] {
            assert_eq!(read(line).expect_err("it is refused"), format!("f:2: {message}"));
        }
        let error = read("zzz = 5").expect_err("it is refused");
        assert!(error.starts_with("f:2: unknown limit `zzz`; the limits are memory, table-elements, "), "{error}");
        let error = Manifest::parse("program.a.component = 'x'\nprogram.a.limits = 5", "f").expect_err("it is refused");
        assert_eq!(error.to_string(), "f:2: expected a table, not 5");
    }
}
