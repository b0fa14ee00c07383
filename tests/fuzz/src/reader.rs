//! Whole files as they come, which nobody has signed.

use std::io::Cursor;

use picotuf::{Error, IoStream, Limits, Slice, Window, Workspace, check_root};

/// A file gets the same verdict as a slice and through windows of any size, but that a window may
/// refuse what is not sorted.
pub fn reader(file: &[u8]) {
    let mut workspace = Workspace::boxed();
    let limits = Limits::default();
    let slice = check_root(&mut workspace, &limits, &mut Slice::new(file))
        .map(|root| (root.version, root.expires));
    for size in [1, 7, 64, 1024] {
        let mut buffer = vec![0; size];
        let mut window = Window::new(IoStream(Cursor::new(file)), &mut buffer);
        match check_root(&mut workspace, &limits, &mut window)
            .map(|root| (root.version, root.expires))
        {
            Err(Error::StreamUnsorted { .. }) => {}
            other => assert_eq!(other, slice, "a window of {size} bytes (left) and a slice"),
        }
    }
}
