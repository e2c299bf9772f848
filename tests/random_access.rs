//! What of a large archive is read to see one file of it, counted by the system.

use holdall_testkit::{Home, peer};

use crate::home;

/// Bytes that are in no way like each other.
fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// How many bytes of `file` a run reads.
fn read_by(home: &Home, file: &str, args: &[&str]) -> Option<u64> {
    let strace = peer("strace")?;
    let mut traced = strace.command(&home.work());
    traced.env("HOME", home.home());
    traced.args(["-f", "-qq", "-e", "trace=read,pread64,readv,preadv", "-o", "trace", "-P"]);
    traced.arg(home.path(file)).arg(env!("CARGO_BIN_EXE_holdall")).args(args);
    // Which file a call is about cannot be seen from outside of a process that confined itself.
    traced.args(["--sandbox", "off"]);
    let output = traced.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = std::fs::read_to_string(home.path("trace")).unwrap();
    let reads = trace.lines().filter_map(|line| line.rsplit_once(" = ")?.1.parse::<u64>().ok());
    Some(reads.sum())
}

#[test]
fn a_list_and_one_file_of_a_large_archive_cost_a_part_of_it() {
    let home = home();
    for n in 0..48_u32 {
        home.write(format!("p/{n:02}"), noise(n, 1 << 20));
    }
    home.write("p/13-small", "small");
    for (format, level) in
        [("tar", None), ("tar.zst", Some("1")), ("zip", Some("1")), ("7z", Some("0"))]
    {
        let file = format!("p.{format}");
        let level = level.map(|level| ["--level", level]);
        let args = ["archive", "p", "-o", &file, "--no-verify"];
        home.run(args.iter().chain(level.iter().flatten())).output().success();
        let whole = std::fs::metadata(home.path(&file)).unwrap().len();
        assert!(whole > 48 << 20, "{format}");
        for args in [&["ls", &file][..], &["cat", &file, "13-small"], &["find", &file, "13*"]] {
            let Some(read) = read_by(&home, &file, args) else { return };
            assert!(0 < read && read < whole / 2, "{args:?} reads {read} of {whole} bytes");
        }
        let to = format!("to-{format}");
        let args = ["restore", &file, "--path", "13-small", "--to", &to];
        let Some(read) = read_by(&home, &file, &args) else { return };
        assert!(format == "7z" || read < whole / 2, "{args:?} reads {read} of {whole} bytes");
        assert_eq!(std::fs::read(home.path(&to).join("13-small")).unwrap(), b"small");
    }
}
