//! Trees of a few entries, written and read.

use std::collections::BTreeMap;

use holdall_dump::{Carry, Dump, Fact, Format, Head, Line, Nonce, Record, Toc, Writer};
use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Kind, Limits, Metadata, RelPath, Silent,
    Timestamp, Tree, TreeId,
};
use proptest::prelude::*;

/// A tree: files with mode and content; links are what ends with `@`.
pub(crate) type Files = BTreeMap<Vec<u8>, (u32, Vec<u8>)>;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

pub(crate) fn with_context<T>(run: impl FnOnce(&Context<'_>) -> T) -> T {
    run(&Context {
        observer: &Silent,
        clock: &Stopped,
        cancel: &CancelToken::default(),
        limits: Limits::default(),
        threads: 1,
        memory_bytes: 1 << 20,
    })
}

/// Writes a dump of files, all shown, with each directory above them.
pub(crate) fn dumped(files: &Files, format: Format, toc: Toc) -> (Vec<u8>, TreeId) {
    let mut entries = BTreeMap::new();
    let dir = |path: &RelPath| Entry {
        path: path.clone(),
        kind: Kind::Directory,
        meta: Metadata { mode: Some(0o755), ..Metadata::default() },
    };
    entries.insert(RelPath::root(), (dir(&RelPath::root()), None));
    for (path, (mode, content)) in files {
        let path = RelPath::parse(path).unwrap();
        let mut above = path.parent();
        while let Some(parent) = above {
            entries.insert(parent.clone(), (dir(&parent), None));
            above = parent.parent();
        }
        let kind = Kind::File { size: content.len() as u64 };
        let meta = Metadata { mode: Some(*mode), ..Metadata::default() };
        entries.insert(path.clone(), (Entry { path, kind, meta }, Some(content)));
    }
    let mut records = Vec::new();
    let mut part = 0;
    for (entry, content) in entries.values() {
        let mut record = Record::new(entry);
        if let Some(content) = content {
            part += 1;
            record.part = Some(part);
            record.carry = Some(Carry::of(content));
            record.sha256 = Some(ContentHash::of(content));
            record.language = Some("Rust".to_owned());
        }
        records.push((record, *content));
    }
    let line = |(record, content): &(Record, Option<&Vec<u8>>)| Line {
        path: record.path.clone(),
        is_dir: content.is_none(),
        part: record.part,
        tokens: record.part,
    };
    let head = Head {
        name: "a | <name> `x`".into(),
        facts: vec![Fact::text("written", "today & <b>"), Fact::number("files", 1234)],
        tables: Vec::new(),
        toc,
        lines: records.iter().map(line).collect(),
        nonce: Nonce(0x0123_4567_89ab_cdef),
        design: None,
    };
    let mut writer = Writer::begin(Vec::new(), format, &head).unwrap();
    for (record, content) in records {
        match content {
            Some(content) => {
                let proved = writer.file(record, &mut content.as_slice()).unwrap();
                assert_eq!(proved, ContentHash::of(content), "what is written stands for the file");
            }
            None => writer.bare(record).unwrap(),
        }
    }
    writer.finish().unwrap()
}

/// The files that a dump gives back.
pub(crate) fn files_of(dump: &Dump) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![RelPath::root()];
    while let Some(dir) = dirs.pop() {
        for entry in with_context(|ctx| dump.list(ctx, &dir)).unwrap() {
            if entry.is_dir() {
                dirs.push(entry.path);
                continue;
            }
            let mut content = Vec::new();
            let mut read = dump.open(&entry).unwrap().into_read();
            std::io::Read::read_to_end(&mut read, &mut content).unwrap();
            files.insert(
                entry.path.as_bytes().to_vec(),
                (entry.meta.mode.unwrap_or_default(), content),
            );
        }
    }
    files
}

/// Contents made of what breaks formats: fences, borders, ends of lines, encodings, odd characters.
pub(crate) fn content() -> impl Strategy<Value = Vec<u8>> {
    let snippets: Vec<&'static [u8]> = vec![
        b"fn main() {}\n",
        b"text",
        b" ",
        b"  ",
        b"\t",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\r",
        b"```\n",
        b"\n````rust\n",
        b"`",
        b"~~~\n",
        b"]]>",
        b"]",
        b"'''",
        b"'",
        b"\"\"\"",
        b"\"",
        b"\\",
        b",",
        b"</pre>",
        b"<pre>",
        b"&amp;",
        b"<!-- holdall:aaaaaaaaaaaaaaaa:1 -->\n",
        b"\n==== holdall:aaaaaaaaaaaaaaaa:1 x ====\n",
        b"- path: x\n",
        b"---\n",
        b"...\n",
        b"[[entries]]\n",
        b"{{ name }}",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xe9t\xe9",
        b"\x83\x6e",
        b"\xff",
        b"\0",
        b"\x1b[31m",
        b"\x0c",
        "ünï ✓ 日本".as_bytes(),
        "\u{2028}\u{85}\u{202e}\u{fffe}\u{fffd}\u{241b}".as_bytes(),
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(snippets).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    let joined = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let wide = "[a-zé\r\n✓]{0,20}".prop_map(|text| {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    });
    prop_oneof![6 => joined, 1 => wide]
}

/// Names that are hard to write down.
pub(crate) fn name() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<&'static [u8]> = vec![
        b"a",
        b"main.rs",
        b"__proto__",
        b"42",
        b"a b",
        b" ",
        b"q\"uo&te<'>.txt",
        b"new\nline",
        b"tab\t",
        b"\xff\xfe",
        b"`tick`",
        b"a|b",
        b"a,b",
        b"-->",
        b"]]>",
        b"#f.1",
        b"[x](y)",
        b"-",
        b"~",
        "日本".as_bytes(),
        "\u{241b}{a}".as_bytes(),
        "\u{202e}gpj".as_bytes(),
    ];
    prop_oneof![
        6 => proptest::sample::select(names).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 1..8),
    ]
}

pub(crate) fn files() -> impl Strategy<Value = Files> {
    let path = proptest::collection::vec(name(), 1..4).prop_map(|names| names.join(&b'/'));
    let file = (path, (0u32..0o10000, content()));
    proptest::collection::vec(file, 0..8).prop_map(|files| {
        let mut kept = Files::new();
        for (path, file) in files {
            let Ok(parsed) = RelPath::parse(&path) else { continue };
            let clashes = kept.keys().any(|other| {
                let other = RelPath::parse(other).unwrap();
                other.starts_with(&parsed) || parsed.starts_with(&other)
            });
            if !clashes && !parsed.is_root() {
                kept.insert(path, file);
            }
        }
        kept
    })
}

/// The files that a dump gives back, as text.
pub(crate) fn texts_of(dump: &Dump) -> BTreeMap<String, String> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    files_of(dump).into_iter().map(|(path, (_, content))| (text(path), text(content))).collect()
}
