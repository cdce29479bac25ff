//! What went wrong with a stream, as a code. The function for that of `wasi:sockets` is unstable, and in no crate.

mod bindings {
    #![allow(missing_docs, unreachable_pub, reason = "generated from the WIT")]
    wit_bindgen::generate!({
        path: "../../../../host/wit",
        inline: "package cogen:errors; world errors { import wasi:sockets/network@0.2.12; }",
        features: ["network-error-code"],
        with: { "wasi:io/error@0.2.12": wasip2::io::error },
        generate_all,
    });
}

use bindings::wasi::sockets::network::network_error_code;
use wasip2::filesystem::types::filesystem_error_code;
use wasip2::io::streams::StreamError;
use wasip2::sockets::network::IpAddressFamily;

use crate::tools::{connect, here, tcp};

/// Of a connection that whoever listens at a port breaks when they hear something.
pub(crate) fn code() {
    let port = std::env::args().nth(2).and_then(|port| port.parse().ok()).expect("a port");
    let socket = tcp(IpAddressFamily::Ipv4);
    let (input, output) = connect(&socket, here(port)).expect("it is there");
    output.blocking_write_and_flush(b"!").expect("it is sent");
    let Err(StreamError::LastOperationFailed(error)) = input.blocking_read(1) else { panic!("it is not broken") };
    println!("{:?} {}", network_error_code(&error), !error.to_debug_string().is_empty());
    println!("{:?}", filesystem_error_code(&error));
}
