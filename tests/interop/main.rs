//! Interoperability: repositories that others wrote, and python-tuf's client as the judge of those
//! that the builder writes.
//!
//! `tests/run` sets up what these tests need. Where there is no Python, `PICOTUF_WITHOUT_PYTHON=1`
//! leaves out, loudly, what needs it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod case;
mod cases;
mod checked;
mod demo_repository;
mod differences;
mod explained;
mod folder;
mod judged_by_python_tuf;
mod loose_json;
mod mirrored;
mod mutated;
mod mutated_repositories;
mod mutations;
mod packaging_names;
mod pages;
mod python_tuf;
mod random;
mod real_repositories;
mod real_shapes;
mod schemes;
#[path = "../real/shapes.rs"]
mod shapes;
mod target_urls;
mod unicode;
mod written_by_python_tuf;
