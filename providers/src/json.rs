//! A JSON object whose other fields stay as they are written: their values are never parsed, so that no number changes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::secret::Secret;

/// Fields in their order, each value as its text. Not an object that names a field twice: nobody knows which one counts.
#[derive(Default)]
pub struct Object(Vec<(String, Box<RawValue>)>);

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are secrets, names are not.
        f.debug_list().entries(self.names()).finish()
    }
}

impl Object {
    /// An object without fields.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// The object that a text is; none where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A field: what a string says, or the JSON of anything else.
    pub fn get(&self, field: &str) -> Option<Secret> {
        let (_, raw) = self.0.iter().find(|(name, _)| name == field)?;
        Some(match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => Secret::new(text),
            Err(_) => Secret::new(raw.get()),
        })
    }

    /// Sets a field to a string, in its place or at the end.
    pub fn set(&mut self, field: &str, text: &str) {
        let Ok(raw) = to_raw_value(text) else { return };
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, value)) => *value = raw,
            None => self.0.push((field.to_owned(), raw)),
        }
    }

    /// Takes a field over from another object, as it is written there; false where that has none of the name.
    pub fn copy(&mut self, field: &str, from: &Self) -> bool {
        let Some((_, raw)) = from.0.iter().find(|(name, _)| name == field) else { return false };
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, value)) => value.clone_from(raw),
            None => self.0.push((field.to_owned(), raw.clone())),
        }
        true
    }

    /// The fields in the order of their names.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|(left, _), (right, _)| left.cmp(right));
        self
    }

    /// Takes a field out.
    pub fn unset(&mut self, field: &str) {
        self.0.retain(|(name, _)| name != field);
    }

    /// The fields' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is something in it and all of it is strings: an entry of named values rather than a document.
    pub fn is_flat(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, raw)| raw.get().starts_with('"'))
    }

    /// The object's text.
    pub fn to_secret(&self) -> Secret {
        // Strings and texts that were JSON before always serialise.
        Secret::new(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("a field twice"));
                    }
                    fields.push((name, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_fields_keep_their_text_and_order() {
        let mut object =
            Object::parse(r#" {"z": 12345678901234567890, "pw": "old", "n": {"x": 1.0, "y": 1e400}} "#).unwrap();
        // keylift:allow made up for a test
        object.set("pw", "a\"b");
        object.set("new", "c");
        let text = r#"{"z":12345678901234567890,"pw":"a\"b","n":{"x": 1.0, "y": 1e400},"new":"c"}"#;
        assert_eq!(object.to_secret().expose_str(), Some(text));
        assert_eq!(object.get("z").unwrap().expose_str(), Some("12345678901234567890"));
        assert_eq!(object.get("pw").unwrap().expose_str(), Some("a\"b"));
        assert!(object.get("x").is_none() && !object.is_flat());
        object.unset("pw");
        assert_eq!(object.names().collect::<Vec<_>>(), ["z", "n", "new"]);
    }

    #[test]
    fn what_is_no_plain_object_is_none() {
        for text in ["", "x", "[]", "\"{}\"", "{", r#"{"a": "1", "a": "2"}"#, "{} {}"] {
            assert!(Object::parse(text).is_none(), "{text}");
        }
        assert!(Object::parse("{}").is_some_and(|object| !object.is_flat()));
    }
}
