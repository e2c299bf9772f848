//! One header block, taken apart.

use super::BLOCK;
use super::number::parse;
use crate::error::Fault;

pub(super) type Block = [u8; BLOCK];

/// Which fields a header has, told by its magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Before there was a magic.
    Old,
    /// POSIX.1-1988 and later.
    Ustar,
    /// GNU tar before pax.
    Gnu,
}

/// What a header says, as it says it.
#[derive(Debug)]
pub(super) struct Header<'b> {
    pub(super) dialect: Dialect,
    pub(super) kind: u8,
    /// The name with its prefix.
    pub(super) name: Vec<u8>,
    pub(super) link: &'b [u8],
    pub(super) mode: u32,
    pub(super) uid: i64,
    pub(super) gid: i64,
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) user: &'b [u8],
    pub(super) group: &'b [u8],
    pub(super) major: u32,
    pub(super) minor: u32,
    block: &'b Block,
}

impl<'b> Header<'b> {
    pub(super) fn parse(block: &'b Block) -> Result<Self, Fault> {
        let field = |from: usize, length: usize| block.get(from..from + length).unwrap_or_default();
        if parse(field(148, 8)) != Some(sum(block)) {
            return Err(Fault::Checksum);
        }
        let dialect = match field(257, 8) {
            b"ustar\x0000" => Dialect::Ustar,
            b"ustar  \0" => Dialect::Gnu,
            [0, 0, 0, 0, 0, 0, 0, 0] => Dialect::Old,
            _ => return Err(Fault::Magic),
        };
        let number = |from: usize, length: usize, what: &'static str| {
            parse(field(from, length)).ok_or(Fault::Range { what })
        };
        let mut name = text(field(0, 100)).to_vec();
        let prefix = text(field(345, 155));
        if dialect == Dialect::Ustar && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let kind = field(156, 1).first().copied().unwrap_or_default();
        let is_device = matches!(kind, b'3' | b'4');
        let device = |from: usize| {
            let number = if is_device { number(from, 8, "its device number")? } else { 0 };
            u32::try_from(number).map_err(|_| Fault::Range { what: "its device number" })
        };
        let mode = number(100, 8, "its mode")?;
        let named = dialect != Dialect::Old;
        Ok(Self {
            dialect,
            kind,
            name,
            link: text(field(157, 100)),
            // The type is there a second time in some archives.
            mode: u32::try_from(mode).map_err(|_| Fault::Range { what: "its mode" })? & 0o7777,
            uid: number(108, 8, "its owner")?,
            gid: number(116, 8, "its group")?,
            size: parse(field(124, 12)).and_then(|size| size.try_into().ok()).ok_or(Fault::Size)?,
            mtime: parse(field(136, 12)).ok_or(Fault::Time)?,
            user: if named { text(field(265, 32)) } else { b"" },
            group: if named { text(field(297, 32)) } else { b"" },
            major: device(329)?,
            minor: device(337)?,
            block,
        })
    }

    /// The bytes from `from` on, for what only GNU tar has.
    pub(super) fn field(&self, from: usize, length: usize) -> &'b [u8] {
        self.block.get(from..from + length).unwrap_or_default()
    }
}

/// The sum of all bytes, the sum itself counted as spaces.
pub(super) fn sum(block: &Block) -> i64 {
    let bytes = block.iter().enumerate();
    bytes.map(|(at, byte)| if (148..156).contains(&at) { 32 } else { i64::from(*byte) }).sum()
}

/// A field up to its first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}
