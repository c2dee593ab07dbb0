//! A run on its way: what is stored, what is changed, and what is held back.

use std::collections::BTreeSet;

use keylift_providers::{ErrorKind, Receipt, Secret};

use crate::files::{at_once, together};
use crate::journal::{Entry, Journal, Replay};
use crate::model::{Approved, Exit, Failure, Held, Left, Plan, Report, Stored, Verified};
use crate::pipeline::{Options, Surroundings, extras};
use crate::steps::approve::{self, Approval, Scope};
use crate::steps::rescan::{Moved, rescan};
use crate::steps::restore::{self, State};
use crate::steps::rewrite::{self, Rewritten};
use crate::steps::store;

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) id: String,
    pub(super) plan: &'a Plan,
    pub(super) options: Options,
    pub(super) at: &'a Surroundings<'a>,
    pub(super) journal: Journal,
    /// What an earlier process did of it.
    pub(super) before: Option<&'a Replay>,
    pub(super) receipts: Vec<(String, Receipt)>,
    pub(super) held: Vec<Held>,
}

impl Run<'_> {
    /// A failure is written down, so that `status` can tell it; a crash of the journal itself cannot.
    pub(super) fn told(&mut self, done: Result<Report, Failure>) -> Result<Report, Failure> {
        if let Err(failure) = &done {
            let _ = self.journal.append(&[Entry::Failed { message: failure.message.clone() }]);
        }
        done
    }

    fn hold(&mut self, held: Vec<Held>) -> Result<(), Failure> {
        let entries: Vec<Entry> = held.iter().cloned().map(Entry::HeldBack).collect();
        self.journal.append(&entries)?;
        self.held.extend(held);
        Ok(())
    }

    /// Nothing on disk has changed yet.
    pub(super) async fn begin(&mut self, mut approval: Approval) -> Result<Report, Failure> {
        let at = self.at;
        self.hold(std::mem::take(&mut approval.held))?;
        // What cannot be rewritten is not stored: the store would hold values that nothing reads.
        for check in [extras::beyond_accessor, trial] {
            let refused = check(&approval, at);
            approval.approved.retain(|one| !refused.iter().any(|held| held.name == one.name));
            self.hold(refused)?;
        }
        let alone = approve::without_owner(self.plan, &approval.approved);
        approval.approved.retain(|one| !alone.iter().any(|held| held.name == one.name));
        self.hold(alone)?;
        if !approval.approved.is_empty() {
            let found = store::probe(at.store, &approval.approved).await?;
            if !found.taken.is_empty() {
                return self.finish_without_change(found.taken);
            }
            self.journal.append(&[Entry::Preflighted { present: found.present }])?;
            let refused = extras::other_engine(&approval, at);
            approval.approved.retain(|one| !refused.iter().any(|held| held.name == one.name));
            self.hold(refused)?;
        }
        let verified = self.store_all(std::mem::take(&mut approval.approved)).await?;
        let outcome = rewrite::rewrite(&approval.sources, &verified, at.key);
        self.hold(outcome.held)?;
        let mut files = outcome.files;
        let made = extras::generated(&files, &verified, self.options, at)?;
        files.extend(made);
        self.journal.append(&[Entry::Staged { files: files.iter().map(|file| file.staged().clone()).collect() }])?;
        self.change(&files)?;
        let moved: Vec<Moved> =
            verified.iter().map(|one| self.moved(&one.approved().name, one.approved().secret.duplicate())).collect();
        let paths: Vec<&str> = files.iter().map(|file| file.staged().path.as_str()).collect();
        self.finish(&paths, &moved)
    }

    fn moved(&self, name: &str, secret: Secret) -> Moved {
        Moved { name: name.to_owned(), fingerprint: self.at.key.fingerprint(&secret), secret }
    }

    /// Addresses are taken: everything stays as it is, and the run is over.
    fn finish_without_change(&mut self, taken: Vec<Held>) -> Result<Report, Failure> {
        self.hold(taken)?;
        self.journal.append(&[Entry::Done])?;
        Ok(self.report(Vec::new(), Vec::new()))
    }

    /// All files to change are known, and some may be changed already.
    pub(super) async fn go_on(&mut self, replay: &Replay) -> Result<Report, Failure> {
        let at = self.at;
        let staged = replay.staged.as_deref().unwrap_or_default();
        let mut done: BTreeSet<String> = BTreeSet::new();
        for file in staged {
            match restore::state(&at.root, file, at.key) {
                State::After => {
                    done.insert(file.path.clone());
                }
                State::Before => {}
                State::Other => {
                    return Err(Failure::new(Exit::Conflict, format!("{} changed since the run stopped", file.path))
                        .advise(format!(
                            "put the file back as it was (git can), then resume; or `keylift undo {}`",
                            self.id
                        )));
                }
            }
        }
        let names: BTreeSet<String> = replay.moved().into_iter().map(str::to_owned).collect();
        let scope = Scope { names: Some(&names), done: Some(&done), only_safe: false };
        let approval = approve::approve(self.plan, &at.root, at.key, scope);
        if let Some(held) = approval.held.first() {
            return Err(Failure::new(Exit::Conflict, format!("{}: {}", held.name, held.reason)).advise(&*held.advice));
        }
        let verified = self.store_all(approval.approved).await?;
        let mut files = rewrite::rewrite(&approval.sources, &verified, at.key).files;
        files.extend(extras::again(staged, &done, at)?);
        // The journal knows what each file becomes: anything else is not what the undo records take back.
        for file in staged.iter().filter(|file| !done.contains(&file.path)) {
            if !files.iter().any(|made| made.staged() == file) {
                return Err(Failure::new(Exit::Conflict, format!("{} would not become what was staged", file.path))
                    .advise(format!("undo the run with `keylift undo {}`, then plan and apply again", self.id)));
            }
        }
        self.change(&files)?;
        // Values whose files were all changed before the stop are in the store alone.
        let receipts: Vec<(String, Receipt)> =
            self.receipts.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        let addresses: Vec<_> = receipts.iter().map(|(_, receipt)| receipt.address.clone()).collect();
        let mut moved = Vec::new();
        for ((name, receipt), entry) in receipts.iter().zip(at.store.read_many(&addresses).await) {
            let Some(entry) = entry? else {
                return Err(Failure::new(Exit::Conflict, format!("{} is empty now", receipt.address))
                    .advise("something else removed the value: restore it with the store's own tool"));
            };
            moved.push(self.moved(name, entry.secret));
        }
        let paths: Vec<&str> = staged.iter().map(|file| file.path.as_str()).collect();
        self.finish(&paths, &moved)
    }

    /// Writes and reads back, a batch at a time. A move that the store refuses is held back; an unreachable store stops
    /// the run, which can be resumed.
    async fn store_all(&mut self, approved: Vec<Approved>) -> Result<Vec<Verified>, Failure> {
        let at = self.at;
        at.watch.begin("storing", approved.len());
        let mut verified = Vec::with_capacity(approved.len());
        let mut rest = approved.into_iter();
        loop {
            let batch: Vec<Approved> = rest.by_ref().take(store::BATCH).collect();
            if batch.is_empty() {
                return Ok(verified);
            }
            at.store.keep_alive().await?;
            let size = batch.len();
            let intents: Vec<Entry> = batch
                .iter()
                .map(|one| Entry::Intent { name: one.name.clone(), address: one.address.clone() })
                .collect();
            self.journal.append(&intents)?;
            let answers = store::write(at.store, &batch, &self.id, at.key).await;
            let (mut stored, mut written, mut held, mut fatal) = (Vec::new(), Vec::new(), Vec::new(), None);
            for (approved, answer) in batch.into_iter().zip(answers) {
                match answer {
                    Ok(receipt) => {
                        let receipt = match self.before {
                            Some(before) => before.own(&approved.name, receipt),
                            None => receipt,
                        };
                        written.push(Entry::Written { name: approved.name.clone(), receipt: receipt.clone() });
                        stored.push(Stored { approved, receipt });
                    }
                    Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected) => {
                        held.push(store::refused(&approved, &error));
                    }
                    Err(error) => fatal = Some(error),
                }
            }
            self.journal.append(&written)?;
            self.hold(held)?;
            if let Some(error) = fatal {
                let advice = format!("when the store answers again, `keylift resume {}`", self.id);
                let failure = Failure::from(error);
                let advice = failure.advice.clone().map_or(advice.clone(), |known| format!("{known}; then {advice}"));
                return Err(failure.advise(advice));
            }
            for stored in &stored {
                let name = &stored.approved.name;
                if !self.receipts.iter().any(|(known, _)| known == name) {
                    self.receipts.push((name.clone(), stored.receipt.clone()));
                }
            }
            let (mut safe, mut held) = (Vec::new(), Vec::new());
            for answer in store::verify(at.store, stored).await {
                match answer {
                    Ok(one) => {
                        safe.push(Entry::Verified { name: one.approved().name.clone() });
                        verified.push(one);
                    }
                    Err(one) => held.push(one),
                }
            }
            self.journal.append(&safe)?;
            self.hold(held)?;
            at.watch.step(size);
        }
    }

    /// Replaces the files, each in one step, some at a time.
    fn change(&mut self, files: &[Rewritten]) -> Result<(), Failure> {
        let at = self.at;
        at.watch.begin("rewriting", files.len());
        let (root, key, id) = (&at.root, at.key, &self.id);
        let write = |file: &Rewritten| {
            let path = &file.staged().path;
            // Between staging and now somebody may have saved the file in an editor.
            if restore::state(root, file.staged(), key) != State::Before {
                return Err(Failure::new(Exit::Conflict, format!("{path} changed while keylift was at work"))
                    .advise(format!("`keylift undo {id}` gives the files back that were changed")));
            }
            file.write(root).map_err(|error| {
                let mut failure = Failure::file("could not write", &root.join(path), &error);
                failure.exit = Exit::Partly;
                failure.advise(format!("mend it, then `keylift resume {id}`"))
            })
        };
        for some in files.chunks(together()) {
            let (mut applied, mut failed) = (Vec::new(), None);
            for (file, done) in some.iter().zip(at_once(some, write)) {
                match done {
                    Ok(()) => applied.push(Entry::Applied { path: file.staged().path.clone() }),
                    Err(failure) => failed = failed.or(Some(failure)),
                }
            }
            self.journal.note(&applied)?;
            if let Some(failure) = failed {
                return Err(failure);
            }
            at.watch.step(some.len());
        }
        Ok(())
    }

    /// Reads the changed files again, and tells.
    fn finish(&mut self, paths: &[&str], moved: &[Moved]) -> Result<Report, Failure> {
        let left = rescan(&self.at.root, paths, moved, self.at.key).map_err(Failure::usage)?;
        self.journal.append(&[Entry::Rescanned { left: left.clone() }, Entry::Done])?;
        Ok(self.report(paths.iter().map(ToString::to_string).collect(), left))
    }

    fn report(&self, files: Vec<String>, left: Vec<Left>) -> Report {
        let held = self.held.clone();
        let made = |name: &String| !held.iter().any(|held| held.name == *name);
        let moved = self
            .receipts
            .iter()
            .filter(|(name, _)| made(name))
            .map(|(name, receipt)| (name.clone(), receipt.address.clone(), receipt.written))
            .collect();
        Report { run: self.id.clone(), moved, held, files, left, refused: self.plan.refusals.len() }
    }
}

fn trial(approval: &Approval, at: &Surroundings<'_>) -> Vec<Held> {
    rewrite::trial(&approval.sources, &approval.approved, at.key)
}
