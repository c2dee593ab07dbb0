//! The guided conversation over a plan. Questions and answers are data: a terminal answers them, a script does, tests do.

mod question;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keylift_providers::{Address, FingerprintKey, Store};

pub use question::{Answer, Answers, Group, Question, Verdict};
pub use script::Script;

use crate::model::{Decision, Failure, Lookup, Plan, SourceFile};
use crate::rules::Engine;
use crate::steps::plan::file_hash;
use crate::steps::preview::preview;

/// A conversation about a plan.
#[derive(Debug)]
pub struct Session<'a> {
    plan: Plan,
    root: &'a Path,
    key: &'a FingerprintKey,
    store: &'a dyn Store,
    color: bool,
    files: BTreeMap<String, Vec<u8>>,
    /// Moves in the order in which they were answered, for going back.
    answered: Vec<usize>,
}

impl<'a> Session<'a> {
    /// A conversation about a plan, taken up where it was left: moves that were reviewed are not asked about again.
    pub fn new(
        plan: Plan,
        root: &'a Path,
        key: &'a FingerprintKey,
        store: &'a dyn Store,
        color: bool,
    ) -> Result<Self, Failure> {
        if plan.fingerprint_key != key.id() {
            return Err(Failure::usage("the plan was made with another fingerprint key")
                .advise("plan again, or take over the key file of whoever made the plan"));
        }
        Ok(Self { plan, root, key, store, color, files: BTreeMap::new(), answered: Vec::new() })
    }

    /// Asks until everything is answered or the user leaves. `save` is called after each answer, so that nothing is lost.
    /// Gives the number of moves that are still open.
    pub fn run(
        &mut self,
        answers: &mut dyn Answers,
        mut save: impl FnMut(&Plan) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let mut problem: Option<String> = None;
        let mut skipped: BTreeSet<usize> = BTreeSet::new();
        while let Some(at) =
            (0..self.plan.moves.len()).find(|at| !self.plan.moves[*at].reviewed && !skipped.contains(at))
        {
            let question = self.question(at, problem.take());
            match answers.answer(&question)? {
                Some(Answer::Quit) => break,
                None => {
                    skipped.insert(at);
                    continue;
                }
                Some(Answer::Back) => match self.answered.pop() {
                    Some(before) => self.plan.moves[before].reviewed = false,
                    None => problem = Some("this is the first one".into()),
                },
                Some(answer) => problem = self.take(at, answer).err(),
            }
            save(&self.plan)?;
        }
        Ok(self.plan.moves.iter().filter(|planned| !planned.reviewed).count())
    }

    /// The plan as it is now.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    fn question(&mut self, at: usize, problem: Option<String>) -> Question {
        let planned = &self.plan.moves[at];
        let alone = self.only(at);
        let mut diff = String::new();
        let mut notes = Vec::new();
        let mut paths: Vec<String> = planned.sites.iter().map(|site| site.path.clone()).collect();
        paths.dedup();
        for path in paths {
            match self.file(&path) {
                Err(reason) => notes.push(reason),
                Ok(bytes) => {
                    let found = Engine::builtin().scan(&SourceFile::disk(&*path, bytes.clone()));
                    let secrets: Vec<_> = found.iter().map(|finding| finding.span.clone()).collect();
                    if let Some(shown) = preview(&alone, &alone.addresses(), &path, &bytes, &secrets) {
                        diff.push_str(&crate::render::diff::unified(
                            &shown.path,
                            &shown.before,
                            &shown.after,
                            self.color,
                        ));
                        notes.extend(shown.refused.into_iter().map(|(_, reason)| reason));
                    }
                }
            }
        }
        let planned = &self.plan.moves[at];
        Question {
            number: at + 1,
            total: self.plan.moves.len(),
            name: planned.name.clone(),
            fingerprint: planned.fingerprint.to_string(),
            rule: planned.rule.clone(),
            severity: planned.severity,
            part_of: self.plan.owner(planned).map(|owner| owner.name.clone()),
            address: planned.address.to_string(),
            lookup: planned.lookup.unwrap_or(self.plan.lookup),
            places: planned.sites.iter().map(|site| (site.path.clone(), site.line)).collect(),
            cautions: planned.sites.iter().filter(|site| site.caution.is_some()).count(),
            diff,
            notes,
            problem,
        }
    }

    /// The plan with one move alone.
    fn only(&self, at: usize) -> Plan {
        let mut planned = self.plan.moves[at].clone();
        planned.decision = Decision::Apply;
        Plan { moves: vec![planned], refusals: Vec::new(), ..self.plan.clone() }
    }

    fn file(&mut self, path: &str) -> Result<Vec<u8>, String> {
        if let Some(bytes) = self.files.get(path) {
            return Ok(bytes.clone());
        }
        let bytes = std::fs::read(self.root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        if self.plan.files.get(path) != Some(&file_hash(self.key, &bytes)) {
            return Err(format!("{path} changed since the plan was made: plan again"));
        }
        self.files.insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// Takes an answer. An error is told with the question, which is asked once more.
    fn take(&mut self, at: usize, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::Decide(verdict) => self.decide(&[at], &verdict),
            Answer::Together(group, verdict) => {
                let own = self.plan.moves[at].clone();
                let same = |other: &crate::model::PlannedMove| match group {
                    Group::Rule => other.rule == own.rule,
                    Group::File => other.sites.iter().any(|site| own.sites.iter().any(|mine| mine.path == site.path)),
                    Group::Rest => true,
                };
                let open: Vec<usize> = (at..self.plan.moves.len())
                    .filter(|other| !self.plan.moves[*other].reviewed && same(&self.plan.moves[*other]))
                    .collect();
                self.decide(&open, &verdict)
            }
            Answer::Rename(name) => self.change(at, |session, at| session.rename(at, &name)),
            Answer::Address(path) => self.change(at, |session, at| session.readdress(at, &path)),
            Answer::Lookup(lookup) => self.change(at, |session, at| {
                session.plan.moves[at].lookup = (lookup != session.plan.lookup).then_some(lookup);
                session.fits(lookup)
            }),
            Answer::Back | Answer::Quit => Ok(()),
        }
    }

    fn decide(&mut self, moves: &[usize], verdict: &Verdict) -> Result<(), String> {
        let (decision, reason) = match verdict {
            Verdict::Accept => (Decision::Apply, None),
            Verdict::Later(reason) => (Decision::Later, reason.clone()),
            Verdict::FalsePositive(reason) if reason.trim().is_empty() => {
                return Err("a false positive needs a reason: somebody will ask".into());
            }
            Verdict::FalsePositive(reason) => (Decision::FalsePositive, Some(reason.clone())),
        };
        for at in moves {
            let planned = &mut self.plan.moves[*at];
            (planned.decision, planned.reviewed) = (decision, true);
            planned.reason.clone_from(&reason);
            self.answered.push(*at);
        }
        Ok(())
    }

    /// Makes a change, and takes it back where the plan or the code cannot have it.
    fn change(&mut self, at: usize, make: impl FnOnce(&mut Self, usize) -> Result<(), String>) -> Result<(), String> {
        let before = self.plan.moves[at].clone();
        let done = make(self, at).and_then(|()| self.plan.check()).and_then(|()| {
            let refused = self.question(at, None).notes;
            refused.first().map_or(Ok(()), |reason| Err(reason.clone()))
        });
        if done.is_err() {
            self.plan.moves[at] = before;
        }
        done
    }

    fn rename(&mut self, at: usize, name: &str) -> Result<(), String> {
        let old = self.store.address(&self.plan.moves[at].name);
        let planned = &mut self.plan.moves[at];
        // An address that came from the name goes with it; one that somebody chose stays.
        if old.as_ref() == Ok(&planned.address) {
            planned.address = self.store.address(name).map_err(|rejected| rejected.to_string())?;
        }
        // A variable that a format makes of the name (`TF_VAR_x` of `X`) goes with it; one that the code reads stays.
        let (was, lower) = (planned.name.to_lowercase(), name.to_lowercase());
        for also in &mut planned.also {
            if let Some(prefix) = also.strip_suffix(was.as_str()).filter(|prefix| prefix.ends_with('_')) {
                *also = format!("{prefix}{lower}");
            }
        }
        planned.also.retain(|also| also != name);
        name.clone_into(&mut planned.name);
        Ok(())
    }

    fn readdress(&mut self, at: usize, path: &str) -> Result<(), String> {
        let (path, field) = match path.split_once('#') {
            Some((path, field)) => (path, Some(field.to_owned())),
            None => (path, None),
        };
        let made = self.store.address(path).map_err(|rejected| rejected.to_string())?;
        self.plan.moves[at].address = Address { field: field.or(made.field.clone()), ..made };
        Ok(())
    }

    fn fits(&self, lookup: Lookup) -> Result<(), String> {
        let wanted = match lookup {
            Lookup::Env | Lookup::Inject => return Ok(()),
            Lookup::Vault => "vault:",
            Lookup::AwsSm => "aws-sm:",
        };
        if self.plan.store.starts_with(wanted) {
            return Ok(());
        }
        Err(format!("a lookup in {wanted} cannot find what goes to {}", self.plan.store))
    }
}
