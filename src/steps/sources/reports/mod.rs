//! Findings out of another scanner's report: what it says is where to look, and the value is found again in the file as it
//! is now.
//!
//! A report is hostile input and never quite of the version that was expected: fields are looked up one by one, and what
//! an entry lacks is made up for where it can be. What cannot be placed is told with the reason.

mod csv;
mod formats;
mod place;
mod sarif;

use std::path::Path;

use keylift_providers::Secret;
use serde_json::Value;

use crate::model::{Finding, Skipped};
use crate::rules::Engine;

/// Scanners whose reports are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// gitleaks 7 and 8, JSON; CSV of 8.
    Gitleaks,
    /// trufflehog 2 and 3, JSON lines.
    Trufflehog,
    /// kingfisher, JSON or JSON lines; Nosey Parker's are alike.
    Kingfisher,
    /// betterleaks, JSON or JSON lines.
    Betterleaks,
    /// detect-secrets' baseline.
    DetectSecrets,
    /// SARIF 2.1.0 of any scanner.
    Sarif,
}

impl Tool {
    /// Its name on the command line and in ids of rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Trufflehog => "trufflehog",
            Self::Kingfisher => "kingfisher",
            Self::Betterleaks => "betterleaks",
            Self::DetectSecrets => "detect-secrets",
            Self::Sarif => "sarif",
        }
    }

    /// The tool of a name.
    pub fn named(name: &str) -> Option<Self> {
        let all =
            [Self::Gitleaks, Self::Trufflehog, Self::Kingfisher, Self::Betterleaks, Self::DetectSecrets, Self::Sarif];
        all.into_iter().find(|tool| tool.name().eq_ignore_ascii_case(name))
    }
}

/// What a report says of one finding. Lines and columns are from 1; 0 where it says nothing.
#[derive(Debug, Default)]
struct Entry {
    path: String,
    line: usize,
    end_line: usize,
    column: usize,
    end_column: usize,
    rule: String,
    /// Texts that hold the value or are it, the likeliest first.
    values: Vec<Secret>,
    /// SHA-1 of the value, in hexadecimal.
    sha1: Option<String>,
    /// The commit where it was found.
    commit: Option<String>,
    /// The issuer said that it works.
    verified: bool,
    /// Why it is not looked for: the report itself says that it is none.
    dismissed: Option<&'static str>,
    /// What is left of a value that is placed by another entry: it counts where keylift's own rules find it as well.
    only_own: bool,
}

impl Entry {
    /// What a message calls the place.
    fn place(&self) -> String {
        if self.line > 0 { format!("{}:{}", self.path, self.line) } else { self.path.clone() }
    }
}

/// What became of a report's entries.
#[derive(Debug, Default)]
pub struct Imported {
    /// Findings, in order of path and position, one a place.
    pub findings: Vec<Finding>,
    /// Entries that were not placed, and why.
    pub missing: Vec<Skipped>,
}

/// Reads a report and finds its values again in the files below `root`.
///
/// # Errors
/// The report is no JSON, or none of the tool's. The message quotes nothing of it.
pub fn import(tool: Tool, report: &[u8], root: &Path, engine: &Engine) -> Result<Imported, String> {
    Ok(place::place(tool, entries(tool, report)?, root, engine))
}

fn entries(tool: Tool, report: &[u8]) -> Result<Vec<Entry>, String> {
    let documents = documents(tool, report)?;
    let mut entries = Vec::new();
    let mut known = false;
    for document in &documents {
        known |= formats::read(tool, document, &mut entries);
    }
    // A report without findings is an empty list, or nothing at all.
    if !known && !documents.is_empty() {
        return Err(format!("this is no report of {}", tool.name()));
    }
    // A summary, or a document of something else.
    entries.retain(|entry| !(entry.path.is_empty() && entry.rule.is_empty() && entry.values.is_empty()));
    Ok(entries)
}

/// The JSON documents of a report: one, or one a line, or a table's rows. What some tools print before and between them is
/// left out.
fn documents(tool: Tool, report: &[u8]) -> Result<Vec<Value>, String> {
    let report = report.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(report);
    let table = std::str::from_utf8(report).ok().filter(|_| matches!(tool, Tool::Gitleaks | Tool::Betterleaks));
    if let Some(rows) = table.and_then(|table| csv::rows(table, "RuleID")) {
        return Ok(rows);
    }
    let mut documents = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(report).into_iter::<Value>();
    for document in stream.by_ref() {
        if let Ok(document) = document {
            documents.push(document);
        } else {
            documents.clear();
            break;
        }
    }
    if !documents.is_empty() || report.trim_ascii().is_empty() {
        return Ok(documents);
    }
    let lines = report.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    documents.extend(lines.filter(|line| line.starts_with(b"{")).filter_map(|line| serde_json::from_slice(line).ok()));
    if documents.is_empty() { Err("the report is not JSON".to_owned()) } else { Ok(documents) }
}

#[cfg(test)]
mod tests;
