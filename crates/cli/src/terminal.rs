//! Asking a person on the terminal, also for what must not be shown.
//!
//! The terminal hands over keys one by one while a question is open, so that Ctrl-C ends the question itself and
//! leaves the terminal as it was, whatever else the program does about interruption.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};

use holdall::tree::CancelToken;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

/// The longest line that is taken, in bytes.
const LINE_BYTES_MAX: usize = 4096;
/// How long one look for a key lasts, in tenths of a second: as long as an interruption from outside may go unseen.
const LOOK_TENTHS: u8 = 1;

/// Whether what is typed can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    Shown,
    Hidden,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The person, or a signal, wants to stop.
    Stopped,
    /// The terminal was closed, or Ctrl-D was typed on an empty line.
    Closed,
}

/// The terminal that the process was started from.
#[derive(Debug)]
pub(crate) struct Terminal(File);

impl Terminal {
    /// The terminal, if there is one.
    pub(crate) fn open() -> Option<Self> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        Some(Self(file))
    }

    /// Asks for one line.
    ///
    /// # Errors
    /// If the terminal cannot be read, written or prepared.
    pub(crate) fn ask(
        &self,
        prompt: &str,
        echo: Echo,
        cancel: &CancelToken,
    ) -> std::io::Result<Answer> {
        let _keys = Keys::by_key(&self.0)?;
        (&self.0).write_all(prompt.as_bytes())?;
        let answer = read_line(&mut &self.0, &mut &self.0, echo, cancel);
        (&self.0).write_all(b"\r\n")?;
        answer
    }
}

/// Puts the terminal back as it was when dropped.
struct Keys<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Keys<'t> {
    fn by_key(terminal: &'t File) -> std::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VMIN] = 0;
        modes.special_codes[SpecialCodeIndex::VTIME] = LOOK_TENTHS;
        // What was typed ahead is kept: programs that answer for a person write early.
        tcsetattr(terminal, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        // There is no other way to put it back.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Reads keys up to the end of a line. A read of nothing means that no key was pressed in time.
fn read_line(
    keys: &mut dyn Read,
    out: &mut dyn Write,
    echo: Echo,
    cancel: &CancelToken,
) -> std::io::Result<Answer> {
    let mut line = Vec::new();
    loop {
        if cancel.is_cancelled() {
            return Ok(Answer::Stopped);
        }
        let mut key = [0];
        match keys.read(&mut key) {
            Ok(0) => continue,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            // A terminal that went away gives this error for ever.
            Err(_) => return Ok(Answer::Closed),
        }
        match key {
            [b'\r' | b'\n'] => return Ok(Answer::Line(line)),
            [0x03] => return Ok(Answer::Stopped),
            [0x04] if line.is_empty() => return Ok(Answer::Closed),
            // Backspace takes one character, Ctrl-U all of them.
            [0x7f | 0x08 | 0x15] => {
                let most = if key == [0x15] { usize::MAX } else { 1 };
                for _ in 0..most {
                    if !take_char(&mut line) {
                        break;
                    }
                    if echo == Echo::Shown {
                        out.write_all(b"\x08 \x08")?;
                    }
                }
            }
            [byte] if line.len() < LINE_BYTES_MAX && (byte >= 0x20 || byte == b'\t') => {
                line.push(byte);
                if echo == Echo::Shown {
                    out.write_all(&[byte])?;
                }
            }
            _ => {}
        }
    }
}

/// Takes the last character, all bytes of it; false if there is none.
fn take_char(line: &mut Vec<u8>) -> bool {
    while let Some(byte) = line.pop() {
        // Bytes 0x80 to 0xbf continue a character of UTF-8.
        if !(0x80..0xc0).contains(&byte) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str, echo: Echo) -> (Answer, String) {
        let mut out = Vec::new();
        let answer =
            read_line(&mut keys.as_bytes(), &mut out, echo, &CancelToken::default()).unwrap();
        (answer, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_line_ends_with_either_end_of_line() {
        for end in ["\r", "\n"] {
            let (answer, shown) = typed(&format!("pässword{end}"), Echo::Hidden);
            assert_eq!(answer, Answer::Line("pässword".into()));
            assert_eq!(shown, "");
        }
        assert_eq!(typed("yes\n", Echo::Shown), (Answer::Line("yes".into()), "yes".into()));
    }

    #[test]
    fn backspace_takes_a_whole_character_and_ctrl_u_the_line() {
        assert_eq!(typed("aä\x7f\n", Echo::Hidden).0, Answer::Line("a".into()));
        assert_eq!(typed("ab\x15cd\n", Echo::Hidden).0, Answer::Line("cd".into()));
        assert_eq!(typed("\x7f\n", Echo::Shown), (Answer::Line(Vec::new()), String::new()));
    }

    #[test]
    fn ctrl_c_and_a_signal_stop_the_question() {
        assert_eq!(typed("ab\x03", Echo::Hidden).0, Answer::Stopped);
        let cancel = CancelToken::default();
        cancel.cancel();
        let answer = read_line(&mut &b""[..], &mut Vec::new(), Echo::Hidden, &cancel).unwrap();
        assert_eq!(answer, Answer::Stopped);
    }

    #[test]
    fn ctrl_d_closes_an_empty_line_only() {
        assert_eq!(typed("\x04", Echo::Shown).0, Answer::Closed);
        assert_eq!(typed("a\x04\n", Echo::Shown).0, Answer::Line("a".into()));
    }
}
