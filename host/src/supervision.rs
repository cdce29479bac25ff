//! What a supervisor is told: whom to start, after which ends to start them again, who goes down with whom, and how often.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// Programs that are started together, in order, and started again when they end; see
/// [`Engine::supervise`](crate::Engine::supervise).
///
/// ```
/// use cogen::{Group, RestartWhen, Restarts, Strategy};
/// use std::time::Duration;
///
/// let site = Group::new("site")
///     .member("store", "", RestartWhen::Always)
///     .member("pages", "", RestartWhen::OnFailure)
///     .strategy(Strategy::RestForOne)
///     .restarts(Restarts { max_restarts: 10, period: Duration::from_secs(3600), ..Restarts::default() });
/// # let _ = site;
/// ```
#[derive(Clone, Debug)]
pub struct Group {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) restarts: Restarts,
    pub(crate) members: Vec<GroupMember>,
}

/// One of a group: a program, what it is given, and after which ends it is started again.
#[derive(Clone, Debug)]
pub(crate) struct GroupMember {
    pub(crate) program: String,
    pub(crate) args: Vec<u8>,
    pub(crate) when: RestartWhen,
}

/// After which of its ends a program is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartWhen {
    /// After none.
    #[default]
    Never,
    /// When it has failed, trapped or gone over a limit. Whoever was cancelled or killed has ended because somebody wanted it to.
    OnFailure,
    /// After every end.
    Always,
}

/// Who is started again when a member of a group is. Whoever has not ended is cancelled before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// It alone.
    #[default]
    OneForOne,
    /// All members.
    OneForAll,
    /// It, and the members behind it.
    RestForOne,
}

/// How soon, and how often. The first restart comes after `delay`, each one that follows within `period` after twice the time of
/// the one before, up to `max_delay`. When there were `max_restarts` within `period` and another would be needed, the supervisor
/// gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restarts {
    /// How long to wait before the first restart; 100 ms unless it is said.
    pub delay: Duration,
    /// How long to wait before any; 10 s unless it is said.
    pub max_delay: Duration,
    /// How many there may be within `period`: 0 to 10,000, and 5 unless it is said.
    pub max_restarts: u32,
    /// How long one counts; 1 minute unless it is said.
    pub period: Duration,
}

/// The moment of each restart is kept for as long as it counts.
pub(crate) const MAX_RESTARTS: u32 = 10_000;

/// Each end of a member is looked for among all of them.
pub(crate) const MAX_MEMBERS: usize = 1000;

impl Default for Restarts {
    fn default() -> Self {
        Restarts {
            delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            max_restarts: 5,
            period: Duration::from_secs(60),
        }
    }
}

impl Group {
    /// A group without members, as its supervisor is called. With [`Strategy::OneForOne`] unless it is said.
    pub fn new(name: impl Into<String>) -> Self {
        Group { name: name.into(), strategy: Strategy::default(), restarts: Restarts::default(), members: Vec::new() }
    }

    /// One more that is started, after those before it: 1,000 at most.
    pub fn member(mut self, program: impl Into<String>, args: impl Into<Vec<u8>>, when: RestartWhen) -> Self {
        self.members.push(GroupMember { program: program.into(), args: args.into(), when });
        self
    }

    /// Who is started again when a member is.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// How soon and how often the members are started again; all of them count together.
    pub fn restarts(mut self, restarts: Restarts) -> Self {
        self.restarts = restarts;
        self
    }

    /// Refuses what makes no sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Group { name, members, restarts, .. } = self;
        let why = match (members.len(), restarts.max_restarts) {
            (0, _) => "it has no members".to_owned(),
            (count, _) if count > MAX_MEMBERS => format!("it has {count} members; {MAX_MEMBERS} are allowed"),
            (_, most) if most > MAX_RESTARTS => format!("`max-restarts` is {most}; 0 to {MAX_RESTARTS} are allowed"),
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Configuration, format!("cannot supervise `{name}`: {why}")))
    }
}
