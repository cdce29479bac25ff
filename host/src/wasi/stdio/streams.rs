//! The standard streams of programs as an engine has them: who reads of whom is checked, and files are opened.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file_output::OutputFile;
use super::inherited::Inherited;
use super::pipe::{End, Pipe};
use crate::error::{Error, ErrorKind};
use crate::event::Stream;
use crate::manifest::nearest;
use crate::program::Program;
use crate::stdio::{Stdin, Stdout};

/// The standard streams of a program.
#[derive(Default)]
pub(crate) struct Streams {
    pub(super) stdin: Input,
    stdout: Output,
    stderr: Output,
}

/// Where its input comes from.
#[derive(Default)]
pub(super) enum Input {
    #[default]
    Null,
    Inherited(Arc<Inherited>),
    File(Arc<Path>),
    Pipe(Arc<Pipe>),
}

/// Where its output goes.
#[derive(Default)]
pub(super) enum Output {
    #[default]
    Null,
    Observer {
        is_terminal: bool,
    },
    File(Arc<OutputFile>),
    Pipe(Arc<Pipe>),
}

impl Streams {
    pub(super) fn output(&self, stream: Stream) -> &Output {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// The pipes that it is at an end of.
    fn pipes(&self) -> impl Iterator<Item = (&Pipe, End)> {
        let read = if let Input::Pipe(pipe) = &self.stdin { Some((&**pipe, End::Read)) } else { None };
        let written = if let Output::Pipe(pipe) = &self.stdout { Some((&**pipe, End::Write)) } else { None };
        [read, written].into_iter().flatten()
    }

    /// Whether another program is at the other end of one of them.
    pub(crate) fn has_pipe(&self) -> bool {
        self.pipes().next().is_some()
    }

    /// The program has one coroutine more.
    pub(crate) fn enter(&self) {
        self.pipes().for_each(|(pipe, end)| pipe.enter(end));
    }

    /// One of them has begun.
    pub(crate) fn begin(&self) {
        self.pipes().for_each(|(pipe, end)| pipe.begin(end));
    }

    /// One of them has ended, begun or not.
    pub(crate) fn leave(&self) {
        self.pipes().for_each(|(pipe, end)| pipe.leave(end));
    }

    /// Writes what no thread has come to write: there are none any more.
    pub(crate) fn finish(&self) {
        for output in [&self.stdout, &self.stderr] {
            if let Output::File(file) = output {
                file.finish();
            }
        }
    }
}

/// Where the streams of a program come from and go to, where it is said.
pub(crate) type Said<'a> = (Option<&'a Stdin>, Option<&'a Stdout>);

/// Why the standard streams of programs make no sense: of which program, and what.
#[derive(Debug)]
pub(crate) struct Nonsense {
    pub(crate) program: String,
    pub(crate) why: String,
}

/// Who reads what each program writes, by the name of who writes.
pub(crate) fn readers<'a>(programs: &BTreeMap<&'a str, Said<'a>>) -> Result<BTreeMap<&'a str, &'a str>, Nonsense> {
    let mut readers = BTreeMap::new();
    for (&reader, (stdin, _)) in programs {
        let refused = |why: String| Nonsense { program: reader.to_owned(), why };
        let Some(Stdin::Program(writer)) = stdin else { continue };
        let Some((_, stdout)) = programs.get(writer.as_str()) else {
            let near = nearest(writer, programs.keys().copied());
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(refused(format!("stdin names `{writer}`, which is no program{near}")));
        };
        if writer == reader {
            return Err(refused("stdin is what the program itself writes: it would wait for itself".to_owned()));
        }
        if stdout.is_some() {
            let why = format!("stdin is what `{writer}` writes, whose stdout goes elsewhere; leave that out");
            return Err(refused(why));
        }
        if let Some(other) = readers.insert(writer.as_str(), reader) {
            let why = format!("stdin is what `{writer}` writes, and `{other}` reads that already; only one may");
            return Err(refused(why));
        }
    }
    check_circles(&readers)?;
    Ok(readers)
}

/// Each reads of one, and one reads of each: so a way along them ends, or comes back to where it began.
fn check_circles(readers: &BTreeMap<&str, &str>) -> Result<(), Nonsense> {
    for (&first, &reader) in readers {
        let (mut names, mut last) = (format!("`{first}` to `{reader}`"), reader);
        while let Some(next) = readers.get(last) {
            last = next;
            names = format!("{names} to `{last}`");
            if last == first {
                let why = format!("the programs write in a circle, {names}: each would wait for the others");
                return Err(Nonsense { program: first.to_owned(), why });
            }
        }
    }
    Ok(())
}

/// Whether what the observer is told of a stream is seen on a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminals {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

/// Opens the standard streams of these programs.
pub(crate) fn open(
    programs: &BTreeMap<&str, &Program>,
    terminals: Terminals,
) -> Result<HashMap<String, Streams>, Error> {
    let said = programs.iter().map(|(&name, program)| (name, (program.stdin.as_ref(), program.stdout.as_ref())));
    let readers = readers(&said.collect()).map_err(|Nonsense { program, why }| {
        Error::new(ErrorKind::Configuration, format!("cannot connect program `{program}`: {why}"))
    })?;
    let pipes: HashMap<_, _> = readers.iter().map(|(&writer, &reader)| (writer, Pipe::new(writer, reader))).collect();
    let mut opening = Opening { inherited: None, files: HashMap::new() };
    let mut opened = HashMap::new();
    for (&name, program) in programs {
        let stdout = match pipes.get(name) {
            Some(pipe) => Output::Pipe(pipe.clone()),
            None => opening.output(name, "stdout", program.stdout.as_ref(), terminals.stdout)?,
        };
        let stdin = match &program.stdin {
            Some(Stdin::Program(writer)) => Input::Pipe(pipes[writer.as_str()].clone()),
            other => opening.input(name, other.as_ref())?,
        };
        let stderr = opening.output(name, "stderr", program.stderr.as_ref(), terminals.stderr)?;
        opened.insert(name.to_owned(), Streams { stdin, stdout, stderr });
    }
    Ok(opened)
}

/// What several programs of an engine may share.
struct Opening {
    inherited: Option<Arc<Inherited>>,
    files: HashMap<PathBuf, Arc<OutputFile>>,
}

impl Opening {
    fn input(&mut self, name: &str, stdin: Option<&Stdin>) -> Result<Input, Error> {
        Ok(match stdin {
            None | Some(Stdin::Null | Stdin::Program(_)) => Input::Null,
            Some(Stdin::Inherit) => Input::Inherited(self.inherited(name)?),
            Some(Stdin::File(path)) => {
                check_readable(path).map_err(|error| refusal(name, "stdin", path, error))?;
                Input::File(path.as_path().into())
            }
        })
    }

    fn inherited(&mut self, name: &str) -> Result<Arc<Inherited>, Error> {
        if let Some(inherited) = &self.inherited {
            return Ok(inherited.clone());
        }
        let opened = Inherited::open().map_err(|error| {
            let message = format!("cannot give program `{name}` the standard input of this process");
            Error::new(ErrorKind::Io, message).with_source(error)
        })?;
        Ok(self.inherited.insert(opened).clone())
    }

    fn output(&mut self, name: &str, which: &str, said: Option<&Stdout>, is_terminal: bool) -> Result<Output, Error> {
        Ok(match said {
            None | Some(Stdout::Inherit) => Output::Observer { is_terminal },
            Some(Stdout::Null) => Output::Null,
            Some(Stdout::File(path)) => {
                Output::File(self.file(path).map_err(|error| refusal(name, which, path, error))?)
            }
        })
    }

    /// The file at this path, which was emptied once, whoever writes to it.
    fn file(&mut self, path: &Path) -> io::Result<Arc<OutputFile>> {
        if let Some(file) = path.canonicalize().ok().and_then(|path| self.files.get(&path)) {
            return Ok(file.clone());
        }
        let file = OutputFile::create(path)?;
        self.files.insert(path.canonicalize()?, file.clone());
        Ok(file)
    }
}

/// Refuses what no coroutine will be able to read. To open a pipe of the system is to wait for who writes to it: that is left to the
/// threads that read.
fn check_readable(path: &Path) -> io::Result<()> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata.is_file() {
        std::fs::File::open(path)?;
    }
    Ok(())
}

fn refusal(name: &str, which: &str, path: &Path, error: io::Error) -> Error {
    let message = format!("cannot open {} as {which} of program `{name}`", path.display());
    Error::new(ErrorKind::Io, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of programs of which each reads as it is said.
    fn said(programs: &[(&'static str, Option<&str>)]) -> Result<usize, String> {
        let stdin: Vec<_> = programs.iter().map(|(_, from)| from.map(|from| Stdin::Program(from.to_owned()))).collect();
        let all = programs.iter().zip(&stdin).map(|((name, _), stdin)| (*name, (stdin.as_ref(), None))).collect();
        readers(&all).map(|readers| readers.len()).map_err(|Nonsense { program, why }| format!("{program}: {why}"))
    }

    #[test]
    fn programs_in_a_row_are_connected() {
        assert_eq!(said(&[("a", None), ("b", Some("a")), ("c", Some("b")), ("d", None)]), Ok(2));
    }

    #[test]
    fn what_would_never_go_on_is_refused() {
        for (programs, why) in [
            (&[("ab", None), ("c", Some("abc"))][..], "c: stdin names `abc`, which is no program; did you mean `ab`?"),
            (&[("a", Some("a"))], "a: stdin is what the program itself writes: it would wait for itself"),
            (
                &[("a", None), ("b", Some("a")), ("c", Some("a"))],
                "c: stdin is what `a` writes, and `b` reads that already; only one may",
            ),
            (
                &[("a", Some("c")), ("b", Some("a")), ("c", Some("b"))],
                "a: the programs write in a circle, `a` to `b` to `c` to `a`: each would wait for the others",
            ),
        ] {
            assert_eq!(said(programs), Err(why.to_owned()));
        }
    }

    #[test]
    fn what_somebody_reads_goes_nowhere_else() {
        let stdin = Stdin::Program("a".to_owned());
        let all = BTreeMap::from([("a", (None, Some(&Stdout::Inherit))), ("b", (Some(&stdin), None))]);
        let refused = readers(&all).expect_err("it is refused");
        assert_eq!(refused.why, "stdin is what `a` writes, whose stdout goes elsewhere; leave that out");
    }
}
