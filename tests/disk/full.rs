//! A disk without room: a small tmpfs of the test's own where the system lets it make one, and a
//! limit on the size of files, which every system has.

use std::path::Path;
use std::process::Command;

use picotuf_tests::cli::is_npm_driver;

use crate::user::{DOWNLOAD, User, is_one_line};

/// Mounts a tmpfs of `$1` bytes over the folder `$2`, with what was in it; runs the rest; brings
/// back to `$3` what is in it then.
const ON_A_TMPFS: &str = r#"
set -e
size=$1 folder=$2 after=$3
shift 3
mkdir "$after"
cp -a "$folder/." "$after"
mount -t tmpfs -o size="$size" tmpfs "$folder"
cp -a "$after/." "$folder"
code=0
"$@" || code=$?
rm -rf "$after"
mkdir "$after"
cp -a "$folder/." "$after"
exit "$code"
"#;

/// Runs the rest with files of at most `$1` blocks; more than that is an error and not a signal.
const WITH_SMALL_FILES: &str = r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#;

/// Whether this system lets a test mount.
pub(crate) fn may_mount() -> bool {
    let probe =
        Command::new("unshare").args(["-rm", "sh", "-c", "mount -t tmpfs tmpfs /tmp"]).output();
    let may = probe.is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("!! LEFT OUT: this system lets no test mount a file system");
    }
    may
}

/// The room that files of this folder take on a tmpfs.
fn room(folder: &Path) -> u64 {
    let mut pages = 1;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let metadata = entry.metadata().unwrap();
        pages += if metadata.is_dir() {
            room(&entry.path()) / 4096
        } else {
            metadata.len().div_ceil(4096)
        };
    }
    pages * 4096
}

/// With every room from none on: one line or success, nothing lost, and success once there is room
/// again.
fn without_room(folder: impl Fn(&User) -> std::path::PathBuf) {
    if !may_mount() {
        return;
    }
    let (mut refused, mut fitted) = (0, 0);
    for pages in 0..24 {
        let mut user = User::new();
        user.publish();
        let folder = folder(&user);
        let after = user.cli.folder().join("after");
        let size = (room(&folder) + pages * 4096).to_string();
        let paths = [folder.display().to_string(), after.display().to_string()];
        let wrapper = ["unshare", "-rm", "sh", "-c", ON_A_TMPFS, "sh", &size, &paths[0], &paths[1]];
        let outcome = user.cli.run_within(&wrapper, &DOWNLOAD);
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::rename(&after, &folder).unwrap();
        user.is_whole();
        if outcome.code == 0 {
            user.is_up_to_date(true);
            fitted += 1;
        } else {
            is_one_line(&outcome, "io");
            assert!(is_npm_driver() || outcome.stderr.contains("free some space"), "{outcome:?}");
            assert_eq!(user.cli.versions().len(), 4, "{:?}", user.cli.versions());
            refused += 1;
        }
        user.succeeds(&DOWNLOAD);
    }
    println!("{refused} runs found no room, {fitted} did");
    assert!(refused > 0 && fitted > 0);
}

#[test]
fn under_the_metadata() {
    without_room(|user| user.cli.metadata_dir());
}

#[test]
fn under_the_targets() {
    without_room(|user| user.cli.target_dir());
}

#[test]
fn files_that_may_not_grow() {
    let (mut refused, mut fitted) = (0, 0);
    for blocks in (0..80).step_by(2) {
        let mut user = User::new();
        user.publish();
        let wrapper = ["sh", "-c", WITH_SMALL_FILES, "sh", &blocks.to_string()];
        let outcome = user.cli.run_within(&wrapper, &DOWNLOAD);
        user.is_whole();
        if outcome.code == 0 {
            user.is_up_to_date(true);
            fitted += 1;
        } else {
            is_one_line(&outcome, "io");
            refused += 1;
        }
        user.succeeds(&DOWNLOAD);
    }
    assert!(refused > 0 && fitted > 0);
}
