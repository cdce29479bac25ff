//! Programs from outside, at the other end of our sockets: nginx and redis-server for our clients; nc, curl and Python for our
//! servers. And the examples with sockets, as their read-mes tell of them. Time is the wall's.

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;
#[path = "common/outside.rs"]
mod outside;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "sockets/stage.rs"]
mod stage;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cogen::{ListenAddress, ReactorKind};

use outside::{curl, nc, nginx, python, redis};
use stage::*;

/// A stage on the wall's time for each reactor of the operating system, with the guests of the examples.
fn at_each_system(play: impl Fn(Stage)) {
    let programs = |builder: Builder| {
        builder
            .clock(Clock::system())
            .program("echo", guest("echo_handler"))
            .program("echo-bytes", guest("echo_bytes"))
            .program("listener", guest("echo_listener"))
            .program("clients", guest("echo_clients"))
            .program("member", guest("chat_member"))
            .program("room", guest("chat_room"))
    };
    ReactorKind::ALL.iter().for_each(|reactor| play(stage_at(reactor, programs)));
}

/// Starts `program` for each who connects; answers the port.
fn serve(stage: &Stage, program: &str, args: impl Into<Vec<u8>>) -> u16 {
    let any_port = "tcp://127.0.0.1:0".parse().expect("an address");
    let server = stage.engine.serve(&any_port, program, args, 0).expect("there is a port");
    let ListenAddress::Tcp(address) = server.address() else { panic!("{server:?}") };
    address.port()
}

/// Drives the engine for as long as this takes.
fn beside<T: Send>(stage: &mut Stage, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        turn_until(stage, |_, _| work.is_finished());
        work.join().expect("it is content")
    })
}

/// Ends whoever still serves: nobody has failed, and nothing is left.
fn end(mut stage: Stage) {
    let report = stage.engine.shutdown(Duration::from_secs(10));
    assert_eq!((report.parked.len(), report.failed, stage.held()), (0, 0, [0; 4]), "{:?}", stage.heard());
}

#[test]
fn nc_talks_to_the_echo_server() {
    at_each_system(|mut stage| {
        let port = serve(&stage, "echo", "").to_string();
        let talk = || nc(&["-N", "127.0.0.1", &port], "hello\ntwo words\nexit\nnot heard\n");
        if let Some(answer) = beside(&mut stage, talk) {
            assert_eq!(answer.stdout, "WELCOME TO ECHO SERVER !\r\nhello\ntwo words\nGOOD BYE\r\n", "{answer:?}");
        }
        // One who goes without a word.
        if let Some(answer) = beside(&mut stage, || nc(&["-N", "127.0.0.1", &port], "a line and some")) {
            assert_eq!(answer.stdout, "WELCOME TO ECHO SERVER !\r\na line and some");
        }
        end(stage);
    });
}

#[test]
fn curl_reads_what_a_script_answers() {
    let page = "a page\n";
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}", page.len());
    let request = Step::Repeat { n: 3, steps: vec![net::read_line("c", 1000)] };
    // What is left of the request is read as well: to close before would break the connection.
    let handler = script("h", [net::received(&["c"]), request, net::read("c", 10_000).timeout(SECOND)]);
    let handler = handler.steps([net::write_all("c", answer.as_str()), net::shutdown("c", Direction::Write)]);
    let handler = handler.step(net::read_to_end("c"));
    at_each_system(|mut stage| {
        let url = format!("http://127.0.0.1:{}/a/path", serve(&stage, "script", handler.clone()));
        let Some(answer) = beside(&mut stage, || curl(&["--silent", "--show-error", &url])) else { return };
        assert_eq!((answer.code, &*answer.stdout, &*answer.stderr), (Some(0), page, ""));
        assert!(stage.heard().contains(&r#"h read-line c got "GET /a/path HTTP/1.1\r\n""#.to_owned()));
        end(stage);
    });
}

#[test]
fn python_sends_a_mebibyte_in_odd_pieces_and_has_it_back() {
    let snippet = r"
import os, socket, sys, threading
sent = os.urandom(1 << 20)
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as stream:
    def send():
        at = 0
        while at < len(sent):
            at += stream.send(sent[at:at + 1 + at % 7919])
        stream.shutdown(socket.SHUT_WR)
    threading.Thread(target=send).start()
    back = b''
    while piece := stream.recv(1 + len(back) % 10007):
        back += piece
print(back == sent)";
    at_each_system(|mut stage| {
        let port = serve(&stage, "echo-bytes", "").to_string();
        let Some(answer) = beside(&mut stage, || python(snippet, &[&port])) else { return };
        assert_eq!((&*answer.stdout, &*answer.stderr), ("True\n", ""));
        end(stage);
    });
}

#[test]
fn python_talks_over_unix_sockets_and_datagrams() {
    let snippet = r"
import socket, sys
with socket.socket(socket.AF_UNIX) as stream:
    stream.connect(sys.argv[1])
    stream.sendall(b'question\n')
    print(stream.makefile().read())
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.sendto(b'question', ('127.0.0.1', int(sys.argv[2])))
    print(datagrams.recvfrom(100)[0].decode())";
    at_each_system(|mut stage| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket").display().to_string();
        let steps = [
            net::listen("srv", &format!("unix:{path}")),
            net::bind("u", "127.0.0.1:0"),
            net::local_address("u"),
            net::accept("srv", "c"),
            net::read_line("c", 100),
            net::write_all("c", "over a path"),
            net::close("c"),
            net::receive_from("u", 100),
            net::send_to("u", "@u.peer", "a datagram"),
        ];
        stage.spawn(script("s", steps).strict());
        let mut port = None;
        turn_until(&mut stage, |stage, _| {
            port = stage
                .heard()
                .iter()
                .find_map(|line| Some(line.strip_prefix("s local-address u 127.0.0.1:")?.to_owned()));
            port.is_some()
        });
        let port = port.expect("it was found");
        let answer = beside(&mut stage, || python(snippet, &[&path, &port]));
        if let Some(answer) = answer {
            assert_eq!((&*answer.stdout, &*answer.stderr), ("over a path\na datagram\n", ""));
            end_clean(&mut stage);
        }
    });
}

/// What `fetch` prints of a page, and how it ends.
fn fetch(reactor: &ReactorKind, address: &str, path: &str) -> (String, Outcome) {
    let printed = Arc::<Mutex<Vec<u8>>>::default();
    let prints = printed.clone();
    let hear = move |event: &Event<'_>| {
        if let Event::Output { bytes, .. } = event {
            prints.lock().expect("nobody panics with it").extend_from_slice(bytes);
        }
    };
    let change = |builder: Builder| builder.clock(Clock::system()).program("fetch", guest("fetch")).on_event(hear);
    let mut stage = stage_at(reactor, change);
    let fetch = stage.engine.spawn("fetch", format!("{address}\0{path}")).expect("there is room");
    run(&mut stage);
    let printed = std::mem::take(&mut *printed.lock().expect("nobody panics with it"));
    (String::from_utf8(printed).expect("it is text"), fetch.outcome().expect("it has ended"))
}

#[test]
fn fetch_prints_what_nginx_answers() {
    let large = "0123456789".repeat(100_000);
    let Some(nginx) = nginx(&[("index.html", "a page\n"), ("folder/large", &large)]) else { return };
    let (address, by_name) = (nginx.address().to_string(), format!("localhost:{}", nginx.address().port()));
    for reactor in ReactorKind::ALL {
        for address in [&address, &by_name] {
            let (page, outcome) = fetch(reactor, address, "/");
            assert!(
                page.starts_with("HTTP/1.1 200 OK\r\nServer: nginx") && page.ends_with("\r\n\r\na page\n"),
                "{page}"
            );
            assert!(outcome.is_success(), "{outcome}");
        }
        let (answer, _) = fetch(reactor, &address, "/folder/large");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(body == large, "{} bytes", body.len());
        assert!(fetch(reactor, &address, "/nothing").0.starts_with("HTTP/1.1 404 Not Found\r\n"));
    }
    drop(nginx);
    for reactor in ReactorKind::ALL {
        let (_, outcome) = fetch(reactor, &address, "/");
        let Outcome::Failed { message } = outcome else { panic!("{outcome}") };
        assert!(message.starts_with(&format!("cannot connect to {address}: Connection refused")), "{message}");
    }
}

#[test]
fn a_script_keeps_values_in_redis() {
    let Some(redis) = redis() else { return };
    let address = redis.address().to_string();
    let long = Pattern::new(1 << 20);
    let ask = |words: &str, answer: &[&str]| {
        let lines = answer.iter().map(|_| net::read_line("r", 1000));
        [net::write_all("r", format!("{words}\r\n").as_str())].into_iter().chain(lines).collect::<Vec<_>>()
    };
    let talk = [
        ("PING", vec!["+PONG"]),
        ("FLUSHALL", vec!["+OK"]),
        ("SET key value", vec!["+OK"]),
        ("GET key", vec!["$5", "value"]),
        ("GET nothing", vec!["$-1"]),
        // Several at once.
        ("INCR n\r\nINCR n\r\nMGET key n", vec![":1", ":2", "*2", "$5", "value", "$1", "2"]),
        ("NONSENSE", vec!["-ERR unknown command 'NONSENSE', with args beginning with: "]),
    ];
    let steps: Vec<_> = talk.iter().flat_map(|(words, answer)| ask(words, answer)).collect();
    let large = [
        net::write_all("r", "*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$1048576\r\n"),
        net::write_all("r", long),
        net::write_all("r", "\r\nGET long\r\n"),
        net::read_line("r", 100),
        net::read_line("r", 100),
        net::read_pattern("r", long, 1 << 18),
        net::read_exact("r", 2),
    ];
    // One waits for what another brings.
    let waits = script("w", [net::connect("r", &address), net::write_all("r", "BLPOP list 10\r\n")]).strict();
    let waits = waits.steps((0..5).map(|_| net::read_line("r", 100)));
    let brings = [Step::spawn(waits), Step::Sleep(50 * MILLISECOND), net::write_all("r", "LPUSH list news\r\n")];
    let steps =
        [&[net::connect("r", &address)], &steps[..], &large, &brings, &[net::read_line("r", 100), Step::join("w")]];
    let steps = steps.concat();
    at_each_system(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone()).strict()]);
        let lines = |name| {
            let said = said_by(name, &heard);
            let lines = said.iter().filter_map(|line| line.strip_prefix("read-line r got "));
            lines.map(|line| line.trim_matches('"').replace(r"\r\n", "")).collect::<Vec<_>>()
        };
        let expected: Vec<_> =
            talk.iter().flat_map(|(_, answer)| answer).copied().chain(["+OK", "$1048576", ":1"]).collect();
        assert_eq!(lines("s"), expected);
        assert!(heard.contains(&"s read-pattern r ok".to_owned()));
        assert_eq!(lines("w"), ["*2", "$4", "list", "$4", "news"]);
    });
}

#[test]
fn the_example_echo_serves_its_ten_clients() {
    let done = (1..=10).map(|number| format!("client {number}: 100 lines came back"));
    let mut expected: Vec<_> = done.collect();
    expected.sort_unstable();
    at_each_system(|mut stage| {
        let address = format!("127.0.0.1:{}", serve(&stage, "echo", ""));
        let clients = stage.engine.spawn("clients", address).expect("there is room");
        turn_until(&mut stage, |_, _| clients.state() == State::Ended);
        assert_eq!(clients.outcome(), returned("10 clients are done"));
        let mut heard = stage.heard();
        heard.sort_unstable();
        assert_eq!(heard, expected);
        drop(clients);
        end(stage);
    });
    // By hand, with the accept loop in a guest.
    at_each_system(|mut stage| {
        stage.engine.spawn("listener", "127.0.0.1:0\0echo").expect("there is room");
        let mut address = None;
        turn_until(&mut stage, |stage, _| {
            address = stage.heard().iter().find_map(|line| Some(line.strip_prefix("listening at ")?.to_owned()));
            address.is_some()
        });
        let clients = stage.engine.spawn("clients", address.expect("it was found")).expect("there is room");
        turn_until(&mut stage, |_, _| clients.state() == State::Ended);
        assert_eq!(clients.outcome(), returned("10 clients are done"));
        drop(clients);
        end(stage);
    });
}

/// Somebody at a terminal, who waits for what they expect to read.
struct Person(BufReader<TcpStream>);

impl Person {
    fn come(port: u16, name: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        let mut person = Person(BufReader::new(stream));
        person.hear("What is your name?");
        person.say(name);
        person
    }

    fn say(&mut self, text: &str) {
        write!(self.0.get_mut(), "{text}\r\n").expect("it is taken");
    }

    fn hear(&mut self, expected: &str) {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line comes");
        assert_eq!(line, format!("{expected}\r\n"));
    }
}

#[test]
fn in_the_example_chat_all_others_hear_what_one_says() {
    at_each_system(|mut stage| {
        stage.engine.spawn("room", "").expect("there is room");
        let port = serve(&stage, "member", "");
        beside(&mut stage, || {
            let mut ann = Person::come(port, "Ann");
            let mut bob = Person::come(port, "Bob");
            ann.hear("* Bob has joined");
            ann.say("hello");
            bob.hear("Ann: hello");
            bob.say("hello yourself");
            ann.hear("Bob: hello yourself");
            let mut eve = Person::come(port, "Eve");
            ann.hear("* Eve has joined");
            bob.hear("* Eve has joined");
            // Three lines at once, and the last one without its end.
            write!(eve.0.get_mut(), "one\r\ntwo\r\nthree").expect("it is taken");
            eve.0.get_ref().shutdown(std::net::Shutdown::Write).expect("it is connected");
            for person in [&mut ann, &mut bob] {
                ["Eve: one", "Eve: two", "Eve: three", "* Eve has left"].into_iter().for_each(|line| person.hear(line));
            }
            drop(bob);
            ann.hear("* Bob has left");
            let mut rest = String::new();
            ann.0.get_ref().shutdown(std::net::Shutdown::Write).expect("it is connected");
            ann.0.read_to_string(&mut rest).expect("the end comes");
            assert_eq!(rest, "");
        });
        end(stage);
    });
}
