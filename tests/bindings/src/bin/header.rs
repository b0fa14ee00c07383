//! Compares bindings/c/picotuf.h with what cbindgen writes, or with `--write` writes it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings/c");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))
        .expect("cbindgen.toml can be read");
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_crate(&folder)
        .generate()
        .expect("cbindgen reads bindings/c");
    let mut written = Vec::new();
    bindings.write(&mut written);
    let header = folder.join("picotuf.h");
    if std::env::args().nth(1).as_deref() == Some("--write") {
        std::fs::write(header, written).expect("picotuf.h can be written");
    } else if std::fs::read(header).unwrap_or_default() != written {
        eprintln!("bindings/c/picotuf.h is old: `tests/bindings/run header --write` writes it");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
