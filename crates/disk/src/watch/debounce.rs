//! When a series of changes is over: after some quiet, or at the latest after some time. Only numbers, no clock.

use std::time::Duration;

/// Changes that belong together. Times are counted from any fixed moment.
#[derive(Debug, Clone)]
pub(super) struct Debounce {
    quiet: Duration,
    most: Duration,
    /// The first and the last change of the series.
    series: Option<(Duration, Duration)>,
}

impl Debounce {
    /// A series ends when nothing changed for `quiet`, or `most` after it began.
    pub(super) fn new(quiet: Duration, most: Duration) -> Self {
        Self { quiet, most, series: None }
    }

    /// Something changed.
    pub(super) fn seen(&mut self, now: Duration) {
        let first = self.series.map_or(now, |(first, _)| first);
        self.series = Some((first, now));
    }

    /// How long it is until the series is over, if nothing else happens; `None` if there is none.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let (first, last) = self.series?;
        let due = last.saturating_add(self.quiet).min(first.saturating_add(self.most));
        Some(due.saturating_sub(now))
    }

    /// True if the series is over; the next change begins another one.
    pub(super) fn over(&mut self, now: Duration) -> bool {
        let over = self.left(now).is_some_and(|left| left.is_zero());
        if over {
            self.series = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// When series end that are made of changes at these times; the clock ticks each millisecond.
    fn ends(changes: &[u64]) -> Vec<u64> {
        let mut debounce = Debounce::new(ms(300), ms(2000));
        let tick = |now: u64| {
            changes.iter().filter(|at| **at == now).for_each(|_| debounce.seen(ms(now)));
            debounce.over(ms(now)).then_some(now)
        };
        (0..10_000).filter_map(tick).collect()
    }

    #[test]
    fn one_change_is_told_after_the_quiet() {
        assert_eq!(ends(&[10]), [310]);
        assert!(ends(&[]).is_empty());
    }

    #[test]
    fn changes_in_quick_succession_are_one_series() {
        let hundred: Vec<u64> = (0..100).map(|nr| nr * 3).collect();
        assert_eq!(ends(&hundred), [597]);
        assert_eq!(ends(&[0, 299]), [599]);
        assert_eq!(ends(&[0, 301]), [300, 601]);
    }

    #[test]
    fn changes_without_an_end_are_told_all_the_same() {
        let endless: Vec<u64> = (0..50).map(|nr| nr * 100).collect();
        // The second series begins with the first change after the first one was told.
        assert_eq!(ends(&endless), [2000, 4100, 5200]);
    }

    #[test]
    fn it_is_known_how_long_there_is_to_wait() {
        let mut debounce = Debounce::new(ms(300), ms(2000));
        assert_eq!(debounce.left(ms(5)), None);
        debounce.seen(ms(5));
        assert_eq!(debounce.left(ms(105)), Some(ms(200)));
        assert_eq!(debounce.left(ms(999)), Some(ms(0)));
        assert!(!debounce.over(ms(304)));
        assert!(debounce.over(ms(305)));
        assert!(!debounce.over(ms(305)));
    }
}
