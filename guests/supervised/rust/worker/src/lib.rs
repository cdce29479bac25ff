//! Does one job after the other until there are no more. Those whose number can be divided by three are beyond it.

use cogen_guest::signal;

#[cogen_guest::main]
fn run() -> Result<(), String> {
    loop {
        let job = String::from_utf8_lossy(&signal::wait("job")?).into_owned();
        match job.parse::<u32>() {
            Ok(number) if number % 3 == 0 => return Err(format!("job {number} is too much")),
            Ok(number) => println!("job {number} is done"),
            Err(_) => return Ok(()),
        }
    }
}
