//! The steps that the guest `script` performs: a test writes them, the guest reads them as JSON from its arguments.
//!
//! ```
//! use script_steps::{Script, Step};
//!
//! let script = Script::new("w").step(Step::wait("news").timeout(1_000_000)).step(Step::Return("done".into()));
//! assert_eq!(Script::from_bytes(&script.to_bytes()).unwrap(), script);
//! ```
//!
//! The guest performs the steps in order and logs what comes of each at the level `info` as `<script's name> <text>`;
//! the texts stand with the steps. When an operation fails the line is `<name> error: <the error>` and the script goes
//! on, unless it is strict: then it fails with that error. A script that comes to its end returns nothing.
//!
//! The steps with sockets, and with what is handed over, are in [`net`].

pub mod files;
pub mod net;
pub mod pattern;
pub mod sandbox;

pub use files::Files;
pub use net::{Content, Direction, ListenHow, Net};
pub use pattern::Pattern;
pub use sandbox::{Bounds, Left};

use serde::{Deserialize, Serialize};

/// The life of one coroutine, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Script {
    /// Stands in front of each line it logs.
    pub name: String,
    /// Whether the first operation that fails ends the coroutine as failed.
    pub strict: bool,
    /// What to do.
    pub steps: Vec<Step>,
}

/// How an operation waits and whom it lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opts {
    /// How long to wait.
    pub timeout: Timeout,
    /// Who goes first.
    pub priority: Priority,
}

/// How long an operation may wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timeout {
    /// As configured.
    #[default]
    Default,
    /// For ever.
    Never,
    /// So many nanoseconds.
    Within(u64),
    /// Until so many nanoseconds after now, asked for as a moment.
    By(u64),
}

/// Who goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Priority {
    /// As configured.
    #[default]
    Default,
    /// All to the back.
    Last,
    /// The woken to the front.
    Operation,
    /// The asker to the front.
    Coroutine,
    /// Both to the front.
    First,
}

/// What a coroutine is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Args {
    /// A script, for the program `script`.
    Script(Script),
    /// Text.
    Text(String),
    /// Any bytes.
    Bytes(Vec<u8>),
    /// A script, for the program `script`, with blanks behind it: so many bytes in all.
    Padded(Script, usize),
}

/// One thing of several that are waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wait {
    /// So many nanoseconds.
    Sleep(u64),
    /// A signal of that name, by `start-wait`.
    Signal(String),
    /// A signal to give, by `start-signal`.
    Give {
        /// The signal's name.
        name: String,
        /// Its value.
        value: String,
        /// For how many it waits.
        recipients: u32,
    },
    /// The end of the coroutine kept under that name.
    End(String),
    /// The end of all children of the scope kept under that name.
    Scope(String),
    /// The end of a call, by `start-call`. It is dropped, and the callee killed, when something else came first.
    Call {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
    },
    /// That the connection kept under that name can be read.
    Reading(String),
    /// That the connection kept under that name can be written.
    Writing(String),
    /// That somebody connects to the listener kept under that name.
    Accepting(String),
    /// That the UDP socket kept under that name has a datagram.
    Receiving(String),
    /// That the UDP socket kept under that name can send.
    Sending(String),
    /// A connection, by `start-connect`. It is kept when it comes first, and else given up.
    Connecting {
        /// Where to; see [`net`].
        address: String,
        /// The name to keep the connection under.
        save_as: String,
    },
    /// The addresses of a name, by `start-resolve`.
    Resolving(String),
}

/// One step. What it logs stands in the last line of its description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Say something: the text.
    Log(String),
    /// Print a line to standard output; logs nothing.
    Print(String),
    /// Print a line to standard error; logs nothing.
    EPrint(String),
    /// Sleep so many nanoseconds: `sleep ok`.
    Sleep(u64),
    /// Sleep until so many nanoseconds from now, asked for as a moment: `sleep-until ok`.
    SleepUntilAfter(u64),
    /// Sleep so many nanoseconds by `std::thread::sleep`: `std-sleep ok`.
    StdSleep(u64),
    /// Go to the back of the queue: `yield ok`.
    Yield,
    /// Look at the clock: `now <nanoseconds on the engine's clock>`.
    Now,
    /// Look at the clock: `elapsed <nanoseconds since this script began>`.
    Elapsed,
    /// Signal: `signal <name> woke <number>`.
    Signal {
        /// The signal's name.
        name: String,
        /// Its value.
        value: String,
        /// For how many it waits.
        recipients: u32,
        /// How.
        opts: Opts,
    },
    /// Wait for a signal: `wait <name> got <value>`.
    Wait {
        /// The signal's name.
        name: String,
        /// How.
        opts: Opts,
    },
    /// Signal with a name of so many bytes: `big-name woke <number>`.
    BigName {
        /// The length of the name.
        bytes: usize,
    },
    /// Signal with a value of so many bytes: `big-value <name> woke <number>`.
    BigValue {
        /// The signal's name.
        name: String,
        /// The length of the value.
        bytes: usize,
        /// For how many it waits.
        recipients: u32,
    },
    /// Spawn, and keep the handle: `spawn <handle>`.
    Spawn {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// The name to keep the handle under.
        save_as: String,
        /// How.
        opts: Opts,
    },
    /// Call: `call <program> returned <value>`.
    Call {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// How.
        opts: Opts,
    },
    /// Spawn within bounds, giving what is kept under these names, and keep the handle: `spawn-within <handle>`.
    SpawnWithin {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// Of what the script keeps.
        things: Vec<String>,
        /// What is left to it.
        bounds: Bounds,
        /// The name to keep the handle under.
        save_as: String,
    },
    /// Call within bounds: `call-within <program> returned <value>`.
    CallWithin {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// What is left to it.
        bounds: Bounds,
        /// How.
        opts: Opts,
    },
    /// Begin a call, yield once so that the callee may run, and drop it: `start-call-drop ok`.
    StartCallDrop {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
    },
    /// Begin so many calls without a wait between them, then drop them: `start-calls <number begun>`, with
    /// `, <the error>` for each that failed.
    StartCalls {
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// How often.
        n: usize,
    },
    /// Call the program `script` with this same step, one less deep, and return how deep it went. Each level, once a
    /// call fails, logs the error and counts from there. Ends the script; logs nothing else.
    CallDepth {
        /// How many levels to go.
        n: u32,
    },
    /// Join the coroutine kept under `handle`: `join <handle> returned <value>`.
    Join {
        /// The name of the handle.
        handle: String,
        /// How.
        opts: Opts,
    },
    /// Wait for the end of the coroutine kept under `handle`: `outcome <handle> returned <value>`, or
    /// `outcome <handle> failed: <the failure>`.
    Outcome {
        /// The name of the handle.
        handle: String,
        /// How.
        opts: Opts,
    },
    /// Make a scope, and keep it: `scope <scope>`.
    Scope(String),
    /// Spawn as a child of the scope kept under that name, and keep the handle: `scope-spawn <handle>`.
    ScopeSpawn {
        /// The name of the scope.
        scope: String,
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// The name to keep the handle under.
        save_as: String,
        /// How.
        opts: Opts,
    },
    /// Wait until all children of the scope kept under that name have ended: `scope-join <scope> ok`, or
    /// `scope-join <scope> <what went wrong>`.
    ScopeJoin {
        /// The name of the scope.
        scope: String,
        /// How.
        opts: Opts,
    },
    /// Cancel the scope kept under that name: `scope-cancel <scope>`.
    ScopeCancel(String),
    /// Drop the scope kept under that name: `scope-drop <scope>`.
    ScopeDrop(String),
    /// Perform the steps in a scope as the SDK has it, which is kept under that name meanwhile. The first that fails is the
    /// last: `in-scope <scope> ok`, or `in-scope <scope> <what went wrong>`.
    InScope {
        /// The name of the scope.
        scope: String,
        /// What to do in it.
        steps: Vec<Step>,
        /// How to wait for the children at its end.
        opts: Opts,
    },
    /// Join this coroutine itself, which is an error: `join-self returned <value>`.
    JoinSelf,
    /// Wait for the outcome of this coroutine itself, which is an error: `outcome-self`.
    OutcomeSelf,
    /// Cancel the coroutine kept under that name: `cancel <handle>`.
    Cancel(String),
    /// Kill the coroutine kept under that name: `kill <handle>`.
    Kill(String),
    /// Cancel this coroutine itself: `cancel-self ok`.
    CancelSelf,
    /// Kill this coroutine itself; logs nothing.
    KillSelf,
    /// Look at the coroutine kept under that name: `info <handle> <program> <state>`.
    Info(String),
    /// Say who the coroutine kept under that name is: `describe <handle> <program>#<id> of <parent's id or none> <state>`.
    Describe(String),
    /// Drop the handle kept under that name: `forget <handle>`.
    Forget(String),
    /// Set a value of the context: `context-set <name>`.
    ContextSet(String, String),
    /// Look at a value of the context: `context-get <name> = <value>`.
    ContextGet(String),
    /// Remove a value of the context: `context-remove <name>`.
    ContextRemove(String),
    /// List the context: `context-names <name>,<name>…`.
    ContextNames,
    /// Do something with files, by the standard library: see [`Files`].
    Files(Files),
    /// List the environment, by the standard library: `environment <name>=<value>,<name>=<value>…`.
    Environment,
    /// Do something with sockets: see [`Net`], and the functions of [`net`], which make these steps.
    Net(Net, Opts),
    /// Wait for the first of several: `select <position>`, with ` got <value>` when it has one.
    Select(Vec<Wait>),
    /// Begin so many waits for the signal `hoard`, and hold them until the script ends: `hoard <number>`.
    Hoard(usize),
    /// Ask the standard library for a random number: `random <number>`.
    Random,
    /// Do these steps `n` times.
    Repeat {
        /// How often.
        n: u64,
        /// What.
        steps: Vec<Step>,
    },
    /// Return that text. Ends the script; logs nothing.
    Return(String),
    /// Call the program `script` with each of these, and return the sum of the numbers they returned and this one. Fails
    /// with the first error. Ends the script; logs nothing.
    ReturnSum {
        /// Whom to call.
        calls: Vec<Script>,
        /// What to add.
        plus: u64,
    },
    /// Return so many bytes. Ends the script; logs nothing.
    ReturnBytes(usize),
    /// Fail with that text. Ends the script; logs nothing.
    Fail(String),
    /// Panic with that text.
    Panic(String),
    /// Execute an unreachable instruction.
    Trap,
    /// Loop for ever without asking for anything.
    Spin,
    /// Call a function within itself until the stack is full.
    Recurse,
    /// Allocate memory for ever.
    Grow,
    /// Leave with that exit code.
    Exit(i32),
}

impl Script {
    /// A script without steps that is not strict.
    pub fn new(name: impl Into<String>) -> Self {
        Script { name: name.into(), ..Script::default() }
    }

    /// Fail at the first operation that fails.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// One step more.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Several steps more.
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    /// The same arguments with blanks behind them: so many bytes in all.
    ///
    /// # Panics
    ///
    /// When the script alone is longer.
    pub fn padded_to(&self, bytes: usize) -> Vec<u8> {
        let mut padded = self.to_bytes();
        assert!(padded.len() <= bytes, "the script alone has {} bytes", padded.len());
        padded.resize(bytes, b' ');
        padded
    }

    /// The arguments to give to the program `script`.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a script has only text for keys")
    }

    /// A script from the arguments.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl From<Script> for Vec<u8> {
    fn from(script: Script) -> Self {
        script.to_bytes()
    }
}

impl Step {
    /// Signal without waiting for recipients.
    pub fn signal(name: &str, value: &str) -> Self {
        Step::signal_to(name, value, 0)
    }

    /// Signal, waiting for so many recipients.
    pub fn signal_to(name: &str, value: &str, recipients: u32) -> Self {
        Step::Signal { name: name.into(), value: value.into(), recipients, opts: Opts::default() }
    }

    /// Wait for a signal.
    pub fn wait(name: &str) -> Self {
        Step::Wait { name: name.into(), opts: Opts::default() }
    }

    /// Spawn the program `script`, and keep the handle under the script's name.
    pub fn spawn(script: Script) -> Self {
        let save_as = script.name.clone();
        Step::Spawn { program: "script".into(), args: Args::Script(script), save_as, opts: Opts::default() }
    }

    /// Call the program `script`.
    pub fn call(script: Script) -> Self {
        Step::Call { program: "script".into(), args: Args::Script(script), opts: Opts::default() }
    }

    /// Join the coroutine kept under `handle`.
    pub fn join(handle: &str) -> Self {
        Step::Join { handle: handle.into(), opts: Opts::default() }
    }

    /// Wait for the outcome of the coroutine kept under `handle`.
    pub fn outcome(handle: &str) -> Self {
        Step::Outcome { handle: handle.into(), opts: Opts::default() }
    }

    /// Spawn the program `script` in a scope, and keep the handle under the script's name.
    pub fn scope_spawn(scope: &str, script: Script) -> Self {
        let save_as = script.name.clone();
        let (program, args) = ("script".into(), Args::Script(script));
        Step::ScopeSpawn { scope: scope.into(), program, args, save_as, opts: Opts::default() }
    }

    /// Wait until all children of a scope have ended.
    pub fn scope_join(scope: &str) -> Self {
        Step::ScopeJoin { scope: scope.into(), opts: Opts::default() }
    }

    /// Perform steps in a scope as the SDK has it.
    pub fn in_scope(scope: &str, steps: impl IntoIterator<Item = Step>) -> Self {
        Step::InScope { scope: scope.into(), steps: steps.into_iter().collect(), opts: Opts::default() }
    }

    /// The same step, waiting so many nanoseconds at most.
    ///
    /// # Panics
    ///
    /// When it is not a step that takes options.
    #[must_use]
    pub fn timeout(mut self, nanoseconds: u64) -> Self {
        self.opts_mut().timeout = Timeout::Within(nanoseconds);
        self
    }

    /// The same step, waiting until so many nanoseconds after now, asked for as a moment.
    ///
    /// # Panics
    ///
    /// When it is not a step that takes options.
    #[must_use]
    pub fn by(mut self, nanoseconds: u64) -> Self {
        self.opts_mut().timeout = Timeout::By(nanoseconds);
        self
    }

    /// The same step, waiting for ever, whatever the defaults say.
    ///
    /// # Panics
    ///
    /// When it is not a step that takes options.
    #[must_use]
    pub fn never(mut self) -> Self {
        self.opts_mut().timeout = Timeout::Never;
        self
    }

    /// The same step, with a priority.
    ///
    /// # Panics
    ///
    /// When it is not a step that takes options.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.opts_mut().priority = priority;
        self
    }

    fn opts_mut(&mut self) -> &mut Opts {
        match self {
            Step::Signal { opts, .. }
            | Step::Wait { opts, .. }
            | Step::Spawn { opts, .. }
            | Step::Call { opts, .. }
            | Step::CallWithin { opts, .. }
            | Step::Join { opts, .. }
            | Step::Outcome { opts, .. }
            | Step::ScopeSpawn { opts, .. }
            | Step::ScopeJoin { opts, .. }
            | Step::InScope { opts, .. }
            | Step::Net(_, opts) => opts,
            other => panic!("this step takes no options: {other:?}"),
        }
    }
}

impl Args {
    /// The bytes a coroutine is given.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Args::Script(script) => script.to_bytes(),
            Args::Text(text) => text.clone().into_bytes(),
            Args::Bytes(bytes) => bytes.clone(),
            Args::Padded(script, bytes) => script.padded_to(*bytes),
        }
    }
}
