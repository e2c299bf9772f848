//! Records come back as they were written, and damaged ones do not.

use holdall_tree::{Attributes, Extent, Kind, Metadata, Xattr};

use super::*;

fn row(path: &[u8], kind: Kind, meta: Metadata, hash: Option<ContentHash>) -> Row {
    let path = RelPath::parse(path).unwrap();
    Row { entry: Entry { path, kind, meta }, hash, link: None }
}

fn record() -> Record {
    let known = || Metadata {
        mode: Some(0o4755),
        uid: Some(7),
        gid: Some(u32::MAX),
        mtime: Some(Timestamp::new(-5, 3)),
        ctime: Some(Timestamp::new(1_700_000_000, 999_999_999)),
        inode: Some(u64::MAX),
        xattrs: Some(Vec::new()),
        attributes: Some(Attributes(0)),
        ..Metadata::default()
    };
    let hash = Some(ContentHash::of(b"x"));
    let xattrs = vec![Xattr { name: b"user.a b\n".to_vec(), value: vec![0, 10, 92, 255] }];
    let attributes = Some(Attributes(0x10));
    let extents = Some(vec![Extent { offset: 4096, length: 1 }]);
    let odd = Metadata { xattrs: Some(xattrs), attributes, extents, ..known() };
    let link = |path: &[u8]| {
        let mut row = row(path, Kind::File { size: 1 }, known(), hash);
        row.link = Some(RelPath::parse("first").unwrap());
        row
    };
    let rows = vec![
        row(b"", Kind::Directory, known(), None),
        row(b"a b\xff\n", Kind::File { size: u64::MAX }, odd, hash),
        row(b"dev", Kind::BlockDevice { rdev: 2049 }, known(), None),
        link(b"first"),
        row(b"l", Kind::Symlink { target: b"../x\\y \xfe".to_vec() }, known(), None),
        link(b"second"),
    ];
    let head = Head {
        name: "p-1".into(),
        project: "p q".into(),
        id: "path:h:/p".into(),
        source: "a\nb".into(),
        time: Timestamp::new(9, 8),
        tags: vec!["one".into(), String::new()],
        problems: 3,
        tree: TreeId([7; 32]),
        entries: 5,
        bytes: 2,
    };
    Record { head, rows }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let record = record();
    let bytes = record.encode();
    assert_eq!(Record::decode(&bytes).unwrap(), record);
    let text = std::str::from_utf8(&bytes).unwrap();
    let (head, _) = text.split_once("\n\n").unwrap();
    assert_eq!(decode_head(head).unwrap(), record.head);
}

#[test]
fn for_others_it_lacks_what_means_nothing_to_them() {
    let mut record = record();
    let read = Record::decode(&record.encode_for_others()).unwrap();
    assert_ne!(read, record);
    for row in &mut record.rows {
        (row.entry.meta.inode, row.entry.meta.ctime) = (None, None);
    }
    assert_eq!(read, record);
}

#[test]
fn no_byte_of_a_record_can_be_changed_or_cut_off() {
    let bytes = record().encode();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Record::decode(&changed).is_err(), "byte {at}");
        assert!(Record::decode(&bytes[..at]).is_err(), "cut off at {at}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_although_its_sum_is_right() {
    let whole = String::from_utf8(record().encode()).unwrap();
    let (body, _) = whole.rsplit_once("sum ").unwrap();
    for (from, to) in [
        ("entries 5", "entries x"),
        ("f 4755", "f 9755"),
        ("f 4755", "x 4755"),
        (" dev\n", " ../dev\n"),
        (" second\n", " another\n"),
        ("+ device 2049", "+ device"),
        ("+ data 4096+1", "+ data 4096"),
        ("-5.000000003", "-5.3"),
    ] {
        let body = body.replacen(from, to, 1);
        let text = format!("{body}sum {}\n", ContentHash::of(body.as_bytes()));
        assert!(Record::decode(text.as_bytes()).is_err(), "{from}");
    }
}

#[test]
fn two_threads_may_part_a_record_anywhere() {
    // A first name that grows moves the middle through all lines behind it.
    for length in 1..250 {
        for rows in 1..=record().rows.len() {
            let mut record = record();
            record.rows.truncate(rows);
            record.rows.insert(1, row(&vec![b'A'; length], Kind::Fifo, Metadata::default(), None));
            let mut meta = record.rows[1].entry.meta.clone();
            (meta.xattrs, meta.attributes) = (Some(Vec::new()), Some(Attributes(0)));
            record.rows[1].entry.meta = meta;
            assert_eq!(Record::decode(&record.encode()).unwrap(), record, "{length}, {rows}");
        }
    }
}

#[test]
fn entries_are_found_in_any_order() {
    let record = record();
    let mut next = 0;
    for at in [0, 1, 2, 3, 5, 4, 0, 5] {
        let path = &record.rows[at].entry.path;
        assert_eq!(record.find_next(path, &mut next), Some(&record.rows[at]));
        assert_eq!(record.find_next(&RelPath::parse("none").unwrap(), &mut next), None);
        assert_eq!(next, at + 1);
    }
}
