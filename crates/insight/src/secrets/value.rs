//! What tells a value that somebody really uses from one that stands for another.

use std::str::FromStr;

/// Which values of a rule are no secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Check {
    /// Whatever matches is one.
    #[default]
    Any,
    /// Not references, templates and empty values: for files that are made to hold secrets.
    Shape,
    /// Nor words that people write where a secret is to be put in.
    Word,
    /// And it has letters and digits: for files that are not made to hold secrets.
    Strong,
    /// As `Word`, and the host of the URL around it is not one of those that stand for any.
    Url,
}

impl FromStr for Check {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "any" => Self::Any,
            "shape" => Self::Shape,
            "word" => Self::Word,
            "strong" => Self::Strong,
            "url" => Self::Url,
            _ => return Err(()),
        })
    }
}

impl Check {
    /// True if `secret`, found in `matched`, is one.
    pub(super) fn passes(self, secret: &[u8], matched: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Shape => !stands_for_another(secret),
            Self::Word => !stands_for_another(secret) && !is_stock(secret),
            Self::Strong => {
                let digit = secret.iter().any(u8::is_ascii_digit);
                let letter = secret.iter().any(u8::is_ascii_alphabetic);
                digit && letter && Self::Word.passes(secret, matched)
            }
            Self::Url => Self::Word.passes(secret, matched) && !is_stock_url(secret, matched),
        }
    }
}

/// How many bits one byte of `secret` is worth, by how often each occurs in it.
pub(super) fn entropy(secret: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in secret {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "secrets are far shorter than 2^52 bytes")]
    let len = secret.len() as f64;
    let used = counts.iter().filter(|count| **count > 0);
    used.map(|count| f64::from(*count) / len).map(|share| -share * share.log2()).sum()
}

/// Values that name where the real one is, or that nothing is there.
fn stands_for_another(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let small = value.to_ascii_lowercase();
    let Some(first) = small.first() else { return true };
    const NOTHING: &[&[u8]] = &[
        b"null",
        b"nil",
        b"none",
        b"true",
        b"false",
        b"undefined",
        b"default",
        b"put your unique phrase here",
        b"password_here",
    ];
    const BEGINS: &[&[u8]] = &[
        b"$",
        b"<",
        b"%(",
        b"%s",
        b"@",
        b"{{",
        b"#{",
        b"env(",
        b"env.",
        b"env[",
        b"env:",
        b"enc[",
        b"getenv",
        b"process.env",
        b"os.environ",
        b"os.getenv",
        b"file:",
        b"vault:",
        b"secret:",
        b"ref:",
        b"op://",
        b"arn:",
        b"!vault",
        b"!secret",
        b"...",
    ];
    const HOLDS: &[&[u8]] = &[b"${", b"$(", b"{{", b"<%", b"%>"];
    let same = small.iter().all(|byte| byte == first) && small.len() < 40;
    same || NOTHING.contains(&small.as_slice())
        || BEGINS.iter().any(|begin| small.starts_with(begin))
        || HOLDS.iter().any(|part| holds(&small, part))
        || small.first().zip(small.last()) == Some((&b'%', &b'%'))
        || small.first().zip(small.last()) == Some((&b'[', &b']'))
}

/// Values that stand in examples everywhere.
fn is_stock(value: &[u8]) -> bool {
    let small = value.trim_ascii().to_ascii_lowercase();
    const WORDS: &[&[u8]] = &[
        b"password",
        b"passwd",
        b"pass",
        b"pwd",
        b"pw",
        b"passphrase",
        b"secret",
        b"token",
        b"key",
        b"apikey",
        b"api_key",
        b"test",
        b"tests",
        b"testing",
        b"user",
        b"username",
        b"root",
        b"admin",
        b"guest",
        b"foo",
        b"bar",
        b"baz",
        b"foobar",
        b"hello",
        b"string",
        b"str",
        b"text",
        b"value",
        b"postgres",
        b"mysql",
        b"redis",
        b"mongo",
        b"rabbitmq",
        b"docker",
        b"login",
        b"name",
        b"basic",
        b"bearer",
        b"auth",
        b"hunter2",
        b"letmein",
        b"abc",
        b"abc123",
        b"abcdef",
        b"123",
        b"1234",
        b"12345",
        b"123456",
        b"12345678",
        b"123456789",
        b"qwerty",
        b"p",
        b"pass123",
        b"password1",
        b"password123",
        b"passw0rd",
        b"p@ssw0rd",
        b"p@ssword",
        b"s3cr3t",
        b"s3cret",
        b"secret123",
        b"correct-horse-battery-staple",
        b"correcthorsebatterystaple",
        b"mypassword",
        b"mypass",
        b"mysecret",
        b"my_password",
        b"my-password",
        b"my_secret",
        b"my-secret",
        b"testpassword",
        b"test_password",
        b"test-password",
        b"test123",
        b"test1234",
        b"userpass",
        b"supersecret",
        b"verysecret",
        b"topsecret",
        b"notsecret",
    ];
    const PARTS: &[&[u8]] = &[
        b"example",
        b"changeme",
        b"change_me",
        b"change-me",
        b"change this",
        b"changethis",
        b"replace",
        b"placeholder",
        b"dummy",
        b"insert",
        b"your_",
        b"your-",
        b"yourpass",
        b"yoursecret",
        b"your ",
        b"sample",
        b"redacted",
        b"xxxx",
        b"****",
        b"todo",
        b"fixme",
        b"fake",
        b"not-a-",
        b"not_a_",
        b"notareal",
        b"not-real",
        b"invalid",
        b"lorem",
        b"_here",
        b"-here",
        b"django-insecure",
    ];
    WORDS.contains(&small.as_slice()) || PARTS.iter().any(|part| holds(&small, part))
}

/// `USER:PASSWORD@HOST`, where the user is the password or the host is any.
fn is_stock_url(secret: &[u8], matched: &[u8]) -> bool {
    let rest = matched.strip_prefix(b"://").unwrap_or(matched);
    let user = rest.split(|b| *b == b':').next().unwrap_or_default();
    let host = rest.rsplit(|b| *b == b'@').next().unwrap_or_default().to_ascii_lowercase();
    const ENDS: &[&[u8]] =
        &[b".example", b".test", b".invalid", b".local", b".localhost", b".internal"];
    user.eq_ignore_ascii_case(secret)
        || host.starts_with(b"127.")
        || host == b"0.0.0.0"
        || ENDS.iter().any(|end| host.ends_with(end))
        || holds(&host, b"example")
        || !host.contains(&b'.')
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_bits_a_byte() {
        assert!(entropy(b"") == 0.0 && entropy(b"aaaa") == 0.0);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn references_and_templates_are_no_secrets() {
        for value in [
            "",
            " ",
            "$PASS",
            "${PASS}",
            "{{ pass }}",
            "<pass>",
            "%PASS%",
            "****",
            "null",
            "ENC[AES256,x]",
            "a${B}c",
        ] {
            assert!(!Check::Shape.passes(value.as_bytes(), b""), "{value:?}");
        }
        assert!(Check::Shape.passes(b"password", b""));
    }

    #[test]
    fn words_of_examples_are_secrets_only_where_secrets_belong() {
        for value in ["password", "changeme", "your_password", "Hunter2"] {
            assert!(!Check::Word.passes(value.as_bytes(), b""), "{value:?}");
        }
        assert!(Check::Word.passes(b"hunter22", b""));
        assert!(Check::Strong.passes(b"hunter22", b"") && !Check::Strong.passes(b"swordfish", b""));
    }

    #[test]
    fn urls_of_examples_hold_no_secrets() {
        let passes =
            |text: &str, secret: &str| Check::Url.passes(secret.as_bytes(), text.as_bytes());
        assert!(passes("://u:k33pout@db.corp.net", "k33pout")); // holdall:allow
        for host in ["example.com", "localhost", "127.0.0.1", "db", "a.test"] {
            assert!(!passes(&format!("://u:k33pout@{host}"), "k33pout"), "{host}");
        }
        assert!(!passes("://same:same@db.corp.net", "same"));
    }
}
