//! What a run came to, for Prometheus: a text for the textfile collector of node-exporter, or to be scraped.
//!
//! A failed run knows only that it failed. What the last dump that was written held stays, and when that was. The form is
//! version 0.0.4 of the text format of Prometheus.

mod serve;

use std::collections::BTreeMap;

use holdall_tree::Timestamp;

pub use serve::{Endpoint, Reach, ServeError};

/// The largest text that is taken up again, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// One run of `dump`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DumpRun {
    /// When it ended.
    pub time: Timestamp,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The code that the program ends with.
    pub exit_code: u8,
    /// Entries that it went on without.
    pub problems: u64,
    /// How it ended.
    pub end: DumpEnd,
}

/// How a run of `dump` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DumpEnd {
    /// A dump was written.
    Written(DumpCounts),
    /// Nothing had changed since the last one, which is as good.
    Unchanged,
    /// There is no new dump.
    Failed,
}

/// What a dump holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DumpCounts {
    /// Files that are shown.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Lines of these files.
    pub lines: u64,
    /// Their tokens, if they were counted.
    pub tokens: Option<u64>,
    /// Entries that were left out.
    pub omitted: u64,
    /// Secrets that were taken out.
    pub redacted: u64,
}

const LAST_RUN: &str = "holdall_dump_last_run_timestamp_seconds";
const LAST_SUCCESS: &str = "holdall_dump_last_success_timestamp_seconds";
const DURATION: &str = "holdall_dump_duration_seconds";
const EXIT_CODE: &str = "holdall_dump_exit_code";
const SUCCESS: &str = "holdall_dump_success";
const PROBLEMS: &str = "holdall_dump_problems";
const FILES: &str = "holdall_dump_files";
const BYTES: &str = "holdall_dump_bytes";
const LINES: &str = "holdall_dump_lines";
const TOKENS: &str = "holdall_dump_tokens";
const OMITTED: &str = "holdall_dump_omitted";
const REDACTED: &str = "holdall_dump_redacted";
const RUNS: &str = "holdall_dump_runs_total";
const BUILD: &str = "holdall_build_info";

/// The gauges, in the order of the text.
const GAUGES: [(&str, &str); 12] = [
    (LAST_RUN, "When the last run ended, in seconds since 1970."),
    (
        LAST_SUCCESS,
        "When the last run ended that left a good dump, in seconds since 1970; 0 if none did.",
    ),
    (DURATION, "How long the last run took."),
    (EXIT_CODE, "The exit code of the last run."),
    (SUCCESS, "1 if the last run left a good dump, 0 if it failed."),
    (PROBLEMS, "Entries that the last run went on without."),
    (FILES, "Files in the last dump that was written."),
    (BYTES, "Bytes of the files in the last dump that was written."),
    (LINES, "Lines of the files in the last dump that was written."),
    (TOKENS, "Tokens of the files in the last dump that was written."),
    (OMITTED, "Entries that the last dump that was written says are left out."),
    (REDACTED, "Secrets that were taken out of the last dump that was written."),
];

/// The metrics of one dump that is made again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpMetrics {
    version: String,
    /// `source="…",output="…"`, which tells the dumps of one machine apart.
    labels: String,
    gauges: BTreeMap<&'static str, f64>,
    /// Runs by how they ended, counted by a process that stays.
    runs: Option<[(&'static str, u64); 3]>,
}

impl DumpMetrics {
    /// For dumps of `source` to `output`, written by this version of the program.
    #[must_use]
    pub fn new(version: &str, source: &str, output: &str) -> Self {
        Self {
            version: escaped(version),
            labels: format!("source=\"{}\",output=\"{}\"", escaped(source), escaped(output)),
            gauges: BTreeMap::from([(LAST_SUCCESS, 0.0)]),
            runs: None,
        }
    }

    /// Counts runs too, since this process makes many.
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.runs = Some([("written", 0), ("unchanged", 0), ("failed", 0)]);
        self
    }

    /// Takes up what an earlier text of the same dump says, as far as it can be read.
    pub fn resume(&mut self, text: &str) {
        for (name, _) in GAUGES {
            let sample = format!("{name}{{{}}} ", self.labels);
            let value = text.lines().find_map(|line| line.strip_prefix(&*sample)?.parse().ok());
            if let Some(value) = value.filter(|value: &f64| value.is_finite()) {
                self.gauges.insert(name, value);
            }
        }
    }

    /// One more run has ended.
    pub fn record(&mut self, run: &DumpRun) {
        let failed = run.end == DumpEnd::Failed;
        let mut set = |name, value| self.gauges.insert(name, value);
        set(LAST_RUN, run.time.secs as f64);
        set(DURATION, run.seconds);
        set(EXIT_CODE, f64::from(run.exit_code));
        set(SUCCESS, f64::from(u8::from(!failed)));
        set(PROBLEMS, run.problems as f64);
        if !failed {
            set(LAST_SUCCESS, run.time.secs as f64);
        }
        let end = match run.end {
            DumpEnd::Written(counts) => {
                set(FILES, counts.files as f64);
                set(BYTES, counts.bytes as f64);
                set(LINES, counts.lines as f64);
                set(OMITTED, counts.omitted as f64);
                set(REDACTED, counts.redacted as f64);
                match counts.tokens {
                    Some(tokens) => set(TOKENS, tokens as f64),
                    None => self.gauges.remove(TOKENS),
                };
                "written"
            }
            DumpEnd::Unchanged => "unchanged",
            DumpEnd::Failed => "failed",
        };
        let runs = self.runs.iter_mut().flatten();
        runs.filter(|(name, _)| *name == end).for_each(|(_, count)| *count += 1);
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { version, labels, .. } = self;
        let mut text = String::new();
        let head = |name: &str, help: &str, kind: &str| {
            format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")
        };
        text += &head(BUILD, "Always 1; the labels say which program it is.", "gauge");
        text += &format!("{BUILD}{{version=\"{version}\",{labels}}} 1\n");
        for (name, help) in GAUGES {
            if let Some(value) = self.gauges.get(name) {
                text += &head(name, help, "gauge");
                text += &format!("{name}{{{labels}}} {value}\n");
            }
        }
        if let Some(runs) = &self.runs {
            text += &head(RUNS, "Runs of this process, by how they ended.", "counter");
            for (end, count) in runs {
                text += &format!("{RUNS}{{{labels},result=\"{end}\"}} {count}\n");
            }
        }
        text
    }
}

/// The value of a label as it stands between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: DumpRun = DumpRun {
        time: Timestamp { secs: 1000, nanos: 5 },
        seconds: 0.25,
        exit_code: 0,
        problems: 0,
        end: DumpEnd::Written(DumpCounts {
            files: 1,
            bytes: 2,
            lines: 3,
            tokens: Some(4),
            omitted: 5,
            redacted: 6,
        }),
    };

    fn failed(secs: i64) -> DumpRun {
        let time = Timestamp { secs, nanos: 0 };
        DumpRun { time, exit_code: 4, problems: 2, end: DumpEnd::Failed, ..WRITTEN }
    }

    fn metrics() -> DumpMetrics {
        DumpMetrics::new("1.2.3", "/p", "/p.md")
    }

    fn value(metrics: &DumpMetrics, name: &str) -> Option<String> {
        let text = metrics.text();
        let sample = format!("{name}{{source=\"/p\",output=\"/p.md\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&*sample).map(str::to_owned))
    }

    #[test]
    fn all_gauges_are_set_by_a_run_that_wrote_a_dump() {
        let mut metrics = metrics();
        metrics.record(&WRITTEN);
        let values: Vec<String> =
            GAUGES.iter().map(|(name, _)| value(&metrics, name).unwrap()).collect();
        assert_eq!(values, ["1000", "1000", "0.25", "0", "1", "0", "1", "2", "3", "4", "5", "6"]);
    }

    #[test]
    fn a_failed_run_keeps_what_the_last_good_one_left_also_of_another_process() {
        let mut first = metrics();
        first.record(&WRITTEN);
        let mut second = metrics();
        second.resume(&first.text());
        assert_eq!(second, first);
        second.record(&failed(2000));
        for (name, expected) in [
            (LAST_RUN, "2000"),
            (LAST_SUCCESS, "1000"),
            (EXIT_CODE, "4"),
            (SUCCESS, "0"),
            (FILES, "1"),
        ] {
            assert_eq!(value(&second, name).as_deref(), Some(expected), "{name}");
        }
        let mut never = metrics();
        never.record(&failed(2000));
        assert_eq!(value(&never, LAST_SUCCESS).as_deref(), Some("0"));
        assert_eq!(value(&never, FILES), None);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_up() {
        let mut resumed = metrics();
        resumed.resume("holdall_dump_files{source=\"/p\",output=\"/p.md\"} NaN\nholdall_dump_bytes{x} 1\n\u{0}");
        resumed.resume(&DumpMetrics::new("1", "/other", "/p.md").text());
        assert_eq!(resumed, metrics());
    }

    #[test]
    fn a_process_that_stays_counts_its_runs() {
        let mut metrics = metrics().counting();
        for run in [WRITTEN, WRITTEN, failed(1), DumpRun { end: DumpEnd::Unchanged, ..WRITTEN }] {
            metrics.record(&run);
        }
        let text = metrics.text();
        for (end, count) in [("written", 2), ("unchanged", 1), ("failed", 1)] {
            assert!(text.contains(&format!(",result=\"{end}\"}} {count}\n")), "{text}");
        }
        assert!(!self::metrics().text().contains("_total"));
    }

    #[test]
    fn labels_cannot_break_out() {
        let metrics = DumpMetrics::new("1", "a\"} 1\nb\\", "-");
        assert!(metrics.text().contains(r#"source="a\"} 1\nb\\",output="-"} "#));
        assert_eq!(metrics.text().lines().count(), 6);
    }
}
