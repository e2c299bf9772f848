//! Secrets in files: found by rules, named without being shown, and replaced so that they can be put back.
//!
//! ```text
//!   Rules  --scan-->  Finding...  --redact-->  text with holes  --restore + Vault-->  text
//! ```

mod allow;
mod analyse;
mod baseline;
mod custom;
mod finding;
mod format;
pub mod fuzz;
mod pattern;
mod redact;
mod rules;
mod scanner;
mod value;
mod vault;

pub use baseline::{Baseline, BaselineError};
pub use custom::{
    Allowed, CUSTOM_RULES_MAX, CustomRule, KEYWORD_BYTES_MAX, PATTERN_BYTES_MAX, RuleError,
};
pub use finding::{Finding, Fingerprint, NoFingerprint, Severity, UnknownSeverity};
pub use format::FormatError;
pub use redact::{Hole, HoleId, Marker, Redacted, redact};
pub use rules::Rules;
pub use scanner::Scanner;
pub use vault::{OpenHole, Restored, Vault, VaultError, restore};
