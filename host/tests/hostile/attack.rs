//! One attack, as a test writes it down.

use std::time::Duration;

use cogen::{Allow, Limit, Limits, Pattern, Program};

use crate::arena::BOUND;
use crate::{attackers, guests};

/// An attack, and what comes of it. In patterns, `*` stands for any text.
pub(crate) struct Attack {
    /// The name of the program, and of its file.
    pub(crate) name: &'static str,
    /// How it ends by itself; or else that it goes on until it is killed.
    pub(crate) ends: Option<&'static str>,
    /// The lines that it prints.
    pub(crate) says: &'static [&'static str],
    /// Its arguments, with `ECHO` for the victim's address and `FOLDER` for a folder of the arena.
    pub(crate) args: &'static str,
    /// How late all but one in a hundred of the victim's answers and sleeps may be.
    pub(crate) bound: Duration,
    /// What it may do, as on the command line, with `FOLDER` as above.
    allow: &'static [&'static str],
    /// The limits without which it would be no attack to survive.
    limits: &'static [(Limit, u64)],
}

impl Attack {
    /// One that goes on and on.
    pub(crate) const fn lasts(name: &'static str) -> Self {
        Attack { name, ends: None, says: &[], args: "", bound: BOUND, allow: &[], limits: &[] }
    }

    /// One that comes to this end.
    pub(crate) const fn ends(name: &'static str, outcome: &'static str) -> Self {
        Attack { ends: Some(outcome), ..Self::lasts(name) }
    }

    /// And that prints these lines.
    pub(crate) const fn says(mut self, lines: &'static [&'static str]) -> Self {
        self.says = lines;
        self
    }

    /// And that is given these arguments.
    pub(crate) const fn given(mut self, args: &'static str) -> Self {
        self.args = args;
        self
    }

    /// And that is held by these limits.
    pub(crate) const fn within(mut self, limits: &'static [(Limit, u64)]) -> Self {
        self.limits = limits;
        self
    }

    /// And that the victim notices more of than of others.
    pub(crate) const fn late(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// And that may do this.
    pub(crate) const fn allowed(mut self, rules: &'static [&'static str]) -> Self {
        self.allow = rules;
        self
    }

    /// Its component, with its grants and limits.
    pub(crate) fn program(&self, folder: &str) -> Program {
        let text = attackers().join("wat").join(self.name).with_extension("wat");
        let component = || Program::from_bytes(wat::parse_file(&text).expect("it is a component"));
        let program = if text.exists() { component() } else { guest("hostile") };
        let mut allow = Allow::default();
        for rule in self.allow {
            allow.add(rule.replace("FOLDER", folder).parse().unwrap_or_else(|error| panic!("{rule}: {error}")));
        }
        let limits = self.limits.iter().fold(Limits::new(), |limits, &(limit, number)| limits.with(limit, number));
        program.allow(allow).limits(limits)
    }

    /// Asserts that this came of it.
    pub(crate) fn assert_was(&self, outcome: &str, said: &[String]) {
        let expected = self.ends.unwrap_or("was killed");
        assert!(is_like(expected, outcome), "{} ended as {outcome:?}, having said {said:#?}", self.name);
        let is_said = self.says.len() == said.len() && self.says.iter().zip(said).all(|(of, line)| is_like(of, line));
        // Those that go on may print anything.
        assert!(is_said || (self.ends.is_none() && self.says.is_empty()), "{} said {said:#?}", self.name);
    }
}

/// A built guest.
pub(crate) fn guest(name: &str) -> Program {
    // Of bytes the first argument is the program's name, by which the guest knows what to do.
    Program::from_bytes(std::fs::read(guests::path(name)).expect("`cargo xtask guests` has built it"))
}

/// Whether a text is one that a pattern stands for.
fn is_like(pattern: &str, text: &str) -> bool {
    pattern.parse::<Pattern>().expect("it is a pattern").matches(text)
}
