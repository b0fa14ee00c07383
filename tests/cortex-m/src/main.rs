//! Firmware for a Cortex-M3 with 256 KB of flash and 64 KB of RAM that verifies a target of a TUF
//! repository: root rotation, timestamp, snapshot, targets, delegated roles and the target file,
//! each read as a stream of which 1 KB is in memory.
//!
//! It is told on the command line `picotuf FOLDER TIME TARGET`; see `device` for what the folder
//! holds. It prints lines of JSON and ends with success where the target holds, with failure where
//! it does not, or where it has no verdict.

#![no_std]
#![no_main]

mod device;
#[cfg(feature = "ml-dsa")]
mod heap;
mod host;
mod memory;
mod report;

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, entry, exception};
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use picotuf::{Error, Limits, Time, Update, Workspace};
use static_cell::{ConstStaticCell, StaticCell};

use crate::device::{Client, Device, WINDOW};
use crate::report::{Failure, Report};

#[entry]
fn main() -> ! {
    #[cfg(feature = "ml-dsa")]
    heap::begin();
    let line = host::command_line(LINE.init_with(|| [0; LINE_MAX])).and_then(Line::parse);
    let verified = match (line, Report::new()) {
        (Some(line), Some(report)) => verify(&line, report),
        (None, Some(mut report)) => {
            let _ = report.fault("usage: picotuf FOLDER TIME TARGET");
            false
        }
        _ => false,
    };
    end(verified)
}

/// Whether the target holds.
fn verify(line: &Line<'static>, report: Report) -> bool {
    let device = device(line.folder, report);
    let update = session(line.now);
    let mut target = None;
    let verdict = device.run(update).and_then(|()| {
        target = Some(line.target);
        find(line.target, update, device)
    });
    // A host that no longer listens ends the run by other means.
    let _ = match verdict {
        Ok(()) => update
            .target()
            .map_or(Ok(()), |found| device.report().verified(line.target, found, update)),
        Err(failure) => device.report().refused(failure, target, update),
    };
    let used = memory::measure();
    let sizes = [
        ("workspace", size_of::<Workspace>()),
        ("update", size_of::<Client>()),
        ("windows", 2 * WINDOW),
        ("bytes_read", host::bytes_read() as usize),
        #[cfg(feature = "ml-dsa")]
        ("heap", heap::most()),
        #[cfg(feature = "ml-dsa")]
        ("arena", heap::SIZE),
    ];
    let _ = device.report().memory(&used, &sizes);
    verdict.is_ok() && used.free > 0
}

fn find(path: &str, update: &mut Client, device: &mut Device<'_>) -> Result<(), Failure> {
    search(path, update)?;
    device.run(update)?;
    let target = update.target().ok_or(Failure::Target(Error::TargetNotFound))?;
    device.check(path, target, update.consistent_snapshot())
}

#[inline(never)]
fn search(path: &str, update: &mut Client) -> Result<(), Error> {
    update.find(path)
}

// Each apart, so that what is built on the stack on its way to a static is gone when the work
// begins.
#[inline(never)]
fn session(now: Time) -> &'static mut Client {
    UPDATE.init_with(|| Update::new(WORKSPACE.take(), now, Limits::default()))
}

#[inline(never)]
fn device(folder: &'static str, report: Report) -> &'static mut Device<'static> {
    DEVICE.init_with(|| Device::new(folder, report))
}

/// What the command line says.
struct Line<'l> {
    folder: &'l str,
    now: Time,
    target: &'l str,
}

impl<'l> Line<'l> {
    /// Only the target may hold blanks.
    fn parse(line: &'l str) -> Option<Self> {
        let mut words = line.splitn(4, ' ').skip(1);
        let (folder, now, target) = (words.next()?, words.next()?, words.next()?);
        Some(Line { folder, now: Time::parse(now)?, target })
    }
}

fn end(success: bool) -> ! {
    debug::exit(if success { EXIT_SUCCESS } else { EXIT_FAILURE });
    // Without a host that ends the run there is nothing left to do.
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(mut report) = Report::new() {
        let _ = report.fault(info);
    }
    end(false)
}

// SAFETY: it does not return, and does not rely on anything that the fault may have broken.
#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    end(false)
}

// Made by the compiler, at the price of its size in flash: made at run time it would stand on the
// stack first.
static WORKSPACE: ConstStaticCell<Workspace> = ConstStaticCell::new(Workspace::new());
static UPDATE: StaticCell<Client> = StaticCell::new();
static DEVICE: StaticCell<Device<'static>> = StaticCell::new();
static LINE: StaticCell<[u8; LINE_MAX]> = StaticCell::new();
/// A folder, a time and a target's path.
const LINE_MAX: usize = 512;
