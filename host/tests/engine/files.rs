//! Files and the environment as an ordinary program sees them, by the standard library of its language.
#![cfg(unix)]

use std::fs;

use script_steps::Files;

use crate::common::*;
use crate::disk::Disk;

impl Disk {
    /// What is said by a program that was granted the folder as `data`.
    fn said(&self, write: bool, steps: impl IntoIterator<Item = Files>) -> Vec<String> {
        let program = guest("script").allow(Allow::all().directory("data", self.path("granted"), write));
        let mut stage = Stage::with(|builder| builder.program("script", program));
        stage.spawn(script("s", steps.into_iter().map(Step::Files)));
        assert_eq!(stage.run().failed, 0);
        assert_eq!(stage.held(), [0; 4]);
        stage.heard()
    }
}

fn read(path: &str) -> Files {
    Files::Read(path.into())
}

fn write(path: &str, text: &str) -> Files {
    Files::Write(path.into(), text.into())
}

#[test]
fn a_granted_folder_is_read_by_the_standard_library() {
    let steps = [
        read("/data/text"),
        read("data/link"),
        read("/data/folder/../text"),
        Files::Lines("/data/text".into()),
        Files::List("/data".into()),
        Files::Look("/data/text".into()),
        Files::Look("/data/folder".into()),
    ];
    let expected = [
        r#"s read-file /data/text got "spam\nham\neggs\n""#,
        r#"s read-file data/link got "spam\nham\neggs\n""#,
        r#"s read-file /data/folder/../text got "spam\nham\neggs\n""#,
        "s read-lines /data/text got spam|ham|eggs",
        "s list /data far-out,folder,link,out,pipe,text,up",
        "s look /data/text file of 14",
        "s look /data/folder folder",
    ];
    for writable in [false, true] {
        assert_eq!(Disk::new().said(writable, steps.clone()), expected);
    }
}

#[test]
fn a_folder_is_written_only_if_it_may_be() {
    let steps = [
        write("/data/new", "new"),
        Files::Append("/data/new".into(), " and more".into()),
        read("/data/new"),
        Files::MakeFolder("/data/made".into()),
        Files::Rename("/data/new".into(), "/data/made/old".into()),
        Files::HardLink("/data/text".into(), "/data/again".into()),
        Files::Remove("/data/text".into()),
        write("/data/link", "over a link"),
    ];
    let disk = Disk::new();
    let expected = [
        "s write-file /data/new ok",
        "s append-file /data/new ok",
        r#"s read-file /data/new got "new and more""#,
        "s make-folder /data/made ok",
        "s rename /data/new /data/made/old ok",
        "s hard-link /data/text /data/again ok",
        "s remove-file /data/text ok",
        "s write-file /data/link ok",
    ];
    assert_eq!(disk.said(true, steps.clone()), expected);
    let text = |name: &str| fs::read_to_string(disk.path(name)).expect("it is there");
    assert_eq!((text("granted/made/old"), text("granted/again")), ("new and more".into(), "spam\nham\neggs\n".into()));
    assert_eq!(text("granted/text"), "over a link");

    let disk = Disk::new();
    let said = disk.said(false, steps);
    assert!(said.iter().all(|line| line.starts_with("s error: ")), "{said:#?}");
    let names: Vec<_> = fs::read_dir(disk.path("granted")).expect("it is there").collect();
    assert_eq!(names.len(), 7, "{names:?}");
    assert_eq!(fs::read_to_string(disk.path("granted/text")).expect("it is there"), "spam\nham\neggs\n");
}

#[test]
fn nothing_outside_is_reached_by_going_up_by_links_or_by_absolute_names() {
    let disk = Disk::new();
    let absolute = disk.path("secret").to_str().expect("it is text").to_owned();
    let outside = [
        "/data/../secret",
        "/data/folder/../../secret",
        "/data/out",
        "/data/far-out",
        "/data/up/secret",
        "/data/up/granted/text",
        "../secret",
        "secret",
        "/etc/passwd",
        "/",
        "/dat",
        "/data2/text",
        &absolute,
    ];
    let reads = outside.map(read);
    let writes = outside.map(|path| write(path, "overwritten"));
    let lists = ["/data/..", "/data/up", "/", ""].map(|path| Files::List(path.into()));
    // Links that it makes itself lead nowhere else.
    let made = [
        Files::Link("/data/mine".into(), "../secret".into()),
        read("/data/mine"),
        write("/data/mine", "overwritten"),
        Files::Link("/data/absolute".into(), absolute.clone()),
        read("/data/absolute"),
        Files::HardLink("/data/../secret".into(), "/data/stolen".into()),
        Files::HardLink("/data/out".into(), "/data/stolen".into()),
        read("/data/stolen"),
        Files::Rename("/data/../secret".into(), "/data/stolen".into()),
        Files::Rename("/data/text".into(), "/data/../text".into()),
        Files::Remove("/data/../secret".into()),
        Files::MakeFolder("/data/up/made".into()),
        read("/data/text"),
    ];
    let mut said = disk.said(true, reads.into_iter().chain(writes).chain(lists).chain(made));
    let last = said.pop().expect("it says something");
    assert_eq!(last, r#"s read-file /data/text got "spam\nham\neggs\n""#, "it is where it was");
    said.retain(|line| !line.starts_with("s error: "));
    // To make a link is not to follow it, and a link to a link is one.
    let links = ["s link /data/mine ../secret ok", "s hard-link /data/out /data/stolen ok"];
    assert_eq!(said, links);
    assert_eq!(fs::read_to_string(disk.path("secret")).expect("it is there"), "a secret");
    let mut beside: Vec<_> = fs::read_dir(disk.path("")).expect("it is there").collect();
    beside.sort_by_key(|entry| entry.as_ref().map(|entry| entry.file_name()).unwrap_or_default());
    assert_eq!(beside.len(), 2, "{beside:?}");
}

#[test]
fn a_pipe_in_a_granted_folder_makes_nobody_wait() {
    let disk = Disk::new();
    let said = disk.said(true, [read("/data/pipe"), write("/data/pipe", "x"), Files::List("/data/folder".into())]);
    assert!(said[..2].iter().all(|line| line.starts_with("s error: ")), "{said:?}");
    assert_eq!(said[2], "s list /data/folder ");
}

#[test]
fn without_a_grant_there_are_no_files_and_no_environment() {
    let mut stage = Stage::new();
    let steps = [read("/etc/passwd"), read("text"), Files::List("/".into())].map(Step::Files);
    stage.spawn(script("s", steps.into_iter().chain([Step::Environment])));
    assert_eq!(stage.run().failed, 0);
    let heard = stage.heard();
    assert!(heard[..3].iter().all(|line| line.starts_with("s error: ")), "{heard:?}");
    assert_eq!(heard[3], "s environment ");
}

#[test]
fn the_environment_is_what_is_granted_and_nothing_of_the_hosts() {
    let mut allow = allowed(&["environment=LANG=C", "environment=EMPTY=", "environment=A=b=c"]);
    let mut stage = Stage::with(|builder| builder.program("script", guest("script").allow(allow.clone())));
    stage.spawn(script("s", [Step::Environment]));
    stage.run();
    assert_eq!(stage.heard(), ["s environment A=b=c,EMPTY=,LANG=C"]);
    // Whoever inherits a variable says so, and who builds the engine looks it up.
    allow.add(allowed(&["environment=PATH"]));
    let build = |allow: Allow| Engine::builder().workers(1).program("script", guest("script").allow(allow)).build();
    let error = build(allow.clone()).err().expect("nobody has looked it up").to_string();
    assert!(error.starts_with("cannot grant program `script` the variable \"PATH\": "), "{error}");
    allow.inherit_environment(|_| None);
    assert!(build(allow).is_ok());
}

#[test]
fn a_folder_that_is_not_there_is_told_when_the_engine_is_built() {
    let allow = Allow::default().directory("data", "/nowhere/at/all", false);
    let built = Engine::builder().workers(1).program("script", guest("script").allow(allow)).build();
    let error = built.err().expect("it is not there").to_string();
    assert_eq!(error, "cannot grant program `script` the directory /nowhere/at/all");
}
