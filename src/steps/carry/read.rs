//! Reading the source a batch at a time: no more than one batch of values is in memory, whatever the store holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use futures_util::StreamExt as _;
use keylift_providers::{Address, Entry, ErrorKind, StoreError};

use super::map::Fate;
use super::{Carried, Route};
use crate::model::Stays;

/// Metadata read at once: more than eight readers gain nothing on either server that this was measured with.
const AT_ONCE: usize = 8;
/// From so many entries on, a batch of which none can be read means that none will be.
const TELLING: usize = 10;

/// What was read in one go.
#[derive(Debug, Default)]
pub struct Reading {
    /// Entries that were looked at.
    pub entries: usize,
    /// Values that go.
    pub carried: Vec<Carried>,
    /// Values that the target cannot hold.
    pub stays: Vec<Stays>,
    /// Entries that could not be read.
    pub failed: Vec<Stays>,
    /// Entries that the map leaves out.
    pub skipped: usize,
    /// Entries that were passed over ([`Walk::past`]).
    pub passed: Vec<Address>,
}

/// Where a walk over the source is.
#[derive(Debug)]
pub struct Walk<'a> {
    route: &'a Route<'a>,
    size: usize,
    metadata: bool,
    names: VecDeque<Address>,
    next: Next,
    groups: BTreeMap<String, Vec<(String, Address)>>,
    /// Entries of the target that several of the source go to, with those of the source.
    late: BTreeMap<String, Vec<Address>>,
    any: bool,
    past: Past<'a>,
    together: Past<'a>,
}

/// Which entries are passed over; or which places wait until everything that goes there can be read together.
struct Past<'a>(Option<Box<Known<'a>>>);

type Known<'a> = dyn Fn(&Address) -> bool + Send + Sync + 'a;

impl std::fmt::Debug for Past<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Past").field(&self.0.is_some()).finish()
    }
}

#[derive(Debug)]
enum Next {
    Page(Option<String>),
    Groups,
}

impl<'a> Route<'a> {
    /// Walks over every entry of the source, `size` at a time, with what is kept beside it where that is wanted.
    pub fn walk(&'a self, size: usize, metadata: bool) -> Walk<'a> {
        let metadata = metadata && self.from.capabilities().metadata;
        let (names, next, groups) = (VecDeque::new(), Next::Page(None), BTreeMap::new());
        let (late, past, together) = (BTreeMap::new(), Past(None), Past(None));
        Walk { route: self, size, metadata, names, next, groups, late, any: false, past, together }
    }
}

impl<'a> Walk<'a> {
    /// The way that is walked.
    pub fn route(&self) -> &'a Route<'a> {
        self.route
    }

    /// Passes over entries of which `known` says that they need not be read. Names alone go into the batches.
    #[must_use]
    pub fn past(self, known: impl Fn(&Address) -> bool + Send + Sync + 'a) -> Self {
        Self { past: Past(Some(Box::new(known))), ..self }
    }

    /// Leaves what goes to an entry of the target that is `shared` to the end, and puts all of that into one batch.
    #[must_use]
    pub fn together(self, shared: impl Fn(&Address) -> bool + Send + Sync + 'a) -> Self {
        Self { together: Past(Some(Box::new(shared))), ..self }
    }

    /// The next batch; none at the end.
    ///
    /// # Errors
    /// Where the source does not answer.
    pub async fn next(&mut self) -> Result<Option<Reading>, StoreError> {
        while self.names.len() < self.size {
            let Next::Page(from) = &mut self.next else { break };
            let page = self.route.from.list(from.take()).await?;
            self.names.extend(page.addresses);
            self.next = page.next.map_or(Next::Groups, |next| Next::Page(Some(next)));
        }
        if self.names.is_empty() {
            return self.group().await;
        }
        self.route.from.keep_alive().await?;
        let mut reading = Reading::default();
        let mut wanted = Vec::new();
        for address in self.names.drain(..self.size.min(self.names.len())) {
            reading.entries += 1;
            let name = self.route.name(&address);
            match self.route.map.fate(name) {
                // What does not go is not read.
                Fate::Skip => reading.skipped += 1,
                Fate::Gather { into, key } => self.groups.entry(into).or_default().push((key, address)),
                _ if self.past.0.as_ref().is_some_and(|past| past(&address)) => reading.passed.push(address),
                _ => wanted.push(address),
            }
        }
        for (from, entry) in self.read(&wanted, &mut reading).await? {
            self.route.place(&from, entry, &mut reading);
        }
        if let Some(shared) = &self.together.0 {
            for one in reading.carried.extract_if(.., |one| shared(&one.to)) {
                let from = Address { field: None, ..one.from };
                let members = self.late.entry(one.to.path).or_default();
                if members.last() != Some(&from) {
                    members.push(from);
                }
            }
        }
        Ok(Some(reading))
    }

    /// What goes to some of the entries that wait, all of it.
    async fn shared(&mut self) -> Result<Option<Reading>, StoreError> {
        let (mut places, mut wanted) = (BTreeSet::new(), Vec::new());
        while wanted.len() < self.size
            && let Some((place, members)) = self.late.pop_first()
        {
            places.insert(place);
            wanted.extend(members.into_iter().filter(|from| !wanted.contains(from)).collect::<Vec<_>>());
        }
        if wanted.is_empty() {
            return Ok(None);
        }
        self.route.from.keep_alive().await?;
        let mut reading = Reading::default();
        let mut others = Reading::default();
        for (from, entry) in self.read(&wanted, &mut reading).await? {
            self.route.place(&from, entry, &mut others);
        }
        // The rest of these entries went before.
        reading.carried.extend(others.carried.into_iter().filter(|one| places.contains(&one.to.path)));
        Ok(Some(reading))
    }

    /// The next group of entries that become one.
    async fn group(&mut self) -> Result<Option<Reading>, StoreError> {
        let Some((group, members)) = self.groups.pop_first() else { return self.shared().await };
        let (keys, addresses): (Vec<String>, Vec<Address>) = members.into_iter().unzip();
        let mut reading = Reading::default();
        let mut sorted: Vec<&String> = keys.iter().collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.iter().zip(sorted.iter().skip(1)).find(|(one, next)| one == next) {
            let reason = format!("two entries go to the field {} of {group}", twice.0);
            let advice = "change the rule's `key`".to_owned();
            let from = addresses.into_iter().next();
            reading.stays.extend(from.map(|from| Stays { from, reason, advice }));
            return Ok(Some(reading));
        }
        let entries = self.read(&addresses, &mut reading).await?;
        if entries.len() < addresses.len() {
            // Half of a group would be another value: it stays as a whole.
            let reason = format!("not every entry that goes into {group} could be read");
            let from = addresses.into_iter().next();
            let advice = "look at the others".to_owned();
            reading.stays.extend(from.map(|from| Stays { from, reason, advice }));
            return Ok(Some(reading));
        }
        let members = keys.into_iter().zip(entries).map(|(key, (address, entry))| (key, address, entry)).collect();
        self.route.together(&group, members, &mut reading);
        Ok(Some(reading))
    }

    /// The entries at the addresses, whole; those that are gone are left out.
    async fn read(&mut self, wanted: &[Address], reading: &mut Reading) -> Result<Vec<(Address, Entry)>, StoreError> {
        let (mut entries, mut refused) = (Vec::new(), Vec::new());
        for (address, answer) in wanted.iter().zip(self.route.from.read_many(wanted).await) {
            match answer {
                Ok(Some(entry)) => entries.push((address.clone(), entry)),
                Ok(None) => {}
                Err(error) if error.kind == ErrorKind::Rejected => {
                    let advice = error.advise_or("change it in the source, or leave it out with a map");
                    reading.stays.push(Stays { from: address.clone(), reason: error.message, advice });
                }
                Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::Conflict | ErrorKind::Corrupt) => {
                    refused.push((address, error));
                }
                Err(error) => return Err(error),
            }
        }
        self.any |= !entries.is_empty();
        if entries.is_empty() && (refused.len() >= TELLING || !self.any) && refused.len() == wanted.len() {
            // Not this entry's trouble, but the store's: a login that ended, a file that is damaged.
            if let Some((_, error)) = refused.pop() {
                return Err(error);
            }
        }
        for (address, error) in refused {
            let advice = error.advise_or("look at the entry, then say the command again");
            reading.failed.push(Stays { from: address.clone(), reason: error.message, advice });
        }
        if self.metadata {
            let route = self.route;
            let all = entries.into_iter().map(|(address, mut entry)| async move {
                if entry.metadata.is_empty() {
                    entry.metadata = route.from.metadata(&address).await?;
                }
                Ok((address, entry))
            });
            let all: Vec<Result<_, StoreError>> = futures_util::stream::iter(all).buffered(AT_ONCE).collect().await;
            entries = all.into_iter().collect::<Result<_, _>>()?;
        }
        Ok(entries)
    }
}

/// An error's advice, or another where it has none.
trait Advice {
    fn advise_or(&self, otherwise: &str) -> String;
}

impl Advice for StoreError {
    fn advise_or(&self, otherwise: &str) -> String {
        self.advice.clone().unwrap_or_else(|| otherwise.to_owned())
    }
}
