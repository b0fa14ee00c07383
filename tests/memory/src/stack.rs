//! How deep the stack gets: the memory below it is painted, and looked at afterwards. `unsafe`,
//! because that memory belongs to nobody.

use std::hint::black_box;
use std::thread;

/// How much is painted: what is deeper than that is seen as this much.
const PAINTED: usize = 512 * 1024;
/// Of the thread that everything is measured on; all of it is mapped when the thread starts.
const THREAD: usize = 2 * PAINTED;
/// What is left out above the paint: the frame that paints, and the red zone below it.
const GAP: usize = 512;
const PAINT: u64 = 0xa5a5_5a5a_a5a5_5a5a;

/// Runs `work` on a thread whose stack is large enough to be painted.
pub(crate) fn on_a_thread_to_paint<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(THREAD).spawn_scoped(scope, work);
        thread
            .expect("a thread can be started")
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Gives what `operation` gives, and how many bytes of stack it took, to within [`GAP`] bytes less.
#[inline(never)]
pub(crate) fn deepest<R>(operation: impl FnOnce() -> R) -> (R, usize) {
    let marker = 0_u64;
    let here = black_box(&raw const marker) as usize & !7;
    let (top, bottom) = (here - GAP, here - PAINTED);
    for address in (bottom..top).step_by(8) {
        // SAFETY: aligned, within this thread's stack, and below everything that is in use: nothing
        // is called here.
        unsafe { (address as *mut u64).write_volatile(PAINT) };
    }
    let result = run(operation);
    let mut lowest = bottom;
    // SAFETY: as above; what was below the stack is read, and never taken for anything but numbers.
    while lowest < top && unsafe { (lowest as *const u64).read_volatile() } == PAINT {
        lowest += 8;
    }
    (result, here - lowest)
}

/// Stays apart, so that the frame of what is measured is not part of the one that paints.
#[inline(never)]
fn run<R>(operation: impl FnOnce() -> R) -> R {
    operation()
}
