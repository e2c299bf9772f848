//! `holdall explore`: a source on the terminal.
//!
//! [`model`] is all that there is to know, [`keys`] what keys do to it, [`draw`] how it looks. [`work`] does what takes
//! time in threads of its own, [`jobs`] what writes. The loop here hands events to the model and its wishes to the
//! threads, and draws at most sixty times a second.

mod display;
mod draw;
mod fit;
mod jobs;
mod keys;
mod layout;
mod model;
#[cfg(test)]
mod tests;
mod work;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use holdall::config::SecretsPolicy;
use holdall::insight::tokens::Encoding;
use holdall::source::Opened;
use holdall::tree::{Context, Filter, Silent};

use self::display::Display;
pub(crate) use self::display::Screen;
use self::draw::Look;
use self::jobs::{Jobs, Written};
use self::model::{Event, Leave, Model, Wish};
use self::work::{Closing, Office};
use crate::failure::{Failure, Result, output};
use crate::session::Session;
use crate::terminal::Terminal;

/// How long a frame is seen at least.
const FRAME: Duration = Duration::from_millis(16);
/// How long nothing happens before it is asked whether a signal came.
const IDLE: Duration = Duration::from_millis(100);
/// How long one look for a key lasts.
const LOOK: Duration = Duration::from_millis(50);
/// Events that are taken in before the screen is drawn again.
const EVENTS: usize = 1000;
/// Files whose tokens are taken in for each frame.
const COUNTS: usize = 4096;
/// The code of a run in which something could not be written as asked.
const INCOMPLETE: u8 = 3;

/// How a source is explored.
pub(crate) struct Options {
    pub(crate) tokens: Option<Encoding>,
    pub(crate) secrets: SecretsPolicy,
    /// Beneath which directory is written, if this process can write nowhere else.
    pub(crate) within: Option<PathBuf>,
}

/// Fails if there is no terminal to draw on.
pub(crate) fn needs_terminal(session: &Session) -> Result<()> {
    let why = if session.json {
        "explore draws on a terminal and prints no JSON"
    } else if !std::io::stdout().is_terminal() || Terminal::open().is_none() {
        "explore draws on a terminal, and there is none"
    } else {
        return Ok(());
    };
    Err(Failure::NoTerminal(why))
}

/// Explores what `filter` takes of a source until somebody leaves.
pub(crate) fn run(
    session: &Session,
    source: &Opened<'_>,
    filter: &dyn Filter,
    screen: Screen,
    options: &Options,
) -> Result<u8> {
    let (send, receive) = channel();
    let office = Office::new(send);
    let written = Written::default();
    let ctx = Context { observer: &Silent, ..session.context() };
    let tree = source.tree();
    let mut model = Model::new(&source.name, options.tokens.is_some(), options.secrets);
    if let Some(dump) = source.dump().filter(|dump| !dump.holes().is_empty()) {
        let holes = crate::render::count(dump.holes().len() as u64, "entry");
        model.on(Event::Told(format!(
            "{holes} of the dump cannot be brought back and are not shown"
        )));
    }
    let leave = std::thread::scope(|scope| {
        // While the explorer has the terminal nobody else writes there. The order matters: the terminal is put back,
        // then others may write, then threads are waited for.
        let closing = Closing(&office);
        let quiet = session.screen.hold();
        let mut display = Display::open(screen, Look::new(session.color)).map_err(output)?;
        let jobs = Jobs {
            session,
            source,
            office: &office,
            written: &written,
            within: options.within.as_deref(),
        };
        let (office, ctx) = (&office, &ctx);
        scope.spawn(|| office.guarded(|| listen(office)));
        scope.spawn(|| office.guarded(|| office.read(ctx, tree, filter, options.tokens)));
        scope.spawn(|| office.guarded(|| office.search_names()));
        scope.spawn(|| office.guarded(|| office.search_contents(ctx, tree)));
        scope.spawn(|| office.guarded(|| office.turn_pages(ctx, tree)));
        scope.spawn(move || office.guarded(|| office.do_jobs(&|job, stop| jobs.run(job, stop))));
        let leave = attend(session, &mut model, &mut display, office, &receive);
        drop(display);
        drop(quiet);
        drop(closing);
        leave
    })?;
    let lines = written.lines.lock().unwrap_or_else(PoisonError::into_inner);
    for line in lines.iter() {
        session.print(line)?;
    }
    match leave {
        Leave::Done if written.problems.load(Ordering::Relaxed) > 0 => Ok(INCOMPLETE),
        Leave::Done => Ok(0),
        Leave::Interrupted => Err(holdall::tree::Error::interrupted().into()),
        Leave::Broken(why) => Err(holdall::Error::Tree(holdall::tree::Error::new(
            holdall::tree::ErrorKind::Failed,
            why,
        ))
        .into()),
    }
}

/// Waits for keys until the office is closed.
fn listen(office: &Office) {
    while !office.closed() {
        if display::is_gone() {
            return office.tell(Event::Broken("the terminal was closed".to_owned()));
        }
        let read = crossterm::event::poll(LOOK)
            .and_then(|any| if any { crossterm::event::read().map(Some) } else { Ok(None) });
        match read {
            Ok(event) => {
                if let Some(event) = event.and_then(display::understood) {
                    office.tell(event);
                }
            }
            Err(error) => {
                return office.tell(Event::Broken(format!("cannot read the terminal: {error}")));
            }
        }
    }
}

/// Hands events to the model and its wishes to the office, and draws.
fn attend(
    session: &Session,
    model: &mut Model,
    display: &mut Display,
    office: &Office,
    events: &Receiver<Event>,
) -> Result<Leave> {
    let (width, height) = display.size();
    model.on(Event::Resized(width, height));
    display.show(model).map_err(output)?;
    let mut drawn = Instant::now();
    let mut stale = false;
    loop {
        let wait = if stale { FRAME.saturating_sub(drawn.elapsed()) } else { IDLE };
        match events.recv_timeout(wait) {
            Ok(event) => {
                model.on(event);
                events.try_iter().take(EVENTS).for_each(|event| model.on(event));
                stale = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Leave::Done),
        }
        if let Some(leave) = grant(model, office) {
            return Ok(leave);
        }
        if session.cancel.is_cancelled() {
            return Ok(Leave::Interrupted);
        }
        if stale && drawn.elapsed() >= FRAME {
            let counted = office.counted(COUNTS);
            stale = counted.len() == COUNTS;
            model.on(Event::Counted(counted));
            display.show(model).map_err(output)?;
            drawn = Instant::now();
        }
    }
}

/// Grants what the model wishes.
fn grant(model: &mut Model, office: &Office) -> Option<Leave> {
    let outline = model.loaded.as_ref().map(|loaded| Arc::clone(&loaded.outline));
    for wish in std::mem::take(&mut model.wishes) {
        match (wish, &outline) {
            (Wish::Leave(leave), _) => return Some(leave),
            (Wish::StopSearch, _) => {
                office.names.stop();
                office.contents.stop();
            }
            (Wish::StopJob, _) => office.jobs.stop(),
            (Wish::Start(job), _) => office.jobs.put(job),
            (Wish::Names(ask, query), Some(outline)) => {
                office.names.put((ask, Arc::clone(outline), query));
            }
            (Wish::Contents(ask, text, notation), Some(outline)) => {
                office.contents.put((ask, Arc::clone(outline), text, notation));
            }
            (Wish::Page(ask, node, spot), Some(outline)) => {
                office.pages.put((ask, Arc::clone(outline), node, spot));
            }
            (_, None) => {}
        }
    }
    None
}
