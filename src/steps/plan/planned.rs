//! One value's move: its name among what its places call it, its address, its sites.

use std::collections::{BTreeMap, BTreeSet};

use keylift_grammars::{Creates, Refusal, Style};
use keylift_providers::{Address, Fingerprint, Rejected, Secret, Store};

use super::{Group, Target};
use crate::model::plan::is_variable;
use crate::model::{Decision, Finding, Kind, Lookup, PlannedMove, PlannedSite};
use crate::rules::{is_credential_name, is_quiet_place};
use crate::steps::locate::{self, Placed};
use crate::steps::names::{self, Names, Wish};
use crate::steps::unsaid::Unsaid;

/// Variables that files of the environment set, with the values that they are set to: no other value gets such a name.
pub(super) fn set_names(groups: &[Group<'_>]) -> BTreeMap<String, BTreeSet<Fingerprint>> {
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
pub(super) struct Places {
    pub(super) folds: bool,
    pub(super) taken: BTreeSet<String>,
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

/// The move of a group; a refusal where the store takes no address of it.
pub(super) fn planned(
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
