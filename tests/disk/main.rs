//! The command line and the disk: processes that are killed, disks that are full, folders that are
//! not what they should be, and several processes on one folder. Whatever happens, stored files are
//! whole and verified, and the next run needs no help.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod folders;
mod full;
mod killed;
mod together;
mod user;
