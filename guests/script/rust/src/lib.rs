//! Performs the steps of a script. What each step does and logs is written down with the steps, in `script-steps`.

mod files;
mod net;
mod sandbox;
mod scopes;
mod waits;

use cogen_guest::coroutine::{Coroutine, Outcome};
use cogen_guest::handover::Thing;
use cogen_guest::scope::Scope;
use cogen_guest::signal::SignalWait;
use cogen_guest::time::Instant;
use cogen_guest::{Error, Json, Options, Result, context, coroutine, log, signal, time};
use script_steps::{Opts, Priority, Script, Step, Timeout};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Duration;

/// How a script ends: with a value or an error.
type End = std::result::Result<Vec<u8>, String>;

#[cogen_guest::main]
fn run(Json(script): Json<Script>) -> End {
    let Script { name, strict, steps } = script;
    let mut performer = Performer {
        name,
        strict,
        began: time::now(),
        kept: HashMap::new(),
        scopes: HashMap::new(),
        addresses: HashMap::new(),
        hoard: Vec::new(),
        held: Vec::new(),
    };
    match performer.perform_all(&steps) {
        Continue(()) => Ok(Vec::new()),
        Break(end) => end,
    }
}

struct Performer {
    name: String,
    strict: bool,
    began: Instant,
    /// Coroutines and sockets, under the names the script gave them.
    kept: HashMap<String, Thing>,
    /// Scopes, under theirs.
    scopes: HashMap<String, Scope>,
    /// Addresses that the script may refer to, under their names.
    addresses: HashMap<String, String>,
    /// What is held for nothing but to be held.
    hoard: Vec<SignalWait>,
    held: Vec<Thing>,
}

impl Performer {
    fn perform_all(&mut self, steps: &[Step]) -> ControlFlow<End> {
        steps.iter().try_for_each(|step| self.perform(step))
    }

    /// Perform a step that steers the script, or else an operation whose result is logged.
    fn perform(&mut self, step: &Step) -> ControlFlow<End> {
        match step {
            Step::Repeat { n, steps } => return (0..*n).try_for_each(|_| self.perform_all(steps)),
            Step::Return(value) => return Break(Ok(value.clone().into())),
            Step::ReturnBytes(bytes) => return Break(Ok(vec![0; *bytes])),
            Step::ReturnSum { calls, plus } => return Break(sum(calls, *plus).map_err(|error| error.to_string())),
            Step::Fail(message) => return Break(Err(message.clone())),
            Step::CallDepth { n } => return self.call_depth(*n),
            Step::Print(text) => println!("{text}"),
            Step::EPrint(text) => eprintln!("{text}"),
            Step::Panic(message) => panic!("{message}"),
            Step::Trap => trap(),
            Step::Spin => spin(),
            Step::Recurse => drop(black_box(recurse(0))),
            Step::Grow => grow(),
            Step::Exit(code) => std::process::exit(*code),
            Step::KillSelf => {
                if let Err(error) = coroutine::current().kill() {
                    return self.failed(&error);
                }
            }
            operation => match self.operate(operation) {
                Ok(text) => self.log(&text),
                Err(error) => return self.failed(&error),
            },
        }
        Continue(())
    }

    /// Perform an operation, and answer what to log of it.
    fn operate(&mut self, step: &Step) -> Result<String> {
        Ok(match step {
            Step::Log(text) => text.clone(),
            Step::Sleep(nanoseconds) => {
                time::sleep(Duration::from_nanos(*nanoseconds))?;
                "sleep ok".into()
            }
            Step::SleepUntilAfter(nanoseconds) => {
                time::sleep_until(time::now() + Duration::from_nanos(*nanoseconds))?;
                "sleep-until ok".into()
            }
            Step::StdSleep(nanoseconds) => {
                std::thread::sleep(Duration::from_nanos(*nanoseconds));
                "std-sleep ok".into()
            }
            Step::Yield => {
                time::yield_now()?;
                "yield ok".into()
            }
            Step::Now => format!("now {}", time::now().as_nanos()),
            Step::Elapsed => format!("elapsed {}", self.began.elapsed().as_nanos()),
            Step::Signal { name, value, recipients, opts } => {
                let woken = signal::signal_with(name, value, *recipients, options(*opts))?;
                format!("signal {name} woke {woken}")
            }
            Step::Wait { name, opts } => {
                let value = text(&signal::wait_with(name, options(*opts))?);
                self.remember(name, &value);
                format!("wait {name} got {value}")
            }
            Step::BigName { bytes } => {
                let woken = signal::signal(&"x".repeat(*bytes), "")?;
                format!("big-name woke {woken}")
            }
            Step::BigValue { name, bytes, recipients } => {
                let woken = signal::signal_with(name, vec![0; *bytes], *recipients, Options::new())?;
                format!("big-value {name} woke {woken}")
            }
            Step::Spawn { program, args, save_as, opts } => {
                let handle = coroutine::spawn_with(program, args.to_bytes(), options(*opts))?;
                self.kept.insert(save_as.clone(), handle.into());
                format!("spawn {save_as}")
            }
            Step::Call { program, args, opts } => {
                let value = coroutine::call_with(program, args.to_bytes(), options(*opts))?;
                format!("call {program} returned {}", text(&value))
            }
            Step::SpawnWithin { program, args, things, bounds, save_as } => {
                let things = things.iter().map(|name| self.take(name)).collect::<Result<Vec<_>>>()?;
                let bounds = sandbox::bounds(bounds)?;
                let handle =
                    cogen_guest::sandbox::spawn_with(program, args.to_bytes(), things, &bounds, Options::new())?;
                self.kept.insert(save_as.clone(), handle.into());
                format!("spawn-within {save_as}")
            }
            Step::CallWithin { program, args, bounds, opts } => {
                let bounds = sandbox::bounds(bounds)?;
                let value = cogen_guest::sandbox::call_with(program, args.to_bytes(), &bounds, options(*opts))?;
                format!("call-within {program} returned {}", text(&value))
            }
            Step::StartCallDrop { program, args } => {
                let call = coroutine::start_call(program, args.to_bytes())?;
                time::yield_now()?;
                drop(call);
                "start-call-drop ok".into()
            }
            Step::StartCalls { program, args, n } => start_calls(program, &args.to_bytes(), *n),
            Step::Join { handle, opts } => {
                let value = self.handle(handle)?.join_with(options(*opts))?;
                format!("join {handle} returned {}", text(&value))
            }
            Step::Outcome { handle, opts } => match self.handle(handle)?.outcome_with(options(*opts))? {
                Outcome::Returned(value) => format!("outcome {handle} returned {}", text(&value)),
                Outcome::Failed(failure) => format!("outcome {handle} failed: {failure}"),
            },
            Step::JoinSelf => format!("join-self returned {}", text(&coroutine::current().join()?)),
            Step::OutcomeSelf => {
                coroutine::current().outcome()?;
                "outcome-self".into()
            }
            Step::Cancel(handle) => {
                self.handle(handle)?.cancel()?;
                format!("cancel {handle}")
            }
            Step::Kill(handle) => {
                self.handle(handle)?.kill()?;
                format!("kill {handle}")
            }
            Step::CancelSelf => {
                coroutine::current().cancel()?;
                "cancel-self ok".into()
            }
            Step::Info(handle) => {
                let info = self.handle(handle)?.info();
                format!("info {handle} {} {}", info.program, info.state)
            }
            Step::Describe(handle) => {
                let info = self.handle(handle)?.info();
                let parent = info.parent.map_or("none".to_owned(), |id| id.to_string());
                format!("describe {handle} {}#{} of {parent} {}", info.program, info.id, info.state)
            }
            Step::Hoard(n) => {
                for _ in 0..*n {
                    self.hoard.push(signal::start_wait("hoard")?);
                }
                format!("hoard {n}")
            }
            Step::Random => format!("random {}", RandomState::new().hash_one(())),
            Step::Forget(handle) => {
                self.kept.remove(handle);
                format!("forget {handle}")
            }
            Step::ContextSet(name, value) => {
                context::set(name, value)?;
                format!("context-set {name}")
            }
            Step::ContextGet(name) => format!("context-get {name} = {}", text(&context::get(name)?)),
            Step::ContextRemove(name) => {
                context::remove(name);
                format!("context-remove {name}")
            }
            Step::ContextNames => format!("context-names {}", context::names().join(",")),
            Step::Scope(_)
            | Step::ScopeSpawn { .. }
            | Step::ScopeJoin { .. }
            | Step::ScopeCancel(_)
            | Step::ScopeDrop(_)
            | Step::InScope { .. } => self.operate_scope(step)?,
            Step::Files(files) => files::operate(files)?,
            Step::Environment => {
                let variables: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
                format!("environment {}", variables.join(","))
            }
            Step::Net(net, opts) => self.operate_net(net, *opts)?,
            Step::Select(waits) => self.select(waits)?,
            steering => unreachable!("performed elsewhere: {steering:?}"),
        })
    }

    fn call_depth(&self, n: u32) -> ControlFlow<End> {
        if n == 0 {
            return Break(Ok(b"0".to_vec()));
        }
        let Self { name, strict, .. } = self;
        let next = Script { name: name.clone(), strict: *strict, steps: vec![Step::CallDepth { n: n - 1 }] };
        match coroutine::call("script", next.to_bytes()) {
            Ok(depth) => Break(Ok((text(&depth).parse().unwrap_or(0_u32) + 1).to_string().into())),
            Err(error) => {
                self.failed(&error)?;
                Break(Ok(b"0".to_vec()))
            }
        }
    }

    fn handle(&self, name: &str) -> Result<&Coroutine> {
        match self.kept.get(name) {
            Some(Thing::Coroutine(coroutine)) => Ok(coroutine),
            _ => Err(Error::Other(format!("the script keeps no handle `{name}`"))),
        }
    }

    /// Keep the value of a signal if it may be an address.
    fn remember(&mut self, signal: &str, value: &str) {
        if value.len() <= 256 {
            self.addresses.insert(signal.to_owned(), value.to_owned());
        }
    }

    fn failed(&self, error: &Error) -> ControlFlow<End> {
        if self.strict {
            return Break(Err(error.to_string()));
        }
        self.log(&format!("error: {error}"));
        Continue(())
    }

    fn log(&self, text: &str) {
        log::info!("{} {text}", self.name);
    }
}

fn sum(calls: &[Script], plus: u64) -> Result<Vec<u8>> {
    let returned = |script: &Script| {
        let value = text(&coroutine::call("script", script.to_bytes())?);
        value.parse::<u64>().map_err(|error| Error::Other(format!("{value:?} is no number: {error}")))
    };
    let returned = calls.iter().map(returned).collect::<Result<Vec<_>>>()?;
    Ok((returned.iter().sum::<u64>() + plus).to_string().into())
}

fn start_calls(program: &str, args: &[u8], n: usize) -> String {
    let (begun, refused): (Vec<_>, Vec<_>) =
        (0..n).map(|_| coroutine::start_call(program, args)).partition(std::result::Result::is_ok);
    let refused: String =
        refused.iter().flat_map(|call| call.as_ref().err()).map(|error| format!(", {error}")).collect();
    format!("start-calls {}{refused}", begun.len())
}

fn options(opts: Opts) -> Options {
    let options = match opts.timeout {
        Timeout::Default => Options::new(),
        Timeout::Never => Options::new().never(),
        Timeout::Within(nanoseconds) => Options::new().timeout(Duration::from_nanos(nanoseconds)),
        Timeout::By(nanoseconds) => Options::new().deadline(time::now() + Duration::from_nanos(nanoseconds)),
    };
    options.priority(match opts.priority {
        Priority::Default => cogen_guest::Priority::Default,
        Priority::Last => cogen_guest::Priority::Last,
        Priority::Operation => cogen_guest::Priority::Operation,
        Priority::Coroutine => cogen_guest::Priority::Coroutine,
        Priority::First => cogen_guest::Priority::First,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `std` reaches the bare instruction by `abort` only: on this target it is `unreachable`.
fn trap() -> ! {
    std::process::abort()
}

fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn recurse(depth: u64) -> u64 {
    // An array that the compiler may not drop, and work after the call, so that it cannot become a loop.
    let frame = black_box([depth; 64]);
    if black_box(true) { recurse(depth + 1) + black_box(frame)[0] } else { depth }
}

fn grow() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}
