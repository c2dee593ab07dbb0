//! What a verb reads: files and folders, standard input, git; and which findings of it count.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::{Args, ValueEnum};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Context;
use super::baseline::{BaselineFile, git_root};
use super::progress::Progress;
use super::rules::{RuleFiles, Rules};
use crate::model::{Confidence, Failure, Finding, Origin, Skipped, SourceFile, is_binary};
use crate::render::findings::{harmless, snippets};
use crate::rules::{Engine, Quiet};
use crate::steps::reserved::Reserved;
use crate::steps::scan::{Collector, Decorate};
use crate::steps::sources::archive::{self, Limits};
use crate::steps::sources::reports::{Tool, import};
use crate::steps::sources::{Sink, git};
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

/// Scans what sources hand over, counts it, and warns of what could not be read.
struct Reader<'a> {
    engine: &'a Engine,
    least: Confidence,
    decorate: Option<Decorate>,
    /// What is found in files, archives and standard input.
    collector: Collector<'a>,
    /// What is found in git.
    versions: Mutex<Earliest>,
    /// What `.keyliftignore` and `--exclude` leave out of what git has; the walk does so by itself.
    left_out: Gitignore,
    archives: bool,
    context: &'a Context,
    progress: Progress,
}

impl Sink for Reader<'_> {
    fn file(&self, file: SourceFile) {
        if matches!(file.origin, Origin::Git { .. }) && self.leaves_out(&file.path) {
            return;
        }
        self.scan(&file, None);
        self.progress.step();
    }

    fn version(&self, file: SourceFile, others: &mut Quiet) {
        if !self.leaves_out(&file.path) {
            self.scan(&file, Some(others));
            self.progress.step();
        }
    }

    fn notice(&self, notice: Skipped) {
        let text = format!("not read: {}: {}", harmless(&notice.path.to_string_lossy()), notice.reason);
        self.progress.say(|| self.context.warn(&text));
    }

    fn expect(&self, files: usize) {
        self.progress.expect(files);
    }
}

impl Reader<'_> {
    fn leaves_out(&self, path: &Path) -> bool {
        !self.left_out.is_empty() && self.left_out.matched_path_or_any_parents(path, false).is_ignore()
    }

    /// Scans a file, or what is in it where it is an archive.
    fn scan(&self, file: &SourceFile, others: Option<&mut Quiet>) {
        if self.archives && !matches!(file.origin, Origin::Archive { .. }) && archive::is_archive(&file.bytes) {
            let size = file.bytes.len() as u64;
            let members = Members { reader: self, origin: &file.origin };
            archive::read(&file.path, Cursor::new(file.bytes.as_slice()), size, &Limits::default(), &members);
        } else if matches!(file.origin, Origin::Git { .. }) {
            self.commit(file, others);
        } else {
            self.collector.add(file);
        }
    }

    /// Scans a file of a commit or the index.
    fn commit(&self, file: &SourceFile, others: Option<&mut Quiet>) {
        let one = self.new_collector();
        match others {
            Some(others) => one.add_version(file, others),
            None => one.add(file),
        }
        if let Ok(mut versions) = self.versions.lock() {
            one.finish().into_iter().for_each(|finding| versions.add(finding));
        }
    }

    fn new_collector(&self) -> Collector<'_> {
        Collector::new(self.engine, self.least).decorated(self.decorate)
    }

    /// Reads a file piece by piece where its name is that of an archive; false leaves it to others.
    fn claim(&self, path: &Path, shown: &Path) -> bool {
        if !self.archives || !archive::named_like_an_archive(path) {
            return false;
        }
        // What cannot be opened is left to the walk, which tells why.
        let Ok(file) = File::open(path) else { return false };
        let Ok(size) = file.metadata().map(|metadata| metadata.len()) else { return false };
        let members = Members { reader: self, origin: &Origin::Disk };
        archive::read(shown, BufReader::new(file), size, &Limits::default(), &members);
        self.progress.step();
        true
    }
}

/// Members of an archive count as one file on the bar.
struct Members<'a, 'b> {
    reader: &'a Reader<'b>,
    /// Where the archive came from.
    origin: &'a Origin,
}

impl Sink for Members<'_, '_> {
    fn file(&self, mut file: SourceFile) {
        match (self.origin, &file.origin) {
            (Origin::Git { commit, time, in_head, .. }, Origin::Archive { member }) => {
                let (commit, member) = (commit.clone(), Some(member.clone()));
                file.origin = Origin::Git { commit, time: *time, in_head: *in_head, member };
                self.reader.commit(&file, None);
            }
            _ => self.reader.collector.add(&file),
        }
    }

    fn notice(&self, notice: Skipped) {
        self.reader.notice(notice);
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

    /// Findings that another scanner's report names, found again below the folder that was asked for.
    fn imported(&self, engine: &Engine, context: &Context) -> Result<Vec<Finding>, Failure> {
        let [tool, report] = self.from.as_slice() else { return Ok(Vec::new()) };
        let [folder] = self.path.as_slice() else {
            return Err(Failure::usage("`--from` takes one folder: the one that the report is about"));
        };
        let tool = Tool::named(tool).ok_or_else(|| {
            Failure::usage(format!("reports of `{tool}` are not read"))
                .advise("gitleaks, trufflehog, kingfisher, betterleaks, detect-secrets, or sarif for any other")
        })?;
        let report = Path::new(report);
        let bytes =
            std::fs::read(report).map_err(|error| Failure::file("could not read the report", report, &error))?;
        let imported = import(tool, &bytes, folder, engine)
            .map_err(|error| Failure::usage(format!("{}: {error}", report.display())))?;
        for missing in &imported.missing {
            let place = harmless(&missing.path.to_string_lossy());
            context.warn(&format!("not found again: {place}: {}", missing.reason));
        }
        Ok(imported.findings)
    }

    /// The lines around imported findings; values that only keylift's own rules find are masked in them as well.
    fn add_lines(&self, found: &mut [Finding], engine: &Engine) {
        let Some(folder) = self.path.first() else { return };
        let mut files: BTreeMap<PathBuf, Vec<&mut Finding>> = BTreeMap::new();
        for finding in found {
            files.entry(finding.path.clone()).or_default().push(finding);
        }
        for (path, findings) in files {
            let Ok(bytes) = std::fs::read(folder.join(&path)) else { continue };
            let file = SourceFile::disk(path, bytes);
            let mut all = engine.scan(&file);
            let own = all.len();
            all.extend(findings.iter().map(|finding| finding.copy()));
            snippets(&file, &mut all);
            for (finding, copy) in findings.into_iter().zip(all.drain(own..)) {
                finding.snippet = copy.snippet;
            }
        }
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

/// Findings of many versions of files, one for a value in a file: that of the earliest commit. Kept as they come, because
/// a long history has the same value a thousand times.
#[derive(Default)]
struct Earliest {
    kept: Vec<Finding>,
    /// By path, member of an archive, rule and a keyed hash of the value.
    known: HashMap<(PathBuf, Option<String>, String, u64), Vec<usize>>,
    hasher: RandomState,
}

impl Earliest {
    fn add(&mut self, finding: Finding) {
        let hash = self.hasher.hash_one(finding.secret.expose());
        let member = finding.member().map(str::to_owned);
        let places = self.known.entry((finding.path.clone(), member, finding.rule.clone(), hash)).or_default();
        let Some(at) = places.iter().copied().find(|at| self.kept[*at].secret == finding.secret) else {
            places.push(self.kept.len());
            self.kept.push(finding);
            return;
        };
        let kept = &mut self.kept[at];
        let in_head = |finding: &Finding| matches!(finding.origin, Origin::Git { in_head: true, .. });
        // Whether HEAD still has the value is told by any version of it.
        let still = in_head(kept) || in_head(&finding);
        if age(&finding) < age(kept) {
            *kept = finding;
        }
        if let Origin::Git { in_head, .. } = &mut kept.origin {
            *in_head = still;
        }
    }
}

/// What tells which of two findings was first, the same whatever order they come in.
fn age(finding: &Finding) -> (i64, Option<&str>, usize) {
    match &finding.origin {
        Origin::Git { commit, time, .. } => (time.unwrap_or(i64::MAX), commit.as_deref(), finding.span.start),
        _ => (i64::MAX, None, finding.span.start),
    }
}

/// The working folder.
pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::usage(format!("no working folder: {error}")))
}
