#![doc = include_str!("../README.md")]

mod braces;
mod content;
mod error;
mod explain;
pub mod fuzz;
mod glob;
mod ignore;
mod options;
pub mod retention;
mod rules;
mod selection;

pub use error::{Effect, Origin, Rule, SelectError};
pub use explain::Explanation;
pub use options::{Hidden, IgnoreFiles, SelectOptions};
pub use selection::Selection;
