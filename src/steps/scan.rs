//! Scans files in parallel and puts what was found in an order that does not depend on the threads.

use std::sync::Mutex;

use crate::model::{Confidence, Finding, Origin, SourceFile};
use crate::rules::{Engine, Quiet};

/// Findings of at least the given confidence in a list of files, in order.
///
/// Where files come from several threads, use a [`Collector`]: `walk(roots, options, |file| collector.add(&file))`.
pub fn scan<'a>(engine: &Engine, files: impl IntoIterator<Item = &'a SourceFile>, least: Confidence) -> Vec<Finding> {
    let collected = Collector::new(engine, least);
    files.into_iter().for_each(|file| collected.add(file));
    collected.finish()
}

/// Adds to the findings of one file what only its text can tell, while the text is at hand.
pub type Decorate = fn(&SourceFile, &mut [Finding]);

/// Scans files from several threads at once.
#[derive(Debug)]
pub struct Collector<'engine> {
    engine: &'engine Engine,
    least: Confidence,
    decorate: Option<Decorate>,
    found: Mutex<Vec<Finding>>,
}

impl<'engine> Collector<'engine> {
    /// A collector of findings of at least the given confidence.
    pub fn new(engine: &'engine Engine, least: Confidence) -> Self {
        Self { engine, least, decorate: None, found: Mutex::new(Vec::new()) }
    }

    /// The same, with something that sees all findings of a file, unsure ones too, beside its text.
    #[must_use]
    pub fn decorated(mut self, decorate: Option<Decorate>) -> Self {
        self.decorate = decorate;
        self
    }

    /// Scans a file.
    pub fn add(&self, file: &SourceFile) {
        self.keep(file, self.engine.scan_for(file, self.least));
    }

    /// Scans one of many versions of a file.
    pub fn add_version(&self, file: &SourceFile, others: &mut Quiet) {
        self.keep(file, self.engine.scan_version(file, self.least, others));
    }

    fn keep(&self, file: &SourceFile, mut findings: Vec<Finding>) {
        if let Some(decorate) = self.decorate
            && !findings.is_empty()
        {
            decorate(file, &mut findings);
        }
        if !findings.is_empty()
            && let Ok(mut found) = self.found.lock()
        {
            found.append(&mut findings);
        }
    }

    /// Everything found, in order.
    pub fn finish(self) -> Vec<Finding> {
        let mut found = self.found.into_inner().unwrap_or_default();
        sort(&mut found);
        found
    }
}

/// Orders findings by path, origin, position and rule.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.span.start, finding.span.end);
        a.path
            .cmp(&b.path)
            .then_with(|| origin(&a.origin).cmp(&origin(&b.origin)))
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| a.rule.cmp(&b.rule))
    });
}

fn origin(origin: &Origin) -> (u8, &str) {
    match origin {
        Origin::Disk => (0, ""),
        Origin::Stdin => (1, ""),
        Origin::Git { commit, .. } => (2, commit.as_deref().unwrap_or("")),
        Origin::Archive { member } => (3, member),
    }
}
