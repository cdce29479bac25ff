//! The steps with files and folders.

use cogen_guest::{Error, Result};
use script_steps::Files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

/// Perform a step with a file or a folder, and answer what to log of it.
pub(crate) fn operate(step: &Files) -> Result<String> {
    perform(step).map_err(|error| Error::Other(error.to_string()))
}

fn perform(step: &Files) -> io::Result<String> {
    Ok(match step {
        Files::Read(path) => format!("read-file {path} got {:?}", fs::read_to_string(path)?),
        Files::Write(path, text) => {
            fs::write(path, text)?;
            format!("write-file {path} ok")
        }
        Files::Append(path, text) => {
            OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())?;
            format!("append-file {path} ok")
        }
        Files::Lines(path) => {
            let lines = BufReader::new(File::open(path)?).lines().collect::<io::Result<Vec<_>>>()?;
            format!("read-lines {path} got {}", lines.join("|"))
        }
        Files::List(path) => {
            let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
            let mut names = fs::read_dir(path)?.map(name).collect::<io::Result<Vec<_>>>()?;
            names.sort();
            format!("list {path} {}", names.join(","))
        }
        Files::Look(path) => match fs::metadata(path)? {
            folder if folder.is_dir() => format!("look {path} folder"),
            file => format!("look {path} file of {}", file.len()),
        },
        Files::MakeFolder(path) => {
            fs::create_dir(path)?;
            format!("make-folder {path} ok")
        }
        Files::Remove(path) => {
            fs::remove_file(path)?;
            format!("remove-file {path} ok")
        }
        Files::Rename(from, to) => {
            fs::rename(from, to)?;
            format!("rename {from} {to} ok")
        }
        Files::HardLink(from, to) => {
            fs::hard_link(from, to)?;
            format!("hard-link {from} {to} ok")
        }
        Files::Link(path, to) => {
            #[expect(deprecated, reason = "the other functions for this are of systems that this is not")]
            fs::soft_link(to, path)?;
            format!("link {path} {to} ok")
        }
    })
}
