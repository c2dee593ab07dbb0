//! Declarations that change with their value: `const` that becomes `var`, a constant that leaves its group.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::edit::{Applicability, Edit, Refusal};
use crate::facts::ChangeFact;
use crate::lines;
use crate::parsed::Parsed;
use crate::recipe::{ChangeRule, Constant};
use crate::rewrite::Made;
use crate::select::{Selection, refusal};
use crate::undo::apply;
use crate::visit::{Next, visit};

/// Adds what a declaration's change takes to the edits of a value in it.
pub(crate) fn declare(parsed: &Parsed, selection: &Selection, made: &mut Made) -> Result<(), Refusal> {
    let Some(change) = &parsed.sites[selection.site].change else { return Ok(()) };
    let rule = change.rule.as_ref().and_then(|name| parsed.loaded.recipe.changes.get(name));
    if let Some(rule) = rule {
        allowed(parsed, change, rule)?;
    }
    made.edits.extend(change.replace.iter().map(|(span, text)| safe(span.clone(), text.clone())));
    if let Some((rule, suffix)) = rule.and_then(|rule| Some((rule, rule.uses.as_ref()?))) {
        for span in &change.names {
            made.edits.extend(uses(parsed, span, rule)?.into_iter().map(|end| safe(end..end, suffix.clone())));
        }
    }
    Ok(())
}

fn safe(span: Range<usize>, text: String) -> Edit {
    Edit { span, text, applicability: Applicability::Safe }
}

/// Whether what is declared may stop being a constant.
fn allowed(parsed: &Parsed, change: &ChangeFact, rule: &ChangeRule) -> Result<(), Refusal> {
    for span in &change.names {
        let name = &parsed.text[span.clone()];
        let as_constant =
            || parsed.facts.constant_uses.iter().any(|place| mentions(parsed, place, span, &mut |_| true));
        if let Some(why) = &rule.used
            && as_constant()
        {
            return Err(explain("used-as-constant", why, name));
        }
        if let Some(why) = &rule.unused
            && let Some(function) = parsed.imports().function(span)
            && !mentions(parsed, &function, span, &mut |_| true)
        {
            return Err(explain("unused-variable", why, name));
        }
    }
    Ok(())
}

/// Where the uses of a declared name end.
fn uses(parsed: &Parsed, span: &Range<usize>, rule: &ChangeRule) -> Result<Vec<usize>, Refusal> {
    let name = &parsed.text[span.clone()];
    if parsed.imports().declared(name) > 1 {
        return Err(refusal(
            "ambiguous-name",
            &format!("Several things of this file are called {name}, so its uses cannot be told."),
            &format!("Rename one {name}, and plan again."),
        ));
    }
    let spoiled =
        rule.spoiled.as_ref().map(|source| regex::Regex::new(&source.replace("<name>", &regex::escape(name))));
    if let (Some(Ok(spoiled)), Some(why)) = (spoiled, &rule.used)
        && spoiled.is_match(&parsed.text)
    {
        return Err(explain("used-as-constant", why, name));
    }
    let mut found = Vec::new();
    mentions(parsed, &parsed.tree.root_node().byte_range(), span, &mut |leaf| {
        let skipped = |place: &Range<usize>| place.start <= leaf.start && leaf.end <= place.end;
        if !parsed.facts.skipped_uses.iter().any(skipped) {
            found.push(leaf.end);
        }
        false
    });
    Ok(found)
}

fn explain(code: &str, why: &Constant, name: &str) -> Refusal {
    refusal(code, &why.reason.replace("<name>", name), &why.advice.replace("<name>", name))
}

/// Whether what is declared at a place is named somewhere within another.
fn mentions(
    parsed: &Parsed,
    place: &Range<usize>,
    name: &Range<usize>,
    counts: &mut dyn FnMut(Range<usize>) -> bool,
) -> bool {
    let root = parsed.tree.root_node();
    let Some(node) = root.descendant_for_byte_range(place.start, place.end) else { return false };
    let Some(declared) = root.descendant_for_byte_range(name.start, name.end) else { return false };
    let text = &parsed.text[name.clone()];
    visit(node, &mut |leaf| {
        let span = leaf.byte_range();
        let same = leaf.kind_id() == declared.kind_id() && leaf.child_count() == 0;
        let counted = same && parsed.text[span.clone()] == *text && span != *name && counts(span);
        if counted { Next::Stop } else { Next::Into }
    })
}

/// Where the lookup of a value is going to stand: after its declaration's group, if the declaration leaves that.
pub(crate) fn destination(parsed: &Parsed, selection: &Selection) -> usize {
    let site = &parsed.sites[selection.site];
    let cut = site.change.as_ref().and_then(|change| change.cut.as_ref());
    cut.map_or(parsed.literals[selection.site].span.start, |(_, paste)| paste.start)
}

/// Moves declarations out of their groups, with all the edits in them: the same for each value that a declaration holds.
pub(crate) fn move_out(parsed: &Parsed, selections: &[Option<&Selection>], made: &mut [Result<Made, Refusal>]) {
    let change = |index: usize| -> Option<(&ChangeFact, &ChangeRule)> {
        let change = parsed.sites[selections[index]?.site].change.as_ref()?;
        change.cut.as_ref()?;
        Some((change, parsed.loaded.recipe.changes.get(change.rule.as_ref()?)?))
    };
    let cuts: BTreeSet<(usize, usize)> = (0..made.len())
        .filter(|index| made[*index].is_ok())
        .filter_map(|index| change(index)?.0.cut.as_ref().map(|(cut, _)| (cut.start, cut.end)))
        .collect();
    for (start, end) in cuts {
        let own: Vec<usize> = (0..made.len())
            .filter(|index| made[*index].is_ok())
            .filter(|index| {
                change(*index).is_some_and(|(fact, _)| fact.cut.as_ref().is_some_and(|(cut, _)| *cut == (start..end)))
            })
            .collect();
        let Some((fact, rule)) = own.first().and_then(|index| change(*index)) else { continue };
        let inner: Vec<Edit> =
            own.iter().filter_map(|index| made[*index].as_ref().ok()).flat_map(|made| made.edits.clone()).collect();
        let moved = moved(parsed, fact, rule, &inner);
        for index in own {
            match (&mut made[index], &moved) {
                (Ok(made), Some(edits)) => made.edits.clone_from(edits),
                (one, _) => {
                    *one = Err(refusal(
                        "cannot-move",
                        "The declaration stands in a group that it cannot be taken out of.",
                        "Declare it by itself, and plan again.",
                    ));
                }
            }
        }
    }
}

/// The edits that take a declaration out of its group and put it, rewritten, behind that.
fn moved(parsed: &Parsed, fact: &ChangeFact, rule: &ChangeRule, inner: &[Edit]) -> Option<Vec<Edit>> {
    let text = &parsed.text;
    let (cut, paste) = fact.cut.as_ref()?;
    let template = rule.paste.as_ref()?;
    if inner.iter().any(|edit| edit.span.start < cut.start || edit.span.end > cut.end) {
        return None;
    }
    let shifted: Vec<Edit> = inner
        .iter()
        .map(|edit| Edit { span: edit.span.start - cut.start..edit.span.end - cut.start, ..edit.clone() })
        .collect();
    let declaration = apply(&text[cut.clone()], &shifted)?;
    let own_line = text[lines::start(text, cut.start)..cut.start].trim().is_empty();
    let rest = text[cut.end..lines::end(text, cut.end)].trim();
    let alone = own_line
        && (rest.is_empty()
            || rest.starts_with("//")
            || rest.starts_with("/*") && rest.find("*/") == Some(rest.len() - 2));
    let above = if alone { lines::comments_above(text, cut.start) } else { cut.start..cut.start };
    let mut gone = cut.clone();
    let mut new = declaration;
    if alone {
        new.push_str(&text[cut.end..lines::end(text, cut.end)]);
        gone = above.start..lines::end(text, cut.end);
    }
    let depth = lines::indentation(text, paste.start);
    let comments: String =
        text[above].lines().flat_map(|line| [depth, line.trim(), "\n"]).collect::<String>().trim_start().to_owned();
    // The rewritten declaration is laid out already.
    let frame = lines::lay_out(&template.replace("<comments>", &comments), text, paste.start);
    let pasted = frame.replace("<cut>", &new);
    let applicability = inner.iter().map(|edit| edit.applicability).min().unwrap_or(Applicability::Safe);
    let applicability = rule.applicability.map_or(applicability, |rule| rule.min(applicability));
    let name = fact.names.first().map_or("", |span| &text[span.clone()]);
    let away = match rule.leave.as_ref().map(|leave| leave.replace("<name>", name)) {
        Some(leave) if alone => {
            Edit { span: gone, text: format!("{}{leave}", lines::indentation(text, cut.start)), applicability }
        }
        Some(leave) => Edit { span: gone, text: leave, applicability },
        None if alone => Edit { span: gone.start..lines::next(text, gone.end), text: String::new(), applicability },
        None => {
            let after = &text[gone.end..];
            let separator = after.len() - after.trim_start_matches([' ', '\t', ';']).len();
            Edit { span: gone.start..gone.end + separator, text: String::new(), applicability }
        }
    };
    Some(vec![away, Edit { span: paste.end..paste.end, text: pasted, applicability }])
}
