//! Findings that another scanner's report names, with the lines around them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Paths;
use crate::cli::Context;
use crate::model::{Failure, Finding, SourceFile};
use crate::render::findings::{harmless, snippets};
use crate::rules::Engine;
use crate::steps::sources::reports::{Tool, import};

impl Paths {
    /// Findings that another scanner's report names, found again below the folder that was asked for.
    pub(super) fn imported(&self, engine: &Engine, context: &Context) -> Result<Vec<Finding>, Failure> {
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
    pub(super) fn add_lines(&self, found: &mut [Finding], engine: &Engine) {
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
}
