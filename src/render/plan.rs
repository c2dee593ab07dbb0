//! A plan for people.

use std::fmt::Write as _;

use crate::model::{Decision, Plan, ToCreate};

/// The plan as text: each move with its places, then each refusal with its reason and advice.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for planned in &plan.moves {
        let decision = match planned.decision {
            Decision::Apply => plan.owner(planned).map(|owner| format!("  (with {})", owner.name)).unwrap_or_default(),
            Decision::Later => "  (later)".to_owned(),
            Decision::FalsePositive => "  (false positive)".to_owned(),
        };
        let _ = writeln!(out, "{} -> {}{decision}", planned.name, planned.address);
        for site in &planned.sites {
            let caution = site.caution.as_deref().map(|word| format!(", {word}")).unwrap_or_default();
            let _ = writeln!(out, "    {}:{}  {}{caution}", site.path, site.line, site.shape);
            if let Some(todo) = &site.todo {
                let _ = writeln!(out, "        {todo}");
            }
        }
    }
    if !plan.refusals.is_empty() {
        let _ = writeln!(out, "\nNot rewritten:");
        for refused in &plan.refusals {
            let _ = writeln!(out, "    {}:{}  {}", refused.path, refused.line, refused.reason);
            let _ = writeln!(out, "        {}", refused.advice);
        }
    }
    out.push_str(&creates(&Plan::creates(plan.approved())));
    out.push('\n');
    out.push_str(&summary(plan));
    out
}

/// What services must be given, a file at a time.
pub fn creates(all: &[ToCreate<'_>]) -> String {
    let mut out = String::new();
    for (index, one) in all.iter().enumerate() {
        if index == 0 {
            out.push_str("\nTo make before CI runs the rewritten files:\n");
        }
        if index == 0 || all[index - 1].path != one.path {
            let _ = writeln!(out, "    {}", one.path);
        }
        let _ = writeln!(out, "        {} {}: {}", one.kind, one.name, one.command);
    }
    out
}

/// One line of numbers.
pub fn summary(plan: &Plan) -> String {
    let sites: usize = plan.approved().map(|planned| planned.sites.len()).sum();
    let waiting = plan.moves.len() - plan.approved().count();
    let waiting = if waiting == 0 { String::new() } else { format!(", {waiting} decided otherwise") };
    let (moves, refused) = (plan.approved().count(), plan.refusals.len());
    format!("{moves} to move in {sites} places{waiting}, {refused} not rewritten.\n")
}
