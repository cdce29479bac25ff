//! Bounds within which a script starts others.

use serde::{Deserialize, Serialize};

/// What is left to a coroutine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Of what its program is granted.
    pub grants: Left,
    /// Of what its program may use: keys of limits, with the most.
    pub limits: Vec<(String, u64)>,
}

/// What is left to a coroutine of what its program is granted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Left {
    /// All of it.
    #[default]
    Own,
    /// What the script may do itself.
    WithinMine,
    /// These rules, each with its key and `=` in front, as on the command line; a directory and a variable with their names.
    Only(Vec<String>),
}

impl Bounds {
    /// Nothing but these rules.
    pub fn only<'a>(rules: impl IntoIterator<Item = &'a str>) -> Self {
        Bounds { grants: Left::Only(rules.into_iter().map(str::to_owned).collect()), limits: Vec::new() }
    }

    /// What the script may do itself.
    pub fn within_mine() -> Self {
        Bounds { grants: Left::WithinMine, limits: Vec::new() }
    }

    /// At most so much of this.
    #[must_use]
    pub fn limit(mut self, key: &str, most: u64) -> Self {
        self.limits.push((key.to_owned(), most));
        self
    }
}
