//! Writing an entry with its older versions before it, each read back. A crash on the way leaves some of them, which is
//! told from somebody else's entry by their values.

use futures_util::StreamExt as _;
use keylift_providers::{Address, ErrorKind, Expect, Receipt, StoreError, WriteId, Written};

use super::batch::Planned;
use super::{AT_ONCE, Migration};
use crate::steps::carry::{Carried, Older, Route};

impl Migration<'_> {
    /// The older versions of several entries, in order; of those that do not go along there are only losses.
    pub(super) async fn older(
        &self,
        route: &Route<'_>,
        all: impl Iterator<Item = &Carried>,
        keeps: usize,
    ) -> Result<Vec<Older>, StoreError> {
        let all = all.map(|one| route.older(one, keeps));
        let all: Vec<Result<Older, StoreError>> = futures_util::stream::iter(all).buffered(AT_ONCE).collect().await;
        all.into_iter().collect()
    }

    /// Whether older versions can go before an entry: not where the target holds something else there already.
    pub(super) async fn has_room(&self, older: &Older) -> Result<bool, StoreError> {
        let Some(now) = self.to.read(&older.to).await? else { return Ok(true) };
        // What an earlier process, or an earlier migration, carried over.
        let here = self.to.history(&older.to).await?.iter().filter(|version| version.readable).count();
        Ok(here.checked_sub(1).and_then(|last| older.values.get(last)) == Some(&now.secret))
    }

    /// Writes all versions of an entry, from where an earlier process stopped. Answers the versions before the last, and
    /// the receipt of the last.
    pub(super) async fn write_all(
        &self,
        run: &str,
        write: &Planned,
        older: &Older,
    ) -> Result<(Vec<String>, Receipt), StoreError> {
        let mut versions = if write.begun { self.there(older).await? } else { Vec::new() };
        for (index, secret) in older.values.iter().enumerate().skip(versions.len()) {
            let expect = versions.last().map_or(Expect::Absent, |version| Expect::Version(version.clone()));
            let id = WriteId::new(self.key, &format!("{run} version {index}"), &older.to, secret);
            let receipt = self.to.write(&older.to, secret, &expect, &id).await?;
            let Some(version) = receipt.version.filter(|_| receipt.written != Written::AlreadyEqual) else {
                return Err(conflict(&older.to));
            };
            let at = Address { version: Some(version.clone()), ..older.to.clone() };
            if self.to.read(&at).await?.is_none_or(|entry| entry.secret != *secret) {
                let message = format!("{at} came back with another value than was written");
                return Err(StoreError::new(ErrorKind::Corrupt, message).advise("look who else writes there"));
            }
            versions.push(version);
        }
        let receipt = Receipt { address: write.one.to.clone(), version: versions.pop(), written: Written::Created };
        Ok((versions, receipt))
    }

    /// The versions that an earlier process of this migration wrote.
    async fn there(&self, older: &Older) -> Result<Vec<String>, StoreError> {
        let mut versions = Vec::new();
        for (index, version) in self.to.history(&older.to).await?.into_iter().enumerate() {
            let at = Address { version: Some(version.id.clone()), ..older.to.clone() };
            let entry = if version.readable { self.to.read(&at).await? } else { None };
            if entry.is_none_or(|entry| older.values.get(index) != Some(&entry.secret)) {
                return Err(conflict(&older.to));
            }
            versions.push(version.id);
        }
        Ok(versions)
    }
}

fn conflict(to: &Address) -> StoreError {
    StoreError::new(ErrorKind::Conflict, format!("{} was left as it is: it holds another value", to.path))
}
