//! Looking whether many addresses are empty: a listing tells it of a whole folder in one request, where each address would
//! take one of its own.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use super::kv::{Engine, Names};
use super::{VaultStore, names};
use crate::store::{Address, ErrorKind};

/// Addresses in one folder from which on listing it is worth it.
const WORTH: usize = 8;

impl VaultStore {
    /// Of which addresses listings say that nothing is there. What they do not tell is left open.
    ///
    /// Whoever writes afterwards says that nothing is to be there, and is refused where that has changed.
    pub(super) async fn absent(&self, addresses: &[Address]) -> Vec<bool> {
        let mut absent = vec![false; addresses.len()];
        let mut folders: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
        for (index, address) in addresses.iter().enumerate() {
            if address.version.is_none() && names::check(&address.path).is_ok() {
                let (folder, name) = address.path.split_at(address.path.rfind('/').map_or(0, |slash| slash + 1));
                folders.entry(folder).or_default().push((name, index));
            }
        }
        folders.retain(|_, group| group.len() >= WORTH);
        if folders.is_empty() {
            return absent;
        }
        // What goes wrong is told by the requests that follow.
        let Ok(ready) = self.ready().await else { return absent };
        for (folder, mut group) in folders {
            if ready.engine != Engine::V2 || self.unlisted.load(Ordering::Relaxed) {
                return absent;
            }
            group.sort_unstable();
            let (first, _) = group[0];
            let Names { listed: names, more, pages } = match self.kv(&ready).names(folder, first).await {
                Ok(names) => names,
                Err(error) => {
                    self.unlisted.fetch_or(error.kind == ErrorKind::Denied, Ordering::Relaxed);
                    continue;
                }
            };
            // A server that gives all names each time is asked for them once.
            self.unlisted.fetch_or(!pages, Ordering::Relaxed);
            let last = names.last().filter(|_| more).cloned();
            let taken: HashSet<String> = names.into_iter().collect();
            for (name, index) in group {
                let told = name > first && last.as_deref().is_none_or(|last| name <= last);
                absent[index] = told && !taken.contains(name);
            }
        }
        absent
    }
}
