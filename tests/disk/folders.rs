//! Folders that are not what they should be.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use picotuf_tests::cli::is_npm_driver;

use crate::full::may_mount;
use crate::user::{DOWNLOAD, PATH, User, is_one_line};

/// Runs the rest with the folder `$1` on a disk that cannot be written to: the administrator is not
/// stopped by permissions.
const READ_ONLY: &str = r#"
set -e
folder=$1
shift
mount --bind "$folder" "$folder"
mount -o remount,ro,bind "$folder"
exec "$@"
"#;

#[test]
fn that_cannot_be_written_to() {
    if !may_mount() {
        return;
    }
    let mut user = User::new();
    user.publish();
    let downloads = user.cli.downloads();
    let versions = user.cli.versions();
    for folder in [user.cli.metadata_dir(), user.cli.target_dir()] {
        let path = folder.display().to_string();
        let outcome =
            user.cli.run_within(&["unshare", "-rm", "sh", "-c", READ_ONLY, "sh", &path], &DOWNLOAD);
        if folder == user.cli.metadata_dir() {
            // It says too that there is no lock.
            assert_eq!((outcome.code, outcome.stderr.contains("[io]")), (1, true), "{outcome:?}");
            assert_eq!(user.cli.versions(), versions);
        } else {
            is_one_line(&outcome, "io");
        }
        assert!(is_npm_driver() || outcome.stderr.contains("check the permissions"), "{outcome:?}");
        assert_eq!(user.cli.downloads(), downloads);
        user.is_whole();
    }
    user.succeeds(&DOWNLOAD);
}

#[test]
fn a_file_in_the_place_of_a_folder() {
    let mut user = User::new();
    user.publish();
    let file = user.cli.write("anchor.json", b"a file of mine").display().to_string();
    for option in ["--metadata-dir", "--target-dir"] {
        let mut arguments = vec![option, &*file];
        arguments.extend(DOWNLOAD);
        if option == "--metadata-dir" {
            // Given twice, the later one would not count.
            user.cli.options.retain(|option| option != "--metadata-dir");
            let metadata = user.cli.metadata_dir().display().to_string();
            user.cli.options.retain(|option| *option != metadata);
        }
        let outcome = user.cli.run(&arguments);
        is_one_line(&outcome, "io");
        if option == "--metadata-dir" {
            user.cli.options.extend([
                "--metadata-dir".to_owned(),
                user.cli.metadata_dir().display().to_string(),
            ]);
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"a file of mine");
        user.is_whole();
    }
    user.succeeds(&DOWNLOAD);
}

#[test]
fn a_folder_in_the_place_of_a_file() {
    let mut user = User::new();
    user.publish();
    let target = user.cli.target_dir().join(PATH);
    std::fs::remove_file(&target).unwrap();
    std::fs::create_dir(&target).unwrap();
    is_one_line(&user.cli.run(&DOWNLOAD), "unsafe-target-path");
    std::fs::remove_dir(&target).unwrap();
    user.succeeds(&DOWNLOAD);
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let file = user.cli.metadata_dir().join(format!("{role}.json"));
        let aside = user.cli.metadata_dir().join("aside");
        std::fs::rename(&file, &aside).unwrap();
        std::fs::create_dir(&file).unwrap();
        is_one_line(&user.cli.run(&DOWNLOAD), "io");
        assert!(file.is_dir(), "{role}");
        std::fs::remove_dir(&file).unwrap();
        std::fs::rename(&aside, &file).unwrap();
        user.succeeds(&DOWNLOAD);
    }
}

#[test]
fn a_file_in_the_place_of_a_target_s_folder() {
    let mut user = User::new();
    user.publish();
    let folder = user.cli.target_dir().join("dir");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, b"a file of mine").unwrap();
    is_one_line(&user.cli.run(&DOWNLOAD), "unsafe-target-path");
    assert_eq!(std::fs::read(&folder).unwrap(), b"a file of mine");
    std::fs::remove_file(&folder).unwrap();
    user.succeeds(&DOWNLOAD);
}

#[test]
fn a_symbolic_link_in_the_target_folder() {
    let mut user = User::new();
    user.publish();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file.whl"), b"a file of mine").unwrap();
    let folder = user.cli.target_dir().join("dir");
    std::fs::remove_dir_all(&folder).unwrap();
    symlink(outside.path(), &folder).unwrap();
    is_one_line(&user.cli.run(&DOWNLOAD), "unsafe-target-path");
    assert_eq!(std::fs::read(outside.path().join("file.whl")).unwrap(), b"a file of mine");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    std::fs::remove_file(&folder).unwrap();
    user.succeeds(&DOWNLOAD);
}

/// The target folder itself may be a link, and on another disk than the metadata: that is the
/// user's own choice.
#[test]
fn a_target_folder_on_another_file_system() {
    let mut user = User::new();
    user.publish();
    let other = Path::new("/dev/shm");
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    if device(other).is_none() || device(other) == device(user.cli.folder()) {
        eprintln!("!! LEFT OUT: there is no other file system at /dev/shm");
        return;
    }
    let folder = tempfile::tempdir_in(other).unwrap();
    std::fs::remove_dir_all(user.cli.target_dir()).unwrap();
    symlink(folder.path(), user.cli.target_dir()).unwrap();
    user.succeeds(&DOWNLOAD);
    assert!(folder.path().join(PATH).is_file());
    user.publish();
    user.succeeds(&DOWNLOAD);
    std::fs::remove_file(user.cli.target_dir()).unwrap();
    std::fs::create_dir(user.cli.target_dir()).unwrap();
}
