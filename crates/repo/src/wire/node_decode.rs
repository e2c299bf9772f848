//! Reading tree blobs.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use holdall_tree::{Name, Xattr};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::FormatError;
use crate::id::Id;
use crate::wire::gojson::unquote;
use crate::wire::node::{Node, NodeKind, WORDS};
use crate::wire::time::WireTime;

/// The most nodes that one directory may have.
const NODES_MAX: usize = 50_000_000;

#[derive(Deserialize)]
struct WireTree<'a> {
    #[serde(borrow, default)]
    nodes: Option<Vec<WireNode<'a>>>,
}

#[derive(Deserialize)]
struct WireNode<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    mode: u32,
    #[serde(default)]
    mtime: WireTime,
    #[serde(default)]
    atime: WireTime,
    #[serde(default)]
    ctime: WireTime,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
    #[serde(default)]
    user: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    inode: u64,
    #[serde(default)]
    device_id: u64,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    links: u64,
    #[serde(borrow, default)]
    linktarget: Cow<'a, str>,
    #[serde(borrow, default)]
    linktarget_raw: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    extended_attributes: Option<Vec<WireXattr<'a>>>,
    #[serde(borrow, default)]
    generic_attributes: Option<std::collections::BTreeMap<String, &'a RawValue>>,
    #[serde(default)]
    device: u64,
    #[serde(default)]
    content: Option<Vec<Id>>,
    #[serde(default)]
    subtree: Option<Id>,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
struct WireXattr<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Option<Cow<'a, str>>,
}

/// The nodes of a tree blob.
///
/// # Errors
/// If it is malformed, a name is none that a tree can hold, names are not strictly ascending, or a type is unknown.
pub fn decode_tree(json: &[u8]) -> Result<Vec<Node>, FormatError> {
    super::must_be_object(json)?;
    let wire: WireTree<'_> =
        serde_json::from_slice(json).map_err(|e| FormatError::malformed(e.to_string()))?;
    let wire = wire.nodes.unwrap_or_default();
    if wire.len() > NODES_MAX {
        let (found, limit) = (wire.len() as u64, NODES_MAX as u64);
        return Err(FormatError::Limit { what: "the number of entries", found, limit });
    }
    let mut nodes: Vec<Node> = Vec::with_capacity(wire.len());
    for node in wire {
        let node = decode(node)?;
        if nodes.last().is_some_and(|last| last.name >= node.name) {
            return Err(FormatError::malformed("its names are not in order"));
        }
        nodes.push(node);
    }
    Ok(nodes)
}

fn decode(wire: WireNode<'_>) -> Result<Node, FormatError> {
    let name = unquote(&wire.name)?.into_owned();
    Name::parse(&name).map_err(|e| FormatError::malformed(e.to_string()))?;
    let Some((kind, ..)) = WORDS.iter().find(|(_, word, _)| *word == wire.kind) else {
        return Err(FormatError::Unsupported(format!("a node of type {:?}", wire.kind)));
    };
    if *kind == NodeKind::Dir && wire.subtree.is_none() {
        return Err(FormatError::malformed("a directory without a tree"));
    }
    let bytes = |text: &str| BASE64.decode(text).map_err(|e| FormatError::malformed(e.to_string()));
    let link_target = match &wire.linktarget_raw {
        Some(raw) if !raw.is_empty() => bytes(raw)?,
        _ => wire.linktarget.as_bytes().to_vec(),
    };
    let xattrs = wire.extended_attributes.unwrap_or_default().into_iter().map(|xattr| {
        let value = xattr.value.map_or(Ok(Vec::new()), |value| bytes(&value))?;
        Ok(Xattr { name: xattr.name.as_bytes().to_vec(), value })
    });
    let generic = wire.generic_attributes.unwrap_or_default();
    Ok(Node {
        name,
        kind: *kind,
        mode: wire.mode,
        mtime: wire.mtime,
        atime: wire.atime,
        ctime: wire.ctime,
        uid: wire.uid,
        gid: wire.gid,
        user: wire.user,
        group: wire.group,
        inode: wire.inode,
        device_id: wire.device_id,
        size: wire.size,
        links: wire.links,
        link_target,
        xattrs: xattrs.collect::<Result<_, FormatError>>()?,
        generic: generic.into_iter().map(|(name, json)| (name, json.get().to_owned())).collect(),
        device: wire.device,
        content: if *kind == NodeKind::File {
            Some(wire.content.unwrap_or_default())
        } else {
            None
        },
        subtree: wire.subtree,
        error: wire.error,
    })
}
