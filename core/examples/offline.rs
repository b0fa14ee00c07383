//! Verifies one file by metadata that is stored, in one call.

use std::fs;

use picotuf::{Limits, Time, Workspace, verify};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/demo");
const PATH: &str = "iniconfig/iniconfig-2.3.1-py3-none-any.whl";
const SHA256: &str = "56434ca9e49d27a1fcf6bece6f6aec0ea46bb9112489b93d4b688fb415457bdb";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file =
        fs::read(format!("{DEMO}/targets/iniconfig/{SHA256}.iniconfig-2.3.1-py3-none-any.whl"))?;
    let load = |role: &str| {
        let names = ["", "1.", "2."].map(|version| format!("{DEMO}/metadata/{version}{role}.json"));
        names.iter().find_map(|name| fs::read(name).ok())
    };
    let now = Time::parse("2026-11-22T00:00:00Z").ok_or("no time of RFC 3339")?;
    let mut workspace = Box::new(Workspace::new());
    let target = verify(&mut workspace, now, Limits::default(), load, PATH, &file)?;
    assert_eq!(target.hashes.iter().next().map(ToString::to_string).as_deref(), Some(SHA256));
    let other = verify(&mut workspace, now, Limits::default(), load, PATH, &file[1..]);
    assert_eq!(other.map_err(|error| error.code()), Err("length-mismatch"));
    Ok(())
}
