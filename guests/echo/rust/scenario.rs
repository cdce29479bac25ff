//! Sends back each line of the connection that it is given.

use cogen_guest::{handover, net::TcpStream};

use crate::Result;

/// How long a line may be, with its end.
const LONGEST: usize = 8192;

pub(crate) fn echo() -> Result {
    let stream: TcpStream = handover::take()?;
    loop {
        let line = stream.read_line(LONGEST)?;
        if line.is_empty() {
            return Ok(String::new());
        }
        stream.write_all(&line)?;
    }
}
