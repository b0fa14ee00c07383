//! The fuzz targets' properties, each a function that panics where one does not hold: the targets
//! give them what is in the corpus, and what libFuzzer makes up.

mod attest;
mod boundary;
mod c_calls;
mod canonical;
mod glob;
mod index_page;
mod keys;
mod module_calls;
mod publishers;
mod pypi;
mod reader;
mod roles;
mod time;
mod update;
/// What the patterns count their work with: nothing.
#[path = "../../../core/src/work.rs"]
#[allow(dead_code, unexpected_cfgs, reason = "all of it is the core's")]
mod work;

pub use attest::{attest_bundle, attest_certificate, attest_checkpoint, attest_der, attest_root};
pub use c_calls::{CCall, c_calls};
pub use canonical::canonical;
pub use glob::{Globs, globs};
pub use index_page::index_page;
pub use keys::{Keys, keys};
pub use module_calls::{ModuleCall, module_calls};
pub use publishers::publishers;
pub use pypi::pypi;
pub use reader::reader;
pub use roles::roles;
pub use time::time;
pub use update::{Scenario, update};
