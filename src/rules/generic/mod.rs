//! Credentials without a telling format: found by what they are bound to, compared with, or passed to.
//!
//! Where there is a grammar, the syntax tree says what a literal is bound to ([`syntax`]); a reading of lines ([`lines`])
//! tells which files are worth parsing, and serves comments, other files, and files that do not parse.

mod about;
mod accounts;
mod around;
mod bare;
mod behind;
mod calls;
mod code;
mod compared;
mod fields;
mod files;
mod fitting;
mod flow;
mod given;
mod hashed;
mod itself;
mod judge;
mod lines;
mod manifest;
mod meaning;
mod names;
mod parameters;
mod parts;
mod place;
mod prepared;
mod promise;
mod repeats;
mod said;
mod sql;
mod syntax;
mod table;
mod typed;
mod whole;
mod written;

use std::cell::LazyCell;
use std::ops::Range;
use std::path::Path;

pub(super) use place::quiet_place;

use super::tree::Tree;
use crate::model::Confidence;

/// Whether a name says that what is bound to it is a credential.
pub(super) fn is_credential_name(name: &str) -> bool {
    names::classify(name).is_some()
}

/// Words that start the reading of a name, in lower case.
const WORDS: [&str; 15] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "_pw",
    "salt",
    "auth",
    "mnemonic",
    "credential",
    "psw",
    "psk",
    "senha",
    "contrasena",
    "kennwort",
];

/// Literals that the automaton looks for on behalf of this reading, in lower case.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    WORDS
        .into_iter()
        .chain(calls::gates().iter().copied())
        .chain(accounts::GATES)
        .chain(sql::GATES)
        .chain([manifest::GATE])
}

/// A value that a rule may have found.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) span: Range<usize>,
    pub(super) rule: super::rule::Str,
    pub(super) name: Option<String>,
    pub(super) confidence: Confidence,
    /// How specific the rule is: of two for one place the higher stays.
    pub(super) rank: u8,
    /// Nothing speaks against it.
    pub(super) certain: bool,
    /// How much a pattern matched before the value: of two that are alike the one that saw more stays.
    pub(super) extent: usize,
    /// What the span says, where it stands encoded.
    pub(super) encoded: Option<crate::model::Encoded>,
    /// The language that the text is written in; told once all of them are found.
    pub(super) language: Option<&'static str>,
}

impl Candidate {
    /// What speaks for itself, as it stands.
    fn plain(span: Range<usize>, rule: &'static str, name: Option<String>, confidence: Confidence) -> Self {
        let rule = rule.into();
        Self { span, rule, name, confidence, rank: 1, certain: true, extent: 0, encoded: None, language: None }
    }

    /// The same at another place, where it stands as it is.
    pub(super) fn moved(&self, span: Range<usize>) -> Self {
        Self { span, rule: self.rule.clone(), name: self.name.clone(), encoded: None, ..*self }
    }
}

/// Reads a file at the places that the gate points out (in order of position); at least all of confidence `least`. `far`
/// are more places, where only what may stand anywhere in the file is looked for.
pub(super) fn read(
    tree: &Tree<'_>,
    path: &Path,
    hits: &[Range<usize>],
    far: &[Range<usize>],
    least: Confidence,
) -> Vec<Candidate> {
    let text = tree.text();
    let quiet = || least > Confidence::Low && quiet_place(path) && !place::is_sample_environment(path);
    // Most files have no telling word: nothing else is asked about them.
    if hits.is_empty() && far.is_empty() {
        let found = of_file(text, path, Vec::new());
        return if found.is_empty() || quiet() { table::read_anyway(text, path) } else { found };
    }
    if quiet() {
        return table::read_anyway(text, path);
    }
    let language = tree.language();
    // What documentation says is an example, whatever else stands in the file.
    let documented =
        |place: &Range<usize>| tree.documentation().is_some_and(|documentation| documentation.holds(place.start));
    let mut reader = lines::Reader::new(text, path, language);
    let promising = language.map_or(Vec::new(), |_| reader.promising(hits, least, tree, tree.excerpts().is_some()));
    if language.is_none() || !promising.is_empty() {
        let mut telling: Vec<Range<usize>> =
            hits.iter().filter(|hit| reader.tells(hit) && !documented(hit)).cloned().collect();
        // Where the parser is shown all of a text, the first promising word was enough: others may be parameters as well.
        let mut calls = reader.calls_of(if tree.excerpts().is_some() { &promising } else { &telling });
        calls.retain(|call| !documented(call));
        let with_calls = |places: &[Range<usize>]| {
            let mut all = [places, &calls].concat();
            all.sort_unstable_by_key(|place| place.start);
            all
        };
        let looked_at = with_calls(&telling);
        if let Some(parts) = parts::around(tree, &with_calls(&promising))
            && tree.look_at_parts(&parts, &looked_at)
        {
            // What stands elsewhere promises nothing.
            telling.retain(|hit| {
                let part = parts.get(parts.partition_point(|part| part.end < hit.end));
                part.is_some_and(|part| part.start <= hit.start)
            });
        } else {
            tree.look_at(&looked_at);
        }
        match tree.parsed() {
            Some(parsed) => syntax::read(parsed, tree, &telling, &mut reader),
            None => telling.iter().for_each(|hit| reader.hit(hit)),
        }
    }
    // Where there are such places, all of the kind are among them.
    let anywhere = if far.is_empty() { hits } else { far };
    let before = reader.count();
    flow::read(&mut reader, anywhere);
    reader.keep_since(before, |span| !documented(span));
    for hit in hits.iter().filter(|hit| accounts::may_begin(text.get((*hit).clone()).unwrap_or_default(), language)) {
        let Some((name, place)) = reader.name(hit) else { continue };
        for (span, confidence) in accounts::read(&reader, name, place.end) {
            reader.push(span, "generic-password", Some(name), confidence);
        }
    }
    for hit in hits.iter().filter(|hit| text.get((*hit).clone()).is_some_and(fields::may_name)) {
        let Some((name, place)) = reader.name(hit) else { continue };
        for (span, field, confidence) in
            typed::read(&reader, name, &place).into_iter().chain(compared::read(&reader, &place))
        {
            let before = reader.count();
            let prose = flow::is_commented(&text.as_bytes()[..place.start]) || tree.is_prose(&span);
            reader.push(span, "generic-password", Some(field), confidence);
            if prose {
                reader.weaken_since(before);
            }
        }
    }
    let mut tables = None;
    for hit in anywhere.iter().filter(|hit| puts_rows(text, hit)) {
        let tables = tables.get_or_insert_with(|| sql::Tables::of(text));
        for seed in sql::read(text, hit, tables) {
            reader.push(seed.span, seed.rule, Some(&seed.column), seed.confidence);
        }
    }
    for hit in hits.iter().filter(|hit| is_word(text, hit, manifest::GATE)) {
        for entry in manifest::read(text, hit.start) {
            reader.push(entry.span, entry.rule, Some(entry.key), entry.confidence);
        }
    }
    let mut found = reader.finish();
    repeats::quieten(text, &mut found);
    for candidate in &mut found {
        if candidate.confidence < Confidence::High && place::is_bundled(path, text, candidate.span.start) {
            candidate.confidence = Confidence::Low;
        }
    }
    of_file(text, path, found)
}

/// What was found, and what the file's kind tells.
fn of_file(text: &str, path: &Path, mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.extend(files::read(text, path));
    found.extend(table::read(text, path));
    if found.is_empty() {
        found.extend(whole::read(text, path));
    }
    found
}

/// Reads what is around spans, of which names will be asked, where nobody has read that: of a large text the parts alone.
pub(super) fn read_around<'s>(tree: &Tree<'_>, spans: impl Iterator<Item = &'s Range<usize>>) {
    let mut spans: Vec<Range<usize>> = spans.filter(|span| tree.is_unread(span)).cloned().collect();
    spans.sort_unstable_by_key(|span| span.start);
    if !spans.is_empty()
        && let Some(parts) = parts::around(tree, &spans)
    {
        tree.look_beside(&parts, &spans);
    }
}

/// Of telling words those whose values may stand anywhere in the text: calls that are given a variable, rows of a table.
pub(super) fn reaching_far(tree: &Tree<'_>, path: &Path, hits: &[Range<usize>]) -> Vec<Range<usize>> {
    let text = tree.text();
    // What the text is written in is asked last: most have no such words.
    let reader = LazyCell::new(|| lines::Reader::new(text, path, tree.language()));
    let reaches =
        |hit: &&Range<usize>| puts_rows(text, hit) || flow::may_call(text, hit) && flow::is_call(&reader, hit);
    hits.iter().filter(reaches).cloned().collect()
}

fn puts_rows(text: &str, hit: &Range<usize>) -> bool {
    text.get(hit.clone()).is_some_and(sql::begins)
}

fn is_word(text: &str, hit: &Range<usize>, word: &str) -> bool {
    text.get(hit.clone()).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

/// The name that a value is bound to, for a value found by its own format.
pub(super) fn name_before(text: &str, at: usize) -> Option<String> {
    let head = lines::head_of(text, at).trim_end_matches(['"', '\'', '`', ' ', '\t']);
    let head = head.strip_suffix("=>").or_else(|| head.strip_suffix(":=")).or_else(|| head.strip_suffix(['=', ':']))?;
    let head = head.trim_end_matches(['"', '\'', '`', ' ', '\t', ']']);
    let start = head.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).map_or(0, |at| at + 1);
    head.get(start..).filter(|name| name.len() > 1).map(str::to_owned)
}
