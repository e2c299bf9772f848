//! A tree that is written as an archive, and what a restore of the archive will say of it.

use holdall_archive::Foresight;
use holdall_tree::{Context, Filter, Kind, Result as TreeResult, Source, Visit};

use super::Packing;

/// What is refused of an archive unless it is known to be one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name of the entry.
    pub name: String,
    /// The stable name of the reason.
    pub code: String,
    /// The reason in words.
    pub why: String,
}

/// A source that is judged as it is read.
pub struct Foreseen<'s> {
    source: &'s mut dyn Source,
    foresight: Foresight,
    special: bool,
}

impl<'s> Foreseen<'s> {
    /// Judges what comes of `source` as an archive of this kind holds it.
    pub fn new(ctx: &Context<'_>, source: &'s mut dyn Source, packing: Packing) -> Self {
        // Pipes and devices are left out of others.
        let special = matches!(packing, Packing::Tar(_));
        Self { source, foresight: Foresight::new(ctx.limits), special }
    }

    /// What will be refused, if something will.
    #[must_use]
    pub fn finish(self) -> Option<Refused> {
        let (name, fault) = self.foresight.finish()?;
        Some(Refused { name, code: fault.code().to_owned(), why: fault.to_string() })
    }
}

impl Source for Foreseen<'_> {
    fn read(
        &mut self,
        ctx: &Context<'_>,
        filter: &dyn Filter,
        visit: &mut Visit<'_>,
    ) -> TreeResult<()> {
        let (foresight, special) = (&mut self.foresight, self.special);
        self.source.read(ctx, filter, &mut |entry, content| {
            let held = match entry.kind {
                Kind::Directory | Kind::File { .. } | Kind::Symlink { .. } => true,
                Kind::Socket => false,
                _ => special,
            };
            if held {
                foresight.add(entry);
            }
            visit(entry, content)
        })
    }
}
