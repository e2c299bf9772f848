//! Scans files and directories for secrets, and says how fast. With `--leaky DIR` it counts what it finds of the corpus
//! leaky-repo; with `--pieces` files are scanned piece by piece; with `SHOW=1` in the environment it prints what it found.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use holdall_insight::secrets::{Finding, Rules};
use holdall_tree::RelPath;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let begun = Instant::now();
    let rules = Rules::builtin();
    writeln!(out, "rules are ready after {:?}", begun.elapsed())?;
    if let [flag, dir] = arguments.as_slice()
        && flag == "--leaky"
    {
        return leaky(&rules, Path::new(dir), &mut out);
    }
    let in_pieces = arguments.iter().any(|argument| argument == "--pieces");
    for root in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        let mut files = Vec::new();
        collect(Path::new(root), Path::new(root), &mut files)?;
        let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        for _ in 0..2 {
            let begun = Instant::now();
            let mut found = Vec::new();
            for (path, content) in &files {
                let findings = if in_pieces {
                    let mut scanner = rules.scanner(path);
                    content.chunks(1 << 20).for_each(|piece| scanner.update(piece));
                    scanner.finish()
                } else {
                    rules.scan(path, content)
                };
                found.extend(findings.into_iter().map(|finding| (path, content, finding)));
            }
            let seconds = begun.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
            let speed = bytes as f64 / 1e6 / seconds;
            writeln!(
                out,
                "{root}: {} files, {bytes} bytes, {} findings, {seconds:.3} s, {speed:.0} MB/s",
                files.len(),
                found.len()
            )?;
            if std::env::var_os("SHOW").is_some() {
                for (path, content, finding) in &found {
                    let text = content.get(finding.range.clone()).unwrap_or_default();
                    let text = String::from_utf8_lossy(text);
                    writeln!(out, "  {} {}:{} {:.60}", finding.rule, path, finding.line, text)?;
                }
            }
        }
    }
    Ok(())
}

fn collect(
    root: &Path,
    dir: &Path,
    files: &mut Vec<(RelPath, Vec<u8>)>,
) -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let kind = std::fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            if path.file_name().is_some_and(|name| name != ".git") {
                collect(root, &path, files)?;
            }
        } else if kind.is_file() {
            let below = path.strip_prefix(root)?.as_os_str().as_encoded_bytes().to_vec();
            files.push((RelPath::parse(below)?, std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// Compares with `.leaky-meta/secrets.csv`: name, lines of risk, lines that inform.
fn leaky(rules: &Rules, dir: &Path, out: &mut impl std::io::Write) -> Result<(), Box<dyn Error>> {
    let table = std::fs::read_to_string(dir.join(".leaky-meta/secrets.csv"))?;
    let (mut files, mut files_found, mut lines, mut lines_found) = (0, 0, 0, 0);
    for row in table.lines().filter(|row| !row.starts_with('#') && !row.trim().is_empty()) {
        let columns: Vec<&str> = row.split(',').collect();
        let [name, risk, informing] = columns.as_slice() else { continue };
        let (risk, informing): (usize, usize) = (risk.trim().parse()?, informing.trim().parse()?);
        let content = std::fs::read(dir.join(name))?;
        let found = rules.scan(&RelPath::parse(name)?, &content);
        let at: BTreeSet<u64> = found.iter().map(|finding| finding.line).collect();
        if risk > 0 {
            files += 1;
            files_found += usize::from(!at.is_empty());
            lines += risk;
            lines_found += at.len().min(risk);
        }
        if at.len() != risk {
            let by: BTreeMap<u64, &str> =
                found.iter().map(|Finding { line, rule, .. }| (*line, &**rule)).collect();
            writeln!(out, "{name}: {risk} of risk, {informing} informing, found {by:?}")?;
        }
    }
    writeln!(out, "files {files_found} of {files}, lines {lines_found} of {lines}")?;
    Ok(())
}
