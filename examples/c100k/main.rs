//! A hundred thousand connections, each end of each a parked coroutine in a sandbox of its own.
//!
//! One process may have so many descriptors and no more (`ulimit -n`), so this program starts itself several times: pairs of a
//! server and a client, each of which holds its share. A server's accept loop starts `hold` for each connection; a client starts
//! `dial` for each. Both ends exchange a line, and then park on a signal that never comes. When all are there, they are all
//! ended, and every process says that nothing is left.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use cogen::{Allow, Engine, Event, Limit, Limits, Program};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Hold many connections, and say what each costs
#[derive(Parser)]
#[command(name = "c100k")]
struct Arguments {
    /// How many connections in all
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// How many pairs of processes share them [default: as few as there are descriptors for]
    #[arg(long)]
    pairs: Option<usize>,
    /// Where the built guests are
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/target/wasm32-wasip2/release"))]
    guests: String,
    /// What this program starts itself as: `server`, or `client` with the address to connect to
    #[arg(long, hide = true, num_args = 1..=2)]
    role: Option<Vec<String>>,
}

/// Descriptors of a process that are no connections.
const OTHER_DESCRIPTORS: usize = 100;

/// So many are being connected at a time: fewer than a listener's backlog has room for.
const AT_ONCE: usize = 500;

/// How often each process says how far it is.
const PERIOD: Duration = Duration::from_millis(500);

/// Without one more connection for so long, something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.role.as_deref() {
        None => hold_all(&arguments),
        Some([role]) if role == "server" => serve(&arguments),
        Some([role, address]) if role == "client" => dial(&arguments, address),
        Some(other) => Err(anyhow::anyhow!("no such role: {other:?}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the pairs, and adds up what they say.
fn hold_all(arguments: &Arguments) -> Result<()> {
    let each = descriptors()?.saturating_sub(OTHER_DESCRIPTORS);
    let pairs = arguments.pairs.unwrap_or(arguments.connections.div_ceil(each)).max(1);
    let share = |pair: usize| (arguments.connections + pair) / pairs;
    ensure!(share(pairs - 1) <= each, "{pairs} pairs of {each} descriptors are too few; raise `ulimit -n` or --pairs");
    let mut servers = Vec::new();
    let mut clients = Vec::new();
    for pair in 0..pairs {
        let mut server = Part::start(arguments, share(pair), &["server"])?;
        let address = server.hear()?;
        clients.push(Part::start(arguments, share(pair), &["client", &address])?);
        servers.push(server);
    }
    println!("{} connections over {pairs} pairs of processes", arguments.connections);
    println!(
        "{:>8} {:>12} {:>10} {:>20} {:>20}",
        "seconds", "connections", "per second", "server KiB for each", "client KiB for each"
    );
    let began = Instant::now();
    let (mut progress, mut before) = (Instant::now(), 0);
    loop {
        std::thread::sleep(PERIOD);
        let (served, dialled) = (Held::of(&mut servers)?, Held::of(&mut clients)?);
        let connections = served.connections.min(dialled.connections);
        let rate = (connections - before.min(connections)) as f64 / PERIOD.as_secs_f64();
        println!(
            "{:>8.1} {connections:>12} {rate:>10.0} {:>20.1} {:>20.1}",
            began.elapsed().as_secs_f64(),
            served.for_each(),
            dialled.for_each(),
        );
        if connections > before {
            (progress, before) = (Instant::now(), connections);
        }
        if connections == arguments.connections {
            break;
        }
        ensure!(progress.elapsed() < PATIENCE, "{connections} connections, and no more for {PATIENCE:?}");
    }
    let rate = arguments.connections as f64 / began.elapsed().as_secs_f64();
    println!("all are there, {rate:.0} a second on the way; ending them");
    for part in clients.into_iter().chain(servers) {
        part.end()?;
    }
    println!("nothing is left");
    Ok(())
}

/// A server or a client, and what it says.
struct Part {
    child: Child,
    lines: Receiver<String>,
    last: (usize, usize, usize),
}

impl Part {
    fn start(arguments: &Arguments, connections: usize, role: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--connections", &connections.to_string(), "--guests", &arguments.guests, "--role"])
            .args(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start a {}", role[0]))?;
        let (told, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().context("it is piped")?);
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
        Ok(Part { child, lines, last: (0, 0, 0) })
    }

    /// The next thing it says.
    fn hear(&mut self) -> Result<String> {
        self.lines.recv_timeout(PATIENCE).context("a process says nothing")
    }

    /// How many connections it has now, its memory, and its memory without any, in KiB.
    fn held(&mut self) -> Result<(usize, usize, usize)> {
        for line in self.lines.try_iter() {
            let numbers: Vec<_> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
            let [connections, memory, empty] = numbers[..] else { bail!("a process says {line:?}") };
            self.last = (connections, memory, empty);
        }
        ensure!(self.child.try_wait()?.is_none(), "a process has ended");
        Ok(self.last)
    }

    /// Has it end what it holds, and waits for that.
    fn end(mut self) -> Result<()> {
        // It ends when there is nothing more to read.
        drop(self.child.stdin.take());
        ensure!(self.child.wait()?.success(), "a process did not end well");
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Either fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What several processes hold.
struct Held {
    connections: usize,
    memory: usize,
}

impl Held {
    fn of(parts: &mut [Part]) -> Result<Self> {
        let mut held = Held { connections: 0, memory: 0 };
        for part in parts {
            let (connections, memory, empty) = part.held()?;
            held.connections += connections;
            held.memory += memory.saturating_sub(empty);
        }
        Ok(held)
    }

    fn for_each(&self) -> f64 {
        self.memory as f64 / self.connections.max(1) as f64
    }
}

/// A server: an accept loop that starts `hold` for each connection.
fn serve(arguments: &Arguments) -> Result<()> {
    let mut engine = engine(arguments, |_| ())?;
    let server = engine.serve(&"tcp://127.0.0.1:0".parse()?, "hold", "", 0)?;
    say(format_args!("{}", server.address().to_string().trim_start_matches("tcp://")))?;
    // The accept loop is one of them.
    run(&mut engine, |engine| (engine.stats().coroutines - 1, true))
}

/// A client: starts `dial` for each connection.
fn dial(arguments: &Arguments, address: &str) -> Result<()> {
    let up = Arc::new(AtomicUsize::new(0));
    let counter = up.clone();
    let mut engine = engine(arguments, move |event| match event {
        Event::Log { .. } => drop(counter.fetch_add(1, Ordering::Relaxed)),
        Event::Failed(report) => eprintln!("{} {}", report.program, report.outcome),
        _ => {}
    })?;
    let mut begun = 0;
    run(&mut engine, |engine| {
        let up = up.load(Ordering::Relaxed);
        while begun < arguments.connections && begun - up < AT_ONCE {
            if let Err(error) = engine.spawn("dial", address) {
                eprintln!("error: {error}");
                return (up, false);
            }
            begun += 1;
        }
        (up, true)
    })
}

fn engine(arguments: &Arguments, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Result<Engine> {
    // Both may have all the room: neither has to leave any to the other.
    let all = Limits::new().with(Limit::Coroutines, (arguments.connections + AT_ONCE) as u64);
    let guest = |name: &str| Program::from_file(format!("{}/{name}.wasm", arguments.guests)).limits(all.clone());
    let engine = Engine::builder()
        .workers(1)
        .max_coroutines(arguments.connections + AT_ONCE)
        .program("hold", guest("hold").allow(allowed(&["wait=*"])?))
        .program("dial", guest("dial").allow(allowed(&["connect=127.0.0.0/8:*", "wait=end"])?))
        .on_event(observer);
    Ok(engine.build()?)
}

fn allowed(rules: &[&str]) -> Result<Allow> {
    let mut allow = Allow::default();
    for rule in rules {
        allow.add(rule.parse()?);
    }
    Ok(allow)
}

/// Drives an engine until standard input ends, and says now and then what it holds; then ends all, and looks that nothing is left.
fn run(engine: &mut Engine, mut step: impl FnMut(&Engine) -> (usize, bool)) -> Result<()> {
    let (ended, is_over) = channel::<()>();
    std::thread::spawn(move || {
        // An error is an end, too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(ended);
    });
    let (empty, mut told) = (memory()?, Instant::now());
    while is_over.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
        engine.turn(PERIOD / 10);
        let (connections, goes_on) = step(engine);
        ensure!(goes_on, "no more connections can be begun");
        if told.elapsed() >= PERIOD / 2 {
            say(format_args!("{connections} {} {empty}", memory()?))?;
            told = Instant::now();
        }
    }
    engine.shutdown(PATIENCE);
    let left = engine.stats();
    ensure!(left.coroutines == 0 && left.waiters == 0 && left.timers == 0, "something is left: {left:?}");
    Ok(())
}

/// One line to whoever started this process; a pipe is written to when it is flushed.
fn say(line: std::fmt::Arguments<'_>) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

/// The memory of this process, in KiB: what is resident, and the tables that map it.
fn memory() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let of = |key: &str| -> Option<usize> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Ok(of("VmRSS:").context("no VmRSS")? + of("VmPTE:").context("no VmPTE")?)
}

/// How many descriptors a process may have, once it has asked for as many as it may.
fn descriptors() -> Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(limit.maximum.map_or(1 << 20, |most| usize::try_from(most).unwrap_or(usize::MAX)))
}
