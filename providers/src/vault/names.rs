//! Paths and values that a KV engine gives back unchanged.

use serde_json::Value;

use crate::store::Rejected;

/// The largest entry, as JSON in bytes. OpenBao's storage refuses entries over 1 MiB ("`max_entry_size`" of the raft
/// backend) with an error 500; some room is left for what the engine adds.
pub(super) const MAX_ENTRY: usize = 1024 * 1024 - 8 * 1024;

/// Whether a path reaches the server as it is written. Empty and dotted segments are folded away, `%`, `?` and `#` mean
/// something in a URL, `*` means something in a policy, and spaces at an end of a segment are lost by other clients.
pub(super) fn check(path: &str) -> Result<(), Rejected> {
    crate::names::check(path, "a Vault path", 512, |c| !c.is_control() && !"%?#*\\{}\"<>|^`".contains(c))?;
    if path.split('/').any(|segment| segment.trim() != segment) {
        return Err(Rejected {
            reason: format!("a part of {path} begins or ends with a space"),
            advice: "choose another name (in the plan, or with --map)".to_owned(),
        });
    }
    Ok(())
}

/// Whether the server gives a JSON value back as it is: its numbers go through a double, so that integers beyond 2^53 and
/// fractions change.
pub(super) fn survives(value: &Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => {
            number.as_i64().is_some_and(|n| n.unsigned_abs() < EXACT) || number.as_u64().is_some_and(|n| n < EXACT)
        }
        Value::Array(items) => items.iter().all(survives),
        Value::Object(fields) => fields.values().all(survives),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_a_server_would_fold_are_refused() {
        for path in ["a//b", "../a", "a/.", "a%2Fb", "a\nb", "a /b", "a?b", "a*", ""] {
            assert!(check(path).is_err(), "{path:?}");
        }
        for path in ["a", "a/b-c_d.e", "a b", "caf\u{e9}", "a+b", "a@b=c"] {
            assert!(check(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    fn numbers_that_change_are_known() {
        let survives = |text: &str| survives(&serde_json::from_str(text).unwrap());
        assert!(survives(r#"{"a": [1, -5, true, null, "1.0"]}"#));
        assert!(!survives("12345678901234567890"));
        assert!(!survives(r#"[{"a": 1.5}]"#));
    }
}
