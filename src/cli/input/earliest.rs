//! Of many versions of a file each value once: that of the earliest commit.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;

use crate::model::{Finding, Origin};

/// Findings of many versions of files, one for a value in a file: that of the earliest commit. Kept as they come, because
/// a long history has the same value a thousand times.
#[derive(Default)]
pub(super) struct Earliest {
    pub(super) kept: Vec<Finding>,
    /// By path, member of an archive, rule and a keyed hash of the value.
    known: HashMap<(PathBuf, Option<String>, String, u64), Vec<usize>>,
    hasher: RandomState,
}

impl Earliest {
    pub(super) fn add(&mut self, finding: Finding) {
        let hash = self.hasher.hash_one(finding.secret.expose());
        let member = finding.member().map(str::to_owned);
        let places = self.known.entry((finding.path.clone(), member, finding.rule.clone(), hash)).or_default();
        let Some(at) = places.iter().copied().find(|at| self.kept[*at].secret == finding.secret) else {
            places.push(self.kept.len());
            self.kept.push(finding);
            return;
        };
        let kept = &mut self.kept[at];
        let in_head = |finding: &Finding| matches!(finding.origin, Origin::Git { in_head: true, .. });
        // Whether HEAD still has the value is told by any version of it.
        let still = in_head(kept) || in_head(&finding);
        if age(&finding) < age(kept) {
            *kept = finding;
        }
        if let Origin::Git { in_head, .. } = &mut kept.origin {
            *in_head = still;
        }
    }
}

/// What tells which of two findings was first, the same whatever order they come in.
fn age(finding: &Finding) -> (i64, Option<&str>, usize) {
    match &finding.origin {
        Origin::Git { commit, time, .. } => (time.unwrap_or(i64::MAX), commit.as_deref(), finding.span.start),
        _ => (i64::MAX, None, finding.span.start),
    }
}
