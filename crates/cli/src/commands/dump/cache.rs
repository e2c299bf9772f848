//! What dumps of a directory saw, kept for the next one.

use std::path::Path;

use holdall::dump::{Cache, DumpOptions, DumpReport, Item, Looks};
use holdall::source::Opened;
use holdall::tree::{Context, Note, Timestamp};

use super::options::Wanted;
use crate::commands::place::Place;
use crate::session::Session;

/// The memory of one run, if it has any.
pub(super) struct Memory {
    cache: Option<Cache>,
    started: Timestamp,
}

impl Memory {
    /// Lets `looks` know what an earlier run saw. Only a directory can be known again.
    pub(super) fn recall(
        session: &Session,
        ctx: &Context<'_>,
        source: &Opened<'_>,
        wanted: &Wanted<'_>,
        looks: &mut Looks,
    ) -> Self {
        let root = source.origin.as_deref().filter(|_| source.snapshot.is_none());
        let root = root.filter(|_| wanted.caches);
        let cache = root.map(|root| Cache::of(&session.places.dump_cache(), root, looks));
        match cache.as_ref().map(Cache::load) {
            None => {}
            Some(Ok(known)) => looks.known = known,
            Some(Err(unusable)) => ctx.observer.note(&Note::Other(unusable.to_string())),
        }
        Self { cache, started: ctx.now() }
    }

    /// Keeps what this run saw. What cannot be kept is told and does no harm.
    pub(super) fn keep(
        &self,
        ctx: &Context<'_>,
        items: &[Item],
        report: &DumpReport,
        options: &DumpOptions,
        wanted: &Wanted<'_>,
    ) {
        let Some(cache) = &self.cache else { return };
        // In a file that is compressed or sealed no text can be found again.
        let plain = wanted.compression.is_none() && wanted.seal.seal.is_none();
        let file = match &wanted.place {
            Place::File(file) if plain => Some(Path::new(file)),
            _ => None,
        };
        if let Err(error) = cache.save(self.started, items, report, options, file) {
            ctx.observer.note(&Note::Other(format!("the next dump will read all again: {error}")));
        }
    }
}
