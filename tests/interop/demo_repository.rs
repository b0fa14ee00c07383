//! The demo's repository as a plain folder, through the built binary, with nothing served.

use std::path::Path;

use picotuf_tests::cli::Cli;

/// The one target whose file the demo's repository has.
const WHEEL: &str = "iniconfig/iniconfig-2.3.1-py3-none-any.whl";

#[test]
fn the_demo_repository_verifies_as_a_folder() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = project.join("../cli/demo");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let mut cli = Cli::new();
    cli.set_time(std::fs::read_to_string(demo.join("time.txt")).unwrap().trim());
    let (metadata, targets) = (text(&demo.join("metadata")), text(&demo.join("targets")));
    let target_dir = text(&cli.target_dir());
    cli.json_ok(&[
        "--metadata-url",
        &metadata,
        "--target-base-url",
        &targets,
        "--target-dir",
        &target_dir,
        "init",
        &text(&demo.join("root.json")),
    ]);
    let said = cli.json_ok(&["download", "--target-name", WHEEL]);
    let wheel = std::fs::read(project.join("demo/iniconfig-2.3.1-py3-none-any.whl")).unwrap();
    assert_eq!(cli.downloads(), [(WHEEL.to_owned(), wheel)], "{said}");
    let path = said["targets"][0]["delegation_path"].as_array().unwrap();
    assert_eq!(
        (&path[..2], path.len()),
        (["targets".into(), "unclaimed".into()].as_slice(), 3),
        "{said}"
    );
    // The files of the others are PyPI's own; of them the repository has the metadata.
    let listed = cli.versions();
    assert_eq!(listed.len(), 8, "{listed:?}");
    cli.refuses(
        &["download", "--target-name", "iniconfig/iniconfig-0.0.0.tar.gz"],
        "target-not-found",
        None,
    );
    // A month later, the daily files have expired.
    cli.set_time("2026-12-24T00:00:00Z");
    cli.refuses(&["refresh"], "expired", Some("timestamp"));
}
