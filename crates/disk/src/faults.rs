//! Faults on purpose: every step that changes a local file asks here first.
//!
//! Without the feature `faults` a step costs nothing. With it, steps are counted over the whole process, and from an
//! armed step on every step fails, so that nothing further is changed: what is then on the disk is what a program
//! that was stopped there leaves behind.

/// Asks whether the next changing step may be done.
#[cfg(not(feature = "faults"))]
#[inline]
pub(crate) fn step(_: &'static str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(feature = "faults")]
pub(crate) use on::step;
#[cfg(feature = "faults")]
pub use on::{arm, disarm, steps};

#[cfg(feature = "faults")]
mod on {
    use std::io;
    use std::sync::atomic::{AtomicU64, Ordering};

    static STEPS: AtomicU64 = AtomicU64::new(0);
    static STOP_AT: AtomicU64 = AtomicU64::new(u64::MAX);

    pub(crate) fn step(what: &'static str) -> io::Result<()> {
        let number = STEPS.fetch_add(1, Ordering::SeqCst) + 1;
        if number >= STOP_AT.load(Ordering::SeqCst) {
            return Err(io::Error::other(format!("stopped on purpose at step {number}: {what}")));
        }
        Ok(())
    }

    /// Lets the steps before the `n`-th pass (counted from 1) and none after.
    pub fn arm(n: u64) {
        STEPS.store(0, Ordering::SeqCst);
        STOP_AT.store(n, Ordering::SeqCst);
    }

    /// Lets all steps pass again.
    pub fn disarm() {
        STOP_AT.store(u64::MAX, Ordering::SeqCst);
    }

    /// How many steps were asked for since `arm`.
    pub fn steps() -> u64 {
        STEPS.load(Ordering::SeqCst)
    }
}
