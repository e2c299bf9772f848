//! One request and its answer.

use std::fmt;
use std::io::{self, Read};

use wasmi::{
    Caller, Extern, Instance, Linker, Memory, Store, StoreLimits, StoreLimitsBuilder, TrapCode,
    TypedFunc, TypedResumableCall, WasmParams, WasmResults,
};

use crate::error::Error;
use crate::machine::{Alive, Machine, Quota};

/// The module of the only function that may be imported, and its name.
const IMPORT: (&str, &str) = ("archive", "read");
/// So many steps are computed between two looks at whether the answer is still wanted.
const STEPS_AT_ONCE: u64 = 20_000_000;
/// The most that is given, and handed out, at a time, in bytes.
const PIECE_BYTES_MAX: u32 = 1 << 20;
/// The longest of what a module says when it failed, in bytes.
const WORDS_BYTES_MAX: usize = 4 << 10;

/// What a module is given.
pub trait Input {
    /// Reads bytes from `offset` on; fewer than asked for only at the end.
    ///
    /// # Errors
    /// What the system says. The module does not get to know.
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// What the host keeps of one run.
struct State<I> {
    input: I,
    memory: Option<Memory>,
    limits: StoreLimits,
    /// Why the input could not be read.
    unread: Option<io::Error>,
    /// Bytes that it was given.
    given: u64,
}

/// An answer.
pub struct Run<I> {
    store: Store<State<I>>,
    memory: Memory,
    more: TypedFunc<(), u64>,
    quota: Quota,
    alive: Alive,
    /// Steps that were allowed so far.
    allowed: u64,
    /// Bytes that were handed out.
    handed: u64,
    /// What is left of the piece at hand: where it lies, and its length.
    piece: (usize, usize),
    ended: Option<Result<(), Error>>,
}

impl<I: Input> Run<I> {
    pub(crate) fn start(
        machine: &Machine,
        request: &[u8],
        input: I,
        quota: Quota,
        alive: Alive,
    ) -> io::Result<Self> {
        let most = usize::try_from(quota.memory_bytes).unwrap_or(usize::MAX);
        let limits = StoreLimitsBuilder::new()
            .memory_size(most)
            .memories(1)
            .tables(1)
            .instances(1)
            .trap_on_grow_failure(true)
            .build();
        let state = State { input, memory: None, limits, unread: None, given: 0 };
        let mut store = Store::new(&machine.engine, state);
        store.limiter(|state| &mut state.limits);
        let mut linker = Linker::new(&machine.engine);
        let (module, name) = IMPORT;
        let trap = |error: wasmi::Error| fault(&error, quota);
        let import = |caller: Caller<'_, State<I>>, offset: u64, to: u32, length: u32| {
            give(caller, offset, to, length)
        };
        linker.func_wrap(module, name, import).map_err(|error| trap(error.into()))?;
        // What a module does before it was asked is part of the same quota.
        let first = quota.steps.min(STEPS_AT_ONCE);
        store.set_fuel(first).map_err(trap)?;
        let instance = linker.instantiate_and_start(&mut store, &machine.module).map_err(trap)?;
        let Some(memory) = instance.get_memory(&store, "memory") else {
            return Err(Error::Contract { what: "has no memory" }.into());
        };
        store.data_mut().memory = Some(memory);
        let more = function(&instance, &store, "more")?;
        let room = function::<_, u32, u32>(&instance, &store, "room")?;
        let begin = function::<_, (), ()>(&instance, &store, "begin")?;
        let (allowed, handed) = (first, 0);
        let ended = None;
        let mut run =
            Self { store, memory, more, quota, alive, allowed, handed, piece: (0, 0), ended };
        let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
        let at = run.call(room, length)? as usize;
        let place = run.memory.data_mut(&mut run.store).get_mut(at..);
        let place = place.and_then(|rest| rest.get_mut(..request.len()));
        let no_room = Error::Contract { what: "has no room for what it is asked" };
        place.ok_or(no_room)?.copy_from_slice(request);
        run.call(begin, ())?;
        Ok(run)
    }

    /// Calls a function of the module, in slices of steps.
    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: TypedFunc<P, R>,
        params: P,
    ) -> io::Result<R> {
        let mut called = function.call_resumable(&mut self.store, params);
        loop {
            called = match called {
                Ok(TypedResumableCall::Finished(result)) => return Ok(result),
                Ok(TypedResumableCall::OutOfFuel(call)) => {
                    self.refuel(call.required_fuel())?;
                    call.resume(&mut self.store)
                }
                Ok(TypedResumableCall::HostTrap(call)) => {
                    return Err(self.failed(call.host_error()));
                }
                Err(error) => return Err(self.failed(&error)),
            };
        }
    }

    /// Allows more steps, if there are any.
    fn refuel(&mut self, needed: u64) -> io::Result<()> {
        if !(self.alive)() {
            return Err(Error::Stopped.into());
        }
        let Quota { steps, steps_by_input, steps_by_output, .. } = self.quota;
        let limit = steps
            .saturating_add(steps_by_input.saturating_mul(self.store.data().given))
            .saturating_add(steps_by_output.saturating_mul(self.handed));
        let left = self.store.get_fuel().unwrap_or_default();
        let more = limit.saturating_sub(self.allowed).min(STEPS_AT_ONCE.max(needed));
        if more == 0 || left.saturating_add(more) < needed {
            return Err(Error::Fuel { limit }.into());
        }
        self.allowed = self.allowed.saturating_add(more);
        let fuel = self.store.set_fuel(left.saturating_add(more));
        fuel.map_err(|error| fault(&error, self.quota).into())
    }

    fn failed(&mut self, error: &wasmi::Error) -> io::Error {
        match self.store.data_mut().unread.take() {
            Some(unread) => unread,
            None => fault(error, self.quota).into(),
        }
    }

    /// Has the module make the next piece; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        let answer = self.call(self.more, ())?;
        let (at, length) = ((answer >> 32) as usize, ((answer & 0xffff_ffff) >> 1) as usize);
        let failed = answer & 1 == 1;
        if length == 0 {
            let told = Error::Told { words: Vec::new() };
            return if failed { Err(told.into()) } else { Ok(false) };
        }
        let piece = self.memory.data(&self.store).get(at..).and_then(|rest| rest.get(..length));
        let too_long = length > PIECE_BYTES_MAX as usize;
        let Some(piece) = piece.filter(|_| !too_long) else {
            return Err(Error::Contract { what: "hands out what it does not have" }.into());
        };
        if failed {
            let words = piece.get(..WORDS_BYTES_MAX).unwrap_or(piece).to_vec();
            return Err(Error::Told { words }.into());
        }
        self.piece = (at, length);
        self.handed = self.handed.saturating_add(length as u64);
        Ok(true)
    }
}

impl<I: Input> Read for Run<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.piece.1 == 0 {
            match &self.ended {
                Some(Ok(())) => return Ok(0),
                Some(Err(error)) => return Err(error.clone().into()),
                None => {}
            }
            match self.next() {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = Some(Ok(()));
                    return Ok(0);
                }
                Err(error) => {
                    // Nothing that stopped is asked again.
                    let why = Error::of(&error).cloned();
                    self.ended = Some(Err(why.unwrap_or(Error::Stopped)));
                    return Err(error);
                }
            }
        }
        let (at, left) = self.piece;
        let rest = self.memory.data(&self.store).get(at..).and_then(|rest| rest.get(..left));
        let read = rest.unwrap_or_default().read(buffer)?;
        self.piece = (at + read, left - read);
        Ok(read)
    }
}

impl<I> fmt::Debug for Run<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// The function that a module may import: writes bytes of the input into its memory.
fn give<I: Input>(
    mut caller: Caller<'_, State<I>>,
    offset: u64,
    to: u32,
    length: u32,
) -> Result<u32, wasmi::Error> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        None => match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => return Err(wasmi::Error::new("it has no memory")),
        },
    };
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let length = length.min(PIECE_BYTES_MAX) as usize;
    let place = bytes.get_mut(to as usize..).and_then(|rest| rest.get_mut(..length));
    let place = place.ok_or(TrapCode::MemoryOutOfBounds)?;
    loop {
        match state.input.read(place, offset) {
            Ok(read) => {
                let read = read.min(length) as u32;
                state.given = state.given.saturating_add(read.into());
                return Ok(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                state.unread = Some(error);
                return Err(wasmi::Error::new("what it is given cannot be read"));
            }
        }
    }
}

fn function<I, P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &Store<State<I>>,
    name: &str,
) -> Result<TypedFunc<P, R>, Error> {
    let function = instance.get_typed_func(store, name);
    function.map_err(|_| Error::Contract { what: "has not the functions that it must have" })
}

/// What an error of the interpreter means.
fn fault(error: &wasmi::Error, quota: Quota) -> Error {
    let limit = quota.memory_bytes;
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => Error::Fuel { limit: quota.steps },
        Some(TrapCode::GrowthOperationLimited) => Error::Memory { limit },
        _ => Error::Trap { why: error.to_string() },
    }
}
