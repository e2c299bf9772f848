//! A module, and what it may need.

use std::fmt;
use std::sync::Arc;

use wasmi::{CompilationMode, Config, Engine, Module};

use crate::error::{Error, Result};
use crate::run::{Input, Run};

/// The deepest that functions of a module may call each other.
const CALLS_MAX: usize = 1 << 10;
/// The most memory for the values of all those calls, in bytes.
const STACK_BYTES_MAX: usize = 1 << 20;

/// Whether the answer is still wanted; asked again and again while the module computes.
pub type Alive = Arc<dyn Fn() -> bool + Send + Sync>;

/// How much a module may need to answer one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The most memory, in bytes.
    pub memory_bytes: u64,
    /// So many steps it may compute in any case.
    pub steps: u64,
    /// So many more for each byte that it was given. 0 if it may read the same bytes again.
    pub steps_by_input: u64,
    /// So many more for each byte that it handed out.
    pub steps_by_output: u64,
}

/// A module that was checked and compiled.
#[derive(Clone)]
pub struct Machine {
    pub(crate) engine: Engine,
    pub(crate) module: Module,
}

impl Machine {
    /// Checks a module.
    ///
    /// # Errors
    /// [`Error::Module`] if it is none.
    pub fn new(module: &[u8]) -> Result<Self> {
        let mut config = Config::default();
        config
            .consume_fuel(true)
            .allow_start_fn(false)
            .ignore_custom_sections(true)
            .set_max_recursion_depth(CALLS_MAX)
            .set_max_stack_height(STACK_BYTES_MAX)
            .compilation_mode(CompilationMode::LazyTranslation)
            .wasm_multi_memory(false)
            .wasm_tail_call(false);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, module);
        let module = module.map_err(|error| Error::Module { why: error.to_string() })?;
        Ok(Self { engine, module })
    }

    /// Asks it something about what `input` gives, in a memory of its own.
    ///
    /// # Errors
    /// If the module wants more than it may have, or does not take the request.
    pub fn start<I: Input>(
        &self,
        request: &[u8],
        input: I,
        quota: Quota,
        alive: Alive,
    ) -> std::io::Result<Run<I>> {
        Run::start(self, request, input, quota, alive)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}
