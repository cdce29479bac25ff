//! `examples/polyglot`: built of its sources in five languages, and played as its README shows.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::projects::{can_be_built, with_tools};
use super::{blocks, end, line, root, signal};
use crate::languages::LANGUAGES;

/// The application, at a port that the system has picked.
struct Game {
    child: Child,
    address: String,
}

impl Game {
    fn start() -> Self {
        let root = root().canonicalize().expect("it is there");
        let arguments = ["run", "--allow", "listen=127.0.0.1:0", "examples/polyglot", "--", "127.0.0.1:0"];
        let mut command = with_tools(root.to_str().expect("it is text"), &arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("there is a pipe"));
        let mut game = Game { child, address: String::new() };
        let first = line(&mut stdout);
        game.address = first.strip_prefix("server | listening at ").expect("it says where").trim_end().to_owned();
        game
    }

    fn player(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
        BufReader::new(stream)
    }
}

impl Drop for Game {
    fn drop(&mut self) {
        // One that has ended is left alone.
        drop((self.child.kill(), self.child.wait()));
    }
}

fn say(player: &mut BufReader<TcpStream>, line: &[u8]) {
    player.get_mut().write_all(&[line, b"\n"].concat()).expect("it is taken");
}

/// What is answered, up to the empty line.
fn answer(player: &mut BufReader<TcpStream>) -> String {
    let mut answer = String::new();
    while !answer.ends_with("\n\n") {
        assert_ne!(player.read_line(&mut answer).expect("it is text"), 0, "it ended after {answer:?}");
    }
    answer
}

#[test]
fn the_game_is_played_as_its_read_me_shows() {
    if !LANGUAGES.into_iter().all(can_be_built) {
        eprintln!("NOT TESTED: examples/polyglot, since a language was not built; cargo xtask guests says why");
        return;
    }
    let mut game = Game::start();
    let mut players = Vec::new();
    for session in blocks("examples/polyglot/README.md", "console") {
        let mut player = game.player();
        let (_, session) = session.split_once('\n').expect("it begins with a command");
        for (turn, paragraph) in session.split_inclusive("\n\n").enumerate() {
            let shown = if turn == 0 {
                paragraph
            } else {
                let (typed, shown) = paragraph.split_once('\n').expect("something is typed");
                say(&mut player, typed.as_bytes());
                shown
            };
            assert_eq!(answer(&mut player), shown);
        }
        players.push(player);
    }
    let [ann, bob] = &mut players[..] else { panic!("two play") };

    say(ann, b"\xff\xfe quartz");
    assert_eq!(answer(ann), "That is no text in UTF-8.\n\n");
    say(ann, &[b'a'; 1000]);
    assert_eq!(answer(ann), "That line is too long. Good bye.\n\n");
    // It may be broken off, since not all was read that was said.
    assert!(ann.read(&mut [0]).map_or(true, |read| read == 0));
    say(bob, b"leaders");
    assert!(answer(bob).starts_with("bob  27  "), "another one is not disturbed");

    signal(&game.child, "-INT");
    assert_eq!(end(&mut game.child), Some(130));
    assert_eq!(bob.read(&mut [0]).ok(), Some(0));
}
