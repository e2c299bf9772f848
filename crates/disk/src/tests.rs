//! What the crate promises, checked on a real file system. As root more is checked than as an ordinary user.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use holdall_tree::{Attributes, Classified, ErrorKind, Kind, Name, RelPath, Timestamp, Xattr};

use super::*;
use crate::faults::{Fault, What};

fn path(text: impl AsRef<[u8]>) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn root_user() -> bool {
    rustix::process::geteuid().is_root()
}

/// A temporary directory, by its path without symbolic links, and its handle.
fn temp() -> (tempfile::TempDir, Dir) {
    let base = fs::canonicalize(std::env::temp_dir()).unwrap();
    let temp = tempfile::tempdir_in(base).unwrap();
    let dir = Dir::open(temp.path()).unwrap();
    (temp, dir)
}

#[test]
fn messages_hold_no_control_characters() {
    let (_temp, dir) = temp();
    let text = dir.open_file(&path(b"a\x1b[31m\nb")).unwrap_err().to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn read(dir: &Dir, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    dir.open_file(&path(name)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn names(dir: &Dir) -> Vec<String> {
    dir.list().unwrap().iter().map(|listed| listed.name.to_string()).collect()
}

#[test]
fn nothing_is_reached_through_a_symbolic_link() {
    let (temp, dir) = temp();
    fs::create_dir(temp.path().join("real")).unwrap();
    fs::write(temp.path().join("real/file"), "x").unwrap();
    symlink("real", temp.path().join("link")).unwrap();
    symlink("real/file", temp.path().join("file-link")).unwrap();
    let escapes = |result: Result<()>| match result {
        Err(Error::Escapes { .. }) => {}
        other => panic!("{other:?}"),
    };
    for through in ["link/file", "link/new"] {
        escapes(dir.open_file(&path(through)).map(drop));
        escapes(dir.stat(&path(through)).map(drop));
        escapes(dir.create_file(&path(through), 0o600).map(drop));
        escapes(dir.create_dir(&path(through), 0o700));
        escapes(dir.remove_file(&path(through)));
        escapes(dir.remove_tree(&path(through)));
        escapes(dir.set_mode(&path(through), 0o777));
        escapes(dir.rename(&path("real/file"), &dir, &path(through)));
        escapes(dir.exchange(&path("real/file"), &dir, &path(through)));
    }
    escapes(dir.open_dir(&path("link")).map(drop));
    escapes(dir.open_file(&path("file-link")).map(drop));
    escapes(dir.set_mode(&path("file-link"), 0o777));
    let refused = dir.open_dir(&path("link")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(fs::read(temp.path().join("real/file")).unwrap(), b"x");
}

#[test]
fn a_listing_is_sorted_complete_and_repeatable() {
    let (temp, dir) = temp();
    let foreign = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    fs::write(temp.path().join(foreign), "12345").unwrap();
    for n in 0..3000 {
        fs::write(temp.path().join(format!("f{n:04}")), "").unwrap();
    }
    let first = dir.list().unwrap();
    assert_eq!(first.len(), 3001);
    assert!(first.is_sorted_by(|a, b| a.name < b.name));
    assert_eq!(first.last().unwrap().name.as_bytes(), b"\xff\xfe");
    assert_eq!(first.last().unwrap().stat.size, 5);
    assert_eq!(dir.list().unwrap(), first);
}

#[test]
fn a_stat_tells_what_the_standard_library_tells() {
    let (temp, dir) = temp();
    let file = temp.path().join("f");
    fs::write(&file, "four").unwrap();
    fs::hard_link(&file, temp.path().join("g")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o4640)).unwrap();
    let (std, stat) = (fs::metadata(&file).unwrap(), dir.stat(&path("f")).unwrap().unwrap());
    assert_eq!(
        (stat.file_type, stat.size, stat.mode, stat.uid, stat.gid),
        (FileType::File, 4, 0o4640, std.uid(), std.gid())
    );
    assert_eq!((stat.inode, stat.device, stat.links), (std.ino(), std.dev(), 2));
    assert_eq!((stat.mtime.secs, i64::from(stat.mtime.nanos)), (std.mtime(), std.mtime_nsec()));
    assert_eq!(Stat::of(&dir.open_file(&path("f")).unwrap()).unwrap().inode, stat.inode);
    let entry = stat.to_entry(path("f"));
    assert_eq!(entry.kind, Kind::File { size: 4 });
    assert_eq!(entry.meta.hard_link.unwrap().links, 2);
    let own = dir.stat(&RelPath::root()).unwrap().unwrap().to_entry(RelPath::root());
    assert_eq!((own.kind, own.meta.hard_link), (Kind::Directory, None));
    assert_eq!(dir.stat(&path("none/there")).unwrap(), None);
    assert_eq!(dir.stat(&path("f/beneath")).unwrap(), None);
}

#[test]
fn only_regular_files_are_opened() {
    let (_temp, dir) = temp();
    dir.make_node(&path("pipe"), &Kind::Fifo, 0o600).unwrap();
    dir.make_node(&path("socket"), &Kind::Socket, 0o600).unwrap();
    dir.create_dir(&path("dir"), 0o700).unwrap();
    for other in ["pipe", "socket", "dir"] {
        assert!(matches!(dir.open_file(&path(other)), Err(Error::NotFile { .. })), "{other}");
    }
    assert!(dir.open_file(&path("none")).unwrap_err().is_not_found());
    let made = dir.make_node(&path("f"), &Kind::File { size: 0 }, 0o600);
    assert!(made.is_err());
}

#[test]
fn every_kind_can_be_made_and_read_again() {
    let (_temp, dir) = temp();
    dir.create_dir(&path("a"), 0o750).unwrap();
    dir.create_dir(&path("a/b"), 0o750).unwrap();
    assert!(dir.create_dir(&path("a/b"), 0o750).unwrap_err().is_exists());
    dir.create_file(&path("a/b/f"), 0o600).unwrap().write_all(b"content").unwrap();
    dir.symlink(b"no\xffwhere", &path("a/l")).unwrap();
    dir.hard_link(&path("a/l"), &dir, &path("l2")).unwrap();
    assert_eq!(dir.read_link(&path("l2")).unwrap(), b"no\xffwhere");
    assert_eq!(read(&dir, "a/b/f"), b"content");
    assert!(dir.create_file(&path("a/b/f"), 0o600).unwrap_err().is_exists());
    if root_user() {
        let rdev = rustix::fs::makedev(1, 3);
        match dir.make_node(&path("null"), &Kind::CharDevice { rdev }, 0o600) {
            Ok(()) => assert_eq!(
                dir.stat(&path("null")).unwrap().unwrap().to_entry(path("null")).kind,
                Kind::CharDevice { rdev }
            ),
            Err(e) => {
                assert_eq!(e.io_error().unwrap().kind(), std::io::ErrorKind::PermissionDenied)
            }
        }
    }
}

#[test]
fn directories_of_a_user_path_are_made() {
    let (temp, _) = temp();
    let wanted = temp.path().join("x/y/z");
    create_dirs(&wanted, 0o700).unwrap();
    assert_eq!(fs::metadata(&wanted).unwrap().mode() & 0o777, 0o700);
    create_dirs(&wanted, 0o700).unwrap();
    publish_private(&wanted.join("keys/one"), b"secret").unwrap();
    assert_eq!(fs::metadata(wanted.join("keys/one")).unwrap().mode() & 0o777, 0o600);
    assert!(publish_private(&wanted.join("keys/one"), b"other").unwrap_err().is_exists());
}

#[test]
fn renaming_replaces_refuses_or_exchanges() {
    let (temp, dir) = temp();
    let write = |name: &str| fs::write(temp.path().join(name), name).unwrap();
    let read = |name: &str| fs::read_to_string(temp.path().join(name)).unwrap();
    for name in ["a", "b"] {
        write(name);
    }
    let refused = dir.rename_no_replace(&path("a"), &dir, &path("b")).unwrap_err();
    assert!(matches!(refused, Error::Exists { .. }));
    dir.exchange(&path("a"), &dir, &path("b")).unwrap();
    assert_eq!((read("a"), read("b")), ("b".to_owned(), "a".to_owned()));
    dir.create_dir(&path("d"), 0o700).unwrap();
    dir.exchange(&path("d"), &dir, &path("a")).unwrap();
    assert!(dir.stat(&path("a")).unwrap().unwrap().is_dir());
    dir.rename_no_replace(&path("d"), &dir.open_dir(&path("a")).unwrap(), &path("new")).unwrap();
    assert_eq!(read("a/new"), "b");
    dir.rename(&path("b"), &dir, &path("a/new")).unwrap();
    assert_eq!(read("a/new"), "a");
    assert!(dir.exchange(&path("a"), &dir, &path("none")).unwrap_err().is_not_found());
}

#[test]
fn metadata_is_set_on_a_link_and_not_through_it() {
    let (temp, dir) = temp();
    fs::write(temp.path().join("f"), "x").unwrap();
    symlink("f", temp.path().join("l")).unwrap();
    let before = dir.stat(&path("f")).unwrap().unwrap();
    let time = Timestamp::new(-5, 7);
    dir.set_times(&path("l"), time, time).unwrap();
    assert_eq!(dir.stat(&path("l")).unwrap().unwrap().mtime, time);
    if root_user() {
        dir.set_owner(&path("l"), 12, 34).unwrap();
        let link = dir.stat(&path("l")).unwrap().unwrap();
        assert_eq!((link.uid, link.gid), (12, 34));
    }
    assert_eq!(dir.stat(&path("f")).unwrap().unwrap(), before);
    dir.set_mode(&path("f"), 0o4751).unwrap();
    dir.set_times(&path("f"), time, before.mtime).unwrap();
    let after = dir.stat(&path("f")).unwrap().unwrap();
    assert_eq!((after.mode, after.atime, after.mtime), (0o4751, time, before.mtime));
}

#[test]
fn the_directory_itself_can_be_changed_through_its_handle() {
    let (temp, dir) = temp();
    dir.create_dir(&path("d"), 0o700).unwrap();
    let own = dir.open_dir(&path("d")).unwrap();
    let root = RelPath::root();
    own.set_mode(&root, 0o500).unwrap();
    own.set_times(&root, Timestamp::new(3, 4), Timestamp::new(1, 2)).unwrap();
    let stat = own.stat(&root).unwrap().unwrap();
    own.set_owner(&root, stat.uid, stat.gid).unwrap();
    assert_eq!((stat.mode, stat.mtime), (0o500, Timestamp::new(1, 2)));
    assert!(own.xattrs(&root).unwrap().is_empty());
    own.sync().unwrap();
    own.sync_filesystem().unwrap();
    assert_eq!(own.open_dir(&root).unwrap().list().unwrap(), []);
    drop(temp);
}

#[test]
fn extended_attributes_and_acls_come_back() {
    let (temp, dir) = temp();
    fs::write(temp.path().join("f"), "x").unwrap();
    fs::write(temp.path().join("g"), "y").unwrap();
    let long = Xattr { name: b"user.long".to_vec(), value: vec![7; 3000] };
    let set = [Xattr { name: b"user.a".to_vec(), value: b"\0\xff".to_vec() }, long];
    if dir.set_xattrs(&path("f"), &set).is_err() {
        return; // This file system keeps none.
    }
    assert_eq!(sorted(dir.xattrs(&path("f")).unwrap()), set);
    let acl = Command::new("setfacl").args(["-m", "u:1234:rw"]).arg(temp.path().join("f")).status();
    let wanted = sorted(dir.xattrs(&path("f")).unwrap());
    assert_eq!(wanted.len(), if acl.is_ok_and(|s| s.success()) { 3 } else { 2 });
    dir.set_xattrs(&path("g"), &wanted).unwrap();
    assert_eq!(sorted(file_xattrs(&dir.open_file(&path("g")).unwrap()).unwrap()), wanted);
    dir.set_xattrs(&path("g"), &set[..1]).unwrap();
    assert_eq!(dir.xattrs(&path("g")).unwrap(), set[..1]);
    symlink("f", temp.path().join("l")).unwrap();
    assert_eq!(dir.xattrs(&path("l")).unwrap(), []);
    let refused = dir.set_xattrs(&path("l"), &set[..1]).unwrap_err();
    assert!(refused.to_string().contains("user.a"), "{refused}");
}

fn sorted(mut xattrs: Vec<Xattr>) -> Vec<Xattr> {
    xattrs.sort();
    xattrs
}

#[test]
fn file_attributes_are_set_and_seen() {
    let (_temp, dir) = temp();
    dir.create_file(&path("f"), 0o600).unwrap();
    let no_dump = Attributes(0x40);
    if dir.set_attributes(&path("f"), no_dump).is_ok() {
        assert_eq!(file_attributes(dir.open_file(&path("f")).unwrap()), no_dump);
        let entry = dir.stat(&path("f")).unwrap().unwrap().to_entry(path("f"));
        assert_eq!(entry.meta.attributes, Some(no_dump));
    }
    dir.dir_attributes(&RelPath::root()).unwrap();
}

#[test]
fn a_sparse_file_tells_its_extents_and_is_copied_with_them() {
    let (_temp, dir) = temp();
    let from = dir.create_file(&path("sparse"), 0o600).unwrap();
    let size = 64 << 20;
    from.set_len(size).unwrap();
    from.write_all_at(&[1; 4096], 8 << 20).unwrap();
    from.write_all_at(&[2; 5], 32 << 20).unwrap();
    sync_file(&from).unwrap();
    let stat = Stat::of(&from).unwrap();
    let found = extents(&from, size).unwrap().unwrap();
    let covers = |at: u64| found.iter().any(|e| (e.offset..e.offset + e.length).contains(&at));
    assert!(covers(8 << 20) && covers((32 << 20) + 4));
    let to = dir.create_file(&path("copy"), 0o600).unwrap();
    copy_file(&from, &to).unwrap();
    sync_file(&to).unwrap();
    if stat.is_sparse() {
        assert!(!covers(0) && Stat::of(&to).unwrap().is_sparse());
    }
    assert!(read(&dir, "sparse") == read(&dir, "copy"));
}

#[test]
fn paths_longer_than_the_kernel_takes_work() {
    let (_temp, dir) = temp();
    let part = "d".repeat(200);
    let mut at = Dir::open(dir.path()).unwrap();
    for _ in 0..30 {
        at.create_dir(&path(&part), 0o700).unwrap();
        at = at.open_dir(&path(&part)).unwrap();
    }
    let deep = path(vec![part.as_str(); 30].join("/"));
    assert!(deep.as_bytes().len() > 4096);
    let file = deep.join(&name("file"));
    dir.create_file(&file, 0o600).unwrap().write_all(b"deep").unwrap();
    assert_eq!(read(&dir, file.as_path().to_str().unwrap()), b"deep");
    assert_eq!(dir.stat(&file).unwrap().unwrap().size, 4);
    assert_eq!(dir.open_dir(&deep).unwrap().list().unwrap().len(), 1);
    dir.remove_tree(&path(&part)).unwrap();
    assert!(names(&dir).is_empty());
}

#[test]
fn a_hostile_tree_is_removed_and_nothing_beside_it() {
    let (temp, dir) = temp();
    fs::create_dir(temp.path().join("keep")).unwrap();
    fs::write(temp.path().join("keep/file"), "x").unwrap();
    for made in ["tree", "tree/no-access", "tree/no-access/below", "tree/read-only"] {
        dir.create_dir(&path(made), 0o700).unwrap();
    }
    dir.create_file(&path("tree/read-only/f"), 0o400).unwrap();
    dir.symlink(b"../../keep", &path("tree/read-only/out")).unwrap();
    dir.symlink(temp.path().join("keep").as_os_str().as_bytes(), &path("tree/out")).unwrap();
    dir.make_node(&path("tree/pipe"), &Kind::Fifo, 0).unwrap();
    dir.create_file(&path("tree/guarded"), 0o600).unwrap();
    // Only root may set it, and only some file systems have it.
    let _ = dir.set_attributes(&path("tree/guarded"), Attributes(0x10));
    dir.set_mode(&path("tree/read-only"), 0o500).unwrap();
    dir.set_mode(&path("tree/no-access"), 0).unwrap();
    let mut at = dir.open_dir(&path("tree")).unwrap();
    for _ in 0..300 {
        at.create_dir(&path("deep"), 0o700).unwrap();
        at.create_file(&path("f"), 0o600).map(drop).unwrap_or_default();
        at = at.open_dir(&path("deep")).unwrap();
    }
    dir.remove_tree(&path("tree")).unwrap();
    dir.remove_tree(&path("tree")).unwrap();
    dir.remove_tree(&path("none/at/all")).unwrap();
    assert_eq!(names(&dir), ["keep"]);
    assert_eq!(fs::read(temp.path().join("keep/file")).unwrap(), b"x");
    symlink("keep", temp.path().join("link")).unwrap();
    dir.remove_tree(&path("link")).unwrap();
    assert_eq!(names(&dir), ["keep"]);
}

#[test]
fn a_published_file_is_synced_before_it_is_named_and_its_directory_after() {
    let (temp, dir) = temp();
    let steps = faults::count(temp.path());
    publish(&dir, &name("note"), b"one", 0o400, Replace::Never).unwrap();
    let verbs: Vec<String> =
        steps.seen().iter().map(|s| s.rsplit_once(' ').unwrap().0.to_owned()).collect();
    assert_eq!(verbs, ["create", "write", "sync", "rename", "sync"]);
    let refused = publish(&dir, &name("note"), b"two", 0o600, Replace::Never).unwrap_err();
    assert!(refused.is_exists());
    assert_eq!(read(&dir, "note"), b"one");
    publish(&dir, &name("note"), b"two", 0o644, Replace::Always).unwrap();
    assert_eq!(read(&dir, "note"), b"two");
    assert_eq!(dir.stat(&path("note")).unwrap().unwrap().mode, 0o644);
    publish(&dir, &Name::parse("n".repeat(255)).unwrap(), b"", 0o600, Replace::Never).unwrap();
}

#[test]
fn publishing_that_fails_at_any_step_leaves_the_old_file_and_no_litter() {
    for at in 0.. {
        let (temp, dir) = temp();
        publish(&dir, &name("note"), b"old", 0o600, Replace::Always).unwrap();
        let fault = faults::arm(Fault {
            beneath: temp.path().into(),
            at,
            what: What::Error(rustix::io::Errno::NOSPC.raw_os_error()),
        });
        let result = publish(&dir, &name("note"), b"new", 0o600, Replace::Always);
        let reached = fault.steps() > at;
        drop(fault);
        let content = read(&dir, "note");
        assert_eq!(names(&dir), ["note"], "step {at}");
        if !reached {
            assert!(result.is_ok() && content == b"new");
            assert!(at >= 5);
            return;
        }
        assert!(result.is_err());
        // The last step makes durable what has its name already.
        assert_eq!(content == b"new", at == 4, "step {at}");
    }
}

#[test]
fn after_a_stop_nothing_changes_any_more() {
    let (temp, dir) = temp();
    let fault = faults::arm(Fault { beneath: temp.path().into(), at: 2, what: What::Stop });
    publish(&dir, &name("note"), b"new", 0o600, Replace::Always).unwrap_err();
    let left = names(&dir);
    assert!(left.len() == 1 && left[0].starts_with("note-tmp-"), "{left:?}");
    dir.create_dir(&path("d"), 0o700).unwrap_err();
    dir.remove_tree(&path(&left[0])).unwrap_err();
    drop(fault);
    dir.remove_tree(&path(&left[0])).unwrap();
}

#[test]
fn a_lock_is_held_once_and_freed_on_drop() {
    let (_temp, dir) = temp();
    let held = LockFile::acquire(&dir, &name("lock")).unwrap();
    let refused = LockFile::acquire(&dir, &name("lock")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Locked);
    let Error::Locked { holder, .. } = refused else { panic!() };
    assert_eq!(
        holder,
        format!("process {} of {} on {}", std::process::id(), user_name(), host_name())
    );
    drop(held);
    LockFile::acquire(&dir, &name("lock")).unwrap();
    assert_eq!(names(&dir), ["lock"]);
}

#[test]
fn a_holder_is_named_however_soon_it_is_asked_for_and_never_after_it_went() {
    let (_temp, dir) = temp();
    let file = || std::fs::File::options().read(true).write(true).open(dir.shown(&path("lock")));
    drop(LockFile::acquire(&dir, &name("lock")).unwrap());
    assert_eq!(read(&dir, "lock"), b"");
    // A holder that has taken the lock and has yet to say who it is.
    let taken = file().unwrap();
    rustix::fs::flock(&taken, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let refused = std::thread::scope(|scope| {
        let late = scope.spawn(|| LockFile::acquire(&dir, &name("lock")).unwrap_err());
        std::io::Write::write_all(&mut &taken, b"process 7 of someone on a host\n").unwrap();
        late.join().unwrap()
    });
    assert!(refused.to_string().ends_with("is locked by process 7 of someone on a host"));
}
