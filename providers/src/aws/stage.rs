//! A mass cut-over in two halves: every new version is put aside and read back before `AWSCURRENT` of the first entry
//! moves. The halves share no memory: a version's id and its stage follow from the write, so that another process can go
//! on with the second half.

use std::collections::BTreeMap;

use super::call::{Code, Refusal};
use super::entry::{Live, State};
use super::read::part;
use super::write::{conflict, doomed, merged, receipt, stage_of};
use super::{AwsStore, Link};
use crate::concurrent::{Task, at_once, path, write_at_once};
use crate::secret::Secret;
use crate::store::{Expect, Receipt, StoreError, Write, Written};

/// What staged writes to one entry are to AWS.
struct Aside {
    /// The version to be.
    token: String,
    content: Secret,
    /// What each of the writes does.
    written: Vec<Written>,
}

impl AwsStore {
    pub(super) async fn stage_all(&self, writes: &[Write<'_>]) -> Vec<Result<Option<Receipt>, StoreError>> {
        let mut answers: Vec<Result<Option<Receipt>, StoreError>> =
            writes.iter().map(|write| self.accepts_write(write).map(|()| None)).collect();
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return answers.into_iter().map(|answer| answer.and(Err(error.duplicate()))).collect(),
        };
        let fits = |group: &Vec<usize>| group.iter().all(|index| answers[*index].is_ok());
        let wanted: Vec<(&str, Vec<usize>)> = updates(writes).into_iter().filter(|(_, group)| fits(group)).collect();
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for (from, group) in wanted {
            tasks.push(Box::pin(async move {
                let some: Vec<Write<'_>> = group.iter().map(|index| writes[*index]).collect();
                let staged = self.stage_entry(link, from, &some).await;
                (group, staged)
            }));
        }
        for (group, staged) in at_once(self.at_once, tasks).await {
            for (place, index) in group.into_iter().enumerate() {
                answers[index] = match &staged {
                    Ok(receipts) => Ok(receipts[place].clone()),
                    Err(error) => Err(error.duplicate()),
                };
            }
        }
        answers
    }

    /// Puts one version aside that has the values of all writes to an entry.
    async fn stage_entry(
        &self,
        link: &Link,
        from: &str,
        writes: &[Write<'_>],
    ) -> Result<Vec<Option<Receipt>>, StoreError> {
        let Some(name) = writes.first().map(|write| &write.address.path) else { return Ok(Vec::new()) };
        let live = match link.get(name, None).await? {
            State::Live(live) => live,
            State::Doomed => return Err(doomed(name)),
            State::Absent | State::Empty => {
                return Err(conflict(name, &format!("version {from} is not there any more")));
            }
        };
        let Some(aside) = aside(&live, writes)? else { return Ok(writes.iter().map(|_| None).collect()) };
        if live.version != *from {
            return Err(conflict(name, &format!("it is at version {}, not {from}", live.version)));
        }
        if let Some(refusal) = self.put_aside(link, name, &aside.content, &aside.token).await? {
            return Err(conflict(name, &refusal.message));
        }
        let waits = |(write, written): (&Write<'_>, &Written)| {
            let made = || receipt(write.address, aside.token.clone(), Written::Updated);
            (*written != Written::AlreadyEqual).then(made)
        };
        Ok(writes.iter().zip(&aside.written).map(waits).collect())
    }

    pub(super) async fn flip_all(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return writes.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for (from, group) in updates(writes) {
            tasks.push(Box::pin(async move {
                let some: Vec<Write<'_>> = group.iter().map(|index| writes[*index]).collect();
                let flipped = self.flip_entry(link, from, &some).await;
                (group, flipped)
            }));
        }
        let mut answers: BTreeMap<usize, Result<Receipt, StoreError>> = BTreeMap::new();
        for (group, flipped) in at_once(self.at_once, tasks).await {
            match flipped {
                Ok(Some(receipts)) => answers.extend(group.into_iter().zip(receipts.into_iter().map(Ok))),
                // Something else than the staged version is at stake: the write in one piece decides.
                Ok(None) => {}
                Err(error) => answers.extend(group.into_iter().map(|index| (index, Err(error.duplicate())))),
            }
        }
        let left: Vec<usize> = (0..writes.len()).filter(|index| !answers.contains_key(index)).collect();
        let rest: Vec<Write<'_>> = left.iter().map(|index| writes[*index]).collect();
        let written = write_at_once(self, self.at_once, &rest, path).await;
        answers.extend(left.into_iter().zip(written));
        answers.into_values().collect()
    }

    /// None where what was staged cannot simply be made current.
    async fn flip_entry(
        &self,
        link: &Link,
        from: &str,
        writes: &[Write<'_>],
    ) -> Result<Option<Vec<Receipt>>, StoreError> {
        let Some(first) = writes.first() else { return Ok(None) };
        let name = &first.address.path;
        let (token, written) = if first.address.field.is_none() {
            (first.id.token(), vec![Written::Updated])
        } else {
            // Writes to fields stand for the whole entry around them, as that was in the version that they expect.
            let State::Live(before) = link.get(name, Some(from)).await? else { return Ok(None) };
            let Some(Aside { token, written, .. }) = aside(&before, writes)? else { return Ok(None) };
            (token, written)
        };
        if self.make_current(link, name, Some(from), &token).await?.is_some() {
            return Ok(None);
        }
        let made = |(write, written): (&Write<'_>, Written)| receipt(write.address, token.clone(), written);
        Ok(Some(writes.iter().zip(written).map(made).collect()))
    }

    pub(super) async fn unstage_all(&self, staged: &[Receipt]) -> Result<usize, StoreError> {
        let link = self.link().await?;
        let mut tasks: Vec<Task<'_, Result<usize, StoreError>>> = Vec::new();
        for aside in staged {
            tasks.push(Box::pin(async move {
                let name = &aside.address.path;
                let versions = match &aside.version {
                    Some(version) => vec![version.clone()],
                    None => put_aside_in(link, name).await?,
                };
                let mut gone = 0;
                for token in versions {
                    match link.move_stage(name, &stage_of(&token), Some(&token), None).await {
                        Ok(()) => gone += 1,
                        // What is not there any more is as good as taken away.
                        Err(Refusal {
                            code: Code::InvalidParameter | Code::NotFound | Code::InvalidRequest, ..
                        }) => {}
                        Err(refusal) => return Err(refusal.error),
                    }
                }
                Ok(gone)
            }));
        }
        at_once(self.at_once, tasks).await.into_iter().sum()
    }

    fn accepts_write(&self, write: &Write<'_>) -> Result<(), StoreError> {
        use crate::store::Store as _;
        self.accepts(write.address, write.secret).map_err(StoreError::from)
    }
}

/// The versions of an entry that have a stage of keylift's own.
async fn put_aside_in(link: &Link, name: &str) -> Result<Vec<String>, StoreError> {
    let about = link.describe(name).await?;
    let stages = about.as_ref().and_then(|about| about.version_ids_to_stages());
    let ours = stages.into_iter().flatten().filter(|(id, stages)| stages.contains(&stage_of(id)));
    Ok(ours.map(|(id, _)| id.clone()).collect())
}

/// What writes to an entry make of it; none where it holds all of the values already.
fn aside(live: &Live, writes: &[Write<'_>]) -> Result<Option<Aside>, StoreError> {
    let (mut content, mut written, mut token) = (live.content.duplicate(), Vec::with_capacity(writes.len()), None);
    for write in writes {
        let does = match part(&live.content, write.address)? {
            Some(found) if found == *write.secret => Written::AlreadyEqual,
            Some(_) if *write.expect == Expect::Absent => {
                return Err(conflict(&write.address.path, "it holds another value"));
            }
            Some(_) => Written::Updated,
            None => Written::Created,
        };
        written.push(does);
        if does == Written::AlreadyEqual {
            continue;
        }
        let before = Live { content, version: live.version.clone() };
        content = merged(Some(&before), write.address, write.secret, write.id)?.0;
        token.get_or_insert(write);
    }
    // The first write's identity, over all that is written: with other fields beside it, it is another version.
    let token = token.map(|first| match first.address.field {
        None => first.id.token(),
        Some(_) => first.id.over(&content).token(),
    });
    Ok(token.map(|token| Aside { token, content, written }))
}

/// The entries whose writes can be staged, with the version that they expect: updates of an entry as a whole, or of fields
/// of it and new ones beside them, which become one version together.
fn updates<'a>(writes: &[Write<'a>]) -> Vec<(&'a str, Vec<usize>)> {
    let mut entries: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, write) in writes.iter().enumerate() {
        entries.entry(&write.address.path).or_default().push(index);
    }
    let staged = entries.into_values().filter_map(|group| {
        let mut fields: Vec<Option<&str>> = group.iter().map(|index| writes[*index].address.field.as_deref()).collect();
        let mut versions: Vec<&str> = Vec::new();
        for index in &group {
            match writes[*index].expect {
                Expect::Version(version) => versions.push(version),
                Expect::Absent => {}
                Expect::Anything => return None,
            }
        }
        versions.dedup();
        fields.sort_unstable();
        fields.dedup();
        let alone = fields.len() == group.len() && (group.len() == 1 || !fields.contains(&None));
        match versions.as_slice() {
            [from] if alone => Some((*from, group)),
            _ => None,
        }
    });
    staged.collect()
}
