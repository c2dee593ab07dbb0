//! Names and values that Secrets Manager takes.

use crate::store::Rejected;

/// The longest name (`CreateSecret`, parameter `Name`).
const LONGEST: usize = 512;
/// The largest value in bytes ("Secrets Manager quotas").
pub(super) const MAX_BYTES: usize = 65_536;

/// Whether a name is legal, and means one secret alone.
pub(super) fn check(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "AWS Secrets Manager", LONGEST, |c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))?;
    let end = name.rsplit_once('-').map(|(_, end)| end);
    if end.is_some_and(|end| end.len() == 6) {
        return Err(Rejected {
            reason: format!(
                "{name} ends with a hyphen and six characters, as the random end of an ARN does: AWS could take it for \
                 another secret's"
            ),
            advice: "choose another name (in the plan, or with --map), for instance with an underscore".to_owned(),
        });
    }
    Ok(())
}

/// Whether a value is of a size that Secrets Manager takes: at least one byte.
pub(super) fn check_size(name: &str, size: usize) -> Result<(), Rejected> {
    if size == 0 {
        return Err(Rejected {
            reason: format!("the value of {name} is empty, and AWS Secrets Manager keeps no empty one"),
            advice: "an empty value is no secret: leave it in the code, or keep it in another store".to_owned(),
        });
    }
    crate::names::check_size(name, size, MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_aws_wants_them() {
        for name in ["", "a b", "a:b", "a!b", "caf\u{e9}", "a//b", "/a", "a/", "db-abc123", "x/y-SECRET", "-123456"] {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert!(check(&"a".repeat(513)).is_err());
        for name in ["a", "shop/DB_PASSWORD", "a+b=c.d@e-f", "db-abc12", "db-abc1234", "db_abc123", "a-b/abcdef"] {
            assert!(check(name).is_ok(), "{name:?}");
        }
        assert!(check(&"a".repeat(512)).is_ok());
    }

    #[test]
    fn sizes_are_as_aws_wants_them() {
        assert!(check_size("a", 0).is_err());
        assert!(check_size("a", 1).is_ok());
        assert!(check_size("a", 65_536).is_ok());
        assert!(check_size("a", 65_537).is_err());
    }
}
