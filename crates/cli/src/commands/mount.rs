//! `holdall mount`

use std::path::Path;

use holdall::AllSnapshots;
use holdall::source::Opened;
use holdall::tree::Tree;
use holdall_mount::{For, Lasts, Options};

use crate::args::MountArgs;
use crate::commands::look::with_sources;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

/// What stands for all snapshots of the repository.
const ALL: &str = "@all";

pub(super) fn run(session: &Session, args: &MountArgs) -> Result<u8> {
    let dir = session.places.current.join(&args.dir);
    // What is opened may ask for a password and take its time.
    holdall_mount::check(&dir).map_err(holdall::tree::Error::from)?;
    if args.source == ALL {
        return session.with_reader(|reader| {
            let tree = AllSnapshots::open(&session.context(), reader)?;
            serve(session, args, &dir, "all snapshots", &tree, Lasts::Forever)
        });
    }
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        apart(source, &dir)?;
        let lasts = if source.is_directory() { Lasts::AsLongAsItDoes } else { Lasts::Forever };
        serve(session, args, &dir, &source.name, source.tree(), lasts)
    })
}

/// Shows a tree until it is taken away.
fn serve(
    session: &Session,
    args: &MountArgs,
    dir: &Path,
    name: &str,
    tree: &dyn Tree,
    lasts: Lasts,
) -> Result<u8> {
    session.progress.finish();
    if session.dry_run {
        say(session, name, dir, "would mount")?;
        return Ok(session.code());
    }
    let access = if args.allow_other { For::Everybody } else { For::Owner };
    let mut said = Ok(());
    let mut ready = || {
        said = say(session, name, dir, "mounted");
        let dir = dir.display();
        session.tell(&format!("it can be read there until Ctrl-C, or fusermount3 -u {dir}"));
    };
    let options = Options { lasts, access };
    let done = holdall_mount::mount(&session.context(), tree, dir, options, &mut ready);
    done.map_err(holdall::tree::Error::from)?;
    said?;
    session.tell(&format!("{} is as it was before", dir.display()));
    Ok(session.code())
}

fn say(session: &Session, name: &str, dir: &Path, doing: &str) -> Result<()> {
    if session.json {
        let (source, directory) = (name.to_owned(), render::path(dir));
        return session.print_json(wire::Mounted { source, directory });
    }
    session.print(&format!("{doing} {name} on {}", dir.display()))
}

/// A directory that is mounted within itself would be in itself without end.
fn apart(source: &Opened<'_>, dir: &Path) -> Result<()> {
    let origin = source.origin.as_ref().filter(|_| source.is_directory());
    let Some(Ok(origin)) = origin.map(|origin| origin.canonicalize()) else { return Ok(()) };
    match dir.canonicalize() {
        Ok(real) if real.starts_with(&origin) => {
            let (dir, source) = (dir.display(), &source.name);
            let why = format!("{dir} lies in {source}, which is to be mounted there");
            Err(holdall::Error::Refused(why).into())
        }
        _ => Ok(()),
    }
}
