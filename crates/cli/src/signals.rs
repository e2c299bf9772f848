//! Interruption: the first signal asks the operation to stop at its next safe point, the second ends the process.

use holdall::tree::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::screen::Screen;

/// The exit code of an interrupted process.
const INTERRUPTED: i32 = 130;

/// Watches for signals until the process ends.
pub(crate) fn watch(cancel: &CancelToken, screen: &Screen) {
    // Without signals the system ends the process at once, which leaves nothing half done either.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    let (cancel, screen) = (cancel.clone(), screen.clone());
    std::thread::spawn(move || {
        // It needs no file, and a restore that confines itself leaves no thread free.
        holdall::disk::sandbox::confine_thread();
        for _ in signals.forever() {
            if cancel.is_cancelled() {
                // What was not published is not seen, and the next run clears it away.
                signal_hook::low_level::exit(INTERRUPTED);
            }
            cancel.cancel();
            screen.line("stopping; once more to stop at once");
        }
    });
}
