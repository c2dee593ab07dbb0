//! Files of the project, which must not be half-written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Puts new contents in the place of a file in one step, keeping its permissions. A symbolic link stays a link: its
/// target is replaced. Readers see the old bytes or the new ones, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let dir = target.parent().unwrap_or(Path::new("."));
    let metadata = fs::metadata(&target)?;
    if metadata.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut file = tempfile::Builder::new().prefix(".").suffix(".keylift-tmp").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(metadata.permissions())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Root may rewrite another user's file; anybody else already owns what they replace, or keeps trying in vain.
        let _ = std::os::unix::fs::fchown(file.as_file(), Some(metadata.uid()), Some(metadata.gid()));
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    sync_dir(dir)
}

/// Writes a file whole, new or in the place of an old one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return replace(path, bytes);
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".keylift-tmp");
    // Temporary files are private; a new file of the project is as readable as the user's umask has it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync_dir(dir)
}

/// Makes a rename or creation in a folder last.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// How many files are written at a time. One where a test stops the process between two of them.
pub fn together() -> usize {
    let one_by_one = cfg!(debug_assertions) && std::env::var_os("KEYLIFT_TEST_CRASH").is_some();
    if one_by_one { 1 } else { 16 }
}

/// Does the same for several things at once, each on a thread of its own, and returns the outcomes in their order: whoever
/// writes a file waits for the disk, not for a core. For as many things as [`together`] tells.
pub fn at_once<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let [one] = things else {
        return std::thread::scope(|scope| {
            let threads: Vec<_> = things.iter().map(|thing| scope.spawn(|| work(thing))).collect();
            let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
    };
    vec![work(one)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_new_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        for text in ["one", "two"] {
            write_whole(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn outcomes_keep_the_order_of_their_things() {
        for count in [0, 1, 16] {
            let things: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = things.iter().map(|thing| thing * 2).collect();
            assert_eq!(at_once(&things, |thing| thing * 2), doubled);
        }
    }

    #[cfg(unix)]
    #[test]
    fn replacing_keeps_mode_and_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        symlink("real", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
    }
}
