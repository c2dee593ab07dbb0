//! A language ready for use: its recipe with regexes compiled, its queries, and tables by node kind.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::forms::{CarryNumber, CarryRule};
use crate::language::{Language, LoadError};
use crate::parsers;
use crate::patterns::Pattern;
use crate::query::Query;
use crate::recipe::{self, InterpolationRule, PartRule, Recipe, Region, StringForm};
use crate::regexes::Regex;

/// What a node kind is to the engine.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a list of the recipe that a node kind is in or not")]
pub(crate) struct Kind {
    pub joins: bool,
    pub transparent: bool,
    pub barrier: bool,
    pub grouping: bool,
    pub chain: bool,
    pub separator: bool,
    /// Indices of forms to try, in order.
    pub forms: Vec<usize>,
}

/// A string form with its regexes.
pub(crate) struct Form {
    pub rule: StringForm,
    pub open: Option<Regex>,
    pub close: Option<Regex>,
    pub when: Option<Regex>,
    pub inner_name: Option<Regex>,
    pub interpolations: Vec<(Regex, InterpolationRule)>,
    pub parts: Vec<(String, Part)>,
    pub carry: Option<Carry>,
    pub defaults: Vec<InnerDefault>,
}

/// A default inside a literal, with its regexes.
pub(crate) struct InnerDefault {
    pub before: Regex,
    pub after: Regex,
    pub with: String,
    pub upper: bool,
}

/// A way to rewrite a part, with its regexes.
pub(crate) struct Part {
    pub rule: PartRule,
    pub unless: Option<Regex>,
    pub unless_before: Option<Regex>,
    pub open: Option<(Regex, String)>,
    pub close: Option<(Regex, String)>,
}

/// How a reference's value is written, with its regexes.
pub(crate) struct Carry {
    pub rule: CarryRule,
    pub refuse: Option<Regex>,
    pub numbers: Vec<(Regex, CarryNumber)>,
}

pub(crate) struct Loaded {
    pub recipe: Recipe,
    pub grammar: tree_sitter::Language,
    pub sites: Query,
    pub imports: Option<Query>,
    pub kinds: Vec<Kind>,
    pub forms: Vec<Form>,
    pub patterns: Vec<Pattern>,
    pub regions: Vec<(Regex, Regex)>,
    pub stand_ins: Vec<(Regex, String)>,
    /// Tables of what belongs together, by name.
    pub pairs: HashMap<String, Vec<(Regex, Regex)>>,
    pub name_pattern: Regex,
    pub name_unless: Option<Regex>,
    pub name_sigil: Option<Regex>,
    pub top_keep: Option<Regex>,
    /// What is no code in an embedded text.
    pub skip: Option<Regex>,
    pub import_name: Option<Regex>,
    /// The texts of all regular expressions above.
    pub sources: Vec<String>,
}

impl Loaded {
    pub(crate) fn new(language: &Language) -> Result<Self, LoadError> {
        let fail =
            |file: &str, message: String| LoadError { language: language.name.clone(), file: file.to_owned(), message };
        let mut chain = language.bases();
        let own = language.file("recipe.yaml").unwrap_or_default();
        let texts: Vec<&str> =
            chain.iter().rev().filter_map(|base| base.file("recipe.yaml")).chain(std::iter::once(own)).collect();
        let recipe = recipe::parse(&texts).map_err(|error| fail("recipe.yaml", error.to_string()))?;
        if let Some(base) = &recipe.extends
            && crate::language::language(base).is_none()
        {
            return Err(fail("recipe.yaml", format!("extends {base}, which is no language")));
        }
        let grammar = parsers::parser(&recipe.parser)
            .ok_or_else(|| fail("recipe.yaml", format!("no parser is linked under the name {}", recipe.parser)))?;
        chain.reverse();
        let query = |file: &str| -> Result<Option<Query>, LoadError> {
            let texts: Vec<&str> = chain.iter().filter_map(|base| base.file(file)).chain(language.file(file)).collect();
            if texts.is_empty() {
                return Ok(None);
            }
            Query::new(&grammar, &texts.join("\n")).map(Some).map_err(|message| fail(file, message))
        };
        let sites = match query("sites.scm")? {
            Some(sites) => sites,
            // What is read by patterns has no tree to ask about.
            None if !recipe.patterns.is_empty() => {
                Query::new(&grammar, "").map_err(|message| fail("sites.scm", message))?
            }
            None => return Err(fail("sites.scm", "is missing".into())),
        };
        let imports = query("imports.scm")?;
        let sources = RefCell::new(Vec::new());
        let regex = |source: &str| {
            sources.borrow_mut().push(source.to_owned());
            Ok(Regex::new(source))
        };
        let mut forms = Vec::new();
        for rule in &recipe.strings {
            forms.push(form(rule, &recipe, &regex, &|message| fail("recipe.yaml", message))?);
        }
        let mut patterns = Vec::new();
        for rule in &recipe.patterns {
            let regex = regex(&format!("(?m){}", rule.regex))?;
            patterns.push(Pattern { regex, rule: rule.clone() });
        }
        let pair = |region: &Region| Ok((regex(&region.open)?, regex(&region.close)?));
        let regions = recipe.regions.iter().map(pair).collect::<Result<_, LoadError>>()?;
        let shown = |(pattern, text): &(String, String)| Ok((regex(pattern)?, text.clone()));
        let stand_ins = recipe.stand_ins.iter().map(shown).collect::<Result<_, LoadError>>()?;
        let mut pairs = HashMap::new();
        for (name, rows) in &recipe.pairs {
            let rows = rows.iter().map(|(first, second)| Ok((regex(first)?, regex(second)?)));
            pairs.insert(name.clone(), rows.collect::<Result<_, LoadError>>()?);
        }
        let mut this = Self {
            patterns,
            pairs,
            regions,
            stand_ins,
            name_pattern: regex(recipe.name_pattern.as_deref().unwrap_or("^[A-Za-z_][A-Za-z0-9_]*$"))?,
            name_unless: recipe.name_unless.as_deref().map(regex).transpose()?,
            name_sigil: recipe.name_sigil.as_deref().map(|sigil| regex(&format!("^(?:{sigil})"))).transpose()?,
            import_name: recipe.import_name.as_deref().map(regex).transpose()?,
            skip: recipe.embedded.as_ref().and_then(|rule| rule.skip.as_deref()).map(regex).transpose()?,
            top_keep: recipe.top.keep.as_deref().map(regex).transpose()?,
            kinds: vec![Kind::default(); grammar.node_kind_count()],
            sources: Vec::new(),
            recipe,
            grammar,
            sites,
            imports,
            forms,
        };
        this.sources = sources.into_inner();
        this.fill_kinds().map_err(|message| fail("recipe.yaml", message))?;
        this.check_references().map_err(|message| fail("recipe.yaml", message))?;
        Ok(this)
    }

    fn fill_kinds(&mut self) -> Result<(), String> {
        let mut ids: HashMap<&str, Vec<usize>> = HashMap::new();
        for id in 0..self.grammar.node_kind_count() {
            if let Some(name) = u16::try_from(id).ok().and_then(|id| self.grammar.node_kind_for_id(id)) {
                ids.entry(name).or_default().push(id);
            }
        }
        let recipe = &self.recipe;
        let mut mark = |names: &[String], set: &mut dyn FnMut(&mut Kind)| -> Result<(), String> {
            for name in names {
                let found = ids.get(name.as_str()).ok_or_else(|| format!("the parser has no node kind {name}"))?;
                for id in found {
                    set(&mut self.kinds[*id]);
                }
            }
            Ok(())
        };
        mark(&recipe.joins, &mut |kind| kind.joins = true)?;
        mark(&recipe.transparent, &mut |kind| kind.transparent = true)?;
        mark(&recipe.barriers, &mut |kind| kind.barrier = true)?;
        mark(&recipe.grouping, &mut |kind| (kind.grouping, kind.transparent) = (true, true))?;
        mark(&recipe.chains, &mut |kind| kind.chain = true)?;
        mark(&recipe.separators, &mut |kind| kind.separator = true)?;
        let forms = if recipe.patterns.is_empty() { recipe.strings.as_slice() } else { &[] };
        for (index, form) in forms.iter().enumerate() {
            mark(&form.nodes, &mut |kind| kind.forms.push(index))?;
            mark(&form.holes, &mut |_| ())?;
            mark(&form.content, &mut |_| ())?;
            mark(&form.within, &mut |_| ())?;
            mark(&form.under, &mut |_| ())?;
        }
        for parent in &recipe.bare_parents {
            mark(&[parent.split('.').next().unwrap_or_default().to_owned()], &mut |_| ())?;
        }
        Ok(())
    }

    /// Every name that one part of the recipe, or a query, uses of another must be there.
    fn check_references(&self) -> Result<(), String> {
        let recipe = &self.recipe;
        for lookup in recipe.lookups.values() {
            for need in lookup.forms.iter().flat_map(|form| &form.needs) {
                let need = need.split('=').next().unwrap_or_default();
                recipe.needs.get(need).ok_or_else(|| format!("a lookup needs {need}, which is not among the needs"))?;
            }
        }
        for need in recipe.formats.values().flat_map(|format| &format.needs) {
            recipe.needs.get(need).ok_or_else(|| format!("a format needs {need}, which is not among the needs"))?;
        }
        if let Some(name) = recipe.unmarked.as_ref().filter(|name| !recipe.constants.contains_key(*name)) {
            return Err(format!("unmarked: {name} is not explained"));
        }
        for rule in recipe.patterns.iter().filter_map(|pattern| pattern.default.as_ref()) {
            recipe.defaults.get(rule).ok_or_else(|| format!("a pattern's default {rule} is not explained"))?;
        }
        for pattern in 0..self.sites.pattern_count() {
            let settings = self.sites.settings(pattern);
            for (capture, key) in
                [("constant", "constant"), ("format", "format"), ("mark", "mark"), ("default.value", "default")]
            {
                if self.sites.has_capture(pattern, capture) && !settings.contains_key(key) {
                    return Err(format!("pattern {pattern} of sites.scm captures @{capture}, and does not set {key}"));
                }
            }
            let known = [
                ("constant", settings.get("constant").is_none_or(|name| recipe.constants.contains_key(name))),
                ("default", settings.get("default").is_none_or(|name| recipe.defaults.contains_key(name))),
                ("exchange", settings.get("exchange").is_none_or(|name| recipe.exchanges.contains_key(name))),
                ("change", settings.get("change").is_none_or(|name| recipe.changes.contains_key(name))),
                ("format", settings.get("format").is_none_or(|name| recipe.formats.contains_key(name))),
                ("pair", settings.get("pair").is_none_or(|name| recipe.pairs.contains_key(name))),
            ];
            for (key, fine) in known {
                if !fine {
                    return Err(format!("sites.scm sets {key} to a name that the recipe does not explain"));
                }
            }
        }
        Ok(())
    }
}

fn form(
    rule: &StringForm,
    recipe: &Recipe,
    regex: &dyn Fn(&str) -> Result<Regex, LoadError>,
    fail: &dyn Fn(String) -> LoadError,
) -> Result<Form, LoadError> {
    let anchored = |source: &str| regex(&format!("^(?:{source})"));
    let mut parts = Vec::new();
    for name in &rule.parts {
        let part = recipe.parts.get(name).ok_or_else(|| fail(format!("parts: {name} is not explained")))?;
        let swap = |pair: &Option<(String, String)>| -> Result<Option<(Regex, String)>, LoadError> {
            pair.as_ref().map(|(from, to)| Ok((regex(from)?, to.clone()))).transpose()
        };
        parts.push((
            name.clone(),
            Part {
                unless: part.unless.as_deref().map(regex).transpose()?,
                unless_before: part.unless_before.as_deref().map(regex).transpose()?,
                open: swap(&part.open)?,
                close: swap(&part.close)?,
                rule: part.clone(),
            },
        ));
    }
    if let Some(name) = &rule.escapes
        && !recipe.escapes.contains_key(name)
    {
        return Err(fail(format!("escapes: {name} is not explained")));
    }
    let inner = rule.defaults.iter().map(|inner| {
        Ok(InnerDefault {
            before: regex(&format!("(?:{})$", inner.before))?,
            after: anchored(&inner.after)?,
            with: inner.with.clone(),
            upper: inner.upper,
        })
    });
    let carry = match &rule.carry {
        None => None,
        Some(name) => {
            let known = recipe.carry.get(name).ok_or_else(|| fail(format!("carry: {name} is not explained")))?;
            let numbers =
                known.numbers.iter().map(|number| Ok((regex(&format!("^(?:{})$", number.when))?, number.clone())));
            Some(Carry {
                refuse: known.refuse.as_deref().map(regex).transpose()?,
                numbers: numbers.collect::<Result<_, LoadError>>()?,
                rule: known.clone(),
            })
        }
    };
    let mut interpolations = Vec::new();
    for name in &rule.interpolations {
        let known = recipe.interpolations.get(name);
        let known = known.ok_or_else(|| fail(format!("interpolations: {name} is not explained")))?;
        interpolations.push((regex(&known.pattern)?, known.clone()));
    }
    if let Some(name) = &rule.refuse
        && !recipe.constants.contains_key(name)
    {
        return Err(fail(format!("refuse: {name} is not explained")));
    }
    Ok(Form {
        defaults: inner.collect::<Result<_, LoadError>>()?,
        inner_name: rule.inner_name.as_deref().map(regex).transpose()?,
        interpolations,
        open: rule.open.as_deref().map(anchored).transpose()?,
        close: rule.close.as_deref().map(|source| regex(&format!("(?:{source})$"))).transpose()?,
        when: rule.when.as_deref().map(regex).transpose()?,
        parts,
        carry,
        rule: rule.clone(),
    })
}
