//! What whoever starts a coroutine leaves to it, and to all below it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::allow::{Allow, SocketRule};
use super::{Directory, Grants, Key, RuleError, Rules, is_directory_name};
use crate::sandbox::payloads::Charge;

/// Each narrowing is looked at for each thing that is asked for.
const MAX_DEPTH: usize = 16;

/// More rules are a program of its own.
const MAX_RULES: usize = 64;

/// Longer ones name nothing that there could be.
const MAX_RULE: usize = 512;

/// What one who started others has left to them, over what those above it have left to it.
pub(crate) struct Narrowing {
    pub(super) rules: Arc<Rules>,
    left: Left,
    above: Narrowings,
    /// For the rules, which a guest has made.
    _charge: Option<Charge>,
}

/// What all who are above a coroutine have left to it, the nearest first.
pub(crate) type Narrowings = Option<Arc<Narrowing>>;

/// Which folders and variables are left.
enum Left {
    /// Those of the one who started it.
    OfStarter,
    /// Those of these names.
    Named { directories: BTreeSet<String>, environment: BTreeSet<String> },
}

/// Rules that are left to a coroutine, as they are collected.
#[derive(Default)]
pub(crate) struct Leaving {
    allow: Allow,
    directories: BTreeSet<String>,
    environment: BTreeSet<String>,
    count: usize,
}

impl Leaving {
    /// Leaves this, too.
    pub(crate) fn add(&mut self, key: Key, rule: &str) -> Result<(), RuleError> {
        self.count += 1;
        if self.count > MAX_RULES {
            return Err(RuleError::new(format!("more than {MAX_RULES} grants to leave")));
        }
        if rule.len() > MAX_RULE {
            return Err(RuleError::new(format!("a grant of {} bytes; at most {MAX_RULE} are allowed", rule.len())));
        }
        match key {
            Key::Directories if is_directory_name(rule) => drop(self.directories.insert(rule.to_owned())),
            Key::Directories => return Err(RuleError::new(format!("{rule:?} is no name of a directory"))),
            Key::Environment => drop(self.environment.insert(rule.to_owned())),
            key => self.allow.add_rule(key, rule)?,
        }
        Ok(())
    }

    /// How much of the host's memory it takes, and no less.
    pub(crate) fn bytes(&self) -> usize {
        self.count * (MAX_RULE + size_of::<SocketRule>())
    }
}

/// There are too many narrowings above one another.
#[derive(Debug)]
pub(crate) struct TooDeep;

impl TooDeep {
    /// What is said of it.
    pub(crate) fn text(&self) -> String {
        format!("grants have been narrowed {MAX_DEPTH} times above one another; no more are looked at")
    }
}

impl Grants {
    /// What those above it leave to this coroutine, and so to those that it starts.
    pub(crate) fn narrowings(&self) -> &Narrowings {
        &self.above
    }

    /// What this coroutine leaves to one that may do what it may itself.
    pub(crate) fn leave_own(&self) -> Result<Narrowings, TooDeep> {
        // A program that starts itself again and again leaves nothing that it has not left before.
        let is_left = |narrowing: &Narrowing| {
            Arc::ptr_eq(&narrowing.rules, &self.own) && matches!(narrowing.left, Left::OfStarter)
        };
        if levels(&self.above).any(is_left) {
            return Ok(self.above.clone());
        }
        self.narrow(self.own.clone(), Left::OfStarter, None)
    }

    /// What this coroutine leaves to one that may do this and nothing else.
    pub(crate) fn leave(&self, leaving: Leaving, charge: Charge) -> Result<Narrowings, TooDeep> {
        let Leaving { mut allow, directories, environment, .. } = leaving;
        allow.settle_here();
        let rules = Arc::new(Rules::listed(Arc::default(), allow));
        self.narrow(rules, Left::Named { directories, environment }, Some(charge))
    }

    fn narrow(&self, rules: Arc<Rules>, left: Left, charge: Option<Charge>) -> Result<Narrowings, TooDeep> {
        if levels(&self.above).count() >= MAX_DEPTH {
            return Err(TooDeep);
        }
        Ok(Some(Arc::new(Narrowing { rules, left, above: self.above.clone(), _charge: charge })))
    }
}

/// The narrowings from the nearest on.
pub(super) fn levels(narrowings: &Narrowings) -> impl Iterator<Item = &Narrowing> {
    std::iter::successors(narrowings.as_deref(), |narrowing| narrowing.above.as_deref())
}

impl Narrowing {
    /// What is left of a directory: nothing, to read it, or all.
    pub(super) fn leaves_directory(&self, name: &str, directory: &Directory) -> Option<Directory> {
        match &self.left {
            Left::Named { directories, .. } => directories.contains(name).then(|| directory.clone()),
            Left::OfStarter => {
                let is_within = |own: &&Directory| directory.is_within(&own.path);
                let mut around = self.rules.directories.values().filter(is_within).peekable();
                around.peek()?;
                let may_write = around.any(Directory::may_write);
                Some(if may_write { directory.clone() } else { directory.to_read() })
            }
        }
    }

    /// Whether a variable of this name is left.
    pub(super) fn leaves_variable(&self, name: &str) -> bool {
        match &self.left {
            Left::Named { environment, .. } => environment.contains(name),
            Left::OfStarter => self.rules.environment.contains_key(name),
        }
    }
}

impl Directory {
    fn is_within(&self, folder: &Path) -> bool {
        self.path.starts_with(folder)
    }
}
