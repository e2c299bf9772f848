//! How a folder is compressed: one method behind the other.

use holdall_codec::lzma::{FilterKind, lzma2_window};

use super::take::{Take, fault};
use super::{WINDOW_MAX, WINDOWS_MAX};
use crate::error::Fault;

/// So many methods stand one behind the other.
pub(super) const CODERS_MAX: usize = 4;

/// How many streams BCJ2 takes.
pub(super) const BCJ2_INPUTS: usize = 4;

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
    Bcj2,
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
            [3, 3, 1, 0x1b] => Ok(Self::Bcj2),
            [6, 0xf1, ..] => Err(Fault::SevenEncrypted),
            other => {
                let name = match other {
                    [3, 4, 1] => "PPMd".to_owned(),
                    [4, 1, 9] => "Deflate64".to_owned(),
                    other => other.iter().map(|byte| format!("{byte:02x}")).collect(),
                };
                Err(Fault::SevenMethod { method: name })
            }
        }
    }

    /// How many streams it takes.
    pub(super) fn inputs(&self) -> usize {
        if *self == Self::Bcj2 { BCJ2_INPUTS } else { 1 }
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

/// A method, how many bytes come of it, and where it takes its bytes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coder {
    pub(super) method: Method,
    pub(super) size: u64,
    /// As many as the method takes.
    pub(super) from: Vec<Input>,
}

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// What is stored of the folder, from here on and so long.
    Stored {
        at: u64,
        length: u64,
    },
    Coder(Box<Coder>),
}

/// Where the bytes of a stream come from, as it is told.
#[derive(Debug, Clone, Copy)]
enum Source {
    Stored(usize),
    Method(usize),
}

/// The methods of a folder as they are told.
#[derive(Debug)]
pub(super) struct Told {
    methods: Vec<Method>,
    /// For each stream that a method takes, one method after the other.
    from: Vec<Source>,
    /// How many streams are stored.
    stored: usize,
}

impl Told {
    pub(super) fn parse(take: &mut Take<'_>) -> Result<Self, Fault> {
        let count = take.count()?;
        if count == 0 || count > CODERS_MAX {
            return Err(fault("a folder has no methods, or too many"));
        }
        let methods = (0..count).map(|_| coder(take)).collect::<Result<Vec<_>, _>>()?;
        let inputs = methods.iter().map(Method::inputs).sum();
        let mut from = vec![None; inputs];
        let mut put = |to: u64, source| {
            let place = usize::try_from(to).ok().and_then(|to| from.get_mut(to));
            let place: &mut Option<Source> = place.filter(|place| place.is_none()).ok_or(UNFIT)?;
            *place = Some(source);
            Ok(())
        };
        let mut used = vec![false; count];
        for _ in 1..count {
            let (to, source) = (take.number()?, take.number()?);
            let source = usize::try_from(source).map_err(|_| UNFIT)?;
            let is_used = used.get_mut(source).filter(|used| !**used).ok_or(UNFIT)?;
            *is_used = true;
            put(to, Source::Method(source))?;
        }
        let stored = inputs + 1 - count;
        if stored > 1 {
            for number in 0..stored {
                put(take.number()?, Source::Stored(number))?;
            }
        }
        // Of one that is stored it is not told.
        let from = from.into_iter().map(|from| from.unwrap_or(Source::Stored(0))).collect();
        Ok(Self { methods, from, stored })
    }

    pub(super) fn count(&self) -> usize {
        self.methods.len()
    }

    /// How many streams are stored of the folder.
    pub(super) fn stored(&self) -> usize {
        self.stored
    }

    /// How many bytes come of the folder. `sizes` are what comes of each method.
    pub(super) fn size(&self, sizes: &[u64]) -> Result<u64, Fault> {
        sizes.get(self.last()?).copied().ok_or(UNFIT)
    }

    fn last(&self) -> Result<usize, Fault> {
        let is_source =
            |at: &usize| self.from.iter().any(|from| matches!(from, Source::Method(m) if m == at));
        (0..self.methods.len()).find(|at| !is_source(at)).ok_or(UNFIT)
    }

    /// How they are put together. `sizes` are what comes of each, `stored` where its streams lie and how long they are.
    pub(super) fn join(&self, sizes: &[u64], stored: &[(u64, u64)]) -> Result<Coder, Fault> {
        let mut left = Join { told: self, sizes, stored, methods: 0, windows: 0 };
        let coder = left.coder(self.last()?)?;
        if left.methods != self.methods.len() {
            return Err(UNFIT);
        }
        if left.windows > WINDOWS_MAX {
            return Err(too_much(WINDOWS_MAX));
        }
        Ok(coder)
    }
}

/// Puts methods together. No method is a source twice, so it comes to an end.
struct Join<'t> {
    told: &'t Told,
    sizes: &'t [u64],
    stored: &'t [(u64, u64)],
    /// How many were met.
    methods: usize,
    windows: u64,
}

impl Join<'_> {
    fn coder(&mut self, at: usize) -> Result<Coder, Fault> {
        let (Some(method), Some(size)) = (self.told.methods.get(at), self.sizes.get(at)) else {
            return Err(UNFIT);
        };
        self.methods += 1;
        self.windows = self.windows.saturating_add(method.window(*size)?);
        let before = self.told.methods.iter().take(at).map(Method::inputs).sum();
        let from = self.told.from.iter().skip(before).take(method.inputs());
        let from = from.map(|from| match from {
            Source::Method(at) => Ok(Input::Coder(Box::new(self.coder(*at)?))),
            Source::Stored(number) => {
                let (at, length) = *self.stored.get(*number).ok_or(UNFIT)?;
                Ok(Input::Stored { at, length })
            }
        });
        let from = from.collect::<Result<Vec<_>, Fault>>()?;
        Ok(Coder { method: method.clone(), size: *size, from })
    }
}

const UNFIT: Fault = Fault::SevenHeader { why: "the methods of a folder do not fit together" };

fn coder(take: &mut Take<'_>) -> Result<Method, Fault> {
    let flags = take.byte()?;
    if flags & 0xc0 != 0 {
        return Err(fault("a method is told in an unknown way"));
    }
    let id = take.bytes(usize::from(flags & 0xf))?;
    let streams = if flags & 0x10 == 0 { (1, 1) } else { (take.number()?, take.number()?) };
    let properties = if flags & 0x20 == 0 {
        &[]
    } else {
        let length = take.count()?;
        take.bytes(length)?
    };
    let method = Method::parse(id, properties)?;
    if streams == (method.inputs() as u64, 1) {
        return Ok(method);
    }
    Err(fault("a method takes other streams than it can"))
}
