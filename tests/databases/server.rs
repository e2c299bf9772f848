//! Servers of databases: each on a socket in a directory of its own, ended when it is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A password with all that needs care in some file.
pub(crate) const PASSWORD: &str = "p\"a:s\\s w#ö'";

/// What makes MariaDB small and quick.
const SMALL: [&str; 5] = [
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=16M",
    "--performance-schema=off",
];

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    dir: TempDir,
    signal: &'static str,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whether it hears or not, nothing of it may be left.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args([self.signal, &pid]).status();
        let _ = self.child.wait();
    }
}

/// A program that is run as `user` where we are root, since no server runs as root. It ends with the thread that started it.
fn as_user(user: &str, program: impl AsRef<Path>) -> Command {
    if !is_root() {
        return Command::new(program.as_ref());
    }
    let mut command = Command::new("setpriv");
    let (uid, gid) = (format!("--reuid={user}"), format!("--regid={user}"));
    command.args([&uid, &gid, "--clear-groups", "--pdeathsig=KILL", "--"]).arg(program.as_ref());
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

fn directory(user: &str) -> TempDir {
    // The path of a socket may not be long.
    // In memory, where there is such a place: nothing of it has to last.
    let places = ["/dev/shm", "/tmp"];
    let dir = places
        .iter()
        .find_map(|place| tempfile::Builder::new().prefix("hd").tempdir_in(place).ok());
    let dir = dir.unwrap();
    if is_root() {
        run(Command::new("chown").arg(user).arg(dir.path()));
    }
    dir
}

/// Runs a program that must succeed, and gives what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

impl Server {
    /// Starts a server, and waits until it says that it is `ready`.
    fn start(mut command: Command, dir: TempDir, signal: &'static str, ready: &str) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let server = Self { child, dir, signal };
        let mut said = Vec::new();
        loop {
            let line = lines.next().and_then(Result::ok);
            assert!(line.is_some(), "no server: {said:?}");
            let line = line.unwrap_or_default();
            if line.contains(ready) {
                break;
            }
            said.push(line);
        }
        // Somebody has to listen, or it would wait for that at some time.
        std::thread::spawn(move || lines.for_each(drop));
        server
    }

    /// PostgreSQL, in which `keeper` has a password and everybody else may do everything.
    pub(crate) fn postgresql() -> Self {
        let programs = std::fs::read_dir("/usr/lib/postgresql").unwrap();
        let bin = programs.map(|dir| dir.unwrap().path().join("bin")).max().unwrap();
        let dir = directory("postgres");
        let data = dir.path().join("data");
        let mut init = as_user("postgres", bin.join("initdb"));
        init.args(["-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C", "-D"]);
        run(init.arg(&data));
        let rules = "local all keeper scram-sha-256\nlocal all all trust\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let mut command = as_user("postgres", bin.join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(dir.path());
        for setting in [
            "listen_addresses=",
            "fsync=off",
            "shared_buffers=16MB",
            "max_connections=20",
            "lc_messages=C",
        ] {
            command.args(["-c", setting]);
        }
        // With this signal it ends at once, and takes nobody's time.
        Self::start(command, dir, "-QUIT", "ready to accept connections")
    }

    /// MariaDB, in which `root` needs no password.
    pub(crate) fn mariadb() -> Self {
        let dir = directory("mysql");
        let data = dir.path().join("data");
        let mut init = as_user("mysql", "mariadb-install-db");
        init.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        init.args(SMALL);
        init.arg(format!("--datadir={}", data.display()));
        run(&mut init);
        let server = std::env::var_os("PATH").unwrap_or_default();
        let mut places: Vec<PathBuf> = std::env::split_paths(&server).collect();
        places.push("/usr/sbin".into());
        let program = places.iter().map(|dir| dir.join("mariadbd")).find(|file| file.exists());
        let mut command = as_user("mysql", program.unwrap());
        command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", dir.path().join("s").display()));
        command.arg(format!("--pid-file={}", dir.path().join("pid").display()));
        command.args(SMALL).arg("--skip-networking");
        Self::start(command, dir, "-KILL", "ready for connections")
    }

    /// Its directory, in which its socket is.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The answer of PostgreSQL to its master.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]);
        run(psql.arg(self.dir()).args(["-d", database, "-c", sql]))
    }

    /// The answer of MariaDB to its master.
    pub(crate) fn mysql(&self, database: &str, sql: &str) -> String {
        let database = Some(database).filter(|name| !name.is_empty());
        run(self.client("root").args(["-N", "-B", "-e", sql]).args(database))
    }

    /// The same to `keeper`, who is then the one who made it.
    pub(crate) fn as_keeper(&self, database: &str, sql: &str) -> String {
        let mut client = self.client("keeper");
        run(client.env("MYSQL_PWD", PASSWORD).args(["-N", "-B", "-e", sql, database]))
    }

    fn client(&self, user: &str) -> Command {
        let mut client = Command::new("mariadb");
        client.arg("--no-defaults").arg(format!("--socket={}", self.dir().join("s").display()));
        client.arg(format!("--user={user}"));
        client
    }
}
