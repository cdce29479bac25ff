//! What is granted on the command line and in a manifest, and what is said where it is not.

use script_steps::{Args, Bounds, Files, Net, Script, Step, Wait, net};

use super::{Folder, SCRIPT, cogen, guest, outcome, run};

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

/// Steps that each want another grant.
fn one_of_each(folder: &Folder) -> Vec<Step> {
    let child = || Args::Script(Script::new("c"));
    vec![
        net::listen("l", "127.0.0.1:0"),
        net::connect("c", "@l"),
        net::listen("u", &format!("unix:{}", folder.path("a \"b\" [*] 'c' \\"))),
        net::bind("d", "127.0.0.1:0"),
        net::resolve("localhost"),
        Step::signal("a \"b\"\n[*] 'c' \\", ""),
        Step::signal("*", ""),
        Step::wait("x.y").timeout(1),
        Step::Spawn { program: "script".into(), args: child(), save_as: "v".into(), opts: Default::default() },
        Step::Call { program: "script".into(), args: child(), opts: Default::default() },
    ]
}

#[test]
fn the_lines_of_the_table_grant_what_was_refused_when_they_are_written_into_the_manifest() {
    let folder = Folder::new();
    let component = format!("[program.script]\ncomponent = '{}'\n[program.script.allow]\n", guest("script"));
    let steps = script(one_of_each(&folder));
    let mut lines = std::collections::BTreeMap::<String, Vec<String>>::new();
    // Who may not listen has nobody to connect to: the second time tells of that.
    for _ in 0..2 {
        let allow: String = lines.iter().map(|(key, rules)| format!("{key} = [{}]\n", rules.join(", "))).collect();
        let (code, _, stderr) = run(&["run", &folder.file("cogen.toml", component.clone() + &allow), "--", &steps]);
        assert_eq!(code, Some(0), "{stderr}");
        let Some((_, table)) = stderr.split_once("refused in all:\n") else { break };
        for line in table.lines() {
            let (_, line) = line.split_once("[program.script.allow] ").expect("one of the program");
            let (key, rule) = line.split_once(" = [").expect("a list");
            // A port that the system chooses is another one each time.
            let rule = rule.strip_suffix(']').expect("a list").to_owned();
            let is_chosen = key == "connect" && rule.starts_with("\"127.0.0.1:");
            let rule = if is_chosen { "\"127.0.0.1:*\"".to_owned() } else { rule };
            lines.entry(key.to_owned()).or_default().push(rule);
        }
    }
    let keys: Vec<_> = lines.keys().map(String::as_str).collect();
    assert_eq!(keys, ["call", "connect", "listen", "resolve", "send", "spawn", "udp-bind", "wait"]);
    let allow: String = lines.iter().map(|(key, rules)| format!("{key} = [{}]\n", rules.join(", "))).collect();
    let (_, _, stderr) = run(&["run", &folder.file("cogen.toml", component + &allow), "--", &steps]);
    assert!(!stderr.contains("refused") && !stderr.contains("denied"), "{allow}{stderr}");
}

#[test]
fn each_rule_of_the_command_line_grants_what_it_says_and_all_grants_all() {
    let folder = Folder::new();
    let steps = script(one_of_each(&folder));
    let (_, _, stderr) = run(&["run", "--allow-all", SCRIPT, "--", &steps]);
    assert!(!stderr.contains("refused") && !stderr.contains("denied"), "{stderr}");
    let path = folder.path("*");
    let rules = [
        "listen=127.0.0.1:0",
        "connect=127.0.0.0/8:*",
        &format!("listen=unix:{path}"),
        "udp-bind=127.0.0.1:*",
        "resolve=localhost",
        "send=*",
        "wait=x.*",
        "spawn=script",
        "call=scr*",
    ];
    for without in [None, Some("send=*"), Some("call=scr*")] {
        let rules = rules.iter().filter(|&&rule| Some(rule) != without).flat_map(|&rule| ["--allow", rule]);
        let arguments: Vec<_> = ["run"].into_iter().chain(rules).chain([SCRIPT, "--", &steps]).collect();
        let (_, _, stderr) = run(&arguments);
        let refused: Vec<_> = stderr.lines().filter(|line| line.starts_with("refused: ")).collect();
        let expected = match without {
            None => 0,
            Some("send=*") => 2,
            Some(_) => 1,
        };
        assert_eq!(refused.len(), expected, "{stderr}");
    }
}

#[test]
fn variables_and_folders_are_granted_by_name_and_inherited_from_the_command() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("data")).expect("made");
    folder.file("data/text", "spam");
    let write = Files::Write("/data/new".into(), "ham".into());
    let steps = script([Step::Environment, Step::Files(Files::Read("/data/text".into())), Step::Files(write)]);
    let with = |arguments: &[&str]| {
        let mut command = cogen(&[&["run"], arguments, &["--", &steps]].concat());
        command.env("COGEN_TEST_HERE", "the host's").env_remove("COGEN_TEST_GONE");
        outcome(command.output().expect("the binary starts")).2
    };
    let stderr = with(&["--allow-all", SCRIPT]);
    assert!(stderr.contains("s environment \n") && !stderr.contains("spam"), "all is not all by name: {stderr}");
    let data = format!("data={}", folder.path("data"));
    let stderr = with(&[
        "--allow",
        "environment=COGEN_TEST_HERE",
        "--allow",
        "environment=COGEN_TEST_GONE",
        "--allow",
        "environment=OWN=mine",
        "--allow-dir",
        &data,
        SCRIPT,
    ]);
    assert!(stderr.contains("s environment COGEN_TEST_HERE=the host's,OWN=mine\n"), "{stderr}");
    assert!(stderr.contains("got \"spam\"") && !stderr.contains("write-file /data/new ok"), "{stderr}");
    let stderr = with(&["--allow-dir", &format!("{data}:rw"), SCRIPT]);
    assert!(stderr.contains("write-file /data/new ok"), "{stderr}");
    let text = format!(
        "[program.script]\ncomponent = '{}'\n[program.script.allow]\ndirectories = {{ data = {{ path = 'data', write = true }} }}\n\
         environment = {{ COGEN_TEST_HERE = true, OWN = 'mine' }}",
        guest("script")
    );
    let stderr = with(&[&folder.file("cogen.toml", text)]);
    assert!(stderr.contains("s environment COGEN_TEST_HERE=the host's,OWN=mine\n"), "{stderr}");
    assert!(stderr.contains("got \"spam\"") && stderr.contains("write-file /data/new ok"), "{stderr}");
}

#[test]
fn what_was_not_left_to_a_coroutine_is_told_as_such() {
    let (bounds, child) = (Bounds::only(["send=a"]), Script::new("c").step(Step::signal("b", "")));
    let within =
        Step::CallWithin { program: "script".into(), args: Args::Script(child), bounds, opts: Default::default() };
    let (_, _, stderr) = run(&["run", "--color", "never", "--allow-all", SCRIPT, "--", &script([within])]);
    let told = "refused: script#2 may not send signal \"b\"; who started it has not left it send = [\"b\"]\n";
    let table = "refused in all:\n       1 times left to script by who started it send = [\"b\"]\n";
    assert!(stderr.contains(told) && stderr.ends_with(table), "{stderr}");
}
