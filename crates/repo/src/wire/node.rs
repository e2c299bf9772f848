//! Tree blobs: a directory as restic writes it, byte for byte, because its ID is a hash over these bytes.
//!
//! What the format has no field for goes into `generic_attributes` under names of our own, which restic keeps:
//! `holdall.attributes` (file attributes as a number), `holdall.extents` (where a sparse file holds data) and
//! `holdall.unknown` (which of mode, owner and group are stand-ins because the source cannot tell).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use holdall_tree::{Attributes, Entry, Extent, HardLink, Kind, Metadata, Name, RelPath, Xattr};
use serde::Deserialize;

use crate::format::FormatError;
use crate::id::Id;
use crate::wire::gojson::{push_decimal, push_hex_bytes, push_name, push_string};
use crate::wire::time::{LocalOffset, WireTime, format_bytes};

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: NodeKind,
    /// Mode in Go's encoding: permissions, and the type and set-ID bits from bit 19 up.
    pub mode: u32,
    /// Last change of the content.
    pub mtime: WireTime,
    /// Last reading.
    pub atime: WireTime,
    /// Last change of the inode.
    pub ctime: WireTime,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Name of the owner.
    pub user: String,
    /// Name of the group.
    pub group: String,
    /// Inode number.
    pub inode: u64,
    /// Number of the file system's device.
    pub device_id: u64,
    /// Length of a file in bytes.
    pub size: u64,
    /// How many names it has.
    pub links: u64,
    /// Target of a link.
    pub link_target: Vec<u8>,
    /// Extended attributes.
    pub xattrs: Vec<Xattr>,
    /// Attributes of other systems and of ours: name and JSON, sorted by name.
    pub generic: Vec<(String, String)>,
    /// Number of the device that it is.
    pub device: u64,
    /// Chunks of a file; `None` for all else.
    pub content: Option<Vec<Id>>,
    /// Tree of a directory.
    pub subtree: Option<Id>,
    /// What went wrong when it was read.
    pub error: String,
}

/// The types of node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A block device.
    Device,
    /// A character device.
    CharDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// Something that restic could not name.
    Irregular,
}

pub(super) const WORDS: [(NodeKind, &str, u32); 8] = [
    (NodeKind::File, "file", 0),
    (NodeKind::Dir, "dir", 1 << 31),
    (NodeKind::Symlink, "symlink", 1 << 27),
    (NodeKind::Device, "dev", 1 << 26),
    (NodeKind::CharDevice, "chardev", 1 << 26 | 1 << 21),
    (NodeKind::Fifo, "fifo", 1 << 25),
    (NodeKind::Socket, "socket", 1 << 24),
    (NodeKind::Irregular, "irregular", 1 << 19),
];

/// Set-user-ID, set-group-ID and sticky: Unix bit, Go bit.
const SPECIAL: [(u32, u32); 3] = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
const ATTRIBUTES: &str = "holdall.attributes";
const EXTENTS: &str = "holdall.extents";
const UNKNOWN: &str = "holdall.unknown";

/// A file with more extents than this is stored without them; it is then restored without holes.
pub const EXTENTS_MAX: usize = 4096;

impl Node {
    /// The node of an entry.
    #[must_use]
    pub fn from_entry(
        entry: &Entry,
        content: Vec<Id>,
        subtree: Option<Id>,
        offsets: &LocalOffset,
    ) -> Self {
        let meta = &entry.meta;
        let time = |at: Option<holdall_tree::Timestamp>| {
            at.map_or(WireTime::UNKNOWN, |at| WireTime { at, offset: offsets.at(at) })
        };
        let (kind, size, device, link_target): (_, _, _, &[u8]) = match &entry.kind {
            Kind::File { size } => (NodeKind::File, *size, 0, b""),
            Kind::Directory => (NodeKind::Dir, 0, 0, b""),
            Kind::Symlink { target } => (NodeKind::Symlink, 0, 0, target),
            Kind::CharDevice { rdev } => (NodeKind::CharDevice, 0, *rdev, b""),
            Kind::BlockDevice { rdev } => (NodeKind::Device, 0, *rdev, b""),
            Kind::Fifo => (NodeKind::Fifo, 0, 0, b""),
            Kind::Socket => (NodeKind::Socket, 0, 0, b""),
        };
        let counted = matches!(
            kind,
            NodeKind::File | NodeKind::Symlink | NodeKind::Device | NodeKind::CharDevice
        );
        Self {
            name: entry.path.file_name().unwrap_or_default().to_vec(),
            kind,
            mode: go_mode(kind, meta.mode.unwrap_or(stand_in_mode(kind))),
            mtime: time(meta.mtime),
            atime: time(meta.atime.or(meta.mtime)),
            ctime: time(meta.ctime),
            uid: meta.uid.unwrap_or(0),
            gid: meta.gid.unwrap_or(0),
            user: meta.user.clone().unwrap_or_default(),
            group: meta.group.clone().unwrap_or_default(),
            inode: meta.inode.or(meta.hard_link.map(|link| link.inode)).unwrap_or(0),
            device_id: meta.device.or(meta.hard_link.map(|link| link.device)).unwrap_or(0),
            size,
            // restic counts the names of pipes and sockets nowhere; one that has several says so all the same.
            links: meta.hard_link.map_or(u64::from(counted), |link| link.links),
            link_target: link_target.to_vec(),
            xattrs: meta.xattrs.clone().unwrap_or_default(),
            generic: generic(meta),
            device,
            content: (kind == NodeKind::File).then_some(content),
            subtree,
            error: String::new(),
        }
    }

    /// The entry that the node describes, in directory `dir`.
    ///
    /// # Errors
    /// If it is of a type that no tree holds, or its name or an attribute of ours makes no sense.
    pub fn to_entry(&self, dir: &RelPath) -> Result<Entry, FormatError> {
        let name = Name::parse(&self.name).map_err(|e| FormatError::malformed(e.to_string()))?;
        let kind = match self.kind {
            NodeKind::File => Kind::File { size: self.size },
            NodeKind::Dir => Kind::Directory,
            NodeKind::Symlink => Kind::Symlink { target: self.link_target.clone() },
            NodeKind::Device => Kind::BlockDevice { rdev: self.device },
            NodeKind::CharDevice => Kind::CharDevice { rdev: self.device },
            NodeKind::Fifo => Kind::Fifo,
            NodeKind::Socket => Kind::Socket,
            NodeKind::Irregular => {
                return Err(FormatError::Unsupported("an irregular node".into()));
            }
        };
        let unknown: Vec<String> = self.json(UNKNOWN)?.unwrap_or_default();
        let known = |field: &str| !unknown.iter().any(|unknown| unknown == field);
        let several = self.links >= 2 && self.kind != NodeKind::Dir;
        let link = HardLink { device: self.device_id, inode: self.inode, links: self.links };
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let meta = Metadata {
            mode: known("mode").then(|| unix_mode(self.mode)),
            uid: known("uid").then_some(self.uid),
            gid: known("gid").then_some(self.gid),
            user: some(&self.user),
            group: some(&self.group),
            mtime: self.mtime.known(),
            // restic writes mtime where it was not asked for atime, so an equal one tells nothing.
            atime: self.atime.known().filter(|at| *at != self.mtime.at),
            ctime: self.ctime.known(),
            inode: (self.inode != 0).then_some(self.inode),
            device: (self.device_id != 0).then_some(self.device_id),
            hard_link: several.then_some(link),
            xattrs: Some(self.xattrs.clone()),
            attributes: Some(Attributes(self.json(ATTRIBUTES)?.unwrap_or(0))),
            extents: self.extents()?,
        };
        Ok(Entry { path: dir.join(&name), kind, meta })
    }

    /// The value of an attribute of ours, `None` if it is not there.
    fn json<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<Option<T>, FormatError> {
        let Some((_, json)) = self.generic.iter().find(|(known, _)| known == name) else {
            return Ok(None);
        };
        let value = serde_json::from_str(json);
        value.map(Some).map_err(|e| FormatError::malformed(format!("attribute {name}: {e}")))
    }

    fn extents(&self) -> Result<Option<Vec<Extent>>, FormatError> {
        let Some(pairs) = self.json::<Vec<(u64, u64)>>(EXTENTS)? else { return Ok(None) };
        if pairs.len() > EXTENTS_MAX {
            let (found, limit) = (pairs.len() as u64, EXTENTS_MAX as u64);
            return Err(FormatError::Limit { what: "the number of extents", found, limit });
        }
        let mut from = 0;
        let mut extents = Vec::with_capacity(pairs.len());
        for (offset, length) in pairs {
            let end = offset.checked_add(length).filter(|end| offset >= from && *end <= self.size);
            from = end.ok_or_else(|| FormatError::malformed("extents overlap or lie outside"))?;
            extents.push(Extent { offset, length });
        }
        Ok(Some(extents))
    }
}

fn generic(meta: &Metadata) -> Vec<(String, String)> {
    let mut generic = Vec::new();
    if let Some(attributes) = meta.attributes.filter(|attributes| attributes.0 != 0) {
        generic.push((ATTRIBUTES.to_owned(), attributes.0.to_string()));
    }
    if let Some(extents) = meta.extents.as_ref().filter(|list| list.len() <= EXTENTS_MAX) {
        let list: Vec<String> =
            extents.iter().map(|e| format!("[{},{}]", e.offset, e.length)).collect();
        generic.push((EXTENTS.to_owned(), format!("[{}]", list.join(","))));
    }
    let fields = [("gid", meta.gid), ("mode", meta.mode), ("uid", meta.uid)];
    if fields.iter().any(|(_, value)| value.is_none()) {
        let unknown = fields.iter().filter(|(_, value)| value.is_none());
        let unknown: Vec<String> = unknown.map(|(field, _)| format!("\"{field}\"")).collect();
        generic.push((UNKNOWN.to_owned(), format!("[{}]", unknown.join(","))));
    }
    generic
}

/// The permissions of an entry whose permissions are not known: those that the tree ID takes for it.
fn stand_in_mode(kind: NodeKind) -> u32 {
    match kind {
        NodeKind::Dir => 0o755,
        NodeKind::Symlink => 0o777,
        _ => 0o644,
    }
}

fn go_mode(kind: NodeKind, unix: u32) -> u32 {
    let bits = WORDS.iter().find(|(known, ..)| *known == kind).map_or(0, |(_, _, bits)| *bits);
    SPECIAL
        .iter()
        .fold(bits | unix & 0o777, |mode, (u, go)| if unix & u != 0 { mode | go } else { mode })
}

fn unix_mode(go: u32) -> u32 {
    SPECIAL.iter().fold(go & 0o777, |mode, (u, bit)| if go & bit != 0 { mode | u } else { mode })
}

/// Appends the tree blob of a directory. The nodes are sorted by the bytes of their names.
pub fn encode_tree(nodes: &[Node], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"nodes\":[");
    for (i, node) in nodes.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        encode(node, out);
    }
    out.extend_from_slice(b"]}\n");
}

fn encode(node: &Node, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"name\":");
    push_name(out, &node.name);
    let word = WORDS
        .iter()
        .find(|(kind, ..)| *kind == node.kind)
        .map_or("irregular", |(_, word, _)| *word);
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
    number(out, "mode", u64::from(node.mode));
    times(out, node);
    for (field, id) in [("uid", node.uid), ("gid", node.gid)] {
        key(out, field);
        push_decimal(out, u64::from(id));
    }
    string(out, "user", node.user.as_bytes());
    string(out, "group", node.group.as_bytes());
    number(out, "inode", node.inode);
    number(out, "device_id", node.device_id);
    number(out, "size", node.size);
    number(out, "links", node.links);
    link(out, &node.link_target);
    xattrs(out, &node.xattrs);
    if !node.generic.is_empty() {
        key(out, "generic_attributes");
        for (i, (name, json)) in node.generic.iter().enumerate() {
            out.push(if i == 0 { b'{' } else { b',' });
            push_string(out, name.as_bytes());
            out.push(b':');
            out.extend_from_slice(json.as_bytes());
        }
        out.push(b'}');
    }
    number(out, "device", node.device);
    content(out, node.content.as_deref());
    if let Some(subtree) = &node.subtree {
        out.extend_from_slice(b",\"subtree\":\"");
        push_hex_bytes(out, &subtree.0);
        out.push(b'"');
    }
    string(out, "error", node.error.as_bytes());
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, field: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\":");
}

fn number(out: &mut Vec<u8>, field: &str, number: u64) {
    if number != 0 {
        key(out, field);
        push_decimal(out, number);
    }
}

fn times(out: &mut Vec<u8>, node: &Node) {
    out.extend_from_slice(b",\"mtime\":\"");
    let from = out.len();
    format_bytes(node.mtime, out);
    let to = out.len();
    for (key, time) in [(b"\",\"atime\":\"", node.atime), (b"\",\"ctime\":\"", node.ctime)] {
        out.extend_from_slice(key);
        // Most entries have equal times, and copying is faster than the calendar.
        if time == node.mtime {
            out.extend_from_within(from..to);
        } else {
            format_bytes(time, out);
        }
    }
    out.push(b'"');
}

fn string(out: &mut Vec<u8>, field: &str, text: &[u8]) {
    if !text.is_empty() {
        key(out, field);
        push_string(out, text);
    }
}

fn link(out: &mut Vec<u8>, target: &[u8]) {
    string(out, "linktarget", target);
    // In JSON each bad byte is a replacement character, so the exact bytes follow.
    if std::str::from_utf8(target).is_err() {
        key(out, "linktarget_raw");
        base64(out, target);
    }
}

fn xattrs(out: &mut Vec<u8>, xattrs: &[Xattr]) {
    if xattrs.is_empty() {
        return;
    }
    key(out, "extended_attributes");
    for (i, xattr) in xattrs.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"[{\"name\":" } else { b",{\"name\":" });
        push_string(out, &xattr.name);
        out.extend_from_slice(b",\"value\":");
        base64(out, &xattr.value);
        out.push(b'}');
    }
    out.push(b']');
}

fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(BASE64.encode(bytes).as_bytes());
    out.push(b'"');
}

fn content(out: &mut Vec<u8>, content: Option<&[Id]>) {
    key(out, "content");
    let Some(ids) = content else { return out.extend_from_slice(b"null") };
    out.push(b'[');
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.push(b'"');
        push_hex_bytes(out, &id.0);
        out.push(b'"');
    }
    out.push(b']');
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
