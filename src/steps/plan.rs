//! Sites and refusals -> Plan: equal secrets become one move, every move gets a name and an address of its own.

use std::collections::{BTreeMap, BTreeSet};

use keylift_grammars::{Creates, Refusal, Style};
use keylift_providers::{Address, Fingerprint, FingerprintKey, Rejected, Secret, Store};

use super::locate::{self, Placed, Syntax};
use super::names::{self, Names, Wish};
use super::unsaid::Unsaid;
use super::whose;
use crate::model::plan::{PLAN_VERSION, is_variable};
use crate::model::{Decision, Finding, Kind, Lookup, Place, Plan, PlannedMove, PlannedSite, Refused, StoreRef};
use crate::rules::{is_credential_name, is_quiet_place};

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

/// Variables that the code reads already belong to the value that stands as their default. Where two values are
/// defaults of one variable, the first keeps it and the others are refused: one name never stands for two values.
fn settle_fixed_names(
    groups: &mut Vec<Group<'_>>,
    names: &mut Names,
    refusals: &mut Vec<Refused>,
    key: &FingerprintKey,
) {
    for group in groups.iter_mut() {
        let value = group.value.clone();
        group.places.retain(|(path, finding, placed)| {
            let Some(fixed) = &placed.place.fixed_name else { return true };
            if is_variable(fixed) && names.claim(fixed, &value) {
                return true;
            }
            let refusal = locate::refusal(
                "two-defaults",
                &format!(
                    "`{fixed}` stands for another value elsewhere in the code, and one name cannot stand for two values"
                ),
                "give one of the two a variable of its own, or plan the files of each environment by themselves",
            );
            refusals.push(refused(path, finding, refusal, key));
            false
        });
    }
    groups.retain(|group| !group.places.is_empty());
}

/// A value that stands in comments and documentation alone is looked up by nothing: a store would keep it for nobody, and
/// a person decides what the text says instead. One that moves is crossed out there too.
fn leave_prose(groups: &mut Vec<Group<'_>>, refusals: &mut Vec<Refused>, key: &FingerprintKey) {
    groups.retain(|group| {
        let prose = group.places.iter().all(|(_, _, placed)| placed.place.prose);
        if prose {
            let refusal = locate::refusal(
                "prose",
                "the value stands in a comment or in documentation, and nothing in the code uses it",
                "delete it from the text, and revoke it where it was issued if it ever worked",
            );
            refusals.extend(group.places.iter().map(|(path, finding, _)| refused(path, finding, refusal.clone(), key)));
        }
        !prose
    });
}

/// Where no place moves that a rule found, tests and documentation keep what repeats the value: code that reads the value
/// as before is tested with it as before.
fn leave_repeats(groups: &mut Vec<Group<'_>>, refusals: &mut Vec<Refused>, key: &FingerprintKey) {
    groups.retain(|group| {
        let repeats = group.places.iter().all(|(path, finding, placed)| {
            placed.place.prose || finding.again && is_quiet_place(path.as_ref())
        });
        if repeats {
            let refusal = locate::refusal(
                "repeat",
                "the value stands here as it does elsewhere, and none of the places that were found first can be rewritten",
                "rewrite one of those by hand as its own refusal says, and this one with it",
            );
            refusals.extend(group.places.iter().map(|(path, finding, _)| refused(path, finding, refusal.clone(), key)));
        }
        !repeats
    });
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

/// Variables that files of the environment set, with the values that they are set to: no other value gets such a name.
fn set_names(groups: &[Group<'_>]) -> BTreeMap<String, BTreeSet<Fingerprint>> {
    let mut set: BTreeMap<String, BTreeSet<Fingerprint>> = BTreeMap::new();
    for group in groups {
        let here = group.places.iter().filter(|(path, ..)| is_environment(path));
        for name in here.filter_map(|(_, finding, _)| finding.name.as_ref()).filter(|name| is_variable(name)) {
            set.entry(name.clone()).or_default().insert(group.value.clone());
        }
    }
    set
}

/// Places in the store that moves have taken. Names that the store takes for one are one.
struct Places {
    folds: bool,
    taken: BTreeSet<String>,
}

impl Places {
    /// A free place for a value: under the move's name, or with a number after it where another move is there, whose name
    /// the store does not tell from this one.
    fn give(&mut self, name: &str, secret: &Secret, store: &dyn Store) -> Result<Address, Rejected> {
        let mut number = 1;
        loop {
            let spelled = if number == 1 { name.to_owned() } else { format!("{name}_{number}") };
            let address = store.address(&spelled)?;
            store.accepts(&address, secret)?;
            if self.taken.insert(address.place(self.folds)) {
                return Ok(address);
            }
            number += 1;
        }
    }
}

fn planned(
    group: &Group<'_>,
    names: &mut Names,
    places: &mut Places,
    unsaid: &Unsaid,
    target: &Target<'_>,
) -> Result<PlannedMove, Refusal> {
    let mut wish = Wish {
        earlier: target.earlier.get(&group.value).cloned(),
        owner: group.owner.clone().filter(|owner| !unsaid.is_in(owner)),
        ..Wish::default()
    };
    let mut called: Vec<((bool, Standing), String)> = Vec::new();
    let mut scopes: Vec<(Standing, String)> = Vec::new();
    for (path, finding, placed) in &group.places {
        let standing = Standing::of(path, placed);
        push_new(&mut wish.taken, placed.place.taken_names.iter().cloned());
        push_new(&mut wish.fixed, placed.place.fixed_name.iter().cloned());
        // A password inside a connection string is not what the string's own name says: `url` gives `URL_PASSWORD`.
        let inside = finding.kind == Kind::Dsn && placed.place.shape.starts_with("part of");
        // `shop:…` behind `curl -u` is the password of `shop`; what is a password's name already stays.
        let of_password = |name: &String| {
            if is_credential_name(name) { name.clone() } else { format!("{name}_password") }
        };
        let part = placed.place.names.iter().filter(|_| inside).map(|name| names::of_part(&of_password(name)));
        let typed = finding.kind == Kind::Password && !finding.rule.starts_with("generic-");
        let given = placed.place.names.iter().filter(|_| !inside);
        let given = given.map(|name| if typed { of_password(name) } else { name.clone() });
        let bound: Vec<String> = finding
            .name
            .iter()
            .filter(|_| !inside)
            .map(|name| if typed { of_password(name) } else { name.clone() })
            .collect();
        // What holds a statement with a password in it (`insert`) does not name the password.
        let first = placed.place.names.first().filter(|_| placed.place.shape.starts_with("part of"));
        let statement = first.and_then(|name| names::of_call(name, &finding.rule));
        let told = bound.iter().filter(|_| statement.is_some()).cloned();
        let passed = bound.iter().filter_map(|name| names::of_call(name, &finding.rule));
        let best: Vec<String> = passed.chain(told).chain(statement.clone()).collect();
        let all = best.into_iter().chain(given).chain(part).chain(bound.iter().cloned());
        called.extend(all.map(|name| (standing.named(path, finding, &name), name)));
        if is_environment(path) {
            wish.set.extend(finding.name.iter().filter(|name| is_variable(name)).cloned());
            wish.set.extend(placed.place.names.first().cloned());
        }
        let env = finding.env.as_ref().map(|env| if inside { names::of_part(env) } else { env.clone() });
        wish.rule = wish.rule.or(env);
        let stem = std::path::Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        scopes.extend(placed.place.scopes.iter().cloned().chain(stem).map(|scope| (standing, scope)));
    }
    called.sort_by_key(|(standing, _)| *standing);
    scopes.sort_by_key(|(standing, _)| *standing);
    push_new(&mut wish.called, called.into_iter().map(|(_, name)| name));
    push_new(&mut wish.scopes, scopes.into_iter().map(|(_, scope)| scope));
    wish.called.retain(|name| !unsaid.is_in(name));
    wish.scopes.retain(|name| !unsaid.is_in(name));
    wish.set.retain(|name| !unsaid.is_in(name));
    let fixed = fixed_names(group, &mut wish, target);
    let reads = |placed: &Placed| placed.place.fixed_name.is_none() && placed.style != Style::Inject;
    let reading = group.places.iter().filter(|(_, _, placed)| reads(placed));
    wish.read_by = reading.map(|(_, _, placed)| (placed.language, target.lookup.into())).collect();
    wish.read_by.dedup_by_key(|(language, _)| &language.name);
    let name = names.choose(&wish, &group.value);
    let mut also: Vec<String> = fixed.into_iter().filter(|fixed| *fixed != name).collect();
    // Some formats read a variable that is called otherwise than what they look up (`TF_VAR_x` for `var.x`).
    let read = wish.read_by.iter().map(|(language, style)| language.variable(*style, &name));
    push_new(&mut also, read.filter(|read| *read != name && names.claim(read, &group.value)));
    let address = places.give(&name, &group.secret, target.store);
    let address = address.map_err(|rejected| locate::refusal("store-rejects", &rejected.reason, &rejected.advice))?;
    let worst = group.places.iter().map(|(_, finding, _)| finding.severity).max();
    let (_, first, _) = &group.places[0];
    Ok(PlannedMove {
        also,
        decision: Decision::Apply,
        reason: None,
        reviewed: false,
        fingerprint: group.value.clone(),
        part_of: None,
        address,
        lookup: None,
        rule: first.rule.clone(),
        kind: first.kind,
        severity: worst.unwrap_or(first.severity),
        sites: group
            .places
            .iter()
            .map(|(path, finding, placed)| PlannedSite {
                path: (*path).to_owned(),
                line: finding.start.0,
                span: (placed.span.start, placed.span.end),
                shape: placed.place.shape.clone(),
                caution: locate::caution(placed.place.applicability),
                rule: finding.rule.clone(),
                confidence: finding.confidence,
                lookup: (placed.style == Style::Inject).then_some(Lookup::Inject),
                creates: placed.place.creates.clone().filter(|_| placed.style != Style::Inject).map(|creates| Creates {
                    command: creates.command.replace("<name>", &name),
                    ..creates
                }),
                todo: match placed.style {
                    Style::Inject => Some(format!(
                        "{path} is a template now: start the program with `keylift run --inject {path}:OUT -- …`, and have \
                         it read OUT"
                    )),
                    _ => placed.place.todo.as_ref().map(|todo| todo.replace("<name>", &name)),
                },
            })
            .collect(),
        name,
    })
}

/// The names that places fix. `TF_VAR_x` is Terraform's name alone: other code calls the value by one of its own, so that
/// no move is named by it where such code shares the value.
fn fixed_names(group: &Group<'_>, wish: &mut Wish, target: &Target<'_>) -> Vec<String> {
    let own = |fixed: &String| fixed.bytes().any(|byte| byte.is_ascii_lowercase());
    let reads_plainly = |placed: &Placed| placed.language.variable(target.lookup.into(), "X") == "X";
    let shared = group
        .places
        .iter()
        .any(|(_, _, placed)| placed.place.fixed_name.is_none() && !placed.place.prose && reads_plainly(placed));
    if shared && wish.fixed.iter().all(own) { std::mem::take(&mut wish.fixed) } else { wish.fixed.clone() }
}

/// How much what a place calls a value counts for its name, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// A file that sets the program's environment calls it so.
    Variable,
    Code,
    Test,
    Prose,
}

impl Standing {
    fn of(path: &str, placed: &Placed) -> Self {
        if placed.place.prose {
            Self::Prose
        } else if is_quiet_place(path.as_ref()) {
            Self::Test
        } else {
            Self::Code
        }
    }

    /// How much one of the names counts: what does not say that it is a credential's, less than all that do.
    fn named(self, path: &str, finding: &Finding, name: &str) -> (bool, Self) {
        let told = finding.rule.starts_with("generic-") || finding.kind == Kind::Password;
        let unnamed = told && !is_credential_name(name);
        let set = is_environment(path) && finding.name.as_deref() == Some(name) && is_variable(name);
        let variable = self == Self::Code && set && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        (unnamed, if variable { Self::Variable } else { self })
    }
}

/// Whether a file's keys are variables of the program's environment: compose files, `.env`, Dockerfiles, manifests.
fn is_environment(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let has = |extension: &str| std::path::Path::new(&name).extension().is_some_and(|found| found == extension);
    name.starts_with(".env") || name.contains("dockerfile") || ["yml", "yaml", "env", "toml"].iter().any(|ext| has(ext))
}

fn push_new(list: &mut Vec<String>, items: impl IntoIterator<Item = String>) {
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

fn refused(path: &str, finding: &Finding, refusal: Refusal, key: &FingerprintKey) -> Refused {
    Refused {
        path: path.to_owned(),
        line: finding.start.0,
        fingerprint: key.fingerprint(&finding.secret),
        rule: finding.rule.clone(),
        severity: finding.severity,
        code: refusal.code,
        reason: refusal.reason,
        advice: refusal.advice,
    }
}

fn binary() -> Refusal {
    locate::refusal(
        "binary",
        "the file is not text",
        "replace the file by hand; keep a binary secret as a file of its own",
    )
}
