#![doc = include_str!("../README.md")]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "it runs in tests only, where a panic is the verdict and a printed line a skip"
)]

mod arbitrary;
mod attributes;
mod cases;
mod compare;
mod conformance;
mod hostile;
mod http;
mod memory;
mod packed;
mod peer;
mod run;
mod seeds;
pub mod sevenz;
mod spec;
mod start;
mod steps;
pub mod tar;
mod write;
pub mod zip;

pub use arbitrary::arb_tree;
pub use cases::cases;
pub use compare::compare;
pub use conformance::{store_conformance, store_refuses_keys_that_leave};
pub use hostile::{hostile_tree, names_hostile};
pub use http::{Asked, HttpStub, http_get};
pub use memory::{MemoryTree, at_ease};
pub use packed::gzip;
pub use peer::{Peer, is_root, peer, rsync_identical};
pub use run::{Home, Outcome, Run};
pub use seeds::replay_seeds;
pub use spec::{Content, EntrySpec, KindSpec, TreeSpec};
pub use start::Started;
pub use steps::{Progress, every_step};
