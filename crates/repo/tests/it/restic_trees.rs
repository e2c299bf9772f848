//! Trees that restic wrote of hard names and all kinds of entries come out byte for byte when written again.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use holdall_repo::Id;
use holdall_repo::wire::node::{Node, NodeKind, encode_tree};
use holdall_repo::wire::node_decode::decode_tree;
use holdall_repo::wire::time::LocalOffset;
use holdall_tree::RelPath;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mknodat, setxattr};

use crate::restic::Restic;

const ZONE: &str = "Asia/Kathmandu";

/// Makes all kinds of entries with hard names; gives how many there are at least.
fn make(dir: &Path) -> usize {
    let names: [&[u8]; 34] = [
        b" ",
        b"a b",
        b"-",
        b"\"",
        b"'",
        b"\\",
        b"\\x41",
        b"<&>",
        b"\n",
        b"\r\t",
        b"\x01\x7f",
        b"\x07\x08\x0b\x0c",
        b"\x1b[31m",
        b"\xff",
        b"\xe2\x82",
        b"a\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80",
        "\u{fffd}".as_bytes(),
        "\u{2028}\u{2029}".as_bytes(),
        "\u{85}\u{a0}\u{ad}".as_bytes(),
        "\u{200d}\u{200b}".as_bytes(),
        "\u{feff}".as_bytes(),
        "\u{e000}\u{f8ff}".as_bytes(),
        "\u{f0000}\u{10ffff}".as_bytes(),
        "\u{378}\u{ffff}".as_bytes(),
        "\u{3000}x".as_bytes(),
        "é".as_bytes(),
        "e\u{301}".as_bytes(),
        "日本語".as_bytes(),
        "😀👩\u{200d}💻".as_bytes(),
        "\u{1680}".as_bytes(),
        &[b'n'; 255],
    ];
    for (nth, name) in names.iter().enumerate() {
        let path = dir.join(OsStr::from_bytes(name));
        fs::write(&path, vec![b'x'; nth % 3]).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        let time = match nth {
            0 => UNIX_EPOCH - Duration::new(1_900_000_000, 0),
            1 => UNIX_EPOCH - Duration::new(1, 500_000_000),
            2 => UNIX_EPOCH + Duration::new(4_400_000_000, 0),
            _ => UNIX_EPOCH + Duration::new(nth as u64 * 30_000_000, nth as u32 * 1_000_100),
        };
        let times = fs::FileTimes::new().set_modified(time).set_accessed(UNIX_EPOCH);
        file.set_times(times).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode([0o644, 0o6755, 0o1600, 0][nth % 4]))
            .unwrap();
    }
    let sub = dir.join("sub<dir>");
    fs::create_dir_all(sub.join("empty")).unwrap();
    fs::set_permissions(&sub, fs::Permissions::from_mode(0o3775)).unwrap();
    fs::write(sub.join("one"), "hard").unwrap();
    fs::hard_link(sub.join("one"), sub.join("two")).unwrap();
    symlink("../no where/\u{2028}<\"\\\n\u{e000}", sub.join("link")).unwrap();
    mknodat(CWD, sub.join("fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    mknodat(CWD, sub.join("socket"), FileType::Socket, Mode::RUSR, 0).unwrap();
    // Devices need rights and extended attributes a file system that has them; what works is tested.
    let _ = mknodat(CWD, sub.join("null"), FileType::CharacterDevice, Mode::RUSR, makedev(1, 3));
    let _ = mknodat(CWD, sub.join("disk"), FileType::BlockDevice, Mode::RUSR, makedev(259, 70_000));
    for (name, value) in [("user.a<b", &b"\0\xff"[..]), ("user.empty", b""), ("user.\u{e9}", b"x")]
    {
        let _ = setxattr(sub.join("one"), name, value, XattrFlags::empty());
    }
    names.len() + 7
}

fn check(bytes: &[u8], zone: &LocalOffset) -> Vec<Node> {
    let nodes = decode_tree(bytes).unwrap();
    let mut again = Vec::new();
    encode_tree(&nodes, &mut again);
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(bytes));
    for node in &nodes {
        let entry = node.to_entry(&RelPath::root()).unwrap();
        let content = node.content.clone().unwrap_or_default();
        let made = Node::from_entry(&entry, content, node.subtree, zone);
        let [mut made_bytes, mut bytes] = [Vec::new(), Vec::new()];
        encode_tree(&[made], &mut made_bytes);
        encode_tree(std::slice::from_ref(node), &mut bytes);
        assert_eq!(String::from_utf8_lossy(&made_bytes), String::from_utf8_lossy(&bytes));
    }
    nodes
}

#[test]
fn trees_of_restic_come_out_byte_for_byte() {
    let Some(restic) = Restic::init() else { return };
    let made = make(&restic.source());
    restic.run(ZONE, &["backup", ".", "--with-atime"]);
    let snapshots = restic.json(ZONE, &["snapshots", "--json"]);
    let root: Id = snapshots[0]["tree"].as_str().unwrap().parse().unwrap();
    let zone = LocalOffset::new(jiff::tz::TimeZone::get(ZONE).unwrap_or(jiff::tz::TimeZone::UTC));

    let mut seen = Vec::new();
    let mut ids = vec![root];
    while let Some(id) = ids.pop() {
        let bytes = restic.run(ZONE, &["cat", "blob", &id.hex()]);
        assert_eq!(Id::of(&bytes), id);
        let nodes = check(&bytes, &zone);
        ids.extend(nodes.iter().filter_map(|node| node.subtree));
        seen.extend(nodes);
    }
    assert!(seen.len() >= made, "{} of {made}", seen.len());
    assert!(seen.iter().any(|node| node.kind == NodeKind::Symlink));
    assert_eq!(seen.iter().filter(|node| node.links == 2).count(), 2);
}
