//! One spawns many, and joins them all.

use cogen_guest::coroutine;

use crate::Result;

pub(crate) fn fan_out(program: &str, count: &str) -> Result {
    let count: u64 = number(count)?;
    let spawn = |number| coroutine::spawn(program, format!("square\0{number}"));
    let spawned = (1..=count).map(spawn).collect::<std::result::Result<Vec<_>, _>>()?;
    let mut sum = 0;
    for coroutine in spawned {
        sum += number(&String::from_utf8_lossy(&coroutine.join()?))?;
    }
    Ok(sum.to_string())
}

pub(crate) fn square(text: &str) -> Result {
    let number = number(text)?;
    number.checked_mul(number).map(|square| square.to_string()).ok_or_else(|| format!("{number} is too large"))
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|error| format!("{text:?} is no number: {error}"))
}
