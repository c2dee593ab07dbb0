//! Rule files of gitleaks and betterleaks: TOML with `[[rules]]`.

use regex_syntax::ast::{self, Ast};
use serde::Deserialize;

use super::{Carried, Draft, slug};
use crate::rules::rule::RuleError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    rules: Vec<ForeignRule>,
    extend: Option<Extend>,
    allowlist: Option<toml::Value>,
    allowlists: Vec<toml::Value>,
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
    allowlist: Option<toml::Value>,
    allowlists: Vec<toml::Value>,
    required: Vec<toml::Value>,
    validate: Option<String>,
    filter: Option<String>,
    skip_report: bool,
}

pub(super) fn read(file: &str, text: &str) -> Result<Carried, RuleError> {
    let config: Config = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(0, |span| text.get(..span.start).map_or(0, |before| before.matches('\n').count() + 1));
        RuleError::Syntax { file: file.to_owned(), message: format!("line {line}: {}", error.message()) }
    })?;
    let (mut rules, mut lost) = (Vec::new(), Vec::new());
    if config.allowlist.is_some() || !config.allowlists.is_empty() {
        lost.push(
            "global allowlists: use .keyliftignore for paths, and the baseline or `keylift:allow` for findings".into(),
        );
    }
    if config.filter.is_some() || config.prefilter.is_some() {
        lost.push("global filter expressions".into());
    }
    if let Some(extend) = config.extend {
        if extend.use_default {
            lost.push("extend.useDefault: keylift's own rules take the place of the default ones".into());
        }
        if extend.path.is_some() || extend.url.is_some() {
            lost.push("extend.path and extend.url: give that file with a further --rules".into());
        }
        if !extend.disabled_rules.is_empty() {
            lost.push("extend.disabledRules: the ids are not those of keylift's rules".into());
        }
    }
    for foreign in config.rules {
        let id = slug(&foreign.id);
        if foreign.regex.is_empty() {
            lost.push(format!("{id}: left out: it goes by the path alone"));
            continue;
        }
        let mut note = |what: &str| lost.push(format!("{id}: {what}"));
        if foreign.path.is_some() {
            note("its path: it is applied to every file");
        }
        if foreign.allowlist.is_some() || !foreign.allowlists.is_empty() {
            note("its allowlists: what they except is reported");
        }
        if !foreign.required.is_empty() {
            note("the other rules that it requires nearby");
        }
        if foreign.validate.is_some() {
            note("its validation: `live` in a rule of keylift's own schema does it");
        }
        if foreign.filter.is_some() {
            note("its filter expression");
        }
        let pattern = match value_group(&foreign.regex, foreign.secret_group) {
            Some(pattern) => pattern,
            None => foreign.regex,
        };
        let draft = Draft {
            tool: "gitleaks",
            id: foreign.id,
            name: foreign.description,
            pattern,
            keywords: foreign.keywords,
            entropy: Some(foreign.entropy),
            identifier: foreign.skip_report,
            ..Draft::default()
        };
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
