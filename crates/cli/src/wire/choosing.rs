//! What `restore --choose` reads: the one document that programs write for us.

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of the changes that `restore --preview --json` lists.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// The `plan` of the document that was chosen from.
    pub(crate) plan: String,
    /// What becomes of changes that are not among the choices.
    pub(crate) rest: RestWord,
    /// What becomes of single changes.
    pub(crate) choices: Vec<Choice>,
}

/// What becomes of changes that are not among the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestWord {
    /// They are made.
    Take,
    /// What is there stays.
    Keep,
}

/// What becomes of one change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// Its path, as the preview writes it.
    pub(crate) path: String,
    /// What becomes of it.
    pub(crate) choice: ChoiceWord,
    /// For `lines`, of each of the `hunks` of the preview whether it is taken.
    #[serde(default)]
    pub(crate) hunks: Vec<bool>,
    /// For `lines`, whether mode, owner and extended attributes are those of the source.
    #[serde(default)]
    pub(crate) metadata: bool,
}

/// What becomes of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChoiceWord {
    /// It is made.
    Take,
    /// What is there stays, with all beneath it.
    Keep,
    /// Some lines of it are taken.
    Lines,
}
