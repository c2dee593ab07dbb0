//! Older versions of an entry: which of them can go along, in what form, and which cannot.

use keylift_providers::json::Object;
use keylift_providers::{Address, Secret, StoreError};

use super::map::Fate;
use super::{Carried, Reading, Route};
use crate::model::Stays;

/// What becomes of an entry's older versions.
#[derive(Debug)]
pub struct Older {
    /// Where all versions go, the current one too: the whole entry.
    pub to: Address,
    /// Values from the oldest on, the current one at the end. Each differs from the one before.
    pub values: Vec<Secret>,
    /// The versions of the source that these are, but for the current one.
    pub ids: Vec<String>,
    /// Versions that stay, and why.
    pub lost: Vec<Stays>,
}

impl Route<'_> {
    /// Reads the older versions of an entry whose current one is on its way. `keeps` is how many versions of an entry the
    /// target keeps.
    ///
    /// # Errors
    /// Where the source does not answer.
    pub async fn older(&self, one: &Carried, keeps: usize) -> Result<Older, StoreError> {
        let from = Address { field: None, version: None, ..one.from.clone() };
        let to = Address { field: None, ..one.to.clone() };
        let mut older = Older { to, values: Vec::new(), ids: Vec::new(), lost: Vec::new() };
        if !self.from.capabilities().versions {
            return Ok(older);
        }
        let versions = self.from.history(&from).await?;
        let current = versions.iter().position(|version| version.current).unwrap_or(versions.len());
        let reason = if keeps < 2 {
            Some(format!("{} keeps no older versions", self.to.location()))
        } else if !self.goes_as_one(one) {
            Some("its entry does not go to an entry of its own".to_owned())
        } else {
            None
        };
        for (index, version) in versions.into_iter().enumerate().filter(|(index, _)| *index != current) {
            let at = Address { version: Some(version.id.clone()), ..from.clone() };
            let value = match &reason {
                Some(reason) => Err(reason.clone()),
                None if !version.readable => Err("it is deleted at the source".to_owned()),
                None if index > current => Err("it is newer than the current one".to_owned()),
                None => self.version(&at, one).await?,
            };
            match value {
                Ok(value) if older.values.last() == Some(&value) => {}
                Ok(value) => {
                    older.values.push(value);
                    older.ids.push(version.id);
                }
                Err(reason) => older.lost.push(stays(at, reason)),
            }
        }
        let value = whole(one);
        if older.values.last() == Some(&value) {
            older.values.pop();
            older.ids.pop();
        }
        older.values.push(value);
        let surplus = older.values.len().saturating_sub(keeps.max(1));
        older.values.drain(..surplus);
        for id in older.ids.drain(..surplus) {
            let at = Address { version: Some(id), ..from.clone() };
            older.lost.push(stays(at, format!("{} keeps {keeps} versions of an entry", self.to.location())));
        }
        Ok(older)
    }

    /// Whether an entry goes to one of its own, so that its versions can follow each other there.
    fn goes_as_one(&self, one: &Carried) -> bool {
        let usual = self.to.address("KEYLIFT").ok().and_then(|address| address.field);
        let fate = self.map.fate(self.name(&one.from));
        one.alone && matches!(fate, Fate::Keep | Fate::Rename(_)) && (one.to.field.is_none() || one.to.field == usual)
    }

    /// One older version as the target takes it, or why it does not.
    async fn version(&self, at: &Address, current: &Carried) -> Result<Result<Secret, String>, StoreError> {
        let Some(entry) = self.from.read(at).await? else {
            return Ok(Err("it is not to be had any more".to_owned()));
        };
        let mut reading = Reading::default();
        self.place(&Address { version: None, ..at.clone() }, entry, &mut reading);
        if let Some(stays) = reading.stays.pop() {
            return Ok(Err(stays.reason));
        }
        let Some(one) = reading.carried.pop().filter(|one| one.alone && one.to.path == current.to.path) else {
            return Ok(Err("it would go to another place than the current one".to_owned()));
        };
        let whole = whole(&one);
        let to = Address { field: None, ..one.to };
        Ok(self.to.accepts(&to, &whole).map(|()| whole).map_err(|rejected| rejected.reason))
    }
}

/// A value as the content of its whole entry.
fn whole(one: &Carried) -> Secret {
    match (&one.to.field, one.secret.expose_str()) {
        (Some(field), Some(text)) => {
            let mut fields = Object::new();
            fields.set(field, text);
            fields.to_secret()
        }
        _ => one.secret.duplicate(),
    }
}

impl Older {
    /// Lets go of all older versions, because the target has no room for them.
    pub fn without_room(&mut self, from: &Address, reason: &str) {
        let last = self.values.len().saturating_sub(1);
        self.values.drain(..last);
        for id in std::mem::take(&mut self.ids) {
            let at = Address { field: None, version: Some(id), ..from.clone() };
            self.lost.push(stays(at, reason.to_owned()));
        }
    }
}

fn stays(from: Address, reason: String) -> Stays {
    Stays { from, reason, advice: "read it at the source while that is there".to_owned() }
}
