//! Standard error as one screen: messages, log lines and the bar share it and never run into each other.
//!
//! Whoever writes there goes through [`Screen`]. A bar stands on the last line of the terminal, a message takes its
//! place, and the next tick draws the bar below. While a question is open nothing is drawn.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use unicode_width::UnicodeWidthChar;

/// The width that is used where the terminal does not tell its own, in columns.
const WIDTH_DEFAULT: usize = 80;

/// Standard error, shared.
#[derive(Clone)]
pub(crate) struct Screen(Arc<Shared>);

struct Shared {
    sheet: Mutex<Sheet>,
    is_terminal: bool,
    color: bool,
}

struct Sheet {
    out: Box<dyn Write + Send>,
    /// What the bar shows now; empty if there is none.
    bar: String,
}

/// Keeps everybody else from the screen while a question is open.
pub(crate) struct Quiet<'s>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'s, Sheet>);

impl Screen {
    /// The standard error of this process.
    pub(crate) fn new(color: bool) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self::over(Box::new(std::io::stderr()), is_terminal, color)
    }

    pub(crate) fn over(out: Box<dyn Write + Send>, is_terminal: bool, color: bool) -> Self {
        let sheet = Mutex::new(Sheet { out, bar: String::new() });
        Self(Arc::new(Shared { sheet, is_terminal, color }))
    }

    /// True if somebody may be looking.
    pub(crate) fn is_terminal(&self) -> bool {
        self.0.is_terminal
    }

    /// True if messages may be coloured.
    pub(crate) fn color(&self) -> bool {
        self.0.color
    }

    /// Prints a line above the bar.
    pub(crate) fn line(&self, text: &str) {
        let mut sheet = self.sheet();
        sheet.erase();
        // Where nothing can be printed nothing can be said.
        let _ = writeln!(sheet.out, "{text}");
        let _ = sheet.out.flush();
    }

    /// Shows this text as the bar, cut to the width of the terminal.
    pub(crate) fn bar(&self, text: &str) {
        let mut sheet = self.sheet();
        let text = cut(text, self.width().saturating_sub(1));
        if text == sheet.bar {
            return;
        }
        let _ = write!(sheet.out, "\r\x1b[K{text}");
        let _ = sheet.out.flush();
        sheet.bar = text.to_owned();
    }

    /// Takes the bar away.
    pub(crate) fn erase(&self) {
        self.sheet().erase();
    }

    /// Takes the bar away and keeps everybody from the screen until the result is dropped.
    pub(crate) fn hold(&self) -> Quiet<'_> {
        let mut sheet = self.sheet();
        sheet.erase();
        Quiet(sheet)
    }

    /// Columns of the terminal.
    pub(crate) fn width(&self) -> usize {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok();
        size.map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0)
            .unwrap_or(WIDTH_DEFAULT)
    }

    fn sheet(&self) -> MutexGuard<'_, Sheet> {
        self.0.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sheet {
    fn erase(&mut self) {
        if !self.bar.is_empty() {
            let _ = write!(self.out, "\r\x1b[K");
            let _ = self.out.flush();
            self.bar.clear();
        }
    }
}

/// As much of `text` as fits into so many columns.
fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// A screen that can be looked at.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[cfg(test)]
impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(run: impl FnOnce(&Screen)) -> String {
        let paper = Paper::default();
        let screen = Screen::over(Box::new(paper.clone()), true, false);
        run(&screen);
        paper.text()
    }

    #[test]
    fn a_message_takes_the_place_of_the_bar() {
        let text = written(|screen| {
            screen.bar("half");
            screen.bar("half");
            screen.line("note");
            screen.bar("half");
            screen.erase();
            screen.erase();
        });
        assert_eq!(text, "\r\x1b[Khalf\r\x1b[Knote\n\r\x1b[Khalf\r\x1b[K");
    }

    #[test]
    fn nothing_is_erased_where_no_bar_stands() {
        assert_eq!(written(|screen| screen.line("note")), "note\n");
        assert_eq!(written(|screen| drop(screen.hold())), "");
    }

    #[test]
    fn a_bar_is_cut_at_whole_characters_by_their_width() {
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("ab", 2), "ab");
        assert_eq!(cut("e\u{301}x", 1), "e\u{301}");
    }
}
