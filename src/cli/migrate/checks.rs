//! `keylift migrate verify|undo|retire`, `keylift store diff`: what comes after a migration, and what only looks.

use std::path::Path;

use super::desk::{Desk, read_map};
use super::{Pair, RetireArgs};
use crate::cli::progress::Follower;
use crate::cli::{Context, Format};
use crate::model::{Exit, Failure, Retired};
use crate::pipeline::migrate::{self, Retiring, Undoing, Wanted};
use crate::render::migration;
use crate::steps::carry::{Map, Route};

pub(super) fn verify(
    pair: &Pair,
    map: Option<&Path>,
    merged: bool,
    format: Format,
    context: &Context,
) -> Result<Exit, Failure> {
    let (desk, map) = (Desk::new(pair, context)?, read_map(map)?);
    let watch = Follower::new(context);
    let compared = watch.wait(async {
        let done = async {
            let route = Route::new(&*desk.from, &*desk.to, &map)?;
            migrate::compare(&route, &desk.key, Wanted { extra: false, merged }, &watch).await
        };
        let done = done.await;
        desk.close(context).await;
        done
    })?;
    let mut out = context.out();
    match format {
        Format::Text => migration::compared(&compared, desk.from.location(), desk.to.location(), &mut out)?,
        Format::Json => migration::compared_json(&compared, &mut out)?,
    }
    if compared.nothing() {
        // Whoever asks whether everything is there meant something.
        context.warn(&format!("nothing is in {}: is its name right?", desk.from.location()));
    }
    Ok(if compared.all() && !compared.nothing() { Exit::Done } else { Exit::Left })
}

pub(super) fn undo(pair: &Pair, format: Format, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::new(pair, context)?;
    let watch = Follower::new(context);
    let back = watch.wait(async {
        let at = Undoing { dir: &desk.dir, to: &*desk.to, key: &desk.key, backups: context, watch: &watch };
        let done = migrate::undo(&at).await;
        context.closed(desk.to.close().await);
        done
    })?;
    match format {
        Format::Text => {
            let restored = if back.restored > 0 { format!(", {} given back", back.restored) } else { String::new() };
            let unstaged = match back.unstaged {
                0 => String::new(),
                count => format!(", {count} that waited beside others taken away"),
            };
            let before = match back.before {
                0 => String::new(),
                count => format!(", {count} undone before"),
            };
            let to = desk.to.location();
            context.print(&format!(
                "{} entries removed from {to}{restored}{unstaged}{before}, {} left as they are.\n",
                back.removed, back.kept
            ))?;
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(&back)
                .map_err(|error| Failure::usage(format!("could not write the report: {error}")))?;
            context.print(&format!("{text}\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// Compares two stores by name: what differs, and what only one of them has.
pub(in crate::cli) fn diff(left: &str, right: &str, format: Format, context: &Context) -> Result<Exit, Failure> {
    let pair = Pair { from: left.to_owned(), to: right.to_owned() };
    let (desk, map) = (Desk::new(&pair, context)?, Map::default());
    let watch = Follower::new(context);
    let compared = watch.wait(async {
        let done = async {
            let route = Route::new(&*desk.from, &*desk.to, &map)?;
            migrate::compare(&route, &desk.key, Wanted { extra: true, merged: false }, &watch).await
        };
        let done = done.await;
        desk.close(context).await;
        done
    })?;
    let (left, right) = (desk.from.location(), desk.to.location());
    let mut out = context.out();
    match format {
        Format::Text => migration::diff(&compared, left, right, &mut out)?,
        Format::Json => migration::diff_json(&compared, left, right, &mut out)?,
    }
    Ok(if compared.all() && compared.more == 0 { Exit::Done } else { Exit::Left })
}

/// Lets the source go of what is proven to be in the target.
pub(super) fn retire(args: &RetireArgs, context: &Context) -> Result<Exit, Failure> {
    let (desk, map) = (Desk::new(&args.pair, context)?, read_map(args.map.as_deref())?);
    let watch = Follower::new(context);
    let outcome = watch.wait(async {
        desk.tell_beside(context).await;
        let done = carry_out(args, &desk, &map, &watch, context).await;
        desk.close(context).await;
        done
    })?;
    let Some(retired) = outcome else { return Ok(Exit::Left) };
    let mut out = context.out();
    match args.format {
        Format::Text => migration::retired(&retired, desk.from.location(), args.dry_run, &mut out)?,
        Format::Json => migration::retired_json(&retired, &mut out)?,
    }
    if retired.retired == 0 && retired.kept.is_empty() && !retired.stopped {
        context.warn(&format!("nothing is in {}: is its name right, or did it go before?", desk.from.location()));
    }
    Ok(match (retired.stopped, retired.kept.is_empty()) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Done,
        (false, false) => Exit::Left,
    })
}

async fn carry_out(
    args: &RetireArgs,
    desk: &Desk,
    map: &Map,
    watch: &Follower<'_>,
    context: &Context,
) -> Result<Option<Retired>, Failure> {
    let route = Route::new(&*desk.from, &*desk.to, map)?;
    let retiring = Retiring { route: &route, key: &desk.key, merged: args.merged, watch };
    let mut proven = retiring.prove().await?;
    let (count, from, to) = (proven.len(), desk.from.location(), desk.to.location());
    if args.dry_run || count == 0 {
        proven.kept.retired = count;
        return Ok(Some(proven.kept));
    }
    context.say(&format!("{count} entries of {from} are equal in {to}, {} stay.", proven.kept.kept.len()));
    context.say(&format!("Retiring them: {}.", desk.from.retirement().unwrap_or_default()));
    let typed = match (args.yes, args.count) {
        (true, Some(typed)) => typed,
        (true, None) => {
            return Err(Failure::usage("--yes needs --count N: how many entries may go")
                .advise(format!("as things are now it would be --count {count}; look at --dry-run first")));
        }
        (false, _) if !context.interactive => {
            return Err(Failure::usage("nobody is there to answer: standard input or output is no terminal")
                .advise("look at --dry-run, then say --yes --count N"));
        }
        (false, _) => watch.quietly(|| context.number("How many entries may go? Type the number"))?,
    };
    if typed != count {
        context.say(&format!("{typed} is not {count}: nothing was removed."));
        return Ok(None);
    }
    retiring.retire(&desk.dir, &proven).await.map(Some)
}
