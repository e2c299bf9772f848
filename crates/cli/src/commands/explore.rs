//! `holdall explore`

use holdall::select::Selection;

use crate::args::ExploreArgs;
use crate::commands::look::with_sources;
use crate::commands::{dump, selection};
use crate::explore::{self, Options};
use crate::failure::{Failure, Result};
use crate::session::Session;

pub(super) fn run(session: &Session, args: &ExploreArgs) -> Result<u8> {
    explore::needs_terminal(session)?;
    selection::one_input(&args.select, &args.source)?;
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let root = source.origin.clone().unwrap_or_else(|| session.places.current.clone());
        let settings = &session.config.config;
        let select = (&args.select, &settings.select);
        let ctx = session.context();
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let selection = Selection::new(select)?;
        session.progress.finish();
        let options = Options {
            tokens: dump::encoding(args.tokens, &settings.dump),
            secrets: args.secrets.map_or(settings.dump.secrets, Into::into),
        };
        explore::run(session, source, &selection, &options)
    })
}
