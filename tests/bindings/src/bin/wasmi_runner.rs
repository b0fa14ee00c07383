//! Runs the table of verdicts on picotuf.wasm with wasmi: `wasmi_runner MODULE FOLDER`.
//! tests/hosts/README.md describes the protocol.

use std::fs;
use std::path::Path;

use picotuf_bindings_tests::{Picotuf, number};
use sha2::{Digest, Sha256};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [_, module, cases] = &words[..] else { panic!("usage: wasmi_runner MODULE FOLDER") };
    let mut picotuf = Picotuf::new(&fs::read(module).expect("the module can be read"));
    let entries = fs::read_dir(cases).expect("the cases can be read");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("a case").path()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        println!("{name}\t{}", verdict(&mut picotuf, &folder));
    }
}

fn verdict(picotuf: &mut Picotuf, case: &Path) -> String {
    let read = |name: &str| fs::read(case.join(name)).ok();
    let text = |name: &str| String::from_utf8(read(name).expect(name)).expect("UTF-8");
    let now: i64 = text("seconds").parse().expect("a number");
    let kind = match &*text("kind") {
        "update" => number::UPDATE,
        "offline" => number::OFFLINE,
        _ => number::ATTESTATION,
    };
    let handle: u32 = picotuf.call("open", (kind, now));
    if kind == number::ATTESTATION {
        let sha256 = Sha256::digest(read("file").expect("a file"));
        picotuf.answer(handle, number::SHA256, &sha256);
        for (answer, name) in [
            (number::NAME, "name"),
            (number::PROVENANCE, "provenance"),
            (number::TRUSTED_ROOT, "trusted_root"),
            (number::PUBLISHER, "publisher"),
        ] {
            if let Some(bytes) = read(name) {
                picotuf.answer(handle, answer, &bytes);
            }
        }
    } else {
        if let Some(limits) = read("limits") {
            picotuf.answer(handle, number::LIMIT, &limits);
        }
        picotuf.answer(handle, number::FIND, &read("target").expect("a target"));
        if picotuf.update(handle, &case.join("stored"), &case.join("repository")) {
            picotuf.answer(handle, number::CHECK, &read("file").expect("a file"));
            picotuf.answer(handle, number::FINISH, b"");
        }
    }
    let said = picotuf.read("verdict", handle).expect("a verdict");
    picotuf.call::<_, u32>("close", handle);
    String::from_utf8(said).expect("a verdict is text")
}
