//! A database that is captured while it is read: its program is started with the first byte that is asked for, and the
//! last one comes only when the program has ended and said that all went well. Anything else is an error of the read.

use std::fmt;
use std::io::{self, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use holdall_tree::{CancelToken, Context, Timestamp};

use super::password::{Handed, Password};
use super::{DatabaseError, ProgramError, judge, server};
use crate::beside::{Made, Spooled};
use crate::config::Database;
use crate::program::{Ending, Output, Piece};

/// How much is read at a time for who must know how long it is, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// A database that can be read.
pub(super) struct Pending {
    database: Database,
    password: Password,
    cancel: CancelToken,
    /// A moment by both clocks: only one of them is there when it is read.
    moment: (Timestamp, Instant),
}

impl Pending {
    /// Gets what its program will need.
    ///
    /// # Errors
    /// If the password cannot be had.
    pub(super) fn new(ctx: &Context<'_>, database: &Database) -> Result<Self, ProgramError> {
        let password = Password::of(database)?;
        let (database, cancel) = (database.clone(), ctx.cancel.clone());
        Ok(Self { database, password, cancel, moment: (ctx.now(), Instant::now()) })
    }

    /// Reads all of it into a file without a name, for who must know how long it is before it is read.
    ///
    /// # Errors
    /// If it cannot be captured.
    pub(super) fn spool(&self) -> Result<Spooled, ProgramError> {
        let time = self.now();
        let mut file = tempfile::tempfile().map_err(ProgramError::Spool)?;
        let mut capture = Capture { of: self, state: State::Waiting };
        let (mut size, mut buffer) = (0, vec![0; BUFFER_BYTES]);
        loop {
            let n = capture.next(&mut buffer)?;
            if n == 0 {
                return Ok(Spooled { file, size, time });
            }
            let read = buffer.get(..n).unwrap_or_default();
            file.write_all(read).map_err(ProgramError::Spool)?;
            size += n as u64;
        }
    }

    fn start(&self) -> Result<Running, ProgramError> {
        let secret = self.password.hand_over()?;
        let mut command = server::dump(&self.database, &secret);
        command.stdin(Stdio::null());
        let time = Duration::from_secs(self.database.time_limit.0);
        match Output::start(command, time, &self.cancel) {
            Ok(output) => Ok(Running { output, bytes: 0, _secret: secret }),
            Err(source) => Err(ProgramError::Start { program: self.program(), source }),
        }
    }

    fn program(&self) -> String {
        server::dump_program(&self.database)
    }
}

impl Made for Pending {
    fn now(&self) -> Timestamp {
        let (then, since) = (self.moment.0, self.moment.1.elapsed());
        let secs = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Timestamp::new(then.secs.saturating_add(secs), then.nanos + since.subsec_nanos())
    }

    fn read(&self) -> Box<dyn Read + Send + '_> {
        Box::new(Capture { of: self, state: State::Waiting })
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.database.name).finish()
    }
}

/// One reading of a database.
struct Capture<'p> {
    of: &'p Pending,
    state: State,
}

enum State {
    Waiting,
    Running(Running),
    /// All of it was read.
    Done,
    /// It failed, which was said.
    Failed,
}

struct Running {
    output: Output,
    bytes: u64,
    /// The program reads it at any time.
    _secret: Handed,
}

impl Capture<'_> {
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ProgramError> {
        // Until it is known that all is well, it is not.
        let mut running = match std::mem::replace(&mut self.state, State::Failed) {
            State::Waiting => self.of.start()?,
            State::Running(running) => running,
            State::Done => {
                self.state = State::Done;
                return Ok(0);
            }
            State::Failed => return Err(ProgramError::Read(io::ErrorKind::BrokenPipe.into())),
        };
        let limit = self.of.database.max_size.0;
        let stopped = match running.output.read(buffer).map_err(ProgramError::Read)? {
            Piece::Bytes(n) => {
                running.bytes += n as u64;
                if running.bytes <= limit {
                    self.state = State::Running(running);
                    return Ok(n);
                }
                Some(Ending::Halted)
            }
            Piece::End => None,
            Piece::Stopped(ending) => Some(ending),
        };
        let ran = running.output.finish(stopped).map_err(ProgramError::Read)?;
        judge(ran, &self.of.database, self.of.program())?;
        self.state = State::Done;
        Ok(0)
    }
}

impl Read for Capture<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next(buffer).map_err(|source| {
            let name = self.of.database.name.clone();
            io::Error::other(DatabaseError::Capture { name, source })
        })
    }
}
