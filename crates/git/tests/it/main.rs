//! Commits, work trees and patches, with git itself as the judge.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod changes;
mod commit;
mod head;
mod hostile;
mod patches;
mod seeds;
mod submodules;
mod support;
mod tracked;
