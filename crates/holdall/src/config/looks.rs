//! Values about what is looked for in files: rules for secrets, exceptions to them, tags; and the name of a dump.

use std::path::Path;

use holdall_insight::secrets::{Allowed, CUSTOM_RULES_MAX, CustomRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Base, Fault, Raw, Setting, quoted, table, wrong};
use super::words::SecretSeverity;

/// The longest tag, in bytes.
const TAG_BYTES_MAX: usize = 64;

/// A rule for secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretRule {
    /// Its name: `a-z`, `0-9` and `-`. It stands for the built-in rule of that name, or the one of a lower layer.
    pub id: String,
    /// What it finds, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How bad that is.
    #[serde(default)]
    pub severity: SecretSeverity,
    /// The regular expression of a secret. Without one, a file whose path fits is a secret as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub regex: String,
    /// Words in any case, one of which is in or near each match. Without any, each line of each file is tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// A secret whose bytes are worth no more bits each is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub entropy: f64,
    /// The group of the regular expression that is the secret; the first that takes part, or all of it, if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_group: Option<u64>,
    /// Only files whose path fits this regular expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// What a table of a rule may say.
const FIELDS: [&str; 8] =
    ["id", "description", "severity", "regex", "keywords", "entropy", "secret-group", "path"];

impl SecretRule {
    /// The rule as it is used.
    #[must_use]
    pub fn rule(&self) -> CustomRule {
        CustomRule {
            id: self.id.clone(),
            description: self.description.clone(),
            severity: self.severity.severity(),
            regex: self.regex.clone(),
            keywords: self.keywords.clone(),
            entropy: self.entropy,
            secret_group: self
                .secret_group
                .map(|group| usize::try_from(group).unwrap_or(usize::MAX)),
            path: self.path.clone(),
        }
    }

    fn check(&self) -> Result<(), holdall_insight::secrets::RuleError> {
        self.rule().check()
    }

    /// Takes over one line of its table.
    fn take(&mut self, name: &str, raw: &Raw<'_>) -> Result<(), Fault> {
        match name {
            "id" => self.id = String::read(raw)?,
            "description" => self.description = String::read(raw)?,
            "severity" => self.severity = SecretSeverity::read(raw)?,
            "regex" => self.regex = String::read(raw)?,
            "keywords" => self.keywords = Vec::read(raw)?,
            "secret-group" => self.secret_group = Some(u64::read(raw)?),
            "path" => self.path = String::read(raw)?,
            _ => {
                self.entropy = match raw {
                    Raw::Fraction(number) => *number,
                    // No more than 8 is right, so nothing is lost.
                    Raw::Integer(number) => *number as f64,
                    _ => return Err(format!("expected a number from 0 to 8, found {raw}").into()),
                }
            }
        }
        Ok(())
    }
}

impl Setting for SecretRule {
    const EXPECTS: &'static str = "a table with id and regex";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let Raw::Table(fields) = raw else { return Err(wrong::<Self>(raw)) };
        let mut rule = Self {
            id: String::new(),
            description: String::new(),
            severity: SecretSeverity::High,
            regex: String::new(),
            keywords: Vec::new(),
            entropy: 0.0,
            secret_group: None,
            path: String::new(),
        };
        table::<Self>(raw, "a rule", &FIELDS, |name, raw| rule.take(name, raw))?;
        rule.check().map_err(|error| {
            use holdall_insight::secrets::RuleError;
            let field = match &error {
                RuleError::Regex { field, .. } => field,
                RuleError::Id(_) => "id",
                RuleError::Keyword(_) => "keywords",
                RuleError::Group { .. } => "secret-group",
                RuleError::Entropy(_) => "entropy",
                _ => "",
            };
            let place = fields.iter().find(|one| one.name == field);
            Fault::from(error.to_string()).or_at(place.and_then(|one| one.value.at))
        })?;
        Ok(rule)
    }

    fn show(&self) -> String {
        let mut fields = vec![format!("id = {}", quoted(&self.id))];
        let texts =
            [("description", &self.description), ("regex", &self.regex), ("path", &self.path)];
        let texts = texts.iter().filter(|(_, text)| !text.is_empty());
        fields.extend(texts.map(|(name, text)| format!("{name} = {}", quoted(text))));
        if self.severity != SecretSeverity::High {
            fields.push(format!("severity = {}", self.severity.show()));
        }
        if !self.keywords.is_empty() {
            fields.push(format!("keywords = {}", self.keywords.show()));
        }
        if self.entropy > 0.0 {
            fields.push(format!("entropy = {:?}", self.entropy));
        }
        fields.extend(self.secret_group.map(|group| format!("secret-group = {group}")));
        format!("{{ {} }}", fields.join(", "))
    }
}

/// Rules for secrets. Those of all layers hold; of two with one name that of the higher layer does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<SecretRule>", into = "Vec<SecretRule>")]
pub struct SecretRules(Vec<SecretRule>);

impl SecretRules {
    /// The rules as they are used.
    #[must_use]
    pub fn rules(&self) -> Vec<CustomRule> {
        self.0.iter().map(SecretRule::rule).collect()
    }
}

impl TryFrom<Vec<SecretRule>> for SecretRules {
    type Error = String;

    fn try_from(rules: Vec<SecretRule>) -> Result<Self, String> {
        if rules.len() > CUSTOM_RULES_MAX {
            return Err(format!(
                "there are {} rules, the limit is {CUSTOM_RULES_MAX}",
                rules.len()
            ));
        }
        for (at, rule) in rules.iter().enumerate() {
            rule.check().map_err(|error| error.to_string())?;
            if rules.iter().take(at).any(|other| other.id == rule.id) {
                return Err(format!("there are two rules named {}", rule.id));
            }
        }
        Ok(Self(rules))
    }
}

impl From<SecretRules> for Vec<SecretRule> {
    fn from(rules: SecretRules) -> Self {
        rules.0
    }
}

impl Setting for SecretRules {
    const EXPECTS: &'static str = "a list of tables, each with id and regex";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::List(list) if list.len() > CUSTOM_RULES_MAX => {
                Err(format!("there are {} rules, the limit is {CUSTOM_RULES_MAX}", list.len())
                    .into())
            }
            Raw::List(list) => {
                let rules = Vec::<SecretRule>::read(raw)?;
                for (at, (rule, placed)) in rules.iter().zip(list).enumerate() {
                    if rules.iter().take(at).any(|other| other.id == rule.id) {
                        let reason = format!("there are two rules named {}", rule.id);
                        return Err(Fault::from(reason).or_at(placed.at));
                    }
                }
                Ok(Self(rules))
            }
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.0.show()
    }

    fn over(&self, below: Option<Self>) -> Self {
        let mut rules = below.unwrap_or_default().0;
        rules.retain(|low| !self.0.iter().any(|high| high.id == low.id));
        rules.extend(self.0.iter().cloned());
        Self(rules)
    }
}

/// A regular expression of an exception to the rules for secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct AllowRegex(pub String);

impl TryFrom<String> for AllowRegex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Allowed::check(&text).map_err(|error| error.to_string())?;
        Ok(Self(text))
    }
}

impl From<AllowRegex> for String {
    fn from(regex: AllowRegex) -> Self {
        regex.0
    }
}

impl Setting for AllowRegex {
    const EXPECTS: &'static str = "a regular expression";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let text = String::read(raw).map_err(|_| wrong::<Self>(raw))?;
        Self::try_from(text).map_err(Fault::from)
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A word such as `TODO`: letters, digits, `-` and `_`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

impl Tag {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tag {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || text.len() > TAG_BYTES_MAX || !text.chars().all(fits) {
            return Err(format!("expected {}", Self::EXPECTS));
        }
        Ok(Self(text))
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

impl Setting for Tag {
    const EXPECTS: &'static str = "a word of letters, digits, - and _";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        String::read(raw)
            .ok()
            .and_then(|text| Self::try_from(text).ok())
            .ok_or_else(|| wrong::<Self>(raw))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// What a dump is called: a path relative to the directory that is dumped, in which `{name}` is the name of that
/// directory, `{path}` where it lies in the whole that is dumped part by part, and `{ext}` the ending of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct OutputName(String);

/// What the variables of an [`OutputName`] stand for.
#[derive(Debug, Clone, Copy)]
pub struct OutputParts<'a> {
    /// The name of the directory.
    pub name: &'a str,
    /// Where it lies, with `-` in place of `/`; its name if it is the whole.
    pub path: &'a str,
    /// The ending of the format, without a dot.
    pub ext: &'a str,
}

impl OutputName {
    /// The path.
    #[must_use]
    pub fn expand(&self, parts: &OutputParts<'_>) -> String {
        let mut path = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            let (word, behind) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(match word {
                "name" => parts.name,
                "path" => parts.path,
                _ => parts.ext,
            });
            rest = behind;
        }
        path.push_str(rest);
        path
    }

    /// True if it leads to a place beneath the directory that is dumped, unless a link leads elsewhere.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        use std::path::Component;
        let inside = |part| matches!(part, Component::Normal(name) if name != "~");
        Path::new(&self.0).components().all(|part| part == Component::CurDir || inside(part))
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OutputName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            let after = rest.get(at..).unwrap_or_default();
            let known =
                ["{name}", "{path}", "{ext}"].iter().find_map(|one| after.strip_prefix(one));
            rest = known.ok_or("in braces there can be {name}, {path} and {ext}")?;
        }
        if text.is_empty() || text.contains('\0') {
            return Err("expected a name that is not empty".to_owned());
        }
        Ok(Self(text))
    }
}

impl From<OutputName> for String {
    fn from(name: OutputName) -> Self {
        name.0
    }
}

impl Setting for OutputName {
    const EXPECTS: &'static str = "a name such as dump.md or out/{name}.{ext}";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let text = String::read(raw).map_err(|_| wrong::<Self>(raw))?;
        Self::try_from(text).map_err(Fault::from)
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }

    fn rebase(&mut self, base: Base<'_>) {
        if let (Ok(below), Some(home)) = (Path::new(&self.0).strip_prefix("~"), base.home)
            && let Some(path) = home.join(below).to_str()
        {
            self.0 = path.to_owned();
        }
    }

    fn leads_outside(&self) -> bool {
        !self.is_inside()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_filled_in_and_known_to_lead_outside() {
        let name = |text: &str| OutputName::try_from(text.to_owned());
        let parts = OutputParts { name: "{ext}", path: "a-b", ext: "md" };
        assert_eq!(name("x/{name}-{path}.{ext}").unwrap().expand(&parts), "x/{ext}-a-b.md");
        for bad in ["", "{", "}", "{x}", "{name", "{{name}}"] {
            assert!(name(bad).is_err(), "{bad}");
        }
        for (text, outside) in [
            ("a/b.md", false),
            ("./a", false),
            ("../a", true),
            ("/a", true),
            ("a/../../b", true),
            ("~/a", true),
        ] {
            assert_eq!(name(text).unwrap().leads_outside(), outside, "{text}");
        }
    }
}
