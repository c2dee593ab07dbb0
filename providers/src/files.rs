//! `files:DIR`: a folder with one file for each secret, as Docker (`/run/secrets`), Kubernetes (mounted secrets) and
//! systemd (`$CREDENTIALS_DIRECTORY`) hand secrets to programs. A file holds the value and nothing else, not even a line
//! end. Not encrypted: the folder has to stay out of git.

use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::io;
use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::expect::{conflict, judge, receipt};
use crate::local::{self, ContentVersion, Lock};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Listing, Receipt, Rejected, Store, StoreError, WriteId, Written,
};

/// The largest value, in bytes: what a Kubernetes secret and a systemd credential hold at most (`systemd.exec(5)`).
const MAX_BYTES: usize = 1 << 20;
/// The longest name: that of a file, with room for the end of a temporary one.
const LONGEST: usize = 240;

/// Names that are kept of a folder while it is listed.
const WINDOW: usize = 8192;

/// A folder of files.
pub struct FilesStore {
    location: String,
    folder: PathBuf,
    versions: ContentVersion,
    turn: Mutex<()>,
    /// Names of the listing that is under way, so that each page does not read the whole folder again.
    listing: std::sync::Mutex<Names>,
}

impl FilesStore {
    /// The store in the folder at `path` (the URI's text after `files:`).
    pub fn open(path: &str, settings: &Settings) -> Self {
        Self {
            location: format!("files:{path}"),
            folder: settings.resolve(path),
            versions: ContentVersion::new(settings),
            turn: Mutex::new(()),
            listing: std::sync::Mutex::default(),
        }
    }

    fn find(&self, name: &str) -> Result<Option<Entry>, StoreError> {
        let path = self.folder.join(name);
        // A folder, a device or a pipe of that name is no entry, and reading one could take for ever.
        match std::fs::metadata(&path) {
            Ok(about) if about.is_file() => {}
            Ok(_) => {
                let error = StoreError::new(ErrorKind::Configuration, format!("{} is not a file", path.display()));
                return Err(error.advise("choose another name (in the plan, or with --map), or another folder"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(local::failure(&path, "read", &error)),
        }
        let Some(bytes) = local::read_optional(&path)? else { return Ok(None) };
        let secret = Secret::new(bytes.to_vec());
        let version = Some(self.versions.of(&secret)?);
        Ok(Some(Entry { secret, version, metadata: BTreeMap::new() }))
    }

    /// The names in the folder that come after a given one, in order: the first [`WINDOW`] of them.
    fn names(&self, after: Option<&str>) -> Result<Names, StoreError> {
        let unreadable = |error: &io::Error| local::failure(&self.folder, "list", error);
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Names::default()),
            Err(error) => return Err(unreadable(&error)),
        };
        let (mut first, mut more) = (BinaryHeap::new(), false);
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if after.is_some_and(|after| name.as_str() <= after) {
                continue;
            }
            let late = first.len() == WINDOW && first.peek().is_some_and(|last| name > *last);
            if late && more {
                continue;
            }
            let is_file = match entry.file_type() {
                // Kubernetes mounts each key as a link into `..data`.
                Ok(kind) if kind.is_symlink() => std::fs::metadata(entry.path()).is_ok_and(|about| about.is_file()),
                kind => kind.is_ok_and(|kind| kind.is_file()),
            };
            if !is_file || check_name(&name).is_err() {
                continue;
            }
            first.push(name);
            if first.len() > WINDOW {
                first.pop();
                more = true;
            }
        }
        Ok(Names { names: first.into_sorted_vec(), more })
    }
}

/// Names that follow each other in a listing.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    /// Whether the folder has names after them.
    more: bool,
}

impl Names {
    /// Whether the page after a name is in here.
    fn go_on_from(&self, after: &str) -> bool {
        let starts = self.names.first().is_some_and(|first| first.as_str() <= after);
        starts && (!self.more || self.names.last().is_some_and(|last| last.as_str() > after))
    }
}

#[async_trait]
impl Store for FilesStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            compare_and_swap: true,
            binary: true,
            // The usual file systems of macOS and Windows fold case.
            case_sensitive: cfg!(not(any(windows, target_os = "macos"))),
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
        if !addresses.is_empty() {
            local::private_dir(&self.folder)?;
            // A folder that may not be written to is found out by writing to it.
            let probe = tempfile::Builder::new().prefix(".keylift.").suffix(".tmp").tempfile_in(&self.folder);
            probe.map_err(|error| local::failure(&self.folder, "write in", &error))?;
        }
        for address in addresses {
            self.find(&address.path)?;
        }
        match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(local::failure(&self.folder, "list", &error)),
            _ => Ok(()),
        }
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        check_name(&address.path)?;
        let entry = self.find(&address.path)?;
        Ok(entry.filter(|entry| address.version.is_none() || address.version == entry.version))
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        _id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        let name = &address.path;
        let path = self.folder.join(name);
        local::private_dir(&self.folder)?;
        let _turn = self.turn.lock().await;
        let _lock = Lock::on(&path).await?;
        let written = judge(name, self.find(name)?.as_ref(), secret, expect)?;
        match written {
            Written::AlreadyEqual => {}
            Written::Updated => local::replace(&path, secret.expose())?,
            // Another program that makes the file at this very moment keeps it.
            Written::Created if local::create_private(&path, secret.expose())? => {}
            Written::Created => return Err(conflict(name, "it was made in the meantime")),
        }
        Ok(receipt(address, self.versions.of(secret)?, written))
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let name = &receipt.address.path;
        check_name(name)?;
        if receipt.written != Written::Created || !self.folder.is_dir() {
            return Ok(false);
        }
        let path = self.folder.join(name);
        let _turn = self.turn.lock().await;
        let _lock = Lock::on(&path).await?;
        match self.find(name)? {
            Some(entry) if entry.version == receipt.version => {}
            _ => return Ok(false),
        }
        std::fs::remove_file(&path).map_err(|error| local::failure(&path, "remove", &error))?;
        Ok(true)
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let mut listing = self.listing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if from.as_deref().is_none_or(|after| !listing.go_on_from(after)) {
            *listing = self.names(from.as_deref())?;
        }
        let (page, next) = local::page(&listing.names, from.as_deref());
        let next = next.or_else(|| page.last().filter(|_| listing.more).cloned());
        let address =
            |path: &String| Address { store: self.location.clone(), path: path.clone(), field: None, version: None };
        let addresses = page.iter().map(address).collect();
        if next.is_none() {
            *listing = Names::default();
        }
        Ok(Listing { addresses, next })
    }

    fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        #[cfg(unix)]
        if let Ok(about) = std::fs::metadata(&self.folder)
            && std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o007 != 0
        {
            notices.push(format!("everybody on this machine can look into {}: chmod 700 it", self.folder.display()));
        }
        if self.folder.is_dir() && local::git_would_commit(&self.folder.join("x")) {
            notices
                .push(format!("git does not ignore {}: add it to .gitignore before you commit", self.folder.display()));
        }
        notices
    }
}

impl fmt::Debug for FilesStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilesStore").field("location", &self.location).finish_non_exhaustive()
    }
}

/// Names that are file names everywhere and keys of a Kubernetes secret, and no temporary file of keylift's own.
fn check_name(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "a folder of files", LONGEST, |c| c.is_ascii_alphanumeric() || "._-".contains(c))?;
    let end = std::path::Path::new(name).extension().and_then(|end| end.to_str());
    if name.starts_with('.') || name.ends_with('.') || end == Some("tmp") {
        return Err(Rejected {
            reason: format!("{name} is the name of a hidden or temporary file"),
            advice: "choose another name (in the plan, or with --map)".to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_of_more_names_than_are_kept_is_listed_whole() {
        let dir = tempfile::tempdir().unwrap();
        let count = 2 * WINDOW + 3;
        for number in 0..count {
            std::fs::File::create(dir.path().join(format!("N{number:06}"))).unwrap();
        }
        std::fs::create_dir(dir.path().join("N")).unwrap();
        std::fs::File::create(dir.path().join("N0.tmp")).unwrap();
        let settings = Settings::with_vars(dir.path().join("conf"), [("", "")]);
        let store = FilesStore::open(&dir.path().display().to_string(), &settings);
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let page = store.list(from).await.unwrap();
            assert!(store.listing.lock().unwrap().names.len() <= WINDOW);
            all.extend(page.addresses.into_iter().map(|address| address.path));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (0..count).map(|number| format!("N{number:06}")).collect();
        assert!(all == expected, "{} of {count}", all.len());
    }
}
