//! Tells the linker what memory the chip has.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=lm3s6965.x");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let memory = fs::read_to_string("lm3s6965.x").expect("lm3s6965.x stands beside build.rs");
    fs::write(Path::new(&out).join("memory.x"), memory).expect("OUT_DIR can be written to");
    println!("cargo:rustc-link-search={out}");
    // cortex-m-rt's script; it includes memory.x, which has another name here, as the linker looks
    // in this folder first.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    // No section starts on a page of its own, which would leave gaps in flash.
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
