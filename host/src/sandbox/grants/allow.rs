//! What a program may touch, as it is configured.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::names::NameRule;
use super::network::NetworkRule;
use super::paths::PathRule;
use super::pattern::Pattern;
use super::{Key, RuleError};

/// What a program may touch. Nothing is allowed that is not here: the [`Default`] allows nothing at all.
///
/// A single rule can be read from text, as it is given on the command line, and rules can be put together:
///
/// ```
/// use cogen::Allow;
///
/// # fn main() -> Result<(), cogen::RuleError> {
/// let mut allow = Allow::default();
/// allow.add("connect=example.org:443".parse()?);
/// allow.add("spawn=worker-*".parse()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allow {
    /// Whether it may connect to everything, listen, send, and look every name up, over Unix sockets as well.
    pub network: bool,
    /// What it may connect to.
    pub connect: Vec<SocketRule>,
    /// Where it may listen. Here `*` as a host means every address of the machine.
    pub listen: Vec<SocketRule>,
    /// What it may send datagrams to. Whoever has any such rule may bind a socket whose port the system chooses.
    pub udp: Vec<NetworkRule>,
    /// What it may bind sockets for datagrams to. Here `*` as a host means every address of the machine.
    pub udp_bind: Vec<NetworkRule>,
    /// Names that it may look up, beside those that `connect` and `udp` name.
    pub resolve: Vec<NameRule>,
    /// Folders of which it may read the files, and perhaps write them, under the names that it knows them by.
    pub directories: BTreeMap<String, Folder>,
    /// Its environment.
    pub environment: BTreeMap<String, Variable>,
    /// Programs of which it may start coroutines.
    pub spawn: Vec<Pattern>,
    /// Programs that it may call.
    pub call: Vec<Pattern>,
    /// Programs whose coroutines it may cancel and kill if it holds them, although it has not started them.
    pub cancel: Vec<Pattern>,
    /// Names of signals that it may send.
    pub send: Vec<Pattern>,
    /// Names of signals that it may wait for.
    pub wait: Vec<Pattern>,
}

/// A folder of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is. It is opened when the engine is built.
    pub path: PathBuf,
    /// Whether files in it may be written, made and removed.
    pub write: bool,
}

/// The value of a variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// This one.
    Value(String),
    /// The host's own, once [`Allow::inherit_environment`] has found it.
    Inherited,
}

/// What may be connected to, or where may be listened: over the network, or at a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketRule {
    /// Hosts and ports, as `example.org:443`.
    Network(NetworkRule),
    /// Paths, as `unix:/run/app/*.sock`.
    Unix(PathRule),
}

impl Allow {
    /// Everything, for trusted code: the whole network, all programs and all signals. Folders and variables of the environment
    /// are granted by name, and only so.
    pub fn all() -> Self {
        let any = || vec![Pattern::any()];
        Allow { network: true, spawn: any(), call: any(), cancel: any(), send: any(), wait: any(), ..Allow::default() }
    }

    /// Adds what another one allows. Of two folders or variables with one name, the other's holds.
    pub fn add(&mut self, other: Allow) {
        self.network |= other.network;
        self.connect.extend(other.connect);
        self.listen.extend(other.listen);
        self.udp.extend(other.udp);
        self.udp_bind.extend(other.udp_bind);
        self.resolve.extend(other.resolve);
        self.directories.extend(other.directories);
        self.environment.extend(other.environment);
        self.spawn.extend(other.spawn);
        self.call.extend(other.call);
        self.cancel.extend(other.cancel);
        self.send.extend(other.send);
        self.wait.extend(other.wait);
    }

    /// Whether anything at all of this key is allowed. What one key allows may come with another: whoever may connect to a name may
    /// look it up.
    pub fn has(&self, key: Key) -> bool {
        let names_any = |rule: &NetworkRule| rule.names_any();
        match key {
            Key::Connect => self.network || !self.connect.is_empty(),
            Key::Listen => self.network || !self.listen.is_empty(),
            Key::Udp => self.network || !self.udp.is_empty(),
            Key::UdpBind => self.network || !self.udp_bind.is_empty() || !self.udp.is_empty(),
            Key::Resolve => {
                let connects = |rule: &SocketRule| matches!(rule, SocketRule::Network(rule) if rule.names_any());
                self.network
                    || !self.resolve.is_empty()
                    || self.connect.iter().any(connects)
                    || self.udp.iter().any(names_any)
            }
            Key::Directories => !self.directories.is_empty(),
            Key::Environment => !self.environment.is_empty(),
            Key::Spawn => !self.spawn.is_empty(),
            Key::Call => !self.call.is_empty(),
            Key::Cancel => !self.cancel.is_empty(),
            Key::Send => !self.send.is_empty(),
            Key::Wait => !self.wait.is_empty(),
        }
    }

    /// Allows to use a folder under a name.
    #[must_use]
    pub fn directory(mut self, name: impl Into<String>, path: impl Into<PathBuf>, write: bool) -> Self {
        self.directories.insert(name.into(), Folder { path: path.into(), write });
        self
    }

    /// Gives the variables that are to be the host's own the values that `value_of` knows for their names. A variable that it
    /// does not know is left out.
    pub fn inherit_environment(&mut self, value_of: impl Fn(&str) -> Option<String>) {
        self.environment.retain(|name, variable| {
            if *variable == Variable::Inherited {
                let Some(value) = value_of(name) else { return false };
                *variable = Variable::Value(value);
            }
            true
        });
    }

    /// The same, with relative paths relative to this folder. Those of an engine are relative to the process's current one.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        self.move_to(folder);
        self
    }

    /// Makes relative paths relative to this folder.
    pub(crate) fn move_to(&mut self, at: &Path) {
        self.directories.values_mut().for_each(|folder| folder.path = at.join(&folder.path));
        for rule in self.connect.iter_mut().chain(&mut self.listen) {
            if let SocketRule::Unix(path) = rule {
                path.move_to(at);
            }
        }
    }

    /// Makes paths lead from the current folder, and follows the links on the ways to Unix sockets, as they are now.
    pub(super) fn settle_here(&mut self) {
        if let Ok(here) = std::env::current_dir() {
            self.move_to(&here);
        }
        for rule in self.connect.iter_mut().chain(&mut self.listen) {
            if let SocketRule::Unix(path) = rule {
                path.settle();
            }
        }
    }

    /// Adds a rule to those of a key, as it is written there.
    pub(super) fn add_rule(&mut self, key: Key, rule: &str) -> Result<(), RuleError> {
        match key {
            Key::Connect => self.connect.push(rule.parse()?),
            Key::Listen => self.listen.push(rule.parse::<SocketRule>()?.of_this_machine()?),
            Key::Udp => self.udp.push(rule.parse()?),
            Key::UdpBind => self.udp_bind.push(rule.parse::<NetworkRule>()?.of_this_machine()?),
            Key::Resolve => self.resolve.push(rule.parse()?),
            Key::Directories => {
                let (name, folder) = folder(rule)?;
                self.directories.insert(name, folder);
            }
            Key::Environment => {
                let (name, value) = rule.split_once('=').map_or((rule, None), |(name, value)| (name, Some(value)));
                check_variable(name, value.unwrap_or_default())?;
                let variable = value.map_or(Variable::Inherited, |value| Variable::Value(value.to_owned()));
                self.environment.insert(name.to_owned(), variable);
            }
            Key::Spawn => self.spawn.push(rule.parse()?),
            Key::Call => self.call.push(rule.parse()?),
            Key::Cancel => self.cancel.push(rule.parse()?),
            Key::Send => self.send.push(rule.parse()?),
            Key::Wait => self.wait.push(rule.parse()?),
        }
        Ok(())
    }
}

impl FromStr for Allow {
    type Err = RuleError;

    /// Reads one rule, with its key in front: `network`, or as `connect=example.org:443`.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let mut allow = Allow::default();
        if text == "network" {
            allow.network = true;
            return Ok(allow);
        }
        let (name, rule) = text.split_once('=').unwrap_or((text, ""));
        let Some(key) = Key::ALL.into_iter().find(|key| key.name() == name) else {
            let keys: Vec<_> = Key::ALL.iter().map(|key| key.name()).collect();
            return Err(RuleError::new(format!(
                "{name:?} is nothing that can be allowed: expected network, or one of these with `=` and a rule: {}",
                keys.join(", ")
            )));
        };
        if rule.is_empty() {
            return Err(RuleError::new(format!("{name} needs a rule, as {name}={}", key.example())));
        }
        allow.add_rule(key, rule)?;
        Ok(allow)
    }
}

impl SocketRule {
    /// The same rule, if it can be one of the machine's own addresses.
    pub(crate) fn of_this_machine(self) -> Result<Self, RuleError> {
        match self {
            SocketRule::Network(rule) => rule.of_this_machine().map(SocketRule::Network),
            unix => Ok(unix),
        }
    }
}

impl FromStr for SocketRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        match text.strip_prefix("unix:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path).parse().map(SocketRule::Unix),
            None => text.parse().map(SocketRule::Network),
        }
    }
}

impl fmt::Display for SocketRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketRule::Network(rule) => rule.fmt(f),
            SocketRule::Unix(rule) => rule.fmt(f),
        }
    }
}

/// `NAME=PATH`, with `:rw` behind it if the folder may be written to.
fn folder(text: &str) -> Result<(String, Folder), RuleError> {
    let (name, path) =
        text.split_once('=').ok_or_else(|| RuleError::new("expected NAME=PATH, as in public=www, or NAME=PATH:rw"))?;
    let (path, write) = path.strip_suffix(":rw").map_or((path, false), |path| (path, true));
    if !is_directory_name(name) {
        return Err(RuleError::new(format!("{name:?} is no name of a directory: expected {DIRECTORY_NAME}")));
    }
    if path.is_empty() {
        return Err(RuleError::new(format!("{name} has no path: expected {name}=PATH")));
    }
    Ok((name.to_owned(), Folder { path: path.into(), write }))
}

/// What the name of a granted directory is, in words.
pub(crate) const DIRECTORY_NAME: &str =
    "a name of 1 to 64 letters, digits, `-`, `_` and `.`, and not `.` or `..` alone";

/// Whether guests may know a directory by this name: it is the first part of a path.
pub(crate) fn is_directory_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed) && name != "." && name != ".."
}

/// Whether there can be a variable of the environment of this name with this value.
pub(crate) fn check_variable(name: &str, value: &str) -> Result<(), RuleError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(RuleError::new(format!("{name:?} is no name of a variable: expected one without `=` and NUL")));
    }
    if value.contains('\0') {
        return Err(RuleError::new(format!("the value of {} has a NUL in it", name.escape_debug())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> Allow {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_rule_of_the_command_line_is_one_of_its_key() {
        assert!(allowed("network").network);
        assert_eq!(allowed("connect=example.org:443").connect[0].to_string(), "example.org:443");
        assert_eq!(allowed("connect=unix:/run/x").connect[0].to_string(), "unix:/run/x");
        assert_eq!(allowed("listen=unix:///run/*.sock").listen[0].to_string(), "unix:/run/*.sock");
        assert_eq!(allowed("udp-bind=0.0.0.0:5353").udp_bind[0].to_string(), "0.0.0.0:5353");
        assert_eq!(allowed("directories=data=a=b:rw").directories["data"], Folder { path: "a=b".into(), write: true });
        assert_eq!(allowed("environment=A").environment["A"], Variable::Inherited);
        assert_eq!(allowed("environment=A=b=c").environment["A"], Variable::Value("b=c".into()));
        for key in Key::ALL {
            let allow = allowed(&format!("{}={}", key.name(), key.example()));
            assert_ne!(allow, Allow::default(), "{}", key.name());
        }
    }

    #[test]
    fn what_is_no_rule_is_told_with_what_is_expected() {
        for (text, why) in [
            (
                "conect=x:1",
                "\"conect\" is nothing that can be allowed: expected network, or one of these with `=` and a rule: connect, \
                 listen, udp, udp-bind, resolve, directories, environment, spawn, call, cancel, send, wait",
            ),
            ("connect", "connect needs a rule, as connect=example.org:443"),
            ("spawn=", "spawn needs a rule, as spawn=worker-*"),
            ("connect=example.org", "\"example.org\" has no port: write example.org:*"),
            (
                "listen=localhost:80",
                "\"localhost:80\" names a host: expected an IP address of this machine, as 127.0.0.1:80, or * for all of them",
            ),
            ("directories=www", "expected NAME=PATH, as in public=www, or NAME=PATH:rw"),
            ("directories=www=", "www has no path: expected www=PATH"),
            ("environment==x", "\"\" is no name of a variable: expected one without `=` and NUL"),
        ] {
            assert_eq!(text.parse::<Allow>().expect_err("it is none").to_string(), why);
        }
    }

    #[test]
    fn what_is_inherited_is_what_the_host_has() {
        let mut allow = allowed("environment=HERE");
        allow.add(allowed("environment=GONE"));
        allow.add(allowed("environment=OWN=mine"));
        allow.inherit_environment(|name| (name != "GONE").then(|| format!("the host's {name}")));
        let values: Vec<_> = allow.environment.into_iter().collect();
        let value = |text: &str| Variable::Value(text.into());
        assert_eq!(values, [("HERE".to_owned(), value("the host's HERE")), ("OWN".to_owned(), value("mine"))]);
    }
}
