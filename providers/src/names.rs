//! Checks of names and sizes that several stores share.

use crate::store::{Address, Rejected};

/// Whether a name is made of legal characters, and of path segments that no server or file system folds away.
pub(crate) fn check(name: &str, store: &str, longest: usize, legal: impl Fn(char) -> bool) -> Result<(), Rejected> {
    let rejected = |reason: String| {
        Err(Rejected { reason, advice: "choose another name (in the plan, or with --map)".to_owned() })
    };
    if name.is_empty() {
        return rejected(format!("{store} needs a name that is not empty"));
    }
    if name.len() > longest {
        return rejected(format!("a name in {store} has at most {longest} bytes, and this one {}", name.len()));
    }
    if let Some(bad) = name.chars().find(|c| !legal(*c)) {
        return rejected(format!("{store} does not take {bad:?} in a name ({})", name.escape_debug()));
    }
    if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return rejected(format!("{name} has an empty, `.` or `..` part, which {store} would fold away"));
    }
    Ok(())
}

/// Whether a value of `size` bytes fits.
pub(crate) fn check_size(name: &str, size: usize, largest: usize) -> Result<(), Rejected> {
    if size <= largest {
        return Ok(());
    }
    Err(Rejected {
        reason: format!("the value of {name} has {size} bytes, and the store takes {largest}"),
        advice: "keep it in another store, or split it".to_owned(),
    })
}

/// Refuses an address with a field in a store whose entries have none.
pub(crate) fn check_fieldless(address: &Address) -> Result<(), Rejected> {
    let Some(field) = &address.field else { return Ok(()) };
    Err(Rejected {
        reason: format!("{} has no fields ({}#{field})", address.store, address.path),
        advice: "use one name a value".to_owned(),
    })
}

/// The keys among metadata that do not fit, and those beyond as many as a store takes.
#[cfg(any(feature = "aws", feature = "azure", feature = "gcp", feature = "vault"))]
pub(crate) fn unfit(
    metadata: &std::collections::BTreeMap<String, String>,
    most: usize,
    fits: impl Fn(&str, &str) -> bool,
) -> Vec<String> {
    let mut kept = 0;
    let mut lost = |key: &str, value: &str| {
        kept += usize::from(fits(key, value));
        !fits(key, value) || kept > most
    };
    metadata.iter().filter(|(key, value)| lost(key, value)).map(|(key, _)| key.clone()).collect()
}

/// Whether a tag is one that AWS takes ("Tag naming limits and requirements" in the guide "Tagging AWS resources").
#[cfg(feature = "aws")]
pub(crate) fn is_aws_tag(key: &str, value: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    let length = key.chars().count();
    (1..=128).contains(&length)
        && value.chars().count() <= 256
        && key.chars().chain(value.chars()).all(legal)
        && !key.to_ascii_lowercase().starts_with("aws:")
}
