//! The spelling that a name has in another store.

use keylift_providers::{Address, Rejected, Store};

/// How a name finds its address: [`literal`], or [`mapped`].
pub(super) type Spell = fn(&dyn Store, &str, bool) -> Result<Address, Rejected>;

/// The address of a name in a store: as it is, or in the first spelling that the store takes. The caller has to see to it
/// that no two names end at one address.
pub(super) fn literal(to: &dyn Store, name: &str, exact: bool) -> Result<Address, Rejected> {
    let address = match to.address(name) {
        Err(_) if !exact => forms(name).into_iter().find_map(|form| to.address(&form).ok()),
        _ => None,
    };
    match address {
        Some(address) => Ok(address),
        None => to.address(name),
    }
}

/// The address of a name that a map made, where `NAME#FIELD` means a field.
pub(super) fn mapped(to: &dyn Store, name: &str, exact: bool) -> Result<Address, Rejected> {
    let Some((name, field)) = name.rsplit_once('#') else { return literal(to, name, exact) };
    let address = literal(to, name, exact)?;
    if !to.capabilities().fields {
        return Err(Rejected {
            reason: format!("{} has no fields, and the map sends something to {name}#…", to.location()),
            advice: "write a name without `#` in the map".to_owned(),
        });
    }
    Ok(Address { field: Some(field.to_owned()), ..address })
}

/// Spellings of a name in alphabets that get smaller, from what paths take to what variables and Azure take.
fn forms(name: &str) -> Vec<String> {
    let segments: Vec<&str> = name
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| if matches!(segment, "." | "..") { "_" } else { segment })
        .collect();
    let path = segments.join("/");
    let spelled = |spell: &dyn Fn(char) -> char| path.chars().map(spell).collect::<String>();
    let keep = |more: &'static str, instead: char| {
        move |c: char| if c.is_ascii_alphanumeric() || more.contains(c) { c } else { instead }
    };
    let flat = |more: &'static str| {
        let spell = keep(more, '_');
        move |c: char| if c == '/' { '-' } else { spell(c) }
    };
    let variable = spelled(&keep("_", '_'));
    let variable = if variable.starts_with(|c: char| c.is_ascii_digit()) { format!("_{variable}") } else { variable };
    vec![
        spelled(&keep("/_.-", '_')),
        spelled(&keep("/_-", '_')),
        spelled(&flat("_.-")),
        spelled(&flat("_-")),
        variable,
        spelled(&keep("-", '-')).trim_matches('-').to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_the_spelling_that_the_store_takes() {
        let settings = keylift_providers::Settings::with_vars("/c", [("", "")]);
        let at = |uri: &str, name: &str| {
            let store = keylift_providers::open(uri, &settings).unwrap();
            mapped(&*store, name, false).map(|address| address.path).map_err(|rejected| rejected.reason)
        };
        assert_eq!(at("dotenv:.env", "app/db-password.old").unwrap(), "app_db_password_old");
        assert_eq!(at("dotenv:.env", "9lives").unwrap(), "_9lives");
        assert_eq!(at("files:x", "app/db.password").unwrap(), "app-db.password");
        assert_eq!(at("files:x", "fine-name.txt").unwrap(), "fine-name.txt");
        assert!(at("files:x", "\u{2603}").is_ok());
        assert!(at("dotenv:.env", "a#b").unwrap_err().contains("has no fields"));
        let strict = keylift_providers::open("dotenv:.env", &settings).unwrap();
        assert!(mapped(&*strict, "a-b", true).is_err());
        assert_eq!(literal(&*strict, "a#b", false).unwrap().path, "a_b", "no field where no map says so");
    }
}
