#![doc = include_str!("../README.md")]

mod blanks;
mod carry;
mod charset;
mod design;
mod error;
mod escape;
mod foreign;
pub mod fuzz;
mod head;
mod join;
mod read;
mod record;
mod repair;
mod skin;
mod tree;
mod write;

pub use blanks::Blanks;
pub use carry::{Carry, Ends, Examiner, Form, WHOLE_MAX};
pub use charset::Charset;
pub use design::{Design, DesignError};
pub use error::{Error, Result};
pub use foreign::Tool;
pub use head::{Cell, Fact, Head, Line, Nonce, Table, Toc};
pub use join::PARTS_MAX;
pub use read::tree_id;
pub use record::{Level, Record, Share};
pub use skin::Format;
pub use tree::Dump;
pub use write::Writer;
