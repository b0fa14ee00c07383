//! The exports of the module.

use core::cell::RefCell;

use crate::module::{ABI_VERSION, Module, USAGE};

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// A panic is a trap: the host gives the instance up.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

struct Instance(RefCell<Module>);

// SAFETY: an instance of this module has one thread, as it has no shared memory.
unsafe impl Sync for Instance {}

/// All that an instance of the module knows.
static INSTANCE: Instance = Instance(RefCell::new(Module::new()));

/// After a trap the module stays borrowed, and every later call is refused.
fn with<R>(otherwise: R, work: impl FnOnce(&mut Module) -> R) -> R {
    match INSTANCE.0.try_borrow_mut() {
        Ok(mut module) => work(&mut module),
        Err(_) => otherwise,
    }
}

#[allow(clippy::as_conversions, reason = "addresses of this memory have 32 bits")]
fn packed(text: Option<&[u8]>) -> u64 {
    text.map_or(0, |text| (text.as_ptr() as u64) << 32 | text.len() as u64)
}

/// Returns the version of the protocol.
#[unsafe(no_mangle)]
extern "C" fn picotuf_abi_version() -> u32 {
    ABI_VERSION
}

/// See [`Module::allocate`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_allocate(length: usize) -> usize {
    with(0, |module| module.allocate(length))
}

/// See [`Module::free`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_free(address: usize) -> u32 {
    with(USAGE, |module| module.free(address))
}

/// See [`Module::open`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_open(kind: u32, now: i64) -> u32 {
    with(0, |module| module.open(kind, now))
}

/// See [`Module::step`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_step(handle: u32) -> u64 {
    with(0, |module| packed(module.step(handle)))
}

/// See [`Module::data`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_data(handle: u32) -> u64 {
    with(0, |module| packed(module.data(handle)))
}

/// See [`Module::answer`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_answer(handle: u32, answer: u32, address: usize, length: usize) -> u32 {
    with(USAGE, |module| module.answer(handle, answer, address, length))
}

/// See [`Module::verdict`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_verdict(handle: u32) -> u64 {
    with(0, |module| packed(module.verdict(handle)))
}

/// See [`Module::close`].
#[unsafe(no_mangle)]
extern "C" fn picotuf_close(handle: u32) -> u32 {
    with(USAGE, |module| module.close(handle))
}
