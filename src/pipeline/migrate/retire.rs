//! Retiring: a separate, later step that lets the source go of what is proven to be in the target. Looked at twice: once to
//! count, once more right before each entry goes.

use std::collections::HashSet;
use std::path::Path;

use futures_util::StreamExt as _;
use keylift_providers::{Address, Entry, ErrorKind, FingerprintKey, StoreError};
use serde::{Deserialize, Serialize};

use super::log::digest;
use super::{AT_ONCE, BATCH};
use crate::journal::{Journal, RunLock};
use crate::model::{Exit, Failure, Retired, Stays};
use crate::pipeline::Watch;
use crate::steps::carry::{Carried, Fields, Reading, Route};

/// One step of retiring, for its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum RetireStep {
    /// It begins, after the user was asked.
    Started {
        /// The store that lets go.
        from: String,
        /// The store that has the values.
        to: String,
        /// How many entries the user agreed to.
        count: usize,
    },
    /// An entry was found equal in the target, and is about to go.
    Intent {
        /// The entry.
        from: Address,
        /// The version that goes.
        version: String,
    },
    /// The source let go of it.
    Retired {
        /// The entry.
        from: Address,
    },
    /// It is over.
    Done,
}

/// What the first look proved: entries all of whose values are in the target.
#[derive(Debug, Default)]
pub struct Proven {
    entries: HashSet<u128>,
    /// Entries that stay, and why.
    pub kept: Retired,
}

impl Proven {
    /// How many entries can go.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none can go.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What retiring works with.
#[derive(Debug)]
pub struct Retiring<'a> {
    /// The way from the store that lets go to the one that has the values.
    pub route: &'a Route<'a>,
    /// The key of digests.
    pub key: &'a FingerprintKey,
    /// A target that holds further fields of a JSON object counts as equal.
    pub merged: bool,
    /// Told what happens.
    pub watch: &'a dyn Watch,
}

/// What the target holds in an entry's place.
type Found = Result<Option<Entry>, StoreError>;

/// An entry whose values are all in the target, in the version that was read.
struct Equal {
    entry: Address,
    version: String,
    digest: u128,
}

impl Retiring<'_> {
    /// The first look: what could go.
    ///
    /// # Errors
    /// Where the source has no way of letting go that could be taken back, or a store is out of reach.
    pub async fn prove(&self) -> Result<Proven, Failure> {
        let from = self.route.source();
        from.preflight(&[]).await?;
        if from.retirement().is_none() {
            let message = format!("{} has no way of removing an entry that could be taken back", from.location());
            return Err(Failure::usage(message).advise("remove it by hand once nothing reads it any more"));
        }
        let mut proven = Proven::default();
        self.watch.begin("comparing", 0);
        let mut walk = self.route.walk(BATCH, false);
        while let Some(reading) = walk.next().await? {
            let size = reading.entries;
            let equal = self.equal(reading, &mut proven.kept).await?;
            proven.entries.extend(equal.into_iter().map(|one| one.digest));
            self.watch.step(size);
            if self.watch.stopped() {
                return Err(Failure::new(Exit::Interrupted, "stopped; nothing was removed"));
            }
        }
        Ok(proven)
    }

    /// The second look, and the deed: each entry is compared once more right before it goes.
    ///
    /// # Errors
    /// Where a store is out of reach. What went is in the journal, and a second call goes on with the rest.
    pub async fn retire(&self, dir: &Path, proven: &Proven) -> Result<Retired, Failure> {
        let _lock = RunLock::take(dir)?;
        let from = self.route.source();
        let mut number = 1;
        while dir.join(format!("retire-{number}.jsonl")).exists() {
            number += 1;
        }
        let mut journal: Journal<RetireStep> = Journal::create(&dir.join(format!("retire-{number}.jsonl")))?;
        journal.append(&[RetireStep::Started {
            from: from.location().to_owned(),
            to: self.route.target().location().to_owned(),
            count: proven.len(),
        }])?;
        let mut retired = Retired::default();
        self.watch.begin("retiring", proven.len());
        let mut walk = self.route.walk(BATCH, false);
        while let Some(reading) = walk.next().await? {
            if self.watch.stopped() {
                retired.stopped = true;
                return Ok(retired);
            }
            let mut equal = self.equal(reading, &mut retired).await?;
            // What the user did not agree to stays, equal or not.
            equal.retain(|one| proven.entries.contains(&one.digest));
            journal.append(
                &equal
                    .iter()
                    .map(|one| RetireStep::Intent { from: one.entry.clone(), version: one.version.clone() })
                    .collect::<Vec<_>>(),
            )?;
            let going = equal.iter().map(|one| from.retire(&one.entry, &one.version));
            let answers: Vec<Result<bool, StoreError>> =
                futures_util::stream::iter(going).buffered(AT_ONCE).collect().await;
            let (mut steps, mut fatal) = (Vec::new(), None);
            for (one, answer) in equal.iter().zip(answers) {
                match answer {
                    Ok(true) => {
                        retired.retired += 1;
                        steps.push(RetireStep::Retired { from: one.entry.clone() });
                    }
                    Ok(false) => keep(&mut retired, &one.entry, "it changed in the meantime", "compare it again")?,
                    Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unavailable) => {
                        fatal = Some(error);
                    }
                    Err(error) => {
                        keep(
                            &mut retired,
                            &one.entry,
                            &error.message,
                            error.advice.as_deref().unwrap_or("look at it"),
                        )?;
                    }
                }
            }
            journal.append(&steps)?;
            if let Some(error) = fatal {
                return Err(Failure::from(error).advise("say the same command again: it goes on with the rest"));
            }
            self.watch.step(equal.len());
        }
        journal.append(&[RetireStep::Done])?;
        Ok(retired)
    }

    /// The entries of a batch all of whose values the target holds; why the others stay goes to `kept`.
    async fn equal(&self, reading: Reading, kept: &mut Retired) -> Result<Vec<Equal>, Failure> {
        let to = self.route.target();
        to.keep_alive().await?;
        let mut blocked: HashSet<String> = HashSet::new();
        for one in reading.stays.into_iter().chain(reading.failed) {
            blocked.insert(one.from.path.clone());
            kept.kept.push(one)?;
        }
        let addresses: Vec<Address> = reading.carried.iter().map(|one| one.to.clone()).collect();
        let found = to.read_many(&addresses).await;
        let same = reading.carried.iter().zip(&found).map(|(one, found)| self.is_the_same(one, found));
        let same: Vec<Result<bool, StoreError>> =
            futures_util::stream::iter(same).buffered(AT_ONCE).collect::<Vec<_>>().await;
        let mut equal: Vec<Equal> = Vec::new();
        for ((one, found), same) in reading.carried.into_iter().zip(found).zip(same) {
            let same = same?;
            let reason = match found {
                // A group stands for several entries, of which only the group as a whole was compared.
                _ if reading.entries == 0 => Some("it went into one value with others"),
                _ if same => Some("the target is this very entry, under another name of the store"),
                Ok(Some(entry)) if self.is_equal(&one, &entry.secret) => None,
                Ok(Some(_)) => Some("the target holds another value"),
                Ok(None) => Some("the target lacks it"),
                Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unavailable) => {
                    return Err(error.into());
                }
                Err(_) => Some("the target does not let it be read"),
            };
            let reason = reason.or_else(|| one.version.is_none().then_some("the source tells no version of it"));
            if let Some(reason) = reason {
                blocked.insert(one.from.path.clone());
                keep(kept, &one.from, reason, "`keylift migrate verify` tells more; remove it by hand")?;
                continue;
            }
            let entry = Address { field: None, version: None, ..one.from.clone() };
            let version = one.version.unwrap_or_default();
            let digest = digest(self.key, &format!("{entry} {version}"));
            equal.push(Equal { entry, version, digest });
        }
        // An entry goes as a whole or not at all.
        equal.retain(|one| !blocked.contains(&one.entry.path));
        equal.dedup_by(|next, one| next.digest == one.digest);
        Ok(equal)
    }

    /// Whether source and target are one entry of one store that has two URIs: it is equal to itself, and must not go.
    /// Versions of two entries are not made in the same moment.
    async fn is_the_same(&self, one: &Carried, found: &Found) -> Result<bool, StoreError> {
        let Ok(Some(found)) = found else { return Ok(false) };
        if one.from.path != one.to.path || one.version != found.version {
            return Ok(false);
        }
        let whole = |address: &Address| Address { field: None, version: None, ..address.clone() };
        let here = self.route.source().history(&whole(&one.from)).await?;
        let there = self.route.target().history(&whole(&one.to)).await?;
        Ok(here == there && here.iter().any(|version| version.created.is_some()))
    }

    fn is_equal(&self, one: &Carried, found: &keylift_providers::Secret) -> bool {
        one.equals(found) || ((one.fields || self.merged) && one.compare_fields(found) == Some(Fields::More))
    }
}

fn keep(retired: &mut Retired, from: &Address, reason: &str, advice: &str) -> Result<(), Failure> {
    retired.kept.push(Stays { from: from.clone(), reason: reason.to_owned(), advice: advice.to_owned() })
}
