#![doc = include_str!("../README.md")]

pub mod context;
pub mod diff;
pub mod entry;
pub mod error;
pub mod id;
pub mod path;
pub mod sink;
pub mod source;

pub use context::{CancelToken, Clock, Context, Counter, Limits, Note, Observer, Phase, Silent};
pub use entry::{Attributes, Entry, Extent, HardLink, Kind, Metadata, Timestamp, Xattr};
pub use error::{Classified, Error, ErrorKind, Result};
pub use id::{ContentHash, FullTreeId, TreeId, TreeIds};
pub use path::{Name, PathError, RelPath};
pub use sink::{DirToken, Need, Receipt, SharedSink, Sink, SinkWorker};
pub use source::{Content, Everything, Filter, ReadAt, Source, Tree, Verdict, Visit};
