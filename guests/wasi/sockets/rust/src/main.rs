//! Uses sockets by the functions of `wasi:sockets` and by `std::net`, and says what it observes.

mod errors;
mod names;
mod standard;
mod streams;
mod tcp;
mod tools;
mod udp;
mod waits;

fn main() {
    let case = std::env::args().nth(1).unwrap_or_default();
    match case.as_str() {
        "tcp-states" => tcp::states(),
        "tcp-addresses" => tcp::addresses(),
        "tcp-options" => tcp::options(),
        "tcp-inherits" => tcp::inherits(),
        "tcp-refused" => tcp::refused(),
        "tcp-denied" => tcp::denied(),
        "tcp-families" => tcp::families(),
        "streams" => streams::there_and_back(),
        "streams-half-closed" => streams::half_closed(),
        "streams-shut" => streams::shut(),
        "streams-reset" => streams::reset(),
        "streams-error-code" => errors::code(),
        "streams-large" => streams::large(),
        "streams-kept" => streams::kept(),
        "udp-states" => udp::states(),
        "udp-addresses" => udp::addresses(),
        "udp-options" => udp::options(),
        "udp-datagrams" => udp::datagrams(),
        "udp-peers" => udp::peers(),
        "udp-full" => udp::full(),
        "udp-denied" => udp::denied(),
        "udp-two-streams" => udp::two_streams(),
        "udp-unpermitted" => udp::unpermitted(),
        "udp-permitted-before" => udp::permitted_before(),
        "udp-too-many" => udp::too_many(),
        "names" => names::known(),
        "names-unknown" => names::unknown(),
        "names-denied" => names::denied(),
        "std-tcp" => standard::tcp(),
        "std-nonblocking" => standard::nonblocking(),
        "std-errors" => standard::errors(),
        "std-udp" => standard::udp(),
        "std-client" => standard::client(),
        "std-serve" => standard::serve(),
        "wait-accept" => waits::accept(),
        "wait-read" => waits::read(),
        "wait-write" => waits::write(),
        "wait-drop" => waits::drop_written(),
        "wait-receive" => waits::receive(),
        "wait-connect" => waits::connect(),
        "wait-resolve" => waits::resolve(),
        "wait-std-accept" => waits::std_accept(),
        "wait-std-read" => waits::std_read(),
        "wait-std-connect" => waits::std_connect(),
        "wait-std-resolve" => waits::std_resolve(),
        other => panic!("there is no case {other:?}"),
    }
}
