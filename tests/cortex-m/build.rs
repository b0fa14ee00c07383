//! Tells the linker what memory the chip has.

use std::path::Path;
use std::{env, fs};

fn main() {
    let ml_dsa = env::var_os("CARGO_FEATURE_ML_DSA").is_some();
    let chip = if ml_dsa { "mps2-an385.x" } else { "lm3s6965.x" };
    println!("cargo:rerun-if-changed={chip}");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let memory = fs::read_to_string(chip).expect("it stands beside build.rs");
    fs::write(Path::new(&out).join("memory.x"), memory).expect("OUT_DIR can be written to");
    println!("cargo:rustc-link-search={out}");
    // cortex-m-rt's script; it includes memory.x, which has another name here, as the linker looks
    // in this folder first.
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    // No section starts on a page of its own, which would leave gaps in flash.
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
