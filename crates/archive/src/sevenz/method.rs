//! How a folder is compressed: one method behind the other.

use holdall_codec::lzma::{FilterKind, lzma2_window};

use super::take::{Take, fault};
use super::{WINDOW_MAX, WINDOWS_MAX};
use crate::error::Fault;

/// So many methods stand one behind the other.
pub(super) const CODERS_MAX: usize = 4;

/// One method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    Copy,
    Lzma([u8; 5]),
    Lzma2(u8),
    Deflate,
    Bzip2,
    Zstd,
    Filter(FilterKind, Vec<u8>),
}

impl Method {
    fn parse(id: &[u8], properties: &[u8]) -> Result<Self, Fault> {
        let filter = |kind| Ok(Self::Filter(kind, properties.to_vec()));
        let malformed = |_| fault("a method has properties that it cannot have");
        match id {
            [0] => Ok(Self::Copy),
            [3, 1, 1] => properties.try_into().map(Self::Lzma).map_err(malformed),
            [0x21] => {
                <[u8; 1]>::try_from(properties).map(|[byte]| Self::Lzma2(byte)).map_err(malformed)
            }
            [4, 1, 8] => Ok(Self::Deflate),
            [4, 2, 2] => Ok(Self::Bzip2),
            [4, 0xf7, 0x11, 1] => Ok(Self::Zstd),
            [3] => filter(FilterKind::Delta),
            [4] | [3, 3, 1, 3] => filter(FilterKind::X86),
            [5] | [3, 3, 2, 5] => filter(FilterKind::PowerPc),
            [6] | [3, 3, 4, 1] => filter(FilterKind::Ia64),
            [7] | [3, 3, 5, 1] => filter(FilterKind::Arm),
            [8] | [3, 3, 7, 1] => filter(FilterKind::ArmThumb),
            [9] | [3, 3, 8, 5] => filter(FilterKind::Sparc),
            [0xa] => filter(FilterKind::Arm64),
            [0xb] => filter(FilterKind::RiscV),
            [6, 0xf1, ..] => Err(Fault::SevenEncrypted),
            other => {
                let name = match other {
                    [3, 4, 1] => "PPMd".to_owned(),
                    [3, 3, 1, 0x1b] => "BCJ2".to_owned(),
                    [4, 1, 9] => "Deflate64".to_owned(),
                    other => other.iter().map(|byte| format!("{byte:02x}")).collect(),
                };
                Err(Fault::SevenMethod { method: name })
            }
        }
    }

    /// The window that it wants for a content of this length.
    pub(super) fn window(&self, size: u64) -> Result<u64, Fault> {
        let wanted = match self {
            Self::Lzma([_, window @ ..]) => u32::from_le_bytes(*window).into(),
            Self::Lzma2(byte) => {
                lzma2_window(*byte).ok_or(fault("a method has properties that it cannot have"))?
            }
            _ => 0,
        };
        // Nothing is found again before the beginning.
        let window = wanted.min(size.max(4096));
        if window > WINDOW_MAX {
            return Err(too_much(WINDOW_MAX));
        }
        Ok(window)
    }
}

fn too_much(limit: u64) -> Fault {
    Fault::Limit { what: "bytes of memory to read it", limit }
}

/// A method, and how many bytes come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coder {
    pub(super) method: Method,
    pub(super) size: u64,
}

/// The methods of a folder as they are told, with where each takes its bytes from.
#[derive(Debug)]
pub(super) struct Told {
    methods: Vec<Method>,
    /// For each method, the one whose bytes it takes; `None` for the one that takes what is stored.
    from: Vec<Option<usize>>,
}

impl Told {
    pub(super) fn parse(take: &mut Take<'_>) -> Result<Self, Fault> {
        let count = take.count()?;
        if count == 0 || count > CODERS_MAX {
            return Err(fault("a folder has no methods, or too many"));
        }
        let methods = (0..count).map(|_| coder(take)).collect::<Result<Vec<_>, _>>()?;
        let mut from = vec![None; count];
        for _ in 1..count {
            let mut index = || take.number().map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            let (to, source) = (index()?, index()?);
            let place = from.get_mut(to).filter(|place| place.is_none() && source < count);
            *place.ok_or(fault("the methods of a folder do not fit together"))? = Some(source);
        }
        Ok(Self { methods, from })
    }

    pub(super) fn count(&self) -> usize {
        self.methods.len()
    }

    /// The methods in the order in which bytes go through them. `sizes` are what comes of each.
    pub(super) fn chain(&self, sizes: &[u64]) -> Result<Vec<Coder>, Fault> {
        let (mut chain, mut windows) = (Vec::new(), 0_u64);
        let mut before = None;
        while chain.len() < self.methods.len() {
            let mut at = self.from.iter().enumerate().filter(|(_, from)| **from == before);
            let (Some((next, _)), None) = (at.next(), at.next()) else {
                return Err(fault("the methods of a folder do not fit together"));
            };
            let (Some(method), Some(size)) = (self.methods.get(next), sizes.get(next)) else {
                return Err(fault("the methods of a folder do not fit together"));
            };
            windows = windows.saturating_add(method.window(*size)?);
            chain.push(Coder { method: method.clone(), size: *size });
            before = Some(next);
        }
        if windows > WINDOWS_MAX {
            return Err(too_much(WINDOWS_MAX));
        }
        Ok(chain)
    }
}

fn coder(take: &mut Take<'_>) -> Result<Method, Fault> {
    let flags = take.byte()?;
    if flags & 0xc0 != 0 {
        return Err(fault("a method is told in an unknown way"));
    }
    let id = take.bytes(usize::from(flags & 0xf))?;
    let single = flags & 0x10 == 0 || (take.number()?, take.number()?) == (1, 1);
    let properties = if flags & 0x20 == 0 {
        &[]
    } else {
        let length = take.count()?;
        take.bytes(length)?
    };
    let method = Method::parse(id, properties)?;
    if single { Ok(method) } else { Err(fault("a method takes other than one stream")) }
}
