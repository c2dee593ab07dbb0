//! `keylift review`: one secret at a time, in the terminal or from a file of answers.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use console::Style;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Input, Select};

use super::Context;
use super::project::Project;
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Lookup, Plan};
use crate::session::{Answer, Answers, Group, Question, Script, Session, Verdict};

/// Options of `review`.
#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    /// The plan
    #[arg(default_value = PLAN_FILE)]
    plan: PathBuf,
    /// Answers from a file instead of the terminal
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Ask about everything once more
    #[arg(long)]
    again: bool,
}

/// Reviews a plan; every answer is saved at once, so that the next session goes on where this one stopped.
pub(super) fn review(args: &ReviewArgs, context: &Context) -> Result<Exit, Failure> {
    let mut plan = Plan::read(&args.plan)?;
    if args.again {
        plan.moves.iter_mut().for_each(|planned| planned.reviewed = false);
    }
    let project = Project::of_plan(&args.plan, &plan, context)?;
    let store = context.store(&plan.store, &project.root)?;
    let mut session = Session::new(plan, &project.root, &project.key, &*store, context.color)?;
    let save = |plan: &Plan| plan.write(&args.plan);
    let open = match &args.answers {
        Some(file) => session.run(&mut Script::read(file)?, save)?,
        None if context.interactive => session.run(&mut Terminal { context }, save)?,
        None => {
            return Err(Failure::usage("nobody is there to answer: standard input or output is no terminal")
                .advise("give the answers in a file: `--answers FILE`"));
        }
    };
    let plan = session.plan();
    context.print(&crate::render::plan::text(plan))?;
    if open == 0 {
        context.say("Everything is reviewed: `keylift apply` does it.");
        return Ok(Exit::Done);
    }
    context.say(&format!("{open} are left to review: `keylift review` goes on with them."));
    Ok(Exit::Left)
}

/// Asks on a terminal.
struct Terminal<'a> {
    context: &'a Context,
}

const CHOICES: [&str; 9] = [
    "move it",
    "another name",
    "another address in the store",
    "another lookup in the code",
    "it is no secret",
    "not now",
    "same for others",
    "back",
    "stop here",
];

impl Answers for Terminal<'_> {
    fn answer(&mut self, question: &Question) -> Result<Option<Answer>, Failure> {
        self.show(question)?;
        let theme = ColorfulTheme::default();
        let Some(choice) = Select::with_theme(&theme)
            .with_prompt(format!("What about {}?", question.name))
            .items(CHOICES)
            .default(0)
            .interact_opt()
            .map_err(gone)?
        else {
            return Ok(Some(Answer::Quit));
        };
        let text = |prompt: &str, initial: &str| -> Result<String, Failure> {
            Input::<String>::with_theme(&theme)
                .with_prompt(prompt)
                .with_initial_text(initial)
                .interact_text()
                .map_err(gone)
        };
        Ok(Some(match choice {
            0 => Answer::Decide(Verdict::Accept),
            1 => Answer::Rename(text("Name", &question.name)?),
            2 => Answer::Address(text("Path in the store", &question.name)?),
            3 => {
                let lookups = [Lookup::Env, Lookup::Vault, Lookup::AwsSm];
                let names = ["environment", "Vault", "AWS Secrets Manager"];
                let at = Select::with_theme(&theme)
                    .with_prompt("Lookup")
                    .items(names)
                    .default(0)
                    .interact()
                    .map_err(gone)?;
                Answer::Lookup(lookups[at])
            }
            4 => Answer::Decide(Verdict::FalsePositive(text("Why is it none", "")?)),
            5 => Answer::Decide(Verdict::Later(None)),
            6 => together(&theme, question)?,
            7 => Answer::Back,
            _ => Answer::Quit,
        }))
    }
}

fn together(theme: &ColorfulTheme, question: &Question) -> Result<Answer, Failure> {
    let groups = [Group::Rule, Group::File, Group::Rest];
    let names = [
        format!("all that {} found", question.rule),
        "all in the same files".to_owned(),
        "all that are left".to_owned(),
    ];
    let at = Select::with_theme(theme).with_prompt("Which").items(&names).default(0).interact().map_err(gone)?;
    let verdicts = ["move them", "they are no secrets", "not now"];
    let what = Select::with_theme(theme).with_prompt("What").items(verdicts).default(0).interact().map_err(gone)?;
    let verdict = match what {
        0 => Verdict::Accept,
        1 => Verdict::FalsePositive(
            Input::<String>::with_theme(theme).with_prompt("Why are they none").interact_text().map_err(gone)?,
        ),
        _ => Verdict::Later(None),
    };
    Ok(Answer::Together(groups[at], verdict))
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn gone(error: dialoguer::Error) -> Failure {
    Failure::usage(format!("no answer: {error}")).advise("`keylift review` goes on where this stopped")
}

impl Terminal<'_> {
    fn show(&self, question: &Question) -> Result<(), Failure> {
        let bold = Style::new().bold();
        let mut out = format!(
            "\n{}  {}\n  {} ({:?}), to {}\n",
            bold.apply_to(format!("{}/{}", question.number, question.total)),
            bold.apply_to(&question.name),
            question.rule,
            question.severity,
            question.address
        )
        .to_string();
        if let Some(owner) = &question.part_of {
            let _ = writeln!(out, "  goes with {owner}, and moves only where that does");
        }
        for (path, line) in &question.places {
            let _ = writeln!(out, "  {path}:{line}");
        }
        if question.cautions > 0 {
            out.push_str("  an edit here changes more than where the value comes from: look closely\n");
        }
        out.push('\n');
        out.push_str(&question.diff);
        for note in question.notes.iter().chain(&question.problem) {
            let _ = writeln!(out, "{} {note}", Style::new().yellow().apply_to("!"));
        }
        self.context.print(&out)
    }
}
