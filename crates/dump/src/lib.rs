#![doc = include_str!("../README.md")]

mod carry;
mod error;
mod escape;
mod head;
mod record;
mod skin;
mod tree;
mod write;

pub use carry::{Carry, Charset, Ends, Examiner, Form, WHOLE_MAX};
pub use error::{Error, Result};
pub use head::{Cell, Fact, Head, Line, Nonce, Table, Toc};
pub use record::{Level, Record};
pub use skin::Format;
pub use tree::Dump;
pub use write::Writer;
