//! What a write finds, judged: for stores that look before they write.

use crate::secret::Secret;
use crate::store::{Address, Entry, ErrorKind, Expect, Receipt, StoreError, Written};

/// The refusal of a write to an entry that is not as it was expected.
pub(crate) fn conflict(name: &str, why: &str) -> StoreError {
    StoreError::new(ErrorKind::Conflict, format!("{name} was left as it is: {why}"))
        .advise("choose another name (in the plan, or with --map), or look at the entry first")
}

/// The receipt of a write, at the address without the version that it may have been pinned to.
#[allow(clippy::needless_pass_by_value, reason = "callers hand over numbers and texts alike")]
pub(crate) fn receipt(address: &Address, version: impl std::fmt::Display, written: Written) -> Receipt {
    let address = Address { version: None, ..address.clone() };
    Receipt { address, version: Some(version.to_string()), written }
}

/// How a write of `secret` is to end where `there` is what the address holds.
///
/// # Errors
/// The address is not in the expected state.
pub(crate) fn judge(
    name: &str,
    there: Option<&Entry>,
    secret: &Secret,
    expect: &Expect,
) -> Result<Written, StoreError> {
    match (there, expect) {
        (Some(entry), _) if entry.secret == *secret => Ok(Written::AlreadyEqual),
        (Some(_), Expect::Absent) => Err(conflict(name, "it holds another value")),
        (Some(entry), Expect::Version(expected)) if entry.version.as_ref() != Some(expected) => {
            Err(conflict(name, "it was changed in the meantime"))
        }
        (None, Expect::Version(_)) => Err(conflict(name, "it is gone")),
        (Some(_), _) => Ok(Written::Updated),
        (None, _) => Ok(Written::Created),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_expected_is_replaced() {
        let entry = |value: &str| Entry {
            secret: Secret::new(value),
            version: Some(format!("version of {value}")),
            metadata: std::collections::BTreeMap::new(),
        };
        let version = |value: &str| Expect::Version(format!("version of {value}"));
        let cases = [
            (None, Expect::Absent, Some(Written::Created)),
            (None, Expect::Anything, Some(Written::Created)),
            (None, version("one"), None),
            (Some("new"), Expect::Absent, Some(Written::AlreadyEqual)),
            (Some("new"), version("one"), Some(Written::AlreadyEqual)),
            (Some("one"), Expect::Absent, None),
            (Some("one"), version("one"), Some(Written::Updated)),
            (Some("one"), version("two"), None),
            (Some("one"), Expect::Anything, Some(Written::Updated)),
        ];
        for (there, expect, written) in cases {
            let there = there.map(entry);
            assert_eq!(judge("N", there.as_ref(), &Secret::new("new"), &expect).ok(), written, "{there:?} {expect:?}");
        }
    }
}
