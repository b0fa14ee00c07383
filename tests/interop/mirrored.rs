//! Repositories of python-tuf, replicated by `picotuf mirror`, audited, and read by python-tuf's
//! client over HTTP.

use crate::folder::{Expected, init, serve, user};
use crate::python_tuf::{PythonTuf, Verdict, repositories};
use serde_json::json;

#[test]
fn python_tuf_reads_from_the_mirror() {
    let part = "mirrors, read by python-tuf";
    let (Some(python), Some(repositories)) = (PythonTuf::find(part), repositories(part)) else {
        return;
    };
    for (name, targets) in [
        ("plain", true),
        ("consistent", true),
        ("rotated", true),
        ("three-levels", true),
        ("all-keys", true),
        ("rstuf", true),
        ("explicit", true),
        ("succinct", true),
    ] {
        let folder = repositories.join(name);
        let expected = Expected::read(&folder);
        let upstream = serve(&repositories.join("no such folder"));
        let mut cli = user(&expected.now, &upstream);
        let (metadata, files) = (folder.join("metadata"), folder.join("targets"));
        let (metadata, files) =
            (metadata.to_str().unwrap().to_owned(), files.to_str().unwrap().to_owned());
        cli.saved = vec!["--metadata-url".into(), metadata, "--target-base-url".into(), files];
        assert_eq!(init(&cli, &std::fs::read(folder.join("root.json")).unwrap()).0, 0);
        let mirror = cli.target_dir().join("mirror");
        let path = mirror.to_str().unwrap();
        let options = if targets {
            &["mirror", "--to", path, "--targets"][..]
        } else {
            &["mirror", "--to", path]
        };
        let said = cli.json_ok(options);
        let again = cli.json_ok(options);
        assert_eq!(again["mirror"]["counts"]["roles_fetched"], 0, "{name}");
        assert_eq!(again["mirror"]["counts"]["targets_fetched"], 0, "{name}");
        let (code, audit) = cli.json(&["mirror", "--check", path, "--targets"]);
        assert_eq!((code, &audit["audit"]["failures"]), (0, &json!([])), "{name}: {audit}");
        assert_eq!(audit["audit"]["counts"]["roles"], said["mirror"]["counts"]["roles"], "{name}");
        let server = serve(&mirror);
        let root = folder.join("root.json");
        for target in expected.present.iter().take(3) {
            let verdict = python.download(&server.url(), &root, target, &expected.now);
            assert_eq!(verdict, (Verdict::Ok, String::new()), "{name}: {target}");
        }
        for target in expected.absent.iter().take(1) {
            let verdict = python.download(&server.url(), &root, target, &expected.now);
            assert_eq!(verdict.0, Verdict::Absent, "{name}: {target}: {}", verdict.1);
        }
    }
}
