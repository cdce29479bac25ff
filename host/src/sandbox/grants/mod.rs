//! What a program may touch. Nothing is allowed that was not granted.
//!
//! [`Allow`] is what an operator writes, [`Rules`] what an engine makes of it, and [`Grants`] what one coroutine is asked about:
//! the rules of its program, and what those above it have left of them ([`narrowing`]). What is refused becomes a [`Missing`],
//! which knows the line that would grant it, and is counted in [`refusals`].
//!
//! The kinds of rules are files of their own, without state and without an engine: [`network`] over [`names`] and
//! [`addresses`], [`paths`], and [`pattern`].

mod addresses;
mod allow;
mod names;
mod narrowing;
mod network;
mod paths;
mod pattern;
pub(crate) mod refusals;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io, mem};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use parking_lot::Mutex;
use wasmtime_wasi::filesystem::{self, FsPerms, OpenMode};

use crate::error::{Error, ErrorKind};
pub(crate) use addresses::is_public;
pub use allow::{Allow, Folder, SocketRule, Variable};
pub(crate) use allow::{DIRECTORY_NAME, check_variable, is_directory_name};
pub(crate) use names::HostName;
pub use names::NameRule;
use narrowing::levels;
pub(crate) use narrowing::{Leaving, Narrowings, TooDeep};
pub use network::NetworkRule;
pub use paths::PathRule;
pub use pattern::Pattern;
pub(crate) use refusals::Missing;

/// How many addresses that it was told a coroutine may connect to as to the names they are of. Standard libraries look a name up
/// and connect at once; whoever keeps more at hand looks them up again.
const MAX_TOLD: usize = 256;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError(String);

impl RuleError {
    fn new(message: impl Into<String>) -> Self {
        RuleError(message.into())
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RuleError {}

/// A key of `[program.NAME.allow]` that has rules of its own; what the rules allow is told at the fields of [`Allow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// [`Allow::connect`].
    Connect,
    /// [`Allow::listen`].
    Listen,
    /// [`Allow::udp`].
    Udp,
    /// [`Allow::udp_bind`].
    UdpBind,
    /// [`Allow::resolve`].
    Resolve,
    /// [`Allow::directories`].
    Directories,
    /// [`Allow::environment`].
    Environment,
    /// [`Allow::spawn`].
    Spawn,
    /// [`Allow::call`].
    Call,
    /// [`Allow::cancel`].
    Cancel,
    /// [`Allow::send`].
    Send,
    /// [`Allow::wait`].
    Wait,
}

impl Key {
    /// All of them.
    pub const ALL: [Key; 12] = [
        Key::Connect,
        Key::Listen,
        Key::Udp,
        Key::UdpBind,
        Key::Resolve,
        Key::Directories,
        Key::Environment,
        Key::Spawn,
        Key::Call,
        Key::Cancel,
        Key::Send,
        Key::Wait,
    ];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Key::Connect => "connect",
            Key::Listen => "listen",
            Key::Udp => "udp",
            Key::UdpBind => "udp-bind",
            Key::Resolve => "resolve",
            Key::Directories => "directories",
            Key::Environment => "environment",
            Key::Spawn => "spawn",
            Key::Call => "call",
            Key::Cancel => "cancel",
            Key::Send => "send",
            Key::Wait => "wait",
        }
    }

    /// A rule of it, as it is written behind `--allow KEY=`.
    pub fn example(self) -> &'static str {
        match self {
            Key::Connect => "example.org:443",
            Key::Listen | Key::UdpBind => "127.0.0.1:7777",
            Key::Udp => "192.0.2.0/24:53",
            Key::Resolve => "*.example.org",
            Key::Directories => "public=www",
            Key::Environment => "LANG=C",
            Key::Spawn | Key::Call | Key::Cancel => "worker-*",
            Key::Send | Key::Wait => "chat.*",
        }
    }
}

/// What the coroutines of a program may touch.
#[derive(Default)]
pub(crate) struct Rules {
    program: Arc<str>,
    network: bool,
    connect: Vec<SocketRule>,
    listen: Vec<SocketRule>,
    udp: Vec<NetworkRule>,
    udp_bind: Vec<NetworkRule>,
    resolve: Vec<NameRule>,
    directories: BTreeMap<String, Directory>,
    environment: BTreeMap<String, String>,
    spawn: Vec<Pattern>,
    call: Vec<Pattern>,
    cancel: Vec<Pattern>,
    send: Vec<Pattern>,
    wait: Vec<Pattern>,
}

/// A folder that was opened when the engine was built: from then on it is the one that it was.
#[derive(Clone)]
pub(crate) struct Directory {
    pub(crate) opened: Arc<Dir>,
    /// The same for those who see it by WASI, with whether files in it may be written, made and removed.
    pub(crate) for_wasi: filesystem::Dir,
    /// Where it was, without links.
    path: PathBuf,
}

impl Directory {
    fn open(folder: &Folder) -> io::Result<Self> {
        let path = std::fs::canonicalize(&folder.path)?;
        let opened = Dir::open_ambient_dir(&folder.path, ambient_authority())?;
        let file = opened.try_clone()?.into_std_file();
        let (perms, mode) = match folder.write {
            true => (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE),
            false => (FsPerms::ReadOnly, OpenMode::READ),
        };
        // What blocks does so on the worker's thread: there is no other.
        Ok(Directory { opened: Arc::new(opened), for_wasi: filesystem::Dir::new(file, perms, mode, true), path })
    }

    fn may_write(&self) -> bool {
        self.for_wasi.perms == FsPerms::ReadWrite
    }

    /// The same to be read only.
    fn to_read(&self) -> Self {
        let mut directory = self.clone();
        directory.for_wasi.perms = FsPerms::ReadOnly;
        directory.for_wasi.open_mode = OpenMode::READ;
        directory
    }
}

impl Rules {
    /// What a program is allowed, with its folders opened.
    pub(crate) fn open(program: &str, mut allow: Allow) -> Result<Self, Error> {
        let refused = |message: String| Error::new(ErrorKind::Configuration, message);
        allow.settle_here();
        let open = |(name, folder): (String, Folder)| {
            let attempted = format!("cannot grant program `{program}` the directory {}", folder.path.display());
            if !is_directory_name(&name) {
                return Err(refused(format!("{attempted} under the name {name:?}: expected {DIRECTORY_NAME}")));
            }
            let opened = Directory::open(&folder).map_err(|error| refused(attempted).with_source(error))?;
            Ok((name, opened))
        };
        let set = |(name, variable): (String, Variable)| {
            let attempted = format!("cannot grant program `{program}` the variable {name:?}");
            let Variable::Value(value) = variable else {
                return Err(refused(format!(
                    "{attempted}: its value was to be the host's, and nobody has looked it up"
                ))
                .with_hint("call `Allow::inherit_environment`"));
            };
            check_variable(&name, &value).map_err(|error| refused(format!("{attempted}: {error}")))?;
            Ok((name, value))
        };
        let directories = mem::take(&mut allow.directories).into_iter().map(open).collect::<Result<_, _>>()?;
        let environment = mem::take(&mut allow.environment).into_iter().map(set).collect::<Result<_, _>>()?;
        Ok(Rules { directories, environment, ..Rules::listed(program.into(), allow) })
    }

    /// Those rules that are lists: without folders, and without an environment.
    fn listed(program: Arc<str>, allow: Allow) -> Self {
        Rules {
            program,
            network: allow.network,
            connect: allow.connect,
            listen: allow.listen,
            udp: allow.udp,
            udp_bind: allow.udp_bind,
            resolve: allow.resolve,
            directories: BTreeMap::new(),
            environment: BTreeMap::new(),
            spawn: allow.spawn,
            call: allow.call,
            cancel: allow.cancel,
            send: allow.send,
            wait: allow.wait,
        }
    }

    /// Whether a name may be looked up.
    fn looks_up(&self, name: &HostName) -> bool {
        let connects = |rule: &SocketRule| matches!(rule, SocketRule::Network(rule) if rule.names(name));
        self.network
            || self.connect.iter().any(connects)
            || self.udp.iter().any(|rule| rule.names(name))
            || self.resolve.iter().any(|rule| rule.matches(name))
    }

    fn connects(&self, address: SocketAddr, names: &[&HostName]) -> bool {
        let reaches = |rule: &SocketRule| matches!(rule, SocketRule::Network(rule) if rule.reaches(address, names));
        self.network || self.connect.iter().any(reaches)
    }

    /// Whether a name may be connected to with this port, if it leads to a public address.
    fn connects_by_name(&self, name: &HostName, port: u16) -> bool {
        let names = |rule: &SocketRule| matches!(rule, SocketRule::Network(rule) if rule.names_with_port(name, port));
        self.network || self.connect.iter().any(names)
    }

    fn listens(&self, address: SocketAddr) -> bool {
        let takes = |rule: &SocketRule| matches!(rule, SocketRule::Network(rule) if rule.takes(address));
        self.network || self.listen.iter().any(takes)
    }

    fn sends_to(&self, address: SocketAddr, names: &[&HostName]) -> bool {
        self.network || self.udp.iter().any(|rule| rule.reaches(address, names))
    }

    fn binds(&self, address: SocketAddr) -> bool {
        let is_any_of_a_sender = address.port() == 0 && !self.udp.is_empty();
        self.network || is_any_of_a_sender || self.udp_bind.iter().any(|rule| rule.takes(address))
    }

    fn connects_to_path(&self, path: &SocketPath<'_>) -> bool {
        self.network || path.is_meant(&self.connect)
    }

    fn listens_at_path(&self, path: &SocketPath<'_>) -> bool {
        self.network || path.is_meant(&self.listen)
    }

    /// Whether a program or a signal of this name may be used in this way.
    fn uses(&self, key: Key, name: &str) -> bool {
        let patterns = match key {
            Key::Spawn => &self.spawn,
            Key::Call => &self.call,
            Key::Cancel => &self.cancel,
            Key::Send => &self.send,
            Key::Wait => &self.wait,
            _ => unreachable!("its rules are no patterns"),
        };
        patterns.iter().any(|pattern| pattern.matches(name))
    }
}

/// The path of a Unix socket, and where that leads, once that matters: a guest may have made a link there, in a folder that it may
/// write to.
struct SocketPath<'a> {
    path: &'a Path,
    real: OnceCell<Option<PathBuf>>,
}

impl<'a> SocketPath<'a> {
    fn new(path: &'a str) -> Self {
        SocketPath { path: Path::new(path), real: OnceCell::new() }
    }

    /// Whether rules mean both what it says and where it leads.
    fn is_meant(&self, rules: &[SocketRule]) -> bool {
        let mean = |path: &Path| rules.iter().any(|rule| matches!(rule, SocketRule::Unix(rule) if rule.matches(path)));
        mean(self.path) && self.real.get_or_init(|| paths::real(self.path)).as_deref().is_none_or(mean)
    }
}

/// What one coroutine may touch.
pub(crate) struct Grants {
    /// The rules of the program that it runs.
    own: Arc<Rules>,
    /// What those above it have left to it.
    above: Narrowings,
    /// Names that it has looked up, with the addresses that it was told, the latest last.
    told: Mutex<Vec<(IpAddr, HostName)>>,
}

impl Grants {
    /// What a coroutine of a program may touch, of what those above it leave to it.
    pub(crate) fn new(own: Arc<Rules>, above: Narrowings) -> Self {
        Grants { own, above, told: Mutex::default() }
    }

    /// Whether a name may be looked up in order to connect to it with this port.
    pub(crate) fn look_up_to_connect(&self, name: &HostName, port: u16) -> Result<(), Missing> {
        self.check(
            |rules| rules.looks_up(name),
            || Missing::rule(Key::Connect, format!("connect to {name}:{port}"), format!("{name}:{port}")),
        )
    }

    /// Whether a name may be looked up.
    pub(crate) fn look_up(&self, name: &HostName) -> Result<(), Missing> {
        self.check(
            |rules| rules.looks_up(name),
            || Missing::rule(Key::Resolve, format!("look up {name}"), name.to_string()),
        )
    }

    /// Notes the addresses that the coroutine was told of a name which it may look up: to connect to one of them is to connect
    /// to the name.
    pub(crate) fn tell(&self, name: &HostName, addresses: &[IpAddr]) {
        let mut told = self.told.lock();
        for address in addresses.iter().map(IpAddr::to_canonical) {
            told.retain(|known| *known != (address, name.clone()));
            told.push((address, name.clone()));
        }
        let excess = told.len().saturating_sub(MAX_TOLD);
        told.drain(..excess);
    }

    /// Whether this address may be connected to; `name` is what has led there, if it was named.
    pub(crate) fn connect(&self, address: SocketAddr, name: Option<&HostName>) -> Result<(), Missing> {
        self.with_names(address.ip(), name, |names| {
            self.check(
                |rules| rules.connects(address, names),
                || Missing::address(Key::Connect, "connect to", address, name, self.by_name(address, name)),
            )
        })
    }

    /// The name that would have to be granted with this port for the address to be reached, if any would do.
    fn by_name<'a>(&self, address: SocketAddr, name: Option<&'a HostName>) -> Option<&'a HostName> {
        let port = address.port();
        let is_lacking = |rules: &Rules, name: &HostName| !rules.connects_by_name(name, port);
        name.filter(|name| {
            let lacks = levels(&self.above).any(|narrowing| is_lacking(&narrowing.rules, name));
            is_public(address.ip()) && (lacks || is_lacking(&self.own, name))
        })
    }

    /// Whether this address may be listened at.
    pub(crate) fn listen(&self, address: SocketAddr) -> Result<(), Missing> {
        self.check(|rules| rules.listens(address), || Missing::address(Key::Listen, "listen at", address, None, None))
    }

    /// Whether datagrams may be sent to this address.
    pub(crate) fn send_to(&self, address: SocketAddr) -> Result<(), Missing> {
        self.with_names(address.ip(), None, |names| {
            self.check(
                |rules| rules.sends_to(address, names),
                || Missing::address(Key::Udp, "send to", address, None, None),
            )
        })
    }

    /// Whether a socket for datagrams may be bound to this address.
    pub(crate) fn bind(&self, address: SocketAddr) -> Result<(), Missing> {
        self.check(|rules| rules.binds(address), || Missing::address(Key::UdpBind, "bind to", address, None, None))
    }

    /// Whether the Unix socket at this path may be connected to.
    pub(crate) fn connect_to_path(&self, path: &str) -> Result<(), Missing> {
        let to = SocketPath::new(path);
        self.check(|rules| rules.connects_to_path(&to), || Missing::path(Key::Connect, "connect to", path))
    }

    /// Whether a Unix socket at this path may be listened at.
    pub(crate) fn listen_at_path(&self, path: &str) -> Result<(), Missing> {
        let at = SocketPath::new(path);
        self.check(|rules| rules.listens_at_path(&at), || Missing::path(Key::Listen, "listen at", path))
    }

    /// Whether a program or a signal of this name may be used in this way.
    pub(crate) fn name(&self, key: Key, name: &str) -> Result<(), Missing> {
        self.check(|rules| rules.uses(key, name), || Missing::name(key, name))
    }

    /// A granted directory.
    pub(crate) fn directory(&self, name: &str) -> Result<Directory, Missing> {
        let missing = || Missing::directory(name).of(&self.own.program);
        let own = self.own.directories.get(name).ok_or_else(missing)?;
        self.left_of(name, own).ok_or_else(|| missing().narrowed())
    }

    /// The granted directories, with their names.
    pub(crate) fn directories(&self) -> impl Iterator<Item = (&str, Directory)> {
        self.own.directories.iter().filter_map(|(name, own)| Some((name.as_str(), self.left_of(name, own)?)))
    }

    /// What those above leave of a directory.
    fn left_of(&self, name: &str, own: &Directory) -> Option<Directory> {
        levels(&self.above).try_fold(own.clone(), |left, narrowing| narrowing.leaves_directory(name, &left))
    }

    /// What there is of an environment.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_left = |name: &str| levels(&self.above).all(|narrowing| narrowing.leaves_variable(name));
        let variables = self.own.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        variables.filter(move |(name, _)| is_left(name))
    }

    /// Whether everybody who has a say in it allows something; else what is missing.
    fn check(&self, is_allowed: impl Fn(&Rules) -> bool, missing: impl FnOnce() -> Missing) -> Result<(), Missing> {
        if !is_allowed(&self.own) {
            return Err(missing().of(&self.own.program));
        }
        if levels(&self.above).all(|narrowing| is_allowed(&narrowing.rules)) {
            return Ok(());
        }
        Err(missing().of(&self.own.program).narrowed())
    }

    /// Does something with the names that have led to an address.
    fn with_names<T>(&self, address: IpAddr, name: Option<&HostName>, act: impl FnOnce(&[&HostName]) -> T) -> T {
        let address = address.to_canonical();
        let told = self.told.lock();
        let led = told.iter().filter(|(known, _)| *known == address).map(|(_, name)| name);
        act(&name.into_iter().chain(led).collect::<Vec<_>>())
    }
}
