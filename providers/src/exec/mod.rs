//! `exec:PROGRAM ARG…`: any program that speaks a small JSON protocol over its standard input and output, described in
//! `docs/exec-store.md`. It is how a store is added without Rust.
//!
//! A plan can come with a repository, and a program in a plan must not run because somebody looked at it: the user names
//! the programs that may run in `KEYLIFT_ALLOW_EXEC`.

mod process;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use self::process::{Process, decode};
use crate::expect::{conflict, judge, receipt};
use crate::local::ContentVersion;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Listing, Receipt, Rejected, Store, StoreError, WriteId, Written,
};

/// The variable that names the programs that may run, as they stand in the URI, separated by commas.
const ALLOW: &str = "KEYLIFT_ALLOW_EXEC";
/// The largest value that is handed to a program, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A program that keeps secrets.
pub struct ExecStore {
    location: String,
    command: Vec<String>,
    settings: Settings,
    versions: ContentVersion,
    hello: OnceLock<Hello>,
    process: Mutex<Option<Process>>,
}

/// What the program says of itself.
#[derive(Clone, Copy, Debug, Default)]
struct Hello {
    compare_and_swap: bool,
    versions: bool,
    case_sensitive: bool,
}

impl ExecStore {
    /// The store behind what follows `exec:` in its URI. The program is started by the first operation.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where no program is named, or `KEYLIFT_ALLOW_EXEC` does not name it.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let command: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
        let Some(program) = command.first() else {
            return Err(StoreError::new(ErrorKind::Configuration, "exec: needs a program")
                .advise("for instance exec:./stores/pass-store.py (docs/exec-store.md tells what it has to do)"));
        };
        let allowed = settings.var(ALLOW).unwrap_or_default();
        if !allowed.split(',').any(|name| name.trim() == program) {
            return Err(StoreError::new(ErrorKind::Configuration, format!("{program} may not be run as a store yet"))
                .advise(format!("look at it, and if you trust it set {ALLOW}={program}")));
        }
        Ok(Self {
            location: format!("exec:{}", command.join(" ")),
            command,
            settings: settings.clone(),
            versions: ContentVersion::new(settings),
            hello: OnceLock::new(),
            process: Mutex::new(None),
        })
    }

    /// One question and its answer. The program is started where it is not running.
    async fn ask(&self, question: Value, value: Option<&Secret>) -> Result<Value, StoreError> {
        let mut slot = self.process.lock().await;
        if slot.is_none() {
            let mut process = Process::start(&self.command, &self.settings)?;
            let answer = process.ask(&json!({ "op": "hello", "protocol": 1 }), None).await?;
            if answer["protocol"].as_u64() != Some(1) {
                return Err(StoreError::new(
                    ErrorKind::Configuration,
                    format!("{} does not speak protocol 1 of keylift's exec stores", self.command[0]),
                )
                .advise("docs/exec-store.md tells how"));
            }
            let says = |name: &str| answer[name].as_bool();
            let hello = Hello {
                compare_and_swap: says("compare_and_swap").unwrap_or(false),
                versions: says("versions").unwrap_or(false),
                case_sensitive: says("case_sensitive").unwrap_or(true),
            };
            self.hello.get_or_init(|| hello);
            *slot = Some(process);
        }
        let Some(process) = slot.as_mut() else {
            return Err(StoreError::new(ErrorKind::Unreachable, "the program is not running"));
        };
        let answer = process.ask(&question, value).await;
        if matches!(&answer, Err(error) if error.kind == ErrorKind::Unreachable) {
            // Out of step or gone: the next question starts it anew.
            *slot = None;
        }
        answer
    }

    async fn find(&self, path: &str, version: Option<&str>) -> Result<Option<Entry>, StoreError> {
        let mut answer = self.ask(json!({ "op": "read", "path": path, "version": version }), None).await?;
        if answer["found"].as_bool() == Some(false) {
            return Ok(None);
        }
        let secret =
            decode(&mut answer["value"]).ok_or_else(|| self.misunderstood("found neither false nor a value"))?;
        let own = self.versions.of(&secret)?;
        let version_found = answer["version"].as_str().map_or(own, str::to_owned);
        if version.is_some_and(|wanted| wanted != version_found) {
            return Ok(None);
        }
        Ok(Some(Entry { secret, version: Some(version_found), metadata: BTreeMap::new() }))
    }

    fn misunderstood(&self, what: &str) -> StoreError {
        StoreError::new(
            ErrorKind::Corrupt,
            format!("{} answers in a way that is not understood: {what}", self.command[0]),
        )
        .advise("docs/exec-store.md tells what an answer looks like")
    }
}

#[async_trait]
impl Store for ExecStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        // Before the program was asked, it promises nothing.
        let hello = self.hello.get().copied().unwrap_or(Hello { case_sensitive: true, ..Hello::default() });
        Capabilities {
            compare_and_swap: hello.compare_and_swap,
            versions: hello.versions,
            binary: true,
            case_sensitive: hello.case_sensitive,
            max_bytes: MAX_BYTES,
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        check_name(name)?;
        Ok(Address { store: self.location.clone(), path: name.to_owned(), field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        check_name(&address.path)?;
        crate::names::check_fieldless(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            check_name(&address.path)?;
        }
        let paths: Vec<&str> = addresses.iter().map(|address| address.path.as_str()).collect();
        self.ask(json!({ "op": "check", "paths": paths }), None).await.map(drop)
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        check_name(&address.path)?;
        self.find(&address.path, address.version.as_deref()).await
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        let path = &address.path;
        let found = self.find(path, None).await?;
        let written = judge(path, found.as_ref(), secret, expect)?;
        let equal = |entry: &Entry| Receipt {
            address: Address { version: None, ..address.clone() },
            version: entry.version.clone(),
            written: Written::AlreadyEqual,
        };
        if let Some(entry) = found.as_ref().filter(|_| written == Written::AlreadyEqual) {
            return Ok(equal(entry));
        }
        let versions = self.hello.get().is_some_and(|hello| hello.versions);
        let expected = match &found {
            None => json!({ "absent": true }),
            Some(entry) if versions => json!({ "version": entry.version }),
            Some(_) => json!({ "anything": true }),
        };
        let question = json!({ "op": "write", "path": path, "expect": expected, "token": id.token() });
        let answer = match self.ask(question, Some(secret)).await {
            Err(error) if error.kind == ErrorKind::Conflict => {
                // Somebody else was faster, perhaps with the same value.
                return match self.find(path, None).await? {
                    Some(entry) if entry.secret == *secret => Ok(equal(&entry)),
                    _ => Err(conflict(path, "somebody else wrote it at the same moment")),
                };
            }
            other => other?,
        };
        let version = match answer["version"].as_str() {
            Some(version) => version.to_owned(),
            None => self.versions.of(secret)?,
        };
        Ok(receipt(address, version, written))
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let path = &receipt.address.path;
        check_name(path)?;
        if receipt.written != Written::Created {
            return Ok(false);
        }
        match self.find(path, None).await? {
            Some(entry) if entry.version == receipt.version => {}
            _ => return Ok(false),
        }
        let versions = self.hello.get().is_some_and(|hello| hello.versions);
        let version = receipt.version.as_deref().filter(|_| versions);
        let answer = self.ask(json!({ "op": "remove", "path": path, "version": version }), None).await?;
        answer["removed"].as_bool().ok_or_else(|| self.misunderstood("removed is neither true nor false"))
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let answer = self.ask(json!({ "op": "list", "from": from }), None).await?;
        let paths = answer["paths"].as_array().ok_or_else(|| self.misunderstood("paths is no list"))?;
        let addresses = paths.iter().filter_map(Value::as_str).map(|path| Address {
            store: self.location.clone(),
            path: path.to_owned(),
            field: None,
            version: None,
        });
        Ok(Listing { addresses: addresses.collect(), next: answer["next"].as_str().map(str::to_owned) })
    }

    async fn close(&self) -> Result<(), StoreError> {
        if let Some(process) = self.process.lock().await.take() {
            process.end().await;
        }
        Ok(())
    }
}

impl fmt::Debug for ExecStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecStore").field("location", &self.location).finish_non_exhaustive()
    }
}

/// Names that need no quoting anywhere.
fn check_name(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "an exec store", 512, |c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_only_where_the_user_named_it() {
        let open = |uri: &str, allow: &str| ExecStore::open(uri, &Settings::with_vars("/c", [(ALLOW, allow)]));
        assert_eq!(open("./evil", "").unwrap_err().kind, ErrorKind::Configuration);
        assert!(open("./evil", "./evil2,good").is_err());
        assert_eq!(open(" ./good  team ", "other, ./good").unwrap().location(), "exec:./good team");
        assert!(open("", "").is_err());
    }
}
