//! What is granted on the command line and in a manifest, and what is said where it is not.

use script_steps::{Net, Script, Step, Wait, net};

use super::{Folder, SCRIPT, guest, run};

/// Steps of which each asks for the network in another way, and fails only if that is not granted.
fn network() -> Vec<Step> {
    vec![
        net::listen("l", "127.0.0.1:0"),
        net::connect("c", "@l"),
        Step::Select(vec![Wait::Connecting { address: "@l".into(), save_as: "s".into() }]),
        net::bind("u", "127.0.0.1:0"),
        net::resolve("127.0.0.1"),
        Step::Select(vec![Wait::Resolving("127.0.0.1".into())]),
    ]
}

/// The same, over Unix sockets.
fn unix(path: &str) -> Vec<Step> {
    let address = format!("unix:{path}");
    vec![
        net::listen("l", &address),
        net::connect("c", &address),
        Step::Select(vec![Wait::Connecting { address, save_as: "s".into() }]),
    ]
}

fn script(steps: impl IntoIterator<Item = Step>) -> String {
    String::from_utf8(Script::new("s").steps(steps).to_bytes()).expect("it is JSON")
}

#[test]
fn without_a_grant_nothing_of_the_network_can_be_had_and_what_is_missing_is_told_once_and_counted() {
    let folder = Folder::new();
    let path = folder.path("x.sock");
    // What refers to the address of a listener that is not there would fail for that reason.
    let steps = [
        net::listen("l", "127.0.0.1:0"),
        net::connect("c", "127.0.0.1:1"),
        Step::Select(vec![Wait::Connecting { address: "127.0.0.1:1".into(), save_as: "s".into() }]),
        net::bind("u", "127.0.0.1:0"),
        net::resolve("localhost"),
        Step::Select(vec![Wait::Resolving("localhost".into())]),
    ];
    let steps: Vec<_> = steps.into_iter().chain(unix(&path)).collect();
    let count = steps.len();
    let (code, _, stderr) = run(&["run", "--color", "never", SCRIPT, "--", &script(steps)]);
    assert_eq!(code, Some(0));
    assert_eq!(stderr.matches("s error: denied: program `script` is not granted to ").count(), count, "{stderr}");
    assert_eq!(stderr.matches("refused: script#1 may not ").count(), 6, "{stderr}");
    let told = "refused: script#1 may not connect to 127.0.0.1:1; in [program.script.allow] it takes \
                connect = [\"127.0.0.1:1\"]\n";
    assert!(stderr.contains(told), "{stderr}");
    let table = format!(
        "refused in all:\n\
         \x20      2 times [program.script.allow] connect = [\"127.0.0.1:1\"]\n\
         \x20      2 times [program.script.allow] connect = [\"unix:{path}\"]\n\
         \x20      1 times [program.script.allow] listen = [\"127.0.0.1:0\"]\n\
         \x20      1 times [program.script.allow] listen = [\"unix:{path}\"]\n\
         \x20      2 times [program.script.allow] resolve = [\"localhost\"]\n\
         \x20      1 times [program.script.allow] udp-bind = [\"127.0.0.1:0\"]\n"
    );
    assert!(stderr.ends_with(&table), "{stderr}");
    assert!(!std::fs::exists(&path).expect("it can be seen"));
}

#[test]
fn the_network_is_granted_by_what_the_refusal_says() {
    let folder = Folder::new();
    let steps = script(network().into_iter().chain(unix(&folder.path("x.sock"))));
    let (_, _, stderr) = run(&["run", "--allow-network", SCRIPT, "--", &steps]);
    assert!(!stderr.contains("error") && stderr.contains("resolve 127.0.0.1"), "{stderr}");
    let text = format!("[program.script]\ncomponent = '{}'\n[program.script.allow]\nnetwork = true", guest("script"));
    let (_, _, stderr) = run(&["run", &folder.file("cogen.toml", text), "--", &steps]);
    assert!(!stderr.contains("error") && stderr.contains("resolve 127.0.0.1"), "{stderr}");
}

#[test]
fn a_folder_is_granted_by_what_the_refusal_says_and_its_files_are_sent() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("www")).expect("made");
    folder.file("www/page", "spam and eggs");
    folder.file("secret", "ham");
    let send = |path: &str| Step::from(Net::SendFile { name: "c".into(), path: path.into(), offset: 5, length: 100 });
    let steps = script([
        net::listen("l", "127.0.0.1:0"),
        net::connect("c", "@l"),
        net::accept("l", "s"),
        send("public/page"),
        send("public/../secret"),
        send("public/nothing"),
        net::close("c"),
        net::read_to_end("s"),
    ]);
    let denied = "program `script` is not granted to use the directory \"public\"; write \
                  `directories = { public = \"PATH\" }` in [program.script.allow], or run with \
                  --allow 'directories=public=PATH'";
    let (_, _, stderr) = run(&["run", "--allow-network", SCRIPT, "--", &steps]);
    assert_eq!(stderr.matches(denied).count(), 3, "{stderr}");
    let sent = |stderr: &str| {
        let is_sent = stderr.contains("send-file c sent 8\n") && stderr.contains("read-to-end s got \"and eggs\"\n");
        assert!(is_sent && stderr.matches("error: ").count() == 2 && !stderr.contains("denied"), "{stderr}");
    };
    let directory = format!("public={}", folder.path("www"));
    let granted = ["--allow-network", "--allow-dir", "more=.", "--allow-dir", &directory];
    sent(&run(&[&["run"], &granted[..], &[SCRIPT, "--", &steps]].concat()).2);
    let text = format!(
        "[program.script]\ncomponent = '{}'\n[program.script.allow.directories]\npublic = 'www'",
        guest("script")
    );
    let manifest = folder.file("cogen.toml", text);
    sent(&run(&["run", "--allow-network", &manifest, "--", &steps]).2);
    let elsewhere = format!("public={}", folder.path("."));
    let (_, _, stderr) = run(&["run", "--allow-network", "--allow-dir", &elsewhere, &manifest, "--", &steps]);
    assert!(!stderr.contains("send-file c sent"), "the command line goes before the manifest: {stderr}");
}
