//! What the entry of a coroutine is given, and what it answers.
//!
//! Whoever starts a coroutine gives it bytes, and it answers bytes. [`FromArgs`] and [`IntoResult`] turn them into what
//! the function marked [`#[cogen_guest::main]`](macro@crate::main) takes and returns:
//!
//! | bytes | as argument | as result |
//! |---|---|---|
//! | ignored, or none | no argument, or `()` | `()` |
//! | as they are | `Vec<u8>` | `Vec<u8>` |
//! | UTF-8 | `String` | `String`, `&'static str` |
//! | JSON | `Json<T>` | `Json<T>` |
//!
//! A coroutine that was [given](crate::handover) something can take that instead, or with its bytes:
//!
//! | given | as argument |
//! |---|---|
//! | a connection | `TcpStream`, `UnixStream`, `Connection` |
//! | a listener | `TcpListener`, `UnixListener`, `Listener` |
//! | a socket for datagrams | `UdpSocket` |
//! | the handle of a coroutine | `Coroutine` |
//! | any of these, and bytes | `(TcpStream, String)` and so on |
//! | two of these | `(TcpStream, TcpStream)` and so on |
//!
//! Every result may also be the `Ok` of a `Result` whose error can be displayed: that text is how the coroutine failed.

use crate::handover::{self, Given};
use std::fmt::Display;
use std::io::Write as _;

/// What the entry of a coroutine can take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument of a coroutine",
    label = "take nothing, or a `Vec<u8>`, a `String`, a `Json<T>` whose `T` can be deserialized, or what was given: a \
             `TcpStream`, or a pair with it, such as `(TcpStream, String)`"
)]
pub trait FromArgs: Sized {
    /// Read the argument, or tell why it makes no sense: then the coroutine fails with that text before it has begun.
    fn from_args(args: Vec<u8>) -> Result<Self, String>;
}

/// What the entry of a coroutine can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a coroutine",
    label = "return `()`, a `Vec<u8>`, a `String`, a `Json<T>`, or a `Result` of those with an error that is `Display`"
)]
pub trait IntoResult {
    /// The value for callers and joiners, or how the coroutine failed.
    fn into_result(self) -> Result<Vec<u8>, String>;
}

/// The arguments of a command line, as `cogen run program.wasm -- a b` passes them: joined by NUL bytes, with one more
/// behind the last if that is empty. Without any bytes there are no arguments.
///
/// ```
/// let words = |args| cogen_guest::args::split(args).collect::<Vec<_>>();
/// assert_eq!(words(b"a\0two words"), ["a", "two words"]);
/// assert_eq!(words(b"\0"), [""]);
/// ```
///
/// What is not UTF-8 in them is replaced by U+FFFD.
pub fn split(args: &[u8]) -> impl Iterator<Item = String> + '_ {
    args.strip_suffix(b"\0")
        .unwrap_or(args)
        .split(|&byte| byte == 0)
        .take(if args.is_empty() { 0 } else { usize::MAX })
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
}

impl FromArgs for () {
    fn from_args(_: Vec<u8>) -> Result<Self, String> {
        Ok(())
    }
}

impl FromArgs for Vec<u8> {
    fn from_args(args: Vec<u8>) -> Result<Self, String> {
        Ok(args)
    }
}

impl FromArgs for String {
    fn from_args(args: Vec<u8>) -> Result<Self, String> {
        String::from_utf8(args).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("the arguments are not UTF-8 text: the byte at {at} is wrong")
        })
    }
}

/// The next thing that the coroutine was given; the bytes are ignored.
impl<T: Given> FromArgs for T {
    fn from_args(_: Vec<u8>) -> Result<Self, String> {
        Ok(handover::take()?)
    }
}

/// The next thing that the coroutine was given, and what comes after it.
impl<T: Given, A: FromArgs> FromArgs for (T, A) {
    fn from_args(args: Vec<u8>) -> Result<Self, String> {
        Ok((handover::take()?, A::from_args(args)?))
    }
}

impl IntoResult for () {
    fn into_result(self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}

impl IntoResult for Vec<u8> {
    fn into_result(self) -> Result<Vec<u8>, String> {
        Ok(self)
    }
}

impl IntoResult for String {
    fn into_result(self) -> Result<Vec<u8>, String> {
        Ok(self.into_bytes())
    }
}

impl IntoResult for &'static str {
    fn into_result(self) -> Result<Vec<u8>, String> {
        Ok(self.into())
    }
}

impl<T: IntoResult, E: Display> IntoResult for Result<T, E> {
    fn into_result(self) -> Result<Vec<u8>, String> {
        self.map_err(|error| error.to_string())?.into_result()
    }
}

/// A value that travels as JSON, as argument or as result of a coroutine.
///
/// ```no_run
/// use cogen_guest::Json;
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     item: String,
///     count: u32,
/// }
///
/// #[cogen_guest::main]
/// fn run(Json(order): Json<Order>) -> Json<Vec<String>> {
///     Json(vec![order.item; order.count as usize])
/// }
/// ```
#[cfg(feature = "json")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(
    /// The value itself.
    pub T,
);

#[cfg(feature = "json")]
impl<T: serde::Serialize> Json<T> {
    /// The bytes to give to [`spawn`](crate::coroutine::spawn) or [`call`](crate::coroutine::call). Fails with
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) when JSON has no way to write the value.
    pub fn to_bytes(&self) -> crate::Result<Vec<u8>> {
        let invalid = |error| crate::Error::InvalidArgument(format!("the value cannot be written as JSON: {error}"));
        serde_json::to_vec(&self.0).map_err(invalid)
    }
}

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned> Json<T> {
    /// Read what a coroutine returned. Fails with [`Error::InvalidArgument`](crate::Error::InvalidArgument) when it is
    /// not the JSON of a `T`.
    pub fn from_bytes(bytes: &[u8]) -> crate::Result<Self> {
        let invalid = |error| crate::Error::InvalidArgument(format!("not the JSON that was expected: {error}"));
        serde_json::from_slice(bytes).map(Json).map_err(invalid)
    }
}

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned> FromArgs for Json<T> {
    fn from_args(args: Vec<u8>) -> Result<Self, String> {
        let wrong = |error| format!("the arguments are not the JSON that was expected: {error}");
        serde_json::from_slice(&args).map(Json).map_err(wrong)
    }
}

#[cfg(feature = "json")]
impl<T: serde::Serialize> IntoResult for Json<T> {
    fn into_result(self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(&self.0).map_err(|error| format!("the result cannot be written as JSON: {error}"))
    }
}

/// Run an entry from its first to its last byte. Called by what `#[cogen_guest::main]` expands to.
#[doc(hidden)]
pub fn __enter<R: IntoResult>(
    args: Vec<u8>,
    entry: impl FnOnce(Vec<u8>) -> Result<R, String>,
) -> Result<Vec<u8>, String> {
    let result = entry(args).and_then(R::into_result);
    // A library has no end of `main` that would do this. Nobody is left to be told that standard output is closed.
    let _ = std::io::stdout().flush();
    result
}

#[cfg(test)]
mod tests {
    use super::{FromArgs as _, IntoResult as _, split};

    #[test]
    fn no_bytes_are_no_arguments_and_empty_ones_count() {
        assert_eq!(split(b"").count(), 0);
        assert_eq!(split(b"a\0\0b").collect::<Vec<_>>(), ["a", "", "b"]);
    }

    #[test]
    fn text_that_is_not_utf8_fails_and_says_where() {
        let error = String::from_args(b"ab\xff".to_vec()).unwrap_err();
        assert_eq!(error, "the arguments are not UTF-8 text: the byte at 2 is wrong");
    }

    #[test]
    fn an_error_becomes_its_text() {
        assert_eq!(Err::<(), _>(crate::Error::TimedOut).into_result(), Err("timed out".to_owned()));
        assert_eq!(Ok::<_, String>("x").into_result(), Ok(b"x".to_vec()));
    }
}
