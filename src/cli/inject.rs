//! `keylift inject TEMPLATE`: a file whose references are replaced by values from the store.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use keylift_grammars::{Language, Parsed, Reference, TemplateError, detect, language, languages};
use keylift_providers::Secret;

use super::Context;
use super::input::here;
use super::project::Project;
use super::rendered;
use super::values::{self, Values, Wanted};
use crate::model::{Exit, Failure, Plan, Text};

/// Options of `inject`.
#[derive(Debug, Args)]
pub(super) struct InjectArgs {
    /// The template: a file with references such as `keylift://NAME`, or `keylift://{STORE#NAME}`
    #[arg(value_name = "TEMPLATE")]
    template: PathBuf,
    /// Write to a file of mode 0600 instead of standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put it in the place of a file that is no earlier rendering of the template
    #[arg(long, requires = "out")]
    force: bool,
    /// The format, where the file's name does not tell: json, toml, ini, xml, yaml, properties, sql, netrc…
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// The plan that names the secrets [default: keylift.plan.yaml, and the runs of this project]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

/// Renders one template.
pub(super) fn inject(args: &InjectArgs, context: &Context) -> Result<Exit, Failure> {
    if args.out.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::usage("standard output is a terminal, and the rendered file shows values")
            .advise("write it to a file with `-o FILE`, or pipe it into the program that reads it"));
    }
    let template = Template::read(&args.template, args.format.as_deref())?;
    let project = project(args.plan.as_deref(), context)?;
    let values = values(&[&template], args.plan.as_deref(), &project, context)?;
    let text = template.render(&values)?;
    match &args.out {
        Some(out) => rendered::write(out, text.expose(), &template, args.force)?,
        None => context
            .out()
            .write_all(text.expose())
            .map_err(|error| Failure::usage(format!("could not write the rendered file: {error}")))?,
    }
    Ok(Exit::Done)
}

/// The project whose names are meant.
pub(super) fn project(plan: Option<&Path>, context: &Context) -> Result<Project, Failure> {
    match plan {
        Some(file) => Project::of_plan(file, &Plan::read(file)?, context),
        None => Project::around(context),
    }
}

/// A file with references.
#[derive(Debug)]
pub(super) struct Template {
    /// Where it lies.
    pub path: PathBuf,
    text: Text,
    parsed: Parsed,
    references: Vec<Reference>,
}

/// Endings that say of a file that it is a template, and hide what it is a template of.
const ENDINGS: [&str; 6] = ["tpl", "tmpl", "template", "in", "dist", "keylift"];

/// A template's path without such an ending.
pub(super) fn without_ending(path: &Path) -> PathBuf {
    let ends = path.extension().is_some_and(|extension| ENDINGS.iter().any(|ending| extension == *ending));
    if ends { path.with_extension("") } else { path.to_owned() }
}

impl Template {
    /// Reads a template.
    pub(super) fn read(path: &Path, format: Option<&str>) -> Result<Self, Failure> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| Failure::file("could not read", path, &error))?;
        let text = Text::decode(&bytes).ok_or_else(|| Failure::usage(format!("{shown} is not text")))?;
        let stripped = without_ending(path);
        let known = language_of(&stripped, text.text.as_bytes(), format)?;
        let parsed = Parsed::at(known, &stripped, &text.text).filter(Parsed::is_well_formed).ok_or_else(|| {
            Failure::usage(format!("{shown} is not well formed, as {} has it", known.name))
                .advise("repair it, or say what it is with `--format FORMAT`")
        })?;
        let references = parsed.references().map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), text, parsed, references })
    }

    /// What its references name.
    fn targets(&self) -> impl Iterator<Item = &str> {
        self.references.iter().map(|reference| reference.target.as_str()).filter(|target| !target.is_empty())
    }

    /// The file with values in it.
    pub(super) fn render(&self, values: &Values) -> Result<Secret, Failure> {
        let mut given = Vec::new();
        for reference in &self.references {
            let target = &reference.target;
            if target.is_empty() {
                given.push("keylift://");
                continue;
            }
            let secret = values.found.get(target).ok_or_else(|| values::missing(std::slice::from_ref(target)))?;
            given.push(std::str::from_utf8(secret.expose()).map_err(|_| {
                Failure::usage(format!("the value of {target} is not text, which no file of text can hold"))
            })?);
        }
        let stripped = without_ending(&self.path);
        let text =
            self.parsed.render(&stripped, &self.references, &given).map_err(|error| failed(&self.path, &error))?;
        let text = Secret::new(text.into_bytes());
        let encoded = std::str::from_utf8(text.expose()).ok().and_then(|text| self.text.encode(text));
        encoded.map(Secret::new).ok_or_else(|| {
            Failure::usage(format!("a value has characters that the encoding of {} lacks", self.path.display()))
                .advise("save the template in UTF-8, if its reader takes that")
        })
    }

    /// Whether bytes may be an earlier rendering of the template: all that stands between its references is there.
    pub(super) fn made(&self, bytes: &[u8]) -> bool {
        let Some(there) = Text::decode(bytes) else { return false };
        let (text, mut rest) = (&self.text.text, there.text.as_str());
        let mut at = 0;
        for reference in &self.references {
            let fixed = &text[at..reference.span.start];
            let found = if at == 0 { rest.starts_with(fixed).then_some(0) } else { rest.find(fixed) };
            let Some(found) = found else { return false };
            rest = &rest[found + fixed.len()..];
            at = reference.span.end;
        }
        if at == 0 { rest == text } else { rest.ends_with(&text[at..]) }
    }
}

/// The format of a template.
fn language_of(path: &Path, head: &[u8], format: Option<&str>) -> Result<&'static Language, Failure> {
    let able = || {
        let names: Vec<&str> = languages().iter().filter(|one| one.injects()).map(|one| one.name.as_str()).collect();
        format!("formats that can be rendered: {}", names.join(", "))
    };
    if let Some(name) = format {
        return language(name)
            .filter(|known| known.injects())
            .ok_or_else(|| Failure::usage(format!("`{name}` is no format of a template")).advise(able()));
    }
    let Some(known) = detect(path, head) else {
        return Err(Failure::usage(format!("cannot tell the format of {}", path.display()))
            .advise(format!("say `--format FORMAT`; {}", able())));
    };
    if known.injects() {
        return Ok(known);
    }
    Err(Failure::usage(format!("{} is {}, which is no format of a template", path.display(), known.name))
        .advise(format!("what can look values up itself needs none; else say `--format FORMAT`; {}", able())))
}

fn failed(path: &Path, error: &TemplateError) -> Failure {
    let failure = Failure::usage(format!("{}: {error}", path.display()));
    match error {
        TemplateError::Malformed { .. } => {
            failure.advise("write `keylift://NAME`, or `keylift://{}` where that text itself is meant")
        }
        TemplateError::Uncarried { .. } => {
            failure.advise("choose another value for it, or have the program read it from its environment")
        }
        TemplateError::Differs => failure.advise("put each reference in a string of its own"),
    }
}

/// The values of templates: names as the project knows them, and addresses.
pub(super) fn values(
    templates: &[&Template],
    plan: Option<&Path>,
    project: &Project,
    context: &Context,
) -> Result<Values, Failure> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    let mut names = None;
    for template in templates {
        for target in template.targets() {
            if wanted.contains_key(target) {
                continue;
            }
            if let Some((store, name)) = target.split_once('#') {
                wanted.insert(target.to_owned(), addressed(store, name, project, context)?);
                continue;
            }
            let known = match &mut names {
                Some(known) => known,
                empty => empty.insert(values::named(plan, project)?),
            };
            if known.is_empty() {
                return Err(values::nothing_moved());
            }
            let one = known.get(target).ok_or_else(|| {
                Failure::new(
                    Exit::Left,
                    format!("{}: nothing was moved under the name {target}", template.path.display()),
                )
                .advise("`keylift status` lists the runs; write `keylift://{STORE#NAME}` for a value that no run moved")
            })?;
            wanted.insert(target.to_owned(), one.clone());
        }
    }
    let values = values::read(&wanted, project, context)?;
    if values.missing.is_empty() {
        return Ok(values);
    }
    Err(values::missing(&values.missing).advise("nothing was rendered; put the value there with `keylift store put`"))
}

/// An address as a reference has it: a store, a name in it, and a field where entries have several.
fn addressed(store: &str, name: &str, project: &Project, context: &Context) -> Result<Wanted, Failure> {
    let (name, field) = name.split_once('#').map_or((name, None), |(name, field)| (name, Some(field.to_owned())));
    let made = context.store(store, &project.root)?.address(name);
    let mut address = made
        .map_err(|rejected| Failure::usage(format!("{store}#{name}: {}", rejected.reason)).advise(rejected.advice))?;
    address.field = field.or(address.field);
    Ok(Wanted { address, fingerprint: None, read: false })
}

/// A template of `run --inject`, with where its rendering goes.
#[derive(Debug)]
pub(super) struct Injected {
    /// The template.
    pub template: Template,
    /// Where to; a file of its own in memory, where none is given.
    pub out: Option<PathBuf>,
}

impl Injected {
    /// Reads `TEMPLATE[:PATH]`.
    pub(super) fn read(argument: &str) -> Result<Self, Failure> {
        let (template, out) = match argument.rsplit_once(':') {
            Some((template, out)) if !out.is_empty() && !Path::new(argument).is_file() => (template, Some(out)),
            _ => (argument, None),
        };
        let template = Template::read(&here()?.join(template), None)?;
        let out = match out {
            None => None,
            Some(out) => Some(here()?.join(out)),
        };
        Ok(Self { template, out })
    }

    /// The variable that tells the program where a file without a place of its own is.
    pub(super) fn variable(&self) -> String {
        let name = without_ending(&self.template.path);
        let name = name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("KEYLIFT_INJECT_{}", keylift_grammars::upper_snake(name.trim_start_matches('.')))
    }
}
