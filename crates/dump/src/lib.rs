#![doc = include_str!("../README.md")]

mod blanks;
mod carry;
mod charset;
mod error;
mod escape;
mod foreign;
pub mod fuzz;
mod head;
mod read;
mod record;
mod repair;
mod skin;
mod tree;
mod write;

pub use blanks::Blanks;
pub use carry::{Carry, Ends, Examiner, Form, WHOLE_MAX};
pub use charset::Charset;
pub use error::{Error, Result};
pub use foreign::Tool;
pub use head::{Cell, Fact, Head, Line, Nonce, Table, Toc};
pub use record::{Level, Record};
pub use skin::Format;
pub use tree::Dump;
pub use write::Writer;
