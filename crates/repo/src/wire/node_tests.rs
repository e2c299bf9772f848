//! Directories come back from their bytes, and hostile ones are refused.

use super::*;
use crate::wire::node_decode::decode_tree;
use holdall_tree::Timestamp;
use proptest::prelude::*;

fn node(name: &[u8]) -> Node {
    let time = WireTime { at: Timestamp::new(1, 0), offset: 0 };
    Node {
        name: name.to_vec(),
        kind: NodeKind::File,
        mode: 0o644,
        mtime: time,
        atime: time,
        ctime: time,
        uid: 0,
        gid: 0,
        user: String::new(),
        group: String::new(),
        inode: 0,
        device_id: 0,
        size: 0,
        links: 1,
        link_target: Vec::new(),
        xattrs: Vec::new(),
        generic: Vec::new(),
        device: 0,
        content: Some(Vec::new()),
        subtree: None,
        error: String::new(),
    }
}

#[test]
fn an_empty_directory_and_a_plain_file_have_exactly_these_bytes() {
    let mut out = Vec::new();
    encode_tree(&[], &mut out);
    assert_eq!(out, b"{\"nodes\":[]}\n");
    out.clear();
    encode_tree(&[node(b"a")], &mut out);
    let expected = concat!(
        r#"{"nodes":[{"name":"a","type":"file","mode":420,"mtime":"1970-01-01T00:00:01Z","#,
        r#""atime":"1970-01-01T00:00:01Z","ctime":"1970-01-01T00:00:01Z","uid":0,"gid":0,"links":1,"content":[]}]}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn modes_go_both_ways() {
    for unix in [0o644, 0o4755, 0o2755, 0o1777, 0o7777, 0] {
        assert_eq!(unix_mode(go_mode(NodeKind::Dir, unix)), unix);
    }
    assert_eq!(go_mode(NodeKind::Dir, 0o755), 0x8000_01ed);
}

#[test]
fn hostile_directories_are_refused() {
    let tree = |names: &[&str]| {
        let nodes: Vec<String> = names
            .iter()
            .map(|name| format!(r#"{{"name":"{name}","type":"file","content":[]}}"#))
            .collect();
        format!("{{\"nodes\":[{}]}}", nodes.join(","))
    };
    assert!(decode_tree(tree(&["a", "b"]).as_bytes()).is_ok());
    for bad in
        [&["b", "a"][..], &["a", "a"], &[""], &["."], &[".."], &["a/b"], &["\\\\x00"], &["\\\\q"]]
    {
        assert!(decode_tree(tree(bad).as_bytes()).is_err(), "{bad:?}");
    }
    for bad in [
        "",
        "{",
        r#"{"nodes":[{"name":"a"}]}"#,
        r#"{"nodes":[{"name":"a","type":"door"}]}"#,
        r#"{"nodes":[{"name":"a","type":"dir"}]}"#,
    ] {
        assert!(decode_tree(bad.as_bytes()).is_err(), "{bad}");
    }
}

prop_compose! {
    fn arb_node()(
        name in proptest::collection::vec(any::<u8>(), 1..20),
        kind in 0..7usize, mode in 0..0o10000u32, secs in -1_000_000_000..4_000_000_000i64, nanos in 0..1_000_000_000u32,
        uid: u32, user in "\\PC{0,6}", inode: u64, size: u64, links in 0..5u64,
        target in proptest::collection::vec(any::<u8>(), 1..20),
        xattr in proptest::option::of(("user\\.[a-z]{1,5}", proptest::collection::vec(any::<u8>(), 0..20))),
        attributes in proptest::option::of(1..0x100u32), content in proptest::collection::vec(any::<[u8; 32]>(), 0..3),
    ) -> Node {
        let (kind, ..) = WORDS[kind];
        let file = kind == NodeKind::File;
        Node {
            kind,
            mode: go_mode(kind, mode),
            mtime: WireTime { at: Timestamp::new(secs, nanos), offset: 3600 },
            uid, user, inode, links,
            size: if file { size } else { 0 },
            link_target: if kind == NodeKind::Symlink { target } else { Vec::new() },
            xattrs: xattr.into_iter().map(|(name, value)| Xattr { name: name.into_bytes(), value }).collect(),
            generic: attributes.map(|a| (ATTRIBUTES.to_owned(), a.to_string())).into_iter().collect(),
            content: file.then(|| content.into_iter().map(Id).collect()),
            subtree: (kind == NodeKind::Dir).then_some(Id([7; 32])),
            ..node(&name.into_iter().map(|b| if b == 0 || b == b'/' { b'_' } else { b }).collect::<Vec<u8>>())
        }
    }
}

proptest! {
    #[test]
    fn any_directory_comes_back(mut nodes in proptest::collection::vec(arb_node(), 0..8)) {
        nodes.retain(|node| Name::parse(&node.name).is_ok());
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        nodes.dedup_by(|a, b| a.name == b.name);
        let mut json = Vec::new();
        encode_tree(&nodes, &mut json);
        prop_assert_eq!(decode_tree(&json).unwrap(), nodes);
    }

    #[test]
    fn an_entry_keeps_all_that_a_node_can_hold(node in arb_node()) {
        prop_assume!(Name::parse(&node.name).is_ok());
        let entry = node.to_entry(&RelPath::root()).unwrap();
        let back = Node::from_entry(&entry, node.content.clone().unwrap_or_default(), node.subtree, &LocalOffset::utc());
        prop_assert_eq!((&back.name, back.kind, back.mode, back.mtime.at, back.size), (&node.name, node.kind, node.mode, node.mtime.at, node.size));
        prop_assert_eq!((&back.xattrs, &back.generic, &back.link_target), (&node.xattrs, &node.generic, &node.link_target));
    }
}

#[test]
fn what_is_not_known_stays_not_known() {
    let kinds = [
        Kind::File { size: 9 },
        Kind::Directory,
        Kind::Symlink { target: b"\xff".to_vec() },
        Kind::BlockDevice { rdev: 7 },
        Kind::Fifo,
    ];
    for kind in kinds {
        let dir = kind == Kind::Directory;
        // The format cannot tell "none" from "not known" of these two.
        let meta = Metadata {
            xattrs: Some(Vec::new()),
            attributes: Some(Attributes(0)),
            ..Metadata::default()
        };
        let entry = Entry { path: RelPath::parse("a").unwrap(), kind, meta };
        let subtree = dir.then_some(Id([7; 32]));
        let node = Node::from_entry(&entry, Vec::new(), subtree, &LocalOffset::utc());
        let mut json = Vec::new();
        encode_tree(&[node], &mut json);
        let nodes = decode_tree(&json).unwrap();
        assert_eq!(nodes[0].to_entry(&RelPath::root()).unwrap(), entry);
    }
}

#[test]
fn senseless_extents_are_refused_and_sound_ones_come_back() {
    let with = |json: &str| Node {
        size: 10,
        generic: vec![(EXTENTS.to_owned(), json.to_owned())],
        ..node(b"a")
    };
    let max = u64::MAX;
    for bad in ["[[0,11]]", "[[5,1],[4,1]]", &format!("[[{max},{max}]]"), "{}", "[[0]]", "[[-1,2]]"]
    {
        assert!(with(bad).to_entry(&RelPath::root()).is_err(), "{bad}");
    }
    let entry = with("[[0,4],[4,6]]").to_entry(&RelPath::root()).unwrap();
    let mut back = Node::from_entry(&entry, Vec::new(), None, &LocalOffset::utc());
    assert_eq!(back.generic, with("[[0,4],[4,6]]").generic);
    let extents = vec![Extent { offset: 0, length: 0 }; EXTENTS_MAX + 1];
    let entry = Entry { meta: Metadata { extents: Some(extents), ..entry.meta }, ..entry };
    back = Node::from_entry(&entry, Vec::new(), None, &LocalOffset::utc());
    assert!(back.generic.is_empty());
}

#[test]
fn a_link_that_is_no_text_is_written_as_go_writes_it() {
    let mut out = Vec::new();
    let link = Node { kind: NodeKind::Symlink, link_target: b"<\xff".to_vec(), ..node(b"a") };
    encode_tree(&[link], &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains(r#""linktarget":"\u003c\ufffd","linktarget_raw":"PP8=""#), "{text}");
}
