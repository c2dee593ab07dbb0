//! Names and values that Parameter Store takes.

use crate::secret::Secret;
use crate::store::Rejected;

/// The longest name that a person may give (`PutParameter`, parameter `Name`: 1011 of 2048 characters).
const LONGEST: usize = 1011;
/// The deepest hierarchy ("Working with parameter hierarchies").
const LEVELS: usize = 15;

/// Whether a full name, beginning with a slash, is legal.
pub(super) fn check(name: &str) -> Result<(), Rejected> {
    let rejected = |reason: String| {
        Err(Rejected { reason, advice: "choose another name (in the plan, or with --map)".to_owned() })
    };
    let Some(path) = name.strip_prefix('/') else {
        return rejected(format!("{name} does not begin with a slash"));
    };
    crate::names::check(path, "AWS Parameter Store", LONGEST - 1, |c| c.is_ascii_alphanumeric() || "/_.-".contains(c))?;
    if path.split('/').count() > LEVELS {
        return rejected(format!("{name} has more than {LEVELS} levels"));
    }
    let first = path.to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return rejected(format!("{name} begins with aws or ssm, which AWS keeps for itself"));
    }
    Ok(())
}

/// Whether a value is text of a size that the tier takes, and no reference.
pub(super) fn check_value(name: &str, secret: &Secret, largest: usize) -> Result<(), Rejected> {
    let refused = |reason: String, advice: &str| Err(Rejected { reason, advice: advice.to_owned() });
    let Some(text) = secret.expose_str() else {
        return refused(
            format!("the value of {name} is not UTF-8, and Parameter Store keeps text"),
            "encode it (base64) and let the program decode it, or keep it in aws-sm://",
        );
    };
    if text.is_empty() {
        return refused(
            format!("the value of {name} is empty, and Parameter Store keeps no empty one"),
            "an empty value is no secret: leave it in the code, or keep it in another store",
        );
    }
    if text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")) {
        return refused(
            format!("the value of {name} has {{{{…}}}} in it, which Parameter Store takes for a reference"),
            "keep it in aws-sm://, or encode it",
        );
    }
    if text.len() > largest {
        let advice = if largest < super::ADVANCED {
            "add ?tier=intelligent for up to 8 KB (AWS charges for it), or keep it in aws-sm://"
        } else {
            "keep it in aws-sm://, which takes 64 KB"
        };
        return refused(format!("the value of {name} has {} bytes, and this tier takes {largest}", text.len()), advice);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_aws_wants_them() {
        let deep = "/a".repeat(16);
        for name in ["", "a", "/", "/a/", "/a//b", "/a b", "/aws", "/AWSx/y", "/ssm/x", "/a+b", "/caf\u{e9}", &deep] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["/a", "/shop/prod/DB_PASSWORD", "/a.b-c_d", "/my/aws", &"/a".repeat(15)] {
            assert!(check(name).is_ok(), "{name:?}");
        }
        assert!(check(&format!("/{}", "a".repeat(1010))).is_ok());
        assert!(check(&format!("/{}", "a".repeat(1011))).is_err());
    }

    #[test]
    fn values_are_as_aws_wants_them() {
        let fits = |text: &str| check_value("/a", &Secret::new(text), 4096).is_ok();
        assert!(fits("x") && fits(&"x".repeat(4096)) && fits("{{ x } }") && fits("}}{{"));
        assert!(!fits("") && !fits(&"x".repeat(4097)) && !fits("a {{ssm:b}}"));
        assert!(check_value("/a", &Secret::new(vec![0xff]), 4096).is_err());
        let error = check_value("/a", &Secret::new("x".repeat(5000)), 4096).unwrap_err();
        assert!(error.advice.contains("tier=intelligent"));
    }
}
