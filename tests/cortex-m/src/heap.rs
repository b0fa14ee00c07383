//! The heap, for ML-DSA alone: an arena of a fixed size, and the most of it that was in use.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering};

// It has the critical sections of this processor, by which the allocator is guarded.
use cortex_m as _;
use embedded_alloc::LlffHeap;
use static_cell::ConstStaticCell;

struct Measured(LlffHeap);

// SAFETY: all is handed on to the allocator inside.
unsafe impl GlobalAlloc for Measured {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that are asked for.
        let place = unsafe { self.0.alloc(layout) };
        MOST.fetch_max(self.0.used(), Ordering::Relaxed);
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { self.0.dealloc(place, layout) }
    }
}

/// Gives the allocator its arena. Called once, before anything is allocated.
pub(crate) fn begin() {
    let arena = ARENA.take();
    // SAFETY: the arena is nobody else's, and it is called once: `take` sees to both.
    unsafe { HEAP.0.init(arena.as_mut_ptr() as usize, arena.len()) }
}

/// The most that was in use, in bytes.
pub(crate) fn most() -> usize {
    MOST.load(Ordering::Relaxed)
}

#[global_allocator]
static HEAP: Measured = Measured(LlffHeap::empty());
static ARENA: ConstStaticCell<[u8; SIZE]> = ConstStaticCell::new([0; SIZE]);
static MOST: AtomicUsize = AtomicUsize::new(0);
/// What a check of ML-DSA-87 takes, and the keys of three roles.
pub(crate) const SIZE: usize = 92 * 1024;
