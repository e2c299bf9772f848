//! What a restore gives to files that it makes, wherever and by whomever it is run.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use holdall::restore::RestoreOptions;
use holdall_testkit::{compare, is_root};

use crate::support::Bed;

/// True if the command could be run and did what it was asked.
fn done(program: &str, args: &[&str], path: &Path) -> bool {
    Command::new(program).args(args).arg(path).output().is_ok_and(|output| output.status.success())
}

/// A tree whose files differ in permissions, owners, attributes and ACLs, several of each kind in one directory.
fn varied(top: &Path) {
    for dir in ["a", "b"] {
        std::fs::create_dir_all(top.join(dir)).unwrap();
        let modes = [0o644, 0o600, 0o400, 0o444, 0o000, 0o755, 0o6755, 0o1640, 0o644];
        for (number, mode) in modes.into_iter().enumerate() {
            let file = top.join(dir).join(format!("{number}-{mode:o}"));
            std::fs::write(&file, "content").unwrap();
            // Where these cannot be set, one case less is tested.
            if number % 3 == 1 {
                done("setfattr", &["-n", "user.a", "-v", "value"], &file);
            }
            if number % 4 == 3 {
                done("setfacl", &["-m", "u:1234:rw"], &file);
            }
            if number % 2 == 1 {
                let _ = std::os::unix::fs::chown(&file, Some(1234), Some(4321));
            }
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

#[test]
fn new_files_get_all_their_metadata_whatever_the_directory_above_gives() {
    for (set_gid, acl) in [(false, false), (true, false), (false, true), (true, true)] {
        let bed = Bed::new();
        varied(&bed.path("p"));
        if !is_root() {
            // Its content could not be read.
            for dir in ["a", "b"] {
                std::fs::remove_file(bed.path("p").join(dir).join("4-0")).unwrap();
            }
        }
        let id = bed.snapshot("p");
        let above = bed.path("above");
        std::fs::create_dir(&above).unwrap();
        if set_gid {
            let _ = std::os::unix::fs::chown(&above, None, Some(999));
            std::fs::set_permissions(&above, std::fs::Permissions::from_mode(0o2775)).unwrap();
        }
        if acl {
            done("setfacl", &["-d", "-m", "u:1234:rwx,g:99:r"], &above);
        }
        let report = bed.restore(&id, "above/q", &RestoreOptions::default()).unwrap();
        assert_eq!(report.problems, 0);
        let differences = compare(&bed.path("p"), &bed.path("above/q"));
        assert!(differences.is_empty(), "{set_gid} {acl}: {differences:#?}");
    }
}

#[test]
fn an_ordinary_user_gets_back_what_may_not_be_written() {
    let restore = || {
        let bed = Bed::new();
        std::fs::create_dir_all(bed.path("p/d")).unwrap();
        for name in ["d/a", "d/b", "c"] {
            let file = bed.path("p").join(name);
            std::fs::write(&file, name).unwrap();
            done("setfattr", &["-n", "user.a", "-v", "value"], &file);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
        }
        done("setfattr", &["-n", "user.a", "-v", "value"], &bed.path("p/d"));
        std::fs::set_permissions(bed.path("p/d"), std::fs::Permissions::from_mode(0o555)).unwrap();
        let id = bed.snapshot("p");
        let report = bed.restore(&id, "q", &RestoreOptions::default()).unwrap();
        let differences = compare(&bed.path("p"), &bed.path("q"));
        for tree in ["p/d", "q/d"] {
            let writable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(bed.path(tree), writable).unwrap();
        }
        (report.problems, differences, std::fs::metadata(bed.path("q/c")).unwrap().uid())
    };
    // The kernel keeps users by thread, and a thread hands its own to those that it starts.
    let ran = std::thread::spawn(move || {
        if is_root() {
            let (uid, gid) = (rustix::fs::Uid::from_raw(12345), rustix::fs::Gid::from_raw(12345));
            rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
            rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        }
        restore()
    });
    let (problems, differences, uid) = ran.join().unwrap();
    assert_eq!((problems, differences), (0, Vec::new()));
    assert_ne!(uid, 0);
}
