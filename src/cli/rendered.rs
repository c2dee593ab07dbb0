//! Files with values in them: private, whole, and gone when the program that reads them ends.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::inject::{Template, without_ending};
use crate::model::{Exit, Failure};

/// Writes a rendering with mode 0600 in one step. What stands at its place must be an earlier rendering, unless forced.
pub(super) fn write(out: &Path, bytes: &[u8], template: &Template, force: bool) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::file("could not write", out, &error);
    if let (Ok(one), Ok(other)) = (out.canonicalize(), template.path.canonicalize())
        && one == other
    {
        return Err(Failure::new(Exit::Conflict, format!("{} is the template itself", out.display()))
            .advise("write the rendered file somewhere else, best outside of the repository"));
    }
    match std::fs::symlink_metadata(out) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(wrong(error)),
        Ok(_) if force => {}
        Ok(about) => {
            let made = about.is_file() && std::fs::read(out).is_ok_and(|there| template.made(&there));
            if !made {
                return Err(Failure::new(
                    Exit::Conflict,
                    format!("{} is there already, and is no earlier rendering of the template", out.display()),
                )
                .advise("remove it or choose another place; `keylift inject --force` replaces it"));
            }
        }
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file has mode 0600 from its first moment.
    let mut file = tempfile::Builder::new().prefix(".").suffix(".keylift-tmp").tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    file.as_file().sync_all().map_err(wrong)?;
    file.persist(out).map_err(|error| wrong(error.error))?;
    Ok(())
}

/// A folder of this user alone, in memory where the machine has such a place.
fn private_folder() -> Result<PathBuf, Failure> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let places = runtime.into_iter().chain([PathBuf::from("/dev/shm"), std::env::temp_dir()]);
    let made = |place: PathBuf| {
        let mut folder = tempfile::Builder::new();
        folder.prefix("keylift-").permissions(std::fs::Permissions::from_mode(0o700));
        folder.tempdir_in(place).ok()
    };
    places
        .filter(|place| place.is_dir())
        .find_map(made)
        .map(tempfile::TempDir::keep)
        .ok_or_else(|| Failure::usage("there is no place for a temporary file").advise("say where: TEMPLATE:PATH"))
}

/// Rendered files on their way to a command. Dropped before there is a sweeper, they are removed at once.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Each with its inode: what somebody else puts in its place is not removed.
    files: Vec<(u64, PathBuf)>,
    folders: Vec<PathBuf>,
}

impl Files {
    /// A place in a folder of its own.
    pub(super) fn place(&mut self, template: &Template) -> Result<PathBuf, Failure> {
        let folder = private_folder()?;
        let place = folder.join(without_ending(&template.path).file_name().unwrap_or_default());
        self.folders.push(folder);
        Ok(place)
    }

    /// Writes one.
    pub(super) fn write(&mut self, place: &Path, bytes: &[u8], template: &Template) -> Result<(), Failure> {
        write(place, bytes, template, false)?;
        let about = std::fs::metadata(place).map_err(|error| Failure::file("could not read", place, &error))?;
        self.files.push((about.ino(), place.to_owned()));
        Ok(())
    }

    /// Sets a sweeper on them.
    pub(super) fn swept(mut self) -> Result<Sweeper, Failure> {
        let sweeper = Sweeper::set(&self.files, &self.folders)?;
        self.files.clear();
        self.folders.clear();
        Ok(sweeper)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        remove(&self.files, &self.folders);
    }
}

/// Removes files that are still the same, then folders that are empty. What is gone already is as it should be.
fn remove(files: &[(u64, PathBuf)], folders: &[PathBuf]) {
    for (inode, file) in files {
        if std::fs::symlink_metadata(file).is_ok_and(|about| about.ino() == *inode) {
            let _ = std::fs::remove_file(file);
        }
    }
    for folder in folders {
        let _ = std::fs::remove_dir(folder);
    }
}

/// Has a process of its own wait until this one, and whatever it becomes, has ended, and remove what it left then: the
/// command runs in this process's place, so nothing of keylift is left to do it.
///
/// The two hold the ends of a pipe; the system closes this end whichever way the command ends. The handle must live
/// until the command starts.
#[derive(Debug)]
pub(super) struct Sweeper {
    /// Dropped without the command having started, it lets the sweeper go to work at once.
    _pipe: std::process::ChildStdin,
}

impl Sweeper {
    fn set(files: &[(u64, PathBuf)], folders: &[PathBuf]) -> Result<Self, Failure> {
        let wrong = |error: std::io::Error| Failure::usage(format!("could not start: {error}"));
        let program = std::env::current_exe().map_err(wrong)?;
        // The first process only starts the second, so that the command gets no child that it does not know.
        let mut first = Command::new(program)
            .arg("sweep")
            .args(folders.iter().flat_map(|folder| [OsStr::new("--folder"), folder.as_os_str()]))
            .arg("--")
            .args(files.iter().flat_map(|(inode, file)| [inode.to_string().into(), file.clone().into_os_string()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(wrong)?;
        let pipe = first.stdin.take().ok_or_else(|| Failure::usage("could not start: no pipe"))?;
        if !first.wait().map_err(wrong)?.success() {
            return Err(Failure::usage("could not start what removes the rendered files again"));
        }
        rustix::io::fcntl_setfd(&pipe, rustix::io::FdFlags::empty()).map_err(|error| wrong(error.into()))?;
        Ok(Self { _pipe: pipe })
    }
}

/// Options of `sweep`.
#[derive(Debug, clap::Args)]
pub(super) struct SweepArgs {
    /// This is the process that waits
    #[arg(long)]
    waits: bool,
    /// Folders to remove once they are empty
    #[arg(long)]
    folder: Vec<PathBuf>,
    /// Inodes and paths of the files to remove
    #[arg(last = true, value_name = "PATH")]
    files: Vec<OsString>,
}

/// The sweeper's own work.
pub(super) fn sweep(args: &SweepArgs) -> Result<Exit, Failure> {
    let wrong = |error: std::io::Error| Failure::usage(format!("could not start: {error}"));
    if !args.waits {
        let program = std::env::current_exe().map_err(wrong)?;
        let mut second = Command::new(program);
        second.args(["sweep", "--waits"]);
        second.args(args.folder.iter().flat_map(|folder| [OsStr::new("--folder"), folder.as_os_str()]));
        second.arg("--").args(&args.files).process_group(0).spawn().map_err(wrong)?;
        return Ok(Exit::Done);
    }
    let mut nothing = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut nothing);
    let pairs =
        args.files.chunks_exact(2).filter_map(|pair| Some((pair[0].to_str()?.parse().ok()?, (&pair[1]).into())));
    remove(&pairs.collect::<Vec<_>>(), &args.folder);
    Ok(Exit::Done)
}
