//! The codes of archives, of what is compressed, and of databases.

use holdall::archives::Error as ArchiveError;
use holdall::codec::Error as PackedError;
use holdall::databases::DatabaseError;
use holdall::tree::{Classified, ErrorKind};

use super::{Code, system};

pub(super) fn archive(error: &ArchiveError) -> Option<Code> {
    use ArchiveError as A;
    match error {
        A::Refused { .. } => Some(Code::ArchiveRefused),
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

pub(super) fn database(error: &DatabaseError) -> Code {
    match error {
        error if error.kind() == ErrorKind::Interrupted => Code::Interrupted,
        DatabaseError::Capture { .. } | DatabaseError::Back { .. } => Code::Database,
        DatabaseError::NotEmpty { .. } => Code::DatabaseNotEmpty,
        DatabaseError::Unknown { .. } => Code::NoDatabase,
    }
}
