//! Paths as they stand in a patch.

use holdall_tree::RelPath;

/// A path with what stands before it, in quotes if a byte of it could be misread. A space is quoted as well: the first line
/// of a part has two paths with a space between them.
pub(super) fn quoted(prefix: &[u8], path: &RelPath) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let mut out = Vec::with_capacity(prefix.len() + path.as_bytes().len() + 2);
    if path.as_bytes().iter().all(plain) {
        out.extend_from_slice(prefix);
        out.extend_from_slice(path.as_bytes());
        return out;
    }
    out.push(b'"');
    out.extend_from_slice(prefix);
    for byte in path.as_bytes() {
        match byte {
            b' ' => out.push(b' '),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            byte if plain(byte) => out.push(*byte),
            byte => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_misread_is_quoted() {
        let check = |path: &[u8], written: &str| {
            let path = RelPath::parse(path).unwrap();
            assert_eq!(String::from_utf8(quoted(b"a/", &path)).unwrap(), written);
        };
        check(b"src/main.rs", "a/src/main.rs");
        check(b"-n", "a/-n");
        check(b"a b", "\"a/a b\"");
        check("ä".as_bytes(), "\"a/\\303\\244\"");
        check(b"\t\n\r\"\\\x01\x7f\xff", "\"a/\\t\\n\\r\\\"\\\\\\001\\177\\377\"");
    }
}
