//! Matches the rules over a file: one pass over the bytes finds keywords, and only around those is anything else tried.

mod told;
mod worth;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use keylift_providers::Secret;

use super::encoded::{self, layers};
use super::gate::Gate;
use super::generic::{self, Candidate};
use super::matcher::{Matcher, begin_at};
use super::overlap::one_a_place;
use super::rule::{Rule, RuleError};
use super::sketch::Sketch;
use super::text::{Lines, View};
use super::tree::Tree;
use super::versions::{self, Held, Passages, Quiet, Start};
use crate::model::{Confidence, Encoded, Finding, Kind, SourceFile};

/// Most values that are taken from one file: a list of a hundred thousand tokens is a data set.
const MOST: usize = 10_000;

/// How often, at most, the places where a pattern is tried at keywords alone may overlap, on average.
const FEW: usize = 4;

/// Rank of what a pattern found; readings of names stand below.
pub(super) const RULE: u8 = 10;

/// The rules, ready to match. A pattern is compiled when its keyword is first seen.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Cow<'static, Rule>>,
    sketches: Vec<OnceLock<Option<Sketch>>>,
    compiled: Vec<OnceLock<Option<Matcher>>>,
    gate: Gate,
    /// For each keyword of the gate: the rules that it belongs to, and whether it starts the reading of names.
    owners: Vec<Owner>,
}

#[derive(Debug, Default)]
struct Owner {
    rules: Vec<usize>,
    generic: bool,
}

/// Where keywords stand in a text.
#[derive(Debug, Default)]
struct Hits {
    /// Those of rules, with the rule's number; in no order.
    windows: Vec<(usize, Range<usize>)>,
    /// Those that start the reading of names, in order.
    names: Vec<Range<usize>>,
    /// Of those, where lines are passed over: words whose values may stand anywhere. Each is looked at whatever its line.
    far: Vec<Range<usize>>,
}

static BUILTIN: LazyLock<Engine> =
    LazyLock::new(|| Engine::build(super::builtin::rules().iter().map(Cow::Borrowed).collect()));

impl Engine {
    /// The engine with the built-in rules alone.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The engine with the built-in rules and a user's: a user's rule takes the place of a built-in one of the same id.
    ///
    /// # Errors
    /// A pattern that is no regular expression, or a rule without usable keywords.
    pub fn with(extra: Vec<Rule>) -> Result<Self, RuleError> {
        let mut rules: Vec<Cow<'static, Rule>> = super::builtin::rules().iter().map(Cow::Borrowed).collect();
        for rule in extra {
            let wrong = |message: String| RuleError::Rule { rule: rule.id.to_string(), message };
            Matcher::new(&rule).map_err(wrong)?;
            if rule.keywords.is_empty() || rule.keywords.iter().any(|keyword| keyword.is_empty()) {
                return Err(wrong("`keywords` is empty: a rule needs a literal that is in every match".to_owned()));
            }
            match rules.binary_search_by(|known| known.id.cmp(&rule.id)) {
                Ok(at) => rules[at] = Cow::Owned(rule),
                Err(at) => rules.insert(at, Cow::Owned(rule)),
            }
        }
        Ok(Self::build(rules))
    }

    fn build(rules: Vec<Cow<'static, Rule>>) -> Self {
        let mut keywords: Vec<String> = generic::keywords().map(str::to_owned).collect();
        let mut index: HashMap<String, usize> =
            keywords.iter().enumerate().map(|(at, word)| (word.clone(), at)).collect();
        let mut owners: Vec<Owner> = keywords.iter().map(|_| Owner { rules: Vec::new(), generic: true }).collect();
        for (number, rule) in rules.iter().enumerate() {
            for keyword in rule.keywords.iter() {
                let keyword = keyword.to_ascii_lowercase();
                let at = *index.entry(keyword.clone()).or_insert_with(|| {
                    keywords.push(keyword);
                    owners.push(Owner::default());
                    owners.len() - 1
                });
                owners[at].rules.push(number);
            }
        }
        let gate = Gate::new(keywords);
        let sketches = rules.iter().map(|_| OnceLock::new()).collect();
        let compiled = rules.iter().map(|_| OnceLock::new()).collect();
        Self { rules, sketches, compiled, gate, owners }
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok().map(|at| &*self.rules[at])
    }

    /// Every rule, in order of id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// Everything that the rules find in a file, of every confidence, in order of position, one finding a place. Callers
    /// filter. Panics on no input.
    pub fn scan(&self, file: &SourceFile) -> Vec<Finding> {
        self.scan_for(file, Confidence::Low)
    }

    /// As [`Engine::scan`], but only what has at least a confidence: a file that can have nothing of it costs less.
    pub fn scan_for(&self, file: &SourceFile, least: Confidence) -> Vec<Finding> {
        self.look(file, least, None)
    }

    /// As [`Engine::scan_for`], for one of many versions of a file: lines that were quiet in another are passed over, and
    /// those that are in this one are remembered.
    pub fn scan_version(&self, file: &SourceFile, least: Confidence, others: &mut Quiet) -> Vec<Finding> {
        self.look(file, least, Some(others))
    }

    fn look(&self, file: &SourceFile, least: Confidence, others: Option<&mut Quiet>) -> Vec<Finding> {
        let Some(view) = View::of(&file.bytes) else { return Vec::new() };
        let text = view.text();
        let tree = Tree::new(text, file.path());
        let start = others.as_ref().map_or_else(|| Start::anew(text), |others| others.start(text));
        let Start { part, found: stayed, language } = start;
        if let Some(language) = language {
            tree.know_language(language);
        }
        let mut hits = self.hits(text, &part);
        let passages = others.as_ref().map(|others| self.pass_over(&mut hits, &tree, others, stayed.is_some()));
        let mut far = !hits.far.is_empty();
        let mut candidates = self.candidates(&tree, file, hits, &part, least);
        self.quieten(&mut candidates, &tree, least);
        // Half of a credential stays until it is known whether the other half is there.
        candidates.retain(|candidate| candidate.confidence >= least || self.is_half(&candidate.rule));
        one_a_place(&mut candidates);
        generic::read_around(&tree, candidates.iter().filter(|found| found.rank >= RULE).map(|found| &found.span));
        for candidate in candidates.iter_mut().filter(|candidate| candidate.rank >= RULE) {
            candidate.name = tree.name_of(&candidate.span).or_else(|| generic::name_before(text, candidate.span.start));
        }
        let language = if candidates.is_empty() { None } else { tree.language() };
        for candidate in &mut candidates {
            candidate.language = language;
        }
        if let Some(stayed) = stayed.filter(|stayed| !stayed.is_empty()) {
            candidates.extend(stayed);
            one_a_place(&mut candidates);
        }
        if let (Some(others), Some(passages)) = (others, passages) {
            // What stands encoded is read anew each time: it is rare.
            far |= candidates.iter().any(|candidate| candidate.encoded.is_some());
            let held = match &view {
                View::Own { mark, .. } => Held::own(&file.bytes, *mark),
                View::Decoded(_) => Held::copy(text),
            };
            let found = candidates.iter().map(|candidate| candidate.moved(candidate.span.clone())).collect();
            others.learn(held, tree.known_language(), &passages, far, found);
        }
        if candidates.is_empty() {
            return Vec::new();
        }
        let lines = Lines::new(text);
        let mut found: Vec<Finding> =
            candidates.into_iter().filter_map(|candidate| self.finding(candidate, file, &view, &lines)).collect();
        self.pair_up(&mut found, &tree);
        let paired: Vec<_> = found.iter().filter_map(|finding| Some(finding.pair.as_ref()?.span.clone())).collect();
        found
            .into_iter()
            .filter(|finding| finding.confidence >= least || paired.contains(&finding.span))
            .filter(|finding| {
                let counts = |only: &Range<usize>| only.start < finding.bytes.end && finding.bytes.start < only.end;
                file.only.is_empty() || file.only.iter().any(counts)
            })
            .collect()
    }

    /// Whether a rule finds what is no secret by itself.
    fn is_half(&self, rule: &str) -> bool {
        self.rule(rule).is_some_and(|rule| rule.kind == Kind::Identifier)
    }

    /// Where in a part of a text the keywords stand.
    fn hits(&self, text: &str, part: &Range<usize>) -> Hits {
        let mut hits = Hits::default();
        self.gate.each(&text.as_bytes()[part.clone()], |keyword, place| {
            let place = place.start + part.start..place.end + part.start;
            let owner = &self.owners[keyword];
            hits.windows.extend(self.windows(owner, text.as_bytes(), &place));
            if owner.generic {
                hits.names.push(place);
            }
        });
        hits.names.sort_unstable_by_key(|hit| hit.start);
        hits
    }

    /// The rules that a keyword at a place belongs to, but for those that have no match there.
    fn windows<'s>(
        &'s self,
        owner: &'s Owner,
        text: &'s [u8],
        place: &'s Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + 's {
        let may_stand = |rule: &usize| self.sketch(*rule).is_some_and(|sketch| sketch.may_stand(text, place.start));
        owner.rules.iter().copied().filter(may_stand).map(|rule| (rule, place.clone()))
    }

    /// Takes out what stands in lines that were quiet in other versions of the file.
    fn pass_over(&self, hits: &mut Hits, tree: &Tree<'_>, others: &Quiet, stayed: bool) -> Passages {
        let places = hits.names.iter().chain(hits.windows.iter().map(|(_, place)| place));
        let mut places: Vec<usize> = places.map(|place| place.start).collect();
        places.sort_unstable();
        hits.far = generic::reaching_far(tree, tree.path(), &hits.names);
        let passages = others.passages(tree.text(), &places, stayed);
        hits.names.retain(|place| passages.is_new(place.start));
        let reach = |rule| self.sketch(rule).map_or(0, |sketch| sketch.reach);
        hits.windows.retain(|(rule, place)| passages.is_new(place.start) || reach(*rule) > versions::BEHIND);
        passages
    }

    fn candidates(
        &self,
        tree: &Tree<'_>,
        file: &SourceFile,
        hits: Hits,
        part: &Range<usize>,
        least: Confidence,
    ) -> Vec<Candidate> {
        let text = tree.text();
        let mut found = generic::read(tree, file.path(), &hits.names, &hits.far, least);
        self.matches(text, hits.windows, file, &mut found);
        self.encoded(text, part, file, encoded::DEPTH, &mut found);
        found
    }

    /// What the rules' patterns find in windows of a text.
    fn matches(
        &self,
        text: &str,
        mut windows: Vec<(usize, Range<usize>)>,
        file: &SourceFile,
        found: &mut Vec<Candidate>,
    ) {
        // Windows of one rule in order, so that those that touch are looked at as one.
        windows.sort_unstable_by_key(|(rule, hit)| (*rule, hit.start));
        let mut rest = &windows[..];
        while let Some((rule, hit)) = rest.first() {
            let Some(sketch) = self.sketch(*rule) else {
                rest = &rest[1..];
                continue;
            };
            let before =
                |hit: &Range<usize>| if sketch.begins { hit.start } else { hit.end.saturating_sub(sketch.reach) };
            let mut window = before(hit)..(hit.start + sketch.reach).min(text.len());
            let others = rest[1..].iter().take_while(|(other, hit)| {
                let joins = other == rule && before(hit) <= window.end;
                if joins {
                    window.end = (hit.start + sketch.reach).min(text.len());
                }
                joins
            });
            let (group, behind) = rest.split_at(1 + others.count());
            rest = behind;
            let keywords = hit.start..group.last().map_or(hit.end, |(_, last)| last.end.min(window.end));
            let width = window.len();
            let may_match = sketch.may_match(text.as_bytes(), &window) && {
                window = sketch.narrowed(text.as_bytes(), keywords, window);
                sketch.may_match(text.as_bytes(), &window)
            };
            if may_match && let Some(matcher) = self.matcher(*rule) {
                let mut tell = |span, whole| {
                    if found.len() < MOST {
                        found.extend(self.judge(*rule, matcher, text, span, whole, file));
                    }
                };
                // Many keywords close together would have the same text tried many times.
                let overlapping = group.len().saturating_mul(sketch.reach.min(text.len()));
                if sketch.begins && overlapping <= width.saturating_mul(FEW) {
                    begin_at(text.as_bytes(), group, sketch, matcher, &mut tell);
                } else {
                    matcher.find(text.as_bytes(), window, tell);
                }
            }
        }
    }

    /// What the rules' patterns find in what stands encoded in a part of a text. The span is that of the outer text; where a rule
    /// matches the outer text as well, that counts for more.
    fn encoded(&self, text: &str, part: &Range<usize>, file: &SourceFile, depth: usize, found: &mut Vec<Candidate>) {
        layers(text.get(part.clone()).unwrap_or_default(), |layer| {
            let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
            self.gate.each(layer.text.as_bytes(), |keyword, place| {
                windows.extend(self.windows(&self.owners[keyword], layer.text.as_bytes(), &place));
            });
            let mut inner = Vec::new();
            self.matches(&layer.text, windows, file, &mut inner);
            inner.retain(|candidate| self.rule(&candidate.rule).is_some_and(|rule| rule.kind != Kind::Identifier));
            if depth > 1 {
                self.encoded(&layer.text, &(0..layer.text.len()), file, depth - 1, &mut inner);
            }
            for mut candidate in inner {
                let (Some(value), Some(span)) = (layer.text.get(candidate.span.clone()), layer.outer(&candidate.span))
                else {
                    continue;
                };
                let span = part.start + span.start..part.start + span.end;
                if found.len() >= MOST || text.get(span.clone()).is_none_or(|outer| outer == value) {
                    continue;
                }
                candidate.encoded = Some(match candidate.encoded {
                    Some(deeper) => Encoded { chain: format!("{}+{}", layer.encoding, deeper.chain), ..deeper },
                    None => Encoded { chain: layer.encoding.to_owned(), plain: Secret::new(value.as_bytes()) },
                });
                found.push(Candidate { span, rank: RULE, ..candidate });
            }
        });
    }

    fn sketch(&self, number: usize) -> Option<&Sketch> {
        self.sketches[number]
            .get_or_init(|| Sketch::of(&self.rules[number].pattern, &self.rules[number].keywords))
            .as_ref()
    }

    fn matcher(&self, number: usize) -> Option<&Matcher> {
        self.compiled[number].get_or_init(|| Matcher::new(&self.rules[number]).ok()).as_ref()
    }
}
