//! Sites and refusals -> Plan: equal secrets become one move, every move gets a name and an address of its own.

mod left;
mod planned;

use std::collections::{BTreeMap, BTreeSet};

use keylift_providers::{Fingerprint, FingerprintKey, Secret, Store};

use self::left::{binary, leave_prose, leave_repeats, refused, settle_fixed_names};
use self::planned::{Places, planned, set_names};
use super::locate::{self, Placed, Syntax};
use super::names::Names;
use super::unsaid::Unsaid;
use super::whose;
use crate::model::plan::PLAN_VERSION;
use crate::model::{Finding, Kind, Lookup, Place, Plan, PlannedMove, StoreRef};
use crate::rules::is_quiet_place;

/// What a plan is made for.
#[derive(Debug)]
pub struct Target<'a> {
    /// Where values will live.
    pub store: &'a dyn Store,
    /// How they are looked up.
    pub lookup: Lookup,
    /// The key of the fingerprints.
    pub key: &'a FingerprintKey,
    /// Names that an earlier plan gave, by value.
    pub earlier: BTreeMap<Fingerprint, String>,
    /// Whether a connection URL with a password inside moves whole; else the password alone does.
    pub whole_urls: bool,
    /// Whether files in which nothing can be looked up become templates.
    pub inject: bool,
    /// What an `ExternalSecret` reads the store through, where that was said.
    pub secret_store: Option<StoreRef>,
    /// In compose files a variable that its image reads from a file as well becomes a secret of the service.
    pub compose_secrets: bool,
    /// Variables that the code reads already.
    pub reserved: BTreeSet<String>,
}

/// A file and what was found in it.
#[derive(Debug)]
pub struct Scanned {
    /// Path below the root, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was found, in order of position.
    pub findings: Vec<Finding>,
}

struct Group<'a> {
    secret: Secret,
    value: Fingerprint,
    places: Vec<(&'a str, &'a Finding, Placed)>,
    /// The user whose password it is, where the first place that says so has one.
    owner: Option<String>,
}

/// Makes the plan. Every finding ends as a site of a move or as a refusal.
pub fn plan(files: &[Scanned], target: &Target<'_>) -> Plan {
    let found = files.iter().flat_map(|file| &file.findings).map(|finding| finding.secret.expose());
    let unsaid = Unsaid::new(found);
    let mut refusals = Vec::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    let addresses =
        Place::new(target.store.location(), false).addresses(target.secret_store.as_ref(), target.compose_secrets);
    for file in files {
        let syntax = Syntax::new(file.path.as_ref(), &file.bytes).map(|syntax| syntax.stored(&addresses));
        for finding in &file.findings {
            let style = target.lookup.into();
            let placed = |syntax| locate::locate(finding, syntax, style, target.inject);
            let located = syntax.as_ref().map_or_else(|| Err(binary()), placed);
            match located {
                Ok(mut placed) => {
                    if target.whole_urls
                        && finding.kind == Kind::Dsn
                        && let Some(whole) =
                            syntax.as_ref().and_then(|syntax| locate::whole(finding, syntax, placed.style))
                    {
                        placed = whole;
                    }
                    let secret = std::mem::replace(&mut placed.secret, Secret::new(Vec::new()));
                    let value = target.key.fingerprint(&secret);
                    let at = *index.entry(value.clone()).or_insert_with(|| {
                        groups.push(Group { secret, value, places: Vec::new(), owner: None });
                        groups.len() - 1
                    });
                    let text = syntax.as_ref().map(|syntax| &*syntax.text.text).filter(|_| !placed.place.prose);
                    let user = text.filter(|_| finding.kind == Kind::Password && !is_quiet_place(file.path.as_ref()));
                    let user = user.and_then(|text| whose::user(text, placed.span.start));
                    groups[at].owner = groups[at].owner.take().or_else(|| user.map(str::to_owned));
                    groups[at].places.push((&file.path, finding, placed));
                }
                Err(refusal) => refusals.push(refused(&file.path, finding, refusal, target.key)),
            }
        }
    }
    leave_prose(&mut groups, &mut refusals, target.key);
    leave_repeats(&mut groups, &mut refusals, target.key);
    let mut names = Names::new(target.reserved.clone());
    settle_fixed_names(&mut groups, &mut names, &mut refusals, target.key);
    let parts = parts(&groups);
    let mut moves = Vec::new();
    names.keep(set_names(&groups));
    let mut places = Places { folds: !target.store.capabilities().case_sensitive, taken: BTreeSet::new() };
    for group in groups {
        match planned(&group, &mut names, &mut places, &unsaid, target) {
            Ok(planned) => moves.push(PlannedMove { part_of: owner(&group, &parts), ..planned }),
            Err(refusal) => refusals.extend(
                group.places.iter().map(|(path, finding, _)| refused(path, finding, refusal.clone(), target.key)),
            ),
        }
    }
    let moves = with_parts(moves);
    for refusal in &mut refusals {
        refusal.reason = unsaid.masked(std::mem::take(&mut refusal.reason));
        refusal.advice = unsaid.masked(std::mem::take(&mut refusal.advice));
    }
    refusals.sort_by(|a, b| (&a.path, a.line, &a.code).cmp(&(&b.path, b.line, &b.code)));
    let touched: BTreeSet<&str> = moves.iter().flat_map(|planned| &planned.sites).map(|site| &*site.path).collect();
    Plan {
        version: PLAN_VERSION,
        store: target.store.location().to_owned(),
        lookup: target.lookup,
        secret_store: target.secret_store.clone(),
        compose_secrets: target.compose_secrets,
        fingerprint_key: target.key.id(),
        root: ".".into(),
        refusals,
        files: files
            .iter()
            .filter(|file| touched.contains(&*file.path))
            .map(|file| (file.path.clone(), file_hash(target.key, &file.bytes)))
            .collect(),
        moves,
    }
}

/// Keyed hash of a file's bytes: a bare one would let anybody guess a weak secret in an otherwise known file.
pub fn file_hash(key: &FingerprintKey, bytes: &[u8]) -> String {
    key.derive("file", &[bytes])[..16].iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}

/// Where the identifiers stand that go with secrets, with the secrets' fingerprints.
fn parts<'a>(groups: &[Group<'a>]) -> BTreeMap<(&'a str, usize), Fingerprint> {
    let mut parts = BTreeMap::new();
    for group in groups {
        for (path, finding, _) in &group.places {
            if let Some(pair) = &finding.pair {
                parts.entry((*path, pair.span.start)).or_insert_with(|| group.value.clone());
            }
        }
    }
    parts
}

/// The secret that an identifier goes with. What opens something by itself is no part of anything.
fn owner(group: &Group<'_>, parts: &BTreeMap<(&str, usize), Fingerprint>) -> Option<Fingerprint> {
    let place = |(path, finding, _): &(&str, &Finding, Placed)| {
        let part = parts.get(&(*path, finding.span.start)).filter(|_| finding.kind == Kind::Identifier);
        part.filter(|owner| **owner != group.value).cloned()
    };
    group.places.iter().find_map(place)
}

/// Parts behind the moves that they are parts of; those of secrets that do not move are moves of their own.
fn with_parts(moves: Vec<PlannedMove>) -> Vec<PlannedMove> {
    let whole: BTreeSet<Fingerprint> =
        moves.iter().filter(|planned| planned.part_of.is_none()).map(|planned| planned.fingerprint.clone()).collect();
    let (mut parts, moves): (Vec<_>, Vec<_>) = moves
        .into_iter()
        .map(|planned| PlannedMove { part_of: planned.part_of.filter(|owner| whole.contains(owner)), ..planned })
        .partition(|planned| planned.part_of.is_some());
    let mut ordered = Vec::with_capacity(moves.len() + parts.len());
    for planned in moves {
        let fingerprint = planned.fingerprint.clone();
        ordered.push(planned);
        ordered.extend(parts.extract_if(.., |part| part.part_of.as_ref() == Some(&fingerprint)));
    }
    ordered
}
