//! A mass cut-over in two halves: every new version is put aside and read back before `AWSCURRENT` of the first entry
//! moves. The halves share no memory: a version's id and its stage follow from the write, so that another process can go
//! on with the second half.

use std::collections::BTreeMap;

use super::call::Code;
use super::entry::State;
use super::read::part;
use super::write::{conflict, doomed, merged, receipt, stage_of};
use super::{AwsStore, Link};
use crate::concurrent::{Task, at_once, path, write_at_once};
use crate::store::{Expect, Receipt, StoreError, Write, Written};

/// What one staged write is to AWS.
struct Aside {
    /// The version to be.
    token: String,
    /// The version that is current, or was when the write was planned.
    from: String,
}

impl AwsStore {
    pub(super) async fn stage_all(&self, writes: &[Write<'_>]) -> Vec<Result<Option<Receipt>, StoreError>> {
        let mut answers: Vec<Result<Option<Receipt>, StoreError>> =
            writes.iter().map(|write| self.accepts_write(write).map(|()| None)).collect();
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return answers.into_iter().map(|answer| answer.and(Err(error.duplicate()))).collect(),
        };
        let wanted: Vec<usize> = updates(writes).into_iter().filter(|index| answers[*index].is_ok()).collect();
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for index in wanted {
            tasks.push(Box::pin(async move { (index, self.stage_one(link, &writes[index]).await) }));
        }
        for (index, answer) in at_once(self.at_once, tasks).await {
            answers[index] = answer;
        }
        answers
    }

    async fn stage_one(&self, link: &Link, write: &Write<'_>) -> Result<Option<Receipt>, StoreError> {
        let name = &write.address.path;
        let Expect::Version(expected) = write.expect else { return Ok(None) };
        let live = match link.get(name, None).await? {
            State::Live(live) => live,
            State::Doomed => return Err(doomed(name)),
            State::Absent | State::Empty => {
                return Err(conflict(name, &format!("version {expected} is not there any more")));
            }
        };
        if part(&live.content, write.address)?.as_ref() == Some(write.secret) {
            return Ok(None);
        }
        if live.version != *expected {
            return Err(conflict(name, &format!("it is at version {}, not {expected}", live.version)));
        }
        let (content, token) = merged(Some(&live), write.address, write.secret, write.id)?;
        match self.put_aside(link, name, &content, &token).await? {
            None => Ok(Some(receipt(write.address, token, Written::Updated))),
            Some(refusal) => Err(conflict(name, &refusal.message)),
        }
    }

    pub(super) async fn flip_all(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return writes.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for index in updates(writes) {
            tasks.push(Box::pin(async move { (index, self.flip_one(link, &writes[index]).await) }));
        }
        let mut answers: BTreeMap<usize, Result<Receipt, StoreError>> = BTreeMap::new();
        for (index, answer) in at_once(self.at_once, tasks).await {
            match answer {
                Ok(Some(receipt)) => drop(answers.insert(index, Ok(receipt))),
                // Something else than the staged version is at stake: the write in one piece decides.
                Ok(None) => {}
                Err(error) => drop(answers.insert(index, Err(error))),
            }
        }
        let left: Vec<usize> = (0..writes.len()).filter(|index| !answers.contains_key(index)).collect();
        let rest: Vec<Write<'_>> = left.iter().map(|index| writes[*index]).collect();
        let written = write_at_once(self, self.at_once, &rest, path).await;
        answers.extend(left.into_iter().zip(written));
        answers.into_values().collect()
    }

    /// None where what was staged cannot simply be made current.
    async fn flip_one(&self, link: &Link, write: &Write<'_>) -> Result<Option<Receipt>, StoreError> {
        let Some(aside) = self.aside(link, write).await? else { return Ok(None) };
        let refused = self.make_current(link, &write.address.path, Some(&aside.from), &aside.token).await?;
        Ok(refused.is_none().then(|| receipt(write.address, aside.token, Written::Updated)))
    }

    pub(super) async fn unstage_all(&self, staged: &[Receipt]) -> Result<(), StoreError> {
        let link = self.link().await?;
        let mut tasks: Vec<Task<'_, Result<(), StoreError>>> = Vec::new();
        for aside in staged {
            tasks.push(Box::pin(async move {
                let Some(token) = aside.version.as_deref() else { return Ok(()) };
                let gone = link.move_stage(&aside.address.path, &stage_of(token), Some(token), None).await;
                // What is not there any more is as good as taken away.
                let absent = [Code::InvalidParameter, Code::NotFound, Code::InvalidRequest];
                gone.or_else(|refusal| if absent.contains(&refusal.code) { Ok(()) } else { Err(refusal.error) })
            }));
        }
        at_once(self.at_once, tasks).await.into_iter().collect()
    }

    /// The version that a write was staged as. A write to a field stands for the whole entry around it, as that was in
    /// the version that the write expects.
    async fn aside(&self, link: &Link, write: &Write<'_>) -> Result<Option<Aside>, StoreError> {
        let Expect::Version(from) = write.expect else { return Ok(None) };
        if write.address.field.is_none() {
            return Ok(Some(Aside { token: write.id.token(), from: from.clone() }));
        }
        let State::Live(before) = link.get(&write.address.path, Some(from)).await? else { return Ok(None) };
        let (_, token) = merged(Some(&before), write.address, write.secret, write.id)?;
        Ok(Some(Aside { token, from: from.clone() }))
    }

    fn accepts_write(&self, write: &Write<'_>) -> Result<(), StoreError> {
        use crate::store::Store as _;
        self.accepts(write.address, write.secret).map_err(StoreError::from)
    }
}

/// The writes that can be staged: updates of entries that no other write of these touches. Several fields of one entry
/// are versions that follow each other, of which only the last could be staged.
fn updates(writes: &[Write<'_>]) -> Vec<usize> {
    let mut entries: BTreeMap<&str, usize> = BTreeMap::new();
    for write in writes {
        *entries.entry(&write.address.path).or_default() += 1;
    }
    let alone = |write: &Write<'_>| entries.get(write.address.path.as_str()) == Some(&1);
    let fits = |write: &Write<'_>| matches!(write.expect, Expect::Version(_)) && alone(write);
    writes.iter().enumerate().filter(|(_, write)| fits(write)).map(|(index, _)| index).collect()
}
