//! Ends in each of the ways that a command has.

use std::process::ExitCode;

use wasip2::cli::exit::{exit, exit_with_code};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().unwrap_or_default();
    let status: u8 = arguments.next().map_or(0, |status| status.parse().expect("a status"));
    println!("{case}");
    match case.as_str() {
        "return" => return ExitCode::from(status),
        "std" => std::process::exit(status.into()),
        "code" => exit_with_code(status),
        "exit" => exit(if status == 0 { Ok(()) } else { Err(()) }),
        "name" => {
            println!("{}", std::env::args().next().unwrap_or_default());
            return ExitCode::SUCCESS;
        }
        "abort" => std::process::abort(),
        "panic" => panic!("as it was told"),
        other => panic!("there is no case {other:?}"),
    }
    println!("not reached");
    ExitCode::SUCCESS
}
