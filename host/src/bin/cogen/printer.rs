//! Writes what an engine tells while it runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cogen::{CoroutineId, Event, Outcome, Report, Stream};

use crate::output::{self, ASIDE, ERROR, coroutine, visible, visible_name};

/// A line without an end is broken once it is this long.
const LONGEST_LINE: usize = 64 << 10;

/// Where a printer writes.
pub(crate) trait Sink {
    /// What guests write, as it is.
    fn output(&self, stream: Stream, bytes: &[u8]);
    /// Lines of our own.
    fn say(&self, text: &str);
}

/// The process's own streams.
pub(crate) struct Console;

impl Sink for Console {
    fn output(&self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => output::data(bytes),
            Stream::Stderr => output::raw_error(bytes),
        }
    }

    fn say(&self, text: &str) {
        output::say(text);
    }
}

/// Writes what an engine tells. Output of several coroutines goes by whole lines; with names, each has the program in front.
/// Without, what comes from a single coroutine is written as it comes: a question has no end of its line.
pub(crate) struct Printer<S> {
    with_names: bool,
    sink: S,
    open: Mutex<Open>,
}

/// What has been begun and not ended.
#[derive(Default)]
struct Open {
    /// Who is the only one that has written since nobody was left who had, and which of its streams are in the middle of a line.
    alone: Option<(CoroutineId, Vec<Stream>)>,
    /// Whether there are several.
    is_crowd: bool,
    lines: OpenLines,
}

/// Lines that have not ended, by coroutine and whether it is standard output: the program, and what it has written of the line.
type OpenLines = BTreeMap<(CoroutineId, bool), (String, Vec<u8>)>;

impl Open {
    /// Whether this coroutine writes alone. If it is the second one that does, it answers which lines of the first one are open.
    fn is_alone(&mut self, id: CoroutineId) -> Result<(), Vec<Stream>> {
        match &mut self.alone {
            _ if self.is_crowd => Err(Vec::new()),
            Some((first, _)) if *first == id => Ok(()),
            None => {
                self.alone = Some((id, Vec::new()));
                Ok(())
            }
            Some((_, open)) => {
                let open = std::mem::take(open);
                self.is_crowd = true;
                self.alone = None;
                Err(open)
            }
        }
    }

    /// What the only one wrote last has an end, or not.
    fn note(&mut self, stream: Stream, bytes: &[u8]) {
        let Some((_, open)) = &mut self.alone else { return };
        open.retain(|other| *other != stream);
        if !bytes.ends_with(b"\n") {
            open.push(stream);
        }
    }

    /// Nobody else is known when the only one has ended a line, and itself.
    fn forget(&mut self, id: CoroutineId) {
        self.alone.take_if(|(only, open)| *only == id && open.is_empty());
    }
}

impl<S: Sink> Printer<S> {
    pub(crate) fn new(with_names: bool, sink: S) -> Self {
        Printer { with_names, sink, open: Mutex::default() }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Output { id, program, stream, bytes } => self.output(*id, program, *stream, bytes),
            Event::Log { id, program, level, message } => {
                let level = format!("{level:?}").to_lowercase();
                self.sink.say(&format!("{} {level}: {}", coroutine(program, *id), visible(message)));
            }
            Event::Operation { id, program, name, detail, result, began, took } => {
                let (who, began) = (coroutine(program, *id), began.as_secs_f64());
                let what = visible(&format!("{name} {detail} -> {result}"));
                self.sink.say(&format!("{ASIDE}[+{began:.6}s]{ASIDE:#} {who} {what} {ASIDE}({took:?}){ASIDE:#}"));
            }
            Event::Refused { id, program, attempted, lacking, line, is_narrowed } => {
                let (who, attempted) = (coroutine(program, *id), visible_name(attempted));
                let why = match is_narrowed {
                    true => format!("who started it has not left it {}", visible_name(line)),
                    false => format!("in [program.{}.allow] it takes {}", visible_name(lacking), visible_name(line)),
                };
                self.sink.say(&format!("{ASIDE}refused:{ASIDE:#} {who} may not {attempted}; {why}"));
            }
            Event::Failed(report) => self.failed(report),
            Event::Restarted { id, program, former, delay, .. } => {
                let (before, now) = (coroutine(program, *former), coroutine(program, *id));
                self.sink.say(&format!("{ASIDE}restarted:{ASIDE:#} {before} as {now}, after {delay:?}"));
            }
            Event::GaveUp { id, program, ended, max_restarts, period } => {
                let (who, ended) = (coroutine(program, *id), visible_name(ended));
                self.sink.say(&format!(
                    "{ERROR}error:{ERROR:#} {who} gave up: {ended} has ended again, and `max-restarts` allows \
                     {max_restarts} in {period:?}"
                ));
            }
            Event::Ended { id, .. } => self.end_lines(*id),
            _ => {}
        }
    }

    /// Writes the lines that never ended.
    pub(crate) fn finish(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for ((_, is_stdout), (program, line)) in open.lines {
            self.write(is_stdout, &program, &line);
        }
    }

    /// Writes the lines that a coroutine left without an end.
    fn end_lines(&self, id: CoroutineId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for is_stdout in [true, false] {
            if let Some((program, line)) = open.lines.remove(&(id, is_stdout)) {
                self.write(is_stdout, &program, &line);
            }
        }
        open.forget(id);
    }

    fn failed(&self, report: &Report) {
        let who = coroutine(&report.program, report.id);
        let mut text = format!("{ERROR}error:{ERROR:#} coroutine {who} {}", visible(&report.outcome.to_string()));
        if let Outcome::Trapped { backtrace, .. } = &report.outcome
            && !backtrace.is_empty()
        {
            text += &format!("\n  {}", visible(backtrace));
        }
        if let Some(operation) = report.last_operation {
            text += &format!("\n  last operation: {operation}");
        }
        self.sink.say(&text);
    }

    fn output(&self, id: CoroutineId, program: &str, stream: Stream, bytes: &[u8]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.with_names {
            match open.is_alone(id) {
                Ok(()) => {
                    open.note(stream, bytes);
                    return self.sink.output(stream, bytes);
                }
                // What was written of them stands there already.
                Err(begun) => begun.iter().for_each(|&stream| self.sink.output(stream, b"\n")),
            }
        }
        let key = (id, stream == Stream::Stdout);
        let (_, line) = open.lines.entry(key).or_insert_with(|| (program.to_owned(), Vec::new()));
        line.extend_from_slice(bytes);
        let end = line.iter().rposition(|&byte| byte == b'\n').map(|position| position + 1);
        let end = end.or((line.len() > LONGEST_LINE).then_some(line.len()));
        let Some(end) = end else { return };
        let whole: Vec<u8> = line.drain(..end).collect();
        if line.is_empty() {
            open.lines.remove(&key);
        }
        self.write(key.1, program, &whole);
    }

    /// Writes lines, with the program in front of each if that is wanted; the last one ends here if it has no end.
    fn write(&self, is_stdout: bool, program: &str, lines: &[u8]) {
        let name = if self.with_names { visible_name(program) + " | " } else { String::new() };
        let mut text = Vec::with_capacity(lines.len() + name.len() + 1);
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(line);
        }
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        self.sink.output(if is_stdout { Stream::Stdout } else { Stream::Stderr }, &text);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cogen::{Engine, Level, Program};

    use super::*;

    /// Keeps what is written, with `out`, `err` or `say` in front.
    #[derive(Default)]
    struct Paper(Mutex<String>);

    impl Paper {
        fn note(&self, channel: &str, text: &str) {
            *self.0.lock().expect("nobody panics with it") += &format!("{channel}: {text}");
        }
    }

    impl Sink for &Paper {
        fn output(&self, stream: Stream, bytes: &[u8]) {
            let channel = if stream == Stream::Stdout { "out" } else { "err" };
            self.note(channel, std::str::from_utf8(bytes).expect("the tests write text"));
        }

        fn say(&self, text: &str) {
            self.note("say", &format!("{}\n", anstream::adapter::strip_str(text)));
        }
    }

    /// The identities of two coroutines: an engine alone makes them.
    fn identities() -> [CoroutineId; 2] {
        let component = wat::parse_str(
            r#"(component
                (core module $code (func (export "main") (result i32) i32.const 0))
                (core instance $code (instantiate $code))
                (func $main (result (result)) (canon lift (core func $code "main")))
                (instance $run (export "run" (func $main)))
                (export "wasi:cli/run@0.2.0" (instance $run)))"#,
        );
        let program = Program::from_bytes(component.expect("it is right"));
        let engine = Engine::builder().workers(1).max_coroutines(1).program("x", program).build().expect("it is built");
        [(); 2].map(|()| engine.spawn("x", "").expect("there is room").id())
    }

    fn tell_all(with_names: bool, events: &[Event<'_>]) -> String {
        let paper = Paper::default();
        let printer = Printer::new(with_names, &paper);
        events.iter().for_each(|event| printer.tell(event));
        paper.0.into_inner().expect("nobody panics with it")
    }

    fn output(id: CoroutineId, program: &'static str, stream: Stream, text: &'static str) -> Event<'static> {
        Event::Output { id, program, stream, bytes: text.as_bytes() }
    }

    #[test]
    fn with_names_output_goes_by_whole_lines() {
        let [foo, bar] = identities();
        let events = [
            output(foo, "foo", Stream::Stdout, "half"),
            output(bar, "b\na\x1br", Stream::Stderr, "one\ntwo\nth"),
            output(foo, "foo", Stream::Stdout, " a line\n"),
        ];
        let written = "err: b\\na\\u{1b}r | one\nb\\na\\u{1b}r | two\nout: foo | half a line\n";
        assert_eq!(tell_all(true, &events), written);
    }

    #[test]
    fn without_names_one_coroutine_writes_as_it_likes_and_several_whole_lines() {
        let [foo, bar] = identities();
        let outcome = Outcome::Killed;
        let events = [
            output(foo, "foo", Stream::Stdout, "name? "),
            output(foo, "foo", Stream::Stderr, "one\n"),
            output(foo, "foo", Stream::Stdout, "and age? "),
            output(bar, "foo", Stream::Stdout, "ha"),
            output(foo, "foo", Stream::Stdout, "half"),
            output(bar, "foo", Stream::Stdout, "lf\nanother"),
            Event::Ended { id: bar, program: "foo", outcome: &outcome },
            output(foo, "foo", Stream::Stdout, " a line\n"),
        ];
        let written = "out: name? err: one\nout: and age? out: \nout: half\nout: another\nout: half a line\n";
        assert_eq!(tell_all(false, &events), written);
        let in_turn = [
            output(foo, "foo", Stream::Stdout, "a line\n"),
            Event::Ended { id: foo, program: "foo", outcome: &outcome },
            output(bar, "foo", Stream::Stdout, "name? "),
        ];
        assert_eq!(tell_all(false, &in_turn), "out: a line\nout: name? ");
    }

    #[test]
    fn lines_without_an_end_are_written_when_their_coroutine_ends() {
        let [foo, bar] = identities();
        let outcome = Outcome::Killed;
        let paper = Paper::default();
        let printer = Printer::new(true, &paper);
        printer.tell(&output(foo, "foo", Stream::Stdout, "to the end"));
        printer.tell(&output(foo, "foo", Stream::Stderr, "in vain"));
        printer.tell(&output(bar, "bar", Stream::Stdout, "still open"));
        printer.tell(&Event::Ended { id: foo, program: "foo", outcome: &outcome });
        assert_eq!(
            paper.0.lock().expect("nobody panics with it").as_str(),
            "out: foo | to the end\nerr: foo | in vain\n"
        );
        assert_eq!(printer.open.lock().expect("nobody panics with it").lines.len(), 1, "the lines of the other stay");
        printer.finish();
        assert!(paper.0.lock().expect("nobody panics with it").ends_with("out: bar | still open\n"));
    }

    #[test]
    fn a_line_that_never_ends_is_broken() {
        let [foo, _] = identities();
        let endless = "x".repeat(LONGEST_LINE + 1);
        let events = [Event::Output { id: foo, program: "foo", stream: Stream::Stdout, bytes: endless.as_bytes() }];
        assert_eq!(tell_all(true, &events), format!("out: foo | {endless}\n"));
    }

    #[test]
    fn no_guest_can_forge_a_line_of_our_own() {
        let [id, _] = identities();
        let forged = "x\nerror: coroutine foo#7 failed\n  last operation: time.sleep\x1b[8m";
        let report = |outcome| Report {
            id,
            parent: None,
            program: "p\nq".to_owned(),
            outcome,
            last_operation: Some("time.now"),
        };
        let failed = report(Outcome::Failed { message: forged.to_owned() });
        let trapped = report(Outcome::Trapped { message: "unreachable".to_owned(), backtrace: forged.to_owned() });
        let (began, took) = (Duration::ZERO, Duration::ZERO);
        let shown = "x\n    error: coroutine foo#7 failed\n      last operation: time.sleep\\u{1b}[8m";
        for (event, text) in [
            (
                Event::Log { id, program: "p\nq", level: Level::Warn, message: forged },
                format!("say: p\\nq#{id} warn: {shown}\n"),
            ),
            (
                Event::Operation { id, program: "p", name: "call", detail: forged, result: "no\nway", began, took },
                format!("say: [+0.000000s] p#{id} call {shown} -> no\n    way (0ns)\n"),
            ),
            (
                Event::Failed(&failed),
                format!("say: error: coroutine p\\nq#{id} failed: {shown}\n  last operation: time.now\n"),
            ),
            (
                Event::Failed(&trapped),
                format!(
                    "say: error: coroutine p\\nq#{id} trapped: unreachable\n  {shown}\n  last operation: time.now\n"
                ),
            ),
        ] {
            assert_eq!(tell_all(false, &[event]), text);
        }
    }
}
