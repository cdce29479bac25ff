//! A command that knows nothing of cogen: `hello [milliseconds to sleep] [exit code] [anything…]`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |position: usize| args.get(position).and_then(|text| text.parse().ok());

    println!("hello {args:?}");
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(number(0).unwrap_or(0)));
    println!("slept {} ms", began.elapsed().as_millis());

    // The keys of its hash function are random.
    let letters: HashMap<char, usize> = args.iter().flat_map(|text| text.chars()).map(|letter| (letter, 1)).collect();
    println!("{} letters", letters.len());

    let code = number(1).and_then(|code| i32::try_from(code).ok()).unwrap_or(0);
    if code != 0 {
        eprintln!("leaving with {code}");
        std::process::exit(code);
    }
}
