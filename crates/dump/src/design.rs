//! Designs: templates of users for what stands around the files of a dump.
//!
//! A template is written in the language of Jinja and has up to four macros: `head(dump)` stands before the contents,
//! `file(file)` before and `file_end(file)` behind each file, `foot(dump)` behind all. What a template leaves out is as
//! usual. The marks, the text of each file and the manifest are always ours, so that whatever a template says, the dump
//! comes back.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value as Given};

use crate::escape;
use crate::head::{Fact, Head, Line, Nonce, Table, Toc};
use crate::record::{Record, Value, path_text};
use crate::skin::Format;

/// The largest template, in bytes.
const SOURCE_MAX: usize = 1 << 20;
/// Steps that a block may take; one of a loop over a hundred thousand files takes a few millions.
const FUEL: u64 = 10_000_000;
/// The name of the one template.
const NAME: &str = "template";

/// A template that cannot be used, or that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct DesignError {
    /// The line of the template, from 1; 0 if it is not about one.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl From<&minijinja::Error> for DesignError {
    fn from(error: &minijinja::Error) -> Self {
        let why = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self { line: error.line().unwrap_or(0), why }
    }
}

/// A template for one format.
#[derive(Clone)]
pub struct Design {
    environment: Arc<Environment<'static>>,
    format: Format,
}

impl fmt::Debug for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Design").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Design {
    /// Reads a template for a format that puts files between marks: Markdown, plain text or HTML. In HTML, what a
    /// template prints is escaped; in Markdown, the filters `text` and `code` do that.
    ///
    /// # Errors
    /// With the line, if it is no template, or the format has no designs.
    pub fn parse(source: &str, format: Format) -> Result<Self, DesignError> {
        let fail = |why: &str| DesignError { line: 0, why: why.to_owned() };
        if !matches!(format, Format::Markdown | Format::Text | Format::Html) {
            return Err(fail("only md, txt and html can have a template"));
        }
        if source.len() > SOURCE_MAX {
            return Err(fail("it is larger than a MiB"));
        }
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        let escape = if format == Format::Html { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(move |_| escape);
        environment.add_filter("text", |text: String| super::skin::markdown_text(&text));
        environment.add_filter("code", |text: String| super::skin::markdown_code(&text));
        environment
            .add_template_owned(NAME, source.to_owned())
            .and_then(|()| environment.get_template(NAME)?.render_captured(()).map(drop))
            .map_err(|error| DesignError::from(&error))?;
        Ok(Self { environment: Arc::new(environment), format })
    }

    /// The format that it is for.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What stands before the contents; `None` if the template says nothing of it.
    pub(crate) fn head(&self, head: &Head) -> io::Result<Option<String>> {
        self.call("head", head.nonce, head_values(head))
    }

    /// What stands before a file.
    pub(crate) fn file(&self, nonce: Nonce, record: &Record) -> io::Result<Option<String>> {
        self.call("file", nonce, record_values(record))
    }

    /// What stands behind a file.
    pub(crate) fn file_end(&self, nonce: Nonce, record: &Record) -> io::Result<Option<String>> {
        self.call("file_end", nonce, record_values(record))
    }

    /// What stands behind all.
    pub(crate) fn foot(
        &self,
        nonce: Nonce,
        tree: &str,
        entries: u64,
    ) -> io::Result<Option<String>> {
        let values = BTreeMap::from([("tree", Given::from(tree)), ("entries", entries.into())]);
        self.call("foot", nonce, values)
    }

    fn call(
        &self,
        name: &str,
        nonce: Nonce,
        values: BTreeMap<&'static str, Given>,
    ) -> io::Result<Option<String>> {
        let failed = |error: minijinja::Error| io::Error::other(DesignError::from(&error));
        let template = self.environment.get_template(NAME).map_err(failed)?;
        let mut captured = template.render_captured(()).map_err(failed)?;
        let called = captured.with_state_mut(|state| {
            let is_there = state.lookup(name).is_some();
            is_there.then(|| state.call_macro(name, &[Given::from_iter(values)])).transpose()
        });
        let Some(mut text) = called.map_err(failed)? else { return Ok(None) };
        if text.contains(&nonce.to_string()) {
            let why = "it prints the number that marks the borders between files".to_owned();
            return Err(io::Error::other(DesignError { line: 0, why }));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(Some(text))
    }
}

fn head_values(head: &Head) -> BTreeMap<&'static str, Given> {
    let facts = head.facts.iter().map(|Fact { key, value }| {
        BTreeMap::from([("key", Given::from(*key)), ("value", given(value))])
    });
    let by_key = head.facts.iter().map(|fact| (fact.key, given(&fact.value)));
    let toc = match head.toc {
        Toc::List => "list",
        Toc::Tree => "tree",
        Toc::None => "none",
    };
    BTreeMap::from([
        ("name", Given::from(head.name.as_str())),
        ("facts", facts.map(Given::from_iter).collect()),
        ("fact", Given::from_iter(by_key)),
        ("tables", head.tables.iter().map(table).collect()),
        ("entries", head.lines.iter().map(line).collect()),
        ("toc", toc.into()),
    ])
}

fn table(table: &Table) -> Given {
    let columns = table.columns.iter().map(|column| Given::from(*column));
    let row =
        |row: &Vec<crate::head::Cell>| row.iter().map(|cell| given(&cell.0)).collect::<Given>();
    Given::from_iter([
        ("key", Given::from(table.key)),
        ("columns", columns.collect()),
        ("rows", table.rows.iter().map(row).collect()),
    ])
}

fn line(line: &Line) -> Given {
    Given::from_iter([
        ("path", Given::from(path_text(&line.path))),
        ("name", escape::name(line.path.file_name().unwrap_or_default()).into()),
        ("depth", line.path.depth().into()),
        ("is_dir", line.is_dir.into()),
        ("part", line.part.map_or_else(|| ().into(), Given::from)),
        ("tokens", line.tokens.map_or_else(|| ().into(), Given::from)),
    ])
}

/// What a manifest says of a file; what it leaves out is none.
fn record_values(record: &Record) -> BTreeMap<&'static str, Given> {
    let names =
        ["language", "lines", "tokens", "level", "redacted", "sha256", "bytes", "mode", "part"];
    let mut values: BTreeMap<_, _> = names.map(|name| (name, Given::from(()))).into();
    values.extend(record.fields().into_iter().map(|(name, value)| (name, given(&value))));
    values
}

fn given(value: &Value) -> Given {
    match value {
        Value::Text(text) => Given::from(text.as_str()),
        Value::Number(number) => (*number).into(),
        Value::Flag(flag) => (*flag).into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::carry::Carry;
    use crate::skin::Carried;
    use crate::tree::Dump;
    use crate::write::Writer;
    use holdall_tree::{ContentHash, Entry, Kind, Metadata, RelPath, Tree};

    /// Dumps two files as the template wants it.
    fn dump(source: &str, format: Format, text: &str) -> crate::Result<String> {
        let design = Design::parse(source, format).unwrap();
        let head = Head {
            name: "house".into(),
            facts: vec![Fact::number("files", 2)],
            nonce: Nonce(0xdead_beef),
            design: Some(design),
            ..Head::default()
        };
        let mut writer = Writer::begin(Vec::new(), format, &head)?;
        let meta = Metadata { mode: Some(0o644), ..Metadata::default() };
        let root = Entry { path: RelPath::root(), kind: Kind::Directory, meta: meta.clone() };
        writer.bare(Record::new(&root))?;
        for (part, name) in [(1, "a.txt"), (2, "b <&> `c`")] {
            let path = RelPath::parse(name).unwrap();
            let kind = Kind::File { size: text.len() as u64 };
            let entry = Entry { path, kind, meta: meta.clone() };
            let mut record = Record::new(&entry);
            record.part = Some(part);
            record.carry = Some(Carry::of(text.as_bytes()));
            writer.whole(record, text.as_bytes(), ContentHash::of(text.as_bytes()))?;
        }
        Ok(String::from_utf8(writer.finish()?.0).unwrap())
    }

    const FORMATS: [Format; 3] = [Format::Markdown, Format::Text, Format::Html];

    /// What is dumped comes back, whatever the template says.
    fn check(source: &str, format: Format, text: &str) -> String {
        let written = dump(source, format, text).unwrap();
        let read = Dump::read(written.clone().into_bytes()).unwrap();
        assert!(read.holes().is_empty(), "{:?}\n{written}", read.holes());
        assert_eq!(read.format(), Some(format));
        for (record, body) in read.entries.iter().filter(|(record, _)| record.part.is_some()) {
            let path = &record.path;
            assert!(matches!(body.as_ref().unwrap().text, Carried::Part(_) | Carried::Own(_)));
            assert_eq!(read.shown(path).unwrap(), text.as_bytes());
        }
        assert_eq!(read.root().unwrap().path, RelPath::root());
        written
    }

    const ALL: &str = "{# ours #}\n\
        {% macro head(dump) %}<<{{ dump.name }}: {{ dump.fact.files }}>>{% endmacro %}\n\
        {% macro file(file) %}[{{ file.path }} {{ file.bytes }}]{% endmacro %}\n\
        {% macro file_end(file) %}(end of {{ file.part }}){% endmacro %}\n\
        {% macro foot(dump) %}{{ dump.entries }} entries{% endmacro %}\n";

    #[test]
    fn a_template_says_what_stands_around_the_files() {
        for format in FORMATS {
            let written = check(ALL, format, "text\n");
            for said in ["house: 2", "[a.txt 5]", "(end of 2)", "3 entries"] {
                assert!(written.contains(said), "{said} in\n{written}");
            }
        }
        let html = check(ALL, Format::Html, "text\n");
        assert!(html.contains("[b &lt;&amp;&gt; `c` 5]") && html.contains("<<house"), "{html}");
    }

    #[test]
    fn what_a_template_leaves_out_is_as_usual() {
        for format in FORMATS {
            check("", format, "text\n");
            check("{% macro file(f) %}here{% endmacro %}", format, "");
            let foot = check("{% macro foot(d) %}bye{% endmacro %}", format, "no end");
            assert!(foot.ends_with("bye\n"), "{foot}");
        }
        assert!(check("", Format::Markdown, "x\n").contains("## `a.txt`"));
    }

    #[test]
    fn filters_make_text_harmless_in_markdown() {
        let source = "{% macro file(f) %}{{ f.path|code }} {{ '*a* <b>'|text }}{% endmacro %}";
        let written = check(source, Format::Markdown, "x\n");
        assert!(written.contains("`` b <&> `c` ``"), "{written}");
        assert!(written.contains(r"\*a\*"), "{written}");
    }

    #[test]
    fn a_bad_template_is_refused_with_its_line() {
        let refused = |source: &str| Design::parse(source, Format::Markdown).unwrap_err();
        assert_eq!(refused("\n\n{% macro head(d) %}").line, 3);
        assert_eq!(refused("a\n{{ nothing }}").line, 2);
        assert!(refused(&" ".repeat(SOURCE_MAX + 1)).why.contains("MiB"));
        assert!(Design::parse("", Format::Json).is_err());
        for (source, why) in [
            ("{% macro head(d) %}\n{{ d.nothing }}{% endmacro %}", "line 2"),
            (
                "{% macro head(d) %}{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}{% endmacro %}",
                "fuel",
            ),
            ("{% macro foot(d) %}00000000deadbeef{% endmacro %}", "borders"),
        ] {
            let crate::Error::Write(error) = dump(source, Format::Text, "x").unwrap_err() else {
                panic!("{source}")
            };
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_words_of_a_template_harm_a_dump(
            words in "[ -~\n`=<>]{0,80}",
            text in "[ -~\n`=\u{e9}\r]{0,80}",
            format in prop::sample::select(FORMATS.to_vec()),
        ) {
            let words = words.replace(['{', '}'], "");
            let raw = |name: &str| format!("{{% macro {name}(x) %}}{{% raw %}}{words}{{% endraw %}}{{% endmacro %}}\n");
            let source = ["head", "file", "file_end", "foot"].map(raw).concat();
            check(&source, format, &text);
        }
    }
}
