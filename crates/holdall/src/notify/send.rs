//! Sending over HTTP, with an end to waiting and to trying again.

use std::time::{Duration, Instant};

use holdall_tree::CancelToken;
use ureq::tls::{RootCerts, TlsConfig};

use super::{BODY_BYTES_MAX, Error, Message, Notifier, Proxy, header};
use crate::config::TopicUrl;

/// How long one attempt may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before each further attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// The longest pause that a server may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// How long it takes at most until a request to stop is seen.
const SLICE: Duration = Duration::from_millis(50);

/// Waits that long; false if there is no point in going on.
pub type Pause<'p> = dyn Fn(Duration) -> bool + 'p;

/// Waits by the clock, until somebody wants to stop.
pub fn patiently(cancel: &CancelToken) -> impl Fn(Duration) -> bool + '_ {
    |pause| {
        let until = Instant::now() + pause;
        while !cancel.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(SLICE));
        }
        false
    }
}

pub(super) fn agent(proxy: Proxy, topic: &TopicUrl) -> ureq::Agent {
    let local = topic.server().starts_with("http://") && topic.is_private();
    let proxy = match proxy {
        Proxy::Environment if !local => ureq::Proxy::try_from_env(),
        _ => None,
    };
    // The certificates that this machine trusts, so that those of one's own network count.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        // A token goes where it was meant to go, and nowhere else.
        .max_redirects(0)
        .proxy(proxy)
        .tls_config(tls)
        .user_agent(concat!("holdall/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

/// What became of one attempt that did not succeed.
struct Attempt {
    error: Error,
    /// True if the message did surely not arrive and may arrive later.
    again: bool,
    /// How long the server asks to wait.
    pause: Option<Duration>,
}

pub(super) fn send(notifier: &Notifier, message: &Message, pause: &Pause<'_>) -> Result<(), Error> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let Err(attempt) = once(notifier, message) else { return Ok(()) };
        let next = pauses.next().filter(|_| attempt.again);
        let Some(next) = next else { return Err(attempt.error) };
        if !pause(attempt.pause.unwrap_or(next).min(PAUSE_MAX)) {
            return Err(attempt.error);
        }
    }
}

fn once(notifier: &Notifier, message: &Message) -> Result<(), Attempt> {
    let server = notifier.topic.server().to_owned();
    let mut request = notifier.agent.post(notifier.topic.expose());
    for (name, value) in notifier.fields(message) {
        request = request.header(name, value);
    }
    let body = header::cut(&message.body, BODY_BYTES_MAX);
    let mut answer = request.send(body).map_err(|error| Attempt {
        again: was_not_sent(&error),
        error: Error::Unreachable {
            server: server.clone(),
            why: notifier.harmless(&error.to_string()),
        },
        pause: None,
    })?;
    let status = answer.status().as_u16();
    if (200..300).contains(&status) {
        return Ok(());
    }
    let seconds = answer.headers().get("Retry-After").and_then(|value| value.to_str().ok());
    let pause = seconds.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let said = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let said = notifier.harmless(&said.unwrap_or_default());
    Err(Attempt {
        again: status == 429 || status >= 500,
        error: Error::Refused { server, status, said },
        pause,
    })
}

/// True if nothing of the message reached the server, so that it is not told twice.
fn was_not_sent(error: &ureq::Error) -> bool {
    use std::io::ErrorKind as K;
    use ureq::{Error as E, Timeout};
    match error {
        E::HostNotFound | E::ConnectionFailed => true,
        E::Timeout(timeout) => matches!(timeout, Timeout::Resolve | Timeout::Connect),
        E::Io(error) => matches!(
            error.kind(),
            K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown
        ),
        _ => false,
    }
}
