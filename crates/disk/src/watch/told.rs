//! Changes that the kernel tells: one watch of inotify for each directory that counts.
//!
//! Only what changes something is asked for. Whoever reads the tree meanwhile makes no events, so that reading a large
//! one does not fill the queue. Source: `inotify(7)`.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use holdall_tree::{Name, RelPath};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::{Changes, Counts};
use crate::dir::Dir;

/// What is read of the queue at a time, in bytes: a few thousand events.
const BUFFER_BYTES: usize = 128 << 10;

/// How often the queue is read until the clock is looked at: as often as it takes to empty one of a usual length.
const READS_MAX: usize = 16;

const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::EXCL_UNLINK)
    .union(WatchFlags::ONLYDIR);

/// The kernel tells nothing, and why.
pub(super) struct Untold(pub(super) String);

/// A queue of events and what they are about.
#[derive(Debug)]
pub(super) struct Told {
    queue: OwnedFd,
    dirs: HashMap<i32, RelPath>,
    dirs_max: usize,
}

struct Event {
    watch: i32,
    flags: ReadFlags,
    name: Option<Name>,
}

impl Told {
    pub(super) fn new(dirs_max: usize) -> Result<Self, Untold> {
        let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).map_err(|e| {
            Untold(match e {
                Errno::MFILE => "too many programs of this user watch already".to_owned(),
                e => e.to_string(),
            })
        })?;
        Ok(Self { queue, dirs: HashMap::new(), dirs_max })
    }

    /// Watches `from` and the directories in it, as far as they count.
    pub(super) fn arm(
        &mut self,
        root: &Dir,
        from: &RelPath,
        counts: &Counts<'_>,
    ) -> Result<(), Untold> {
        let mut rest = vec![from.clone()];
        while let Some(path) = rest.pop() {
            // What cannot be opened is gone again, or is none of what can be read either.
            let Ok(dir) = root.open_dir(&path) else { continue };
            if !self.add(&dir, &path)? {
                continue;
            }
            // Listed after it is watched: what comes later is told.
            let Ok(listed) = dir.list_reporting(&mut |_| {}) else { continue };
            let below = listed.iter().filter(|entry| entry.stat.is_dir());
            rest.extend(below.map(|dir| path.join(&dir.name)).filter(|path| counts(path, true)));
        }
        Ok(())
    }

    /// True if the directory is watched now. It is named by its handle, so that nobody puts a link in its place.
    fn add(&mut self, dir: &Dir, path: &RelPath) -> Result<bool, Untold> {
        if self.dirs.len() >= self.dirs_max {
            return Err(Untold(format!("there are more than {} directories", self.dirs_max)));
        }
        let handle = format!("/proc/self/fd/{}", dir.as_fd().as_raw_fd());
        match inotify::add_watch(&self.queue, handle, CHANGES) {
            Ok(watch) => {
                self.dirs.insert(watch, path.clone());
                Ok(true)
            }
            Err(Errno::NOSPC) => {
                Err(Untold("more directories than the system lets this user watch".to_owned()))
            }
            Err(Errno::ACCESS) => Ok(false),
            Err(e) => Err(Untold(e.to_string())),
        }
    }

    /// Waits for events, but no longer than `patience`, and adds to `changes` those that count. True if any did.
    pub(super) fn next(
        &mut self,
        root: &Dir,
        counts: &Counts<'_>,
        patience: Duration,
        changes: &mut Changes,
    ) -> Result<bool, Untold> {
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        // Interrupted or not: whoever waits looks at the clock and comes again.
        let _ = poll(&mut [PollFd::new(self.queue.as_fd(), PollFlags::POLLIN)], timeout);
        let mut any = false;
        for _ in 0..READS_MAX {
            let events = self.read()?;
            if events.is_empty() {
                break;
            }
            for event in events {
                any |= self.handle(&event, root, counts, changes)?;
            }
        }
        Ok(any)
    }

    /// The events that are there, as many as the buffer holds.
    fn read(&self) -> Result<Vec<Event>, Untold> {
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER_BYTES];
        let mut reader = Reader::new(&self.queue, &mut buffer);
        let mut events = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => events.push(Event {
                    watch: event.wd(),
                    flags: event.events(),
                    name: event.file_name().and_then(|name| Name::parse(name.to_bytes()).ok()),
                }),
                Err(Errno::AGAIN) => return Ok(events),
                Err(Errno::INTR) => continue,
                Err(e) => return Err(Untold(e.to_string())),
            }
            if reader.is_buffer_empty() {
                return Ok(events);
            }
        }
    }

    fn handle(
        &mut self,
        event: &Event,
        root: &Dir,
        counts: &Counts<'_>,
        changes: &mut Changes,
    ) -> Result<bool, Untold> {
        let flags = event.flags;
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            // What was lost may be anything, new directories too.
            changes.unnamed();
            self.arm(root, &RelPath::root(), counts)?;
            return Ok(true);
        }
        let Some(dir) = self.dirs.get(&event.watch) else { return Ok(false) };
        if flags.contains(ReadFlags::UNMOUNT) {
            changes.unnamed();
            return Ok(true);
        }
        if flags.contains(ReadFlags::IGNORED) {
            self.dirs.remove(&event.watch);
            return Ok(false);
        }
        let (path, is_dir) = match &event.name {
            Some(name) => (dir.join(name), flags.contains(ReadFlags::ISDIR)),
            None => (dir.clone(), true),
        };
        if is_dir && flags.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
            self.leave(&path);
        }
        if !counts(&path, is_dir) {
            return Ok(false);
        }
        if is_dir && flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
            self.arm(root, &path, counts)?;
        }
        changes.named(path);
        Ok(true)
    }

    /// Watches what was at `path` no longer: it is gone, or has another path.
    fn leave(&mut self, path: &RelPath) {
        let gone = self.dirs.iter().filter(|(_, dir)| dir.starts_with(path));
        let mut gone: Vec<i32> = gone.map(|(watch, _)| *watch).collect();
        gone.sort_unstable();
        for watch in gone {
            self.dirs.remove(&watch);
            // The kernel may have removed it itself.
            let _ = inotify::remove_watch(&self.queue, watch);
        }
    }
}
