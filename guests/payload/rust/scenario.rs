//! A value of one language that arrives as one of another.

use cogen_guest::{Json, coroutine};
use serde::{Deserialize, Serialize};

use crate::Result;

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    age: u32,
    tags: Vec<String>,
    nested: Nested,
}

#[derive(Serialize, Deserialize)]
struct Nested {
    pi: f64,
    none: Option<u32>,
    yes: bool,
}

pub(crate) fn send(program: &str) -> Result {
    let nested = Nested { pi: 3.25, none: None, yes: true };
    let ada = Person { name: "Ada".to_owned(), age: 36, tags: vec!["x".to_owned(), "y".to_owned()], nested };
    let args = [b"payload-read\0", &Json(ada).to_bytes()?[..]].concat();
    Ok(String::from_utf8_lossy(&coroutine::call(program, args)?).into_owned())
}

pub(crate) fn read(json: &str) -> Result {
    let Json(Person { name, age, tags, nested }) = Json::from_bytes(json.as_bytes())?;
    let none = nested.none.map_or("none".to_owned(), |number| number.to_string());
    let yes = if nested.yes { "yes" } else { "no" };
    Ok(format!("{name} {age} {} {} {none} {yes}", tags.join(","), nested.pi))
}
