//! NIST's vectors of ACVP for ML-DSA: `testdata/acvp-ml-dsa-sigver.txt` says where they are from.

use crate::hex;
use crate::key::{MlDsaSet, ml_dsa};
use ::ml_dsa::{
    EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey,
};
use std::boxed::Box;
use std::vec::Vec;

/// ML-DSA.Verify_internal (FIPS 204, algorithm 8).
fn verify_internal<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::<P>::try_from(signature) else { return false };
    let key = <&EncodedVerifyingKey<P>>::try_from(key).unwrap();
    VerifyingKey::<P>::decode(key).verify_internal(message, &signature)
}

fn decode(text: &str) -> Box<[u8]> {
    hex::decode_boxed(text.as_bytes(), text.len() / 2).unwrap()
}

#[test]
fn ml_dsa_signatures_hold_as_nist_says() {
    let mut key: Option<(MlDsaSet, Box<[u8]>)> = None;
    let (mut sets, mut reasons) = (0, Vec::new());
    for line in include_str!("../../../testdata/acvp-ml-dsa-sigver.txt").lines() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["key", name, public] => {
                let set = match *name {
                    "ML-DSA-44" => MlDsaSet::MlDsa44,
                    "ML-DSA-65" => MlDsaSet::MlDsa65,
                    "ML-DSA-87" => MlDsaSet::MlDsa87,
                    other => panic!("{other}"),
                };
                sets += 1;
                key = Some((set, decode(public)));
            }
            ["case", number, result, reason, message, signature] => {
                let (set, key) = key.as_ref().unwrap();
                let signature = ml_dsa::signature(*set, signature.as_bytes()).unwrap();
                let message = decode(message);
                let holds = match set {
                    MlDsaSet::MlDsa44 => verify_internal::<MlDsa44>(key, &message, &signature),
                    MlDsaSet::MlDsa65 => verify_internal::<MlDsa65>(key, &message, &signature),
                    MlDsaSet::MlDsa87 => verify_internal::<MlDsa87>(key, &message, &signature),
                };
                assert_eq!(holds, *result == "passed", "{number}: {reason}");
                // The same message is not signed as one of TUF: that has a context, which is empty.
                assert!(!ml_dsa::verify_pure(*set, key, &message, &signature), "{number}");
                reasons.push(*reason);
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    reasons.sort_unstable();
    assert_eq!((sets, reasons.len()), (3, 15));
    reasons.dedup();
    let expected =
        ["modify-message", "modify-signature", "no-modification", "too-many-hints", "z-too-large"];
    assert_eq!(reasons, expected);
}
