//! Telling somebody how a run ended, by a server of [ntfy](https://ntfy.sh).
//!
//! A message is one `POST` to the address of a topic. What cannot be delivered is an error that names the server and never
//! the topic, a token or a password. Nothing here is worth failing for: whoever sends goes on.

mod header;
mod send;

use std::path::PathBuf;

use holdall_repo::Secret;

use crate::config::{NotifyOn, Priority, Resolved, TopicUrl};

pub use send::{Pause, patiently};

/// The largest text of a message in bytes; a longer one would become a file that is attached.
const BODY_BYTES_MAX: usize = 4000;
/// The longest title, in bytes.
const TITLE_BYTES_MAX: usize = 250;
/// The largest file with a token or password, in bytes.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was to do.
    Success,
    /// It failed.
    Failure,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How the run ended.
    pub outcome: Outcome,
    /// In a few words.
    pub title: String,
    /// In a few lines.
    pub body: String,
}

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file with a token or password cannot be used.
    #[error("cannot read {} for notifications: {why}", path.display())]
    Credential {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It is not said who sends.
    #[error("for notifications there is {what}")]
    Incomplete {
        /// What is missing, or too much.
        what: &'static str,
    },
    /// Everybody on the way could read it.
    #[error("{server} is another machine and would be told without encryption")]
    Plain {
        /// The server.
        server: String,
    },
    /// The server does not take it.
    #[error("{server} answered with status {status}: {said}")]
    Refused {
        /// The server.
        server: String,
        /// What it says in a number.
        status: u16,
        /// What it says in words, with nothing secret in it.
        said: String,
    },
    /// The server cannot be reached.
    #[error("cannot send to {server}: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// Why, with nothing secret in it.
        why: String,
    },
}

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// Directly.
    None,
    /// As the variables of the environment say: `HTTPS_PROXY`, `NO_PROXY` and their like.
    Environment,
}

/// Who sends.
#[derive(Debug, Clone)]
enum Sender {
    Anybody,
    Token(Secret),
    User(String, Secret),
}

/// Sends messages to one topic.
#[derive(Debug, Clone)]
pub struct Notifier {
    topic: TopicUrl,
    sender: Sender,
    on: NotifyOn,
    priority: Option<Priority>,
    tags: Vec<String>,
    title: Option<String>,
    agent: ureq::Agent,
}

impl Notifier {
    /// As the settings say; `None` if they name no topic.
    ///
    /// # Errors
    /// If a token or password cannot be read, or would go over the network for all to see.
    pub fn new(settings: &Resolved, proxy: Proxy) -> Result<Option<Self>, Error> {
        let notify = &settings.config.notify;
        let Some(topic) = notify.url.clone() else { return Ok(None) };
        if !topic.is_private() && !notify.allow_plain_http {
            return Err(Error::Plain { server: topic.server().to_owned() });
        }
        Ok(Some(Self {
            agent: send::agent(proxy, &topic),
            sender: sender(settings)?,
            topic,
            on: notify.on,
            priority: notify.priority,
            tags: notify.tags.clone(),
            title: notify.title.clone(),
        }))
    }

    /// True if somebody wants to know of runs that end so.
    #[must_use]
    pub fn tells(&self, outcome: Outcome) -> bool {
        match self.on {
            NotifyOn::Both => true,
            NotifyOn::Success => outcome == Outcome::Success,
            NotifyOn::Failure => outcome == Outcome::Failure,
        }
    }

    /// Sends a message, whether somebody wants to know or not. A server that is busy or cannot be reached is tried
    /// again twice, after `pause`.
    ///
    /// # Errors
    /// If it did not arrive.
    pub fn send(&self, message: &Message, pause: &Pause<'_>) -> Result<(), Error> {
        send::send(self, message, pause)
    }

    /// The fields of the head of a message.
    fn fields(&self, message: &Message) -> Vec<(&'static str, String)> {
        let failed = message.outcome == Outcome::Failure;
        let title = match &self.title {
            Some(own) => format!("{own}: {}", message.title),
            None => message.title.clone(),
        };
        let mut fields = vec![("Title", header::encoded(header::cut(&title, TITLE_BYTES_MAX)))];
        let priority = self.priority.or(failed.then_some(Priority::High));
        fields.extend(priority.map(|priority| ("Priority", priority.word().to_owned())));
        let mark = if failed { "rotating_light" } else { "white_check_mark" };
        let tags: Vec<&str> =
            [mark].into_iter().chain(self.tags.iter().map(|tag| &**tag)).collect();
        fields.push(("Tags", header::encoded(&tags.join(","))));
        match &self.sender {
            Sender::Anybody => {}
            Sender::Token(token) => fields.push(("Authorization", header::bearer(token))),
            Sender::User(user, password) => {
                fields.push(("Authorization", header::basic(user, password)));
            }
        }
        fields
    }

    /// A text with nothing secret in it, whatever repeats what was sent.
    fn harmless(&self, text: &str) -> String {
        let mut secrets = vec![self.topic.topic().to_owned()];
        match &self.sender {
            Sender::Anybody => {}
            Sender::Token(token) => secrets.push(header::text(token)),
            Sender::User(user, password) => {
                let basic = header::basic(user, password);
                secrets.push(basic.trim_start_matches("Basic ").to_owned());
                secrets.push(header::text(password));
            }
        }
        let mut text = text.to_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(&**secret, "(hidden)");
        }
        let text = holdall_tree::path::printable(text.trim().as_bytes()).into_owned();
        header::cut(&text, 200).to_owned()
    }
}

fn sender(settings: &Resolved) -> Result<Sender, Error> {
    let notify = &settings.config.notify;
    let given = |secret: &crate::config::Secret| Secret::new(secret.expose().as_bytes().to_vec());
    // The environment beats the file, as it does elsewhere.
    let read = |given: Option<Secret>, file: &Option<PathBuf>| match (given, file) {
        (Some(secret), _) => Ok(Some(secret)),
        (None, Some(file)) => secret_file(file).map(Some),
        (None, None) => Ok(None),
    };
    let token = read(settings.notify_token.as_ref().map(given), &notify.token_file)?;
    let password = read(settings.notify_password.as_ref().map(given), &notify.password_file)?;
    let missing = |what| Err(Error::Incomplete { what });
    match (token, &notify.user, password) {
        (Some(token), None, None) => Ok(Sender::Token(token)),
        (None, Some(user), Some(password)) => Ok(Sender::User(user.clone(), password)),
        (None, None, None) => Ok(Sender::Anybody),
        (Some(_), ..) => missing("both a token and a user or password"),
        (None, Some(_), None) => missing("a user without a password"),
        (None, None, Some(_)) => missing("a password without a user"),
    }
}

/// The first line of a file.
fn secret_file(path: &std::path::Path) -> Result<Secret, Error> {
    use std::io::Read;
    let fail = |why: String| Error::Credential { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| fail(error.to_string()))?;
    let read = file.take(SECRET_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| fail(error.to_string()))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    if line.is_empty() || !line.iter().all(|byte| byte.is_ascii_graphic() || *byte >= 0x80) {
        return Err(fail("its first line is empty, or no token or password".into()));
    }
    Ok(Secret::new(line.to_vec()))
}

#[cfg(test)]
mod tests;
