//! Fetches a page by HTTP.

use std::io::{self, Write};

use cogen_guest::net::TcpStream;

use crate::Result;

pub(crate) fn fetch(address: &str, path: &str) -> Result {
    let stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n"))?;
    let mut page = Vec::new();
    io::copy(&mut &stream, &mut page).map_err(|error| error.to_string())?;
    io::stdout().write_all(&page).map_err(|error| error.to_string())?;
    Ok(page.len().to_string())
}
