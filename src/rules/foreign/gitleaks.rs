//! Rule files of gitleaks and betterleaks: TOML with `[[rules]]`.

use regex_syntax::ast::{self, Ast};
use serde::Deserialize;

use super::allowlist::{Allowlist, Allowlists};
use super::filter;
use super::{Carried, Draft, Open, slug};
use crate::rules::exempt;
use crate::rules::rule::{Exempt, RuleError};

/// Files that extend one another, at most: as many as gitleaks itself follows.
const DEEPEST: usize = 2;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    rules: Vec<ForeignRule>,
    extend: Extend,
    allowlist: Allowlists,
    allowlists: Allowlists,
    filter: Option<String>,
    prefilter: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extend {
    use_default: bool,
    path: Option<String>,
    url: Option<String>,
    disabled_rules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ForeignRule {
    id: String,
    description: String,
    regex: String,
    secret_group: usize,
    entropy: f32,
    keywords: Vec<String>,
    path: Option<String>,
    allowlist: Allowlists,
    allowlists: Allowlists,
    required: Vec<toml::Value>,
    validate: Option<String>,
    filter: Option<String>,
    skip_report: bool,
}

pub(super) fn read(file: &str, text: &str, open: Open<'_>) -> Result<Carried, RuleError> {
    let mut lost = Vec::new();
    let config = extended(file, text, open, 0, &mut lost)?;
    let mut global = Vec::new();
    let mut targeted: Vec<(Vec<String>, Exempt)> = Vec::new();
    let lists = config.allowlist.into_vec().into_iter().chain(config.allowlists.into_vec());
    let lists: Vec<Allowlist> = lists.collect();
    let filtered = config.filter.is_some() || config.prefilter.is_some();
    if lists.iter().any(|list| list.target_rules.is_empty()) || filtered {
        lost.push(
            "global allowlists and filters, but for the rules of the file itself: what they except is still found by keylift's own \
             rules; use .keyliftignore for paths, and the baseline or `keylift:allow` for findings"
                .to_owned(),
        );
    }
    for list in lists {
        let Some(exempt) = list.exempt(&mut |what| lost.push(format!("global allowlists: {what}"))) else { continue };
        if list.target_rules.is_empty() {
            global.push(exempt);
        } else {
            let known = |id: &String| config.rules.iter().any(|rule| rule.id == *id);
            for id in list.target_rules.iter().filter(|id| !known(id)) {
                lost.push(format!("{}: an allowlist for it: the file has no such rule", slug(id)));
            }
            targeted.push((list.target_rules, exempt));
        }
    }
    for text in config.filter.iter().chain(&config.prefilter) {
        let filter = filter::read(text);
        // For all rules at once: that of one rule is its own.
        if !filter.whole || filter.entropy.is_some() {
            lost.push("global filter expressions, in part: what has no counterpart".to_owned());
        }
        global.extend(filter.exempt);
    }
    let mut rules = Vec::new();
    for foreign in config.rules {
        let id = slug(&foreign.id);
        let for_it = targeted.iter().filter(|(ids, _)| ids.contains(&foreign.id)).map(|(_, exempt)| exempt);
        let outer: Vec<Exempt> = global.iter().chain(for_it).cloned().collect();
        let Some(draft) = draft(foreign, outer, &mut |what| lost.push(format!("{id}: {what}"))) else { continue };
        match draft.finish() {
            Ok(rule) => {
                if rule.id != id {
                    lost.push(format!("{id}: its id, which a rule of keylift has: here it starts with `gitleaks-`"));
                }
                rules.push(rule);
            }
            Err(reason) => lost.push(reason),
        }
    }
    Ok(Carried { rules, lost })
}

/// A rule as it is drawn up here; none where it has no counterpart. Tells what it loses.
fn draft(foreign: ForeignRule, mut exempt: Vec<Exempt>, lost: &mut dyn FnMut(&str)) -> Option<Draft> {
    if foreign.regex.is_empty() {
        lost(if foreign.path.is_some() {
            "left out: it goes by the path alone"
        } else {
            "left out: it has no regex: it changes a rule that is not in the file"
        });
        return None;
    }
    for list in foreign.allowlist.into_vec().into_iter().chain(foreign.allowlists.into_vec()) {
        exempt.extend(list.exempt(lost));
    }
    if !foreign.required.is_empty() {
        lost("the other rules that it requires nearby");
    }
    if foreign.validate.is_some() {
        lost("its validation: `live` in a rule of keylift's own schema does it");
    }
    let filter = foreign.filter.as_deref().map(filter::read).unwrap_or_default();
    if foreign.filter.is_some() && !filter.whole {
        lost("a part of its filter expression, which has no counterpart");
    }
    exempt.extend(filter.exempt);
    let path = foreign.path.filter(|path| {
        let usable = exempt::is_usable(path);
        if !usable {
            lost("its path, which does not work here: the rule is applied to every file");
        }
        usable
    });
    let pattern = match value_group(&foreign.regex, foreign.secret_group) {
        Some(pattern) => pattern,
        None => foreign.regex,
    };
    Some(Draft {
        tool: "gitleaks",
        id: foreign.id,
        name: foreign.description,
        pattern,
        keywords: foreign.keywords,
        entropy: Some(filter.entropy.map_or(foreign.entropy, |least| least.max(foreign.entropy))),
        identifier: foreign.skip_report,
        path,
        exempt,
        ..Draft::default()
    })
}

/// A file together with the one that it extends, as gitleaks puts them together.
fn extended(file: &str, text: &str, open: Open<'_>, depth: usize, lost: &mut Vec<String>) -> Result<Config, RuleError> {
    let mut config: Config = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(0, |span| text.get(..span.start).map_or(0, |before| before.matches('\n').count() + 1));
        RuleError::Syntax { file: file.to_owned(), message: format!("line {line}: {}", error.message()) }
    })?;
    let extend = std::mem::take(&mut config.extend);
    if extend.use_default {
        lost.push("extend.useDefault: keylift's own rules take the place of the default ones".into());
        if !extend.disabled_rules.is_empty() {
            lost.push("extend.disabledRules: the ids are not those of keylift's rules".into());
        }
    }
    if extend.url.is_some() {
        lost.push("extend.url: give that file with a further --rules".into());
    }
    let Some(path) = extend.path else { return Ok(config) };
    if depth == DEEPEST {
        lost.push(format!("extend.path {path}: at most {DEEPEST} files behind one another are followed"));
        return Ok(config);
    }
    match open(&path) {
        Ok(base) => {
            let base = extended(&path, &base, open, depth + 1, lost)?;
            Ok(merged(config, base, &extend.disabled_rules))
        }
        Err(reason) => {
            lost.push(format!("extend.path {path}: {reason}"));
            Ok(config)
        }
    }
}

/// What a file says goes before what the one says that it extends; lists of both count.
fn merged(mut config: Config, base: Config, disabled: &[String]) -> Config {
    for mut rule in base.rules.into_iter().filter(|rule| !disabled.contains(&rule.id)) {
        let Some(own) = config.rules.iter_mut().find(|own| own.id == rule.id) else {
            config.rules.push(rule);
            continue;
        };
        let allowlists = [&mut rule, &mut *own].map(|rule| {
            let older = std::mem::take(&mut rule.allowlist).into_vec();
            older.into_iter().chain(std::mem::take(&mut rule.allowlists).into_vec())
        });
        own.allowlists = Allowlists::Many(allowlists.into_iter().flatten().collect());
        for (own, base) in [(&mut own.description, rule.description), (&mut own.regex, rule.regex)] {
            if own.is_empty() {
                *own = base;
            }
        }
        own.entropy = if own.entropy == 0.0 { rule.entropy } else { own.entropy };
        own.secret_group = if own.secret_group == 0 { rule.secret_group } else { own.secret_group };
        own.path = own.path.take().or(rule.path);
        own.keywords.extend(rule.keywords);
    }
    let lists = [config.allowlist, config.allowlists, base.allowlist, base.allowlists];
    config.allowlist = Allowlists::default();
    config.allowlists = Allowlists::Many(lists.into_iter().flat_map(Allowlists::into_vec).collect());
    config
}

/// The pattern with its n-th group called `value`. None where the first group, or the whole match, is the value anyway.
fn value_group(pattern: &str, group: usize) -> Option<String> {
    if group < 2 {
        return None;
    }
    let tree = ast::parse::Parser::new().parse(pattern).ok()?;
    let at = group_start(&tree, u32::try_from(group).ok()?)?;
    Some(format!("{}?P<value>{}", pattern.get(..=at)?, pattern.get(at + 1..)?))
}

/// Offset of the parenthesis of an unnamed group.
fn group_start(tree: &Ast, number: u32) -> Option<usize> {
    match tree {
        Ast::Group(group) => match group.kind {
            ast::GroupKind::CaptureIndex(index) if index == number => Some(group.span.start.offset),
            _ => group_start(&group.ast, number),
        },
        Ast::Repetition(repetition) => group_start(&repetition.ast, number),
        Ast::Alternation(parts) => parts.asts.iter().find_map(|part| group_start(part, number)),
        Ast::Concat(parts) => parts.asts.iter().find_map(|part| group_start(part, number)),
        _ => None,
    }
}
