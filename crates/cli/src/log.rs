//! Log lines: one event a line on standard error, for people or as JSON, each with the ID of the operation. What names
//! an event for programs is the `name:` of its macro.
//!
//! What a library reports may hold names from outside, so nothing is printed that could steer a terminal.

use std::hash::{BuildHasher, Hasher, RandomState};

use holdall::config::LogFormat;
use holdall::tree::path::printable;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry};

use crate::render;
use crate::screen::Screen;
use crate::wire::LogLine;

/// The ID of one run of the program, which all its log lines carry: 12 hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperationId(String);

impl OperationId {
    /// A new one. It tells runs from each other; it is no secret.
    pub(crate) fn random() -> Self {
        // The standard library keys each of these hashers with random bytes.
        let number = RandomState::new().build_hasher().finish();
        Self(format!("{:012x}", number & 0xffff_ffff_ffff))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sends the log of this process to `screen`. `filter` is what the user asked for in the words of `tracing`, such as
/// `holdall_repo=debug`; `level` counts if there is none or it is broken.
pub(crate) fn install(
    level: &str,
    filter: Option<&str>,
    format: LogFormat,
    operation: &OperationId,
    screen: &Screen,
) {
    let filter = filter
        .and_then(|filter| EnvFilter::try_new(filter).ok())
        .unwrap_or_else(|| EnvFilter::new(level));
    let lines = Lines { format, operation: operation.clone(), screen: screen.clone() };
    // Only tests that share a process set a second one; the first stays.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(filter).with(lines));
}

struct Lines {
    format: LogFormat,
    operation: OperationId,
    screen: Screen,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let now = jiff::Timestamp::now();
        let now = now.round(jiff::Unit::Millisecond).unwrap_or(now);
        let metadata = event.metadata();
        let line = Line {
            time: format!("{now:.3}"),
            level: *metadata.level(),
            target: metadata.target(),
            operation: self.operation.as_str(),
            // One that is given no name is named by its place in the code, which nobody may rely on.
            event: Some(metadata.name()).filter(|name| !name.contains(' ')).unwrap_or("other"),
            fields,
        };
        self.screen.line(&match self.format {
            LogFormat::Text => line.text(self.screen.color()),
            LogFormat::Json => line.json(),
        });
    }
}

struct Line<'l> {
    time: String,
    level: Level,
    target: &'l str,
    operation: &'l str,
    event: &'l str,
    fields: Fields,
}

impl Line<'_> {
    fn level(&self) -> (&'static str, &'static str) {
        match self.level {
            Level::ERROR => ("error", render::RED),
            Level::WARN => ("warn", render::YELLOW),
            Level::INFO => ("info", render::GREEN),
            Level::DEBUG => ("debug", render::BLUE),
            Level::TRACE => ("trace", render::DIM),
        }
    }

    fn text(&self, color: bool) -> String {
        let (word, code) = self.level();
        let mut text =
            format!("{} {} {}: ", self.time, render::paint(color, code, word), self.target);
        text.push_str(&printable(self.fields.message.as_bytes()));
        for (name, value) in &self.fields.rest {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.push_str(&format!(" {name}={}", printable(value.as_bytes())));
        }
        text.push_str(&render::paint(color, render::DIM, &format!(" op={}", self.operation)));
        text
    }

    fn json(&self) -> String {
        let line = LogLine {
            time: &self.time,
            level: self.level().0,
            operation: self.operation,
            event: self.event,
            target: self.target,
            message: &self.fields.message,
            fields: &self.fields.rest,
        };
        // A struct of texts and values of JSON always serializes.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// What an event carries.
#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.rest.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str) -> Line<'static> {
        let mut fields = Fields { message: message.to_owned(), ..Fields::default() };
        fields.rest.insert("bytes".into(), 7.into());
        fields.rest.insert("path".into(), "a\x1b[31mb".into());
        Line {
            time: "T".into(),
            level: Level::WARN,
            target: "holdall_repo",
            operation: "0123456789ab",
            event: "warning",
            fields,
        }
    }

    #[test]
    fn a_line_for_people_names_the_operation_and_steers_no_terminal() {
        let text = line("the \x07bell").text(false);
        assert_eq!(
            text,
            "T warn holdall_repo: the \\x07bell bytes=7 path=a\\x1b[31mb op=0123456789ab"
        );
    }

    #[test]
    fn a_line_of_json_is_one_object_on_one_line() {
        let text = line("two\nlines").json();
        assert!(!text.contains('\n'));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["operation"], "0123456789ab");
        assert_eq!(value["level"], "warn");
        assert_eq!(value["event"], "warning");
        assert_eq!(value["fields"]["bytes"], 7);
        assert_eq!(value["message"], "two\nlines");
    }

    #[test]
    fn operations_have_ids_of_their_own() {
        let (a, b) = (OperationId::random(), OperationId::random());
        assert_ne!(a, b);
        assert!(a.as_str().len() == 12 && a.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
