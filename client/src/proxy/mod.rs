//! The decisions of a local index that hands out only what verifies: which page a client gets, and
//! which file it may have.
//!
//! Nothing here reads a socket, a clock or a folder. The server is in the command line.

mod command;
mod negotiate;
mod page;
mod range;
mod route;
mod verdict;
mod wheel;

pub use command::{
    LOCK_FILES, LockUse, NamesIndex, PROJECT_FILES, Purpose, differ_in_addresses_only,
    is_lock_file, lock_file_above, lock_use, names_proxy, own_index, uv_settings,
};
pub use negotiate::{Form, form_for};
pub use page::{Entry, Links, Listing, PAGE_ACCEPT};
pub use range::{Part, is_unchanged, part};
pub use route::{Authority, Route, TOKEN_LENGTH_MIN, route, same_token};
pub use verdict::{Attestations, Judged, Measured, Measuring, Refusal, agrees};
pub use wheel::wheel_metadata;
