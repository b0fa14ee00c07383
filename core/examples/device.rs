//! A device: each file is a stream, of which 512 bytes are in memory at a time.

use std::fs::File;

use embedded_io_adapters::std::FromStd;
use picotuf::{EmbeddedStream, Error, Limits, Offline, Time, Window, Workspace};

const METADATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/demo/metadata");

fn main() -> Result<(), Error> {
    let now = Time::parse("2026-11-22T00:00:00Z").expect("a time of RFC 3339");
    let mut session = Offline::new(Workspace::new(), now, Limits::default());
    session.find("iniconfig/iniconfig-2.3.1-py3-none-any.whl")?;
    let mut buffer = [0; 512];
    while let Some(role) = session.next_role() {
        let names = ["", "1.", "2."].map(|version| format!("{METADATA}/{version}{role}.json"));
        let Some(file) = names.iter().find_map(|name| File::open(name).ok()) else {
            session.absent()?;
            continue;
        };
        let mut window = Window::new(EmbeddedStream(FromStd::new(file)), &mut buffer);
        session.supply(&mut window).inspect_err(|_| panic!("{:?}", window.take_error()))?;
    }
    assert_eq!(session.target().map(|target| target.length), Some(7_552));
    Ok(())
}
