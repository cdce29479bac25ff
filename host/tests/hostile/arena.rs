//! Where an attack takes place: an engine of one worker, with the victim in it.
//!
//! The victim is a server of echoes, whose answers and whose latency a client outside of the engine looks at, over TCP; and a coroutine
//! that sleeps for some milliseconds again and again, by which one sees whether timers are late.

use std::collections::BTreeMap;
use std::fs::{create_dir, create_dir_all, write};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cogen::{Builder, Coroutine, Engine, Event, ListenAddress, State, Stream};
use rustix::fs::{CWD, FileType, Mode};
use script_steps::{Script, Step};
use tempfile::TempDir;

use crate::attack::{Attack, guest};

/// The longest that all but one in a hundred of the victim's answers may take, and its sleeps be late.
///
/// A slice is 4 to 8 ms, and whoever is woken waits for two at most; a request needs one or two such waits. The rest is what the
/// engine itself needs, compiled without optimisation.
pub(crate) const BOUND: Duration = Duration::from_millis(100);

/// Another process may take the processor away for longer than that: it is enough if one of these tries is undisturbed.
const TRIES: usize = 5;

/// How many answers the victim's client asks for; one in so many over a new connection.
const TRIPS: usize = 100;
const TRIPS_OF_A_CONNECTION: usize = 8;

/// How long each sleep of the victim is.
const SLEEP: Duration = Duration::from_millis(5);

/// What has not happened by then never does.
const FOR_EVER: Duration = Duration::from_secs(20);

/// Of those who print for ever, so many lines are kept.
const LINES: usize = 100;

/// Has these attacks beside the victim, one after the other.
pub(crate) fn each(attacks: &[Attack]) {
    let _alone = alone();
    // The first engine of a process opens what stays for good.
    drop(Arena::new(|builder| builder));
    // One that is not as expected must not hide what the others do.
    let failed = |attack: &&Attack| {
        let attempt = || {
            let before = descriptors();
            let disturbed: Vec<_> = (0..TRIES).map_while(|_| one(attack).err()).collect();
            assert!(disturbed.len() < TRIES, "{disturbed:#?}");
            assert_eq!(descriptors(), before, "{}", attack.name);
        };
        std::panic::catch_unwind(attempt).is_err()
    };
    let failed: Vec<_> = attacks.iter().filter(failed).map(|attack| attack.name).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// One group at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error tells who was late.
fn one(attack: &Attack) -> Result<(), String> {
    let folder = Folder::new();
    let mut arena = Arena::new(|builder| builder.program(attack.name, attack.program(folder.path())));
    let args = attack.args.replace("ECHO", &arena.echo.to_string()).replace("FOLDER", folder.path());
    let attacker = arena.engine.spawn(attack.name, args).expect("there is room");
    let answers = arena.answers(|| attack.ends.is_none() || attacker.state() == State::Ended);
    let is_over = attacker.state() == State::Ended;
    attacker.kill();
    arena.turn_until(|| attacker.state() == State::Ended);
    let outcome = attacker.outcome().expect("it has ended").to_string();
    let said = std::mem::take(&mut arena.heard.lock().unwrap_or_else(PoisonError::into_inner).said);
    println!("{}: {outcome}, having said {said:#?}", attack.name);
    let lateness = arena.lateness();
    assert_eq!(is_over, attack.ends.is_some(), "{} has ended as {outcome}, or not", attack.name);
    attack.assert_was(&outcome, &said);
    arena.assert_nothing_left(attacker);
    folder.assert_untouched();
    let timers = lateness.check(attack.bound, &format!("{}: timers", attack.name));
    answers.check(attack.bound, &format!("{}: answers", attack.name)).and(timers)
}

/// What is open, by its number and what it is.
fn descriptors() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir("/proc/self/fd").expect("procfs is there").flatten();
    let entry = |entry: std::fs::DirEntry| {
        let what = std::fs::read_link(entry.path()).ok()?.display().to_string();
        Some((entry.file_name().display().to_string(), what))
    };
    // But for the one by which this is looked at.
    entries.filter_map(entry).filter(|(_, what)| !what.ends_with("/fd")).collect()
}

/// What attackers may want of the file system: a folder that one of them is granted, and what lies outside.
struct Folder {
    folder: TempDir,
    /// Somebody listens there.
    _sockets: [UnixListener; 2],
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let made = || -> std::io::Result<[UnixListener; 2]> {
            create_dir_all(at("data/below"))?;
            create_dir(at("own"))?;
            write(at("secret"), "the host's")?;
            write(at("data/mine"), "granted")?;
            symlink("../secret", at("data/link"))?;
            symlink("..", at("data/link-to-folder"))?;
            symlink("/etc/passwd", at("data/absolute-link"))?;
            rustix::fs::mknodat(CWD, at("data/pipe"), FileType::Fifo, Mode::RUSR, 0)?;
            Ok([UnixListener::bind(at("other.sock"))?, UnixListener::bind(at("own/mine.sock"))?])
        };
        let sockets = made().expect("they are made");
        Folder { folder, _sockets: sockets }
    }

    /// Asserts that nobody has changed what lies outside.
    fn assert_untouched(&self) {
        let secret = std::fs::read_to_string(self.folder.path().join("secret")).expect("it is there");
        assert_eq!(secret, "the host's");
        let names = self.folder.path().read_dir().expect("it is there").map(|entry| entry.expect("one").file_name());
        assert_eq!(names.count(), 4, "what was made, and nothing else");
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().expect("it is text")
    }
}

struct Arena {
    engine: Engine,
    echo: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

/// What the engine has told.
#[derive(Default)]
struct Heard {
    /// What the attackers have printed to their standard output.
    said: Vec<String>,
    /// When the victim woke up.
    woken: Vec<Instant>,
}

impl Heard {
    fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Log { program: "script", .. } => self.woken.push(Instant::now()),
            Event::Output { stream: Stream::Stdout, bytes, .. } if self.said.len() < LINES => {
                self.said.extend(String::from_utf8_lossy(bytes).lines().map(str::to_owned));
            }
            _ => {}
        }
    }
}

impl Arena {
    fn new(change: impl FnOnce(Builder) -> Builder) -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let ears = heard.clone();
        let builder = Engine::builder()
            .workers(1)
            .max_coroutines(200)
            .max_payloads(64 << 20)
            .cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code"))
            .program("echo", guest("echo_bytes"))
            .program("script", guest("script"))
            .on_event(move |event| ears.lock().unwrap_or_else(PoisonError::into_inner).note(event));
        let engine = change(builder).build().expect("`cargo xtask guests` builds the guests");
        let any_port = "tcp://127.0.0.1:0".parse().expect("an address");
        let server = engine.serve(&any_port, "echo", "", 0).expect("there is a port");
        let ListenAddress::Tcp(echo) = *server.address() else { panic!("{server:?}") };
        let sleep = Step::Repeat { n: u64::MAX, steps: vec![Step::Sleep(SLEEP.as_nanos() as u64)] };
        engine.spawn("script", Script::new("keeps time").step(sleep)).expect("there is room");
        Arena { engine, echo, heard }
    }

    /// What the victim's client sees, while the attack goes on.
    fn answers(&mut self, is_enough: impl Fn() -> bool) -> Times {
        let (echo, enough) = (self.echo, Arc::new(AtomicBool::new(false)));
        let may_stop = enough.clone();
        let client = std::thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(1);
            let mut times = Vec::new();
            while times.len() < TRIPS || !may_stop.load(Ordering::Relaxed) {
                let mut stream = None;
                for _ in 0..TRIPS_OF_A_CONNECTION {
                    let began = Instant::now();
                    let stream = stream.get_or_insert_with(|| connect(echo));
                    assert_echoed(stream, &mut random);
                    times.push(began.elapsed());
                }
            }
            Times(times)
        });
        self.turn_until(|| {
            enough.store(is_enough(), Ordering::Relaxed);
            client.is_finished()
        });
        client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// By how much the victim's sleeps were late.
    fn lateness(&self) -> Times {
        let woken = &self.heard.lock().unwrap_or_else(PoisonError::into_inner).woken;
        Times(woken.windows(2).map(|pair| (pair[1] - pair[0]).saturating_sub(SLEEP)).collect())
    }

    fn turn_until(&mut self, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            self.engine.turn(Duration::from_millis(5));
            assert!(began.elapsed() < FOR_EVER, "it never happens: {:?}", self.engine.stats());
        }
    }

    /// Kills everybody: then the engine holds nothing for anybody.
    fn assert_nothing_left(mut self, attacker: Coroutine) {
        drop(attacker);
        self.engine.shutdown(Duration::ZERO);
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [0; 4]);
        assert!(self.engine.refusals().lines.len() <= 1024);
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(FOR_EVER)).expect("it is a time");
    stream.set_nodelay(true).expect("it is a connection");
    stream
}

/// Sends some bytes, and has the same back.
fn assert_echoed(stream: &mut TcpStream, random: &mut fastrand::Rng) {
    let mut sent = vec![0; random.usize(1..4000)];
    random.fill(&mut sent);
    let mut back = vec![0; sent.len()];
    stream.write_all(&sent).expect("it is taken");
    stream.read_exact(&mut back).expect("it is answered");
    assert!(back == sent, "the answer is another");
}

/// How long each of several things took.
struct Times(Vec<Duration>);

impl Times {
    /// Whether all but one in a hundred took no longer than this.
    fn check(mut self, bound: Duration, what: &str) -> Result<(), String> {
        assert!(!self.0.is_empty(), "{what}: none");
        self.0.sort_unstable();
        let at = |hundredth: usize| self.0[(self.0.len() - 1) * hundredth / 100];
        let told = format!("{what}: {} took {:?}, 99 % {:?}, all {:?}", self.0.len(), at(50), at(99), at(100));
        println!("{told}");
        if at(99) <= bound { Ok(()) } else { Err(told) }
    }
}
