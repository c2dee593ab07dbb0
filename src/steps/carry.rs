//! From an entry of one store to its address in another.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use keylift_providers::{Address, Entry, Rejected, Secret, Store, StoreError};

use crate::model::Stays;

/// Entries under way at once: more than eight readers gain nothing on either server that this was measured with.
const AT_ONCE: usize = 8;

/// A value on its way.
#[derive(Debug)]
pub struct Carried {
    /// Where it comes from.
    pub from: Address,
    /// Where it goes.
    pub to: Address,
    /// The value.
    pub secret: Secret,
    /// What its store keeps beside it.
    pub metadata: BTreeMap<String, String>,
}

/// The way from one store to another.
#[derive(Debug)]
pub struct Route<'a> {
    from: &'a dyn Store,
    to: &'a dyn Store,
    /// What stands before a name in the source's paths.
    prefix: String,
    /// The field that a value without a field of its own has in the source.
    field: Option<String>,
}

impl<'a> Route<'a> {
    /// The way between two stores.
    ///
    /// # Errors
    /// Where the two are one.
    pub fn new(from: &'a dyn Store, to: &'a dyn Store) -> Result<Self, StoreError> {
        if from.location() == to.location() {
            let message = format!("{} cannot be moved into itself", from.location());
            return Err(StoreError::new(keylift_providers::ErrorKind::Configuration, message));
        }
        let probe = from.address("KEYLIFT").map_err(StoreError::from)?;
        let prefix = probe.path.strip_suffix("KEYLIFT").unwrap_or_default().to_owned();
        Ok(Self { from, to, prefix, field: probe.field })
    }

    /// Reads the entries of a page, several at once, and finds where each goes. An entry of several fields in the source
    /// is several values, unless the source reads such an entry as one.
    ///
    /// # Errors
    /// Where the source does not answer.
    pub async fn read(&self, page: &[Address]) -> Result<(Vec<Carried>, Vec<Stays>), StoreError> {
        let reads = futures_util::stream::iter(page).map(|address| self.values(address)).buffered(AT_ONCE);
        let entries: Vec<Result<Vec<(Address, Entry)>, StoreError>> = reads.collect().await;
        let (mut carried, mut stays) = (Vec::new(), Vec::new());
        for entries in entries {
            for (from, entry) in entries? {
                match self.target(&from, &entry.secret) {
                    Ok(to) => carried.push(Carried { from, to, secret: entry.secret, metadata: entry.metadata }),
                    Err(rejected) => stays.push(Stays { from, reason: rejected.reason, advice: rejected.advice }),
                }
            }
        }
        Ok((carried, stays))
    }

    async fn values(&self, address: &Address) -> Result<Vec<(Address, Entry)>, StoreError> {
        if self.field.is_some() {
            return self.from.read_fields(address).await;
        }
        Ok(self.from.read(address).await?.map(|entry| (address.clone(), entry)).into_iter().collect())
    }

    /// Where a value goes, and whether it can be held there.
    fn target(&self, from: &Address, secret: &Secret) -> Result<Address, Rejected> {
        let name = from.path.strip_prefix(&self.prefix).unwrap_or(&from.path);
        let own = from.field.as_ref().filter(|field| Some(*field) != self.field.as_ref());
        let to = match own {
            None => self.to.address(name)?,
            Some(field) if self.to.capabilities().fields => {
                Address { field: Some(field.clone()), ..self.to.address(name)? }
            }
            // A store without fields gets an entry for each.
            Some(field) => {
                self.to.address(&format!("{name}/{field}")).or_else(|_| self.to.address(&format!("{name}_{field}")))?
            }
        };
        self.to.accepts(&to, secret)?;
        Ok(to)
    }
}
