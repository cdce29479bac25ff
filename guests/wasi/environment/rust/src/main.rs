//! Says what it finds in its environment.

use wasip2::cli::environment;

fn main() {
    println!("{:?}", environment::get_arguments());
    let mut variables = environment::get_environment();
    variables.sort_unstable();
    println!("{variables:?}");
    println!("{:?}", environment::initial_cwd());
    println!("{:?} {:?}", std::env::var("SPAM"), std::env::var("NOTHING"));
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
}
