//! Writes the JavaScript that goes with picotuf-wasm: what the program `wasm-bindgen` does, in the
//! version that Cargo.lock has.
//!
//!     picotuf-wasm-bindgen INPUT.wasm OUTPUT_FOLDER OUTPUT_NAME

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = &arguments[..] else {
        eprintln!("usage: picotuf-wasm-bindgen INPUT.wasm OUTPUT_FOLDER OUTPUT_NAME");
        return ExitCode::from(2);
    };
    match generate(input, folder, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("picotuf-wasm-bindgen: {input}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(input: &str, folder: &str, name: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    let bindgen =
        bindgen.input_path(input).out_name(name).typescript(false).remove_producers_section(true);
    let bindgen = bindgen.remove_name_section(true).omit_default_module_path(true).web(true);
    bindgen.and_then(|bindgen| bindgen.generate(folder)).map_err(|error| format!("{error:#}"))
}
