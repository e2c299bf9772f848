//! A server of HTTP that answers what it is told to, and hands over what it was asked.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Whatever takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(120);

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its first line.
    pub line: String,
    /// The fields of its head.
    pub fields: Vec<(String, String)>,
    /// What came with it.
    pub body: String,
}

impl Asked {
    /// The value of a field of the head.
    #[must_use]
    pub fn field(&self, wanted: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| &**value)
    }
}

/// A server on this machine that gives a number of answers and then ends.
#[derive(Debug)]
pub struct HttpStub {
    address: SocketAddr,
    asked: Receiver<Asked>,
}

impl HttpStub {
    /// Gives these answers, one to each request: a status such as `200 OK`, further lines of the head, and the body.
    ///
    /// # Panics
    /// If the system gives no port.
    #[must_use]
    pub fn new(answers: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        let address = listener.local_addr().expect("a port of this machine");
        let answers: Vec<String> = answers
            .iter()
            .map(|(head, body)| {
                let length = body.len();
                format!(
                    "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                )
            })
            .collect();
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            for answer in answers {
                // Whoever asks without an end is not answered.
                let Ok((stream, _)) = listener.accept() else { return };
                let Ok(request) = read(&stream) else { continue };
                // The test may know enough.
                let _ = sender.send(request);
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { address, asked }
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request.
    ///
    /// # Panics
    /// If there is none in 120 seconds.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.asked.recv_timeout(TIME_MAX).expect("a request")
    }

    /// The requests so far.
    #[must_use]
    pub fn all(&self) -> Vec<Asked> {
        self.asked.try_iter().collect()
    }
}

/// What a server answers to `GET`: the head, and the body.
///
/// # Panics
/// If it does not answer.
#[must_use]
pub fn http_get(address: &str, target: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a server");
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a server that reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer with a head");
    (head.to_owned(), body.to_owned())
}

fn read(stream: &TcpStream) -> io::Result<Asked> {
    stream.set_read_timeout(Some(TIME_MAX))?;
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut head = head.into_iter();
    let line = head.next().unwrap_or_default();
    let field = |line: String| line.split_once(": ").map(|(a, b)| (a.to_owned(), b.to_owned()));
    let mut asked = Asked { line, fields: head.filter_map(field).collect(), body: String::new() };
    let length = asked.field("Content-Length").and_then(|text| text.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_string(&mut asked.body)?;
    Ok(asked)
}
