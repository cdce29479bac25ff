//! What the command line grants, and what is told of what was refused.

use cogen::{Allow, GrantKey, Refusals};

use crate::output::{self, visible_name};

/// What all programs of a run are granted, beside what a manifest grants them.
#[derive(clap::Args)]
pub(crate) struct Grants {
    /// Grant something to the programs: a key of [program.NAME.allow] with one of its rules, as in connect=example.org:443
    #[arg(long, value_name = "RULE", value_parser = rule)]
    allow: Vec<Allow>,
    /// Let the programs use the whole network; without it they may use the connections that they are given
    #[arg(long)]
    allow_network: bool,
    /// Let the programs use the files of a folder as NAME; with `:rw` behind the path, write them as well
    #[arg(long, value_name = "NAME=PATH", value_parser = directory)]
    allow_dir: Vec<Allow>,
    /// Grant the programs everything but folders and variables of the environment, which have to be named
    #[arg(long)]
    allow_all: bool,
}

impl Grants {
    /// Adds these grants to those that a program has, and finds the variables that are to be the host's own.
    pub(crate) fn add_to(&self, allow: &mut Allow) {
        if self.allow_all {
            allow.add(Allow::all());
        }
        allow.network |= self.allow_network;
        self.allow.iter().chain(&self.allow_dir).for_each(|more| allow.add(more.clone()));
        allow.inherit_environment(|name| std::env::var(name).ok());
    }
}

/// A rule. A manifest takes paths for its own, so that those of the command line must not depend on where it is.
fn rule(text: &str) -> Result<Allow, String> {
    let allow: Allow = text.parse().map_err(|error| format!("{error}"))?;
    let here = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    Ok(allow.within(&here))
}

/// A name and a folder.
fn directory(text: &str) -> Result<Allow, String> {
    rule(&format!("directories={text}"))
}

/// How to grant a rule of a key to a program: on the command line, and in a manifest.
pub(crate) fn ways_to_grant(key: GrantKey, program: &str) -> String {
    let (name, rule) = (key.name(), key.example());
    format!("--allow '{name}={rule}'; {} in [program.{program}.allow]", line(key))
}

/// A line of a manifest that grants a rule of a key.
pub(crate) fn line(key: GrantKey) -> String {
    let (name, rule) = (key.name(), key.example());
    match rule.split_once('=') {
        Some((of, value)) => format!("{name} = {{ {of} = \"{value}\" }}"),
        None => format!("{name} = [\"{rule}\"]"),
    }
}

/// Says what was refused in the whole run.
pub(crate) fn tell(refusals: &Refusals) {
    if refusals.lines.is_empty() {
        return;
    }
    let mut text = "refused in all:".to_owned();
    for refused in &refusals.lines {
        let (program, line) = (visible_name(&refused.program), visible_name(&refused.line));
        let place = match refused.is_narrowed {
            true => format!("left to {program} by who started it"),
            false => format!("[program.{program}.allow]"),
        };
        text += &format!("\n  {:>6} times {place} {line}", refused.count);
    }
    if refusals.others > 0 {
        text += &format!("\n  {:>6} times something else", refusals.others);
    }
    output::say(&text);
}
