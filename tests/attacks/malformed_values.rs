//! Values of the right type that once made a verifier panic.

use crate::prelude::*;

/// go-tuf: a panic on Ed25519 keys that are no 32 bytes.
#[test]
fn of_ed25519_keys() {
    let before = honest();
    let good = Key::ed25519("targets").public;
    for public in [&good[1..], &good[2..], "", "0", &format!("{good}00"), &"x".repeat(64)] {
        let mut attacked = before.clone();
        let odd = Key::ed25519("targets").with_public(public);
        attacked.rotate("targets", std::slice::from_ref(&odd), 1);
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, "threshold-not-met", "targets");
        victim.keeps(&top_level(2, 2, 1, 2));
        let mut mended = attacked.clone();
        mended.rotate("targets", &[Key::ed25519("targets")], 1);
        victim.recovers(&mended);
    }
}

/// go-tuf: a panic on signatures of odd length.
#[test]
fn of_signatures() {
    let before = honest();
    for sig in ["", "0", "zz", &"0".repeat(127), &"0".repeat(130), &"0".repeat(4000)] {
        let mut attacked = before.clone();
        attacked.publish("targets", |_| {});
        attacked.edit_signatures("targets", |signatures| signatures[0]["sig"] = sig.into());
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, "threshold-not-met", "targets");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}

/// go-tuf: a panic on `null`, wherever an object was expected.
#[test]
fn of_null() {
    let before = honest();
    type Place = fn(&mut serde_json::Value);
    let places: [(&str, Place); 7] = [
        ("root", |root| root["keys"] = json!(null)),
        ("root", |root| root["roles"] = json!(null)),
        ("root", |root| root["roles"]["targets"] = json!(null)),
        ("targets", |targets| targets["targets"] = json!(null)),
        ("targets", |targets| targets["delegations"] = json!(null)),
        ("snapshot", |snapshot| snapshot["meta"]["targets.json"] = json!(null)),
        ("timestamp", |timestamp| timestamp["meta"] = json!(null)),
    ];
    for (role, place) in places {
        let mut attacked = before.clone();
        attacked.publish(role, |signed| {
            if role != "timestamp" && role != "snapshot" {
                place(signed);
            }
        });
        // These two are written anew by what is below them: last of all, then.
        match role {
            "timestamp" => attacked.edit_alone(role, place),
            "snapshot" => attacked.edit(role, place),
            _ => {}
        }
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, "wrong-type", role);
        victim.recovers(&later(&before));
    }
}

/// go-tuf: a panic on bit lengths of succinct roles.
#[test]
fn of_succinct_bit_lengths() {
    let before = honest();
    for (bits, code) in [
        (json!(0), "zero"),
        (json!(33), "invalid-form"),
        (json!(64), "invalid-form"),
        (json!(u64::MAX), "invalid-form"),
        (json!(-1), "invalid-number"),
        (json!("8"), "wrong-type"),
    ] {
        let mut attacked = before.clone();
        attacked.publish("targets", |targets| {
            Delegation::succinct("bin", 4).add_to(targets);
            targets["delegations"]["succinct_roles"]["bit_length"] = bits.clone();
        });
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("x"), code, "targets");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}
