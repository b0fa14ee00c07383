//! Where a target is written: its path, below the target folder.
//!
//! The folders of the path are kept, because a wheel is installed under its own file name and not under one with `%2F` in it.
//! What no file system may be asked for is refused, the same on every system, so that a repository cannot tell them apart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::CliError;

/// The local path of a target. Nothing is created.
///
/// # Errors
/// `unsafe-target-path` for a path that is absolute, has an empty component, `.` or `..`, or what Windows takes for a drive, a separator, a
/// stream or a device, or is too long; and where a symbolic link would lead out of the folder, or a file stands where it needs a folder.
pub(crate) fn local_path(folder: &Path, target: &str) -> Result<PathBuf, CliError> {
    let components: Vec<&str> = target.split('/').collect();
    for component in &components {
        if let Some(reason) = refuse(component) {
            return Err(unsafe_path(target, reason));
        }
    }
    let path = components.iter().fold(folder.to_owned(), |path, component| path.join(component));
    check_links(folder, &components, target)?;
    Ok(path)
}

/// Makes the folders of the target's path below `folder`, and looks at them again: what was made meanwhile counts too.
pub(crate) fn make_folders(folder: &Path, target: &str) -> Result<PathBuf, CliError> {
    let path = local_path(folder, target)?;
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| CliError::io("make the folder for the target", parent, &error))?;
    local_path(folder, target)
}

/// Whether a path below a folder may have this name on every system, whatever is there now.
pub(crate) fn is_safe(name: &str) -> bool {
    name.split('/').all(|component| refuse(component).is_none())
}

/// The first symbolic link on the way from `folder` to the file of this name, which may be a link
/// itself.
pub(crate) fn first_link(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    name.split('/').find_map(|component| {
        path.push(component);
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.file_type().is_symlink());
        is_link.then(|| path.clone())
    })
}

/// No component below the folder may be a symbolic link. The last one is a file's, which is replaced and not followed, but is read
/// to see whether it is right already.
fn check_links(folder: &Path, components: &[&str], target: &str) -> Result<(), CliError> {
    if let Some(link) = first_link(folder, target) {
        return Err(link_in_the_way(target, &link));
    }
    let mut path = folder.to_owned();
    for component in components {
        path.push(component);
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory && path.parent() != Some(folder) => {
                return Err(unsafe_path(target, "a file stands where it needs a folder").file(path.display()));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                return Err(unsafe_path(target, TOO_LONG));
            }
            Err(error) => return Err(CliError::io("look at the target folder", &path, &error)),
        }
    }
    Ok(())
}

/// Why a component may not become a file's name.
fn refuse(component: &str) -> Option<&'static str> {
    let stem = component.split('.').next().unwrap_or_default().trim_end();
    if component.is_empty() {
        Some("it has an empty component")
    } else if component.len() > NAME_MAX {
        Some(TOO_LONG)
    } else if matches!(component, "." | "..") {
        Some("it has a component `.` or `..`")
    } else if component.chars().any(|character| character.is_control() || "\\:*?\"<>|".contains(character)) {
        Some("it has a character that file names may not have on every system")
    } else if component.ends_with(['.', ' ']) {
        Some("a component ends with a dot or a blank")
    } else if DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || is_numbered_device(stem) {
        Some("a component is the name of a device on Windows")
    } else if component.starts_with(".picotuf-") {
        Some("it has the name of a temporary file of this program")
    } else {
        None
    }
}

/// `COM1` to `LPT9`, with the superscript digits that Windows takes for digits.
fn is_numbered_device(stem: &str) -> bool {
    let mut characters = stem.chars();
    let name: String = characters.by_ref().take(3).collect();
    let number: Vec<char> = characters.collect();
    (name.eq_ignore_ascii_case("com") || name.eq_ignore_ascii_case("lpt"))
        && matches!(number[..], ['0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'])
}

/// The path is one that no local file may have, for this reason.
pub(crate) fn unsafe_path(target: &str, reason: &str) -> CliError {
    CliError::new("unsafe-target-path", "repository", format!("the path cannot be used for a local file: {reason}"))
        .target(target)
        .hint("get the file by other means and use `picotuf verify`")
}

/// A link is the user's own: no repository can make one.
fn link_in_the_way(target: &str, link: &Path) -> CliError {
    let text = "the path cannot be used for a local file: a symbolic link stands in its way";
    CliError::new("unsafe-target-path", "system", text)
        .target(target)
        .file(link.display())
        .hint("remove the link, or choose another folder")
}

/// The longest name of a file on the usual systems, in bytes.
pub(crate) const NAME_MAX: usize = 255;
const TOO_LONG: &str = "a component is too long for a file's name";
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = make_folders(folder.path(), "six/six-1.17.0-py2.py3-none-any.whl").unwrap();
        assert_eq!(path, folder.path().join("six").join("six-1.17.0-py2.py3-none-any.whl"));
        assert!(folder.path().join("six").is_dir());
        for fine in ["a", "...a", "a+b", "é", "com", "com10", "console", "a b", "COMA"] {
            assert!(local_path(folder.path(), fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../x",
            "a/./x",
            "a//x",
            "a/",
            "..",
            "a\\..\\x",
            "C:x",
            "c:/x",
            "x:stream",
            "a\0b",
            "a\nb",
            "nul",
            "NUL.txt",
            "a/con",
            "com1",
            "lpt9.whl",
            "LPT\u{b9}",
            "x.",
            "x ",
            "aux .txt",
            "a*",
            ".picotuf-x",
        ] {
            let error = local_path(folder.path(), path).unwrap_err();
            assert_eq!(error.detail().code, "unsafe-target-path", "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), b"").unwrap();
        let (long, below) = ("n".repeat(256), format!("new/{}/x", "n".repeat(256)));
        for path in ["a/b", "a/b/c", &long, &below] {
            assert_eq!(make_folders(folder.path(), path).unwrap_err().detail().code, "unsafe-target-path", "{path}");
        }
        assert!(!folder.path().join("new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn no_symbolic_link_is_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), folder.path().join("six")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("file")).unwrap();
        for path in ["six/x.whl", "six", "file"] {
            assert_eq!(make_folders(folder.path(), path).unwrap_err().detail().code, "unsafe-target-path", "{path}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
