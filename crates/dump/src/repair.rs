//! Takes back what transports and editors do to a text, as far as its hash proves it.

use holdall_tree::{ContentHash, Kind};

use crate::blanks;
use crate::carry::{Carry, Ends, Form};
use crate::charset::Charset;
use crate::record::Record;

/// How wide tabs are in the programs that turn them into spaces.
const TABS: [usize; 3] = [4, 8, 2];
/// Empty lines at the end of a file that are made again.
const FEEDS_MAX: usize = 4096;

/// The bytes of a whole file of which `text` is the damaged text: blanks at the ends of lines were stripped or added,
/// empty lines at the end were dropped or added, or tabs at the beginning of lines were turned into spaces. `None`
/// if nothing of that gives the hash of the file.
pub(crate) fn repaired(record: &Record, text: &str) -> Option<Vec<u8>> {
    let (Some(carry), Some(hash), Kind::File { size }) =
        (record.carry, record.sha256, &record.kind)
    else {
        return None;
    };
    if carry.form == Form::Base64 {
        return None;
    }
    let proved = |text: &str| {
        let bytes = with_ends(carry, text, *size)?;
        (bytes.len() as u64 == *size && ContentHash::of(&bytes) == hash).then_some(bytes)
    };
    let candidate = |text: &str| {
        proved(text).or_else(|| proved(&blanks::restored(record.blanks.as_ref(), text)?))
    };
    // Of a text whose end was not found the first part is that of the file.
    let beginning = || {
        let mut bytes = carry.bytes(text).ok()?.into_owned();
        bytes.truncate(usize::try_from(*size).ok()?);
        (ContentHash::of(&bytes) == hash).then_some(bytes)
    };
    candidate(text).or_else(beginning).or_else(|| {
        TABS.iter().find_map(|width| {
            let tabbed = tabbed(text, *width);
            if tabbed.len() == text.len() { None } else { candidate(&tabbed) }
        })
    })
}

/// The bytes of `text` with as many empty lines at its end as the size of the file leaves room for.
fn with_ends(carry: Carry, text: &str, size: u64) -> Option<Vec<u8>> {
    let core = text.trim_end_matches('\n');
    let mut bytes = carry.bytes(core).ok()?.into_owned();
    if carry.open_end {
        return Some(bytes);
    }
    let unit = match carry.charset {
        Charset::Utf16Le => &[b'\n', 0][..],
        Charset::Utf16Be => &[0, b'\n'],
        _ => b"\n",
    };
    let back: Vec<u8> =
        unit.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect();
    let feed = match carry.ends {
        Ends::Lf => unit.to_vec(),
        Ends::Cr => back,
        Ends::CrLf => [&back, unit].concat(),
    };
    let missing = usize::try_from(size).ok()?.checked_sub(bytes.len())?;
    let feeds = missing / feed.len();
    if feeds > FEEDS_MAX || !missing.is_multiple_of(feed.len()) {
        return None;
    }
    bytes.extend(feed.repeat(feeds));
    Some(bytes)
}

/// The text with tabs for every `width` spaces at the beginning of a line.
fn tabbed(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches(' ');
        let spaces = line.len() - rest.len();
        out.push_str(&"\t".repeat(spaces / width));
        out.push_str(&" ".repeat(spaces % width));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use holdall_tree::{Entry, Metadata, RelPath};

    use super::*;
    use crate::blanks::Finder;

    fn check(content: &[u8], damage: impl Fn(&str) -> String, comes_back: bool) {
        let carry = Carry::of(content);
        let mut text = String::new();
        let _ = carry.emit(content, &mut |piece| {
            text.push_str(piece);
            Ok::<(), ()>(())
        });
        let mut finder = Finder::default();
        finder.update(&text);
        let entry = Entry {
            path: RelPath::parse("f").unwrap(),
            kind: Kind::File { size: content.len() as u64 },
            meta: Metadata::default(),
        };
        let record = Record {
            carry: Some(carry),
            sha256: Some(ContentHash::of(content)),
            blanks: finder.finish(),
            ..Record::new(&entry)
        };
        let back = repaired(&record, &damage(&text));
        assert_eq!(back.is_some(), comes_back, "{text:?}");
        assert!(back.is_none_or(|back| back == content), "{text:?}");
    }

    fn stripped(text: &str) -> String {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").trim_end().to_owned() + "\n"
    }

    #[test]
    fn what_a_transport_did_is_taken_back() {
        let wide: Vec<u8> =
            "\u{feff}a \r\n\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for content in [
            &b"a  \nb\t\n"[..],
            b"a\n\n\n\n",
            b"\n",
            b"a  ",
            b"a \r\nb\r\n\r\n",
            b"a \rb\r\r",
            b"caf\xe9 \r\nna\xefve\r\n",
            &wide,
            b"a \x1b[0m \n  \n\t\n",
        ] {
            check(content, stripped, true);
            check(content, |text| text.replace('\n', "  \n") + "\n\n", true);
        }
    }

    #[test]
    fn tabs_that_became_spaces_come_back() {
        let expanded =
            |spaces: &'static str| move |text: &str| stripped(&text.replace('\t', spaces));
        for spaces in ["  ", "    ", "        "] {
            check(b"all:\n\tcc \n\t\tx\n\t y\n", expanded(spaces), true);
        }
        check(b"\t  aligned\n", expanded("  "), false);
    }

    #[test]
    fn what_was_edited_stays_what_it_is() {
        check(b"a\nb\n", |text| text.replace('b', "c"), false);
        check(b"a\n\n\nb\n", |text| text.replace("\n\n", "\n"), false);
        check(b"\0\x01", stripped, false);
    }
}
