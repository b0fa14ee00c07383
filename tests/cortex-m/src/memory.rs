//! How much of the chip's RAM is in use.
//!
//! The stack begins at the top of the RAM and grows down to the statics. Before `main`, cortex-m-rt
//! paints all between with one value; the lowest word that no longer has it is the deepest that the
//! stack has been.

use core::ptr::{addr_of, read_volatile};

use cortex_m_rt::STACK_PAINT_VALUE;

/// All figures are in bytes.
pub(crate) struct Use {
    /// Statics: the workspace and the session are among them.
    pub(crate) statics: usize,
    /// The deepest stack since the start.
    pub(crate) stack: usize,
    /// What neither has ever touched. 0: the stack may have run into the statics.
    pub(crate) free: usize,
}

/// The use of the RAM until now.
pub(crate) fn measure() -> Use {
    let (start, end, top) =
        (RAM_START, addr_of!(_stack_end) as usize, addr_of!(_stack_start) as usize);
    let mut lowest = end;
    // SAFETY: these words are RAM, aligned, and are only read; the linker script places
    // `_stack_end` and `_stack_start` around them. Those below the stack pointer belong to nobody.
    while lowest < top && unsafe { read_volatile(lowest as *const u32) } == STACK_PAINT_VALUE {
        lowest += size_of::<u32>();
    }
    Use { statics: end - start, stack: top - lowest, free: lowest - end }
}

unsafe extern "C" {
    /// The top of the RAM; has an address and no value.
    static _stack_start: u32;
    /// The end of the statics; has an address and no value.
    static _stack_end: u32;
}

/// As in lm3s6965.x.
const RAM_START: usize = 0x2000_0000;
