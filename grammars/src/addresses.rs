//! Where values will live, for lookups that name the entry itself instead of a variable.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edit::Refusal;
use crate::select::refusal;

/// What is known of a store, and of the entries that values get in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Which kind of store it is: `vault`, `aws-sm`… Recipes ask for it as the flag `store-KIND`.
    pub service: String,
    /// What recipes may write of it, by the name of their marks: `mount` for `<mount>`.
    pub facts: BTreeMap<String, String>,
    /// The entry of each name, shared by all files. None while a plan is being made, and any name stands for an entry of its
    /// own.
    pub entries: Option<Arc<BTreeMap<String, Entry>>>,
}

/// One entry of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the store calls it.
    pub key: String,
    /// The field in it that holds the value.
    pub field: Option<String>,
    /// The version that is wanted; the latest, where none is told.
    pub version: Option<String>,
}

/// Texts by mark, and marks that have none.
pub(crate) type Marks = BTreeMap<String, Option<String>>;

impl Addresses {
    /// What stands for the marks of a lookup of a name.
    pub(crate) fn marks(&self, name: &str) -> Result<Marks, Refusal> {
        let planned = Entry { key: name.to_owned(), field: Some("value".to_owned()), version: None };
        let entry = match &self.entries {
            None => &planned,
            Some(entries) => entries.get(name).ok_or_else(|| {
                refusal(
                    "no-address",
                    &format!("Nothing says where {name} lives in the store, and the lookup would have to name that."),
                    "Give the name that the plan has for this value.",
                )
            })?,
        };
        // What recipes write it into has delimiters of its own: quotes, colons, braces.
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "/_.+=@-".contains(c));
        if let Some(odd) = [Some(&entry.key), entry.field.as_ref(), entry.version.as_ref()]
            .into_iter()
            .flatten()
            .find(|text| text.is_empty() || !plain(text))
        {
            return Err(refusal(
                "unfit-address",
                &format!("The entry {odd:?} has characters that cannot be written in this lookup."),
                "Give the move an address of letters, digits, slashes and dashes.",
            ));
        }
        let mut marks: Marks = self.facts.iter().map(|(mark, text)| (mark.clone(), Some(text.clone()))).collect();
        marks.insert("entry".into(), Some(entry.key.clone()));
        marks.insert("field".into(), entry.field.clone());
        marks.insert("version".into(), entry.version.clone());
        Ok(marks)
    }
}

/// A template with its marks filled. `<if:mark>…</if>` stays where the mark has a text, `<unless:mark>…</unless>` where it
/// has none; of a line that is nothing but such a condition, nothing stays.
pub(crate) fn fill(template: &str, marks: &Marks) -> String {
    let mut text = conditions(template, marks);
    for (mark, value) in marks {
        if let Some(value) = value {
            text = text.replace(&format!("<{mark}>"), value);
        }
    }
    text
}

/// What a filled template still wants to know, if anything.
pub(crate) fn unknown(text: &str) -> Option<Refusal> {
    let (mark, _) = text.split('<').skip(1).find_map(|rest| {
        let found = rest.split_once('>')?;
        (!found.0.is_empty() && found.0.chars().all(|c| c.is_ascii_lowercase() || c == '-')).then_some(found)
    })?;
    Some(refusal(
        "unfit-address",
        &format!("The lookup has to say the {mark} of the entry, and that is not known of this store."),
        "Plan for a store that this lookup is for, or use the lookup `env`.",
    ))
}

/// How conditions begin and end, and whether a text makes them hold.
const CONDITIONS: [(&str, &str, bool); 2] = [("<if:", "</if>", true), ("<unless:", "</unless>", false)];

fn conditions(template: &str, marks: &Marks) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let first = |text: &str| {
        let found = CONDITIONS.iter().filter_map(|kind| Some((text.find(kind.0)?, kind)));
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((at, (open, close, wanted))) = first(rest) {
        let Some((mark, inside)) = rest[at + open.len()..].split_once('>') else { break };
        let Some(end) = closing(inside, open, close) else { break };
        out.push_str(&rest[..at]);
        let held = marks.get(mark).is_some_and(Option::is_some) == *wanted;
        if held {
            out.push_str(&conditions(&inside[..end], marks));
        }
        let after = &inside[end + close.len()..];
        // A condition that has its lines to itself leaves no empty one.
        let alone = !held && (out.is_empty() || out.ends_with('\n'));
        rest = if alone { after.strip_prefix('\n').unwrap_or(after) } else { after };
    }
    out + rest
}

/// Where the condition ends whose inside a text begins with.
fn closing(text: &str, open: &str, close: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let end = at + text[at..].find(close)?;
        match text[at..end].find(open) {
            Some(inner) => (depth, at) = (depth + 1, at + inner + open.len()),
            None if depth == 0 => return Some(end),
            None => (depth, at) = (depth - 1, end + close.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_stay_or_go() {
        let marks = Marks::from([
            ("entry".into(), Some("shop/DB".into())),
            ("field".into(), None),
            ("a".into(), Some("1".into())),
        ]);
        let text = "key: <entry><if:field>#<field></if>\n<if:field>property: <field></if>\n<if:a>a: <a></if>\nz<unless:field>!</unless>";
        assert_eq!(fill(text, &marks), "key: shop/DB\na: 1\nz!");
        assert_eq!(fill("<if:a>1<if:field>2</if><if:entry>3</if></if><if:field><if:a>4</if></if>5", &marks), "135");
    }

    #[test]
    fn an_entry_that_is_not_there_is_refused() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.marks("X").unwrap()["entry"], Some("X".into()));
        addresses.entries = Some(Arc::default());
        assert_eq!(addresses.marks("X").unwrap_err().code, "no-address");
        let odd = Entry { key: "a b:c".into(), field: None, version: None };
        addresses.entries = Some(Arc::new(BTreeMap::from([("X".into(), odd)])));
        assert_eq!(addresses.marks("X").unwrap_err().code, "unfit-address");
    }
}
