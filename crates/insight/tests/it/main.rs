//! Secrets as a caller finds, names and replaces them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert in the plainest way"
)]
mod secrets_corpus;
mod secrets_files;
mod secrets_properties;
mod secrets_seeds;
mod support;
