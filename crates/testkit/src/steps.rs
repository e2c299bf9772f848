//! Stops a scenario at its first step, its second, its third …, and looks each time at what is left.

use std::sync::{Mutex, PoisonError};

/// How far a scenario came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It was stopped at the step it was told.
    Stopped,
    /// It ran to its end before that step.
    Completed,
}

/// Steps are counted over the whole process, so only one scenario may run at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `scenario(n)` for n = 1, 2, 3 … until it completes, and `check(n, progress)` after each run. A scenario
/// starts from nothing each time, arms its fault at step n, and says whether it was stopped. Answers how many steps
/// a whole run takes.
///
/// Scenarios run one after the other even if tests do not. Other tests of the same binary that change files must
/// not run beside them: give scenarios a test binary of their own.
///
/// # Panics
/// If the scenario never completes within `steps_max`, or completes at once: then no step was counted at all.
pub fn every_step(
    steps_max: u64,
    mut scenario: impl FnMut(u64) -> Progress,
    mut check: impl FnMut(u64, Progress),
) -> u64 {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for step in 1..=steps_max {
        let progress = scenario(step);
        check(step, progress);
        if progress == Progress::Completed {
            assert!(step > 1, "the scenario took no step: is the fault armed?");
            return step - 1;
        }
    }
    panic!("the scenario was still stopped at step {steps_max}");
}
