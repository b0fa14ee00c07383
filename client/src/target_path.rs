//! Where a target is written: its path, below the target folder.
//!
//! The folders of the path are kept, because a wheel is installed under its own file name and not
//! under one with `%2F` in it.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use picotuf::target_path::{self, UnsafePath};

use crate::code::{Blame, Code};
use crate::error::Error;

/// Returns the local path of a target. Nothing is created.
///
/// # Errors
/// `unsafe-target-path` for a path that [`target_path::check_local`] refuses, or is too long; and
/// where a symbolic link would lead out of the folder, or a file stands where it needs a folder.
pub fn local_path(folder: &Path, target: &str) -> Result<PathBuf, Error> {
    target_path::check_local(target).map_err(|reason| unsafe_path(target, &reason))?;
    let components: Vec<&str> = target.split('/').collect();
    let path = components.iter().fold(folder.to_owned(), |path, component| path.join(component));
    check_links(folder, &components, target)?;
    Ok(path)
}

/// Creates the folders of the target path below `folder`, and checks the result, including folders
/// that appeared in the meantime.
pub fn make_folders(folder: &Path, target: &str) -> Result<PathBuf, Error> {
    let path = local_path(folder, target)?;
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .map_err(|error| Error::io("make the folder for the target", parent, &error))?;
    local_path(folder, target)
}

/// Returns whether a path below a folder may have this name on every system, whatever is there now.
pub fn is_safe(name: &str) -> bool {
    target_path::check_local(name).is_ok()
}

/// Returns the first symbolic link on the way from `folder` to the file of this name, which may be
/// a link itself.
pub fn first_link(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for component in name.split('/') {
        path.push(component);
        // Below what is not there, nothing is there.
        if fs::symlink_metadata(&path).ok()?.file_type().is_symlink() {
            return Some(path);
        }
    }
    None
}

/// No component below the folder may be a symbolic link. The last one is a file's, which is
/// replaced and not followed, but is read to see whether it is right already.
fn check_links(folder: &Path, components: &[&str], target: &str) -> Result<(), Error> {
    if let Some(link) = first_link(folder, target) {
        return Err(link_in_the_way(target, &link));
    }
    let mut path = folder.to_owned();
    for component in components {
        path.push(component);
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error)
                if error.kind() == io::ErrorKind::NotADirectory
                    && path.parent() != Some(folder) =>
            {
                return Err(unsafe_path(target, &"a file is in the place of one of its folders")
                    .file(path.display()));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                return Err(unsafe_path(target, &UnsafePath::Length));
            }
            Err(error) => return Err(Error::io("look at the target folder", &path, &error)),
        }
    }
    Ok(())
}

/// The path is one that no local file may have, for this reason.
pub fn unsafe_path(target: &str, reason: &dyn Display) -> Error {
    Error::new(
        Code::UnsafeTargetPath,
        format!("the path cannot be used for a local file: {reason}"),
    )
    .target(target)
    .hint("get the file in another way and use `picotuf verify`")
}

/// A link is the user's own: no repository can make one.
fn link_in_the_way(target: &str, link: &Path) -> Error {
    let text = "the path cannot be used for a local file: one of its folders is a symbolic link";
    Error::new(Code::UnsafeTargetPath, text)
        .blame(Blame::System)
        .target(target)
        .file(link.display())
        .hint("remove the link, or choose another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = make_folders(folder.path(), "six/six-1.17.0-py2.py3-none-any.whl").unwrap();
        assert_eq!(path, folder.path().join("six").join("six-1.17.0-py2.py3-none-any.whl"));
        assert!(folder.path().join("six").is_dir());
        let error = local_path(folder.path(), "six/../x").unwrap_err();
        assert_eq!((error.code(), error.detail().blame), ("unsafe-target-path", Blame::Repository));
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), b"").unwrap();
        let (long, below) = ("n".repeat(256), format!("new/{}/x", "n".repeat(256)));
        for path in ["a/b", "a/b/c", &long, &below] {
            assert_eq!(
                make_folders(folder.path(), path).unwrap_err().code(),
                "unsafe-target-path",
                "{path}"
            );
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
            assert_eq!(
                make_folders(folder.path(), path).unwrap_err().code(),
                "unsafe-target-path",
                "{path}"
            );
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
