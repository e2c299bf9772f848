//! Rules about what is kept, the same for snapshots and for clones.

use clap::Args;
use holdall::config::Keep;
use holdall::config::units::Span;

/// Which captures are kept.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Rules")]
pub(crate) struct KeepArgs {
    /// Keep the newest N (or `all`).
    #[arg(long, value_name = "N")]
    pub(crate) keep_last: Option<Keep>,
    /// Keep the newest of each of N hours.
    #[arg(long, value_name = "N")]
    pub(crate) keep_hourly: Option<Keep>,
    /// Keep the newest of each of N days.
    #[arg(long, value_name = "N")]
    pub(crate) keep_daily: Option<Keep>,
    /// Keep the newest of each of N weeks.
    #[arg(long, value_name = "N")]
    pub(crate) keep_weekly: Option<Keep>,
    /// Keep the newest of each of N months.
    #[arg(long, value_name = "N")]
    pub(crate) keep_monthly: Option<Keep>,
    /// Keep the newest of each of N years.
    #[arg(long, value_name = "N")]
    pub(crate) keep_yearly: Option<Keep>,
    /// Keep all within this span before the newest, such as 1y5m7d2h (m is months).
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within: Option<Span>,
    /// Keep the newest of each hour within this span.
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within_hourly: Option<Span>,
    /// Keep the newest of each day within this span.
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within_daily: Option<Span>,
    /// Keep the newest of each week within this span.
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within_weekly: Option<Span>,
    /// Keep the newest of each month within this span.
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within_monthly: Option<Span>,
    /// Keep the newest of each year within this span.
    #[arg(long, value_name = "SPAN")]
    pub(crate) keep_within_yearly: Option<Span>,
    /// Keep those with all of these labels; may be repeated.
    #[arg(long, value_name = "TAG[,TAG]")]
    pub(crate) keep_tag: Vec<String>,
}

impl KeepArgs {
    /// True if a rule is given.
    pub(crate) fn any(&self) -> bool {
        let counts = [
            self.keep_last,
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        ];
        let spans = [
            &self.keep_within,
            &self.keep_within_hourly,
            &self.keep_within_daily,
            &self.keep_within_weekly,
            &self.keep_within_monthly,
            &self.keep_within_yearly,
        ];
        counts.iter().any(Option::is_some)
            || spans.iter().any(|span| span.is_some())
            || !self.keep_tag.is_empty()
    }
}
