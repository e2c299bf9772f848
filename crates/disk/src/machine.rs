//! This machine and its users.

use std::collections::HashMap;
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

/// True if a process of this number runs on this machine, whoever's it is.
#[must_use]
pub fn process_is_alive(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    match nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) {
        Ok(()) | Err(nix::errno::Errno::EPERM) => pid > 0,
        Err(_) => false,
    }
}

type Names = Mutex<Option<HashMap<u32, Option<String>>>>;

/// The name of a user by number; looked up once.
#[must_use]
pub fn user_name_of(uid: u32) -> Option<String> {
    static NAMES: Names = Mutex::new(None);
    cached(&NAMES, uid, || User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name))
}

/// The name of a group by number; looked up once.
#[must_use]
pub fn group_name_of(gid: u32) -> Option<String> {
    static NAMES: Names = Mutex::new(None);
    cached(&NAMES, gid, || {
        Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name)
    })
}

fn cached(names: &Names, number: u32, look: impl FnOnce() -> Option<String>) -> Option<String> {
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.get_or_insert_default().entry(number).or_insert_with(look).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_root_has_a_name() {
        assert!(process_is_alive(std::process::id()));
        assert!(!process_is_alive(u32::MAX));
        assert_eq!(user_name_of(0).as_deref(), Some("root"));
        assert!(!host_name().is_empty());
    }
}
