//! The machine at the other end of the debug probe, by Arm's semihosting: its files and the command
//! line. QEMU answers in a probe's place.
//!
//! All `unsafe` code of the firmware is here and in `memory`: a semihosting call reads and writes
//! the memory that its arguments point to, and each of them says why that is sound.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m_semihosting::{nr, syscall, syscall1};
use picotuf::{Error, Stream};

/// A file of the host's, open for reading, from its first byte to a limit.
pub(crate) struct HostFile {
    handle: usize,
    maximum: u64,
    left: u64,
}

impl HostFile {
    /// Opens the file, of which at most `maximum` bytes will be read; nothing where there is none.
    ///
    /// # Errors
    /// [`Error::SourceFailed`] where it cannot be told whether there is one, and for a path that
    /// holds a NUL or has no NUL behind it, which `path` must end with.
    pub(crate) fn open(path: &str, maximum: u64) -> Result<Option<Self>, Error> {
        let Some(name) = path.strip_suffix('\0').filter(|name| !name.contains('\0')) else {
            return Err(Error::SourceFailed);
        };
        let arguments = [path.as_ptr() as usize, nr::open::R_BINARY, name.len()];
        // SAFETY: `SYS_OPEN` reads a name of that length, with the NUL behind it.
        let handle = unsafe { syscall(nr::OPEN, &arguments) };
        if handle != FAILED {
            return Ok(Some(HostFile { handle, maximum, left: maximum }));
        }
        // SAFETY: `SYS_ERRNO` takes no argument.
        match unsafe { syscall1(nr::ERRNO, 0) } {
            NO_SUCH_FILE => Ok(None),
            _ => Err(Error::SourceFailed),
        }
    }

    /// Reads some bytes to the front of `buffer` and says how many; 0 is the end.
    ///
    /// # Errors
    /// [`Error::SourceFailed`].
    pub(crate) fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let arguments = [self.handle, buffer.as_mut_ptr() as usize, wanted];
        // SAFETY: `SYS_READ` writes at most `wanted` bytes, for which there is room in `buffer`,
        // borrowed for writing.
        let missing = unsafe { syscall(nr::READ, &arguments) };
        let count = wanted.checked_sub(missing).ok_or(Error::SourceFailed)?;
        self.left -= count as u64;
        BYTES_READ.fetch_add(count as u32, Ordering::Relaxed);
        Ok(count)
    }
}

impl Stream for HostFile {
    type Error = Error;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.read_some(buffer)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        // SAFETY: `SYS_SEEK` takes two numbers.
        if unsafe { syscall(nr::SEEK, &[self.handle, 0]) } != 0 {
            return Err(Error::SourceFailed);
        }
        self.left = self.maximum;
        Ok(())
    }
}

impl Drop for HostFile {
    fn drop(&mut self) {
        // SAFETY: `SYS_CLOSE` takes a number. What it answers changes nothing of what was read.
        unsafe { syscall(nr::CLOSE, &[self.handle]) };
    }
}

/// How many bytes of files were read since the start.
pub(crate) fn bytes_read() -> u32 {
    BYTES_READ.load(Ordering::Relaxed)
}

/// The command line, in `buffer`; nothing where there is none, it is longer, or not UTF-8.
pub(crate) fn command_line(buffer: &mut [u8]) -> Option<&str> {
    let mut arguments = [buffer.as_mut_ptr() as usize, buffer.len()];
    // SAFETY: `SYS_GET_CMDLINE` writes at most that many bytes, and then the length to the second
    // argument: both are borrowed for writing, and the address is that of the array itself.
    let failed = unsafe { syscall1(nr::GET_CMDLINE, arguments.as_mut_ptr() as usize) };
    // SAFETY: a plain read of the array; the compiler does not know that the call has written to
    // it.
    let length = unsafe { arguments.as_ptr().add(1).read_volatile() };
    if failed != 0 {
        return None;
    }
    let line = buffer.get(..length)?;
    core::str::from_utf8(line).ok().map(|line| line.trim_end_matches('\0'))
}

static BYTES_READ: AtomicU32 = AtomicU32::new(0);
/// What `SYS_OPEN` answers: -1.
const FAILED: usize = usize::MAX;
/// `ENOENT`, of the C library and of QEMU's file protocol.
const NO_SUCH_FILE: usize = 2;
