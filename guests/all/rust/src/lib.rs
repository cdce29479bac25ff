//! Every scenario in Rust, in one component: the first argument says which. `guests/README.md` says what each of them does.

#[path = "../../../calls/rust/scenario.rs"]
mod calls;
#[path = "../../../cancel/rust/scenario.rs"]
mod cancel;
#[path = "../../../context/rust/scenario.rs"]
mod context;
#[path = "../../../echo/rust/scenario.rs"]
mod echo;
#[path = "../../../failure/rust/scenario.rs"]
mod failure;
#[path = "../../../fan-out/rust/scenario.rs"]
mod fan_out;
#[path = "../../../fetch/rust/scenario.rs"]
mod fetch;
#[path = "../../../hello/rust/scenario.rs"]
mod hello;
#[path = "../../../log/rust/scenario.rs"]
mod log;
#[path = "../../../payload/rust/scenario.rs"]
mod payload;
#[path = "../../../select/rust/scenario.rs"]
mod select;
#[path = "../../../signals/rust/scenario.rs"]
mod signals;
#[path = "../../../yields/rust/scenario.rs"]
mod yields;

use cogen_guest::args;

type Result<T = String> = std::result::Result<T, String>;

#[cogen_guest::main]
fn run(given: Vec<u8>) -> Result {
    let words: Vec<String> = args::split(&given).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["hello", name] => Ok(hello::hello(name)),
        ["calls-foo", program] => calls::foo(program),
        ["calls-bar", param] => Ok(calls::bar(param)),
        ["signals-foo"] => signals::foo(),
        ["go", value] => signals::go(value),
        ["signals-bar"] => signals::bar(),
        ["failure", message] => Err(message.to_owned()),
        ["trap", _] => failure::trap(),
        ["failure-read", program, scenario, message] => failure::read(program, scenario, message),
        ["fan-out", program, count] => fan_out::fan_out(program, count),
        ["square", number] => fan_out::square(number),
        ["select", seconds] => select::first(seconds),
        ["cancel", program] => cancel::cancel(program),
        ["sleep-long"] => cancel::sleep_long(),
        ["context", program] => context::pass(program),
        ["context-read"] => context::read(),
        ["echo"] => echo::echo(),
        ["fetch", address, path] => fetch::fetch(address, path),
        ["payload", program] => payload::send(program),
        ["payload-read", json] => payload::read(json),
        ["log", text] => Ok(log::log(text)),
        ["yields", count] => yields::yields(count),
        _ => Err(format!("there is no scenario {}", words.join(" "))),
    }
}
