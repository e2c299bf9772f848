//! What a handle promises: nothing outside it is reached, and everything beneath it is.

use super::*;
use std::os::unix::fs::symlink;

fn rel(path: &str) -> RelPath {
    RelPath::parse(path).unwrap()
}

#[test]
fn a_link_on_the_way_is_refused_and_a_link_itself_is_seen() {
    let scratch = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), b"x").unwrap();
    symlink(outside.path(), scratch.path().join("link")).unwrap();
    std::fs::create_dir(scratch.path().join("d")).unwrap();
    symlink(outside.path(), scratch.path().join("d/link")).unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    for bad in ["link/secret", "d/link/secret"] {
        assert!(dir.open_file(&rel(bad)).is_err(), "{bad}");
        assert!(dir.create_file(&rel("link/new"), 0o600).is_err());
        assert!(dir.remove_file(&rel(bad)).is_err(), "{bad}");
    }
    assert!(dir.open_file(&rel("link")).is_err());
    assert!(dir.open_dir(&rel("d/link")).is_err());
    let stat = dir.stat(&rel("d/link")).unwrap().unwrap();
    assert_eq!(stat.file_type, crate::FileType::Symlink);
    assert_eq!(
        dir.read_link(&rel("d/link")).unwrap(),
        outside.path().as_os_str().as_encoded_bytes()
    );
    assert!(outside.path().join("secret").exists());
}

#[test]
fn names_of_any_bytes_are_listed_in_byte_order() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    let names: [&[u8]; 5] = [b"b", b"\xff\xfe", b"a\nb", b"-rf", "\u{1f600}".as_bytes()];
    for name in names {
        dir.create_file(&RelPath::parse(name).unwrap(), 0o600).unwrap();
    }
    let listed: Vec<Vec<u8>> =
        dir.list().unwrap().iter().map(|l| l.name.as_bytes().to_vec()).collect();
    let mut sorted: Vec<Vec<u8>> = names.iter().map(|n| n.to_vec()).collect();
    sorted.sort();
    assert_eq!(listed, sorted);
}

#[test]
fn paths_longer_than_the_kernel_takes_at_once_work() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    let mut path = RelPath::root();
    let name = Name::parse("d".repeat(200)).unwrap();
    for _ in 0..30 {
        path = path.join(&name);
        dir.create_dir(&path, 0o700).unwrap();
    }
    let file = path.join(&Name::parse("f").unwrap());
    assert!(file.as_bytes().len() > 4096);
    drop(dir.create_file(&file, 0o600).unwrap());
    dir.open_file(&file).unwrap();
    assert_eq!(dir.open_dir(&path).unwrap().list().unwrap().len(), 1);
    dir.remove_tree(&rel(&"d".repeat(200))).unwrap();
    assert!(dir.list().unwrap().is_empty());
}

#[test]
fn an_exchange_swaps_two_trees() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    for name in ["a", "b"] {
        dir.create_dir(&rel(name), 0o700).unwrap();
        dir.create_file(&rel(&format!("{name}/{name}")), 0o600).unwrap();
    }
    dir.exchange(&rel("a"), &dir, &rel("b")).unwrap();
    assert!(dir.stat(&rel("a/b")).unwrap().is_some());
    assert!(dir.stat(&rel("b/a")).unwrap().is_some());
    assert!(dir.rename_no_replace(&rel("a"), &dir, &rel("b")).unwrap_err().is_exists());
    assert!(dir.exchange(&rel("a"), &dir, &rel("c")).unwrap_err().is_not_found());
}

#[test]
fn extended_attributes_times_and_modes_come_back() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    let path = rel("f");
    drop(dir.create_file(&path, 0o600).unwrap());
    let xattr = holdall_tree::Xattr { name: b"user.x".to_vec(), value: vec![7; 2000] };
    dir.set_xattrs(&path, std::slice::from_ref(&xattr)).unwrap();
    dir.set_mode(&path, 0o4751).unwrap();
    let (atime, mtime) = (Timestamp::new(-5, 1), Timestamp::new(4_000_000_000, 999_999_999));
    dir.set_times(&path, atime, mtime).unwrap();
    assert!(dir.xattrs(&path).unwrap().contains(&xattr));
    let stat = dir.stat(&path).unwrap().unwrap();
    assert_eq!((stat.mode, stat.mtime, stat.atime), (0o4751, mtime, atime));
}

#[test]
fn a_tree_goes_whatever_its_modes_and_its_links_are_not_followed() {
    let scratch = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("kept"), b"x").unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    dir.create_dir(&rel("t"), 0o700).unwrap();
    dir.create_dir(&rel("t/locked"), 0o700).unwrap();
    drop(dir.create_file(&rel("t/locked/f"), 0o000).unwrap());
    symlink(outside.path(), scratch.path().join("t/out")).unwrap();
    dir.set_mode(&rel("t/locked"), 0o000).unwrap();
    dir.remove_tree(&rel("t")).unwrap();
    assert!(dir.stat(&rel("t")).unwrap().is_none());
    assert!(outside.path().join("kept").exists());
    dir.remove_tree(&rel("t")).unwrap();
}

#[test]
fn a_sparse_file_shows_where_its_data_lies() {
    use std::os::unix::fs::FileExt;
    let scratch = tempfile::tempdir().unwrap();
    let dir = Dir::open(scratch.path()).unwrap();
    let file = dir.create_file(&rel("s"), 0o600).unwrap();
    file.set_len(1 << 20).unwrap();
    file.write_all_at(&[1; 4096], 512 << 10).unwrap();
    if let Some(extents) = crate::extents(&file, 1 << 20).unwrap() {
        assert!(extents.iter().map(|e| e.length).sum::<u64>() < 1 << 20);
        assert!(
            extents
                .iter()
                .any(|e| e.offset <= 512 << 10 && e.offset + e.length >= (512 << 10) + 4096)
        );
    }
    let copy = dir.create_file(&rel("c"), 0o600).unwrap();
    crate::copy_file(&file, &copy).unwrap();
    assert_eq!(
        std::fs::read(scratch.path().join("s")).unwrap(),
        std::fs::read(scratch.path().join("c")).unwrap()
    );
}
