//! Flags and settings about what is kept, turned into rules.

use holdall::config::{self, Keep, units};
use holdall::select::retention::{Count, Policy, Span};

use crate::args::KeepArgs;
use crate::session::Session;

/// The rules of the flags and, where a flag says nothing, of the settings.
pub(super) fn policy(
    session: &Session,
    args: &KeepArgs,
    settings: Option<&config::Forget>,
) -> Policy {
    let none = config::Config::default().forget;
    let settings = settings.unwrap_or(&none);
    let count = |given: Option<Keep>, setting: Option<Keep>| match given.or(setting) {
        None => Count::None,
        Some(Keep::All) => Count::All,
        Some(Keep::Of(number)) => Count::Of(number),
    };
    let within = |given: &Option<units::Span>, setting: &Option<units::Span>| {
        given.or(*setting).map(|span| Span {
            years: 0,
            months: span.months,
            days: span.days,
            // Rules know whole hours; a part of one keeps more rather than less.
            hours: u32::try_from(span.seconds.div_ceil(3600)).unwrap_or(u32::MAX),
        })
    };
    let tags = if args.keep_tag.is_empty() { &settings.keep_tag } else { &args.keep_tag };
    Policy {
        last: count(args.keep_last, settings.keep_last),
        hourly: count(args.keep_hourly, settings.keep_hourly),
        daily: count(args.keep_daily, settings.keep_daily),
        weekly: count(args.keep_weekly, settings.keep_weekly),
        monthly: count(args.keep_monthly, settings.keep_monthly),
        yearly: count(args.keep_yearly, settings.keep_yearly),
        within: within(&args.keep_within, &settings.keep_within),
        within_hourly: within(&args.keep_within_hourly, &settings.keep_within_hourly),
        within_daily: within(&args.keep_within_daily, &settings.keep_within_daily),
        within_weekly: within(&args.keep_within_weekly, &settings.keep_within_weekly),
        within_monthly: within(&args.keep_within_monthly, &settings.keep_within_monthly),
        within_yearly: within(&args.keep_within_yearly, &settings.keep_within_yearly),
        tags: tags.iter().map(|tags| tags.split(',').map(str::to_owned).collect()).collect(),
        now: Some(session.context().now()),
    }
}
