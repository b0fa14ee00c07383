//! The canonical form.

use picotuf::{Error, canonical_form};
use picotuf_tests::json;
use serde_json::Value;

/// The form of a form that is JSON is itself; and a document that another reader takes too has the
/// form that the tests' own writer gives it, in whatever order its members stand, where they can be
/// put in order cheaply.
pub fn canonical(document: &[u8]) {
    let Ok(form) = form(document) else { return };
    let value: Value = serde_json::from_slice(document).expect("what is taken here is JSON");
    assert_eq!(form, json::canonical(&value), "another form");
    for style in json::Style::ALL {
        let text = style.write(&value);
        match self::form(text.as_bytes()) {
            // Blanks make it longer, and a nested object is scanned once for each that it lies in.
            Err(Error::UnsortedTooLarge { .. }) => {}
            found => assert_eq!(found.as_ref(), Ok(&form), "{style:?}"),
        }
    }
    // Control characters stand in the form as they are, and so not every form is JSON.
    if !form.iter().any(|byte| *byte < b' ') {
        assert_eq!(self::form(&form).as_ref(), Ok(&form), "the form is no fixed point");
    }
}

fn form(document: &[u8]) -> Result<Vec<u8>, Error> {
    let mut written = Vec::new();
    let verdict = canonical_form(document, &mut |piece| written.extend_from_slice(piece));
    assert!(verdict.is_ok() || written.is_empty(), "something was written of what is refused");
    verdict.map(|()| written)
}
