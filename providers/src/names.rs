//! Checks of names and sizes that several stores share.

use crate::store::{Address, Rejected};

/// Whether a name is made of legal characters, and of path segments that no server or file system folds away.
pub(crate) fn check(name: &str, store: &str, longest: usize, legal: impl Fn(char) -> bool) -> Result<(), Rejected> {
    let rejected = |reason: String| Err(Rejected { reason, advice: "choose another name in the plan".to_owned() });
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
