//! `holdall mount`

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use holdall::AllSnapshots;
use holdall::config;
use holdall::disk::sandbox;
use holdall::guest::Guest;
use holdall::sealed::Keys;
use holdall::source::{Locator, Opened, Reading};
use holdall::tree::Tree;
use holdall_mount::{Around, Error as MountError, For, Lasts, Mounted, Room};

use crate::aide::Aide;
use crate::args::MountArgs;
use crate::commands::confine::{self, Needs};
use crate::commands::look::with_sources_read;
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
            serve(session, args, &dir, "all snapshots", &tree, Lasts::Forever, None)
        });
    }
    let wanted = confine::wanted(session, args.confine.sandbox);
    let guest = (wanted == config::Sandbox::Wasm).then(Guest::new).transpose()?;
    let reading = Reading { terms: session.terms, guest: guest.as_ref(), ..Reading::default() };
    let held = RefCell::new(None);
    let ready = |locators: &[Locator], keys: &Keys<'_>| {
        let [source] = locators else { return Ok(()) };
        if wanted == config::Sandbox::Off || !source.may_be_of_others() {
            return Ok(());
        }
        confine::fetch(session, source, &args.source, keys)?;
        if session.dry_run {
            confine::within(session, wanted, locators, &Needs::default())?;
            return Ok(());
        }
        // Nothing can be mounted when it is known what there is to show.
        let mut now = Held::mount(args, &dir)?;
        // The way to the source may lead through it. It needs no file, and is no thread that is started later.
        now.mounted = now.mounted.begin(|| {
            sandbox::confine_thread();
        });
        let needs = Needs { writes: vec![now.room.join("file")], ..Needs::default() };
        confine::within(session, wanted, locators, &needs)?;
        held.replace(Some(now));
        Ok(())
    };
    with_sources_read(session, &[&args.source], reading, ready, |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        apart(source, &dir)?;
        let lasts = if source.is_directory() { Lasts::AsLongAsItDoes } else { Lasts::Forever };
        serve(session, args, &dir, &source.name, source.tree(), lasts, held.take())
    })
}

/// What is mounted, and who takes it away.
struct Held {
    mounted: Mounted,
    aide: Aide,
    room: PathBuf,
}

impl Held {
    fn mount(args: &MountArgs, dir: &Path) -> Result<Self> {
        let access = if args.allow_other { For::Everybody } else { For::Owner };
        let (aide, room) = Aide::to_unmount().map_err(|source| refused(dir, source))?;
        let real = dir.canonicalize().map_err(|source| refused(dir, source))?;
        let mounted = holdall_mount::mount(dir, access).map_err(holdall::tree::Error::from)?;
        aide.mounted(&real).map_err(|source| refused(dir, source))?;
        Ok(Self { mounted, aide, room })
    }
}

fn refused(dir: &Path, source: std::io::Error) -> Failure {
    holdall::tree::Error::from(MountError::Refused { dir: dir.to_owned(), source }).into()
}

/// Shows a tree until it is taken away.
fn serve(
    session: &Session,
    args: &MountArgs,
    dir: &Path,
    name: &str,
    tree: &dyn Tree,
    lasts: Lasts,
    held: Option<Held>,
) -> Result<u8> {
    session.progress.finish();
    if session.dry_run {
        say(session, name, dir, "would mount")?;
        return Ok(session.code());
    }
    let Held { mounted, aide, room } = held.map_or_else(|| Held::mount(args, dir), Ok)?;
    let room = Room::open(&room).map_err(|source| refused(dir, source))?;
    let mut said = Ok(());
    let mut ready = || {
        said = say(session, name, dir, "mounted");
        let dir = dir.display();
        session.tell(&format!("it can be read there until Ctrl-C, or fusermount3 -u {dir}"));
    };
    let mut gone = Ok(());
    let mut take_away = || gone = aide.unmount();
    let around = Around { ready: &mut ready, take_away: &mut take_away };
    let done = mounted.show(&session.context(), tree, lasts, room, around);
    done.map_err(holdall::tree::Error::from)?;
    said?;
    gone.map_err(|source| refused(dir, source))?;
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
