//! One calls another one and prints what it returns.

use cogen_guest::coroutine;

use crate::Result;

pub(crate) fn foo(program: &str) -> Result {
    println!("foo");
    let dish = coroutine::call(program, "calls-bar\0ham")?;
    let dish = String::from_utf8_lossy(&dish).into_owned();
    println!("{dish}");
    Ok(dish)
}

pub(crate) fn bar(param: &str) -> String {
    println!("bar");
    format!("spam, {param} and eggs")
}
