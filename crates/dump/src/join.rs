//! The parts of a dump that was split, joined to the whole.

use std::collections::HashMap;

use holdall_tree::{Kind, RelPath};

use crate::error::{Error, Result};
use crate::read::tree_id;
use crate::record::{Record, Share};
use crate::skin::{Body, Carried};
use crate::tree::Dump;

/// The most parts that a dump may be split into.
pub const PARTS_MAX: u32 = 9999;

impl Dump {
    /// Which part of a tree this is, if the dump was split.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        self.records().find(|record| record.path.is_root()).and_then(|root| root.share)
    }

    /// Joins all parts of a dump that was split, which come in their order.
    ///
    /// # Errors
    /// If one is missing, is there twice, or belongs to another dump.
    pub fn join(parts: Vec<Self>) -> Result<Self> {
        let wrong = |why: String| Error::Parts { why };
        let share = parts.first().and_then(Self::share);
        let Some(Share { of, whole, .. }) = share else {
            return Err(wrong("this is no part of a dump".to_owned()));
        };
        let mut joined = Self::new(String::new());
        joined.format = parts.first().and_then(Self::format);
        joined.tree = Some(whole);
        let mut dirs: HashMap<RelPath, Record> = HashMap::new();
        let mut entries = Vec::new();
        let mut expected = 0;
        for part in parts {
            expected += 1;
            match part.share() {
                Some(share) if share.whole != whole || share.of != of => {
                    return Err(wrong(format!("part {expected} is of another dump")));
                }
                Some(share) if share.number == expected => {}
                _ => return Err(wrong(format!("part {expected} is missing"))),
            }
            joined.take(part, &mut dirs, &mut entries)?;
        }
        if expected != of {
            return Err(wrong(format!("there are {expected} of {of}")));
        }
        entries.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        for (record, body) in entries {
            joined.add(record, body)?;
        }
        if tree_id(joined.records()) != whole {
            return Err(wrong("together they are not the tree that each of them names".to_owned()));
        }
        joined.link();
        Ok(joined)
    }

    /// Takes over what a part holds. Directories are in each part that has something beneath them.
    fn take(
        &mut self,
        part: Self,
        dirs: &mut HashMap<RelPath, Record>,
        entries: &mut Vec<(Record, Option<Body>)>,
    ) -> Result<()> {
        let offset = self.text.len();
        self.text.push_str(&part.text);
        self.notes.extend(part.notes);
        for (mut record, mut body) in part.entries {
            record.share = None;
            if record.kind == Kind::Directory {
                match dirs.get(&record.path) {
                    Some(known) if *known == record => continue,
                    Some(_) => {
                        let why = format!("two parts say different things of {}", record.path);
                        return Err(Error::Parts { why });
                    }
                    None => {
                        dirs.insert(record.path.clone(), record.clone());
                    }
                }
            }
            if let Some(body) = &mut body
                && let Carried::Part(range) = &mut body.text
            {
                *range = range.start + offset..range.end + offset;
            }
            entries.push((record, body));
        }
        Ok(())
    }
}
