//! What is generated from `host/wit`.
#![allow(missing_docs, unreachable_pub, reason = "generated from the WIT, where everything is documented")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "wasi:sockets/imports",
    imports: { default: trappable },
    require_store_data_send: true,
    trappable_error_type: { "wasi:sockets/network.error-code" => crate::wasi::sockets::errors::Failure },
    with: {
        "wasi:io/error": wasmtime_wasi_io::bindings::wasi::io::error,
        "wasi:io/poll": wasmtime_wasi_io::bindings::wasi::io::poll,
        "wasi:io/streams": wasmtime_wasi_io::bindings::wasi::io::streams,
        "wasi:clocks/monotonic-clock": wasmtime_wasi::p2::bindings::clocks::monotonic_clock,
        "wasi:sockets/network.network": crate::wasi::sockets::network::Network,
        "wasi:sockets/tcp.tcp-socket": crate::wasi::sockets::tcp::TcpSocket,
        "wasi:sockets/udp.udp-socket": crate::wasi::sockets::udp::UdpSocket,
        "wasi:sockets/udp.incoming-datagram-stream": crate::wasi::sockets::udp::Incoming,
        "wasi:sockets/udp.outgoing-datagram-stream": crate::wasi::sockets::udp::Outgoing,
        "wasi:sockets/ip-name-lookup.resolve-address-stream": crate::wasi::sockets::ip_name_lookup::Lookup,
    },
});

pub(crate) use self::wasi::sockets::{
    instance_network, ip_name_lookup, network, tcp, tcp_create_socket, udp, udp_create_socket,
};
