//! picotuf.wasm, with the interpreter wasmi: `PICOTUF_MODULE` names the module.

use std::path::{Path, PathBuf};

use picotuf_bindings_tests::{MODULE_VARIABLE, Picotuf, number};
use serde_json::json;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// 2026-11-22T00:00:00Z.
const DEMO_TIME: i64 = 1_795_305_600;
const TARGET: &str = "iniconfig/iniconfig-2.3.1-py3-none-any.whl";

fn module() -> Vec<u8> {
    let path = std::env::var_os(MODULE_VARIABLE)
        .unwrap_or_else(|| panic!("{MODULE_VARIABLE} has to name picotuf.wasm"));
    std::fs::read(path).expect("the module can be read")
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cli/demo")
}

fn stored(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("picotuf-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    std::fs::copy(demo().join("root.json"), folder.join("root.json")).expect("the demo's root");
    folder
}

/// A runtime that offers no imports, and knows nothing newer than these features, can run it.
#[test]
fn the_module_imports_nothing_and_exports_the_protocol() {
    let module = module();
    let features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    Validator::new_with_features(features).validate_all(&module).expect("the module is valid");
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(&module) {
        match payload.expect("the module is valid") {
            Payload::ImportSection(imports) => assert_eq!(imports.count(), 0),
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
            }
            _ => {}
        }
    }
    exports.retain(|name| name != "__data_end" && name != "__heap_base");
    exports.sort();
    let functions =
        ["abi_version", "allocate", "answer", "close", "data", "free", "open", "step", "verdict"];
    let mut expected = vec!["memory".to_owned()];
    expected.extend(functions.map(|name| format!("picotuf_{name}")));
    assert_eq!(exports, expected);
}

/// A host gets the verdict on a good file and on a changed one.
#[test]
fn a_file_of_the_demo_is_verified_and_a_changed_one_refused() {
    let mut picotuf = Picotuf::new(&module());
    assert_eq!(picotuf.call::<_, u32>("abi_version", ()), 1);
    let handle: u32 = picotuf.call("open", (number::UPDATE, DEMO_TIME));
    let stored = stored("file");
    assert_eq!(picotuf.json("verdict", handle)["ok"], false);
    assert_eq!(picotuf.answer(handle, number::FIND, TARGET.as_bytes()), number::OK);
    assert!(picotuf.update(handle, &stored, &demo().join("metadata")));
    let folder = std::fs::read_dir(demo().join("targets/iniconfig")).expect("the demo's targets");
    let path = folder.map(|entry| entry.unwrap().path()).next().expect("a target");
    let mut file = std::fs::read(path).expect("the demo's file");
    for half in file.chunks(4000) {
        assert_eq!(picotuf.answer(handle, number::CHECK, half), number::OK);
        assert_eq!(picotuf.json("verdict", handle)["ok"], false);
    }
    assert_eq!(picotuf.answer(handle, number::FINISH, b""), number::OK);
    let verdict = picotuf.json("verdict", handle);
    assert_eq!(verdict["ok"], true, "{verdict}");
    let path = &verdict["targets"][0]["delegation_path"];
    assert_eq!(*path, json!(["targets", "unclaimed", "bin-a"]));
    file[100] ^= 1;
    assert_eq!(picotuf.answer(handle, number::CHECK, &file), number::OK);
    assert_eq!(picotuf.answer(handle, number::FINISH, b""), number::REFUSED);
    assert_eq!(picotuf.json("verdict", handle)["error"]["code"], "hash-mismatch");
    assert_eq!(picotuf.call::<_, u32>("close", handle), number::OK);
    std::fs::remove_dir_all(stored).expect("the folder was made here");
}

/// Whatever a host does wrong, it is told so, and the instance goes on.
#[test]
fn wrong_calls_are_errors_and_no_traps() {
    let mut picotuf = Picotuf::new(&module());
    for handle in [0, 1, u32::MAX] {
        assert_eq!(picotuf.read("step", handle), None);
        assert_eq!(picotuf.read("data", handle), None);
        assert_eq!(picotuf.read("verdict", handle), None);
        assert_eq!(picotuf.answer(handle, number::FILE, b"x"), number::USAGE);
        assert_eq!(picotuf.call::<_, u32>("close", handle), number::USAGE);
    }
    assert_eq!(picotuf.call::<_, u32>("open", (3_u32, DEMO_TIME)), 0, "an unknown kind");
    assert_eq!(picotuf.call::<_, u32>("open", (number::UPDATE, 0_i64)), 0, "there is no clock");
    for length in [0, u32::MAX, (64 << 20) + 1] {
        assert_eq!(picotuf.call::<_, u32>("allocate", length), 0, "{length}");
    }
    let address: u32 = picotuf.call("allocate", 10_u32);
    assert_eq!(picotuf.call::<_, u32>("free", address + 1), number::USAGE);
    assert_eq!(picotuf.call::<_, u32>("free", address), number::OK);
    assert_eq!(picotuf.call::<_, u32>("free", address), number::USAGE, "it is given back");
    let addresses: Vec<u32> = (0..64).map(|_| picotuf.call("allocate", 8_u32)).collect();
    assert!(addresses.iter().all(|address| *address != 0));
    assert_eq!(picotuf.call::<_, u32>("allocate", 8_u32), 0, "that is a limit");
    for address in addresses {
        assert_eq!(picotuf.call::<_, u32>("free", address), number::OK);
    }

    let handle: u32 = picotuf.call("open", (number::UPDATE, DEMO_TIME));
    let usage = |picotuf: &mut Picotuf, status: u32| {
        assert_eq!(status, number::USAGE);
        assert_eq!(picotuf.json("verdict", handle)["error"]["code"], "usage");
    };
    let status = picotuf.answer(handle, number::LIMIT, b"height 3");
    usage(&mut picotuf, status);
    let handle: u32 = picotuf.call("open", (number::UPDATE, DEMO_TIME));
    let usage = |picotuf: &mut Picotuf, status: u32| {
        assert_eq!(status, number::USAGE);
        assert_eq!(picotuf.json("verdict", handle)["error"]["code"], "usage");
    };
    assert_eq!(picotuf.answer(handle, number::LIMIT, b"delegations 3"), number::OK);
    for (answer, address, length) in [
        (number::FILE, 12_345, 5),
        (number::FILE, 0, 1),
        (number::FILE, u32::MAX, u32::MAX),
        (7, 0, 0),
        (u32::MAX, 0, 0),
        (number::NAME, 0, 0),
    ] {
        let status = picotuf.call("answer", (handle, answer, address, length));
        usage(&mut picotuf, status);
    }
    let address: u32 = picotuf.call("allocate", 4_u32);
    let status = picotuf.call("answer", (handle, number::FILE, address, 5_u32));
    usage(&mut picotuf, status);
    let status = picotuf.answer(handle, number::FIND, b"\xff");
    usage(&mut picotuf, status);
    let status = picotuf.answer(handle, number::LIMIT, b"delegations 3");
    usage(&mut picotuf, status);
    for answer in [number::DONE, number::CHECK, number::FINISH] {
        assert_eq!(picotuf.answer(handle, answer, b""), number::REFUSED);
        assert_eq!(picotuf.json("verdict", handle)["error"]["code"], "unexpected-call");
    }
    // None of that has done harm.
    let stored = stored("wrong");
    assert!(picotuf.update(handle, &stored, &demo().join("metadata")));
    assert_eq!(picotuf.json("verdict", handle)["ok"], true);
    std::fs::remove_dir_all(stored).expect("the folder was made here");

    let more: Vec<u32> =
        (0..64).map(|_| picotuf.call("open", (number::UPDATE, DEMO_TIME))).collect();
    assert_eq!(more.iter().filter(|handle| **handle == 0).count(), 2, "64 can be open: {more:?}");
}

/// Thousands of calls with arguments of all kinds, in an order that nobody planned, end in no trap,
/// and the instance still verifies.
#[test]
fn no_order_of_calls_is_a_trap() {
    let mut picotuf = Picotuf::new(&module());
    let mut state = 21_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let root = std::fs::read(demo().join("root.json")).expect("the demo's root");
    let lengths = [0, 1, 7, 32, 4096, 70_000, (64 << 20) + 1, u32::MAX - 7, u32::MAX];
    let times = [DEMO_TIME, DEMO_TIME, 0, 1, i64::MIN, i64::MAX];
    // The first of each are none that the module gave out.
    const NOBODYS: [u32; 3] = [0, 1, u32::MAX];
    let (mut handles, mut addresses) = (vec![0, 1_000_000, u32::MAX], NOBODYS.to_vec());
    let mut statuses = [0; 3];
    for _ in 0..3_000 {
        let place = random(handles.len());
        let (handle, address) = (handles[place], addresses[random(addresses.len())]);
        let answer = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, u32::MAX][random(15)];
        let length = lengths[random(lengths.len())];
        let status = match random(9) {
            0 if addresses.len() < 32 => {
                addresses.push(picotuf.call("allocate", length));
                continue;
            }
            1 if handles.len() < 32 => {
                let kind = u32::try_from(random(4)).expect("a small number");
                handles.push(picotuf.call("open", (kind, times[random(times.len())])));
                continue;
            }
            2 => {
                for name in ["step", "data", "verdict"] {
                    picotuf.read(name, handle);
                }
                continue;
            }
            3 | 4 => {
                addresses.retain(|other| NOBODYS.contains(other) || *other != address);
                match random(2) {
                    0 => picotuf.call("free", address),
                    _ => picotuf.call("answer", (handle, answer, address, length)),
                }
            }
            5 if place > 2 => {
                handles.swap_remove(place);
                picotuf.call("close", handle)
            }
            6 => picotuf.answer(handle, answer, b""),
            _ => {
                let files = [&root[..], b"a/b", b"\xff", b"delegations 3", b"{}"];
                picotuf.answer(handle, answer, files[random(files.len())])
            }
        };
        statuses[usize::try_from(status).expect("a status")] += 1_u32;
    }
    // Each kind of answer was given, so the calls reached what they are about.
    assert!(statuses.iter().all(|count| *count > 20), "{statuses:?}");
    for handle in handles {
        picotuf.call::<_, u32>("close", handle);
    }
    let stored = stored("random");
    let handle: u32 = picotuf.call("open", (number::UPDATE, DEMO_TIME));
    assert!(picotuf.update(handle, &stored, &demo().join("metadata")));
    assert_eq!(picotuf.json("verdict", handle)["ok"], true);
    std::fs::remove_dir_all(stored).expect("the folder was made here");
}
