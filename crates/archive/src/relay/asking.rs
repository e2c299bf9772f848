//! A parser is asked for all entries of an archive, twice if something must be opened first.

use std::io::{self, Read};

use holdall_tree::{Context, Error as TreeError, Result as TreeResult};

use super::answer::{ENTRIES, LOCKS};
use super::record::{RECORD_BYTES_MAX, take_locked};
use super::request::{Encrypted, Request};
use super::seen::{Door, Passphrase, Seen};
use super::told::astray;
use super::tree::{Judge, Judged, Parser};
use crate::bytes::Bytes;
use crate::error::Error;
use crate::rules::{Rules, Terms};
use crate::zip::Lock;

/// So much of a name is kept for a message, in bytes.
pub(super) const NAME_BYTES: usize = 200;

/// Asks for all entries of an archive.
pub(super) struct Asking<'a, A, P> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) bytes: &'a A,
    pub(super) parser: &'a P,
    pub(super) terms: Terms,
}

/// What was answered.
pub(super) enum Answer {
    Entries(Judged),
    /// What must be opened before, with the names of the entries.
    Locks(Vec<(Lock, Vec<u8>)>),
}

impl<A: Bytes + Clone, P: Parser<A>> Asking<'_, A, P> {
    pub(super) fn ask(&self, encrypted: Encrypted, seen: Seen<A>) -> TreeResult<Answer> {
        let Self { ctx, bytes, terms, .. } = *self;
        let (length, limits) = (bytes.length(), ctx.limits);
        let request = Request::Open { length, terms, limits, encrypted };
        let mut read = self.parser.ask(&request, seen).map_err(failed)?;
        let mut kind = [0];
        read.read_exact(&mut kind).map_err(cut)?;
        match kind {
            [ENTRIES] => self.entries(&mut read).map(Answer::Entries),
            [LOCKS] => self.locks(&mut read).map(Answer::Locks),
            _ => Err(wrong("says what cannot be understood")),
        }
    }

    /// Asks again, with what must be opened open if there is a passphrase.
    pub(super) fn again(
        &self,
        locks: Vec<(Lock, Vec<u8>)>,
        passphrase: Option<&Passphrase>,
    ) -> TreeResult<Judged> {
        let (encrypted, seen) = match passphrase {
            None => (Encrypted::Shut, Seen::shut(self.bytes.clone())),
            Some(passphrase) => {
                let door = |(lock, name)| Door::new(lock, name, passphrase);
                let seen = Seen::with(self.bytes.clone(), locks.into_iter().map(door).collect());
                (Encrypted::Open, seen.ok_or_else(no_lock)?)
            }
        };
        match self.ask(encrypted, seen)? {
            Answer::Entries(judged) => Ok(judged),
            Answer::Locks(_) => Err(wrong("wants something opened twice")),
        }
    }

    fn entries(&self, read: &mut impl Read) -> TreeResult<Judged> {
        let mut judge = Judge::new(Rules::new(self.terms, self.ctx.limits), self.bytes.length());
        let mut cleaned = [0; 8];
        read.read_exact(&mut cleaned).map_err(cut)?;
        judge.cleaned = u64::from_le_bytes(cleaned);
        let mut record = Vec::new();
        while next(read, &mut record)? {
            self.ctx.check()?;
            judge.add(&record)?;
        }
        judge.finish()
    }

    fn locks(&self, read: &mut impl Read) -> TreeResult<Vec<(Lock, Vec<u8>)>> {
        let (mut locks, mut record) = (Vec::new(), Vec::new());
        while next(read, &mut record)? {
            self.ctx.check()?;
            let (lock, name) = take_locked(&record).ok_or_else(no_lock)?;
            if locks.len() as u64 >= self.ctx.limits.entries_max {
                return Err(wrong("wants too much opened"));
            }
            locks.push((lock, name.get(..NAME_BYTES).unwrap_or(name).to_vec()));
        }
        Ok(locks)
    }
}

pub(super) fn no_lock() -> TreeError {
    wrong("says that something is encrypted where the archive is not")
}

/// Reads the next record; false at the end.
fn next(read: &mut impl Read, record: &mut Vec<u8>) -> TreeResult<bool> {
    let mut length = [0; 4];
    let mut begin = Vec::new();
    read.by_ref().take(4).read_to_end(&mut begin).map_err(failed)?;
    if begin.is_empty() {
        return Ok(false);
    }
    length.copy_from_slice(begin.get(..4).ok_or_else(|| cut(io::ErrorKind::UnexpectedEof.into()))?);
    let length = u32::from_le_bytes(length) as usize;
    if length > RECORD_BYTES_MAX {
        return Err(failed(astray("says too much of one entry")));
    }
    record.clear();
    let read = read.by_ref().take(length as u64).read_to_end(record).map_err(failed)?;
    if read < length {
        return Err(cut(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(true)
}

/// The error of an answer as one of the archive.
pub(super) fn failed(error: io::Error) -> TreeError {
    match error.downcast::<TreeError>() {
        Ok(error) => error,
        Err(source) => Error::Read { offset: 0, source }.into(),
    }
}

/// The same for an answer that should have gone on.
fn cut(error: io::Error) -> TreeError {
    let ended = error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none();
    failed(if ended { astray("stops in the middle of what it says") } else { error })
}

pub(super) fn wrong(what: &str) -> TreeError {
    failed(astray(what))
}
