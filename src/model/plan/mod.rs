//! The plan: moves and refusals of a codebase, in a file that people review and commit. It holds fingerprints, never
//! values.

mod planned;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use keylift_grammars::{Addresses, Creates, Entry};
use serde::{Deserialize, Serialize};

pub use self::planned::{Decision, Lookup, PlannedMove, PlannedSite, Refused, ToCreate};
use super::failure::Failure;
use super::place::{Place, StoreRef};

/// The file's name where none is given.
pub const PLAN_FILE: &str = "keylift.plan.yaml";

/// Version of the plan format that this build writes and reads.
pub const PLAN_VERSION: u32 = 1;

const HEADING: &str = "\
# What keylift will move, and what it will not. Made for review: read it, change it, commit it. No value stands in here.
#   name      the variable that the code will look up; change it freely, no two moves may share one
#   decision  apply | later | false-positive (with a reason)
#   address   where the value will live in the store
#   part-of   the fingerprint of the secret that this identifier goes with: it moves only where that does; take the line
#             out to decide on it alone, or set its decision to leave it in the code
# `keylift diff` shows the edits that this plan stands for.
";

/// Moves and refusals of a codebase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// The store's URI, without credentials.
    pub store: String,
    /// How moved values are looked up, where a move does not say otherwise.
    pub lookup: Lookup,
    /// What an `ExternalSecret` reads the store through, where that is not the object `SecretStore/keylift`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_store: Option<StoreRef>,
    /// In compose files a variable that its image reads from a file as well becomes a secret of the service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compose_secrets: bool,
    /// Which key made the fingerprints.
    pub fingerprint_key: String,
    /// The folder that paths are relative to, as seen from the plan's own folder.
    #[serde(default = "here", skip_serializing_if = "is_here")]
    pub root: PathBuf,
    /// One entry a secret.
    #[serde(default)]
    pub moves: Vec<PlannedMove>,
    /// What will not be rewritten, and why.
    #[serde(default)]
    pub refusals: Vec<Refused>,
    /// Keyed hash of each file that a move touches: a file that changed since is a conflict, not a lost edit.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn is_here(path: &Path) -> bool {
    path == Path::new(".")
}

impl Plan {
    /// Reads a plan file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let failure = Failure::file("could not read the plan", path, &error);
            if error.kind() == std::io::ErrorKind::NotFound {
                return failure.advise("make one with `keylift plan --to STORE`");
            }
            failure
        })?;
        Self::parse(&text).map_err(|message| Failure::usage(format!("{}: {message}", path.display())))
    }

    /// Reads a plan's text. The error names line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        if plan.version != PLAN_VERSION {
            return Err(format!("this plan has version {}, this keylift reads {PLAN_VERSION}", plan.version));
        }
        plan.check()?;
        Ok(plan)
    }

    /// What must hold of any plan, however it was edited: no two moves share a name, an address or a value, names are
    /// ones that an environment can hold, and paths stay below the root.
    pub fn check(&self) -> Result<(), String> {
        let (mut names, mut addresses, mut values) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for planned in &self.moves {
            for name in std::iter::once(&planned.name).chain(&planned.also) {
                if !is_variable(name) {
                    return Err(format!("`{name}` is not a name: letters, digits and `_`, not starting with a digit"));
                }
                if !names.insert(name) {
                    return Err(format!("two moves are named `{name}`: two values never share a name"));
                }
            }
            if planned.decision == Decision::Apply && !addresses.insert(&planned.address) {
                return Err(format!("two moves go to {}: two values never share an address", planned.address));
            }
            if !values.insert(&planned.fingerprint) {
                return Err(format!(
                    "`{}` has the fingerprint of another move: equal secrets are one move",
                    planned.name
                ));
            }
            for site in &planned.sites {
                if !stays_below(&site.path) || site.span.0 > site.span.1 {
                    return Err(format!("`{}` is not a place below the root", site.path));
                }
            }
        }
        Ok(())
    }

    /// Two values never share a place of the store, also where only the store takes two names for one (`folds`: it does
    /// not tell cases apart).
    pub fn check_places(&self, folds: bool) -> Result<(), String> {
        let mut places = BTreeSet::new();
        for planned in self.approved() {
            if !places.insert(planned.address.place(folds)) {
                let address = &planned.address;
                return Err(format!("two moves go to {address}: the store does not tell their names apart"));
            }
        }
        Ok(())
    }

    /// Where the plan's values live, for lookups that name the entry itself.
    pub fn addresses(&self) -> Addresses {
        let place = Place::new(&self.store, false);
        let entry = |planned: &PlannedMove| {
            let (key, field) = place.remote(&planned.address);
            let entry = Entry { key, field, version: planned.address.version.clone() };
            planned.variables().map(|name| (name.to_owned(), entry.clone())).collect::<Vec<_>>()
        };
        let entries: BTreeMap<_, _> = self.moves.iter().flat_map(entry).collect();
        Addresses { entries: Some(entries.into()), ..place.addresses(self.secret_store.as_ref(), self.compose_secrets) }
    }

    /// The file's text.
    pub fn to_yaml(&self) -> Result<String, Failure> {
        let body = serde_yaml::to_string(self)
            .map_err(|error| Failure::usage(format!("could not write the plan: {error}")))?;
        Ok(format!("{HEADING}{body}"))
    }

    /// Writes the plan in one step.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = self.to_yaml()?;
        crate::files::write_whole(path, text.as_bytes()).map_err(|error| Failure::file("could not write", path, &error))
    }

    /// Takes over what was decided about the same values in an earlier plan.
    pub fn keep_decisions(&mut self, earlier: &Self) {
        for planned in &mut self.moves {
            if let Some(known) = earlier.moves.iter().find(|known| known.fingerprint == planned.fingerprint) {
                planned.decision = known.decision;
                planned.reason.clone_from(&known.reason);
                planned.reviewed = known.reviewed;
                planned.lookup = known.lookup;
            }
        }
    }

    /// The moves that `apply` makes.
    pub fn approved(&self) -> impl Iterator<Item = &PlannedMove> {
        let waits = |planned: &&PlannedMove| self.owner(planned).is_some_and(|owner| owner.decision != Decision::Apply);
        self.moves.iter().filter(move |planned| planned.decision == Decision::Apply && !waits(planned))
    }

    /// What services must be given before the files of these moves work: by file, what it is, and each name with the
    /// command that makes it.
    pub fn creates<'a>(moves: impl Iterator<Item = &'a PlannedMove>) -> Vec<ToCreate<'a>> {
        let mut all: Vec<ToCreate<'a>> = moves
            .flat_map(|planned| planned.sites.iter().map(move |site| (planned, site)))
            .filter_map(|(planned, site)| {
                let Creates { kind, command } = site.creates.as_ref()?;
                Some(ToCreate { path: &site.path, kind, name: &planned.name, command })
            })
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// The move that another one is a part of.
    pub fn owner(&self, part: &PlannedMove) -> Option<&PlannedMove> {
        let owner = part.part_of.as_ref()?;
        self.moves.iter().find(|planned| planned.fingerprint == *owner && planned.fingerprint != part.fingerprint)
    }
}

/// Whether a name can be an environment variable in every shell (POSIX, "Environment Variables").
pub fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn stays_below(path: &str) -> bool {
    use std::path::Component;
    !path.is_empty()
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use keylift_providers::Address;

    use super::*;
    use crate::model::{Kind, Severity};

    fn planned(name: &str, value: &str) -> PlannedMove {
        let key = keylift_providers::FingerprintKey::new([1; 32]);
        PlannedMove {
            name: name.into(),
            also: Vec::new(),
            decision: Decision::Apply,
            reason: None,
            reviewed: false,
            fingerprint: key.fingerprint(&keylift_providers::Secret::new(value)),
            part_of: None,
            address: Address { store: "age:x".into(), path: name.into(), field: None, version: None },
            lookup: None,
            rule: "generic-password".into(),
            kind: Kind::Password,
            severity: Severity::High,
            sites: Vec::new(),
        }
    }

    fn plan(moves: Vec<PlannedMove>) -> Plan {
        Plan {
            version: PLAN_VERSION,
            store: "age:x".into(),
            lookup: Lookup::Env,
            secret_store: None,
            compose_secrets: false,
            fingerprint_key: "k".into(),
            root: here(),
            moves,
            refusals: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn comes_back_from_its_own_text() {
        let plan = plan(vec![planned("A", "1"), planned("B", "2")]);
        assert_eq!(Plan::parse(&plan.to_yaml().unwrap()).unwrap(), plan);
    }

    #[test]
    fn two_values_never_share_a_name() {
        let error = plan(vec![planned("A", "1"), planned("A", "2")]).check().unwrap_err();
        assert!(error.contains("two moves are named `A`"), "{error}");
    }

    #[test]
    fn two_values_never_share_a_place_of_the_store() {
        let mut plan = plan(vec![planned("a", "1"), planned("A", "2")]);
        assert!(plan.check_places(false).is_ok());
        assert!(plan.check_places(true).unwrap_err().contains("two moves go to age:x A"));
        plan.moves[1].decision = Decision::Later;
        assert!(plan.check_places(true).is_ok());
    }

    #[test]
    fn equal_values_are_one_move() {
        assert!(plan(vec![planned("A", "1"), planned("B", "1")]).check().is_err());
    }

    #[test]
    fn a_part_moves_only_where_its_secret_does() {
        let mut plan = plan(vec![planned("SECRET", "1"), planned("ID", "2")]);
        plan.moves[1].part_of = Some(plan.moves[0].fingerprint.clone());
        assert_eq!(plan.approved().count(), 2);
        plan.moves[0].decision = Decision::Later;
        assert_eq!(plan.approved().count(), 0);
        plan.moves[1].part_of = None;
        assert_eq!(plan.approved().count(), 1);
        plan.moves[0].decision = Decision::Apply;
        plan.moves[1].part_of = Some(plan.moves[0].fingerprint.clone());
        plan.moves[1].decision = Decision::FalsePositive;
        assert_eq!(plan.approved().count(), 1);
        assert_eq!(Plan::parse(&plan.to_yaml().unwrap()).unwrap(), plan);
    }

    #[test]
    fn errors_name_the_line() {
        let text = plan(vec![planned("A", "1")]).to_yaml().unwrap().replace("decision: apply", "decision: maybe");
        let error = Plan::parse(&text).unwrap_err();
        assert!(error.contains("line"), "{error}");
    }

    #[test]
    fn paths_stay_below_the_root() {
        for path in ["../x", "/etc/passwd", ""] {
            assert!(!stays_below(path), "{path}");
        }
        assert!(stays_below("a/b.py"));
    }
}
