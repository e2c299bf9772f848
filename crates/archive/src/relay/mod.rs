//! Archives that are parsed out of reach: what a parser is asked, what it answers, and the judgement of that.
//!
//! The parser may run where it sees nothing but the bytes of the archive, as WebAssembly. It is the same strict parser as
//! everywhere, and this module is on both sides: [`answer`] is asked in there, [`RelayedTree`] asks out here. An archive
//! that took the parser over can say what it likes. So each name, size and link is judged again by the same rules, and a
//! content is as long as was said, or refused.

mod answer;
mod asking;
mod record;
mod request;
mod seen;
mod solid;
mod told;
mod tree;
pub(crate) mod wire;

pub(crate) use answer::Parsed;
pub use answer::answer;
pub(crate) use record::{Place, Solid};
pub use request::{Encrypted, Request};
pub use seen::Seen;
pub(crate) use seen::shown;
pub use told::{astray, tell, told};
pub use tree::{Parser, RelayedTree};
