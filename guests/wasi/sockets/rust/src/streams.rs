//! The two streams of a connection.

use wasip2::io::poll::poll;
use wasip2::sockets::tcp::ShutdownType;

use crate::tools::{End, of_stream, pair, read_all};

/// Bytes of which each says where it belongs.
fn pattern(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|place| (place % 251) as u8).collect()
}

pub(crate) fn there_and_back() {
    let (one, other) = pair();
    println!("{}", of_stream(one.input.read(10)));
    println!("{}", of_stream(one.input.read(0)));
    println!("{}", of_stream(one.output.check_write().map(|count| count > 0)));
    println!("{}", of_stream(one.output.write(b"")));
    println!("{}", of_stream(one.output.blocking_write_and_flush(b"spam")));
    other.input.subscribe().block();
    println!("{}", of_stream(other.input.read(2)));
    println!("{}", of_stream(other.input.blocking_read(100)));
    println!("{}", of_stream(other.input.read(100)));
    println!("{}", of_stream(other.output.blocking_write_zeroes_and_flush(3)));
    println!("{}", of_stream(one.input.blocking_skip(2)));
    println!("{}", of_stream(one.input.blocking_read(2)));
    println!("{}", of_stream(one.output.blocking_write_and_flush(b"ham")));
    println!("{}", of_stream(other.output.blocking_splice(&other.input, 10)));
    println!("{}", of_stream(one.input.blocking_read(10)));
    println!("{} {}", of_stream(one.output.flush()), of_stream(one.output.blocking_flush()));
}

/// One says that it is done, and hears the other nevertheless.
pub(crate) fn half_closed() {
    let (one, other) = pair();
    one.output.blocking_write_and_flush(b"the last").expect("it is sent");
    println!("{:?} {:?}", one.socket.shutdown(ShutdownType::Send), one.socket.shutdown(ShutdownType::Send));
    println!("{} {}", of_stream(one.output.check_write()), of_stream(one.output.flush()));
    println!("{:?}", read_all(&other.input));
    println!("{}", of_stream(other.input.read(1)));
    other.output.blocking_write_and_flush(b"an answer").expect("it is sent");
    drop(other);
    println!("{:?}", read_all(&one.input));
    println!("{}", of_stream(one.input.blocking_read(1)));
}

/// One does not want to hear more.
pub(crate) fn shut() {
    let (one, other) = pair();
    other.output.blocking_write_and_flush(b"unheard").expect("it is sent");
    println!("{:?}", one.socket.shutdown(ShutdownType::Receive));
    println!("{} {}", of_stream(one.input.read(10)), of_stream(one.input.blocking_read(10)));
    one.output.blocking_write_and_flush(b"heard").expect("it is sent");
    println!("{}", of_stream(other.input.blocking_read(10)));
    println!("{:?}", other.socket.shutdown(ShutdownType::Both));
    println!("{} {}", of_stream(other.input.blocking_read(10)), of_stream(other.output.check_write()));
}

/// An end that is closed with something unread breaks the connection.
pub(crate) fn reset() {
    let (one, other) = pair();
    one.output.blocking_write_and_flush(b"unread").expect("it is sent");
    other.input.subscribe().block();
    let End { input, output, socket } = other;
    drop((input, output));
    drop(socket);
    one.input.subscribe().block();
    println!("{}", of_stream(one.input.blocking_read(10)));
    println!("{}", of_stream(one.input.blocking_read(10)));
    println!("{}", of_stream(one.output.blocking_write_and_flush(b"to nobody")));
}

/// More than the system keeps, by one who reads and writes at once.
pub(crate) fn large() {
    const ALL: usize = 5_000_000;
    let (one, other) = pair();
    let (room, news) = (one.output.subscribe(), other.input.subscribe());
    let (mut sent, mut came, mut is_over) = (0, 0, false);
    while !is_over {
        // There is always room for what nobody sends.
        let waits = if sent < ALL { vec![&news, &room] } else { vec![&news] };
        let ready = poll(&waits);
        if ready.contains(&1) {
            let count = (one.output.check_write().expect("it is open") as usize).min(ALL - sent);
            one.output.write(&pattern(sent, count)).expect("it may be written");
            sent += count;
            if sent == ALL {
                one.socket.shutdown(ShutdownType::Send).expect("it is connected");
            }
        }
        if ready.contains(&0) {
            match other.input.read(100_000) {
                Ok(bytes) => {
                    assert_eq!(bytes, pattern(came, bytes.len()), "in order");
                    came += bytes.len();
                }
                Err(error) => is_over = of_stream::<()>(Err(error)) == "closed",
            }
        }
    }
    println!("{sent} {came}");
    drop((room, news));
}

/// What was written goes out while its writer cares for something else.
pub(crate) fn kept() {
    let (one, other) = pair();
    let mut sent = 0;
    loop {
        let count = one.output.check_write().expect("it is open") as usize;
        if count == 0 {
            break;
        }
        one.output.write(&pattern(sent, count)).expect("it may be written");
        sent += count;
    }
    one.socket.shutdown(ShutdownType::Send).expect("it is connected");
    let (came, end) = read_all(&other.input);
    println!("{} {end}", came == pattern(0, sent));
    println!("{}", of_stream(one.output.check_write()));
}
