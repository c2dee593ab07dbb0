//! Several requests under way at once.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::StreamExt as _;

use crate::store::{Address, Entry, Expect, Receipt, Store, StoreError, Write, Written};

/// One of several requests.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answers in the order of the tasks, at most `most` of which are under way at any time. One that waits to be sent
/// again does not hold the others up.
pub(crate) async fn at_once<T>(most: usize, tasks: Vec<Task<'_, T>>) -> Vec<T> {
    let mut numbered = Vec::with_capacity(tasks.len());
    for (index, task) in tasks.into_iter().enumerate() {
        numbered.push(Numbered { index, task });
    }
    let mut answers: Vec<(usize, T)> = futures_util::stream::iter(numbered).buffer_unordered(most).collect().await;
    answers.sort_unstable_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// A task that remembers its place.
struct Numbered<'a, T> {
    index: usize,
    task: Task<'a, T>,
}

impl<T> Future for Numbered<'_, T> {
    type Output = (usize, T);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let index = self.index;
        self.task.as_mut().poll(context).map(|answer| (index, answer))
    }
}

/// Makes writes at once, those to one `entry` one after the other: they would only get into each other's way. Answers in
/// the order of the writes.
pub(crate) async fn write_at_once(
    store: &dyn Store,
    most: usize,
    writes: &[Write<'_>],
    entry: fn(&Address) -> &str,
) -> Vec<Result<Receipt, StoreError>> {
    let mut entries: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, write) in writes.iter().enumerate() {
        entries.entry(entry(write.address)).or_default().push(index);
    }
    let mut tasks: Vec<Task<'_, _>> = Vec::new();
    for indices in entries.into_values() {
        tasks.push(Box::pin(async move {
            let mut answers = Vec::with_capacity(indices.len());
            let mut chain = Chain::default();
            for index in indices {
                let Write { address, secret, id, .. } = writes[index];
                let answer = store.write(address, secret, &chain.expect(&writes[index]), id).await;
                if let Ok(receipt) = &answer {
                    chain.wrote(&writes[index], receipt);
                }
                answers.push((index, answer));
            }
            answers
        }));
    }
    let mut answers: Vec<_> = at_once(most, tasks).await.into_iter().flatten().collect();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Takes back what receipts say was created, those of one entry together. Answers in the order of the receipts.
pub(crate) async fn remove_at_once<'a>(
    most: usize,
    receipts: &'a [Receipt],
    take_back: impl Fn(Vec<&'a Receipt>) -> Task<'a, Result<Vec<bool>, StoreError>>,
) -> Vec<Result<bool, StoreError>> {
    let mut entries: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, receipt) in receipts.iter().enumerate().filter(|(_, receipt)| receipt.written == Written::Created) {
        entries.entry(&receipt.address.path).or_default().push(index);
    }
    let (mut groups, mut tasks) = (Vec::new(), Vec::new());
    for indices in entries.into_values() {
        tasks.push(take_back(indices.iter().map(|index| &receipts[*index]).collect()));
        groups.push(indices);
    }
    let mut answers: Vec<Result<bool, StoreError>> = receipts.iter().map(|_| Ok(false)).collect();
    for (indices, done) in groups.into_iter().zip(at_once(most, tasks).await) {
        for (place, index) in indices.into_iter().enumerate() {
            answers[index] = match &done {
                Ok(done) => Ok(done.get(place).copied().unwrap_or_default()),
                Err(error) => Err(error.duplicate()),
            };
        }
    }
    answers
}

/// Several fields of one entry that were seen at one version, and are written one after the other: each of these writes
/// makes the version that the next one has to expect.
#[derive(Default)]
struct Chain<'a> {
    seen: Option<&'a str>,
    now: Option<String>,
    fields: Vec<Option<&'a str>>,
}

impl<'a> Chain<'a> {
    /// What a write expects after those that went before.
    fn expect(&self, write: &Write<'_>) -> Expect {
        match (write.expect, &self.now) {
            (Expect::Version(version), Some(now))
                if self.seen == Some(version.as_str()) && !self.fields.contains(&write.address.field.as_deref()) =>
            {
                Expect::Version(now.clone())
            }
            (expect, _) => expect.clone(),
        }
    }

    fn wrote(&mut self, write: &Write<'a>, receipt: &Receipt) {
        let Expect::Version(version) = write.expect else { return };
        if *self.seen.get_or_insert(version.as_str()) == version {
            self.now.clone_from(&receipt.version);
            self.fields.push(write.address.field.as_deref());
        }
    }
}

/// The whole path names what is written as one.
pub(crate) fn path(address: &Address) -> &str {
    &address.path
}

/// Makes reads at once, in stores that have no call for several.
pub(crate) async fn read_at_once(
    store: &dyn Store,
    most: usize,
    addresses: &[Address],
) -> Vec<Result<Option<Entry>, StoreError>> {
    let mut tasks: Vec<Task<'_, _>> = Vec::new();
    for address in addresses {
        tasks.push(store.read(address));
    }
    at_once(most, tasks).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_task_holds_no_other_up_and_answers_keep_their_order() {
        let (done, gate) = (std::sync::atomic::AtomicUsize::new(0), tokio::sync::Notify::new());
        let task = |index: usize| -> Task<'_, usize> {
            let (done, gate) = (&done, &gate);
            Box::pin(async move {
                if index == 0 {
                    // Ends only after all others have.
                    gate.notified().await;
                } else if done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 9 {
                    gate.notify_one();
                }
                index
            })
        };
        assert_eq!(at_once(2, (0..11).map(task).collect()).await, (0..11).collect::<Vec<_>>());
    }
}
