//! Modules that mean harm get no further than an error.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use holdall_wasm::{Alive, Error, Input, Machine, Quota};

const QUOTA: Quota =
    Quota { memory_bytes: 4 << 20, steps: 1_000_000, steps_by_input: 100, steps_by_output: 100 };

struct Given(&'static [u8]);

impl Input for Given {
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        (&mut &*rest).read(buffer)
    }
}

fn always() -> Alive {
    Arc::new(|| true)
}

/// What every module has, with this as what it does when it is asked for more.
fn module(more: &str) -> String {
    format!(
        r#"(module
            (import "archive" "read" (func $read (param i64 i32 i32) (result i32)))
            (memory (export "memory") 2)
            (global $at (mut i64) (i64.const 0))
            (func (export "room") (param i32) (result i32) (i32.const 0))
            (func (export "begin"))
            (func $more (export "more") (result i64) {more}))"#
    )
}

/// Hands out all that it is given.
const COPY: &str = "(local $n i64)
    (local.set $n (i64.extend_i32_u
        (call $read (global.get $at) (i32.const 1024) (i32.const 1000))))
    (global.set $at (i64.add (global.get $at) (local.get $n)))
    (if (result i64) (i64.eqz (local.get $n))
        (then (i64.const 0))
        (else (i64.or (i64.shl (i64.const 1024) (i64.const 32))
                      (i64.shl (local.get $n) (i64.const 1)))))";

fn ask(module: &str, quota: Quota, alive: Alive) -> io::Result<Vec<u8>> {
    let machine = Machine::new(&wat::parse_str(module).unwrap()).map_err(io::Error::from)?;
    let mut out = Vec::new();
    let mut run = machine.start(b"what", Given(&[7; 100_000]), quota, alive)?;
    // Nobody reads without a limit what is not trusted.
    run.by_ref().take(10 << 20).read_to_end(&mut out)?;
    Ok(out)
}

fn error(module: &str) -> Error {
    let error = ask(module, QUOTA, always()).unwrap_err();
    Error::of(&error).unwrap_or_else(|| panic!("{error}")).clone()
}

#[test]
fn a_module_hands_out_what_it_makes_of_what_it_is_given() {
    assert_eq!(ask(&module(COPY), QUOTA, always()).unwrap(), [7; 100_000]);
}

#[test]
fn a_module_that_wants_more_than_bytes_is_not_run() {
    for import in [
        r#"(import "wasi_snapshot_preview1" "path_open" (func (param i32) (result i32)))"#,
        r#"(import "archive" "write" (func (param i64 i32 i32) (result i32)))"#,
        r#"(import "archive" "read" (func (param i32) (result i32)))"#,
        r#"(import "env" "memory" (memory 1))"#,
    ] {
        let module = format!("(module {import} (memory (export \"memory\") 1))");
        assert!(matches!(error(&module), Error::Trap { .. } | Error::Module { .. }), "{import}");
    }
    // Nothing of it runs before it is asked.
    let start = r#"(module (memory (export "memory") 1) (func $s (unreachable)) (start $s))"#;
    assert!(matches!(error(start), Error::Module { .. } | Error::Trap { .. }));
    assert!(Machine::new(b"no module").is_err());
}

#[test]
fn a_module_without_what_it_must_have_is_not_asked() {
    let all = module(COPY);
    for (name, other) in [
        ("\"memory\"", "\"m\""),
        ("\"room\"", "\"r\""),
        ("\"begin\"", "\"b\""),
        ("\"more\"", "\"x\""),
    ] {
        let lacks = all.replace(&format!("export {name}"), &format!("export {other}"));
        assert!(matches!(error(&lacks), Error::Contract { .. }), "{name}");
    }
    let elsewhere = all.replace(
        "(i32.const 0))\n            (func (export \"begin",
        "(i32.const -1))\n            (func (export \"begin",
    );
    assert!(matches!(error(&elsewhere), Error::Contract { .. }));
}

#[test]
fn a_module_that_computes_without_end_is_stopped() {
    let endless = module("(loop $l (br $l)) (unreachable)");
    assert_eq!(error(&endless), Error::Fuel { limit: QUOTA.steps });
    // Also before it is asked for anything.
    let begins = module(COPY).replace("(export \"begin\")", "(export \"begin\") (loop $l (br $l))");
    assert_eq!(error(&begins), Error::Fuel { limit: QUOTA.steps });
    // Reading the same bytes again buys no time, if that is not wanted.
    let again = module(
        "(loop $l (drop (call $read (i64.const 0) (i32.const 0) (i32.const 1000))) (br $l)) (unreachable)",
    );
    let quota = Quota { steps_by_input: 0, ..QUOTA };
    let error = ask(&again, quota, always()).unwrap_err();
    assert_eq!(Error::of(&error), Some(&Error::Fuel { limit: QUOTA.steps }));
}

#[test]
fn a_module_that_nobody_waits_for_any_more_is_stopped() {
    let endless = module("(loop $l (br $l)) (unreachable)");
    let asked = Arc::new(AtomicU32::new(0));
    let looks = Arc::clone(&asked);
    let alive: Alive = Arc::new(move || looks.fetch_add(1, Ordering::Relaxed) < 2);
    let error = ask(&endless, Quota { steps: u64::MAX, ..QUOTA }, alive).unwrap_err();
    assert_eq!(Error::of(&error), Some(&Error::Stopped));
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[test]
fn a_module_gets_no_more_memory_than_it_may_have() {
    let grows = module("(loop $l (drop (memory.grow (i32.const 1))) (br $l)) (unreachable)");
    assert_eq!(error(&grows), Error::Memory { limit: QUOTA.memory_bytes });
    let begins = module(COPY).replace("(export \"memory\") 2", "(export \"memory\") 1000");
    assert!(!matches!(error(&begins), Error::Contract { .. }));
}

#[test]
fn calls_that_never_return_end() {
    let deep = module("(call $more)");
    assert!(matches!(error(&deep), Error::Trap { .. }));
}

#[test]
fn a_module_cannot_hand_out_what_is_not_its_own() {
    for (more, what) in [
        ("(i64.const 0x7fffffff_00000010)", "behind its memory"),
        ("(i64.const 0x0001ffff_00000010)", "over the end of its memory"),
        ("(i64.const 0x00000000_7ffffffe)", "more than there is"),
    ] {
        assert!(matches!(error(&module(more)), Error::Contract { .. }), "{what}");
    }
    for (more, what) in [
        (
            "(call $read (i64.const 0) (i32.const -8) (i32.const 1000)) (unreachable)",
            "read to nowhere",
        ),
        ("(unreachable)", "a fault"),
        ("(i64.div_u (i64.const 1) (i64.const 0))", "a division by nothing"),
        ("(i64.load (i32.const -1))", "a look beyond"),
    ] {
        assert!(matches!(error(&module(more)), Error::Trap { .. }), "{what}");
    }
}

#[test]
fn a_module_that_hands_out_without_end_is_read_no_further_than_one_likes() {
    // 64 bytes, again and again: each buys the steps for the next one.
    let endless = module("(i64.const 0x00000400_00000080)");
    let error = ask(&endless, QUOTA, always());
    assert_eq!(error.unwrap().len(), 10 << 20);
}

#[test]
fn what_a_module_says_of_its_failure_comes_back_and_it_is_not_asked_again() {
    // Four bytes of its memory, which holds what it was asked.
    let fails = module("(i64.const 0x00000000_00000009)");
    let machine = Machine::new(&wat::parse_str(fails).unwrap()).unwrap();
    let mut run = machine.start(b"what", Given(b""), QUOTA, always()).unwrap();
    for _ in 0..2 {
        let error = run.read(&mut [0; 8]).unwrap_err();
        assert_eq!(Error::of(&error), Some(&Error::Told { words: b"what".to_vec() }));
    }
}

#[test]
fn what_cannot_be_read_is_not_the_fault_of_the_module() {
    struct Broken;
    impl Input for Broken {
        fn read(&mut self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let machine = Machine::new(&wat::parse_str(module(COPY)).unwrap()).unwrap();
    let mut run = machine.start(b"", Broken, QUOTA, always()).unwrap();
    let error = run.read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}
