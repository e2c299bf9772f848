//! The system calls that are left, by seccomp.
//!
//! The list names what a restore calls, and whatever else makes something of a source; all else fails as in a kernel that does not have the call, `ENOSYS`. A process
//! that is killed instead would be no safer, since the call is not made in either case, and a later version of the
//! system's library that tries a new call first would end a restore that could go on with an older one.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// Calls that change nothing, that act on an open handle, or that concern only the memory and threads of the process.
const PLAIN: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_copy_file_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    // How a terminal is waited for.
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    // By path too: a mode is set by the name that `/proc` has for a handle.
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_fgetxattr,
    libc::SYS_flistxattr,
    libc::SYS_flock,
    libc::SYS_fremovexattr,
    libc::SYS_fsetxattr,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getgroups,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_lgetxattr,
    libc::SYS_llistxattr,
    libc::SYS_lremovexattr,
    libc::SYS_lseek,
    libc::SYS_lsetxattr,
    libc::SYS_madvise,
    // A file in memory, which no path leads to.
    libc::SYS_memfd_create,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat2,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pselect6,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendfile,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sync_file_range,
    libc::SYS_syncfs,
    libc::SYS_sysinfo,
    libc::SYS_umask,
    libc::SYS_uname,
    // For a process that was started before.
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_write,
    libc::SYS_writev,
];

/// What an older library calls instead; other processors never had them.
#[cfg(target_arch = "x86_64")]
const OLD: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_chmod,
    libc::SYS_dup2,
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[c_long] = &[];

/// What may be asked of a handle beside reading and writing. Among what may not: to type on a terminal for its user.
const IOCTLS: [u32; 14] = [
    0x5401,      // TCGETS
    0x5402,      // TCSETS
    0x5403,      // TCSETSW
    0x5404,      // TCSETSF
    0x802c_542a, // TCGETS2
    0x402c_542b, // TCSETS2
    0x402c_542c, // TCSETSW2
    0x402c_542d, // TCSETSF2
    0x5413,      // TIOCGWINSZ
    0x541b,      // FIONREAD
    0x5421,      // FIONBIO
    0x4004_9409, // FICLONE
    0x8008_6601, // FS_IOC_GETFLAGS
    0x4008_6602, // FS_IOC_SETFLAGS
];

/// Binds all threads of the process. False if the kernel or the processor has no such filter.
pub(super) fn enter(nodes: bool) -> bool {
    let program = program(nodes);
    program.is_ok_and(|program| seccompiler::apply_filter_all_threads(&program).is_ok())
}

fn program(nodes: bool) -> Result<BpfProgram, BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    SeccompFilter::new(rules(nodes)?, absent, SeccompAction::Allow, arch)?.try_into()
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn rules(nodes: bool) -> Result<Rules, BackendError> {
    let mut rules: Rules = PLAIN.iter().chain(OLD).map(|call| (*call, Vec::new())).collect();
    for (call, handles) in [
        (libc::SYS_fchownat, &[0][..]),
        (libc::SYS_linkat, &[0, 2]),
        (libc::SYS_mkdirat, &[0]),
        (libc::SYS_renameat2, &[0, 2]),
        (libc::SYS_symlinkat, &[1]),
        (libc::SYS_unlinkat, &[0]),
        (libc::SYS_utimensat, &[0]),
    ] {
        rules.insert(call, vec![all(handles.iter().map(|at| handle(*at)))?]);
    }
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_renameat, vec![all([handle(0), handle(2)])?]);
    let reads = |at| test(at, Op::MaskedEq(u64::from(writing())), 0);
    rules.insert(libc::SYS_openat, vec![all([reads(2)])?, all([handle(0)])?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![all([reads(1)])?]);
    if nodes {
        rules.insert(libc::SYS_mknodat, vec![all([handle(0)])?]);
    }
    // A thread, and no process.
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rules.insert(libc::SYS_clone, vec![all([test(0, Op::MaskedEq(thread), thread)])?]);
    let ioctls = IOCTLS.iter().map(|word| all([test(1, Op::Eq, u64::from(*word))]));
    rules.insert(libc::SYS_ioctl, ioctls.collect::<Result<_, _>>()?);
    // Limits are looked at and not changed; a name is given to a thread; whether a process lives is asked.
    rules.insert(libc::SYS_prlimit64, vec![all([wide(2, Op::Eq, 0)])?]);
    let name = u64::from(libc::PR_SET_NAME.unsigned_abs());
    rules.insert(libc::SYS_prctl, vec![all([test(0, Op::Eq, name)])?]);
    rules.insert(libc::SYS_kill, vec![all([test(1, Op::Eq, 0)])?]);
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![all([test(0, Op::Eq, own)])?]);
    // On what is connected already: a signal wakes the thread that waits for it in this way.
    rules.insert(libc::SYS_sendto, vec![all([wide(4, Op::Eq, 0)])?]);
    Ok(rules)
}

/// The flags of an open that may change something.
fn writing() -> u32 {
    (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND).unsigned_abs()
}

fn all(
    conditions: impl IntoIterator<Item = Result<SeccompCondition, BackendError>>,
) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
}

/// The argument is an open handle, not the current directory that a path alone is relative to.
fn handle(at: u8) -> Result<SeccompCondition, BackendError> {
    test(at, Op::Ne, u64::from(libc::AT_FDCWD.cast_unsigned()))
}

fn test(at: u8, op: Op, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(at, Len::Dword, op, value)
}

fn wide(at: u8, op: Op, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(at, Len::Qword, op, value)
}
