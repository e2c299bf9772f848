//! Reads one file into layers: what it sets itself, and what each of its profiles sets.
//!
//! All problems are collected, so that a check shows them at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use holdall_tree::path::printable;
use toml_edit::{Document, Item, TableLike, Value};

use super::error::ConfigError;
use super::keys::{KEYS, Key, PartialConfig};
use super::origin::Place;
use super::setting::{Field, Placed, Raw};
use super::suggest::nearest;

/// The largest file that is read, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    User,
    Project,
}

/// What one table of a file sets, and where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    pub(crate) values: PartialConfig,
    pub(crate) places: BTreeMap<&'static str, Place>,
}

/// What one file says.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    pub(crate) base: Layer,
    pub(crate) profiles: BTreeMap<String, Layer>,
}

/// Reads the text of `path`.
pub(crate) fn load(path: &Path) -> Result<String, ConfigError> {
    let cause = |cause| ConfigError::Read { file: path.to_owned(), cause };
    let refuse = |reason: String| ConfigError::File { file: path.to_owned(), reason };
    let meta = fs::metadata(path).map_err(cause)?;
    if !meta.is_file() {
        return Err(refuse("it is no regular file".to_owned()));
    }
    if meta.permissions().mode() & 0o002 != 0 {
        return Err(refuse("everyone may write to it; take that away with chmod o-w".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(cause)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cause)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(refuse(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text =
            String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let place = Place::of(path.to_owned(), &text, valid);
        ConfigError::Syntax { place, reason: "the text is not UTF-8".to_owned() }
    })
}

/// Reads what `text` says, the content of `path`.
pub(crate) fn parse(
    path: &Path,
    text: &str,
    scope: Scope,
    problems: &mut Vec<ConfigError>,
) -> File {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { path: path.to_owned(), text, scope, problems };
    match Document::parse(text) {
        Ok(document) => reader.file(document.as_table()),
        Err(error) => {
            let place = reader.place(error.span());
            let reason =
                printable(error.message().trim().replace('\n', "; ").as_bytes()).into_owned();
            reader.problems.push(ConfigError::Syntax { place, reason });
            File::default()
        }
    }
}

struct Reader<'a> {
    path: PathBuf,
    text: &'a str,
    scope: Scope,
    problems: &'a mut Vec<ConfigError>,
}

impl Reader<'_> {
    fn file(&mut self, table: &dyn TableLike) -> File {
        let mut file = File::default();
        for (name, item) in table.iter() {
            let place = self.place_of(table, name);
            if name != "profile" {
                self.section(&mut file.base, name, item, &place, true);
            } else if let Some(profiles) = item.as_table_like() {
                for (name, item) in profiles.iter() {
                    let place = self.place_of(profiles, name);
                    let layer = self.profile(item, &place);
                    file.profiles.insert(name.to_owned(), layer);
                }
            } else {
                let reason = format!("profile: expected a table, found {}", raw(item));
                self.problems.push(ConfigError::Syntax { place, reason });
            }
        }
        file
    }

    fn profile(&mut self, item: &Item, place: &Place) -> Layer {
        let mut layer = Layer::default();
        let Some(table) = item.as_table_like() else {
            let reason = format!("profile: expected a table, found {}", raw(item));
            self.problems.push(ConfigError::Syntax { place: place.clone(), reason });
            return layer;
        };
        for (name, item) in table.iter() {
            let place = self.place_of(table, name);
            self.section(&mut layer, name, item, &place, false);
        }
        layer
    }

    fn section(&mut self, layer: &mut Layer, section: &str, item: &Item, place: &Place, top: bool) {
        let mut known: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
        known.dedup();
        if !known.contains(&section) {
            known.extend(top.then_some("profile"));
            // Somebody may have written a key without its section.
            let elsewhere = KEYS.iter().find(|key| key.short == section).map(|key| key.name);
            self.unknown(
                place,
                "section".to_owned(),
                section,
                elsewhere.or(nearest(section, known.iter().copied())),
                &known,
            );
            return;
        }
        if let Some(key) = KEYS.iter().find(|key| key.name == section) {
            self.value(layer, key, item, place.clone());
            return;
        }
        let Some(table) = item.as_table_like() else {
            let reason = format!("{section}: expected a table, found {}", raw(item));
            self.problems.push(ConfigError::Syntax { place: place.clone(), reason });
            return;
        };
        let keys: Vec<&'static Key> = KEYS.iter().filter(|key| key.section == section).collect();
        for (name, item) in table.iter() {
            let place = self.place_of(table, name);
            match keys.iter().find(|key| key.short == name) {
                Some(key) => self.value(layer, key, item, place),
                None if let Some(what) = secret(section, name) => {
                    self.problems.push(ConfigError::Password { place, what });
                }
                None => {
                    let known: Vec<&str> = keys.iter().map(|key| key.short).collect();
                    let elsewhere =
                        || KEYS.iter().find(|key| key.short == name).map(|key| key.name);
                    let near = nearest(name, known.iter().copied()).or_else(elsewhere);
                    self.unknown(&place, format!("key of [{section}]"), name, near, &known);
                }
            }
        }
    }

    fn value(&mut self, layer: &mut Layer, key: &'static Key, item: &Item, place: Place) {
        if let (Scope::Project, Some(danger)) = (self.scope, key.danger()) {
            self.problems.push(ConfigError::Untrusted { place, key: key.name, danger });
            return;
        }
        match layer.values.set(key.name, &raw(item)) {
            Ok(()) if self.scope == Scope::Project && layer.values.leads_outside(key.name) => {
                self.problems.push(ConfigError::Outside { place, key: key.name });
            }
            Ok(()) => {
                layer.places.insert(key.name, place);
            }
            Err(fault) => {
                let at = fault.at.map(|at| at..at).or_else(|| item.span());
                let place = at.map_or(place, |span| self.place(Some(span)));
                let reason = fault.reason;
                self.problems.push(ConfigError::Value { place, key: key.name, reason });
            }
        }
    }

    fn unknown(
        &mut self,
        place: &Place,
        what: String,
        name: &str,
        near: Option<&str>,
        known: &[&str],
    ) {
        self.problems.push(ConfigError::Unknown {
            place: place.clone(),
            what,
            name: printable(name.as_bytes()).into_owned(),
            hint: format!("{}; known here: {}", meant(near), known.join(", ")),
        });
    }

    fn place_of(&self, table: &dyn TableLike, name: &str) -> Place {
        let key = table.get_key_value(name);
        self.place(key.and_then(|(key, item)| key.span().or_else(|| item.span())))
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::of(self.path.clone(), self.text, span.map_or(0, |span| span.start))
    }
}

/// What somebody wrote into a file that may not stand there, if it is such a thing.
fn secret(section: &str, name: &str) -> Option<&'static str> {
    match (section, name) {
        ("repository" | "notify", "password") => Some("password"),
        ("sealed", "passphrase") => Some("passphrase"),
        ("notify", "token") => Some("token"),
        _ => None,
    }
}

/// `, did you mean ...?`, or nothing.
pub(crate) fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean \"{near}\"?"))
}

fn raw(item: &Item) -> Raw<'_> {
    match item {
        Item::Value(value) => raw_value(value),
        Item::Table(table) => raw_table(table),
        Item::ArrayOfTables(tables) => Raw::List(
            tables
                .iter()
                .map(|one| Placed { raw: raw_table(one), at: start(one.span()) })
                .collect(),
        ),
        Item::None => Raw::Other("nothing"),
    }
}

fn raw_value(value: &Value) -> Raw<'_> {
    match value {
        Value::String(text) => Raw::Text(text.value()),
        Value::Integer(number) => Raw::Integer(*number.value()),
        Value::Boolean(value) => Raw::Bool(*value.value()),
        Value::Float(number) => Raw::Fraction(*number.value()),
        Value::Datetime(_) => Raw::Other("a date without quotes"),
        Value::Array(list) => list_raw(list),
        Value::InlineTable(table) => raw_table(table),
    }
}

fn raw_table(table: &dyn TableLike) -> Raw<'_> {
    let fields = table.iter().map(|(name, item)| {
        let key = table.get_key_value(name).and_then(|(key, _)| key.span());
        let value = Placed { raw: raw(item), at: start(item.span()) };
        Field { name, name_at: start(key), value }
    });
    Raw::Table(fields.collect())
}

fn start(span: Option<Range<usize>>) -> Option<usize> {
    span.map(|span| span.start)
}

/// Reads `text` as a list in TOML; `None` if it is none.
pub(crate) fn list(text: &str) -> Option<toml_edit::Array> {
    match text.parse::<Value>() {
        Ok(Value::Array(list)) => Some(list),
        _ => None,
    }
}

/// The items of such a list.
pub(crate) fn list_raw(list: &toml_edit::Array) -> Raw<'_> {
    let placed = |value: &'_ Value| start(value.span());
    Raw::List(list.iter().map(|one| Placed { raw: raw_value(one), at: placed(one) }).collect())
}
