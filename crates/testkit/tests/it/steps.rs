//! Scenarios are stopped at every step.

use holdall_testkit::{Progress, every_step};

#[test]
fn every_step_is_stopped_once_and_then_the_whole_runs() {
    let mut seen = Vec::new();
    let whole = |n: u64| if n > 3 { Progress::Completed } else { Progress::Stopped };
    let steps = every_step(10, whole, |n, progress| seen.push((n, progress == Progress::Stopped)));
    assert_eq!(steps, 3);
    assert_eq!(seen, [(1, true), (2, true), (3, true), (4, false)]);
}

#[test]
#[should_panic(expected = "took no step")]
fn a_scenario_without_steps_is_a_mistake() {
    every_step(10, |_| Progress::Completed, |_, _| {});
}
