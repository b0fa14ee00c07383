//! What becomes of a root that JavaScript gives as the trust anchor: the core's `anchor`.

use alloc::vec::Vec;

use picotuf::anchor::{self, AnchorStep, Decision, Refusal};
use picotuf::{Digest, HashAlgorithm, Slice, Workspace, role_name};

use super::{Core, plain, session};
use crate::object::Object;
use crate::parts::parts;

impl Core {
    /// `bytes` has the lengths of the four parts behind them, with NaN for one that is not there:
    /// limits, the given root, the stored one, the digits of the anchor that is remembered. Says `{
    /// anchor, version, steps }`; a step is what to do with a file, `save` or `delete`, a blank,
    /// and its name.
    pub(crate) fn adopt(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut parts = parts(bytes, 4);
        let mut part = || parts.next().flatten();
        let (limits, given, stored, remembered) = (part(), part(), part(), part());
        let limits = session::limits(limits.unwrap_or_default());
        let remembered =
            remembered.and_then(|digits| Digest::from_hex(HashAlgorithm::Sha256, digits));
        let mut given = Slice::new(given.unwrap_or_default());
        let mut workspace = Workspace::boxed();
        let adopted = anchor::adopt(
            &mut workspace,
            &limits,
            &mut given,
            stored.map(Slice::new).as_mut(),
            remembered.as_ref(),
        );
        let adopted = adopted.map(|(adoption, _)| adoption);
        self.anchor_lacks_ml_dsa = workspace.lacks_ml_dsa();
        match adopted {
            Ok(adoption) => said(&adoption),
            Err(error) => plain::error_with_schemes(
                &error,
                "root",
                None,
                workspace.unsupported_schemes().collect(),
            ),
        }
    }
}

fn said(adoption: &anchor::Adoption) -> Vec<u8> {
    if let Decision::Refused(refusal) = adoption.decision {
        let mut object = Object::refusal(&Refusal::CODE, &refusal, "caller");
        if let Refusal::NotNewer { trusted, given } = refusal {
            object.bare("expected", &trusted);
            object.bare("found", &given);
        }
        return object.end();
    }
    let mut object = Object::new();
    object.text("anchor", &adoption.anchor);
    object.bare("version", &adoption.version);
    object.open("steps", b"[");
    for step in adoption.steps() {
        object.element(&Step(step));
    }
    object.close(b"]");
    object.end()
}

struct Step(AnchorStep);

impl picotuf::Show for Step {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        match self.0 {
            AnchorStep::Delete { role } => {
                out("delete ");
                role_name::file_name(role, out);
            }
            AnchorStep::Forget => out("delete trust-anchor"),
            AnchorStep::Store => out("save root.json"),
            AnchorStep::Remember => out("save trust-anchor"),
            // Nobody asks for it here.
            AnchorStep::DeleteOthers => {}
        }
    }
}
