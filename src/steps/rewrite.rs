//! Verified -> Rewritten: what each file becomes, proved before anything on disk changes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use keylift_grammars::{Chunk, Edit, GeneratedFile, Request, Style, Undo};
use keylift_providers::FingerprintKey;
use rayon::prelude::*;

use super::approve::Source;
use super::locate;
use super::plan::file_hash;
use super::spread::is_telling;
use crate::model::{Approved, Cause, Held, SourceFile, StagedFile, Verified};
use crate::rules::Engine;

/// A file's new bytes and the way back. Only [`rewrite`] makes one, and it takes verified moves alone.
#[derive(Debug)]
pub struct Rewritten {
    staged: StagedFile,
    bytes: Vec<u8>,
    accessor: Option<GeneratedFile>,
}

impl Rewritten {
    /// What the journal has of it.
    pub fn staged(&self) -> &StagedFile {
        &self.staged
    }

    /// The new bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The generated file that the new code imports.
    pub fn accessor(&self) -> Option<&GeneratedFile> {
        self.accessor.as_ref()
    }

    /// Puts the new bytes in the place of the old, in one step. A generated file may have a folder of its own.
    pub fn write(&self, root: &Path) -> std::io::Result<()> {
        let path = root.join(&self.staged.path);
        if let Some(folder) = path.parent().filter(|_| self.staged.before.is_none()) {
            std::fs::create_dir_all(folder)?;
        }
        crate::files::write_whole(&path, &self.bytes)
    }
}

/// What came of a rewrite.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Files that change, in order of path.
    pub files: Vec<Rewritten>,
    /// Moves that cannot be made; none of their sites is in `files`.
    pub held: Vec<Held>,
}

/// The moves that could not be rewritten: asked before anything is stored, so that no value is stored in vain.
pub fn trial(sources: &BTreeMap<String, Source>, moves: &[Approved], key: &FingerprintKey) -> Vec<Held> {
    compose(sources, &moves.iter().collect::<Vec<_>>(), key).held
}

/// Rewrites every file that the moves touch, in memory. The sites of one move change together or not at all.
pub fn rewrite(sources: &BTreeMap<String, Source>, moves: &[Verified], key: &FingerprintKey) -> Outcome {
    compose(sources, &moves.iter().map(Verified::approved).collect::<Vec<_>>(), key)
}

/// A request with the move that it is for.
struct Wanted<'a> {
    owner: &'a Approved,
    request: Request,
    line: usize,
}

fn compose(sources: &BTreeMap<String, Source>, moves: &[&Approved], key: &FingerprintKey) -> Outcome {
    let mut held: Vec<Held> = Vec::new();
    let mut done: BTreeMap<&str, Result<Rewritten, Vec<Held>>> = BTreeMap::new();
    loop {
        let out: BTreeSet<&str> = held.iter().map(|held| held.name.as_str()).collect();
        let mut wanted: BTreeMap<&str, Vec<Wanted<'_>>> = BTreeMap::new();
        for owner in moves.iter().filter(|owner| !out.contains(owner.name.as_str())) {
            for site in &owner.sites {
                let request = Request { span: site.span.clone(), name: site.name.clone(), style: site.lookup.into() };
                wanted.entry(&site.path).or_default().push(Wanted { owner, request, line: site.line });
            }
        }
        // A file is made again only where one of its moves fell out since.
        done.retain(|path, made| {
            let names = |made: &Rewritten| made.staged.values.iter().all(|name| !out.contains(name.as_str()));
            wanted.contains_key(path) && made.as_ref().is_ok_and(names)
        });
        let open: Vec<(&str, &Vec<Wanted<'_>>)> =
            wanted.iter().filter(|(path, _)| !done.contains_key(*path)).map(|(path, list)| (*path, list)).collect();
        let declared = declared(sources, &wanted);
        let none = BTreeSet::new();
        let made: Vec<(&str, Result<Rewritten, Vec<Held>>)> = open
            .into_par_iter()
            .filter_map(|(path, list)| {
                Some((path, file(path, sources.get(path)?, list, declared.get(path).unwrap_or(&none), key)))
            })
            .collect();
        let before = held.len();
        for (path, made) in made {
            if let Err(refused) = &made {
                for one in refused {
                    if !held.iter().any(|known| known.name == one.name) {
                        held.push(one.clone());
                    }
                }
            }
            done.insert(path, made);
        }
        if held.len() == before {
            let files = done.into_values().filter_map(Result::ok).collect();
            return Outcome { files, held };
        }
    }
}

/// The names that each file finds declared by another one, where the files of a folder share declarations.
fn declared<'a>(
    sources: &'a BTreeMap<String, Source>,
    wanted: &'a BTreeMap<&str, Vec<Wanted<'_>>>,
) -> BTreeMap<&'a str, BTreeSet<String>> {
    locate::declared(wanted.iter().flat_map(|(path, list)| {
        let parsed = sources.get(*path).and_then(|source| source.syntax.parsed.as_ref());
        let shared = parsed.filter(|(language, _)| language.shares_declarations(Style::Env));
        shared.into_iter().flat_map(move |(_, parsed)| list.iter().map(move |one| (*path, parsed, &one.request)))
    }))
}

/// One file with all requests of it, or the moves that cannot be made in it.
fn file(
    path: &str,
    source: &Source,
    wanted: &[Wanted<'_>],
    declared: &BTreeSet<String>,
    key: &FingerprintKey,
) -> Result<Rewritten, Vec<Held>> {
    let refuse_all = |reason: &str, advice: &str| -> Vec<Held> {
        wanted.iter().map(|wanted| held(wanted.owner, &format!("{path}: {reason}"), advice)).collect()
    };
    let report = "replace the value by hand, and report what the code looks like there";
    let Some((_, parsed)) = &source.syntax.parsed else {
        return Err(refuse_all("keylift has no grammar for this file", report));
    };
    let requests: Vec<Request> = wanted.iter().map(|wanted| wanted.request.clone()).collect();
    let rewrite = parsed.rewrite_beside(&requests, declared);
    let refused: Vec<Held> = wanted
        .iter()
        .zip(&rewrite.outcomes)
        .filter_map(|(wanted, outcome)| {
            let refusal = outcome.as_ref().err()?;
            Some(held(wanted.owner, &format!("{path}:{}: {}", wanted.line, refusal.reason), &refusal.advice))
        })
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let edits: Vec<Edit> = rewrite.outcomes.into_iter().flatten().flatten().chain(rewrite.shared).collect();
    let text = &source.syntax.text.text;
    let after = keylift_grammars::apply(text, &edits).ok_or_else(|| refuse_all("two edits overlap", report))?;
    let bytes = source
        .syntax
        .text
        .encode(&after)
        .ok_or_else(|| refuse_all("the lookup cannot be written in the file's encoding", report))?;
    let undo = parsed.undo(&requests, &edits).ok_or_else(|| refuse_all("the edit could not be undone", report))?;
    let values: Vec<&[u8]> = wanted.iter().map(|wanted| wanted.owner.secret.expose()).collect();
    if tells_a_value(path, source, &undo, &values) {
        let advice = "make the other credential of the same expression a move as well, or replace both by hand";
        return Err(refuse_all("an edit would take another credential's value along", advice));
    }
    let staged = StagedFile {
        path: path.to_owned(),
        before: Some(source.hash.clone()),
        after: file_hash(key, &bytes),
        encoding: source.syntax.text.encoding().to_owned(),
        values: wanted.iter().map(|wanted| wanted.owner.name.clone()).collect(),
        undo,
    };
    if staged.original(&bytes, &values).as_deref() != Ok(&source.bytes) {
        return Err(refuse_all("undoing the edit would not give the same bytes back", report));
    }
    Ok(Rewritten { staged, bytes, accessor: rewrite.accessor })
}

/// Whether what the journal would hold of the file shows a value: one that moves, or any other that was found there.
fn tells_a_value(path: &str, source: &Source, undo: &[Undo], values: &[&[u8]]) -> bool {
    /// Shorter values are words of the language: `0000` stands in any file of numbers.
    const TELLING: usize = 5;
    let found = Engine::builtin().scan(&SourceFile::disk(path, source.bytes.clone()));
    let others: Vec<Range<usize>> = found.iter().map(|finding| finding.span.clone()).collect();
    let others = others.iter().filter_map(|span| source.syntax.text.text.get(span.clone())).map(str::as_bytes);
    let telling: Vec<&[u8]> = others.chain(values.iter().copied()).filter(|value| value.len() >= TELLING).collect();
    let kept = undo.iter().flat_map(|undo| {
        let original = undo.original.chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Text(text) => Some(text.as_bytes()),
            Chunk::Value { .. } => None,
        });
        original.chain(std::iter::once(undo.text.as_bytes()))
    });
    let kept: Vec<&[u8]> = kept.collect();
    telling.iter().any(|value| kept.iter().any(|text| tells(text, value)))
}

/// Whether a text shows a value. One that is a word like others counts where it stands by itself: `secret` is no part of
/// `secrets.DB_PASSWORD`, nor `password` of `var.password`.
fn tells(text: &[u8], value: &[u8]) -> bool {
    let joined = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte));
    memchr::memmem::find_iter(text, value).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        is_telling(value) || !(joined(before) || joined(text.get(at + value.len())))
    })
}

/// A file that the run makes, or adds to at its end.
pub fn generated(path: &str, before: Option<&[u8]>, added: &str, key: &FingerprintKey) -> Rewritten {
    let bytes = [before.unwrap_or_default(), added.as_bytes()].concat();
    let start = before.map_or(0, <[u8]>::len);
    let undo =
        Undo { span: start..bytes.len(), text: added.to_owned(), original: keylift_grammars::Original::default() };
    Rewritten {
        staged: StagedFile {
            path: path.to_owned(),
            before: before.map(|bytes| file_hash(key, bytes)),
            after: file_hash(key, &bytes),
            encoding: "UTF-8".into(),
            values: Vec::new(),
            undo: vec![undo],
        },
        bytes,
        accessor: None,
    }
}

fn held(owner: &Approved, reason: &str, advice: &str) -> Held {
    Held { name: owner.name.clone(), cause: Cause::Refused, reason: reason.to_owned(), advice: advice.to_owned() }
}
