#![doc = include_str!("../README.md")]

pub mod context;
pub mod diff;
pub mod entry;
pub mod error;
pub mod id;
mod ids;
pub mod order;
pub mod path;
pub mod sink;
pub mod source;

pub use context::{
    CancelToken, Clock, Context, Counter, LimitError, Limits, Note, Observer, Phase, Silent,
};
pub use entry::{Attributes, Entry, Extent, HardLink, Kind, Metadata, Timestamp, Xattr};
pub use error::{Classified, Error, ErrorKind, Result};
pub use id::{ContentHash, FullTreeId, TreeId};
pub use ids::TreeIds;
pub use order::InOrder;
pub use path::{Name, PathError, RelPath};
pub use sink::{DirToken, Need, Sink, SinkWorker};
pub use source::{Content, Everything, Filter, ReadAt, Source, Tree, Verdict, Visit};
