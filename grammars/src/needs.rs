//! What a lookup needs beside itself: imports and helpers, by the names that they have where it stands.

use std::collections::BTreeMap;

use crate::imports::Resolution;
use crate::parsed::Parsed;
use crate::recipe::{Need, NeedPlace};

/// A need of the recipe, as it is for this file: its name may hold that of the file, its helper names other needs and what
/// is looked up with it.
pub(crate) fn need(parsed: &Parsed, key: &str, names: &str) -> Option<Need> {
    let mut need = parsed.loaded.recipe.needs.get(key)?.clone();
    need.bind = need.bind.replace("<stem>", &parsed.stem);
    if let Some(mut helper) = need.helper.take() {
        helper = helper.replace("<stem>", &parsed.stem).replace("<names>", names);
        let flags = |flag: &str| parsed.facts.flags.contains(flag);
        let at = inside(parsed, &need).unwrap_or_default();
        for other in &need.needs {
            let Some(wanted) = parsed.loaded.recipe.needs.get(other) else { continue };
            let (Resolution::Bound(name) | Resolution::Insert(name)) =
                parsed.imports().resolve(wanted, at, &parsed.text, &flags)
            else {
                continue;
            };
            helper = helper.replace(&format!("<{other}>"), &name);
        }
        need.helper = Some(helper);
    }
    Some(need)
}

/// Where a need's own needs are used, if that is not where the need is.
fn inside(parsed: &Parsed, need: &Need) -> Option<usize> {
    (need.place == NeedPlace::End).then_some(parsed.text.len())
}

type Bound = (BTreeMap<String, String>, BTreeMap<String, usize>);

/// Names for needs at a place, and which of them must be brought in. An error names what is shadowed, if that is why.
pub(crate) fn bind(parsed: &Parsed, needs: &[String], at: usize) -> Result<Bound, Option<String>> {
    let flags = |flag: &str| parsed.facts.flags.contains(flag);
    let (mut names, mut insert) = (BTreeMap::new(), BTreeMap::new());
    let mut open: Vec<(String, usize)> = needs.iter().map(|key| (key.clone(), at)).collect();
    while let Some((key, at)) = open.pop() {
        let (base, looked_up) = key.split_once('=').unwrap_or((&key, ""));
        let need = need(parsed, base, looked_up).ok_or(None)?;
        let outward = need.outward.as_deref().map(|step| step.repeat(parsed.imports().apart(at))).unwrap_or_default();
        match parsed.imports().resolve(&need, at, &parsed.text, &flags) {
            Resolution::Bound(name) => {
                names.insert(key, outward + &name);
            }
            Resolution::Insert(name) => {
                let own = inside(parsed, &need).unwrap_or(at);
                names.insert(key.clone(), outward + &name);
                insert.insert(key, at);
                open.extend(need.needs.into_iter().map(|other| (other, own)));
            }
            Resolution::Shadowed(name) => return Err(Some(name)),
            Resolution::Absent => return Err(None),
        }
    }
    Ok((names, insert))
}
