#![doc = include_str!("../README.md")]

mod error;
mod machine;
mod run;

pub use error::{Error, Result};
pub use machine::{Alive, Machine, Quota};
pub use run::{Input, Run};
