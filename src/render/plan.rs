//! A plan for people.

use std::fmt::Write as _;

use crate::model::{Decision, Plan};

/// The plan as text: each move with its places, then each refusal with its reason and advice.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for planned in &plan.moves {
        let decision = match planned.decision {
            Decision::Apply => "",
            Decision::Later => "  (later)",
            Decision::FalsePositive => "  (false positive)",
        };
        let _ = writeln!(out, "{} -> {}{decision}", planned.name, planned.address);
        for site in &planned.sites {
            let caution = site.caution.as_deref().map(|word| format!(", {word}")).unwrap_or_default();
            let _ = writeln!(out, "    {}:{}  {}{caution}", site.path, site.line, site.shape);
        }
    }
    if !plan.refusals.is_empty() {
        let _ = writeln!(out, "\nNot rewritten:");
        for refused in &plan.refusals {
            let _ = writeln!(out, "    {}:{}  {}", refused.path, refused.line, refused.reason);
            let _ = writeln!(out, "        {}", refused.advice);
        }
    }
    let sites: usize = plan.moves.iter().map(|planned| planned.sites.len()).sum();
    let _ = writeln!(out, "\n{} to move in {sites} places, {} not rewritten.", plan.moves.len(), plan.refusals.len());
    out
}
