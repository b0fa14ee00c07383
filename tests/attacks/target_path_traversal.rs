//! A target whose path leads out of the target folder, or a folder that leads there.

use crate::prelude::*;

const PATHS: [&str; 10] = [
    "../outside.txt",
    "/tmp/picotuf-outside.txt",
    "a/../../outside.txt",
    "./../outside.txt",
    "..",
    "a//b",
    "a/",
    "c:\\outside",
    "a\\..\\..\\outside.txt",
    "../metadata/root.json",
];

/// CVE-2021-41149, CVE-2026-6968, CVE-2026-24137.
#[test]
fn by_its_name() {
    for path in PATHS {
        let mut before = honest();
        before.add_target("targets", path, b"outside");
        let mut victim = Victim::of(&before);
        // For the core a path is a name like any other.
        victim.client.finds(&before, path);
        victim.cli.refuses(&["--target-name", path, "download"], "unsafe-target-path", None);
        victim.keeps(&top_level(1, 1, 1, 1));
        victim.is_unharmed();
        assert!(!std::path::Path::new("/tmp/picotuf-outside.txt").exists());
        victim.recovers(&later(&before));
    }
}

/// CVE-2026-6968, CVE-2026-24137.
#[cfg(unix)]
#[test]
fn by_a_symbolic_link() {
    let mut before = honest();
    before.add_target("targets", "dir/a.txt", b"through a folder");
    before.add_target("targets", "b.txt", b"through a file");
    let victim = Victim::of(&before);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("precious"), b"precious").unwrap();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(outside.path().join(to), victim.cli.target_dir().join(name))
            .unwrap();
    };
    link("", "dir");
    link("precious", "b.txt");
    for path in ["dir/a.txt", "b.txt"] {
        let verdict =
            victim.cli.refuses(&["--target-name", path, "download"], "unsafe-target-path", None);
        assert!(
            verdict["error"]["message"].as_str().unwrap().contains("symbolic link"),
            "{verdict}"
        );
        assert_eq!(verdict["error"]["blame"], "system", "{verdict}");
    }
    let names: Vec<_> = std::fs::read_dir(outside.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names, ["precious"]);
    assert_eq!(std::fs::read(outside.path().join("precious")).unwrap(), b"precious");
    assert!(victim.strays().is_empty(), "{:?}", victim.strays());
}
