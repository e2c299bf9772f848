//! Looking around in a tree of any size: all names in one table, which of them are seen, which are picked, what is in
//! them.
//!
//! [`Outline`] is the table, and [`Rows`] and [`Picks`] are what somebody made of it: what costs time that grows with
//! the tree happens once, and every step afterwards costs as much as the tree is deep. [`names`], [`contents`] and
//! [`tokens`] go through all of it, so they stop when they are told to; [`Page`] shows one file. [`PickedTree`] is what
//! was picked, as a tree: whatever takes a tree takes it.

pub mod contents;
pub mod names;
mod outline;
mod page;
mod picked;
mod picks;
mod rows;
mod shown;
mod sweep;
pub mod tokens;

pub use outline::{Node, Outline, What};
pub use page::{Page, PageRow, Spot, harmless};
pub use picked::{Chosen, PickedTree};
pub use picks::{Picked, Picks, Weight};
pub use rows::Rows;
