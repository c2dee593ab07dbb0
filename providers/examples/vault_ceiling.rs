//! How fast a Vault or OpenBao server can be at all: a bare client, with connections that are kept open and nothing
//! around the requests, makes the three calls of a migration for each entry (probe, write with `cas=0`, read back).
//!
//! `vault_ceiling HOST:PORT MOUNT PREFIX COUNT CONNECTIONS` with the token in `VAULT_TOKEN` prints entries a second.
//! `benches/migrate-throughput` holds keylift against it.

use std::io::{Error, ErrorKind, Result, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection that is kept open.
struct Bare {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Bare {
    /// Sends a request; gives the status of its answer, whose body stays in the buffer.
    async fn ask(&mut self, request: &str) -> Result<u16> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let bad = || Error::from(ErrorKind::InvalidData);
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end]).map_err(|_| bad())?;
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            let length = length.ok_or_else(bad)?;
            let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(bad)?;
            if self.buffer.len() >= end + 4 + length {
                return Ok(status);
            }
        }
    }
}

/// Takes entries until there are none left.
async fn work(authority: String, data: String, token: String, next: Arc<AtomicUsize>, count: usize) -> Result<()> {
    let stream = TcpStream::connect(&authority).await?;
    stream.set_nodelay(true)?;
    let mut bare = Bare { stream, buffer: Vec::with_capacity(4096) };
    let common = format!("Host: {authority}\r\nX-Vault-Token: {token}\r\nX-Vault-Request: true\r\n");
    let wrong = |what: &str, status| Error::other(format!("{what} answered {status}"));
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(());
        }
        let path = format!("/v1/{data}/S{number:06}");
        let value = format!("value of number {number:06}");
        let get = format!("GET {path} HTTP/1.1\r\n{common}\r\n");
        let body = format!(r#"{{"data":{{"value":"{value}"}},"options":{{"cas":0}}}}"#);
        let put = format!(
            "POST {path} HTTP/1.1\r\n{common}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match (bare.ask(&get).await?, bare.ask(&put).await?, bare.ask(&get).await?) {
            (404, 200, 200) if bare.buffer.windows(value.len()).any(|found| found == value.as_bytes()) => {}
            answers => return Err(wrong("probe, write, read back", format!("{answers:?}"))),
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = || Error::other("usage: vault_ceiling HOST:PORT MOUNT PREFIX COUNT CONNECTIONS");
    let [authority, mount, prefix, count, connections] = arguments.try_into().map_err(|_| usage())?;
    let count: usize = count.parse().map_err(|_| usage())?;
    let connections: usize = connections.parse().map_err(|_| usage())?;
    let token = std::env::var("VAULT_TOKEN").map_err(|_| Error::other("VAULT_TOKEN is not set"))?;
    let (data, next) = (format!("{mount}/data/{prefix}"), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let workers = (0..connections)
        .map(|_| tokio::spawn(work(authority.clone(), data.clone(), token.clone(), Arc::clone(&next), count)));
    for worker in futures_util::future::join_all(workers).await {
        worker??;
    }
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)] // Counts of entries are small.
    let rate = count as f64 / seconds;
    writeln!(std::io::stdout(), "{rate:.1}")
}
