//! An engine with a program for each language, named like it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use cogen::{Allow, Clock, CoroutineId, Engine, Event, Outcome, Program, Stream};

use crate::languages::{LANGUAGES, component};

/// Those that could be built on this machine.
pub(crate) fn languages() -> &'static [&'static str] {
    static BUILT: OnceLock<Vec<&str>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let (built, missing): (Vec<_>, Vec<_>) =
            LANGUAGES.into_iter().partition(|&language| component(language).exists());
        if !missing.is_empty() {
            let told =
                format!("NOT TESTED, SINCE THEY WERE NOT BUILT: {}; cargo xtask guests says why", missing.join(", "));
            assert!(std::env::var_os("CI").is_none_or(|ci| ci.is_empty()), "{told}");
            eprintln!("\n=== {told} ===\n");
        }
        built
    })
}

/// Every language with every other one, and with itself.
pub(crate) fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    languages().iter().flat_map(|one| languages().iter().map(move |other| (*one, *other)))
}

/// An engine, and what its programs have printed and told the operator.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    /// A line each, with the program in front.
    lines: Vec<String>,
    /// Those that have no end yet: some languages write the end of a line by itself.
    begun: HashMap<CoroutineId, String>,
    /// What was written to standard error.
    errors: String,
}

impl Stage {
    /// On a clock of its own, which jumps to whatever is waited for.
    pub(crate) fn new() -> Self {
        Self::with(Clock::simulated())
    }

    pub(crate) fn with(clock: Clock) -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let ears = heard.clone();
        let mut builder = Engine::builder()
            .workers(1)
            .max_coroutines(512)
            .clock(clock)
            .debug_info(true)
            .cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code"))
            .on_event(move |event| ears.lock().expect("nobody panics with it").hear(event));
        for language in languages() {
            builder = builder.program(*language, Program::from_file(component(language)).allow(Allow::all()));
        }
        Stage { engine: builder.build().expect("an engine"), heard }
    }

    /// Starts it, runs until nothing is left to do, and answers how it ended.
    pub(crate) fn outcome(&mut self, language: &str, words: &[&str]) -> Outcome {
        let coroutine = self.engine.spawn(language, words.join("\0")).expect("there is room");
        self.engine.run();
        coroutine.outcome().unwrap_or_else(|| panic!("{language} {words:?} waits: {:?}", self.engine.snapshot()))
    }

    /// What a coroutine returns that does.
    #[track_caller]
    pub(crate) fn value(&mut self, language: &str, words: &[&str]) -> String {
        match self.outcome(language, words) {
            Outcome::Returned(value) => String::from_utf8(value).expect("it is text"),
            other => panic!("{language} {words:?}: {other} {:?}", self.heard()),
        }
    }

    /// What was printed and told since this was asked last, in the order in which it came.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().expect("nobody panics with it").lines)
    }

    /// What was written to standard error since this was asked last.
    pub(crate) fn errors(&self) -> String {
        std::mem::take(&mut self.heard.lock().expect("nobody panics with it").errors)
    }
}

impl Heard {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Output { id, program, stream: Stream::Stdout, bytes } => {
                let begun = self.begun.entry(*id).or_default();
                begun.push_str(&String::from_utf8_lossy(bytes));
                while let Some((line, rest)) = begun.split_once('\n') {
                    self.lines.push(format!("{program}: {line}"));
                    *begun = rest.to_owned();
                }
            }
            Event::Output { stream: Stream::Stderr, bytes, .. } => self.errors += &String::from_utf8_lossy(bytes),
            Event::Log { program, level, message, .. } => self.lines.push(format!("{program}: {level:?}: {message}")),
            _ => {}
        }
    }
}
