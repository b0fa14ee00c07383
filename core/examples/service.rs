//! A service that looks up many targets in one session, and fetches each file once.

use std::collections::BTreeMap;
use std::{error::Error, fs};

use picotuf::{Limits, Time, Update, Workspace};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/demo");

fn main() -> Result<(), Box<dyn Error>> {
    let mut store = BTreeMap::from([("root".to_owned(), fs::read(format!("{DEMO}/root.json"))?)]);
    let now = Time::parse("2026-11-22T00:00:00Z").ok_or("no time of RFC 3339")?;
    let workspace = Workspace::boxed();
    let mut update = Update::new(workspace, now, Limits::default()).keep_files::<Vec<u8>>();
    let (mut found, mut fetched) = (0, 0);
    for path in ["iniconfig/iniconfig-2.3.1-py3-none-any.whl", "other/other-1.0.zip"].repeat(500) {
        update.find(path)?;
        while let Some(request) = update.next_fetch(&mut store)? {
            fetched += 1;
            match fs::read(format!("{DEMO}/metadata/{request}")) {
                Ok(file) => drop(update.keep(file)?),
                Err(_) => update.absent()?,
            }
        }
        found += usize::from(update.target().is_some());
    }
    assert_eq!((found, fetched), (500, 9));
    Ok(())
}
