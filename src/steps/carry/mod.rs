//! From an entry of one store to its address in another.

mod carried;
mod map;
mod names;
mod older;
mod read;
mod template;

use std::collections::BTreeMap;

use keylift_providers::json::Object;
use keylift_providers::{Address, Entry, ErrorKind, Rejected, Secret, Store, StoreError};

use self::carried::object;
pub use self::carried::{Carried, Fields};
use self::map::Fate;
use self::names::Spell;
use crate::model::Stays;

pub use self::map::{Map, MapError, Mistake};
pub use self::older::Older;
pub use self::read::{Reading, Walk};

/// The address of a made-up name, and what the store puts before names.
fn probe(store: &dyn Store) -> Result<(Address, String), StoreError> {
    let under = |name: &str| -> Result<(Address, String), Rejected> {
        let address = store.address(name)?;
        // Some stores fold the case of names.
        let at = address.path.len().saturating_sub(name.len());
        let is_name = address.path.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(name));
        let prefix = if is_name { address.path[..at].to_owned() } else { String::new() };
        Ok((address, prefix))
    };
    // A store of objects with keys in them takes no name of one part.
    under("KEYLIFT").or_else(|_| under("keylift/KEYLIFT")).map_err(StoreError::from)
}

/// The way from one store to another.
#[derive(Debug)]
pub struct Route<'a> {
    from: &'a dyn Store,
    to: &'a dyn Store,
    map: &'a Map,
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
    pub fn new(from: &'a dyn Store, to: &'a dyn Store, map: &'a Map) -> Result<Self, StoreError> {
        if from.location() == to.location() {
            let message = format!("{} cannot be moved into itself", from.location());
            return Err(StoreError::new(ErrorKind::Configuration, message));
        }
        let (probe, prefix) = probe(from)?;
        Ok(Self { from, to, map, prefix, field: probe.field })
    }

    /// The source.
    pub fn source(&self) -> &'a dyn Store {
        self.from
    }

    /// The target.
    pub fn target(&self) -> &'a dyn Store {
        self.to
    }

    /// The map.
    pub fn map(&self) -> &'a Map {
        self.map
    }

    /// An entry's name: its path without what every path of the source begins with.
    pub fn name<'n>(&self, from: &'n Address) -> &'n str {
        from.path.strip_prefix(&self.prefix).unwrap_or(&from.path)
    }

    /// The fields of an entry that was read as a whole; none where it is one plain value.
    fn fields(&self, secret: &Secret) -> Option<Object> {
        let own = self.field.as_deref()?;
        let fields = object(secret)?;
        let plain = fields.names().eq([own]) && fields.is_flat();
        (!plain).then_some(fields)
    }

    /// Where the values of an entry go.
    fn place(&self, from: &Address, entry: Entry, into: &mut Reading) {
        let (carried, stays) = (into.carried.len(), into.stays.len());
        self.sort(from, entry, into);
        if let ([one], true) = (&mut into.carried[carried..], into.stays.len() == stays) {
            one.alone = true;
        }
    }

    fn sort(&self, from: &Address, entry: Entry, into: &mut Reading) {
        let name = self.name(from);
        let fields = self.fields(&entry.secret);
        let entry = match (&fields, &self.field) {
            // One field of the usual name: the entry is that value.
            (None, Some(own)) => match object(&entry.secret).and_then(|all| all.get(own)) {
                Some(secret) => Entry { secret, ..entry },
                None => entry,
            },
            _ => entry,
        };
        match (self.map.fate(name), fields) {
            (Fate::Skip, _) => into.skipped += 1,
            (Fate::Unruled, _) => {
                let advice = "add a rule for it, or `otherwise: keep`".to_owned();
                into.stays.push(Stays { from: from.clone(), reason: "no rule of the map is about it".into(), advice });
            }
            // Members of a group are read with their group.
            (Fate::Gather { .. }, _) => {}
            (Fate::Keep, None) => self.one(from, name, names::literal, entry, into),
            (Fate::Rename(to), None) => self.one(from, &to, names::mapped, entry, into),
            (Fate::Keep, Some(fields)) => self.several(from, name, names::literal, &fields, entry, into),
            (Fate::Rename(to), Some(fields)) => self.several(from, &to, names::mapped, &fields, entry, into),
            (Fate::Explode(to, mut variables), fields) => {
                let Some(fields) = fields.or_else(|| object(&entry.secret)) else {
                    let reason = "it is not a JSON object, and the map takes it apart".to_owned();
                    let advice = "rename it in the map, or leave it out".to_owned();
                    into.stays.push(Stays { from: from.clone(), reason, advice });
                    return;
                };
                let mut places = Vec::new();
                for key in fields.names() {
                    variables.insert("key".to_owned(), key.to_owned());
                    places.push((key.to_owned(), to.fill(&variables)));
                }
                self.apart(from, &places, names::mapped, &fields, entry, into);
            }
        }
    }

    /// A plain value.
    fn one(&self, from: &Address, name: &str, spell: Spell, entry: Entry, into: &mut Reading) {
        let placed = spell(self.to, name, self.map.exact);
        let from = Address { field: self.field.clone(), ..from.clone() };
        self.put(placed, from, entry, false, name, into);
    }

    /// An entry of several fields: as one where the target has fields, else each for itself.
    fn several(&self, from: &Address, name: &str, spell: Spell, fields: &Object, entry: Entry, into: &mut Reading) {
        if self.to.capabilities().fields
            && let Ok(to) = spell(self.to, name, self.map.exact)
        {
            let (to, secret) = (Address { field: None, ..to }, entry.secret.duplicate());
            if self.to.accepts(&to, &secret).is_ok() {
                let renamed = spelled_otherwise(&to, name);
                let (version, metadata) = (entry.version, entry.metadata);
                into.carried.push(Carried {
                    from: from.clone(),
                    to,
                    secret,
                    version,
                    metadata,
                    fields: true,
                    renamed,
                    alone: false,
                });
                return;
            }
        }
        let own = self.field.as_deref().unwrap_or_default();
        let places: Vec<(String, String)> = fields
            .names()
            .map(|key| (key.to_owned(), if key == own { name.to_owned() } else { format!("{name}/{key}") }))
            .collect();
        self.apart(from, &places, spell, fields, entry, into);
    }

    /// Fields that go to places of their own. Those that end in one entry of the target under their own names go as one.
    fn apart(
        &self,
        from: &Address,
        places: &[(String, String)],
        spell: Spell,
        fields: &Object,
        entry: Entry,
        into: &mut Reading,
    ) {
        let together = places.split_first().and_then(|((key, place), rest)| {
            let (path, field) = place.rsplit_once('#')?;
            let same = |(key, place): &(String, String)| place.rsplit_once('#') == Some((path, key.as_str()));
            (field == key && rest.iter().all(same)).then(|| path.to_owned())
        });
        if let Some(path) = together.filter(|_| self.to.capabilities().fields) {
            let mut all = Object::new();
            for (key, _) in places {
                all.copy(key, fields);
            }
            let placed = names::literal(self.to, &path, self.map.exact);
            let placed = placed.map(|to| Address { field: None, ..to });
            let entry = Entry { secret: all.sorted().to_secret(), ..entry };
            self.put(placed, from.clone(), entry, true, &path, into);
            return;
        }
        for (key, place) in places {
            let Some(secret) = fields.get(key) else { continue };
            let from = Address { field: Some(key.clone()), ..from.clone() };
            let one = Entry { secret, version: entry.version.clone(), metadata: entry.metadata.clone() };
            let placed = spell(self.to, place, self.map.exact);
            self.put(placed, from, one, false, place, into);
        }
    }

    /// Members of a group, as one JSON object.
    fn together(&self, group: &str, members: Vec<(String, Address, Entry)>, into: &mut Reading) {
        let Some((_, first, _)) = members.first() else { return };
        let from = Address { field: None, ..first.clone() };
        let (mut all, mut metadata) = (Object::new(), BTreeMap::new());
        for (key, address, entry) in members {
            let secret = match &self.field {
                Some(own) => object(&entry.secret).and_then(|fields| fields.get(own)),
                None => Some(entry.secret),
            };
            let Some(text) = secret.as_ref().and_then(Secret::expose_str) else {
                let reason = format!("{address} is no plain text, and {group} gathers text");
                let advice = "leave that one out of the map's rule, or give it a rule of its own".to_owned();
                into.stays.push(Stays { from, reason, advice });
                return;
            };
            all.set(&key, text);
            metadata.extend(entry.metadata);
        }
        let placed = names::mapped(self.to, group, self.map.exact);
        let fields = self.to.capabilities().fields;
        let placed = placed.map(|to| if fields { Address { field: None, ..to } } else { to });
        let entry = Entry { secret: all.sorted().to_secret(), version: None, metadata };
        self.put(placed, from, entry, true, group, into);
    }

    fn put(
        &self,
        placed: Result<Address, Rejected>,
        from: Address,
        entry: Entry,
        fields: bool,
        name: &str,
        into: &mut Reading,
    ) {
        let to = placed.and_then(|to| self.to.accepts(&to, &entry.secret).map(|()| to));
        match to {
            Ok(to) => {
                let renamed = spelled_otherwise(&to, name);
                let Entry { secret, version, metadata } = entry;
                into.carried.push(Carried { from, to, secret, version, metadata, fields, renamed, alone: false });
            }
            Err(Rejected { reason, advice }) => into.stays.push(Stays { from, reason, advice }),
        }
    }
}

/// Whether a name had to be spelled another way. Stores put their prefix before it, and a separator.
fn spelled_otherwise(to: &Address, name: &str) -> bool {
    let part = name.rsplit_once('#').filter(|(_, field)| to.field.as_deref() == Some(field));
    !to.path.ends_with(name) && !part.is_some_and(|(name, _)| to.path.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_path_without_what_its_store_puts_before_it() {
        let settings = keylift_providers::Settings::with_vars("/c", [("", "")]);
        let to = keylift_providers::open("age:x.age", &settings).unwrap();
        let map = Map::default();
        for (uri, path, name) in [
            ("vault://secret/team/app", "team/app/db/password", "db/password"),
            ("aws-sm://app", "app/DB", "DB"),
            ("aws-ssm://app", "/app/DB", "DB"),
            ("age:y.age", "app/DB", "app/DB"),
            ("azure-kv:my-vault/shop", "shop-db-password", "db-password"),
            ("azure-kv:my-vault", "shop-db-password", "shop-db-password"),
            ("gcp-sm://my-project/shop", "shop-DB", "DB"),
            ("k8s://ns", "app/DB", "app/DB"),
            ("k8s://ns/app", "app/DB", "DB"),
            ("k8s://ns/keylift", "keylift/DB", "DB"),
        ] {
            let from = keylift_providers::open(uri, &settings).unwrap();
            let route = Route::new(&*from, &*to, &map).unwrap();
            let address = Address { store: uri.into(), path: path.into(), field: None, version: None };
            assert_eq!(route.name(&address), name, "{uri}");
        }
    }
}
