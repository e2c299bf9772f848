//! Where notifications go: the address of a topic of ntfy.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Fault, Raw, Setting, quoted, wrong};

/// The address of a topic, such as `https://ntfy.sh/my-topic`.
///
/// On a public server whoever knows the topic reads it, so that messages and `Debug` name the server alone.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct TopicUrl(String);

impl TopicUrl {
    /// Reads an address. The error is the reason alone.
    ///
    /// # Errors
    /// If it is not `http://` or `https://` with a host and one topic, and nothing else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let say = |why: &str| Err(why.to_owned());
        let Some((scheme @ ("https" | "http"), rest)) = text.split_once("://") else {
            return say("it does not begin with https://");
        };
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return say("it holds what no address can hold");
        }
        let (authority, topic) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return say(
                "a user or password may not stand in it; use user, password-file or token-file",
            );
        }
        if host(authority).is_empty() {
            return say("it names no server");
        }
        let name = topic.rsplit('/').next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !topic.bytes().all(|byte| plain(byte) || byte == b'/') {
            return say("behind the server comes one topic of letters, digits, - and _");
        }
        Ok(Self(format!("{scheme}://{rest}")))
    }

    /// The whole address.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown of it: the server.
    #[must_use]
    pub fn server(&self) -> &str {
        let begin = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0.get(begin..).and_then(|rest| rest.find('/')).map(|at| begin + at);
        self.0.get(..end.unwrap_or(self.0.len())).unwrap_or_default()
    }

    /// What may not be shown: the path to the topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.get(self.server().len()..).unwrap_or_default().trim_start_matches('/')
    }

    /// True if nobody else can listen on the way: it is encrypted, or does not leave this machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        let Some(authority) = self.server().strip_prefix("http://") else { return true };
        let host = host(authority);
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

/// The host of `host:port`.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

impl fmt::Debug for TopicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/(hidden)", self.server())
    }
}

impl TryFrom<String> for TopicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<TopicUrl> for String {
    fn from(url: TopicUrl) -> Self {
        url.0
    }
}

impl Setting for TopicUrl {
    const EXPECTS: &'static str = "the address of a topic, such as https://ntfy.sh/my-topic";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            // What was written is not repeated: it may hold a password.
            Raw::Text(text) | Raw::Variable(text) => Self::parse(text)
                .map_err(|why| format!("expected {}, but {why}", Self::EXPECTS).into()),
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_server_and_a_topic() {
        let url = TopicUrl::parse("https://ntfy.example:8443/a/my-topic").unwrap();
        assert_eq!((url.server(), url.topic()), ("https://ntfy.example:8443", "a/my-topic"));
        assert_eq!(format!("{url:?}"), "https://ntfy.example:8443/(hidden)");
        for bad in [
            "",
            "ntfy.sh/t",
            "ftp://ntfy.sh/t",
            "https://ntfy.sh",
            "https://ntfy.sh/",
            "https:///t",
            "https://:80/t",
            "https://u:p@ntfy.sh/t",
            "https://ntfy.sh/t?auth=x",
            "https://ntfy.sh/t#x",
            "https://ntfy.sh/t\r\nX: y",
            "https://ntfy.sh/thème",
            "https://ntfy.sh/a b",
        ] {
            assert!(TopicUrl::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_stays_on_this_machine_or_is_encrypted_is_private() {
        let private = |text: &str| TopicUrl::parse(text).unwrap().is_private();
        for text in
            ["https://ntfy.sh/t", "http://localhost/t", "http://127.0.0.9:8/t", "http://[::1]:8/t"]
        {
            assert!(private(text), "{text}");
        }
        for text in [
            "http://ntfy.sh/t",
            "http://10.0.0.1/t",
            "http://localhost.example/t",
            "http://[::2]/t",
        ] {
            assert!(!private(text), "{text}");
        }
    }
}
