//! What a key may hold, and how that is read from a file or a variable.

use std::path::PathBuf;
use std::str::FromStr;

use holdall_tree::path::printable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Base, Fault, Raw, Setting, quoted, wrong};
use super::units::{ByteSize, Moment, Span};

impl Setting for bool {
    const EXPECTS: &'static str = "true or false";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::Bool(value) => Ok(*value),
            Raw::Variable("true" | "1" | "yes" | "on") => Ok(true),
            Raw::Variable("false" | "0" | "no" | "off") => Ok(false),
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u64 {
    const EXPECTS: &'static str = "a whole number from 0 to 9223372036854775807";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let number = match raw {
            Raw::Integer(number) => Self::try_from(*number).ok(),
            Raw::Variable(text) => {
                text.trim().parse::<i64>().ok().and_then(|number| Self::try_from(number).ok())
            }
            _ => None,
        };
        number.ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for String {
    const EXPECTS: &'static str = "a text that is not empty";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::Text(text) | Raw::Variable(text) if !text.is_empty() && !text.contains('\0') => {
                Ok((*text).to_owned())
            }
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl<T: Setting> Setting for Vec<T> {
    const EXPECTS: &'static str = "a list";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::List(list) => {
                let numbered = (1..).zip(list);
                numbered
                    .map(|(number, one)| {
                        T::read(&one.raw).map_err(|fault| fault.of_item(number).or_at(one.at))
                    })
                    .collect()
            }
            Raw::Variable("") => Ok(Self::new()),
            Raw::Variable(text) => {
                text.split(',').map(|one| T::read(&Raw::Variable(one.trim()))).collect()
            }
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        let all: Vec<String> = self.iter().map(Setting::show).collect();
        format!("[{}]", all.join(", "))
    }

    fn rebase(&mut self, base: Base<'_>) {
        self.iter_mut().for_each(|one| one.rebase(base));
    }
}

impl Setting for PathBuf {
    const EXPECTS: &'static str = "a path";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        String::read(raw).map(Self::from).map_err(|_| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }

    fn rebase(&mut self, base: Base<'_>) {
        if let (Ok(below), Some(home)) = (self.strip_prefix("~"), base.home) {
            *self = home.join(below);
        } else if let Some(dir) = base.dir {
            *self = dir.join(&*self);
        }
    }
}

/// Where a repository is: a path or a URL. A path in a file is relative to that file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryUrl(pub String);

impl RepositoryUrl {
    /// The URL without the password that may stand in it.
    #[must_use]
    pub fn masked(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return self.0.clone() };
        let (authority, path) =
            rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
        match authority.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => {
                let user = user.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}:(hidden)@{host}{path}")
            }
            _ => self.0.clone(),
        }
    }
}

impl Setting for RepositoryUrl {
    const EXPECTS: &'static str = "a path or URL";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        String::read(raw).map(Self).map_err(|_| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        quoted(&self.masked())
    }

    fn rebase(&mut self, base: Base<'_>) {
        let scheme = self.0.split('/').next().is_some_and(|first| first.contains(':'));
        if !scheme {
            let mut path = PathBuf::from(&self.0);
            path.rebase(base);
            if let Some(path) = path.to_str() {
                self.0 = path.to_owned();
            }
        }
    }
}

/// How many threads: 1 to 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub struct Threads(#[schemars(range(min = 1, max = 1024))] pub u16);

impl Setting for Threads {
    const EXPECTS: &'static str = "a number of threads from 1 to 1024";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let number = u64::read(raw).ok().and_then(|number| u16::try_from(number).ok());
        number
            .filter(|number| (1..=1024).contains(number))
            .map(Self)
            .ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A time to wait, in seconds. Written as `30s`, `10m`, `10min`, `2h` or `1d`: nobody waits for months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub struct Wait(pub u64);

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is no time such as 30s, 10m, 2h or 1d");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits).ok_or_else(bad)?;
        let factor = match unit {
            "s" | "" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(bad()),
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        seconds.map(Self).ok_or_else(bad)
    }
}

impl Setting for Wait {
    const EXPECTS: &'static str = "a time such as 30s, 10m, 2h or 1d";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::Integer(number) => {
                u64::try_from(*number).map(Self).map_err(|_| wrong::<Self>(raw))
            }
            Raw::Text(text) | Raw::Variable(text) => {
                text.parse().map_err(|reason: String| reason.into())
            }
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        quoted(&format!("{}s", self.0))
    }
}

/// The size that packs are filled to: 4 to 128 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub struct PackSize(pub ByteSize);

impl Setting for PackSize {
    const EXPECTS: &'static str = "a size from 4 MiB to 128 MiB";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let size = ByteSize::read(raw)?;
        let range = ByteSize::mib(4)..=ByteSize::mib(128);
        if range.contains(&size) { Ok(Self(size)) } else { Err(wrong::<Self>(raw)) }
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

impl Setting for ByteSize {
    const EXPECTS: &'static str = "a size such as 500k, 10 MiB or 1.5 GB";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::Integer(number) => {
                u64::try_from(*number).map(Self).map_err(|_| wrong::<Self>(raw))
            }
            Raw::Text(text) | Raw::Variable(text) => {
                text.parse().map_err(|error| format!("{raw} is {error}").into())
            }
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// How much unused data may stay in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub enum MaxUnused {
    /// So many percent of what is used, 0 to 100.
    Percent(u8),
    /// So many bytes.
    Size(ByteSize),
    /// Any amount.
    Unlimited,
}

impl Setting for MaxUnused {
    const EXPECTS: &'static str = "a share such as 5%, a size, or unlimited";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let (Raw::Text(text) | Raw::Variable(text)) = raw else {
            return ByteSize::read(raw).map(Self::Size).map_err(|_| wrong::<Self>(raw));
        };
        if *text == "unlimited" {
            return Ok(Self::Unlimited);
        }
        let read = match text.strip_suffix('%') {
            Some(share) => share.parse().ok().filter(|share| *share <= 100).map(Self::Percent),
            None => text.parse().ok().map(Self::Size),
        };
        read.ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        match self {
            Self::Percent(share) => quoted(&format!("{share}%")),
            Self::Size(size) => size.show(),
            Self::Unlimited => quoted("unlimited"),
        }
    }
}

/// How many snapshots a rule keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub enum Keep {
    /// Up to this many.
    Of(u32),
    /// One for every period there is.
    All,
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" | "unlimited" => Ok(Self::All),
            _ => text.parse().map(Self::Of).map_err(|_| {
                format!("\"{}\" is neither a number nor `all`", printable(text.as_bytes()))
            }),
        }
    }
}

impl Setting for Keep {
    const EXPECTS: &'static str = "a number of snapshots from 0 to 4294967295, or \"all\"";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let read = match raw {
            Raw::Integer(number) => u32::try_from(*number).ok().map(Self::Of),
            // In a file a number is written as a number.
            Raw::Text(text) => text.parse().ok().filter(|keep| *keep == Self::All),
            Raw::Variable(text) => text.trim().parse().ok(),
            _ => None,
        };
        read.ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        match self {
            Self::Of(number) => number.to_string(),
            Self::All => quoted("all"),
        }
    }
}

/// A number of tokens. Written as `128000` or `128k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Scalar", into = "Scalar")]
pub struct TokenCount(pub u64);

impl FromStr for TokenCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, times) = match text.strip_suffix(['k', 'K']) {
            Some(digits) => (digits, 1000),
            None => match text.strip_suffix(['m', 'M']) {
                Some(digits) => (digits, 1_000_000),
                None => (text, 1),
            },
        };
        let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(times));
        let number = number.filter(|number| (1..=i64::MAX as u64).contains(number));
        number
            .map(Self)
            .ok_or_else(|| "write a number of tokens, such as 128000 or 128k".to_owned())
    }
}

impl Setting for TokenCount {
    const EXPECTS: &'static str = "a number of tokens such as 128000 or 128k";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let read = match raw {
            Raw::Integer(number) => number.to_string().parse().ok(),
            Raw::Text(text) | Raw::Variable(text) => text.parse().ok(),
            _ => None,
        };
        read.ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// How the value of a key looks in JSON and TOML if it may be written as number or text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Integer(i64),
    Text(String),
}

macro_rules! scalar {
    ($($type:ty),*) => {$(
        impl TryFrom<Scalar> for $type {
            type Error = String;

            fn try_from(scalar: Scalar) -> Result<Self, String> {
                let read = match &scalar {
                    Scalar::Integer(number) => Self::read(&Raw::Integer(*number)),
                    Scalar::Text(text) => Self::read(&Raw::Text(text)),
                };
                read.map_err(|fault| fault.reason)
            }
        }

        impl From<$type> for Scalar {
            fn from(value: $type) -> Self {
                let shown = value.show();
                shown.parse().map_or_else(|_| Self::Text(shown.trim_matches('"').to_owned()), Self::Integer)
            }
        }
    )*};
}

scalar!(ByteSize, Keep, PackSize, MaxUnused, Threads, TokenCount, Wait);

macro_rules! text {
    ($($type:ty: $expects:literal),*) => {$(
        impl Setting for $type {
            const EXPECTS: &'static str = $expects;

            fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
                match raw {
                    Raw::Text(text) | Raw::Variable(text) => {
                        text.parse().map_err(|error| format!("{raw} is {error}").into())
                    }
                    _ => Err(wrong::<Self>(raw)),
                }
            }

            fn show(&self) -> String {
                quoted(&self.to_string())
            }
        }

        impl TryFrom<String> for $type {
            type Error = super::units::UnitError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}

text!(Span: "a length of time such as 2h, 3d or 1y5m7d2h", Moment: "a length of time such as 3d, or a date such as 2026-05-01");
