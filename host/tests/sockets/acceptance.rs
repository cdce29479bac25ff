//! K1 to K4, and M1 and M2 on a simulated clock, which is exact. (`timeouts.rs` has them on the wall's.)

use script_steps::pattern::checksum;

use crate::stage::*;

const MEBIBYTE: u64 = 1 << 20;

#[test]
fn k1_to_send_to_a_peer_that_is_gone_is_an_error_and_the_next_connection_has_nothing_of_it() {
    at_each_reactor(|mut stage| {
        let send = || net::write_all("here", "is anybody there?\n");
        let again = [
            net::connect("here", "@srv").timeout(MILLISECOND * 100),
            net::accept("srv", "there"),
            send(),
            net::read_line("there", 100),
            Step::Elapsed,
        ];
        let steps = [both_ends(), vec![net::close("there"), send(), send(), net::close("here")], again.into()].concat();
        let heard = played(&mut stage, &[script("s", steps)]);
        assert_eq!(heard[..3], BOTH_ENDS);
        // The first is on its way when the other end says that it is closed.
        assert_eq!(heard[3..5], ["s close there", "s write-all here ok"]);
        assert_eq!(heard[5], "s error: cannot write to 127.0.0.1:PORT: broken pipe");
        let rest = [
            "s close here",
            "s connect here ok",
            "s accept there ok",
            "s write-all here ok",
            r#"s read-line there got "is anybody there?\n""#,
            "s elapsed 0",
        ];
        assert_eq!(heard[6..], rest);
    });
}

#[test]
fn k2_a_line_is_waited_for_until_its_newline_comes() {
    let beginning = "x".repeat(512);
    let writer = [net::connect("c", "@srv"), net::write_all("c", beginning.as_str())];
    let writer = script("w", writer).steps([Step::Sleep(SECOND), net::write_all("c", "\n")]);
    let reader = [net::listen("srv", "127.0.0.1:0"), Step::spawn(writer), net::accept("srv", "c")];
    let reader = script("r", reader).steps([net::read_line("c", 1024), Step::Elapsed]);
    let line = format!("{beginning}\n");
    let line = format!("r read-line c got {} bytes, {:016x}", line.len(), checksum(line.as_bytes()));
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, std::slice::from_ref(&reader));
        let heard: Vec<_> =
            heard.iter().filter(|line| line.starts_with("r read") || line.contains("elapsed")).collect();
        assert_eq!(heard, [&line, "r elapsed 1000000000"]);
    });
}

#[test]
fn k2_a_line_that_is_too_long_is_an_error_and_all_of_it_can_be_read() {
    let steps = [
        net::write_all("here", "0123456789\nnext\n"),
        net::read_line("there", 10),
        net::read_line("there", 5),
        net::read("there", 4),
        net::read_line("there", 7),
        net::read_line("there", 5),
    ];
    let said = [
        "write-all here ok",
        "error: the line is too long",
        "error: the line is too long",
        r#"read there got "0123""#,
        r#"read-line there got "456789\n""#,
        r#"read-line there got "next\n""#,
    ];
    assert_said(steps, &said);
}

#[test]
fn k2_three_lines_that_come_at_once_are_three_reads() {
    let read = || net::read_line("there", 100);
    let steps = [net::write_all("here", "one\ntwo\nthree\n"), read(), read(), read()];
    let said = [
        "write-all here ok",
        r#"read-line there got "one\n""#,
        r#"read-line there got "two\n""#,
        r#"read-line there got "three\n""#,
    ];
    assert_said(steps, &said);
}

#[test]
fn k3_some_of_a_mebibyte_is_read_and_then_exactly_the_rest_from_a_slow_sender() {
    const SOME: usize = 1000;
    let all = Pattern::new(MEBIBYTE);
    let slowly = Net::WritePattern { name: "c".into(), pattern: all, chunk: 10_000, pause: 10 * MILLISECOND };
    let sender = script("w", [net::connect("c", "@srv"), slowly.into()]);
    let reader = script("r", [net::listen("srv", "127.0.0.1:0"), Step::spawn(sender), net::accept("srv", "c")]);
    let rest = net::read_exact("c", MEBIBYTE as usize - SOME);
    let reader = reader.steps([net::read("c", SOME), rest, net::read("c", SOME)]);
    let bytes = all.to_vec();
    let got =
        |operation: &str, bytes: &[u8]| format!("r {operation} c got {} bytes, {:016x}", bytes.len(), checksum(bytes));
    let expected = [got("read", &bytes[..SOME]), got("read-exact", &bytes[SOME..]), "r read c got \"\"".to_owned()];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, std::slice::from_ref(&reader));
        assert_eq!(heard.into_iter().filter(|line| line.starts_with("r read")).collect::<Vec<_>>(), expected);
    });
}

#[test]
fn k4_some_is_written_and_then_all_of_a_mebibyte_to_a_slow_reader() {
    const SOME: u64 = 1000;
    let all = Pattern::new(SOME + MEBIBYTE);
    let slowly = Net::ReadPattern { name: "c".into(), pattern: all, chunk: 10_000, pause: 10 * MILLISECOND };
    let reader = script("r", [net::connect("c", "@srv"), slowly.into(), net::read("c", 1)]);
    let writer = script("w", [net::listen("srv", "127.0.0.1:0"), Step::spawn(reader), net::accept("srv", "c")]);
    let writer = writer.steps([
        net::write("c", Pattern::new(SOME)),
        net::write_all("c", Pattern::new(MEBIBYTE).from(SOME)),
        net::counts("c"),
        net::shutdown("c", Direction::Write),
    ]);
    at_each_reactor(|mut stage| {
        let mut heard = played(&mut stage, std::slice::from_ref(&writer));
        heard.sort_unstable();
        let expected = [
            "r connect c ok",
            "r read c got \"\"",
            "r read-pattern c ok",
            "w accept c ok",
            "w counts c read 0 written 1049576",
            "w listen srv ok",
            "w shutdown c write",
            "w spawn r",
            "w write c took 1000",
            "w write-all c ok",
        ];
        assert_eq!(heard, expected);
    });
}

#[test]
fn m1_waits_of_2_to_5_seconds_end_each_at_its_own_time() {
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &waits_of_2_to_5_seconds());
        let expected = [
            "a error: timed out",
            "a elapsed 2000000000",
            "b error: timed out",
            "b elapsed 3000000000",
            "c error: timed out",
            "c elapsed 4000000000",
            "d error: timed out",
            "d elapsed 5000000000",
        ];
        assert_eq!(heard[heard.len() - expected.len()..], expected);
    });
}

#[test]
fn m2_a_short_wait_ends_beside_a_long_sleep() {
    let expected =
        ["a listen srv ok", "a error: timed out", "a elapsed 100000000", "s sleep ok", "s elapsed 1000000000"];
    assert_heard(&a_short_wait_and_a_long_sleep(), &expected);
}
