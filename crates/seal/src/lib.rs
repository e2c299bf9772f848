#![doc = include_str!("../README.md")]

mod age;
mod error;
pub mod fuzz;
mod gpg;
mod guard;
mod kind;
mod scratch;
mod sign;

pub use age::{
    AgeFile, AgeReader, AgeWriter, Armor, Identity, Lock, Opener, Recipient, WORK_FACTOR_MAX,
    identities, recipients,
};
pub use error::{Error, Result};
pub use gpg::Gpg;
pub use kind::Sealing;
pub use scratch::{Scratch, ScratchReader};
pub use sign::{
    OPENPGP, SIGNATURE_BYTES_MAX, Scheme, SignKey, Signature, Signed, Verdict, VerifyKey,
};
