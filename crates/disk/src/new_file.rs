//! A file that was just made: its metadata is set through the handle that it is written by.
//!
//! What a directory gives one new file it gives the next one that is asked for alike. So it is looked at once, and what
//! a file has already is not set again.

use std::fs::File;
use std::io;

use holdall_tree::{Attributes, RelPath, Timestamp, Xattr};
use rustix::fs::{Gid, Uid};

use crate::change::bits;
use crate::dir::Dir;
use crate::error::Result;
use crate::faults::step;
use crate::metadata::{add_flags, times};
use crate::stat::Stat;
use crate::xattr::{Owner, is_ours};

/// What the system gives the new files of one directory that are asked for with the same permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    asked: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    /// True if they inherit extended attributes that we would remove, as from a default ACL.
    xattrs: bool,
}

impl Given {
    fn look(file: &File, asked: u32) -> io::Result<Self> {
        let stat = Stat::of(file)?;
        // If they cannot be listed, whoever sets them is told so.
        let xattrs = Owner::File(file)
            .list()
            .map_or(true, |names| names.split(|byte| *byte == 0).any(is_ours));
        Ok(Self { asked, mode: stat.mode, uid: stat.uid, gid: stat.gid, xattrs })
    }
}

/// A file that was made through a [`Dir`] and is still open.
#[derive(Debug)]
pub struct NewFile<'d> {
    dir: &'d Dir,
    path: &'d RelPath,
    file: File,
    given: Given,
    /// True once its permissions may be others than it was given.
    changed: bool,
}

impl Dir {
    /// As [`Dir::create_file`], to set metadata through the handle. `known` is what earlier files of the same directory
    /// were given, made by the same process while nobody changed the directory; it is brought up to date.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io); see [`Error::is_exists`](crate::Error::is_exists).
    pub fn create_new<'d>(
        &'d self,
        path: &'d RelPath,
        mode: u32,
        known: &mut Option<Given>,
    ) -> Result<NewFile<'d>> {
        let file = self.create_file(path, mode)?;
        let given = match known.filter(|given| given.asked == mode) {
            Some(given) => given,
            None => {
                *known.insert(Given::look(&file, mode).map_err(|e| self.error("look at", path, e))?)
            }
        };
        Ok(NewFile { dir: self, path, file, given, changed: false })
    }
}

impl NewFile<'_> {
    /// The file, to write to it.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// As [`Dir::set_owner`].
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_owner(&mut self, uid: u32, gid: u32) -> Result<()> {
        if (self.given.uid, self.given.gid) == (uid, gid) {
            return Ok(());
        }
        self.changed = true;
        self.change("set owner of", |file| {
            Ok(rustix::fs::fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?)
        })
    }

    /// As [`Dir::set_xattrs`].
    ///
    /// # Errors
    /// As there.
    pub fn set_xattrs(&mut self, xattrs: &[Xattr]) -> Result<()> {
        if xattrs.is_empty() && !self.given.xattrs {
            return Ok(());
        }
        // An ACL changes permissions.
        self.changed = true;
        let step = &mut || step("set attribute of", &self.dir.shown(self.path));
        let written = Owner::File(&self.file).write(xattrs, step);
        written.map_err(|failure| failure.into_error(self.dir, self.path))
    }

    /// As [`Dir::set_mode`].
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_mode(&mut self, mode: u32) -> Result<()> {
        if self.given.mode == mode && !self.changed {
            return Ok(());
        }
        self.changed = true;
        self.change("set mode of", |file| Ok(rustix::fs::fchmod(file, bits(mode))?))
    }

    /// As [`Dir::set_times`].
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_times(&mut self, atime: Timestamp, mtime: Timestamp) -> Result<()> {
        let times = times(atime, mtime);
        self.change("set times of", |file| Ok(rustix::fs::futimens(file, &times)?))
    }

    /// As [`Dir::set_attributes`].
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_attributes(&mut self, attributes: Attributes) -> Result<()> {
        self.change("set attributes of", |file| Ok(add_flags(file, attributes)?))
    }

    fn change(&self, doing: &'static str, act: impl FnOnce(&File) -> io::Result<()>) -> Result<()> {
        if cfg!(any(test, feature = "faults")) {
            step(doing, &self.dir.shown(self.path))
                .map_err(|e| self.dir.error(doing, self.path, e))?;
        }
        act(&self.file).map_err(|e| self.dir.error(doing, self.path, e))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    /// A way to set one part of the metadata, by name and through the handle.
    type Part = (fn(&Dir, &RelPath) -> Result<()>, fn(&mut NewFile<'_>) -> Result<()>);

    const TIME: Timestamp = Timestamp { secs: -5, nanos: 7 };

    fn user() -> Xattr {
        Xattr { name: b"user.a".to_vec(), value: b"value".to_vec() }
    }

    const PARTS: [Part; 7] = [
        (|dir, path| dir.set_owner(path, 0, 0), |new| new.set_owner(0, 0)),
        (|dir, path| dir.set_owner(path, 12, 34), |new| new.set_owner(12, 34)),
        (|dir, path| dir.set_xattrs(path, &[]), |new| new.set_xattrs(&[])),
        (|dir, path| dir.set_xattrs(path, &[user()]), |new| new.set_xattrs(&[user()])),
        (|dir, path| dir.set_mode(path, 0o600), |new| new.set_mode(0o600)),
        (|dir, path| dir.set_mode(path, 0o6751), |new| new.set_mode(0o6751)),
        (|dir, path| dir.set_times(path, TIME, TIME), |new| new.set_times(TIME, TIME)),
    ];

    /// Directories that give new files different things.
    fn directories(top: &std::path::Path) -> Vec<Dir> {
        let make = |name: &str| {
            let made = top.join(name);
            std::fs::create_dir(&made).unwrap();
            made
        };
        make("plain");
        let set_gid = make("set-gid");
        // As an ordinary user the group stays, and this is one more plain directory.
        let _ = std::os::unix::fs::chown(&set_gid, None, Some(4321));
        std::fs::set_permissions(&set_gid, std::fs::Permissions::from_mode(0o2755)).unwrap();
        let acl = make("acl");
        let _ = Command::new("setfacl").args(["-d", "-m", "u:1234:rwx"]).arg(acl).output();
        ["plain", "set-gid", "acl"].map(|name| Dir::open(&top.join(name)).unwrap()).into()
    }

    #[test]
    fn what_is_set_through_the_handle_is_what_is_set_by_name() {
        let temp = tempfile::tempdir().unwrap();
        for dir in directories(temp.path()) {
            let mut known = None;
            for chosen in 0..1 << PARTS.len() {
                let (by_name, by_handle) =
                    (path(&format!("n{chosen}")), path(&format!("h{chosen}")));
                dir.create_file(&by_name, 0o600).unwrap();
                let mut new = dir.create_new(&by_handle, 0o600, &mut known).unwrap();
                for (bit, (name, handle)) in PARTS.iter().enumerate() {
                    if chosen & 1 << bit != 0 {
                        let worked = (name(&dir, &by_name).is_ok(), handle(&mut new).is_ok());
                        assert_eq!(worked.0, worked.1, "{chosen:b}, part {bit}");
                    }
                }
                drop(new);
                let look = |file: &RelPath| {
                    let stat = dir.stat(file).unwrap().unwrap();
                    let mtime = (chosen & 1 << 6 != 0).then_some((stat.mtime, stat.atime));
                    (stat.mode, stat.uid, stat.gid, mtime, dir.xattrs(file).unwrap())
                };
                assert_eq!(look(&by_name), look(&by_handle), "{chosen:b} in {:?}", dir.path());
            }
        }
    }

    #[test]
    fn what_is_known_of_one_mode_is_not_taken_for_another() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::open(temp.path()).unwrap();
        let mut known = None;
        for (number, mode) in [0o600, 0o600, 0o400, 0o600].into_iter().enumerate() {
            let file = path(&number.to_string());
            let mut new = dir.create_new(&file, mode, &mut known).unwrap();
            new.set_mode(0o400).unwrap();
            assert_eq!(dir.stat(&file).unwrap().unwrap().mode, 0o400);
        }
        assert!(dir.create_new(&path("0"), 0o600, &mut known).unwrap_err().is_exists());
    }

    #[test]
    fn steps_and_failures_name_the_file() {
        let (temp, what) = (tempfile::tempdir().unwrap(), crate::faults::What::Error(5));
        let top = temp.path().canonicalize().unwrap();
        let (dir, name) = (Dir::open(&top).unwrap(), path("f"));
        let mut new = dir.create_new(&name, 0o600, &mut None).unwrap();
        let fault = crate::faults::Fault { beneath: top, at: 0, what };
        let armed = crate::faults::arm(fault);
        let failed = new.set_mode(0o644).unwrap_err().to_string();
        assert!(failed.contains("set mode of") && failed.contains("/f"), "{failed}");
        new.set_attributes(Attributes(0)).unwrap();
        assert_eq!(armed.steps(), 2);
    }
}
