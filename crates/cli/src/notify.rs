//! Telling somebody how a run ended. Trouble with it is told here and changes nothing else.

use holdall::notify::{Message, Notifier, Outcome, Proxy, patiently};

use crate::failure::{Failure, Result};
use crate::session::Session;

/// What the flags say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// As the settings say.
    AsSet,
    /// However the run ends.
    Always,
    /// Not at all.
    Never,
}

impl Telling {
    /// As `--notify` and `--no-notify` say.
    pub(crate) fn of(notify: bool, no_notify: bool) -> Self {
        match (notify, no_notify) {
            (_, true) => Self::Never,
            (true, false) => Self::Always,
            (false, false) => Self::AsSet,
        }
    }
}

/// Who is told, if anybody is.
#[derive(Debug)]
pub(crate) struct Teller {
    notifier: Option<Notifier>,
    telling: Telling,
}

impl Teller {
    /// Whoever the settings name.
    ///
    /// # Errors
    /// If somebody has to be told, and the settings name nobody.
    pub(crate) fn new(session: &Session, telling: Telling) -> Result<Self> {
        if telling == Telling::Always && session.config.config.notify.url.is_none() {
            let why = "--notify needs a topic: set notify.url in your own configuration, or HOLDALL_NOTIFY_URL";
            return Err(Failure::Usage(why.into()));
        }
        if telling == Telling::Never || session.dry_run {
            return Ok(Self { notifier: None, telling });
        }
        let notifier = Notifier::new(&session.config, Proxy::Environment).unwrap_or_else(|error| {
            session.warn(&format!("nobody will be told: {error}"));
            None
        });
        Ok(Self { notifier, telling })
    }

    /// True if there is anybody to be told.
    pub(crate) fn tells(&self) -> bool {
        self.notifier.is_some()
    }

    /// Sends a message if somebody wants to know.
    pub(crate) fn tell(&self, session: &Session, outcome: Outcome, title: String, body: String) {
        let Some(notifier) = &self.notifier else { return };
        if self.telling != Telling::Always && !notifier.tells(outcome) {
            return;
        }
        let message = Message { outcome, title, body };
        if let Err(error) = notifier.send(&message, &patiently(&session.cancel)) {
            session.warn(&format!("nobody was told how it ended: {error}"));
        }
    }
}
