//! Archives through the public face of the crate, with other programs as judges.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod disk;
mod indexed;
mod manifests;
mod seeds;
mod sevenz_hostile;
mod sevenz_peers;
mod support;
mod tar_hostile;
mod tar_peers;
mod tar_round;
mod zip_aes;
mod zip_aes_afar;
mod zip_hostile;
mod zip_peers;
