//! Several requests under way at once.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::StreamExt as _;

use crate::store::{Address, Entry, Receipt, Store, StoreError, Write};

/// One of several requests.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answers in the order of the tasks, at most `most` of which are under way at any time.
pub(crate) async fn at_once<T>(most: usize, tasks: Vec<Task<'_, T>>) -> Vec<T> {
    futures_util::stream::iter(tasks).buffered(most).collect().await
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
            for index in indices {
                let Write { address, secret, expect, id } = writes[index];
                answers.push((index, store.write(address, secret, expect, id).await));
            }
            answers
        }));
    }
    let mut answers: Vec<_> = at_once(most, tasks).await.into_iter().flatten().collect();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
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
