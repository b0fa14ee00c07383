//! `expires` and `spec_version` in all forms.

use serde_json::Value;

use crate::case::{Case, PROJECT, case, edit_unsigned};

/// The tests' time is 2026-01-15T12:00:00Z.
const TIMES: [&str; 44] = [
    "2026-01-15T12:00:00Z",
    "2026-01-15T12:00:01Z",
    "2026-01-15T11:59:59Z",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "2028-02-29T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2027-02-30T00:00:00Z",
    "2027-04-31T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-00-01T00:00:00Z",
    "2027-01-00T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:60:00Z",
    "2027-01-01T23:59:60Z",
    "2027-01-01T23:59:61Z",
    "2027-01-01T23:59:62Z",
    "2027-01-01T00:00:00.5Z",
    "2027-01-01T00:00:00.000000000Z",
    "2027-01-01T00:00:00.Z",
    "2027-01-01T00:00:00+00:00",
    "2027-01-01T00:00:00-08:00",
    "2027-01-01T00:00:00+0000",
    "2027-01-01T00:00:00",
    "2027-01-01t00:00:00z",
    "2027-01-01t00:00:00Z",
    "2027-01-01 00:00:00Z",
    "2027-01-01T00:00Z",
    "2027-01-01",
    "2027-1-1T0:0:0Z",
    "2027-01-01T00:00:0Z",
    " 2027-01-01T00:00:00Z",
    "2027-01-01T00:00:00Z ",
    "2027-01-01T00:00:00Z\n",
    "20270101T000000Z",
    "２０２７-01-01T00:00:00Z",
    "2027-01-01T00:00:00Zulu",
    "1798761600",
    "never",
];

const SPEC_VERSIONS: [&str; 17] = [
    "1.0", "1.0.0", "1.0.34", "1.99.99", "1", "1.", "1.0.", "1.0.0.0", "01.0", "2.0.0", "0.9",
    "1.x", "1.0-beta", " 1.0", "1.0.0\n", "1.²", "1.-1",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for role in ["root", "timestamp", "snapshot", "targets", PROJECT] {
        for time in TIMES {
            // The forms are the same for all; whether the time has come is each role's own check.
            if role == "timestamp" || time.starts_with("2026") {
                cases.push(case(format!("{role} expires {}", time.escape_debug()), |repository| {
                    repository.edit(role, |signed| signed["expires"] = time.into());
                }));
            }
        }
    }
    let lower = |signed: &mut Value| {
        let lower = signed["expires"].as_str().unwrap().to_lowercase();
        signed["expires"] = lower.into();
    };
    for role in ["timestamp", "snapshot", "targets", PROJECT] {
        let name = format!("{role} expires in lower case");
        cases.push(case(name.clone(), |repository| repository.edit(role, lower)));
        cases.push(case(format!("{name}, unsigned"), |repository| {
            edit_unsigned(repository, role, lower)
        }));
    }
    for version in SPEC_VERSIONS {
        for role in ["root", PROJECT] {
            cases.push(case(
                format!("{role} spec_version {}", version.escape_debug()),
                |repository| {
                    repository.edit(role, |signed| signed["spec_version"] = version.into());
                },
            ));
        }
    }
    for (role, kind) in [
        ("root", "targets"),
        ("timestamp", "snapshot"),
        ("snapshot", "timestamp"),
        ("targets", "root"),
        (PROJECT, "project"),
        (PROJECT, "Targets"),
    ] {
        cases.push(case(format!("{role} says that it is {kind}"), |repository| {
            repository.edit(role, |signed| signed["_type"] = kind.into());
        }));
    }
    cases
}
