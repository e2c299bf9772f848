//! The flags of what is done again and again, and of who is told of it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use holdall::config::Wait;

/// When a dump is written again, and what is told of it.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Write the dump again whenever something in the directory changes, until Ctrl-C; needs -o FILE.
    #[arg(long, conflicts_with = "batch")]
    pub(crate) watch: bool,
    /// With --watch, look for changes each time this long has passed instead of being told by the system: 2s or 1m.
    #[arg(long, value_name = "TIME", requires = "watch")]
    pub(crate) watch_poll: Option<Wait>,
    /// Write metrics to this file after each run, in the form that node-exporter reads.
    #[arg(long, value_name = "FILE", conflicts_with = "batch")]
    pub(crate) metrics: Option<PathBuf>,
    /// With --watch, serve metrics to Prometheus at this address, such as 127.0.0.1:9185.
    #[arg(long, value_name = "ADDRESS", requires = "watch")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Let other machines read the metrics, if the address allows it.
    #[arg(long, requires = "metrics_listen")]
    pub(crate) metrics_public: bool,
    /// Tell the topic of `notify.url` how it ended, whatever `notify.on` says.
    #[arg(long, conflicts_with = "no_notify")]
    pub(crate) notify: bool,
    /// Tell nobody how it ended.
    #[arg(long)]
    pub(crate) no_notify: bool,
}
