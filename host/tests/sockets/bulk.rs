//! Many bytes.

use crate::stage::*;

#[test]
fn sixty_four_mebibytes_go_through_one_socket_in_order() {
    const CHUNK: u64 = 200_000;
    let all = Pattern::new(64 << 20).seed(1);
    let reads = script("r", [net::received(&["c"]), net::read_pattern("c", all, 1 << 18), net::read("c", 1)]);
    let steps = [
        net::spawn_with(reads, &["there"]),
        net::write_pattern("here", all, CHUNK),
        net::close("here"),
        Step::join("r"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        assert_eq!(said_by("r", &heard)[1..], ["read-pattern c ok", r#"read c got """#]);
    });
}

#[test]
fn bytes_go_both_ways_at_once_by_two_workers() {
    // Each echoes what comes until the end, while the other one writes without reading.
    let all = Pattern::new(4 << 20).seed(2);
    let echoes = script("e", [net::received(&["c"]), net::echo("c", 50_000)]).strict();
    let writes = script("w", [net::received(&["c"]), net::write_pattern("c", all, 100_000)]);
    let writes = writes.steps([net::shutdown("c", Direction::Write)]).strict();
    let steps = [
        net::share("here", "copy"),
        net::spawn_with(echoes, &["there"]),
        net::spawn_with(writes, &["copy"]),
        net::read_pattern("here", all, 70_000),
        net::read("here", 1),
        Step::join("e"),
        Step::join("w"),
    ];
    for reactor in reactors() {
        let mut stage = stage_at(&reactor, |builder| builder.workers(2).clock(Clock::system()));
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let expected = ["read-pattern here ok", r#"read here got """#, "join e returned ", "join w returned "];
        assert_eq!(said_by("s", &heard)[6..], expected);
        assert_eq!(said_by("e", &heard)[1], "echo c 4194304");
    }
}
