//! What was refused: what a guest is told, and what an operator can read afterwards.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::pattern::Pattern;
use super::{HostName, Key, is_public};

/// So many different refusals are kept: more are a guest that makes them up.
const MAX_LINES: usize = 1024;

/// Something that a coroutine may not do, and what would let it.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    /// The program whose grants lack it.
    pub(crate) program: Arc<str>,
    pub(crate) key: Key,
    /// What was attempted, on what.
    pub(crate) attempted: String,
    /// Why a rule that may seem to grant it does not.
    note: &'static str,
    /// Whether its program is granted it, and those above it have not left it that.
    pub(crate) is_narrowed: bool,
    /// What the key would have to have.
    rule: Rule,
}

/// What a key would have to have.
#[derive(Clone, Debug)]
enum Rule {
    /// A rule among those of its list.
    Listed(String),
    /// A folder under this name.
    Folder(String),
}

impl Missing {
    /// A rule of a list.
    pub(super) fn rule(key: Key, attempted: String, rule: String) -> Self {
        Missing { program: Arc::default(), key, attempted, note: "", is_narrowed: false, rule: Rule::Listed(rule) }
    }

    /// A rule for an address, to which `name` has led; for `by_name`, if the address would be reached by it.
    pub(super) fn address(
        key: Key,
        attempted: &str,
        address: SocketAddr,
        name: Option<&HostName>,
        by_name: Option<&HostName>,
    ) -> Self {
        let mut attempted = format!("{attempted} {address}");
        if let Some(name) = name {
            let _ = write!(attempted, ", which {name} leads to");
        }
        let rule = by_name.map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()));
        let note = if matches!(key, Key::Connect | Key::Udp) && by_name.is_none() && !is_public(address.ip()) {
            "only a rule with its number reaches an address that is not public"
        } else {
            ""
        };
        Missing { note, ..Self::rule(key, attempted, rule) }
    }

    /// A rule for the path of a Unix socket.
    pub(super) fn path(key: Key, attempted: &str, path: &str) -> Self {
        let rule = format!("unix:{}", Pattern::literal(path));
        Self::rule(key, format!("{attempted} unix:{path}"), rule)
    }

    /// A rule for the name of a program or a signal.
    pub(super) fn name(key: Key, name: &str) -> Self {
        // It comes back in a text: not more of it than a name may have.
        let name = &name[..name.floor_char_boundary(crate::ops::MAX_NAME)];
        let verb = match key {
            Key::Spawn => "spawn program",
            Key::Call => "call program",
            Key::Cancel => "cancel or kill coroutines of program",
            Key::Send => "send signal",
            Key::Wait => "wait for signal",
            _ => key.name(),
        };
        Self::rule(key, format!("{verb} {}", quoted(name)), Pattern::literal(name).to_string())
    }

    /// A directory.
    pub(super) fn directory(name: &str) -> Self {
        // As long as the first part of a path may be: not more of it than a name may have.
        let name = &name[..name.floor_char_boundary(crate::ops::MAX_NAME)];
        let attempted = format!("use the directory {}", quoted(name));
        Missing { rule: Rule::Folder(name.to_owned()), ..Self::rule(Key::Directories, attempted, String::new()) }
    }

    /// The same, of this program.
    pub(super) fn of(self, program: &Arc<str>) -> Self {
        Missing { program: program.clone(), ..self }
    }

    /// The same, of what the program is granted.
    pub(super) fn narrowed(self) -> Self {
        Missing { is_narrowed: true, ..self }
    }

    /// The line that would grant it.
    pub(crate) fn line(&self) -> String {
        let key = self.key.name();
        match &self.rule {
            Rule::Listed(rule) => format!("{key} = [{}]", quoted(rule)),
            Rule::Folder(name) => format!("{key} = {{ {} = \"PATH\" }}", as_key(name)),
        }
    }

    /// What the guest is told.
    pub(crate) fn text(&self) -> String {
        let Missing { program, attempted, .. } = self;
        if self.is_narrowed {
            let line = self.line();
            return format!("whoever started this `{program}` has not left it to {attempted}, as by `{line}`");
        }
        let mut text = format!("program `{program}` is not granted to {attempted}");
        if !self.note.is_empty() {
            let _ = write!(text, " ({})", self.note);
        }
        let _ = write!(text, "; write `{}` in [program.{program}.allow]", self.line());
        // What would have to be escaped for a shell is better written in a manifest.
        let argument = match &self.rule {
            Rule::Listed(rule) => format!("{}={rule}", self.key.name()),
            Rule::Folder(name) => format!("{}={name}=PATH", self.key.name()),
        };
        if !argument.contains(|c: char| c == '\'' || c.is_control()) {
            let _ = write!(text, ", or run with --allow '{argument}'");
        }
        text
    }
}

/// A text as TOML has it for a key.
fn as_key(text: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.chars().all(is_bare) { text.to_owned() } else { quoted(text) }
}

/// A text as TOML has it between quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// What an engine has refused so far, each line of a program once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusals {
    /// In the order of programs and lines.
    pub lines: Vec<Refused>,
    /// How often something was refused that is not among the lines, because there were 1,024 others before it.
    pub others: u64,
}

/// Something that the coroutines of a program were refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Refused {
    /// The program whose grants lack it.
    pub program: String,
    /// The line that would grant it, in `[program.NAME.allow]`.
    pub line: String,
    /// Whether the program is granted it, and the coroutines that started those who wanted it have not left it to them.
    pub is_narrowed: bool,
    /// How often.
    pub count: u64,
}

/// What a refusal is known by: the program, the line, and whether it was narrowed.
type Known = (Arc<str>, String, bool);

/// Counts what is refused.
#[derive(Default)]
pub(crate) struct Counter {
    lines: Mutex<HashMap<Known, u64>>,
    others: AtomicU64,
    all: AtomicU64,
}

impl Counter {
    /// Counts a refusal; answers the line that would grant it if that is news.
    pub(crate) fn count(&self, missing: &Missing) -> Option<String> {
        self.all.fetch_add(1, Ordering::Relaxed);
        let line = missing.line();
        let mut lines = self.lines.lock();
        let is_full = lines.len() >= MAX_LINES;
        let key = (missing.program.clone(), line.clone(), missing.is_narrowed);
        match lines.get_mut(&key) {
            Some(count) => *count += 1,
            None if is_full => drop(self.others.fetch_add(1, Ordering::Relaxed)),
            None => {
                lines.insert(key, 1);
                return Some(line);
            }
        }
        None
    }

    /// How often something was refused.
    pub(crate) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// What was refused so far.
    pub(crate) fn table(&self) -> Refusals {
        let lines = self.lines.lock();
        let refused = |((program, line, is_narrowed), count): (&Known, &u64)| Refused {
            program: program.to_string(),
            line: line.clone(),
            is_narrowed: *is_narrowed,
            count: *count,
        };
        let mut table: Vec<_> = lines.iter().map(refused).collect();
        table.sort_unstable();
        Refusals { lines: table, others: self.others.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(key: Key, name: &str) -> Missing {
        Missing::name(key, name).of(&"p".into())
    }

    #[test]
    fn the_line_grants_what_was_refused_and_nothing_more() {
        for (name, line) in [
            ("plain", r#"send = ["plain"]"#),
            ("*", r#"send = ["\\*"]"#),
            ("a\"]\nnetwork = true", r#"send = ["a\"]\nnetwork = true"]"#),
            ("\u{1b}[8m", r#"send = ["\u001B[8m"]"#),
            (r"a\b", r#"send = ["a\\\\b"]"#),
        ] {
            assert_eq!(missing(Key::Send, name).line(), line);
            let read: toml::Table = line.parse().expect("it is TOML");
            assert_eq!(read.len(), 1, "{line}");
            let pattern: Pattern = read["send"][0].as_str().expect("text").parse().expect("a pattern");
            assert_eq!(pattern, Pattern::literal(name));
        }
    }

    #[test]
    fn a_shell_is_shown_nothing_that_it_would_obey() {
        assert!(missing(Key::Spawn, "it's").text().ends_with("in [program.p.allow]"));
        assert!(missing(Key::Spawn, "a b").text().ends_with("--allow 'spawn=a b'"));
    }

    #[test]
    fn each_line_is_news_once_and_so_many_are_kept() {
        let counter = Counter::default();
        for number in 0..MAX_LINES + 2 {
            let news = counter.count(&missing(Key::Send, &number.to_string()));
            assert_eq!(news.is_some(), number < MAX_LINES);
            assert!(counter.count(&missing(Key::Send, "0")).is_none());
        }
        let table = counter.table();
        assert_eq!((table.lines.len(), table.others), (MAX_LINES, 2));
        let zero = Refused {
            program: "p".into(),
            line: r#"send = ["0"]"#.into(),
            is_narrowed: false,
            count: MAX_LINES as u64 + 3,
        };
        assert!(table.lines.contains(&zero));
        assert_eq!(counter.all(), 2 * (MAX_LINES as u64 + 2));
    }
}
