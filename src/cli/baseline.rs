//! `keylift baseline`: accepts findings that are known, and keeps the list of them short.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Context;
use super::input::{Paths, here};
use crate::model::baseline::{Accepted, BASELINE_FILE, Baseline, Judged, is_day};
use crate::model::{Exit, Failure, Finding};
use crate::render::findings::{date, slashes};

/// Options of `baseline`.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Accept what a scan finds, with a reason
    Add(AddArgs),
    /// Tell entries that are expired, or that nothing is found for any more
    Check(CheckArgs),
    /// Take out entries that nothing is found for any more
    Prune(CheckArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(flatten)]
    paths: Paths,
    /// Why these findings are accepted
    #[arg(long, value_name = "WHY")]
    reason: String,
    /// Who answers for them
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// The last day on which they are accepted, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Only findings of a rule; may be repeated
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<String>,
    /// Only findings with a fingerprint, as `scan --format jsonl` shows it; may be repeated
    #[arg(long = "fingerprint", value_name = "HEX")]
    fingerprints: Vec<String>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    paths: Paths,
}

/// Where the baseline of a scan is.
#[derive(Debug, Args)]
pub(super) struct BaselineFile {
    /// The baseline [default: the nearest `keylift.baseline.yaml` upwards, within the repository]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Report what the baseline accepts as well
    #[arg(long, conflicts_with = "baseline")]
    no_baseline: bool,
}

/// A baseline and its way from the paths of findings to its own.
#[derive(Debug)]
pub(super) struct Located {
    file: PathBuf,
    /// What stands before a finding's path in the baseline: a folder and `/`, or nothing.
    prefix: String,
}

impl BaselineFile {
    /// The baseline for findings whose paths are relative to `folder`; none where there is none.
    pub(super) fn locate(&self, folder: &Path) -> Result<Option<Located>, Failure> {
        if self.no_baseline {
            return Ok(None);
        }
        let folder = folder.canonicalize().map_err(|error| Failure::file("could not find", folder, &error))?;
        let file = match &self.baseline {
            Some(file) => Some(file.clone()),
            None => nearest(&folder),
        };
        Ok(file.map(|file| Located::new(file, &folder)))
    }

    /// The baseline for findings whose paths are relative to `folder`, to be made there where there is none.
    fn or_new(&self, folder: &Path) -> Result<Located, Failure> {
        let found = self.locate(folder)?;
        let root = || git_root(folder).unwrap_or_else(|| folder.to_path_buf()).join(BASELINE_FILE);
        Ok(found.unwrap_or_else(|| Located::new(root(), folder)))
    }
}

impl Located {
    fn new(file: PathBuf, folder: &Path) -> Self {
        let home = file.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let home = home.canonicalize().unwrap_or_else(|_| home.to_path_buf());
        let below = folder.strip_prefix(&home).map(slashes).unwrap_or_default();
        let prefix = if below.is_empty() { String::new() } else { below + "/" };
        Self { file, prefix }
    }

    /// A finding's path as the baseline has it.
    fn path_of(&self, finding: &Finding) -> String {
        let path = slashes(&finding.path);
        let member = finding.member().map(|member| format!("!/{member}")).unwrap_or_default();
        format!("{}{path}{member}", self.prefix)
    }

    fn judge(&self, findings: Vec<Finding>, context: &Context) -> Result<(Baseline, Judged), Failure> {
        let key = context.fingerprint_key()?;
        let baseline = if self.file.exists() { Baseline::read(&self.file)? } else { Baseline::new(&key) };
        let judged = baseline.judge(findings, &key, &today(), |finding| self.path_of(finding));
        Ok((baseline, judged))
    }

    /// The findings that are not accepted; says how many are, and what is wrong with the list.
    pub(super) fn open(&self, findings: Vec<Finding>, context: &Context) -> Result<Vec<Finding>, Failure> {
        if findings.is_empty() {
            return Ok(findings);
        }
        let (baseline, judged) = self.judge(findings, context)?;
        let file = self.file.display();
        if judged.keyless {
            context.warn(&format!(
                "{file} was made with the fingerprint key {}, which is not here: {}",
                baseline.fingerprint_key,
                if judged.accepted == 0 {
                    "nothing is accepted (docs/baseline.md tells how to share the key)".to_owned()
                } else {
                    format!("{} findings are accepted by path and rule, their values unchecked", judged.accepted)
                }
            ));
        } else if judged.accepted > 0 {
            context.say(&format!("{} findings are accepted by {file}.", judged.accepted));
        }
        for entry in &judged.expired {
            let until = entry.until.as_deref().unwrap_or_default();
            context.warn(&format!("{file}: {} ({}) was accepted until {until}", entry.path, entry.rule));
        }
        Ok(judged.open)
    }
}

/// Runs `baseline`.
pub(super) fn baseline(args: &BaselineArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.what {
        What::Add(args) => add(args, context),
        What::Check(args) => check(args, false, context),
        What::Prune(args) => check(args, true, context),
    }
}

fn add(args: &AddArgs, context: &Context) -> Result<Exit, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::usage("a reason is needed: whoever reads the baseline later will want to know"));
    }
    if let Some(day) = args.until.as_ref().filter(|day| !is_day(day)) {
        return Err(Failure::usage(format!("`{day}` is not a day")).advise("write it as 2031-12-31"));
    }
    let (located, findings) = scanned(&args.paths, context)?;
    let key = context.fingerprint_key()?;
    let (mut baseline, judged) = located.judge(findings, context)?;
    same_key(&located, &baseline, &judged)?;
    let mut added = 0;
    for finding in judged.open {
        let fingerprint = key.fingerprint(&finding.secret);
        let wanted = (args.rules.is_empty() || args.rules.contains(&finding.rule))
            && (args.fingerprints.is_empty() || args.fingerprints.iter().any(|wanted| wanted == fingerprint.as_str()));
        if !wanted {
            continue;
        }
        let entry = Accepted {
            path: located.path_of(&finding),
            rule: finding.rule,
            fingerprint,
            reason: args.reason.trim().to_owned(),
            owner: args.owner.clone(),
            until: args.until.clone(),
        };
        let before = baseline.accepted.len();
        baseline.accept(entry);
        added += usize::from(baseline.accepted.len() > before);
    }
    baseline.write(&located.file)?;
    context.print(&format!(
        "{added} new of {} entries in {}: review it, then commit it.\n",
        baseline.accepted.len(),
        located.file.display()
    ))?;
    Ok(Exit::Done)
}

fn check(args: &CheckArgs, prune: bool, context: &Context) -> Result<Exit, Failure> {
    use std::fmt::Write as _;
    let (located, findings) = scanned(&args.paths, context)?;
    if !located.file.exists() {
        return Err(Failure::usage(format!("there is no {}", located.file.display()))
            .advise("make one with `keylift baseline add --reason WHY`"));
    }
    let (mut baseline, judged) = located.judge(findings, context)?;
    same_key(&located, &baseline, &judged)?;
    // Only what was scanned can be called gone.
    let gone: Vec<&Accepted> = judged.unused.iter().filter(|entry| entry.path.starts_with(&located.prefix)).collect();
    let mut out = String::new();
    for entry in &judged.expired {
        let until = entry.until.as_deref().unwrap_or_default();
        let _ = writeln!(out, "expired on {until}: {} ({}): {}", entry.path, entry.rule, entry.reason);
    }
    for entry in &gone {
        let _ = writeln!(out, "no longer found: {} ({}): {}", entry.path, entry.rule, entry.reason);
    }
    let _ = writeln!(
        out,
        "{} accepted, {} expired, {} no longer found.",
        judged.accepted,
        judged.expired.len(),
        gone.len()
    );
    if prune && !gone.is_empty() {
        baseline.accepted.retain(|entry| !gone.contains(&entry));
        baseline.write(&located.file)?;
        let _ = writeln!(out, "Taken out of {}.", located.file.display());
    }
    context.print(&out)?;
    let left = !judged.expired.is_empty() || (!prune && !gone.is_empty());
    Ok(if left { Exit::Left } else { Exit::Done })
}

/// Everything that a scan of the paths finds, before any baseline, relative to the folder of the baseline's paths.
fn scanned(paths: &Paths, context: &Context) -> Result<(Located, Vec<Finding>), Failure> {
    let here = here()?;
    let located = paths.baseline_file().or_new(&here.canonicalize().unwrap_or_else(|_| here.clone()))?;
    Ok((located, paths.unjudged(context, &here)?))
}

fn same_key(located: &Located, baseline: &Baseline, judged: &Judged) -> Result<(), Failure> {
    if !judged.keyless {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} was made with the fingerprint key {}, which is not here",
        located.file.display(),
        baseline.fingerprint_key
    ))
    .advise("set KEYLIFT_FINGERPRINT_KEY, or put the team's `fingerprint.key` into your configuration folder"))
}

/// The nearest baseline upwards, not further than the root of the repository.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let root = git_root(folder);
    let limit = root.as_deref().unwrap_or(folder);
    folder
        .ancestors()
        .take_while(|ancestor| ancestor.starts_with(limit))
        .map(|ancestor| ancestor.join(BASELINE_FILE))
        .find(|file| file.is_file())
}

/// The folder upwards that has `.git`.
pub(super) fn git_root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_path_buf)
}

/// Today in UTC, as entries have days.
fn today() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(i64::try_from(seconds / 86_400).unwrap_or(0));
    format!("{year:04}-{month:02}-{day:02}")
}
