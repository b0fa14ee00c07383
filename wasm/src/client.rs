//! Sessions, checks of files, and the small things that go with them.

mod anchor;
mod paths;
mod plain;
mod session;
mod verifier;

use alloc::boxed::Box;
use alloc::vec::Vec;

use picotuf::{Show, TargetVerifier, Time};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::text;

use plain::Client;
use session::{Answer, FileName};

/// What JavaScript holds: a session with a repository, or the check of a target file.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Core {
    client: Option<Client>,
    verifier: Option<TargetVerifier>,
    /// Whether a root that was given as the trust anchor has an ML-DSA key, which this build lacks.
    anchor_lacks_ml_dsa: bool,
}

#[wasm_bindgen]
impl Core {
    /// One that has nothing to do yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Core {
        Core::default()
    }

    /// Does what that number stands for: the place of its name in `CALLS` of lib/engine.js.
    pub fn call(&mut self, call: u32, bytes: Box<[u8]>, number: f64) -> Vec<u8> {
        match call {
            // A session begins with the stored root, at a time in seconds since 1970. `bytes` has
            // the limits of the core in their order, with NaN for the default. The second one says
            // that nothing may be fetched.
            0 => self.begin(number, &bytes, false),
            1 => self.begin(number, &bytes, true),
            2 => self.step(),
            3 => self.answer(Answer::File(bytes)),
            4 => self.answer(Answer::Absent),
            5 => self.answer(Answer::Done),
            6 => self.answer(Answer::Path(text(&bytes))),
            7 => self.target(),
            8 => self.custom(&bytes),
            9 => self.check(number, &bytes),
            10 => self.take(&bytes),
            11 => self.finish(),
            12 => self.adopt(&bytes),
            13 => written(&FileName(text(&bytes))),
            // The time of so many seconds since 1970, as the core writes it.
            14 => written(&plain::time(number)),
            // Whether the repository has it under its hashes stands in `number`.
            15 => paths::urls(&bytes, number),
            16 => paths::check_local(text(&bytes)),
            // The seconds since 1970 of a time of RFC 3339, if it is one.
            17 => {
                let mut seconds = Vec::new();
                if let Some(time) = Time::parse(text(&bytes)) {
                    seconds.extend_from_slice(&plain::seconds(time).to_le_bytes());
                }
                seconds
            }
            _ => self.lacks_ml_dsa(),
        }
    }
}

/// Returns a text by itself.
fn written(value: &dyn Show) -> Vec<u8> {
    let mut text = Vec::new();
    value.show(&mut |piece| text.extend_from_slice(piece.as_bytes()));
    text
}
