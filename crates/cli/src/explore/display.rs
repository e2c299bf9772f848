//! The terminal while the explorer has it: prepared once, put back however the explorer ends.

use std::fs::File;
use std::io::{Stdout, stdout};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event as TerminalEvent, KeyCode, KeyEvent,
    KeyEventKind, KeyModifiers,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::draw::{Look, draw};
use super::model::{Event, Key, Model};
use crate::failure::{Result, output};

/// The terminal, and how it was, while it is prepared.
static PREPARED: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// A terminal of which all is open that is needed, so that a process which can open nothing any more can use it.
pub(crate) struct Screen(File);

impl Screen {
    /// Opens the terminal. What is typed from here on is for the explorer.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn take() -> Result<Self> {
        let open = || {
            // What waits for keys opens what it needs when it is first asked.
            crossterm::event::poll(Duration::ZERO)?;
            File::options().read(true).write(true).open("/dev/tty")
        };
        open().map(Self).map_err(output)
    }
}

/// The prepared terminal.
pub(super) struct Display {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    look: Look,
}

impl Display {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If the system does not let it be prepared.
    pub(super) fn open(screen: Screen, look: Look) -> std::io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                put_back();
                before(info);
            }));
        });
        let Screen(tty) = screen;
        let before = tcgetattr(&tty)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&tty, OptionalActions::Now, &raw)?;
        *prepared() = Some((tty, before));
        let opened = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())))
            .and_then(|mut terminal| terminal.hide_cursor().map(|()| terminal));
        match opened {
            Ok(terminal) => Ok(Self { terminal, look }),
            Err(error) => {
                put_back();
                Err(error)
            }
        }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |size| (size.width, size.height))
    }

    /// Shows the model.
    ///
    /// # Errors
    /// If the terminal cannot be written.
    pub(super) fn show(&mut self, model: &Model) -> std::io::Result<()> {
        let look = self.look;
        self.terminal.draw(|frame| draw(frame.buffer_mut(), model, look)).map(|_| ())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        put_back();
    }
}

/// Puts the terminal back as it was, once.
fn put_back() {
    if let Some((tty, before)) = prepared().take() {
        // There is no other way, and nobody to tell.
        let _ = execute!(
            stdout(),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            crossterm::cursor::Show
        );
        let _ = tcsetattr(&tty, OptionalActions::Now, &before);
    }
}

fn prepared() -> MutexGuard<'static, Option<(File, Termios)>> {
    PREPARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// True if the terminal was closed, which reading from it does not tell: it ends at once, again and again.
pub(super) fn is_gone() -> bool {
    rustix::termios::tcgetwinsize(rustix::stdio::stdout()).is_err()
}

/// What the terminal says, if it matters here.
pub(super) fn understood(event: TerminalEvent) -> Option<Event> {
    match event {
        TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
            pressed(key).map(Event::Key)
        }
        TerminalEvent::Paste(text) => Some(Event::Pasted(text)),
        TerminalEvent::Resize(width, height) => Some(Event::Resized(width, height)),
        _ => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::ALT) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
