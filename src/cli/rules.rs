//! `keylift rules`: what is looked for, what it means, and whether a rule file does what it says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Context;
use crate::model::{Confidence, Exit, Failure, Kind, Severity, SourceFile};
use crate::render::findings::harmless;
use crate::rules::{Engine, Rule, expand, foreign};

/// Options of `rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the rules
    List {
        #[command(flatten)]
        files: RuleFiles,
        /// How to print them
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Explain a rule: what it finds, what somebody with it can do, how to rotate it
    Show {
        /// The rule's id, or a part of one
        id: String,
        #[command(flatten)]
        files: RuleFiles,
    },
    /// Hold rules against their own examples and counter-examples
    Test {
        /// A rule file; without one, the built-in rules
        file: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Rule files that a user brings.
#[derive(Debug, Args)]
pub(super) struct RuleFiles {
    /// Further rules: keylift's YAML, a rule file of gitleaks, betterleaks or kingfisher, or a folder of such; may be
    /// repeated
    #[arg(long = "rules", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// The engine of a run.
pub(super) enum Rules {
    /// The built-in rules alone.
    Builtin(&'static Engine),
    /// With a user's.
    Own(Box<Engine>),
}

impl std::ops::Deref for Rules {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        match self {
            Self::Builtin(engine) => engine,
            Self::Own(engine) => engine,
        }
    }
}

impl RuleFiles {
    /// The engine with these rules; says what could not be carried over.
    pub(super) fn engine(&self, context: &Context) -> Result<Rules, Failure> {
        if self.files.is_empty() {
            return Ok(Rules::Builtin(Engine::builtin()));
        }
        let mut rules = Vec::new();
        for file in &self.files {
            rules.extend(read(file, context)?);
        }
        Engine::with(rules)
            .map(|engine| Rules::Own(Box::new(engine)))
            .map_err(|error| Failure::usage(error.to_string()))
    }
}

/// The rules of a file, or of the files of a folder; says what could not be carried over.
fn read(file: &Path, context: &Context) -> Result<Vec<Rule>, Failure> {
    let (mut rules, mut lost) = (Vec::new(), Vec::new());
    // A path in a rule file is one of the folder that the command is given in, as for gitleaks.
    let open = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    for one in rule_files(file)? {
        let text =
            std::fs::read_to_string(&one).map_err(|error| Failure::file("could not read the rules", &one, &error))?;
        let carried =
            foreign::read(&one.to_string_lossy(), &text, &open).map_err(|error| Failure::usage(error.to_string()))?;
        rules.extend(carried.rules);
        lost.extend(carried.lost);
    }
    for lost in summed_up(lost) {
        context.warn(&format!("{}: not carried over: {}", file.display(), harmless(&lost)));
    }
    Ok(rules)
}

/// The file itself, or what in a folder has a rule file's ending.
fn rule_files(file: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !file.is_dir() {
        return Ok(vec![file.to_owned()]);
    }
    let wrong = |error: std::io::Error| Failure::file("could not read the rules", file, &error);
    let entries = std::fs::read_dir(file).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let is_rules = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        path.is_file() && matches!(&*ending, "yaml" | "yml" | "toml")
    };
    let mut files: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(is_rules).collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("{}: no rule files in the folder", file.display())));
    }
    Ok(files)
}

/// Losses as they are told: one that many rules share once, with the first of them. A rule that was left out is told by
/// itself.
fn summed_up(lost: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 4;
    let mut shared: Vec<(String, Vec<String>)> = Vec::new();
    let mut told = Vec::new();
    for one in lost {
        match one.split_once(": ") {
            Some((id, what)) if !what.starts_with("left out") && !id.contains(' ') => {
                match shared.iter_mut().find(|(known, _)| known == what) {
                    Some((_, ids)) => ids.push(id.to_owned()),
                    None => shared.push((what.to_owned(), vec![id.to_owned()])),
                }
            }
            _ => told.push(one),
        }
    }
    let few = |(what, ids): (String, Vec<String>)| -> Vec<String> {
        if ids.len() <= SHOWN {
            return ids.into_iter().map(|id| format!("{id}: {what}")).collect();
        }
        vec![format!("{} and {} more rules: {what}", ids[..SHOWN].join(", "), ids.len() - SHOWN)]
    };
    told.extend(shared.into_iter().flat_map(few));
    told
}

/// Runs `rules`.
pub(super) fn rules(args: &RulesArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.what {
        What::List { files, format } => {
            let engine = files.engine(context)?;
            list(&engine, *format, context)
        }
        What::Show { id, files } => {
            let engine = files.engine(context)?;
            show(id, &engine, context)
        }
        What::Test { file } => test(file.as_deref(), context),
    }
}

fn list(engine: &Engine, format: Form, context: &Context) -> Result<Exit, Failure> {
    let mut out = String::new();
    if format == Form::Json {
        let all: Vec<_> = engine
            .rules()
            .map(|rule| {
                json!({
                    "id": rule.id, "name": rule.name, "issuer": rule.issuer, "kind": rule.kind,
                    "severity": rule.severity, "confidence": rule.confidence, "env": rule.env,
                    "checksum": rule.checksum.is_some(), "live": rule.live.is_some(),
                })
            })
            .collect();
        out = serde_json::to_string_pretty(&all).unwrap_or_default() + "\n";
    } else {
        let width = engine.rules().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in engine.rules() {
            let severity = word(rule.severity);
            let _ = writeln!(out, "{:width$}  {severity:8}  {}", harmless(&rule.id), harmless(&rule.name));
        }
        let issuers: std::collections::BTreeSet<_> = engine.rules().map(|rule| &rule.issuer).collect();
        let _ = writeln!(out, "{} rules, {} issuers.", engine.rules().count(), issuers.len());
    }
    context.print(&out)?;
    Ok(Exit::Done)
}

fn show(id: &str, engine: &Engine, context: &Context) -> Result<Exit, Failure> {
    let Some(rule) = engine.rule(id) else {
        let close: Vec<&str> =
            engine.rules().map(|rule| &*rule.id).filter(|known| known.contains(id)).take(8).collect();
        let failure = Failure::usage(format!("there is no rule `{id}`"));
        return Err(match close.as_slice() {
            [] => failure.advise("`keylift rules list` lists them"),
            [only] => return show(only, engine, context),
            close => failure.advise(close.join(", ")),
        });
    };
    context.print(&explain(rule))?;
    Ok(Exit::Done)
}

fn explain(rule: &Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  [{}]\n", rule.name, rule.id);
    if !rule.issuer.is_empty() {
        let _ = writeln!(out, "Issued by   {} {}", rule.issuer, rule.url);
    }
    let _ = writeln!(out, "Severity    {}: {}", word(rule.severity), reach(rule.severity));
    let _ = writeln!(out, "Confidence  {}: {}", word(rule.confidence), sure(rule.confidence));
    if !rule.env.is_empty() {
        let _ = writeln!(out, "Variable    {}", rule.env);
    }
    let _ = writeln!(out, "\nWhat it is\n  {}", what(rule.kind));
    if !rule.risk.is_empty() {
        let _ = writeln!(out, "\nWhat somebody who reads the code can do with it\n  {}", rule.risk);
    }
    let _ = writeln!(
        out,
        "\nHow far the damage reaches\n  {}\n  Whoever can read the repository, a fork of it, a backup, a build log or a published package has it, and git\n  keeps it after it was deleted. Moving it into a store ends that for the next value, not for this one: rotate it.",
        spread(rule.severity)
    );
    if !rule.rotation.steps.is_empty() || !rule.rotation.page.is_empty() {
        let _ = writeln!(out, "\nHow to rotate it");
        for (number, step) in rule.rotation.steps.iter().enumerate() {
            let _ = writeln!(out, "  {}. {step}", number + 1);
        }
        if !rule.rotation.page.is_empty() {
            let _ = writeln!(out, "  Page: {}", rule.rotation.page);
        }
        if let Some(api) = &rule.rotation.api {
            let _ = writeln!(out, "  API:  {api}");
        }
        out.push_str(if rule.rotation.overlap {
            "  Two can be valid at once: make the new one, roll it out, then revoke the old one. Nothing stops in between.\n"
        } else {
            "  The old one ends when the new one begins: have the roll-out ready, and expect a short interruption.\n"
        });
    }
    let _ = writeln!(out, "\nHow it is found");
    if rule.pattern.is_empty() {
        let _ = writeln!(out, "  By what the value is bound to, passed to or compared with");
    } else {
        let _ = writeln!(out, "  Near one of: {}", rule.keywords.join(", "));
        let _ = writeln!(out, "  Pattern:     {}", rule.pattern.trim());
    }
    if let Some(entropy) = rule.entropy {
        let _ = writeln!(out, "  Entropy:     at least {entropy} bits a character");
    }
    if let Some(path) = &rule.path {
        let _ = writeln!(out, "  In files:    whose path matches {path}");
    }
    if !rule.exempt.is_empty() {
        let _ = writeln!(out, "  But not:     where one of {} exemptions holds", rule.exempt.len());
    }
    if let Some(checksum) = &rule.checksum {
        let _ = writeln!(out, "  Checksum:    {} (checked offline)", checksum.kind);
    }
    if let Some(pair) = &rule.pair {
        let _ = writeln!(out, "  Belongs to:  {}", pair.identifier);
    }
    if let Some(live) = &rule.live {
        let _ =
            writeln!(out, "  Live check:  {} {} (`keylift check --live`, never unless asked)", live.method, live.url);
    }
    if !rule.docs.is_empty() {
        let _ = writeln!(out, "\nSources");
        for page in rule.docs.iter() {
            let _ = writeln!(out, "  {page}");
        }
    }
    out
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::ApiKey => "A key that the issuer gives to a program. Whoever sends it is taken for that program.",
        Kind::Token => "A token that stands for a sign-in or a grant. Whoever sends it needs no password.",
        Kind::Password => "A password. Whoever knows it signs in as its owner, and where else it was used.",
        Kind::Dsn => "A connection string: where a server is, and the user and password that open it.",
        Kind::PrivateKey => "A private key: it proves who somebody is, or decrypts what was meant for them.",
        Kind::Webhook => "A URL that is itself the credential: whoever knows it can send to it.",
        Kind::Jwt => "A JSON Web Token: a signed statement of who somebody is and what they may do, until it expires.",
        Kind::Identifier => "An identifier that belongs to a secret. Alone it opens nothing.",
    }
}

fn reach(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "identifies, opens nothing by itself",
        Severity::Medium => "limited reach",
        Severity::High => "reads or changes customers' data",
        Severity::Critical => "takes over accounts, money, source or infrastructure",
    }
}

fn spread(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Not far: with the secret it belongs to, as far as that.",
        Severity::Medium => {
            "To what the one service does with this key: its quota, its messages, its data of this use."
        }
        Severity::High => "To the data behind it: reading, copying, changing, for as long as it is valid.",
        Severity::Critical => {
            "To everything its owner can reach: new credentials can be made with it that outlive it, so that replacing\n  it is not enough. Look for what was created while it was exposed."
        }
    }
}

fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "more likely none; shown with --confidence low",
        Confidence::Medium => "somebody should look",
        Confidence::High => "a credential as far as can be told without asking the issuer",
    }
}

fn word(level: impl std::fmt::Debug) -> String {
    format!("{level:?}").to_lowercase()
}

/// Texts made of each example, because a rule may miss one in many.
const ROUNDS: u64 = 25;

fn test(file: Option<&Path>, context: &Context) -> Result<Exit, Failure> {
    let (rules, engine) = match file {
        Some(file) => {
            let rules = read(file, context)?;
            let engine = Engine::with(rules.clone()).map_err(|error| Failure::usage(error.to_string()))?;
            (rules, Rules::Own(Box::new(engine)))
        }
        None => (Engine::builtin().rules().cloned().collect(), Rules::Builtin(Engine::builtin())),
    };
    let mut out = String::new();
    let (mut tested, mut bare, mut wrong) = (0, 0, 0);
    for rule in &rules {
        if rule.examples.is_empty() {
            bare += 1;
            let _ = writeln!(out, "{}: no examples", harmless(&rule.id));
            continue;
        }
        tested += 1;
        let faults = faults(rule, &engine);
        wrong += usize::from(!faults.is_empty());
        for fault in faults {
            let _ = writeln!(out, "{}: {}", harmless(&rule.id), harmless(&fault));
        }
    }
    let _ = writeln!(out, "{tested} rules tested, {wrong} wrong, {bare} without examples.");
    context.print(&out)?;
    Ok(if wrong > 0 { Exit::Left } else { Exit::Done })
}

/// What is wrong with a rule by its own examples. Templates are quoted, never what was made of them.
fn faults(rule: &Rule, engine: &Engine) -> Vec<String> {
    let mut faults = Vec::new();
    let hits = |template: &str, round: u64, least: Confidence| -> Result<usize, String> {
        let text = expand(template, round)?;
        let found = engine.scan(&SourceFile::disk("settings.txt", text.as_bytes()));
        Ok(found.iter().filter(|found| found.rule == *rule.id && found.confidence >= least).count())
    };
    for (kind, templates, least) in
        [("example", &rule.examples, Confidence::Low), ("counter-example", &rule.counter_examples, Confidence::Medium)]
    {
        for template in templates.iter() {
            let missed: Result<Vec<bool>, String> = (1..=ROUNDS)
                .map(|round| hits(template, round, least).map(|count| (count == 1) == (kind == "example")))
                .collect();
            match missed {
                Err(error) => faults.push(error),
                Ok(good) => {
                    let bad = good.iter().filter(|good| !**good).count();
                    // Randomness may make a value that the entropy turns down, once in a while.
                    if bad > 1 {
                        let what = if kind == "example" { "is not found" } else { "is found all the same" };
                        faults.push(format!("{kind} `{template}` {what}, {bad} times in {ROUNDS}"));
                    }
                }
            }
        }
    }
    faults
}
