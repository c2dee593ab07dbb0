//! A proxy on loopback that breaks what goes through it, as a script or chance says.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// 429 with `Retry-After: 0`; the server never sees the request.
    TooMany,
    /// 503 from something in between, with a page instead of an answer; the server never sees the request.
    Unavailable,
    /// Another status, with a page instead of an answer; the server never sees the request.
    Status(u16),
    /// The connection ends before the server sees the request.
    Reset,
    /// The server answers, and the connection ends before the answer is through.
    AnswerLost,
    /// The server answers, and half of the answer's body comes through.
    Truncated,
    /// The request takes its time.
    Slow(Duration),
}

/// Everything but slowness: what a write must survive.
pub const FAULTS: [Fault; 5] = [Fault::TooMany, Fault::Unavailable, Fault::Reset, Fault::AnswerLost, Fault::Truncated];

/// What a fault is decided on.
pub struct Seen<'a> {
    /// The request line and the headers.
    pub head: &'a str,
    /// How many requests went before, of all kinds.
    pub index: usize,
}

type Decide = dyn Fn(&Seen<'_>) -> Fault + Send + Sync;

/// A running proxy. It ends when it is dropped.
pub struct Proxy {
    authority: String,
    stop: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    decide: Mutex<Arc<Decide>>,
    count: AtomicUsize,
    broken: AtomicUsize,
}

impl Proxy {
    /// A proxy to the server at `upstream` (`host:port`) that breaks nothing yet.
    pub fn new(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let authority = listener.local_addr().expect("an address").to_string();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            decide: Mutex::new(Arc::new(|_: &Seen<'_>| Fault::None)),
            count: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
        });
        let stop = Arc::new(AtomicBool::new(false));
        let (ending, state) = (Arc::clone(&stop), Arc::clone(&shared));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&state);
                // A client that goes away is none of the proxy's business.
                std::thread::spawn(move || connection.and_then(|client| state.serve(client)));
            }
        });
        Self { authority, stop, shared }
    }

    /// The proxy's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// Decides from now on what happens to each request.
    pub fn decide(&self, decide: impl Fn(&Seen<'_>) -> Fault + Send + Sync + 'static) {
        self.shared.count.store(0, Ordering::SeqCst);
        *self.shared.decide.lock().expect("a lock") = Arc::new(decide);
    }

    /// Breaks the first requests whose head holds `part`, in this order, and no others.
    pub fn script(&self, part: &'static str, faults: &[Fault]) {
        let left = Mutex::new(faults.iter().rev().copied().collect::<Vec<_>>());
        self.decide(move |seen| {
            if seen.head.contains(part) {
                left.lock().expect("a lock").pop().unwrap_or(Fault::None)
            } else {
                Fault::None
            }
        });
    }

    /// As [`Proxy::script`], and counts the requests whose head holds `part`.
    pub fn count(&self, part: &'static str, faults: &[Fault]) -> Arc<AtomicUsize> {
        let left = Mutex::new(faults.iter().rev().copied().collect::<Vec<_>>());
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        self.decide(move |request| {
            if !request.head.contains(part) {
                return Fault::None;
            }
            counter.fetch_add(1, Ordering::SeqCst);
            left.lock().expect("a lock").pop().unwrap_or(Fault::None)
        });
        seen
    }

    /// Breaks about `percent` of a hundred requests, each time the same ones for a seed.
    pub fn storm(&self, seed: u64, percent: u64) {
        self.decide(move |seen| {
            // SplitMix64: every number of a row is independent enough of the one before.
            let mut z = seed.wrapping_add((seen.index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            if z % 100 >= percent {
                return Fault::None;
            }
            match (z / 100) % 6 {
                5 => Fault::Slow(Duration::from_millis(20)),
                which => FAULTS[usize::try_from(which).expect("small")],
            }
        });
    }

    /// How many requests were broken so far.
    pub fn broken(&self) -> usize {
        self.shared.broken.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.authority);
    }
}

impl Shared {
    /// One request, one connection.
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut reader = BufReader::new(client.try_clone()?);
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "connection" => continue,
                _ => {}
            }
            head.push_str(&line);
        }
        let decide = Arc::clone(&self.decide.lock().expect("a lock"));
        let fault = decide(&Seen { head: &head, index: self.count.fetch_add(1, Ordering::SeqCst) });
        if fault != Fault::None {
            self.broken.fetch_add(1, Ordering::SeqCst);
        }
        // A body that nobody reads makes the system reset the connection.
        if fault == Fault::Reset {
            return client.shutdown(Shutdown::Both);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let page = "<html>please come again</html>";
        let refusal = |status: &str, more: &str| {
            format!("HTTP/1.1 {status}\r\n{more}Connection: close\r\nContent-Length: {}\r\n\r\n{page}", page.len())
        };
        let mut client = client;
        match fault {
            Fault::TooMany => {
                client.write_all(refusal("429 Too Many Requests", "Retry-After: 0\r\n").as_bytes())?;
                return client.shutdown(Shutdown::Write);
            }
            Fault::Unavailable => {
                client.write_all(refusal("503 Service Unavailable", "").as_bytes())?;
                return client.shutdown(Shutdown::Write);
            }
            Fault::Status(status) => {
                client.write_all(refusal(&format!("{status} As The Test Says"), "Retry-After: 0\r\n").as_bytes())?;
                return client.shutdown(Shutdown::Write);
            }
            Fault::Slow(time) => std::thread::sleep(time),
            _ => {}
        }
        let answer = self.ask(&head, &body)?;
        match fault {
            Fault::AnswerLost => return client.shutdown(Shutdown::Both),
            Fault::Truncated => {
                let start = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
                client.write_all(&answer[..start + (answer.len() - start) / 2])?;
            }
            _ => client.write_all(&answer)?,
        }
        client.shutdown(Shutdown::Both)
    }

    /// The server's whole answer, with word that the connection ends.
    fn ask(&self, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream)?;
        server.set_read_timeout(Some(Duration::from_secs(30)))?;
        server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
        server.write_all(body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}
