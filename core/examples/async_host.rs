//! An async host, which fetches each file that the session asks for.

use std::collections::BTreeMap;
use std::error::Error;

use picotuf::{Limits, Time, Update, Workspace};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/demo");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = tokio::fs::read(format!("{DEMO}/root.json")).await?;
    let mut store = BTreeMap::from([("root".to_owned(), root)]);
    let now = Time::parse("2026-11-22T00:00:00Z").ok_or("no time of RFC 3339")?;
    let workspace = Workspace::boxed();
    let mut update = Update::new(workspace, now, Limits::default()).keep_files();
    update.find("iniconfig/iniconfig-2.3.1-py3-none-any.whl")?;
    while let Some(request) = update.next_fetch(&mut store)? {
        match tokio::fs::read(format!("{DEMO}/metadata/{request}")).await {
            Ok(file) => drop(update.keep(file)?),
            Err(_) => update.absent()?,
        }
    }
    assert_eq!(update.target().map(|target| target.length), Some(7_552));
    Ok(())
}
