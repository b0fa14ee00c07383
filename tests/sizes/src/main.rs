//! A call of the core's whole workflow, from the trust anchor to the last byte of a target file,
//! with metadata as streams, or with the feature `slices` in memory.
//!
//! It is linked and measured, never run: what a host would bring is a `black_box`, so that the
//! linker can leave out nothing of the core that a host needs, and next to nothing here is not the
//! core's.

#![no_std]
#![no_main]

#[cfg(feature = "alloc")]
mod allocator;
#[cfg(feature = "pypi")]
mod pypi;

use core::hint::black_box;
use core::panic::PanicInfo;

#[cfg(feature = "slices")]
use picotuf::Slice;
#[cfg(not(feature = "slices"))]
use picotuf::Window;
use picotuf::{Error, Limits, Step, Stream, TargetVerifier, Time, Update, Workspace};

/// The caller brings the memory, whose size is no matter of the core's code.
// SAFETY: no other symbol has that name.
#[unsafe(no_mangle)]
extern "C" fn _start(workspace: &mut Workspace, buffer: &mut Buffer, beside: &mut Buffer) -> bool {
    #[cfg(feature = "pypi")]
    black_box(pypi::check(black_box(""), black_box(buffer)));
    verify(workspace, buffer, beside).is_ok()
}

fn verify(
    workspace: &mut Workspace,
    buffer: &mut Buffer,
    beside: &mut Buffer,
) -> Result<(), Error> {
    let now = Time::parse(black_box("")).ok_or(Error::SourceFailed)?;
    let mut update = Update::new(workspace, now, Limits::default());
    update.find(black_box(""))?;
    loop {
        match black_box(update.step()) {
            Step::Load | Step::Fetch if black_box(update.request()).max_length == 0 => {
                update.absent()?;
            }
            Step::Load | Step::Fetch => {
                black_box(update.supply(&mut open(buffer))?);
            }
            Step::Compare => {
                black_box(update.compare(&mut open(buffer), &mut open(beside))?);
            }
            Step::Store | Step::Delete => update.done()?,
            _ => break,
        }
    }
    let mut verifier =
        TargetVerifier::new(black_box(update.target().ok_or(Error::TargetNotFound)?));
    while let count @ 1.. = File.read(buffer)? {
        verifier.update(buffer.get(..count).unwrap_or_default())?;
    }
    verifier.finish()
}

#[cfg(not(feature = "slices"))]
fn open(buffer: &mut Buffer) -> Window<'_, File> {
    Window::new(File, buffer)
}

#[cfg(feature = "slices")]
fn open(buffer: &mut Buffer) -> Slice<'_> {
    Slice::new(black_box(buffer))
}

/// Of which nothing is known when it is compiled.
struct File;

impl Stream for File {
    type Error = Error;

    #[inline(never)]
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        black_box(Ok(black_box(buffer).len()))
    }

    #[inline(never)]
    fn rewind(&mut self) -> Result<(), Error> {
        black_box(Ok(()))
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if cfg!(feature = "panics") {
        black_box(info.location());
    }
    loop {
        core::hint::spin_loop();
    }
}

type Buffer = [u8; 1024];
