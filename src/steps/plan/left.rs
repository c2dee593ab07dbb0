//! Findings that become refusals once all of them are known: a name that two values claim, values that no code uses.

use keylift_grammars::Refusal;
use keylift_providers::FingerprintKey;

use super::Group;
use crate::model::plan::is_variable;
use crate::model::{Finding, Refused};
use crate::rules::is_quiet_place;
use crate::steps::locate;
use crate::steps::names::Names;

/// Variables that the code reads already belong to the value that stands as their default. Where two values are
/// defaults of one variable, the first keeps it and the others are refused: one name never stands for two values.
pub(super) fn settle_fixed_names(
    groups: &mut Vec<Group<'_>>,
    names: &mut Names,
    refusals: &mut Vec<Refused>,
    key: &FingerprintKey,
) {
    for group in groups.iter_mut() {
        let value = group.value.clone();
        group.places.retain(|(path, finding, placed)| {
            let Some(fixed) = &placed.place.fixed_name else { return true };
            if is_variable(fixed) && names.claim(fixed, &value) {
                return true;
            }
            let refusal = locate::refusal(
                "two-defaults",
                &format!(
                    "`{fixed}` stands for another value elsewhere in the code, and one name cannot stand for two values"
                ),
                "give one of the two a variable of its own, or plan the files of each environment by themselves",
            );
            refusals.push(refused(path, finding, refusal, key));
            false
        });
    }
    groups.retain(|group| !group.places.is_empty());
}

/// A value that stands in comments and documentation alone is looked up by nothing: a store would keep it for nobody, and
/// a person decides what the text says instead. One that moves is crossed out there too.
pub(super) fn leave_prose(groups: &mut Vec<Group<'_>>, refusals: &mut Vec<Refused>, key: &FingerprintKey) {
    groups.retain(|group| {
        let prose = group.places.iter().all(|(_, _, placed)| placed.place.prose);
        if prose {
            let refusal = locate::refusal(
                "prose",
                "the value stands in a comment or in documentation, and nothing in the code uses it",
                "delete it from the text, and revoke it where it was issued if it ever worked",
            );
            refusals.extend(group.places.iter().map(|(path, finding, _)| refused(path, finding, refusal.clone(), key)));
        }
        !prose
    });
}

/// Where no place moves that a rule found, tests and documentation keep what repeats the value: code that reads the value
/// as before is tested with it as before.
pub(super) fn leave_repeats(groups: &mut Vec<Group<'_>>, refusals: &mut Vec<Refused>, key: &FingerprintKey) {
    groups.retain(|group| {
        let repeats = group.places.iter().all(|(path, finding, placed)| {
            placed.place.prose || finding.again && is_quiet_place(path.as_ref())
        });
        if repeats {
            let refusal = locate::refusal(
                "repeat",
                "the value stands here as it does elsewhere, and none of the places that were found first can be rewritten",
                "rewrite one of those by hand as its own refusal says, and this one with it",
            );
            refusals.extend(group.places.iter().map(|(path, finding, _)| refused(path, finding, refusal.clone(), key)));
        }
        !repeats
    });
}

pub(super) fn refused(path: &str, finding: &Finding, refusal: Refusal, key: &FingerprintKey) -> Refused {
    Refused {
        path: path.to_owned(),
        line: finding.start.0,
        fingerprint: key.fingerprint(&finding.secret),
        rule: finding.rule.clone(),
        severity: finding.severity,
        code: refusal.code,
        reason: refusal.reason,
        advice: refusal.advice,
    }
}

pub(super) fn binary() -> Refusal {
    locate::refusal(
        "binary",
        "the file is not text",
        "replace the file by hand; keep a binary secret as a file of its own",
    )
}
