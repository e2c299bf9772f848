//! The codes of databases.

use holdall::databases::DatabaseError;
use holdall::tree::{Classified, ErrorKind};

use super::Code;

pub(super) fn database(error: &DatabaseError) -> Code {
    match error {
        error if error.kind() == ErrorKind::Interrupted => Code::Interrupted,
        DatabaseError::Capture { .. } | DatabaseError::Back { .. } => Code::Database,
        DatabaseError::NotEmpty { .. } => Code::DatabaseNotEmpty,
        DatabaseError::Unknown { .. } => Code::NoDatabase,
    }
}
