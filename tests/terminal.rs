//! A terminal: the program is run in it, keys go in, and the screen can be read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use holdall_testkit::Run;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// What takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(60);

/// A terminal in which a program runs.
pub(crate) struct Terminal {
    keys: File,
    /// Our hold on the side of the program, by which its modes are seen.
    side: File,
    before: Termios,
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    child: Option<Child>,
}

impl Terminal {
    /// Runs a program in a terminal of this size.
    pub(crate) fn run(run: Run, columns: u16, rows: u16) -> Self {
        Self::run_from(run, None, columns, rows)
    }

    /// The same for a program that reads its source from a file in place of keys, which it has from its terminal.
    pub(crate) fn run_from(run: Run, input: Option<&str>, columns: u16, rows: u16) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let noctty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
        let side =
            OpenOptions::new().read(true).write(true).custom_flags(noctty).open(name).unwrap();
        let before = tcgetattr(&side).unwrap();
        let keys = File::from(master);
        let screen = Arc::new((Mutex::new(vt100::Parser::new(rows, columns, 0)), Condvar::new()));
        let terminal = Self { keys, side, before, screen, child: None };
        terminal.resize(columns, rows);
        terminal.start(run, input)
    }

    fn start(mut self, run: Run, input: Option<&str>) -> Self {
        let run = run.env("TERM", "xterm-256color").into_command();
        // It makes the terminal the one that the program was started from.
        let mut command = Command::new("setsid");
        command.arg("--ctty");
        if let Some(file) = input {
            command.args(["sh", "-c", &format!("exec \"$0\" \"$@\" < {file}")]);
        }
        command.arg(run.get_program()).args(run.get_args());
        command.current_dir(run.get_current_dir().unwrap()).env_clear();
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let side = || Stdio::from(self.side.try_clone().unwrap());
        self.child = Some(command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap());
        let mut output = self.keys.try_clone().unwrap();
        let screen = Arc::clone(&self.screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The terminal is gone when nobody has it any more.
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                screen.0.lock().unwrap().process(bytes.get(..length).unwrap());
                screen.1.notify_all();
            }
        });
        self
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        self.screen.0.lock().unwrap().screen_mut().set_size(rows, columns);
        tcsetwinsize(&self.keys, size).unwrap();
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Types, and waits until the screen shows a text.
    pub(crate) fn shows(&mut self, keys: &str, text: &str) {
        self.keys(keys);
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the screen is as it should be.
    pub(crate) fn until(&self, what: &str, is: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + TIME_MAX;
        let mut parser = self.screen.0.lock().unwrap();
        while !is(parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what:?} in\n{}", parser.screen().contents());
            parser = self.screen.1.wait_timeout(parser, left).unwrap().0;
        }
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(self.child.as_ref().unwrap());
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for the end of the program and gives its exit code. The terminal must be as it was before: not in another
    /// screen, with its cursor, and with its modes.
    pub(crate) fn ends(&mut self) -> i32 {
        let (ended, end) = channel();
        let mut child = self.child.take().unwrap();
        std::thread::spawn(move || ended.send(child.wait().unwrap().code().unwrap()));
        let code = end.recv_timeout(TIME_MAX).unwrap();
        self.until("the screen of before", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        let now = tcgetattr(&self.side).unwrap();
        assert_eq!(format!("{now:?}"), format!("{:?}", self.before), "the modes of the terminal");
        code
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // The test has failed already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
