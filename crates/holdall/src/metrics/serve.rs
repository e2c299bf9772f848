//! A small HTTP server for one text: `GET /metrics`, and `GET /healthz`.
//!
//! Everything that comes in has a limit: how long a request may be, how long it may take, and how many are answered at
//! once. Each connection is closed after one answer.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// How long a request, and its answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are answered at once.
const AT_ONCE_MAX: usize = 8;
/// How long the server rests when the system accepts nothing, such as for want of handles.
const REST: Duration = Duration::from_millis(100);

/// From where the text may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This machine alone.
    ThisMachine,
    /// Wherever the address can be reached from.
    Anywhere,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from elsewhere.
    #[error("{address} can be reached from other machines")]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// The system says why.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A server; it ends when this is dropped.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

type Text = dyn Fn() -> String + Send + Sync;

impl Endpoint {
    /// Serves what `text` returns, which is called for each request.
    ///
    /// # Errors
    /// [`ServeError`] if the address is taken, or can be reached from elsewhere and `reach` does not allow that.
    pub fn start(
        address: SocketAddr,
        reach: Reach,
        text: impl Fn() -> String + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        if reach == Reach::ThisMachine && !address.ip().is_loopback() {
            return Err(ServeError::Exposed { address });
        }
        let fail = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let text: Arc<Text> = Arc::new(text);
        let thread = std::thread::spawn(move || serve(&listener, &stopped, &text));
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Where it listens; the port is a real one though 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        // Whoever waits for a connection gets one more. If it cannot be had, the thread ends with the process.
        let address = SocketAddr::new(ip, self.address.port());
        let woken = TcpStream::connect_timeout(&address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, stop: &AtomicBool, text: &Arc<Text>) {
    let busy = Arc::new(AtomicUsize::new(0));
    while !stop.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(REST);
            continue;
        };
        if stop.load(Ordering::SeqCst) {
            return;
        }
        // Only this thread adds.
        if busy.load(Ordering::SeqCst) >= AT_ONCE_MAX {
            let _ = answer(stream, "503 Service Unavailable", "too many at once\n", Body::Sent);
            continue;
        }
        busy.fetch_add(1, Ordering::SeqCst);
        let (text, busy) = (Arc::clone(text), Arc::clone(&busy));
        std::thread::spawn(move || {
            // Whoever does not read its answer does not get one.
            let _ = respond(stream, &*text);
            busy.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Whether what is answered is sent, or only its head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Sent,
    Left,
}

fn respond(mut stream: TcpStream, text: &Text) -> std::io::Result<()> {
    let Some(head) = head(&mut stream)? else {
        return answer(stream, "400 Bad Request", "no request that can be read\n", Body::Sent);
    };
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !words.next().is_some_and(|version| version.starts_with("HTTP/1.")) {
        return answer(stream, "400 Bad Request", "no request that can be read\n", Body::Sent);
    }
    let body = match method {
        "GET" => Body::Sent,
        "HEAD" => Body::Left,
        _ => return answer(stream, "405 Method Not Allowed", "only GET\n", Body::Sent),
    };
    match target.split('?').next().unwrap_or_default() {
        "/metrics" => answer(stream, "200 OK", &text(), body),
        "/healthz" => answer(stream, "200 OK", "ok\n", body),
        _ => answer(stream, "404 Not Found", "there are /metrics and /healthz\n", body),
    }
}

/// The head of a request; `None` if it is too long or no text.
fn head(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let until = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read == 0 || bytes.len() > HEAD_BYTES_MAX {
            return Ok(None);
        }
    }
    Ok(String::from_utf8(bytes).ok())
}

fn answer(mut stream: TcpStream, status: &str, body: &str, sent: Body) -> std::io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    if sent == Body::Sent {
        text.push_str(body);
    }
    stream.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    fn start() -> Endpoint {
        Endpoint::start(local(0), Reach::ThisMachine, || "m 1\n".to_owned()).unwrap()
    }

    /// What is answered to these bytes.
    fn ask(endpoint: &Endpoint, request: &str) -> String {
        let mut stream = TcpStream::connect(endpoint.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_text_is_served_and_nothing_else() {
        let endpoint = start();
        for (request, status, body) in [
            ("GET /metrics HTTP/1.1", "200 OK", "m 1\n"),
            ("GET /metrics?x=1 HTTP/1.0", "200 OK", "m 1\n"),
            ("HEAD /metrics HTTP/1.1", "200 OK", ""),
            ("GET /healthz HTTP/1.1", "200 OK", "ok\n"),
            ("GET / HTTP/1.1", "404 Not Found", "there are /metrics and /healthz\n"),
            ("POST /metrics HTTP/1.1", "405 Method Not Allowed", "only GET\n"),
            ("nonsense", "400 Bad Request", "no request that can be read\n"),
        ] {
            let answer = ask(&endpoint, &format!("{request}\r\nHost: x\r\n\r\n"));
            let (head, said) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}: {head}");
            assert_eq!(said, body, "{request}");
        }
    }

    #[test]
    fn a_request_without_an_end_is_refused() {
        let endpoint = start();
        let mut stream = TcpStream::connect(endpoint.address()).unwrap();
        stream.write_all(&vec![b'x'; HEAD_BYTES_MAX + 1024]).unwrap();
        let mut text = Vec::new();
        // The server may be gone before it has read everything.
        let _ = stream.read_to_end(&mut text);
        assert!(text.is_empty() || text.starts_with(b"HTTP/1.1 400 "));
        assert!(ask(&endpoint, "GET /healthz HTTP/1.1\r\n\r\n").ends_with("ok\n"));
    }

    #[test]
    fn whoever_says_nothing_does_not_keep_others_from_it() {
        let endpoint = start();
        let silent: Vec<TcpStream> =
            (1..AT_ONCE_MAX).map(|_| TcpStream::connect(endpoint.address()).unwrap()).collect();
        assert!(ask(&endpoint, "GET /healthz HTTP/1.1\r\n\r\n").ends_with("ok\n"));
        drop(silent);
    }

    #[test]
    fn a_port_that_is_taken_and_an_address_for_all_are_told() {
        let endpoint = start();
        let none = || String::new();
        let taken = Endpoint::start(endpoint.address(), Reach::ThisMachine, none);
        assert!(matches!(taken, Err(ServeError::Listen { .. })));
        let all = (Ipv4Addr::UNSPECIFIED, 0).into();
        let exposed = Endpoint::start(all, Reach::ThisMachine, none);
        assert!(matches!(exposed, Err(ServeError::Exposed { .. })));
        assert_ne!(Endpoint::start(all, Reach::Anywhere, none).unwrap().address().port(), 0);
    }

    #[test]
    fn it_ends_when_it_is_dropped() {
        let held = Arc::new(());
        let text = Arc::clone(&held);
        let endpoint = Endpoint::start(local(0), Reach::ThisMachine, move || format!("{text:?}"));
        drop(endpoint.unwrap());
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
