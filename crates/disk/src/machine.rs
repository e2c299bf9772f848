//! This machine and its users.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::hash::Hash;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::unistd::{Gid, Group, Uid, User};

/// The name of this machine; `localhost` if it has none.
#[must_use]
pub fn host_name() -> String {
    match nix::unistd::gethostname() {
        Ok(name) if !name.is_empty() => name.to_string_lossy().into_owned(),
        _ => "localhost".to_owned(),
    }
}

/// How much memory may still be used without pushing anything out, in bytes: that of the machine, or of what this process
/// is confined to, if that is less. 0 if the system does not tell.
#[must_use]
pub fn free_memory() -> u64 {
    let table = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = available(&table).unwrap_or(0);
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let confined = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    confined.map_or(free, |(limit, used)| free.min(limit.saturating_sub(used)))
}

fn available(table: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// An empty file in memory, which has no name and is gone when it is closed.
///
/// # Errors
/// If the system has none.
pub fn memory_file() -> std::io::Result<std::fs::File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    Ok(rustix::fs::memfd_create("holdall", flags)?.into())
}

/// Where file systems are mounted at `path` or beneath it; `path` is absolute and free of links. Empty if the system
/// does not tell.
#[must_use]
pub fn mounts_beneath(path: &Path) -> Vec<PathBuf> {
    let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    mount_points(&table).filter(|mounted| mounted.starts_with(path)).collect()
}

fn mount_points(table: &[u8]) -> impl Iterator<Item = PathBuf> {
    let fifth = |line: &[u8]| line.split(|byte| *byte == b' ').nth(4).map(unescape);
    table.split(|byte| *byte == b'\n').filter_map(fifth).map(PathBuf::from)
}

/// The kernel writes a blank, a tab, a line feed and a backslash as a backslash and three octal digits.
fn unescape(field: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let octal =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    OsString::from_vec(bytes)
}

/// The name of the user that runs this process, or the user's number.
#[must_use]
pub fn user_name() -> String {
    let uid = nix::unistd::geteuid().as_raw();
    user_name_of(uid).unwrap_or_else(|| uid.to_string())
}

/// A number that is different after each start of this machine; empty if the system does not tell.
#[must_use]
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// The most memory that this process has had at once so far, in bytes, as the system counts it; `None` where it does
/// not say.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// True if a process of this number runs on this machine, whoever's it is.
#[must_use]
pub fn process_is_alive(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    match nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) {
        Ok(()) | Err(nix::errno::Errno::EPERM) => pid > 0,
        Err(_) => false,
    }
}

/// Answers of the system, none included.
type Known<K, V> = Mutex<Option<HashMap<K, Option<V>>>>;

/// The name of a user by number; looked up once.
#[must_use]
pub fn user_name_of(uid: u32) -> Option<String> {
    static NAMES: Known<u32, String> = Mutex::new(None);
    cached(&NAMES, &uid, || Some(User::from_uid(Uid::from_raw(uid)).ok()??.name))
}

/// The name of a group by number; looked up once.
#[must_use]
pub fn group_name_of(gid: u32) -> Option<String> {
    static NAMES: Known<u32, String> = Mutex::new(None);
    cached(&NAMES, &gid, || Some(Group::from_gid(Gid::from_raw(gid)).ok()??.name))
}

/// The number of the user of that name; looked up once.
#[must_use]
pub fn user_id_of(name: &str) -> Option<u32> {
    static IDS: Known<String, u32> = Mutex::new(None);
    cached(&IDS, name, || Some(User::from_name(name).ok()??.uid.as_raw()))
}

/// The number of the group of that name; looked up once.
#[must_use]
pub fn group_id_of(name: &str) -> Option<u32> {
    static IDS: Known<String, u32> = Mutex::new(None);
    cached(&IDS, name, || Some(Group::from_name(name).ok()??.gid.as_raw()))
}

fn cached<K, Q, V>(known: &Known<K, V>, key: &Q, ask: impl FnOnce() -> Option<V>) -> Option<V>
where
    K: Hash + Eq + Borrow<Q>,
    Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    V: Clone,
{
    // Held while the system is asked, so that many threads at the same new owner ask once.
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(answer) = known.get(key) {
        return answer.clone();
    }
    let answer = ask();
    known.insert(key.to_owned(), answer.clone());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_read_as_the_kernel_writes_it() {
        let table = "MemTotal:       100 kB\nMemFree:  7 kB\nMemAvailable:      12 kB\n";
        assert_eq!((available(table), available("MemAvailable: x kB")), (Some(12 << 10), None));
        assert!(free_memory() > 0);
    }

    #[test]
    fn mount_points_are_read_as_the_kernel_writes_them() {
        let table = b"22 1 8:1 / / rw - ext4 /dev/a rw\n23 22 0:5 /x /a\\040b\\134040 rw shared:1 - tmpfs t rw\n\n";
        let found: Vec<PathBuf> = mount_points(table).collect();
        assert_eq!(found, [Path::new("/"), Path::new("/a b\\040")]);
        assert!(mounts_beneath(Path::new("/")).contains(&PathBuf::from("/proc")));
        assert!(mounts_beneath(Path::new("/proc/self/none")).is_empty());
    }

    #[test]
    fn this_process_is_alive_and_root_has_a_name() {
        assert!(process_is_alive(std::process::id()));
        assert!(!process_is_alive(u32::MAX));
        assert_eq!(user_name_of(0).as_deref(), Some("root"));
        assert_eq!(user_id_of("root"), Some(0));
        assert_eq!(group_id_of(&group_name_of(0).unwrap()), Some(0));
        assert_eq!(user_id_of("nobody of that name"), None);
        assert!(!process_is_alive(0));
        assert!(!host_name().is_empty());
    }
}
