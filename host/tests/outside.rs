//! The programs from outside that other tests rely on do what those take for granted.

#[path = "common/outside.rs"]
mod outside;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use outside::{Server, curl, nc, nginx, python, redis};

/// Sends all of a request, and answers all that comes until the other side closes.
fn exchange(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time");
    stream.write_all(request.as_bytes()).expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers, and closes");
    answer
}

#[test]
fn nginx_serves_the_files_that_it_was_given() {
    let Some(nginx) = nginx(&[("index.html", "a page\n"), ("folder/large", &"0123456789".repeat(100_000))]) else {
        return;
    };
    let get = |path| exchange(&nginx, &format!("GET {path} HTTP/1.0\r\n\r\n"));
    let page = get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\na page\n"), "{page}");
    let (_, large) =
        get("/folder/large").split_once("\r\n\r\n").map(|(head, body)| (head.len(), body.len())).expect("a body");
    assert_eq!(large, 1_000_000);
    assert!(get("/nothing").starts_with("HTTP/1.1 404 "));
}

#[test]
fn redis_answers_and_begins_empty() {
    let Some(redis) = redis() else { return };
    assert_eq!(
        exchange(&redis, "PING\r\nDBSIZE\r\nSET key value\r\nGET key\r\nQUIT\r\n"),
        "+PONG\r\n:0\r\n+OK\r\n$5\r\nvalue\r\n+OK\r\n"
    );
}

#[test]
fn two_of_a_kind_do_not_meet() {
    let (Some(one), Some(other)) = (redis(), redis()) else { return };
    assert_ne!(one.address(), other.address());
    exchange(&one, "SET key value\r\nQUIT\r\n");
    assert_eq!(exchange(&other, "DBSIZE\r\nQUIT\r\n"), ":0\r\n+OK\r\n");
}

#[test]
fn a_server_is_gone_once_it_is_dropped() {
    let Some(redis) = redis() else { return };
    let address = redis.address();
    drop(redis);
    TcpStream::connect(address).expect_err("nobody listens");
}

#[test]
fn curl_and_nc_reach_nginx() {
    let Some(nginx) = nginx(&[("index.html", "a page\n")]) else { return };
    let address = nginx.address();
    if let Some(answer) = curl(&["--silent", "--show-error", &format!("http://{address}/")]) {
        assert_eq!(answer.stdout, "a page\n");
    }
    if let Some(answer) = nc(&["127.0.0.1", &address.port().to_string()], "GET / HTTP/1.0\r\n\r\n") {
        assert!(answer.stdout.ends_with("\r\n\r\na page\n"), "{answer:?}");
    }
}

#[test]
fn a_client_that_fails_says_why() {
    let Some(answer) = curl(&["--silent", "--show-error", "http://127.0.0.1:1/"]) else { return };
    assert_eq!((answer.code, &*answer.stdout), (Some(7), ""));
    assert!(answer.stderr.contains("127.0.0.1"), "{answer:?}");
}

#[test]
fn python_runs_a_snippet_with_arguments() {
    let Some(answer) = python("import sys, socket; print(socket.ntohs(256), *sys.argv[1:])", &["two words"]) else {
        return;
    };
    assert_eq!((answer.code, &*answer.stdout, &*answer.stderr), (Some(0), "1 two words\n", ""));
}
