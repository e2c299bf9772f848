//! Which names there are, and where links lead: what can only be judged by knowing the entries before, or all of them.

use std::collections::{HashMap, VecDeque};

use holdall_tree::{Entry, Kind, RelPath, path::printable};

use crate::error::{Error, Fault, Result};
use crate::portable;
use crate::rules::{Odd, Rules};

/// The most bytes of all paths of an archive of others, those of directories that are only implied among them.
const NAMES_BYTES_MAX: u64 = 256 << 20;
/// So many links are followed before it counts as a circle; Linux ends at 40.
const HOPS_MAX: usize = 40;

/// All names so far.
pub(crate) struct Census {
    rules: Rules,
    known: HashMap<RelPath, Known>,
    links: Vec<Link>,
    /// Where odd names are refused: each name as a system that tells fewer apart would keep it, and what it is here.
    folded: HashMap<(RelPath, String), RelPath>,
    entries: u64,
    bytes: u64,
    names_bytes: u64,
}

enum Known {
    /// A directory, which has an entry or only something beneath it.
    Directory {
        named: bool,
    },
    /// A symbolic link, by its place in `links`.
    Symlink(usize),
    Other,
}

struct Link {
    path: RelPath,
    target: Vec<u8>,
    offset: u64,
    number: u64,
}

impl Census {
    pub(crate) fn new(rules: Rules) -> Self {
        let known = HashMap::from([(RelPath::root(), Known::Directory { named: false })]);
        Self {
            rules,
            known,
            links: Vec::new(),
            folded: HashMap::new(),
            entries: 0,
            bytes: 0,
            names_bytes: 0,
        }
    }

    /// Counts the bytes of the next file, before they are looked at.
    pub(crate) fn add_bytes(&mut self, size: u64) -> Result<(), Fault> {
        let limit = self.rules.file_bytes_max();
        if size > limit {
            return Err(Fault::Limit { what: "bytes of one file", limit });
        }
        let limit = self.rules.limits.bytes_max;
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > limit { Err(Fault::Limit { what: "bytes", limit }) } else { Ok(()) }
    }

    /// Takes the next entry, which begins at `offset`.
    pub(crate) fn add(&mut self, entry: &Entry, number: u64, offset: u64) -> Result<(), Fault> {
        self.add_parents(&entry.path)?;
        let new = match &entry.kind {
            Kind::Directory => Known::Directory { named: true },
            Kind::Symlink { target } => {
                let (path, target) = (entry.path.clone(), target.clone());
                // What is plain now need not wait for the end.
                self.leads_inside(&path, &target)?;
                self.links.push(Link { path, target, offset, number });
                Known::Symlink(self.links.len() - 1)
            }
            _ => Known::Other,
        };
        let is_dir = entry.is_dir();
        match self.known.get_mut(&entry.path) {
            None => {
                self.count(&entry.path)?;
                self.alone(&entry.path)?;
                self.known.insert(entry.path.clone(), new);
                Ok(())
            }
            Some(Known::Directory { named: named @ false }) if is_dir => {
                *named = true;
                Ok(())
            }
            Some(Known::Directory { .. }) if is_dir && entry.path.is_root() => {
                Err(Fault::RootEntry)
            }
            Some(Known::Directory { named: false }) => Err(Fault::Collide),
            Some(_) => Err(Fault::Duplicate),
        }
    }

    /// Whether this is something that a later name can be a hard link of.
    pub(crate) fn has_other(&self, path: &RelPath) -> bool {
        matches!(self.known.get(path), Some(Known::Other | Known::Symlink(_)))
    }

    /// The target of the symbolic link at `path`, if there is one.
    pub(crate) fn target(&self, path: &RelPath) -> Option<Vec<u8>> {
        let Some(Known::Symlink(at)) = self.known.get(path) else { return None };
        self.links.get(*at).map(|link| link.target.clone())
    }

    /// Judges all links, now that all names are known.
    pub(crate) fn finish(&self) -> Result<()> {
        for link in &self.links {
            self.leads_inside(&link.path, &link.target).map_err(|fault| Error::Refused {
                offset: link.offset,
                number: link.number,
                name: link.path.to_string(),
                fault,
            })?;
        }
        Ok(())
    }

    fn count(&mut self, path: &RelPath) -> Result<(), Fault> {
        let limit = self.rules.limits.entries_max;
        self.entries += 1;
        if self.entries > limit {
            return Err(Fault::Limit { what: "entries", limit });
        }
        // All names are held in memory.
        self.names_bytes = self.names_bytes.saturating_add(path.as_bytes().len() as u64);
        let limit = NAMES_BYTES_MAX;
        if self.names_bytes > limit && !self.rules.is_own() {
            return Err(Fault::Limit { what: "bytes of paths", limit });
        }
        Ok(())
    }

    /// Where odd names are refused, fails if a name is there that another system takes for this new one.
    fn alone(&mut self, path: &RelPath) -> Result<(), Fault> {
        let (Odd::Refuse, Some(name)) = (self.rules.terms.odd, path.file_name()) else {
            return Ok(());
        };
        let folded = (path.parent().unwrap_or_default(), portable::fold(name));
        match self.folded.insert(folded, path.clone()) {
            Some(other) if other != *path => Err(Fault::Alike { other: other.to_string() }),
            _ => Ok(()),
        }
    }

    /// Each directory above `path` is one, even if it has no entry.
    fn add_parents(&mut self, path: &RelPath) -> Result<(), Fault> {
        let mut missing = Vec::new();
        let mut above = path.parent();
        while let Some(dir) = above {
            match self.known.get(&dir) {
                Some(Known::Directory { .. }) => break,
                Some(Known::Symlink(_)) => return Err(Fault::LinkThrough),
                Some(Known::Other) => return Err(Fault::Collide),
                None => {
                    above = dir.parent();
                    missing.push(dir);
                }
            }
        }
        for dir in missing {
            self.count(&dir)?;
            self.alone(&dir)?;
            self.known.insert(dir, Known::Directory { named: false });
        }
        Ok(())
    }

    /// Follows a link as far as the names so far tell, as the kernel would.
    fn leads_inside(&self, path: &RelPath, target: &[u8]) -> Result<(), Fault> {
        if self.rules.is_own() {
            return Ok(());
        }
        let escape = || Fault::LinkEscape { target: printable(target).into_owned() };
        let mut at: Vec<Vec<u8>> = match path.parent() {
            Some(dir) => dir.components().map(<[u8]>::to_vec).collect(),
            None => return Err(escape()),
        };
        let mut ahead: VecDeque<Vec<u8>> = parts(target).ok_or_else(escape)?.collect();
        let mut hops = 0;
        while let Some(part) = ahead.pop_front() {
            match part.as_slice() {
                b"." => {}
                b".." => {
                    at.pop().ok_or_else(escape)?;
                }
                _ => {
                    at.push(part);
                    let Ok(here) = RelPath::parse(at.join(&b'/')) else { return Err(escape()) };
                    let Some(Known::Symlink(next)) = self.known.get(&here) else { continue };
                    let Some(next) = self.links.get(*next) else { continue };
                    hops += 1;
                    if hops > HOPS_MAX {
                        return Err(escape());
                    }
                    at.pop();
                    for part in parts(&next.target).ok_or_else(escape)?.rev() {
                        ahead.push_front(part);
                    }
                    // Each link may have thousands of parts.
                    if ahead.len() > self.rules.limits.path_bytes_max {
                        return Err(escape());
                    }
                }
            }
        }
        Ok(())
    }
}

/// The parts of a target; `None` if it is absolute.
fn parts(target: &[u8]) -> Option<impl DoubleEndedIterator<Item = Vec<u8>>> {
    let relative = !target.starts_with(b"/");
    relative.then(|| {
        target.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec)
    })
}
