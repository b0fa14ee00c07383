//! Target paths in URLs: what is asked of a server for a path with characters that mean something
//! there.

use picotuf_tests::repository::{NOW, Repository};
use picotuf_tests::server::Server;

use crate::differences::rows;
use crate::folder::{download, init, user};
use crate::python_tuf::PythonTuf;

/// Paths, how a web server has to be asked for the file of that name, and what python-tuf asks for:
/// the path in the URL as it is, where `urllib3` escapes only what no URL may have.
const PATHS: [(&str, &str, &str); 3] = [
    ("a%41b.txt", "a%2541b.txt", "a%41b.txt"),
    ("a#b.txt", "a%23b.txt", "a"),
    ("a%2Fb#c.txt", "a%252Fb%23c.txt", "a%2Fb"),
];

#[test]
fn a_path_names_the_file_of_that_name() {
    let row = rows().into_iter().find(|row| row.id == "target-urls").unwrap();
    let mut repository = Repository::inconsistent();
    for (path, ..) in PATHS {
        repository.add_target("targets", path, path.as_bytes());
    }
    let server = Server::start(&repository);
    // Asked by its encoded name, as a server that decodes would give it, and by no other.
    let mut nothing = Repository::new();
    nothing.files = repository
        .files
        .iter()
        .filter(|(name, _)| !name.starts_with("targets/"))
        .map(|(name, bytes)| (name.clone(), bytes.clone()))
        .collect();
    server.serve(&nothing);
    for (path, encoded, _) in PATHS {
        server.serve_file(&format!("/targets/{encoded}"), path.as_bytes());
    }
    let cli = user(NOW, &server);
    assert_eq!(init(&cli, repository.anchor()).0, 0);
    for (path, encoded, _) in PATHS {
        server.take_paths();
        let (verdict, said) = download(&cli, &[path]);
        assert_eq!(verdict, row.picotuf, "{path}: {said}");
        assert_eq!(
            server.take_paths().last().map(String::as_str),
            Some(&*format!("/targets/{encoded}"))
        );
    }

    let Some(python) = PythonTuf::find("URLs of targets, as python-tuf makes them") else { return };
    let root = cli.write("anchor.json", repository.anchor());
    for (path, _, asked) in PATHS {
        server.take_paths();
        let (verdict, said) = python.download(&server.url(), &root, path, NOW);
        assert_eq!(
            server.take_paths().last().map(String::as_str),
            Some(&*format!("/targets/{asked}")),
            "{path}"
        );
        assert_eq!(verdict, row.python_tuf, "{path}: {said}");
    }
}
