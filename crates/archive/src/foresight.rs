//! What of a tree is refused of an archive that others may have made, known while the archive is written.

use holdall_tree::{Entry, Kind, Limits};

use crate::census::Census;
use crate::error::{Error, Fault};
use crate::rules::{Rules, Trust};

/// Judges the entries of a tree as the parsers judge those of an archive that may come from anyone. It keeps the symbolic
/// links alone, since all other names are in their places in a tree.
pub struct Foresight {
    rules: Rules,
    census: Census,
    first: Option<(String, Fault)>,
    number: u64,
}

impl Foresight {
    /// Within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let rules = Rules::new(Trust::Nothing, limits);
        Self { rules, census: Census::new(rules), first: None, number: 0 }
    }

    /// Takes the next entry that the archive will hold.
    pub fn add(&mut self, entry: &Entry) {
        if self.first.is_some() || entry.path.is_root() {
            return;
        }
        self.number += 1;
        if let Err(fault) = self.judge(entry) {
            self.first = Some((entry.path.to_string(), fault));
        }
    }

    fn judge(&mut self, entry: &Entry) -> Result<(), Fault> {
        self.rules.path(entry.path.as_bytes(), entry.is_dir())?;
        match entry.kind {
            Kind::Directory | Kind::File { .. } => Ok(()),
            Kind::Symlink { .. } => {
                self.rules.clean(&mut entry.clone())?;
                self.census.add(entry, self.number, 0)
            }
            _ => self.rules.clean(&mut entry.clone()).map(drop),
        }
    }

    /// The name of an entry that is refused and why, if there is one.
    #[must_use]
    pub fn finish(self) -> Option<(String, Fault)> {
        self.first.or_else(|| match self.census.finish() {
            Err(Error::Refused { name, fault, .. }) => Some((name, fault)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use holdall_tree::{Metadata, RelPath};

    use super::*;

    fn refused(entries: &[(&str, Kind)]) -> Option<String> {
        let mut foresight = Foresight::new(Limits::default());
        for (path, kind) in entries {
            let path = RelPath::parse(path).unwrap();
            foresight.add(&Entry { path, kind: kind.clone(), meta: Metadata::default() });
        }
        foresight.finish().map(|(name, fault)| format!("{name} {}", fault.code()))
    }

    fn link(target: &str) -> Kind {
        Kind::Symlink { target: target.into() }
    }

    #[test]
    fn what_leads_out_or_is_no_file_is_known_before_it_is_read() {
        let file = Kind::File { size: 1 };
        assert_eq!(refused(&[("", Kind::Directory), ("a", file), ("d/l", link("../a"))]), None);
        for (entries, expected) in [
            (&[("d/l", link("/etc/passwd"))][..], "d/l E_LINK_ESCAPE"),
            (&[("d/l", link("../../x"))], "d/l E_LINK_ESCAPE"),
            // Only together do they lead out.
            (&[("a", link("d/e/../..")), ("d/e", link(".."))], "a E_LINK_ESCAPE"),
            (&[("p", Kind::Fifo)], "p E_TYPE"),
            (&[("l", link(""))], "l E_LINK_TARGET"),
        ] {
            assert_eq!(refused(entries).as_deref(), Some(expected), "{entries:?}");
        }
    }
}
