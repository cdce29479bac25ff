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
