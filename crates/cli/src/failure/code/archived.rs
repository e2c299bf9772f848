//! The codes of archives and of what is compressed.

use holdall::archives::Error as ArchiveError;
use holdall::codec::Error as PackedError;

use super::{Code, system};

pub(super) fn archive(error: &ArchiveError) -> Option<Code> {
    use ArchiveError as A;
    match error {
        A::Refused { .. } => Some(Code::ArchiveRefused),
        A::Unknown => Some(Code::NoArchive),
        A::Astray { .. } => Some(Code::ParserAstray),
        A::Changed { .. } => Some(Code::FileChanged),
        A::Reserved { .. } => Some(Code::ReservedName),
        A::PassphraseNeeded => Some(Code::PassphraseNeeded),
        A::WrongPassphrase => Some(Code::WrongPassphrase),
        A::Write(error) => match system(error) {
            Some(Code::System) | None => Some(Code::Output),
            code => code,
        },
        _ => None,
    }
}

pub(super) fn packed(error: &PackedError) -> Code {
    match error {
        PackedError::Level { .. } => Code::Usage,
        PackedError::Memory { .. } => Code::OverLimit,
        _ => Code::PackedDamaged,
    }
}
