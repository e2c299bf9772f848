//! The codes of what is sealed and signed.

use holdall::seal::Error as SealError;

use super::{Code, system};

pub(super) fn sealed(error: &SealError) -> Option<Code> {
    use SealError as S;
    Some(match error {
        S::WrongPassphrase => Code::WrongPassphrase,
        S::NeedsPassphrase => Code::PassphraseNeeded,
        S::NoKey | S::Identity { .. } => Code::NoKey,
        S::Truncated | S::Damaged { .. } => Code::SealBroken,
        S::Unknown | S::Work { .. } => Code::SealUnknown,
        S::Recipient { .. } | S::Nobody | S::PassphraseText => Code::Recipient,
        S::NoGpg | S::Gpg { .. } => Code::Gpg,
        S::TooMuch { .. } => Code::OverLimit,
        S::VerifyKey { .. } => Code::TrustFile,
        S::SignKey { .. } => Code::SignKey,
        S::Signature { .. } | S::WrongSignature => Code::Signature,
        S::Io(error) => return system(error),
        _ => return None,
    })
}
