//! `keylift hook`: has git ask keylift before each commit, beside whatever hooks are there.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::Context;
use super::baseline::git_root;
use super::input::here;
use crate::files::write_whole;
use crate::model::{Exit, Failure};

/// Options of `hook`.
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check what each commit adds
    Install(InstallArgs),
    /// Take the check out again
    Uninstall(InstallArgs),
}

#[derive(Debug, Args)]
struct InstallArgs {
    /// Where: git's own hook, or the file of the pre-commit framework [default: the latter where it is there]
    #[arg(long, value_enum)]
    into: Option<Into>,
    /// Change a hooks folder outside this repository, which other repositories use as well
    #[arg(long)]
    shared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Into {
    Git,
    PreCommit,
}

const FRAMEWORK_FILE: &str = ".pre-commit-config.yaml";
const BEGIN: &str = "# >>> keylift >>>";
const END: &str = "# <<< keylift <<<";
/// What a hook that is no shell script is called once keylift's stands in its place.
const ASIDE: &str = "pre-commit.before-keylift";

/// Runs `hook`.
pub(super) fn hook(args: &HookArgs, context: &Context) -> Result<Exit, Failure> {
    let (args, install) = match &args.what {
        What::Install(args) => (args, true),
        What::Uninstall(args) => (args, false),
    };
    let here = here()?;
    let root = here.canonicalize().ok().and_then(|here| git_root(&here));
    let root = root.ok_or_else(|| Failure::usage("this folder is in no git repository"))?;
    let framework = root.join(FRAMEWORK_FILE);
    let into = args.into.unwrap_or(if framework.exists() { Into::PreCommit } else { Into::Git });
    let (path, before, after) = match into {
        Into::PreCommit => {
            let before = read(&framework)?;
            let after = if install {
                add_to_framework(before.as_deref())?
            } else {
                before.as_deref().map(remove_from_framework)
            };
            (framework, before, after)
        }
        Into::Git => {
            let path = hook_file(&root, args.shared)?;
            if install {
                set_aside(&path)?;
            }
            let before = read(&path)?;
            let after = if install {
                Some(add_to_hook(before.as_deref(), &path))
            } else {
                before.as_deref().map(remove_from_hook)
            };
            (path, before, after)
        }
    };
    if before == after {
        let state = if install { "already checks each commit" } else { "has nothing of keylift" };
        context.print(&format!("{} {state}.\n", path.display()))?;
        return Ok(Exit::Done);
    }
    let wrong = |error: io::Error| Failure::file("could not write", &path, &error);
    match after.filter(|text| !is_empty_hook(text)) {
        Some(text) => {
            write_whole(&path, text.as_bytes()).map_err(wrong)?;
            if into == Into::Git {
                executable(&path).map_err(wrong)?;
            }
        }
        None => std::fs::remove_file(&path).map_err(wrong)?,
    }
    if !install && into == Into::Git {
        put_back(&path)?;
    }
    context.print(&match (install, into) {
        (true, Into::Git) => format!("{} checks each commit from now on.\n", path.display()),
        (true, Into::PreCommit) => {
            format!("{} has it: `pre-commit install` makes git use that file, once a clone.\n", path.display())
        }
        (false, _) => format!("Taken out of {}.\n", path.display()),
    })?;
    for manager in ["lefthook.yml", ".lefthook.yml", "lefthook.yaml"] {
        if install && into == Into::Git && root.join(manager).exists() {
            context.warn(&format!("{manager} writes git's hooks anew: add `run: keylift scan --staged` to it as well"));
        }
    }
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file("could not read", path, &error)),
    }
}

/// Git's pre-commit hook: in the folder that `core.hooksPath` names, else in the repository's own, which worktrees share.
fn hook_file(root: &Path, shared: bool) -> Result<PathBuf, Failure> {
    let repo = gix::open(root).map_err(|_| Failure::usage(format!("git cannot read {}", root.display())))?;
    let set = repo.config_snapshot().trusted_path("core.hooksPath").ok().flatten().map(|path| root.join(path));
    let Some(folder) = set else { return Ok(repo.common_dir().join("hooks").join("pre-commit")) };
    // Husky's folder holds what it generates; a person's hooks stand one higher.
    if folder.ends_with(".husky/_") {
        return Ok(folder.parent().unwrap_or(&folder).join("pre-commit"));
    }
    let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    if !real.starts_with(root) && !real.starts_with(repo.common_dir().canonicalize().unwrap_or_default()) && !shared {
        return Err(Failure::usage(format!("core.hooksPath is {}, outside this repository", folder.display()))
            .advise("--shared installs there, for every repository that uses it"));
    }
    Ok(folder.join("pre-commit"))
}

fn is_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    // Without a shebang git runs it through the shell; husky's files are such.
    !first.starts_with("#!")
        || ["sh", "bash", "dash", "zsh", "ksh"].iter().any(|shell| first.split(['/', ' ']).any(|word| word == *shell))
}

/// Renames a hook that is no shell script; [`add_to_hook`] calls it by its new name.
fn set_aside(path: &Path) -> Result<(), Failure> {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::file("could not read", path, &error)),
    };
    if text.is_some_and(|text| is_shell(&text)) {
        return Ok(());
    }
    let aside = path.with_file_name(ASIDE);
    if aside.exists() {
        return Err(Failure::usage(format!("{} is in the way", aside.display())).advise("move it elsewhere"));
    }
    std::fs::rename(path, &aside).map_err(|error| Failure::file("could not rename", path, &error))
}

fn put_back(path: &Path) -> Result<(), Failure> {
    let aside = path.with_file_name(ASIDE);
    if aside.exists() && !path.exists() {
        std::fs::rename(&aside, path).map_err(|error| Failure::file("could not rename", &aside, &error))?;
    }
    Ok(())
}

/// The hook with keylift's part right after its first line, so that an `exit` or `exec` further down cannot skip it.
fn add_to_hook(before: Option<&str>, path: &Path) -> String {
    let aside = if path.with_file_name(ASIDE).exists() {
        format!("exec \"$(dirname \"$0\")/{ASIDE}\" \"$@\"\n")
    } else {
        String::new()
    };
    let Some(before) = before else { return format!("#!/bin/sh\n{}{aside}", part()) };
    let before = remove_part(before);
    let (first, rest) = match before.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => (format!("{first}\n"), rest.to_owned()),
        None if before.starts_with("#!") => (format!("{before}\n"), String::new()),
        _ => (String::new(), before),
    };
    format!("{first}{}{rest}", part())
}

fn part() -> String {
    // A hook started by an editor may not have the user's PATH: then the program that installed it is tried.
    let own = std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let own = own.replace('\'', "'\\''");
    format!(
        "{BEGIN}
keylift=$(command -v keylift || echo '{own}')
if [ -x \"$keylift\" ]; then
  \"$keylift\" scan --staged || {{
    echo 'keylift stopped this commit: move what it found out of the code, or accept it with a reason.' >&2
    echo '`git commit --no-verify` commits all the same; what is pushed once must be rotated.' >&2
    exit 1
  }}
else
  echo 'keylift is not installed: this commit was not checked for credentials.' >&2
fi
{END}
"
    )
}

fn remove_part(text: &str) -> String {
    let (Some(start), Some(end)) = (text.find(BEGIN), text.find(END)) else { return text.to_owned() };
    let after = text.get(end + END.len()..).unwrap_or_default();
    if end < start { text.to_owned() } else { text[..start].to_owned() + after.strip_prefix('\n').unwrap_or(after) }
}

fn remove_from_hook(text: &str) -> String {
    let call = format!("exec \"$(dirname \"$0\")/{ASIDE}\" \"$@\"\n");
    remove_part(text).replace(&call, "")
}

/// Nothing is left but the first line of a hook that keylift made.
fn is_empty_hook(text: &str) -> bool {
    text.trim() == "#!/bin/sh" || text.trim().is_empty()
}

fn executable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path)?.permissions().mode();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o111))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

const ENTRY: &str = "\
- repo: local  # keylift
  hooks:
    - id: keylift
      name: hardcoded credentials
      entry: keylift scan --staged
      language: system
      pass_filenames: false
";

/// The framework's file with keylift as the first of its repositories; everything else stays byte for byte.
fn add_to_framework(before: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(before) = before else { return Ok(Some(format!("repos:\n{}", indented("  ")))) };
    let by_hand = || {
        Failure::usage(format!("{FRAMEWORK_FILE} is laid out in a way that keylift does not edit"))
            .advise(format!("put this under `repos:`\n{}", indented("  ")))
    };
    let list = |text: &str| -> Option<Vec<serde_yaml::Value>> {
        let file: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
        Some(file.get("repos")?.as_sequence()?.clone())
    };
    let known = list(before).ok_or_else(by_hand)?;
    let hooks = known.iter().filter_map(|repo| repo.get("hooks")?.as_sequence()).flatten();
    if hooks.filter_map(|hook| hook.get("id")?.as_str()).any(|id| id.starts_with("keylift")) {
        return Ok(Some(before.to_owned()));
    }
    let mut offset = 0;
    let mut head = None;
    let mut indent = None;
    for line in before.split_inclusive('\n') {
        offset += line.len();
        if head.is_none() && line.trim_end().split('#').next().is_some_and(|line| line.trim_end() == "repos:") {
            head = Some(offset);
        } else if head.is_some() && indent.is_none() && line.trim_start().starts_with("- ") {
            indent = Some(&line[..line.len() - line.trim_start().len()]);
        }
    }
    let (head, indent) = (head.ok_or_else(by_hand)?, indent.unwrap_or("  "));
    let gap = if before[..head].ends_with('\n') { "" } else { "\n" };
    let after = format!("{}{gap}{}{}", &before[..head], indented(indent), &before[head..]);
    // Read again, so that a file that was understood wrongly is not written.
    let grown = list(&after).ok_or_else(by_hand)?;
    if grown.len() == known.len() + 1 && grown[1..] == known[..] { Ok(Some(after)) } else { Err(by_hand()) }
}

fn indented(indent: &str) -> String {
    ENTRY.lines().fold(String::new(), |out, line| format!("{out}{indent}{line}\n"))
}

fn remove_from_framework(text: &str) -> String {
    let mut out = String::new();
    let mut skipped = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let depth = line.len() - line.trim_start().len();
        if bare.trim_start() == "- repo: local  # keylift" {
            skipped = Some(depth);
        } else if skipped.is_none_or(|start| depth <= start && !bare.is_empty()) {
            skipped = None;
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framework_file_keeps_everything_else() {
        let before = "# ours\ndefault_stages: [pre-commit]\nrepos:  # all\n# first\n- repo: https://github.com/a/b\n  rev: v1\n  hooks:\n  - id: b\nfail_fast: true\n";
        let after = add_to_framework(Some(before)).unwrap().unwrap();
        assert_eq!(after.replace(&indented(""), ""), before);
        assert_eq!(add_to_framework(Some(&after)).unwrap().unwrap(), after, "twice is once");
        assert_eq!(remove_from_framework(&after), before);
        let new = add_to_framework(None).unwrap().unwrap();
        assert!(serde_yaml::from_str::<serde_yaml::Value>(&new).is_ok());
        for odd in ["repos: []\n", "repos: [{repo: local, hooks: []}]\n", "other: 1\n", "a: b: c\n"] {
            assert!(add_to_framework(Some(odd)).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_shell_hook_keeps_its_own_lines() {
        let before = "#!/usr/bin/env bash\nset -e\nexit 0\n";
        let path = Path::new("nowhere/pre-commit");
        let after = add_to_hook(Some(before), path);
        assert!(after.starts_with(&format!("#!/usr/bin/env bash\n{BEGIN}\n")), "{after}");
        assert_eq!(add_to_hook(Some(&after), path), after, "twice is once");
        assert_eq!(remove_from_hook(&after), before);
        assert!(is_empty_hook(&remove_from_hook(&add_to_hook(None, path))));
        assert!(is_shell("#!/bin/sh\n") && is_shell("npm test\n") && !is_shell("#!/usr/bin/env python3\n"));
    }
}
