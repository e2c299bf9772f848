//! Contents that are no text: both whole, compressed, in base 85, so that the patch can be taken back as well.

use std::io::{self, Write};

use gix::zlib::Compression;
use gix::zlib::stream::deflate;

/// Bytes that stand in one line.
const LINE_BYTES: usize = 52;
/// Digits from 0 to 84. Source: `base85.c` of git, which is that of RFC 1924.
const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// Writes the new content and then the old one.
pub(super) fn write(out: &mut dyn Write, old: &[u8], new: &[u8]) -> io::Result<()> {
    out.write_all(b"GIT binary patch\n")?;
    literal(out, new)?;
    literal(out, old)
}

fn literal(out: &mut dyn Write, content: &[u8]) -> io::Result<()> {
    writeln!(out, "literal {}", content.len())?;
    let mut packed = deflate::Write::new(Vec::new(), Compression::DEFAULT);
    packed.write_all(content)?;
    packed.flush()?;
    for line in packed.into_inner().chunks(LINE_BYTES) {
        out.write_all(&encoded(line))?;
    }
    out.write_all(b"\n")
}

/// A line: how many bytes it stands for, as a letter, and five digits for each four of them.
fn encoded(bytes: &[u8]) -> Vec<u8> {
    let count = u8::try_from(bytes.len()).unwrap_or_default();
    let length = if count <= 26 { b'A' + count.saturating_sub(1) } else { b'a' + (count - 27) };
    let mut line = vec![length];
    for group in bytes.chunks(4) {
        let mut value = 0u32;
        for at in 0..4 {
            value = value << 8 | u32::from(group.get(at).copied().unwrap_or_default());
        }
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS.get((value % 85) as usize).copied().unwrap_or_default();
            value /= 85;
        }
        line.extend_from_slice(&digits);
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_git_writes() {
        // From `git diff --binary` of a file that holds NUL alone, and of an empty one.
        let check = |bytes: &[u8], line: &str| {
            assert_eq!(String::from_utf8(encoded(bytes)).unwrap(), line);
        };
        check(&[0x78, 1, 0x63, 0, 0, 0, 1, 0, 1], "IcmZPo000310RR91\n");
        check(&[0x78, 1, 3, 0, 0, 0, 0, 1], "HcmV?d00001\n");
        check(&[0; 52], &format!("z{}\n", "0".repeat(65)));
    }
}
