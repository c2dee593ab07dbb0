//! What a verb reads: files and folders, standard input, git; and which findings of it count.

mod earliest;
mod imported;
mod reader;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::{Args, ValueEnum};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use self::reader::Reader;
use super::Context;
use super::baseline::{BaselineFile, git_root};
use super::progress::Progress;
use super::rules::{RuleFiles, Rules};
use crate::model::{Confidence, Failure, Finding, is_binary};
use crate::render::findings::snippets;
use crate::rules::Engine;
use crate::steps::reserved::Reserved;
use crate::steps::scan::{Collector, Decorate};
use crate::steps::sources::{Sink as _, archive, git};
use crate::steps::spread::Spread;
use crate::steps::walk::{WalkOptions, count, stdin, walk, walk_but};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Low,
    Medium,
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
        }
    }
}

/// What to read.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files and folders; `-` for standard input
    #[arg(default_value = ".")]
    path: Vec<PathBuf>,
    /// Read ignored files as well
    #[arg(long)]
    no_ignore: bool,
    /// Leave out paths that match a glob, as in .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Largest file that is read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, hide_short_help = true)]
    max_size: u64,
    /// Leave archives closed
    #[arg(long)]
    no_archives: bool,
    /// Least confidence of a finding
    #[arg(long, value_enum, default_value = "medium")]
    confidence: Level,
    /// Take findings from another scanner's report: gitleaks, trufflehog, kingfisher, betterleaks, detect-secrets, sarif
    #[arg(long, num_args = 2, value_names = ["TOOL", "FILE"])]
    from: Vec<String>,
    #[command(flatten)]
    rules: RuleFiles,
    #[command(flatten)]
    baseline: BaselineFile,
}

/// What git has.
#[derive(Debug, Args)]
pub(super) struct GitArgs {
    /// Only the lines that git's index adds
    #[arg(long, conflicts_with_all = ["since", "history"])]
    staged: bool,
    /// Only the lines that commits after a revision add
    #[arg(long, value_name = "REV", conflicts_with = "history")]
    since: Option<String>,
    /// Every version of every file that git has
    #[arg(long)]
    history: bool,
}

impl GitArgs {
    fn asked(&self) -> bool {
        self.staged || self.history || self.since.is_some()
    }
}

impl Paths {
    fn reader<'a>(&self, engine: &'a Engine, lines: bool, context: &'a Context) -> Reader<'a> {
        let decorate: Option<Decorate> = if lines { Some(snippets) } else { None };
        let collector = Collector::new(engine, self.confidence.into()).decorated(decorate);
        Reader {
            engine,
            least: self.confidence.into(),
            decorate,
            collector,
            versions: Mutex::default(),
            left_out: Gitignore::empty(),
            archives: !self.no_archives,
            context,
            progress: Progress::new(context),
        }
    }

    fn options(&self, base: Option<PathBuf>) -> WalkOptions {
        WalkOptions {
            base,
            respect_ignore: !self.no_ignore,
            exclude: self.exclude.clone(),
            max_size: self.max_size << 20,
            ..WalkOptions::default()
        }
    }

    /// The engine with the rules that were asked for.
    pub(super) fn engine(&self, context: &Context) -> Result<Rules, Failure> {
        self.rules.engine(context)
    }

    /// The one path that was given, where it is no file or folder.
    #[cfg(feature = "live")]
    pub(super) fn no_path(&self) -> Option<&str> {
        match self.path.as_slice() {
            [path] if !path.exists() => path.to_str(),
            _ => None,
        }
    }

    /// Where the baseline is.
    pub(super) fn baseline_file(&self) -> &BaselineFile {
        &self.baseline
    }

    /// Findings in files and folders, with paths relative to `base`, but for those that the baseline accepts.
    pub(super) fn findings(&self, context: &Context, base: &Path) -> Result<Vec<Finding>, Failure> {
        let found = self.unjudged(context, base)?;
        self.open(found, base, context)
    }

    /// What a plan needs to know of all files beside the findings: the variables that the code reads already, and where
    /// else the values of the findings stand. Paths are relative to `base`, as those of the findings.
    pub(super) fn surroundings(&self, found: &[Finding], base: PathBuf) -> (BTreeSet<String>, Vec<Finding>) {
        let (reserved, spread) = (Reserved::default(), Spread::new(found));
        walk(&self.path, &self.options(Some(base)), |file| {
            reserved.add(&file.bytes);
            spread.add(&file);
        });
        (reserved.finish(), spread.finish())
    }

    /// Findings in files and folders, with paths relative to `base`, accepted or not.
    pub(super) fn unjudged(&self, context: &Context, base: &Path) -> Result<Vec<Finding>, Failure> {
        let engine = &self.engine(context)?;
        if self.from.is_empty() {
            return Ok(self.files(engine, Some(base.to_path_buf()), false, context));
        }
        let mut found = self.imported(engine, context)?;
        let [folder] = self.path.as_slice() else { return Ok(found) };
        let real = |path: &Path| path.canonicalize().map_err(|error| Failure::file("could not find", path, &error));
        let (folder, base) = (real(folder)?, real(base)?);
        let below = folder.strip_prefix(&base).map_err(|_| {
            Failure::usage(format!("{} is not below the working folder", folder.display()))
                .advise("run keylift in the folder that holds all the code")
        })?;
        for finding in &mut found {
            finding.path = below.join(&finding.path);
        }
        Ok(found)
    }

    /// What the baseline does not accept of findings whose paths are relative to a folder.
    fn open(&self, found: Vec<Finding>, folder: &Path, context: &Context) -> Result<Vec<Finding>, Failure> {
        if found.is_empty() {
            return Ok(found);
        }
        match self.baseline.locate(folder)? {
            Some(baseline) => baseline.open(found, context),
            None => Ok(found),
        }
    }

    /// Findings in files and folders, with paths relative to `base`; without one, to the folder that was asked for.
    fn files(&self, engine: &Engine, base: Option<PathBuf>, lines: bool, context: &Context) -> Vec<Finding> {
        let reader = self.reader(engine, lines, context);
        let options = self.options(base);
        std::thread::scope(|scope| {
            if reader.progress.is_shown() {
                scope.spawn(|| reader.progress.expect(count(&self.path, &options)));
            }
            let claim = |path: &Path, shown: &Path| reader.claim(path, shown);
            let wanted = |head: &[u8]| !is_binary(head) || reader.archives && archive::is_archive(head);
            let report = walk_but(&self.path, &options, claim, wanted, |file| reader.file(file));
            report.skipped.into_iter().for_each(|skipped| reader.notice(skipped));
        });
        reader.progress.finish();
        reader.collector.finish()
    }

    /// Findings in standard input.
    fn stdin(&self, path: &Path, engine: &Engine, lines: bool, context: &Context) -> Result<Vec<Finding>, Failure> {
        let file = stdin(path, self.max_size << 20)
            .map_err(|error| Failure::usage(format!("could not read standard input: {error}")))?;
        let reader = self.reader(engine, lines, context);
        reader.file(file);
        Ok(reader.collector.finish())
    }

    /// Findings in what git has.
    fn git(&self, git: &GitArgs, engine: &Engine, lines: bool, context: &Context) -> Result<Vec<Finding>, Failure> {
        let [folder] = self.path.as_slice() else {
            return Err(Failure::usage("git sources take one folder"));
        };
        let mut reader = self.reader(engine, lines, context);
        reader.left_out = self.left_out(folder)?;
        if git.staged {
            git::staged(folder, &reader)?;
        } else if let Some(revision) = &git.since {
            git::since(folder, revision, &reader)?;
        } else {
            git::history(folder, &|path| !reader.leaves_out(path), &reader)?;
        }
        reader.progress.finish();
        let mut found = reader.versions.into_inner().unwrap_or_default().kept;
        crate::steps::scan::sort(&mut found);
        Ok(found)
    }

    /// What the repository's `.keyliftignore` and `--exclude` leave out.
    fn left_out(&self, folder: &Path) -> Result<Gitignore, Failure> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        // A bare repository is its own root; what another folder leaves out says nothing about it.
        let root = git_root(&folder).unwrap_or(folder);
        // Paths are relative to the root of the repository already.
        let mut builder = GitignoreBuilder::new("");
        if !self.no_ignore {
            // Without the file, or with lines that are no globs, the rest counts.
            let _ = builder.add(root.join(".keyliftignore"));
        }
        let wrong = |error: ignore::Error| Failure::usage(format!("--exclude: {error}"));
        for glob in &self.exclude {
            builder.add_line(None, glob).map_err(wrong)?;
        }
        builder.build().map_err(wrong)
    }

    /// Findings in whatever was asked for.
    pub(super) fn all(
        &self,
        git: &GitArgs,
        stdin_path: &Path,
        engine: &Engine,
        lines: bool,
        context: &Context,
    ) -> Result<Vec<Finding>, Failure> {
        if git.asked() {
            let folder = self.path.first().map_or(Path::new("."), PathBuf::as_path);
            let root = folder.canonicalize().ok().and_then(|folder| git_root(&folder));
            let found = self.git(git, engine, lines, context)?;
            return self.open(found, root.as_deref().unwrap_or(folder), context);
        }
        if self.path == [PathBuf::from("-")] {
            return self.open(self.stdin(stdin_path, engine, lines, context)?, &here()?, context);
        }
        if !self.from.is_empty() {
            let mut found = self.imported(engine, context)?;
            if lines {
                self.add_lines(&mut found, engine);
            }
            return self.open(found, self.path.first().map_or(Path::new("."), PathBuf::as_path), context);
        }
        let (base, folder) = match self.path.as_slice() {
            [path] if path.is_file() => (None, path.parent().unwrap_or(Path::new("")).to_path_buf()),
            [path] => (None, path.clone()),
            _ => (Some(here()?), here()?),
        };
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        self.open(self.files(engine, base, lines, context), &folder, context)
    }
}

/// The working folder.
pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::usage(format!("no working folder: {error}")))
}
