//! The canonical form.

use picotuf::canonical_form;
use picotuf_tests::json;
use serde_json::Value;

/// The form of a form that is JSON is itself; and a document that another reader takes too has the form that the tests'
/// own writer gives it, in whatever order its members stand.
pub fn canonical(document: &[u8]) {
    let Some(form) = form(document) else { return };
    let value: Value = serde_json::from_slice(document).expect("what is taken here is JSON");
    assert_eq!(form, json::canonical(&value), "another form");
    for style in json::Style::ALL {
        let text = style.write(&value);
        assert_eq!(self::form(text.as_bytes()).as_ref(), Some(&form), "{style:?}");
    }
    // Control characters stand in the form as they are, and so not every form is JSON.
    if !form.iter().any(|byte| *byte < b' ') {
        assert_eq!(self::form(&form).as_ref(), Some(&form), "the form is no fixed point");
    }
}

fn form(document: &[u8]) -> Option<Vec<u8>> {
    let mut written = Vec::new();
    match canonical_form(document, &mut |piece| written.extend_from_slice(piece)) {
        Ok(()) => Some(written),
        Err(_) => {
            assert!(written.is_empty(), "something was written of what is refused");
            None
        }
    }
}
