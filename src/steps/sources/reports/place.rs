//! Finds what a report names in the files as they are now.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use keylift_providers::Secret;

use super::{Entry, Imported, Tool};
use crate::model::{Confidence, Finding, Kind, Origin, Severity, Skipped, SourceFile, Text};
use crate::rules::{Engine, find_value};

/// Larger files are not opened, in bytes.
const LARGEST: u64 = 64 << 20;

/// Longest line that is searched for a value of which only a hash is known, in bytes: the work grows with its square.
const HASHED_LINE: usize = 400;

/// A file that a report names.
struct Opened {
    path: PathBuf,
    text: Text,
    /// Starts of its lines.
    lines: Vec<usize>,
    /// What keylift's own rules find in it, of every confidence.
    own: Vec<Finding>,
}

/// Places every entry, or tells why not.
pub(super) fn place(tool: Tool, entries: Vec<Entry>, root: &Path, engine: &Engine) -> Imported {
    let mut imported = Imported::default();
    let Ok(root) = root.canonicalize() else {
        imported.missing.push(Skipped::new(root, "the folder cannot be found"));
        return imported;
    };
    let mut files: BTreeMap<String, Result<Opened, String>> = BTreeMap::new();
    // Spans by file: an entry said twice is one finding, a value that stands twice on its lines is two.
    let mut taken: BTreeMap<PathBuf, Vec<Range<usize>>> = BTreeMap::new();
    for entry in entries {
        if entry.path.is_empty() {
            let name = if entry.rule.is_empty() { "an entry" } else { &*entry.rule };
            imported.missing.push(Skipped::new(name, "the report names no file"));
            continue;
        }
        if let Some(reason) = entry.dismissed {
            imported.missing.push(Skipped::new(entry.place(), reason));
            continue;
        }
        let file = files.entry(entry.path.clone()).or_insert_with(|| open(&entry, &root, engine));
        let placed = match file {
            Ok(file) => {
                let taken = taken.entry(file.path.clone()).or_default();
                locate(tool, &entry, file, taken).inspect(|found| {
                    taken.extend(found.iter().map(|finding| finding.span.clone()));
                })
            }
            Err(reason) => Err(reason.clone()),
        };
        match placed {
            Ok(found) => imported.findings.extend(found),
            Err(reason) => {
                imported.missing.push(Skipped::new(entry.place(), reason));
            }
        }
    }
    imported.findings.sort_by(|a, b| (&a.path, a.span.start).cmp(&(&b.path, b.span.start)));
    imported.missing.sort();
    imported.missing.dedup();
    imported
}

fn open(entry: &Entry, root: &Path, engine: &Engine) -> Result<Opened, String> {
    let path = find_file(&entry.path, root, !entry.values.is_empty() || entry.sha1.is_some())?;
    let full = root.join(&path);
    let metadata = full.metadata().map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err("not a file of at most 64 MiB".to_owned());
    }
    let bytes = std::fs::read(&full).map_err(|error| format!("cannot be read: {error}"))?;
    let text = Text::decode(&bytes).ok_or("not a text")?;
    let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.text.as_bytes()).map(|at| at + 1)).collect();
    let own = engine.scan(&SourceFile::disk(path.clone(), bytes));
    Ok(Opened { path, text, lines, own })
}

/// The file below the root that a report names. It may have been made in another folder: then leading folders are left
/// out, where the value itself will tell whether it is the right file.
fn find_file(named: &str, root: &Path, told_by_value: bool) -> Result<PathBuf, String> {
    let named = named.replace('\\', "/");
    let below = |path: &Path| -> Option<PathBuf> {
        // Links are resolved: a report must not lead out of the folder.
        let real = root.join(path).canonicalize().ok()?;
        real.is_file().then(|| real.strip_prefix(root).ok().map(Path::to_path_buf)).flatten()
    };
    if let Some(found) = below(Path::new(&named)) {
        return Ok(found);
    }
    let parts: Vec<&str> = named.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // An absolute path without a value is of another machine as well: the longest end of it that is here is the file.
    let shorter = if told_by_value || named.starts_with('/') { parts.len() } else { 1.min(parts.len()) };
    (0..shorter)
        .find_map(|skip| below(&parts[skip..].iter().collect::<PathBuf>()))
        .ok_or_else(|| "no such file in the folder".to_owned())
}

fn locate(tool: Tool, entry: &Entry, file: &Opened, taken: &[Range<usize>]) -> Result<Vec<Finding>, String> {
    let near = |found: &mut Vec<Range<usize>>| {
        let from = file.offset(entry.line.max(1));
        let to = file.offset(entry.end_line.max(entry.line).max(1) + 1);
        found.sort_by_key(|span| {
            let inside = entry.line > 0 && span.start >= from && span.start < to;
            let column = file.position(span.start).1.abs_diff(entry.column.max(1));
            (!inside, if inside { column } else { span.start.abs_diff(from) })
        });
    };
    for value in &entry.values {
        let mut spans = file.occurrences(value);
        near(&mut spans);
        if let Some(span) = spans.iter().find(|span| !taken.contains(span)).or(spans.first()) {
            if entry.only_own && file.own_at(span).is_none() {
                break;
            }
            let finding = file.finding(tool, entry, span.clone());
            return Ok(if taken.contains(&finding.span) { Vec::new() } else { vec![finding] });
        }
    }
    if entry.only_own {
        return Ok(Vec::new());
    }
    if let Some(sha1) = &entry.sha1 {
        let found = file.hashed(entry.line, sha1).ok_or("the value of that hash is not on the line any more")?;
        let finding = file.finding(tool, entry, found);
        return Ok(if taken.contains(&finding.span) { Vec::new() } else { vec![finding] });
    }
    if entry.values.is_empty() || tool == Tool::Sarif {
        if let Some(span) = file.region(entry) {
            let finding = file.finding(tool, entry, span);
            return Ok(if taken.contains(&finding.span) { Vec::new() } else { vec![finding] });
        }
        let lines = entry.line..=entry.end_line.max(entry.line);
        let own: Vec<Finding> =
            file.own.iter().filter(|own| lines.contains(&own.start.0)).map(|own| adopt(own, entry)).collect();
        if !own.is_empty() {
            return Ok(own.into_iter().filter(|own| !taken.contains(&own.span)).collect());
        }
        return Err("the report has no value, and nothing on its lines looks like a credential".to_owned());
    }
    Err(match &entry.commit {
        Some(commit) if !commit.trim().is_empty() && commit.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("the value is not in the file any more; it was in commit {}", commit.get(..10).unwrap_or(commit))
        }
        _ => "the value is not in the file any more".to_owned(),
    })
}

impl Opened {
    /// Offset of a line's start, from 1; the text's end past the last one.
    fn offset(&self, line: usize) -> usize {
        self.lines.get(line - 1).copied().unwrap_or(self.text.text.len())
    }

    /// Line and column of an offset, from 1, in characters.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines[line - 1];
        (line, self.text.text.get(start..at).map_or(at - start, |text| text.chars().count()) + 1)
    }

    /// Where a value stands, or else the value in what looks like `name = "value"`.
    fn occurrences(&self, value: &Secret) -> Vec<Range<usize>> {
        let find = |value: &[u8]| -> Vec<Range<usize>> {
            find_value(self.text.text.as_bytes(), value).into_iter().map(|place| place.span).collect()
        };
        let whole = find(value.expose());
        let Some(text) = value.expose_str().filter(|_| whole.is_empty()) else { return whole };
        // Tools that trim or quote: without blanks, without quotes.
        let bare = text.trim().trim_matches(['"', '\'', '`']);
        if bare.len() < 4 || bare == text { whole } else { find(bare.as_bytes()) }
    }

    /// The value of a hash on a line: a word, or a part of a short line.
    fn hashed(&self, line: usize, sha1: &str) -> Option<Range<usize>> {
        let (start, end) = (self.offset(line.max(1)), self.offset(line.max(1) + 1));
        let text = self.text.text.get(start..end)?.trim_end_matches(['\n', '\r']);
        let is = |from: usize, to: usize| text.get(from..to).is_some_and(|part| sha1_of(part.as_bytes()) == sha1);
        let own = self.own.iter().filter(|own| own.span.start >= start && own.span.end <= end);
        if let Some(own) = own.map(|own| &own.span).find(|span| is(span.start - start, span.end - start)) {
            return Some(own.clone());
        }
        let marks: Vec<usize> = std::iter::once(0)
            .chain(
                text.char_indices().filter(|(_, c)| !c.is_alphanumeric()).flat_map(|(at, c)| [at, at + c.len_utf8()]),
            )
            .chain([text.len()])
            .collect();
        let between = |marks: &[usize]| -> Option<Range<usize>> {
            marks.iter().enumerate().find_map(|(number, from)| {
                let to = marks[number + 1..].iter().find(|to| is(*from, **to))?;
                Some(start + from..start + to)
            })
        };
        if marks.len() <= 2 * HASHED_LINE
            && let Some(found) = between(&marks)
        {
            return Some(found);
        }
        let every: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        if every.len() <= HASHED_LINE { between(&every) } else { None }
    }

    /// The text between a report's columns, where it gives both on one line, without the quotes around it.
    fn region(&self, entry: &Entry) -> Option<Range<usize>> {
        if entry.column == 0 || entry.end_column <= entry.column || entry.end_line != entry.line || entry.line == 0 {
            return None;
        }
        let start = self.offset(entry.line);
        let line = self.text.text.get(start..self.offset(entry.line + 1))?;
        let at = |column: usize| line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(column - 1);
        let (from, mut to) = (at(entry.column)?, at(entry.end_column)?);
        // Some tools count the last character in: no value ends one character before its word does.
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '=' | '/' | '+');
        let mut behind = line.get(to..)?.chars();
        let last = behind.next().filter(|c| goes_on(*c) && line[..to].ends_with(goes_on));
        if let Some(last) = last.filter(|_| !behind.next().is_some_and(goes_on)) {
            to += last.len_utf8();
        }
        let part = line.get(from..to)?;
        let inner = part.trim().trim_matches(['"', '\'', '`']);
        // A whole statement is no value: keylift's own rules tell what in it is.
        let value = inner.len() >= 4 && !inner.contains(char::is_whitespace) && !inner.contains(['=', '"', '\'']);
        let from = from + part.find(inner)?;
        value.then_some(start + from..start + from + inner.len())
    }

    /// What keylift's own rules find at a span.
    fn own_at(&self, span: &Range<usize>) -> Option<&Finding> {
        let overlap = |own: &&Finding| own.span.start < span.end && span.start < own.span.end;
        self.own.iter().filter(overlap).max_by_key(|own| (own.confidence, own.span.len()))
    }

    /// The finding at a span. Where keylift's own rules find a value there, theirs is the span, and they know more of it;
    /// other tools take in what stands around.
    fn finding(&self, tool: Tool, entry: &Entry, span: Range<usize>) -> Finding {
        if let Some(own) = self.own_at(&span) {
            return adopt(own, entry);
        }
        let rule = slug(&entry.rule);
        Finding {
            path: self.path.clone(),
            origin: Origin::Disk,
            bytes: self.text.to_bytes(&span),
            start: self.position(span.start),
            end: self.position(span.end),
            kind: kind(&rule),
            rule: format!("{}-{}", tool.name(), if rule.is_empty() { "finding" } else { &rule }),
            confidence: if entry.verified { Confidence::High } else { Confidence::Medium },
            severity: Severity::High,
            secret: Secret::new(self.text.text.get(span.clone()).unwrap_or_default()),
            name: None,
            language: None,
            env: None,
            encoded: None,
            pair: None,
            again: false,
            span,
            snippet: None,
        }
    }
}

/// keylift's own finding, where another tool says the same: two that agree are not unsure.
fn adopt(own: &Finding, entry: &Entry) -> Finding {
    let least = if entry.verified { Confidence::High } else { Confidence::Medium };
    Finding { confidence: own.confidence.max(least), ..own.copy() }
}

/// A rule's id in kebab-case.
fn slug(rule: &str) -> String {
    let mut out = String::new();
    for c in rule.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn kind(rule: &str) -> Kind {
    let has = |words: &[&str]| words.iter().any(|word| rule.contains(word));
    if has(&["private-key", "pkcs", "pem"]) {
        Kind::PrivateKey
    } else if has(&["jwt", "json-web-token"]) {
        Kind::Jwt
    } else if has(&["webhook"]) {
        Kind::Webhook
    } else if has(&["uri", "url", "dsn", "connection", "basic-auth", "postgres", "mongo", "mysql", "jdbc"]) {
        Kind::Dsn
    } else if has(&["password", "passwd", "secret-keyword", "keyword"]) {
        Kind::Password
    } else if has(&["token", "pat"]) {
        Kind::Token
    } else {
        Kind::ApiKey
    }
}

fn sha1_of(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    use std::fmt::Write as _;
    sha1::Sha1::digest(bytes).iter().fold(String::with_capacity(40), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
