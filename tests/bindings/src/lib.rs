//! A host of picotuf.wasm with the interpreter wasmi.

use std::path::Path;

use serde_json::Value;
use wasmi::{Engine, Instance, Linker, Memory, Module, Store, WasmParams, WasmResults};

/// The variable that names the module.
pub const MODULE_VARIABLE: &str = "PICOTUF_MODULE";

/// The numbers of docs/wasm-protocol.md.
pub mod number {
    #![allow(missing_docs, reason = "docs/wasm-protocol.md describes them")]

    pub const UPDATE: u32 = 0;
    pub const OFFLINE: u32 = 1;
    pub const ATTESTATION: u32 = 2;
    pub const FILE: u32 = 0;
    pub const ABSENT: u32 = 1;
    pub const DONE: u32 = 2;
    pub const FIND: u32 = 3;
    pub const CHECK: u32 = 4;
    pub const FINISH: u32 = 5;
    pub const LIMIT: u32 = 6;
    pub const NAME: u32 = 16;
    pub const SHA256: u32 = 17;
    pub const PROVENANCE: u32 = 18;
    pub const TRUSTED_ROOT: u32 = 19;
    pub const PUBLISHER: u32 = 20;
    pub const OK: u32 = 0;
    pub const REFUSED: u32 = 1;
    pub const USAGE: u32 = 2;
}

/// An instance of the module.
pub struct Picotuf {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Picotuf {
    /// Creates an instance of a module, which gets nothing to import.
    ///
    /// # Panics
    /// If it wants imports.
    pub fn new(module: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module).expect("the module is valid");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module);
        let instance = instance.expect("the module imports nothing");
        let memory = instance.get_memory(&store, "memory").expect("the module exports its memory");
        Picotuf { store, instance, memory }
    }

    /// Calls a function of the module.
    ///
    /// # Panics
    /// If it traps, or is not there.
    pub fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: P) -> R {
        let name = format!("picotuf_{name}");
        let function = self.instance.get_typed_func::<P, R>(&self.store, &name);
        let function = function.unwrap_or_else(|error| panic!("{name}: {error}"));
        function.call(&mut self.store, arguments).unwrap_or_else(|trap| panic!("{name}: {trap}"))
    }

    /// Returns what a function points to; nothing where it returns 0.
    ///
    /// # Panics
    /// If it points to what is no memory.
    pub fn read(&mut self, name: &str, handle: u32) -> Option<Vec<u8>> {
        let packed: u64 = self.call(name, handle);
        let (address, length) = (packed >> 32, packed & 0xffff_ffff);
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        if packed == 0 {
            return None;
        }
        let address = usize::try_from(address).ok()?;
        self.memory.read(&self.store, address, &mut bytes).expect("it is memory of the module");
        Some(bytes)
    }

    /// Returns JSON of a function.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&mut self, name: &str, handle: u32) -> Value {
        let bytes = self.read(name, handle).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes to memory of the module.
    ///
    /// # Panics
    /// If it is none.
    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let address = usize::try_from(address).expect("an address");
        self.memory.write(&mut self.store, address, bytes).expect("it is memory of the module");
    }

    /// Gives bytes to a handle.
    ///
    /// # Panics
    /// If the module has no memory for them.
    pub fn answer(&mut self, handle: u32, answer: u32, bytes: &[u8]) -> u32 {
        let length = u32::try_from(bytes.len()).expect("a length");
        let mut address = 0;
        if length > 0 {
            address = self.call("allocate", length);
            assert_ne!(address, 0, "the module has no memory for {length} bytes");
            self.write(address, bytes);
        }
        self.call("answer", (handle, answer, address, length))
    }

    /// Takes the steps of a session, until it is done (true) or refuses something.
    ///
    /// # Panics
    /// If a file cannot be written.
    pub fn update(&mut self, handle: u32, stored: &Path, repository: &Path) -> bool {
        loop {
            let step = self.json("step", handle);
            let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
            let file = stored.join(text("file"));
            let status = match &*text("step") {
                "done" => return true,
                kind @ ("load" | "fetch") => {
                    let path = if kind == "load" { file } else { repository.join(text("name")) };
                    match std::fs::read(path) {
                        Ok(bytes) => self.answer(handle, number::FILE, &bytes),
                        Err(_) => self.answer(handle, number::ABSENT, b""),
                    }
                }
                "store" => {
                    let data = self.read("data", handle).expect("there is something to store");
                    std::fs::write(file, data).expect("the store takes files");
                    self.answer(handle, number::DONE, b"")
                }
                "delete" => {
                    let _ = std::fs::remove_file(file);
                    self.answer(handle, number::DONE, b"")
                }
                other => panic!("there is no step {other}"),
            };
            if status != number::OK {
                return false;
            }
        }
    }
}
