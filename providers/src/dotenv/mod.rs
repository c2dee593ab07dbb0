//! `dotenv:PATH`: the `.env` file that programs load at their start. Not encrypted: it has to stay out of git.

mod format;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::expect::{judge, receipt};
use crate::local::{self, ContentVersion, Lock};
use crate::made::Made;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Listing, Receipt, Rejected, Store, StoreError, Write, WriteId,
    Written,
};

/// The largest value, in bytes: Linux hands a program at most 128 KiB in one variable (`execve`, `MAX_ARG_STRLEN`), and
/// the name and the `=` take their part.
const MAX_BYTES: usize = 128 * 1024 - 512;

/// A dotenv file.
pub struct DotenvStore {
    location: String,
    path: PathBuf,
    versions: ContentVersion,
    made: Made,
    turn: Mutex<()>,
}

impl DotenvStore {
    /// The store in the file at `path` (the URI's text after `dotenv:`).
    pub fn open(path: &str, settings: &Settings) -> Self {
        Self {
            location: format!("dotenv:{path}"),
            path: settings.resolve(path),
            versions: ContentVersion::new(settings),
            made: Made::new(settings),
            turn: Mutex::new(()),
        }
    }

    fn load(&self) -> Result<Zeroizing<String>, StoreError> {
        let bytes = local::read_optional(&self.path)?.unwrap_or_default();
        std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| {
            StoreError::new(ErrorKind::Corrupt, format!("{} is not UTF-8", self.path.display()))
                .advise("convert it: python-dotenv and Docker Compose read UTF-8 only")
        })
    }

    fn entry(&self, file: &File<'_>, name: &str) -> Result<Option<Entry>, StoreError> {
        let Some(written) = file.written(name) else { return Ok(None) };
        let secret = Secret::new(format::unquote(name, written)?);
        let version = Some(self.versions.of(&secret)?);
        Ok(Some(Entry { secret, version, metadata: BTreeMap::new() }))
    }

    /// Decides on one write, given what the writes before it make. Answers the receipt that it has once the file is
    /// written, and the value as it is written there.
    fn decide(
        &self,
        file: &File<'_>,
        made: Option<&Secret>,
        write: Write<'_>,
    ) -> Result<(Receipt, Zeroizing<String>), StoreError> {
        let Write { address, secret, expect, .. } = write;
        self.accepts(address, secret)?;
        let name = &address.path;
        let there = match made {
            Some(made) => {
                let version = Some(self.versions.of(made)?);
                Some(Entry { secret: made.duplicate(), version, metadata: BTreeMap::new() })
            }
            None => self.entry(file, name)?,
        };
        let written = judge(name, there.as_ref(), secret, expect)?;
        let quoted = Zeroizing::new(format::quote(name, secret.expose_str().unwrap_or_default())?);
        Ok((receipt(address, self.versions.of(secret)?, written), quoted))
    }

    /// What git would do with the file: none where it ignores it, or where there is no repository or no git.
    fn git_notice(&self) -> Option<String> {
        local::git_would_commit(&self.path).then(|| {
            format!(
                "git does not ignore {}: add the line `{}` to .gitignore before you commit",
                self.path.display(),
                self.path.file_name().unwrap_or_default().to_string_lossy()
            )
        })
    }
}

#[async_trait]
impl Store for DotenvStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { compare_and_swap: true, max_bytes: MAX_BYTES, ..Capabilities::default() }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        check_name(name)?;
        Ok(Address { store: self.location.clone(), path: name.to_owned(), field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        check_name(&address.path)?;
        crate::names::check_fieldless(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)?;
        let text = secret.expose_str().ok_or_else(|| Rejected {
            reason: format!("the value of {} is not UTF-8, and a dotenv file is text", address.path),
            advice: "keep it in another store (age:PATH takes any value)".to_owned(),
        })?;
        format::quote(&address.path, text).map(|written| drop(Zeroizing::new(written)))
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            check_name(&address.path)?;
        }
        let folder = local::parent(&self.path);
        let metadata = std::fs::metadata(folder).map_err(|error| local::failure(folder, "write in", &error))?;
        if metadata.permissions().readonly() {
            return Err(StoreError::new(ErrorKind::Denied, format!("{} is read-only", folder.display())));
        }
        self.load().map(drop)
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        let mut answers = self.read_many(std::slice::from_ref(address)).await;
        answers.pop().unwrap_or(Ok(None))
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let text = match self.load() {
            Ok(text) => text,
            Err(error) => return addresses.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let file = File::new(&text);
        let read = |address: &Address| {
            let entry = self.entry(&file, &address.path)?;
            Ok(entry.filter(|entry| address.version.is_none() || address.version == entry.version))
        };
        addresses.iter().map(read).collect()
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        let write = Write { address, secret, expect, id };
        let answer = self.write_many(&[write]).await.pop();
        answer.unwrap_or_else(|| Err(StoreError::new(ErrorKind::Corrupt, "a write without an answer")))
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let mut answers = self.remove_many(std::slice::from_ref(receipt)).await;
        answers.pop().unwrap_or(Ok(false))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let all = async {
            let _turn = self.turn.lock().await;
            let _lock = Lock::on(&self.path).await?;
            let text = self.load()?;
            let file = File::new(&text);
            let (mut answers, mut going) = (Vec::with_capacity(receipts.len()), HashSet::new());
            for receipt in receipts {
                let name = receipt.address.path.as_str();
                let ours = receipt.written == Written::Created
                    && !going.contains(name)
                    && self.entry(&file, name)?.is_some_and(|entry| entry.version == receipt.version);
                if ours {
                    going.insert(name);
                }
                answers.push(Ok(ours));
            }
            if going.is_empty() {
                return Ok(answers);
            }
            let rest = format::unset(&text, &going);
            if rest.is_empty() && self.made.has(&self.path) {
                std::fs::remove_file(&self.path).map_err(|error| local::failure(&self.path, "remove", &error))?;
                self.made.forget(&self.path)?;
            } else {
                local::replace(&self.path, rest.as_bytes())?;
            }
            Ok::<_, StoreError>(answers)
        };
        all.await.unwrap_or_else(|error| receipts.iter().map(|_| Err(error.duplicate())).collect())
    }

    async fn list(&self, _from: Option<String>) -> Result<Listing, StoreError> {
        let text = self.load()?;
        let mut names: Vec<String> = format::assignments(&text).into_iter().map(|found| found.name).collect();
        names.sort();
        names.dedup();
        let address = |path| Address { store: self.location.clone(), path, field: None, version: None };
        Ok(Listing { addresses: names.into_iter().map(address).collect(), next: None })
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        let all = async {
            let _turn = self.turn.lock().await;
            let _lock = Lock::on(&self.path).await?;
            let text = self.load()?;
            let file = File::new(&text);
            // What the file holds once the writes before are made.
            let mut made: HashMap<&str, (&Secret, Zeroizing<String>)> = HashMap::new();
            let (mut answers, mut order) = (Vec::with_capacity(writes.len()), Vec::new());
            for write in writes {
                let name = write.address.path.as_str();
                let decided = self.decide(&file, made.get(name).map(|(secret, _)| *secret), *write);
                answers.push(decided.map(|(receipt, quoted)| {
                    if receipt.written != Written::AlreadyEqual && made.insert(name, (write.secret, quoted)).is_none() {
                        order.push(name);
                    }
                    receipt
                }));
            }
            let changes: Vec<(&str, &str)> =
                order.iter().filter_map(|name| Some((*name, made.get(name)?.1.as_str()))).collect();
            if !changes.is_empty() {
                self.made.note(&self.path)?;
                // Nothing counts as written before the file is.
                local::replace(&self.path, format::set(&text, &changes).as_bytes())?;
            }
            Ok::<_, StoreError>(answers)
        };
        all.await.unwrap_or_else(|error| writes.iter().map(|_| Err(error.duplicate())).collect())
    }

    fn notices(&self) -> Vec<String> {
        let mut notices: Vec<String> = self.git_notice().into_iter().collect();
        if let Ok(text) = self.load() {
            let quoted: Vec<String> = format::assignments(&text)
                .into_iter()
                .filter(|found| !format::is_bare(&text[found.value.clone()]))
                .map(|found| found.name)
                .collect();
            if !quoted.is_empty() {
                notices.push(format!(
                    "`docker run --env-file` keeps the quotes of {}: use Docker Compose, python-dotenv or a shell",
                    quoted.join(", ")
                ));
            }
        }
        notices
    }
}

impl fmt::Debug for DotenvStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DotenvStore").field("location", &self.location).finish_non_exhaustive()
    }
}

/// A file's text with its entries looked up: of several of one name, readers take the last.
struct File<'t> {
    text: &'t str,
    last: HashMap<String, Range<usize>>,
}

impl<'t> File<'t> {
    fn new(text: &'t str) -> Self {
        let last = format::assignments(text).into_iter().map(|found| (found.name, found.value)).collect();
        Self { text, last }
    }

    /// A value as it is written, quotes included.
    fn written(&self, name: &str) -> Option<&'t str> {
        self.last.get(name).and_then(|value| self.text.get(value.clone()))
    }
}

/// Names that a POSIX shell takes as variables.
fn check_name(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "a dotenv file", 256, |c| c.is_ascii_alphanumeric() || c == '_')?;
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Rejected {
            reason: format!("{name} begins with a digit, which no shell takes as a variable"),
            advice: "choose another name (in the plan, or with --map)".to_owned(),
        });
    }
    Ok(())
}
