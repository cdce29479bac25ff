//! What is written where: data to standard output, everything else to standard error.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use cogen::{CoroutineId, CoroutineInfo, Event, Outcome, Stream};

/// A line without an end is written as it is once it is this long.
const LONGEST_LINE: usize = 64 << 10;

/// How long something may take in silence.
const SILENCE: Duration = Duration::from_secs(2);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const ASIDE: Style = Style::new().dimmed();

/// When to colour what people read. `auto`: on a terminal, unless NO_COLOR is set.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes it hold for the whole process.
    pub(crate) fn choose(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Does `work`, and says what it is if that takes long.
pub(crate) fn saying<T>(what: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(SILENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{what} …");
            }
        });
        let value = work();
        drop(done);
        value
    })
}

/// Writes what an engine tells. With names, output goes by whole lines, each with the program in front.
pub(crate) struct Printer {
    with_names: bool,
    /// Lines that have not ended.
    open: Mutex<OpenLines>,
}

/// By coroutine and whether it is standard output: the program, and what it has written of the line.
type OpenLines = HashMap<(CoroutineId, bool), (String, Vec<u8>)>;

impl Printer {
    pub(crate) fn new(with_names: bool) -> Self {
        Printer { with_names, open: Mutex::default() }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Output { id, program, stream, bytes } => self.output(*id, program, *stream, bytes),
            Event::Log { id, program, level, message } => {
                eprintln!("{program}#{id} {}: {message}", format!("{level:?}").to_lowercase());
            }
            Event::Operation { id, program, name, detail, result, began, took } => {
                let began = began.as_secs_f64();
                eprintln!(
                    "{ASIDE}[+{began:.6}s]{ASIDE:#} {program}#{id} {name} {detail} -> {result} {ASIDE}({took:?}){ASIDE:#}"
                );
            }
            Event::Failed(report) => {
                eprintln!("{ERROR}error:{ERROR:#} coroutine {}#{} {}", report.program, report.id, report.outcome);
                if let Outcome::Trapped { backtrace, .. } = &report.outcome {
                    backtrace.lines().for_each(|line| eprintln!("  {line}"));
                }
                if let Some(operation) = report.last_operation {
                    eprintln!("  last operation: {operation}");
                }
            }
            _ => {}
        }
    }

    /// Writes the lines that never ended.
    pub(crate) fn finish(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for ((_, is_stdout), (program, line)) in open {
            write(is_stdout, &[format!("{program} | ").as_bytes(), &line, b"\n"].concat());
        }
    }

    fn output(&self, id: CoroutineId, program: &str, stream: Stream, bytes: &[u8]) {
        let is_stdout = stream == Stream::Stdout;
        if !self.with_names {
            return write(is_stdout, bytes);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, line) = open.entry((id, is_stdout)).or_insert_with(|| (program.to_owned(), Vec::new()));
        line.extend_from_slice(bytes);
        let end = line.iter().rposition(|&byte| byte == b'\n').map(|position| position + 1);
        let end = end.or((line.len() > LONGEST_LINE).then_some(line.len()));
        let Some(end) = end else { return };
        let whole: Vec<u8> = line.drain(..end).collect();
        if line.is_empty() {
            open.remove(&(id, is_stdout));
        }
        let mut text = Vec::with_capacity(whole.len() + 16);
        for line in whole.split_inclusive(|&byte| byte == b'\n') {
            text.extend_from_slice(format!("{program} | ").as_bytes());
            text.extend_from_slice(line);
        }
        write(is_stdout, &text);
    }
}

/// Writes at once. Whoever reads our standard output may stop: that ends the run, and is no failure.
fn write(is_stdout: bool, bytes: &[u8]) {
    let written = if is_stdout {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush())
    } else {
        io::stderr().lock().write_all(bytes)
    };
    if written.is_err_and(|error| is_stdout && error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Prints an error with its causes, and what to do about it where that is known.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("{ERROR}error:{ERROR:#} {error:#}");
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<cogen::Error>()?.hint()) {
        eprintln!("{HINT}hint:{HINT:#} {hint}");
    }
}

/// Prints the table of coroutines.
pub(crate) fn table(coroutines: &[CoroutineInfo]) {
    eprintln!("{:>6} {:<16} {:>6} {:<8} {:>12} {:>12}  waits for", "id", "program", "parent", "state", "since", "cpu");
    for info in coroutines {
        let parent = info.parent.map(|parent| parent.to_string()).unwrap_or_default();
        let since = info.since.map(|since| format!("{since:.1?}")).unwrap_or_default();
        let (id, program, state, cpu) = (info.id.to_string(), &info.program, info.state, format!("{:.1?}", info.cpu));
        let waits_for = info.waits_for.as_deref().unwrap_or_default();
        eprintln!("{id:>6} {program:<16} {parent:>6} {state:<8} {since:>12} {cpu:>12}  {waits_for}");
    }
}
