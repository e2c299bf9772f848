//! The files that are left, by Landlock.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::Sandbox;

/// The version whose rights are taken away; an older kernel takes away those that it knows.
const WANTED: ABI = ABI::V7;
/// Before this version a rename from one directory to another is always refused, and a restore needs one.
const NEEDED: ABI = ABI::V2;

/// What the system's libraries read of the system: who a user is, the time zone, other libraries, what the kernel tells.
const SYSTEM: [&str; 14] = [
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/lib",
    "/lib64",
    "/proc",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/dev/urandom",
];

/// Binds the calling thread and those that it starts from now on. The version, if the kernel has one that does.
pub(super) fn enter(sandbox: &Sandbox) -> Option<u32> {
    let status = restrict(sandbox).ok()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some(effective_abi as u32),
        _ => None,
    }
}

fn restrict(sandbox: &Sandbox) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    if !sandbox.read.is_empty() || !sandbox.write.is_empty() {
        for path in SYSTEM {
            rules = allow(rules, Path::new(path), read)?;
        }
    }
    for path in &sandbox.read {
        rules = allow(rules, path, read)?;
    }
    let mut change = AccessFs::from_write(WANTED);
    change.remove(AccessFs::IoctlDev);
    if !sandbox.nodes {
        change.remove(
            AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeFifo | AccessFs::MakeSock,
        );
    }
    for path in &sandbox.write {
        rules = allow(rules, path, read | change)?;
    }
    rules.restrict_self()
}

/// Allows this beneath a path, if there is something at it.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    mut access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(handle) = PathFd::new(path) else { return Ok(rules) };
    if !path.is_dir() {
        access &= AccessFs::from_file(WANTED);
    }
    rules.add_rule(PathBeneath::new(handle, access))
}
