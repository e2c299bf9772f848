//! Flags and the environment as layers of the configuration.

use std::path::{Path, PathBuf};

use holdall::config::{
    self, Color, Inputs, LogFormat, PartialConfig, Progress, Require, UserFile, Verbosity,
};
use holdall::repo::Secret;
use holdall::{PasswordSource, Places};

use crate::args::{ColorChoice, Global, LogChoice, ProgressChoice, RequireChoice};

/// What the configuration is made of: files, environment and flags.
///
/// # Errors
/// If a flag gives a key what it cannot hold.
pub(crate) fn inputs(global: &Global, places: &Places) -> Result<Inputs, config::ConfigError> {
    // A variable that is no text is none of ours.
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let named = global.config.clone().or_else(|| named_file(&environment));
    Ok(Inputs {
        user_file: UserFile::IfPresent(places.config.join("holdall").join("holdall.toml")),
        project_file: named
            .map(|file| places.current.join(file))
            .or_else(|| config::find_project_file(&places.current)),
        part_file: None,
        profile: global.profile.clone(),
        environment,
        flags: flags(global)?,
        home: std::env::home_dir(),
    })
}

/// The inputs for a directory elsewhere: its project's file counts, unless a flag or a variable names one.
pub(crate) fn inputs_in(inputs: &Inputs, places: &Places, dir: &Path) -> Inputs {
    let found_here = inputs.project_file == config::find_project_file(&places.current);
    let project_file = match found_here && named_file(&inputs.environment).is_none() {
        true => config::find_project_file(dir),
        false => inputs.project_file.clone(),
    };
    Inputs { project_file, ..inputs.clone() }
}

/// The file that a variable names.
fn named_file(environment: &[(String, String)]) -> Option<PathBuf> {
    let set =
        environment.iter().find(|(name, value)| name == "HOLDALL_CONFIG" && !value.is_empty());
    set.map(|(_, value)| PathBuf::from(value))
}

/// What `--set` says, and over it what the flags say that have a name of their own.
fn flags(global: &Global) -> Result<PartialConfig, config::ConfigError> {
    let mut set = PartialConfig::default();
    global.set.iter().try_for_each(|text| set.assign(text))?;
    set.overlay(&named(global), &mut |_| {});
    Ok(set)
}

fn named(global: &Global) -> PartialConfig {
    let mut flags = PartialConfig::default();
    flags.repository.url = global.repository.clone().map(config::RepositoryUrl);
    flags.repository.password_file.clone_from(&global.password_file);
    flags.repository.password_command.clone_from(&global.password_command);
    flags.repository.lock_wait = global.lock_wait;
    flags.sealed.identities = (!global.identity.is_empty()).then(|| global.identity.clone());
    flags.sealed.passphrase_file.clone_from(&global.passphrase_file);
    flags.sealed.passphrase_command.clone_from(&global.passphrase_command);
    flags.trust.file.clone_from(&global.trust_file);
    flags.trust.require = global.require_signature.map(|choice| match choice {
        RequireChoice::Any => Require::Any,
        RequireChoice::Trusted => Require::Trusted,
    });
    flags.limits.threads = global.threads.map(config::Threads);
    flags.limits.max_memory = global.max_memory;
    flags.output.json = global.json.then_some(true);
    flags.output.color = global.color.map(|choice| match choice {
        ColorChoice::Auto => Color::Auto,
        ColorChoice::Always => Color::Always,
        ColorChoice::Never => Color::Never,
    });
    flags.output.progress = global.progress.map(|choice| match choice {
        ProgressChoice::Auto => Progress::Auto,
        ProgressChoice::Bar => Progress::Bar,
        ProgressChoice::Plain => Progress::Plain,
        ProgressChoice::Json => Progress::Json,
        ProgressChoice::None => Progress::None,
    });
    flags.output.log_format = global.log_format.map(|choice| match choice {
        LogChoice::Text => LogFormat::Text,
        LogChoice::Json => LogFormat::Json,
    });
    flags.output.verbosity = match (global.quiet, global.verbose) {
        (true, _) => Some(Verbosity::Quiet),
        (_, 0) => None,
        (_, 1) => Some(Verbosity::Verbose),
        _ => Some(Verbosity::Debug),
    };
    flags
}

/// Which log lines are shown, in the words of `tracing`.
pub(crate) fn log_level(global: &Global, verbosity: Verbosity) -> &'static str {
    match verbosity {
        _ if global.verbose > 2 => "trace",
        Verbosity::Quiet => "error",
        Verbosity::Normal => "warn",
        Verbosity::Verbose => "info",
        Verbosity::Debug => "debug",
    }
}

/// Where a password or passphrase comes from.
pub(crate) fn password(source: Option<&config::PasswordSource>) -> PasswordSource {
    match source {
        Some(config::PasswordSource::Text(secret)) => {
            PasswordSource::Given(Secret::new(secret.expose().as_bytes().to_vec()))
        }
        Some(config::PasswordSource::File(file)) => PasswordSource::File(file.clone()),
        Some(config::PasswordSource::Command(command)) => PasswordSource::Command(command.clone()),
        None => PasswordSource::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    fn global(args: &[&str]) -> Global {
        Cli::try_parse_from([&["holdall"], args].concat()).unwrap().global
    }

    #[test]
    fn a_flag_that_is_not_given_sets_nothing() {
        assert_eq!(flags(&global(&["snapshots"])).unwrap(), PartialConfig::default());
    }

    #[test]
    fn flags_beat_what_files_and_variables_say() {
        let set = flags(&global(&[
            "-q",
            "--color=never",
            "--progress",
            "json",
            "-r",
            "/repo",
            "snapshots",
        ]))
        .unwrap();
        assert_eq!(set.output.verbosity, Some(Verbosity::Quiet));
        assert_eq!(set.output.color, Some(Color::Never));
        assert_eq!(set.output.progress, Some(Progress::Json));
        let inputs = Inputs {
            flags: set,
            environment: vec![("HOLDALL_REPOSITORY".into(), "/other".into())],
            ..Inputs::default()
        };
        let resolved = config::resolve(&inputs).unwrap();
        assert_eq!(resolved.config.repository.url.unwrap().0, "/repo");
    }

    #[test]
    fn each_v_says_more() {
        let level = |args: &[&str]| {
            let global = global(args);
            let verbosity = flags(&global).unwrap().output.verbosity.unwrap_or(Verbosity::Normal);
            log_level(&global, verbosity)
        };
        assert_eq!(level(&["snapshots"]), "warn");
        assert_eq!(level(&["-v", "snapshots"]), "info");
        assert_eq!(level(&["-vv", "snapshots"]), "debug");
        assert_eq!(level(&["-vvv", "snapshots"]), "trace");
        assert_eq!(level(&["-q", "snapshots"]), "error");
    }
}
