//! What stores on the local disk share: private files, replacing a file in one step, keeping two writers apart, and a
//! version for content that has none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::secret::{FingerprintKey, Secret};
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// How long a writer waits for another one to finish with a file.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);

/// An I/O failure as a store failure, with the path and no content.
pub(crate) fn failure(path: &Path, doing: &str, error: &io::Error) -> StoreError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Unavailable,
        _ => ErrorKind::Configuration,
    };
    StoreError::new(kind, format!("cannot {doing} {}: {}", path.display(), error.kind()))
}

/// A file's content; none where there is no file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(path, "read", &error)),
    }
}

/// Makes a folder that only its owner can enter. Folders that exist stay as they are.
pub(crate) fn private_dir(path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| failure(path, "make the folder", &error))
}

/// Makes a file of mode 0600 that did not exist. Answers false, and touches nothing, where it does.
pub(crate) fn create_private(path: &Path, content: &[u8]) -> Result<bool, StoreError> {
    // Written whole under another name and then linked, so that nobody ever sees half of it and nobody's is replaced.
    let temporary = temporary(path)?;
    write_all(temporary.as_file(), content).map_err(|error| failure(path, "write", &error))?;
    match temporary.persist_noclobber(path) {
        Ok(_) => {
            sync_parent(path);
            Ok(true)
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failure(path, "make", &error.error)),
    }
}

/// Replaces a file's content in one step that a crash cannot cut in half. The mode of an existing file is kept, a new one
/// gets 0600, and a symbolic link keeps pointing where it did.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let temporary = temporary(&target)?;
    if let Ok(metadata) = fs::metadata(&target) {
        temporary
            .as_file()
            .set_permissions(metadata.permissions())
            .map_err(|error| failure(path, "keep the mode of", &error))?;
    }
    write_all(temporary.as_file(), content).map_err(|error| failure(path, "write", &error))?;
    temporary.persist(&target).map_err(|error| failure(path, "replace", &error.error))?;
    sync_parent(&target);
    Ok(())
}

/// A temporary file beside `path`, of mode 0600. Its name begins with the file's own, so that an ignore rule such as
/// `.env*` covers what a crash leaves.
fn temporary(path: &Path) -> Result<tempfile::NamedTempFile, StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .suffix(".tmp")
        .tempfile_in(parent(path))
        .map_err(|error| failure(path, "write beside", &error))
}

fn write_all(mut file: &File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

fn sync_parent(path: &Path) {
    // Makes the new name itself durable. Some file systems refuse to sync a folder; the content is synced already.
    if let Ok(folder) = File::open(parent(path)) {
        let _ = folder.sync_all();
    }
}

/// Whether git would commit a file: no where it ignores it, or where there is no repository or no git.
pub(crate) fn git_would_commit(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let ignored = std::process::Command::new("git")
        // A repository's own settings must not make git start a program of its choice.
        .args(["-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--"])
        .arg(name)
        .current_dir(parent(path))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    ignored.is_ok_and(|status| status.code() == Some(1))
}

/// The folder a path is in; the working directory for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Names on one page of a listing.
const PAGE: usize = 1000;

/// A page of sorted names, and where the next one starts.
pub(crate) fn page<'a>(names: &'a [String], after: Option<&str>) -> (&'a [String], Option<String>) {
    let start = after.map_or(0, |last| names.partition_point(|name| name.as_str() <= last));
    let page = &names[start..names.len().min(start + PAGE)];
    (page, page.last().filter(|_| start + page.len() < names.len()).cloned())
}

/// Held while a file is read, changed and replaced.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on `path`. On Unix it is on the folder, which leaves no litter; elsewhere on `path.lock`.
    pub(crate) async fn on(path: &Path) -> Result<Self, StoreError> {
        let file = Self::open(path).map_err(|error| failure(path, "lock", &error))?;
        let deadline = tokio::time::Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(fs::TryLockError::WouldBlock) if tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(StoreError::new(
                        ErrorKind::Unavailable,
                        format!("another program holds the lock on {}", path.display()),
                    )
                    .advise("wait until the other run has ended, then run the command again"));
                }
                Err(fs::TryLockError::Error(error)) => return Err(failure(path, "lock", &error)),
            }
        }
    }

    #[cfg(unix)]
    fn open(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).open(parent(path))
    }

    #[cfg(not(unix))]
    fn open(path: &Path) -> io::Result<File> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        OpenOptions::new().write(true).create(true).truncate(false).open(PathBuf::from(name))
    }
}

/// Gives content a version where a store has none: a keyed digest, under a key in keylift's own folder. It says only
/// whether the content is the same, and only to whoever has the key.
pub(crate) struct ContentVersion {
    key_file: PathBuf,
    key: std::sync::OnceLock<FingerprintKey>,
}

impl ContentVersion {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { key_file: settings.config_dir().join("version.key"), key: std::sync::OnceLock::new() }
    }

    /// The version of this content.
    pub(crate) fn of(&self, secret: &Secret) -> Result<String, StoreError> {
        let key = if let Some(key) = self.key.get() {
            key
        } else {
            let made = self.load_or_make()?;
            self.key.get_or_init(|| made)
        };
        Ok(format!("c-{}", key.fingerprint(secret)))
    }

    fn load_or_make(&self) -> Result<FingerprintKey, StoreError> {
        load_key(&self.key_file, "delete it: it only tells versions of local entries apart, and is made anew")
    }
}

/// The key in a file of its own, made there (with mode 0600, in a folder of mode 0700) at first use. `advice` says what
/// to do with a file that holds no key.
///
/// # Errors
/// The file cannot be read or made, or holds no key; the system gives no random numbers.
pub fn load_key(path: &Path, advice: &str) -> Result<FingerprintKey, StoreError> {
    if read_optional(path)?.is_none() {
        private_dir(parent(path))?;
        let mut fresh = Zeroizing::new([0_u8; FingerprintKey::LEN]);
        getrandom::fill(fresh.as_mut())
            .map_err(|_| StoreError::new(ErrorKind::Configuration, "the system gives no random numbers"))?;
        // Where another process made it first, that one is the key.
        create_private(path, fresh.as_ref())?;
    }
    let bytes = read_optional(path)?.unwrap_or_default();
    let bytes: [u8; FingerprintKey::LEN] = bytes.as_slice().try_into().map_err(|_| {
        StoreError::new(ErrorKind::Configuration, format!("{} is not a key of 32 bytes", path.display())).advise(advice)
    })?;
    Ok(FingerprintKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_keeps_mode_and_link() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        replace(&real, b"one").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
            let link = dir.path().join("link");
            std::os::unix::fs::symlink(&real, &link).unwrap();
            replace(&link, b"two").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        }
        #[cfg(not(unix))]
        replace(&real, b"two").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert!(!create_private(&real, b"three").unwrap());
        assert_eq!(fs::read(&real).unwrap(), b"two");
    }

    #[test]
    fn pages_hold_every_name_once() {
        let names: Vec<String> = (0..2500).map(|n| format!("{n:05}")).collect();
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let (some, next) = page(&names, from.as_deref());
            all.extend_from_slice(some);
            from = next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(all, names);
        assert_eq!(page(&[], None), (&[][..], None));
    }

    #[test]
    fn a_key_is_made_once_and_a_damaged_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("conf/key");
        assert_eq!(load_key(&path, "x").unwrap().id(), load_key(&path, "x").unwrap().id());
        fs::write(&path, "short").unwrap();
        assert_eq!(load_key(&path, "mend it").unwrap_err().advice.as_deref(), Some("mend it"));
    }

    #[test]
    fn a_content_version_is_stable_and_tells_values_apart() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::with_vars(dir.path().join("conf"), [("", "")]);
        let (one, two) = (ContentVersion::new(&settings), ContentVersion::new(&settings));
        let secret = Secret::new("a");
        assert_eq!(one.of(&secret).unwrap(), two.of(&secret).unwrap());
        assert_ne!(one.of(&secret).unwrap(), one.of(&Secret::new("b")).unwrap());
    }
}
