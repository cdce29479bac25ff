//! What is written where: data to standard output, everything else to standard error.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use cogen::manifest::ManifestError;
use cogen::{CoroutineId, CoroutineInfo};

use crate::languages::Missing;
use crate::project::Failed;

/// How long something may take in silence.
const SILENCE: Duration = Duration::from_secs(2);

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const ASIDE: Style = Style::new().dimmed();

/// When to colour what people read. `auto`: on a terminal, unless NO_COLOR is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// What these arguments say of it, which may make no sense as a whole: that is told in colours, too.
    pub(crate) fn of(arguments: &[OsString]) -> Self {
        let options = arguments.iter().map(|argument| argument.to_str().unwrap_or_default());
        let mut options = options.take_while(|&argument| argument != "--");
        let mut color = Color::Auto;
        while let Some(option) = options.next() {
            let value = if option == "--color" { options.next() } else { option.strip_prefix("--color=") };
            color = value.and_then(|value| Color::from_str(value, false).ok()).unwrap_or(color);
        }
        color
    }

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

/// Writes lines of our own to standard error. Whoever cannot hear them cannot be told so.
pub(crate) fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Writes to standard error as it is.
pub(crate) fn raw_error(bytes: &[u8]) {
    let _ = io::stderr().lock().write_all(bytes);
}

/// Writes data to standard output, at once. Whoever reads it may stop: that ends the process, and is no failure. Whatever else
/// keeps it from being written is one.
pub(crate) fn data(bytes: &[u8]) {
    // Held until the process ends, so that of several threads one speaks.
    let mut stdout = io::stdout().lock();
    let Err(failure) = stdout.write_all(bytes).and_then(|()| stdout.flush()) else { return };
    if failure.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    complain(&format!("cannot write to standard output: {failure}"), None);
    std::process::exit(1);
}

/// Text of strangers as it may be shown among lines of our own: what a terminal would obey is spelt out, and a new line is
/// indented deeper than any of ours, so that none can be forged.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end_matches('\n').chars() {
        match character {
            '\n' => shown.push_str("\n    "),
            '\t' => shown.push('\t'),
            obeyed if is_obeyed(obeyed) => shown.extend(obeyed.escape_debug()),
            other => shown.push(other),
        }
    }
    shown
}

/// Whether a terminal does something else with it than to show it: controls, separators, changes of direction.
fn is_obeyed(character: char) -> bool {
    let turns = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    character.is_control()
        || turns.contains(&character)
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// As [`visible`], in one line.
pub(crate) fn visible_name(name: &str) -> String {
    visible(&name.replace('\n', "\\n"))
}

/// How a coroutine is written.
pub(crate) fn coroutine(program: &str, id: CoroutineId) -> String {
    format!("{}#{id}", visible_name(program))
}

/// Does `work`, and says what it is if that takes long.
pub(crate) fn saying<T>(what: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let patience = move || {
            if is_done.recv_timeout(SILENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                say(&format!("{what} …"));
            }
        };
        // Without a thread for it, the work is done in silence.
        drop(thread::Builder::new().spawn_scoped(scope, patience));
        let value = work();
        drop(done);
        value
    })
}

/// Prints an error with its causes, and what to do about it where that is known.
pub(crate) fn error(error: &anyhow::Error) {
    let hint = error.chain().rev().find_map(|cause| {
        let of_engine = || cause.downcast_ref::<cogen::Error>()?.hint();
        let of_manifest = || cause.downcast_ref::<ManifestError>()?.hint();
        let of_tool = || cause.downcast_ref::<Missing>().map(Missing::install);
        let of_build = || cause.downcast_ref::<Failed>().map(Failed::hint);
        of_engine().or_else(of_manifest).or_else(of_tool).or_else(of_build)
    });
    complain(&format!("{error:#}"), hint);
}

/// Prints an error, and what to do about it.
pub(crate) fn complain(message: &str, hint: Option<&str>) {
    let hint = hint.map_or(String::new(), |hint| format!("\n{HINT}hint:{HINT:#} {}", visible(hint)));
    say(&format!("{ERROR}error:{ERROR:#} {}{hint}", visible(message)));
}

/// Prints why the command line is not understood, or the help that it asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        say(text.ansi().to_string().trim_end());
        return ExitCode::from(2);
    }
    let is_plain = AutoStream::choice(&io::stdout()) == anstream::ColorChoice::Never;
    data(if is_plain { text.to_string() } else { text.ansi().to_string() }.as_bytes());
    ExitCode::SUCCESS
}

/// Prints the table of coroutines.
#[cfg_attr(not(unix), expect(dead_code, reason = "the signal that asks for it is on Unix only"))]
pub(crate) fn table(coroutines: &[CoroutineInfo]) {
    let programs: HashMap<_, _> = coroutines.iter().map(|info| (info.id, info.program.as_str())).collect();
    // Of a parent that has ended nothing is left but its number.
    let written = |id: CoroutineId| coroutine(programs.get(&id).copied().unwrap_or_default(), id);
    let header = ["coroutine", "parent", "state", "since", "cpu", "waits for"].map(str::to_owned);
    let rows = coroutines.iter().map(|info| {
        [
            written(info.id),
            info.parent.map(written).unwrap_or_default(),
            info.state.to_string(),
            info.since.map(|since| format!("{since:.1?}")).unwrap_or_default(),
            format!("{:.1?}", info.cpu),
            info.waits_for.as_deref().map(visible).unwrap_or_default(),
        ]
    });
    let lines = std::iter::once(header).chain(rows).map(|[coroutine, parent, state, since, cpu, waits_for]| {
        format!("{coroutine:<20} {parent:<16} {state:<8} {since:>12} {cpu:>12}  {waits_for}")
    });
    say(&lines.collect::<Vec<_>>().join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelt_out() {
        assert_eq!(visible("plain\ttext, naïve: 日本"), "plain\ttext, naïve: 日本");
        assert_eq!(visible("\x1b[2J\r\0\x07\x7f"), "\\u{1b}[2J\\r\\0\\u{7}\\u{7f}");
        assert_eq!(visible("\u{9b}31m \u{202e}drow\u{2069} \u{2028}"), "\\u{9b}31m \\u{202e}drow\\u{2069} \\u{2028}");
    }

    #[test]
    fn a_new_line_is_indented_deeper_than_any_of_our_own() {
        assert_eq!(
            visible("one\nerror: two\n  last operation: three"),
            "one\n    error: two\n      last operation: three"
        );
        assert_eq!(visible("ends with one\n\n"), "ends with one");
        assert_eq!(visible_name("one\nline"), "one\\nline");
    }

    #[test]
    fn colours_are_chosen_by_what_stands_before_the_arguments_of_programs() {
        let of = |arguments: &[&str]| Color::of(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["cogen", "walk"]), Color::Auto);
        assert_eq!(of(&["cogen", "--color", "never", "walk"]), Color::Never);
        assert_eq!(of(&["cogen", "walk", "--color=always"]), Color::Always);
        assert_eq!(of(&["cogen", "--color", "loud"]), Color::Auto);
        assert_eq!(of(&["cogen", "--color"]), Color::Auto);
        assert_eq!(of(&["cogen", "run", "x", "--", "--color=always"]), Color::Auto);
    }
}
