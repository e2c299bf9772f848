//! `holdall explore`

use std::cell::Cell;

use holdall::select::Selection;
use holdall::source::Access;

use crate::args::ExploreArgs;
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_sources_after};
use crate::commands::{dump, selection};
use crate::explore::{self, Options, Screen};
use crate::failure::{Failure, Result};
use crate::session::Session;

pub(super) fn run(session: &Session, args: &ExploreArgs) -> Result<u8> {
    explore::needs_terminal(session)?;
    selection::one_input(&args.select, &args.source)?;
    let current = &session.places.current;
    let needs = Needs {
        reads: selection::reads(session, &args.select),
        // What is written lies beneath this directory then, whatever it is called.
        writes: vec![current.join("any")],
        nodes: true,
        ..Needs::default()
    };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    let screen = Cell::new(None);
    let before = || {
        screen.set(Some(Screen::take()?));
        Ok(())
    };
    with_sources_after(session, &[&args.source], &wants, before, |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let root = source.origin.clone().unwrap_or_else(|| current.clone());
        let settings = &session.config.config;
        let select = (&args.select, &settings.select);
        let ctx = session.context();
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let selection = Selection::new(select)?;
        session.progress.finish();
        let confined: Option<Screen> = screen.take();
        let options = Options {
            tokens: dump::encoding(args.tokens, &settings.dump),
            secrets: args.secrets.map_or(settings.dump.secrets, Into::into),
            within: confined.as_ref().and_then(|_| current.canonicalize().ok()),
        };
        let screen = confined.map_or_else(Screen::take, Ok)?;
        explore::run(session, source, &selection, screen, &options)
    })
}
