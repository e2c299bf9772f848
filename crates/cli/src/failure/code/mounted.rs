//! The codes of what is mounted.

use holdall_mount::Error as MountError;

use super::Code;

pub(super) fn mount(error: &MountError) -> Option<Code> {
    use MountError as M;
    match error {
        M::Unfit { .. } | M::NotEmpty { .. } => Some(Code::MountUnfit),
        M::Dead { .. } => Some(Code::MountDead),
        M::NoFuse { .. } => Some(Code::NoFuse),
        M::Refused { .. } | M::Lost { .. } => None,
    }
}
