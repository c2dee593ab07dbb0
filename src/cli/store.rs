//! `keylift store check|list|get|put`: look at a store. Values are never in arguments, and are shown only on a terminal.

use std::io::{IsTerminal as _, Read as _};

use clap::{Args, Subcommand};
use keylift_providers::{Address, Expect, Secret, Store, WriteId};

use super::input::here;
use super::{Context, Format};
use crate::model::{Exit, Failure};

/// Options of `store`.
#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    verb: StoreVerb,
}

#[derive(Debug, Subcommand)]
enum StoreVerb {
    /// Reachable, and authorised to write and to read back
    Check {
        /// The store
        store: String,
    },
    /// The names in a store
    List {
        /// The store
        store: String,
        /// How to print them
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Which names two stores hold with another value, and which only one of them has; values never
    Diff {
        /// One store
        left: String,
        /// The other
        right: String,
        /// How to print it
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Whether a secret is there, and its fingerprint; the value with --reveal on a terminal
    Get {
        /// The store
        store: String,
        /// The secret's name, as `list` shows it
        name: String,
        /// Show the value, on a terminal, after a question
        #[arg(long)]
        reveal: bool,
    },
    /// Write a secret, read from standard input or asked for; an address that holds another value is a conflict
    Put {
        /// The store
        store: String,
        /// The secret's name
        name: String,
        /// Replace the version that `get` shows
        #[arg(long, value_name = "VERSION")]
        replace: Option<String>,
    },
}

/// Looks at a store.
pub(super) fn store(args: &StoreArgs, context: &Context) -> Result<Exit, Failure> {
    if let StoreVerb::Diff { left, right, format } = &args.verb {
        return super::migrate::diff(left, right, *format, context);
    }
    let uri = match &args.verb {
        StoreVerb::Check { store }
        | StoreVerb::List { store, .. }
        | StoreVerb::Get { store, .. }
        | StoreVerb::Put { store, .. } => store,
        StoreVerb::Diff { left, .. } => left,
    };
    let store = context.store(uri, &here()?)?;
    for notice in store.notices() {
        context.warn(&notice);
    }
    context.wait(async {
        let done = match &args.verb {
            StoreVerb::Check { .. } => check(&*store, context).await,
            StoreVerb::List { format, .. } => list(&*store, *format, context).await,
            StoreVerb::Get { name, reveal, .. } => get(&*store, name, *reveal, context).await,
            StoreVerb::Put { name, replace, .. } => put(&*store, name, replace.as_deref(), context).await,
            StoreVerb::Diff { .. } => Ok(Exit::Done),
        };
        context.closed(store.close().await);
        done
    })
}

async fn check(store: &dyn Store, context: &Context) -> Result<Exit, Failure> {
    let address = named(store, "KEYLIFT_CHECK")?;
    store.preflight(&[address]).await?;
    let can = store.capabilities();
    let yes = |can: bool| if can { "yes" } else { "no" };
    context.print(&format!(
        "{} is reachable, and lets this user write and read back.\n  compare-and-swap: {}\n  versions: {}\n",
        store.location(),
        yes(can.compare_and_swap),
        yes(can.versions)
    ))?;
    Ok(Exit::Done)
}

async fn list(store: &dyn Store, format: Format, context: &Context) -> Result<Exit, Failure> {
    let mut from = None;
    let mut names: Vec<String> = Vec::new();
    loop {
        let page = store.list(from).await?;
        for address in page.addresses {
            if format == Format::Text {
                context.print(&format!("{}\n", address.path))?;
            } else {
                names.push(address.path);
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    if format == Format::Json {
        let text = serde_json::to_string_pretty(&names)
            .map_err(|error| Failure::usage(format!("could not write the names: {error}")))?;
        context.print(&format!("{text}\n"))?;
    }
    Ok(Exit::Done)
}

async fn get(store: &dyn Store, name: &str, reveal: bool, context: &Context) -> Result<Exit, Failure> {
    if reveal && !context.interactive {
        return Err(Failure::usage("a value is shown on a terminal only")
            .advise("`keylift run -- COMMAND` hands values to a program"));
    }
    let mut address = named(store, name);
    if address.is_err() {
        address = listed(store, name).await?.ok_or_else(|| Failure::usage(format!("`{name}` is no name here")));
    }
    let mut address = address?;
    let mut entry = store.read(&address).await?;
    if entry.is_none()
        && let Some(known) = listed(store, name).await?
    {
        entry = store.read(&known).await?;
        address = known;
    }
    let Some(entry) = entry else {
        return Err(Failure::new(Exit::Left, format!("nothing lives at {address}"))
            .advise(format!("`keylift store list {}` shows the names", store.location())));
    };
    let version = entry.version.as_deref().unwrap_or("none");
    let fingerprint = context.fingerprint_key()?.fingerprint(&entry.secret);
    let length = entry.secret.len();
    context.print(&format!("{address}\n  version: {version}\n  fingerprint: {fingerprint}\n  bytes: {length}\n"))?;
    if reveal && context.confirm("Show the value on this screen?")? {
        match entry.secret.expose_str() {
            Some(value) => context.print(&format!("{value}\n"))?,
            None => context.warn("the value is not text"),
        }
    }
    Ok(Exit::Done)
}

async fn put(store: &dyn Store, name: &str, replace: Option<&str>, context: &Context) -> Result<Exit, Failure> {
    let address = named(store, name)?;
    let secret = read_value(name)?;
    store.accepts(&address, &secret).map_err(keylift_providers::StoreError::from)?;
    let expect = replace.map_or(Expect::Absent, |version| Expect::Version(version.to_owned()));
    let key = context.fingerprint_key()?;
    store.preflight(std::slice::from_ref(&address)).await?;
    let id = WriteId::new(&key, &format!("put {}", replace.unwrap_or("new")), &address, &secret);
    let receipt = store.write(&address, &secret, &expect, &id).await?;
    let back = store.read(&receipt.address).await?;
    if back.is_none_or(|entry| entry.secret != secret) {
        return Err(Failure::new(Exit::Store, format!("{address} did not give the value back that was written")));
    }
    let version = receipt.version.map(|version| format!(", version {version}")).unwrap_or_default();
    context.print(&format!("{address}: stored, read back{version}\n"))?;
    Ok(Exit::Done)
}

/// The address that a name gets. A path as `list` shows it (with the store's prefix) is taken as well.
fn named(store: &dyn Store, name: &str) -> Result<Address, Failure> {
    Ok(store.address(name).map_err(keylift_providers::StoreError::from)?)
}

/// The address whose path is a name.
async fn listed(store: &dyn Store, name: &str) -> Result<Option<Address>, Failure> {
    let mut from = None;
    loop {
        let page = store.list(from).await?;
        if let Some(found) = page.addresses.into_iter().find(|address| address.path == name) {
            let fields = store.read_fields(&found).await?;
            return Ok(fields.into_iter().next().map(|(address, _)| address));
        }
        from = page.next;
        if from.is_none() {
            return Ok(None);
        }
    }
}

/// A value from standard input; asked for without echo where that is a terminal. One line feed at the end of piped text
/// is the pipe's, not the value's.
fn read_value(name: &str) -> Result<Secret, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| Failure::usage(format!("could not read the value: {error}"));
    if std::io::stdin().is_terminal() {
        let value = dialoguer::Password::new()
            .with_prompt(format!("Value of {name}"))
            .with_confirmation("Once more", "the two differ")
            .interact()
            .map_err(|error| unreadable(&error))?;
        return Ok(Secret::new(value));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(Secret::new(bytes))
}
