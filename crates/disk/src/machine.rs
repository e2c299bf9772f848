//! This machine and its users.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
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
