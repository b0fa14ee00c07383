//! `picotuf mirror --prune`: what is removed, and what is kept because a role failed.

use super::*;

#[test]
fn pruning_keeps_every_root_and_what_is_listed() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.publish("projects/django", |signed| {
        signed["targets"].as_object_mut().unwrap().remove(WHEEL);
    });
    server.serve(&after);
    mirror.ok(&["--targets"]);
    assert!(mirror.names().contains(&"1.snapshot.json".to_owned()) && mirror.folder.join("targets/django").is_dir());
    let said = mirror.ok(&["--targets", "--prune"]);
    let names = mirror.names();
    for kept in ["1.root.json", "2.root.json", "timestamp.json", "1.bins-1.json", "2.bins-0.json"] {
        assert!(names.contains(&kept.to_owned()), "{kept}: {names:?}");
    }
    for gone in ["1.snapshot.json", "1.targets.json", "1.bins-0.json", "1.projects%2Fdjango.json"] {
        assert!(!names.contains(&gone.to_owned()), "{gone}: {names:?}");
    }
    // Both names of the wheel.
    let pruned: Vec<&str> = said["pruned"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(pruned.iter().filter(|name| name.ends_with("Django-5.0-py3-none-any.whl")).count(), 2, "{pruned:?}");
    assert_eq!(mirror.check(&["--targets"]).0, 0);
    assert_eq!(client(&before, &mirror.folder, ARCHIVE).0, 0);
}
