//! Installs what tests and benchmarks need, where it is missing. Quick when all is there.

mod dumpers;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{self, Doing, Result, find_program, program, run};

/// What will be run afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Tests,
    Benchmarks,
}

/// Debian packages that tests call: the peers we are judged by, and makers of special files.
const TEST_PACKAGES: &[&str] = &[
    "7zip",
    "acl",
    "age",
    "attr",
    "borgbackup",
    "brotli",
    "btrfs-progs",
    "bzip2",
    "e2fsprogs",
    "fuse3",
    "git",
    "gnupg",
    "gzip",
    "libarchive-tools",
    "libcap2-bin",
    "lz4",
    "mariadb-client",
    "mariadb-server",
    "minisign",
    "openssh-client",
    "postgresql",
    "postgresql-client",
    "procps",
    "prometheus",
    "python3",
    "python3-jsonschema",
    "python3-prometheus-client",
    "python3-yaml",
    "restic",
    "rsync",
    "strace",
    "tar",
    "unzip",
    "util-linux",
    "valgrind",
    "xfsprogs",
    "xz-utils",
    "zip",
    "zstd",
];

/// `time` measures a whole tree of processes; `p7zip-full` has 7z.
const BENCH_PACKAGES: &[&str] = &["p7zip-full", "python3-pip", "python3-venv", "time"];

/// What borg is built with and against.
const BORG_PACKAGES: &[&str] = &[
    "build-essential",
    "libacl1-dev",
    "liblz4-dev",
    "libssl-dev",
    "libxxhash-dev",
    "libzstd-dev",
    "pkg-config",
];

/// The version of rustic that is raced against; it must build with the toolchain of this workspace.
const RUSTIC: &str = "0.11.4";

/// Where tools for benchmarks go: nothing is installed for the whole machine.
pub(crate) fn bench_tools() -> PathBuf {
    shell::root().join("target/bench-tools")
}

pub(crate) fn setup(what: For) -> Result<()> {
    packages(TEST_PACKAGES)?;
    if what == For::Benchmarks {
        packages(BENCH_PACKAGES)?;
        // A contestant that cannot be had is left out of the race, with a note.
        for (name, outcome) in
            [("restic", newest_restic()), ("borg", newest_borg()), ("rustic", rustic())]
        {
            if let Err(failure) = outcome {
                println!("setup: no newest {name}: {failure}");
            }
        }
        dumpers::install();
    }
    Ok(())
}

/// Installs the Debian packages that are missing.
fn packages(wanted: &[&'static str]) -> Result<()> {
    let missing = missing(wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let how = format!("install these Debian packages: {names}");
    if find_program("apt-get").is_none() {
        return Err(
            format!("this is no Debian; please {how}, or what holds the same programs").into()
        );
    }
    let Some(prefix) = privilege() else {
        return Err(format!("neither root nor sudo without a password; please {how}").into());
    };
    println!("setup: installing {names}");
    let apt = |args: &[&str]| {
        let words: Vec<&str> =
            prefix.iter().chain(&["apt-get", "-qq"]).chain(args).copied().collect();
        let (first, rest) = words.split_first().unwrap_or((&"apt-get", &[]));
        let mut command = program(first, rest);
        command.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        run(&mut command).doing(format_args!("please {how}"))
    };
    apt(&["update"])?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    apt(&install)
}

/// Which of the packages are not there. Where there is no dpkg, all of them: nobody can tell.
fn missing(wanted: &[&'static str]) -> Result<Vec<&'static str>> {
    if find_program("dpkg-query").is_none() {
        return Ok(wanted.to_vec());
    }
    let mut query = program("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n"]);
    // It fails if one is unknown and still prints the others, so its exit code says nothing.
    let output = query.args(wanted).output().doing("cannot run dpkg-query")?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    let there = |name: &&str| known.lines().any(|line| line == format!("{name} installed"));
    Ok(wanted.iter().copied().filter(|name| !there(name)).collect())
}

/// What to write before a command that changes the machine: nothing as root, `sudo` if it asks nothing.
fn privilege() -> Option<Vec<&'static str>> {
    if shell::first_line(&mut program("id", ["-u"])).as_deref() == Some("0") {
        return Some(Vec::new());
    }
    let sudo = find_program("sudo").is_some()
        && program("sudo", ["-n", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success());
    sudo.then(|| vec!["sudo", "-n"])
}

/// The newest restic that Debian has, unpacked beside, not installed: its binary needs nothing of its release.
fn newest_restic() -> Result<()> {
    let dir = bench_tools().join("restic");
    if dir.join("usr/bin/restic").is_file() {
        return Ok(());
    }
    println!("setup: fetching the newest restic of Debian");
    shell::remove_dir(&dir)?;
    for part in ["parts", "lists/partial", "cache/archives/partial"] {
        shell::make_dir(&dir.join(part))?;
    }
    let source = format!(
        "Types: deb\nURIs: {}\nSuites: sid\nComponents: main\n\
         Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        debian_site()?
    );
    shell::write(&dir.join("parts/sid.sources"), source)?;
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(&dir).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(["-qq", "-o", "Dir::Etc::sourcelist=/dev/null"]);
        for (setting, place) in [
            ("Dir::Etc::sourceparts", "parts"),
            ("Dir::State::lists", "lists"),
            ("Dir::Cache", "cache"),
        ] {
            command.arg("-o").arg(format!("{setting}={}", dir.join(place).display()));
        }
        run(command.args(args))
    };
    apt(&["update"])?;
    apt(&["download", "restic"])?;
    let package =
        shell::list(&dir)?.into_iter().find(|path| path.extension().is_some_and(|e| e == "deb"));
    let package = package.ok_or("apt-get downloaded no package")?;
    run(program("dpkg", ["-x"]).arg(&package).arg(&dir))
}

/// Where this machine has Debian from, as apt is configured; the same site serves every release.
fn debian_site() -> Result<String> {
    let release = shell::read(Path::new("/etc/os-release"))?;
    let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    // Without what it has fetched of a site's lists, apt names the sites that it was told of all the same.
    let told = ["indextargets", "--no-release-info", "--format", "$(SITE) $(RELEASE) $(COMPONENT)"];
    let told = shell::output_of(&mut program("apt-get", told))?;
    site_of(&String::from_utf8_lossy(&told), codename.unwrap_or_default().trim_matches('"'))
        .ok_or_else(|| "apt is configured with no site of Debian over http or https".into())
}

/// The first site that serves the release itself: updates, security and what others add have releases of other names.
fn site_of(told: &str, codename: &str) -> Option<String> {
    told.lines().find_map(|line| {
        let [site, release, "main"] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let debian = [codename, "stable", "testing", "unstable", "sid"].contains(&release);
        let web = site.starts_with("http://") || site.starts_with("https://");
        (debian && web).then(|| site.to_owned())
    })
}

/// The newest borg of PyPI, in an environment of its own.
fn newest_borg() -> Result<()> {
    let dir = bench_tools().join("borg");
    if dir.join("bin/borg").is_file() {
        return Ok(());
    }
    println!("setup: building the newest borg");
    packages(BORG_PACKAGES)?;
    run(program("python3", ["-m", "venv"]).arg(&dir))?;
    let pip = dir.join("bin/pip");
    run(&mut program(pip, ["install", "--quiet", "--disable-pip-version-check", "borgbackup<2"]))
}

fn rustic() -> Result<()> {
    let dir = bench_tools();
    if Path::new(&dir).join("bin/rustic").is_file() {
        return Ok(());
    }
    println!("setup: building rustic {RUSTIC}; this takes a while");
    let version = format!("={RUSTIC}");
    let mut command = shell::cargo(["install", "rustic-rs", "--locked", "--version", &version]);
    run(command.arg("--root").arg(dir).args(["--no-default-features"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_of_debian_is_the_one_that_serves_the_release_itself() {
        let told = "https://a.example/debian-security bookworm-security main\n\
                    https://b.example/apt bookworm stable\n\
                    file:/media/disc bookworm main\n\
                    https://c.example/apt nodistro main\n\
                    http://d.example/debian bookworm main\n";
        assert_eq!(site_of(told, "bookworm").as_deref(), Some("http://d.example/debian"));
        assert_eq!(site_of(told, "trixie"), None);
    }

    #[test]
    fn a_package_that_nobody_has_is_missing() {
        assert_eq!(missing(&["no-such-package-at-all"]).unwrap(), ["no-such-package-at-all"]);
    }
}
