//! Names of projects and files, and versions, beside packaging, which pip reads them with.

use picotuf::pypi::{
    FileName, FileNameError, ProjectName, compare_versions, is_prerelease, is_version, matches_pin,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::python_tuf::PythonTuf;

#[test]
fn names_and_versions_are_those_of_packaging() {
    let Some(python) = PythonTuf::find("names and versions beside packaging") else { return };
    let questions = questions();
    let answers = python.answers("packaging_names.py", &questions);
    let differing = questions.iter().zip(&answers).filter(|(_, answer)| *answer != "same");
    let differing: Vec<String> =
        differing.map(|(question, answer)| format!("{question}: {answer}")).collect();
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing[..differing.len().min(20)].join("\n")
    );
}

fn questions() -> Vec<Value> {
    let mut made = Made(ChaCha20Rng::seed_from_u64(458));
    let mut questions = Vec::new();
    for _ in 0..4000 {
        let name = made.some_of(NAME_PARTS, 4);
        let answer = ProjectName::new(&name).ok().map(|name| name.as_str().to_owned());
        questions.push(json!(["name", name, answer]));
    }
    for _ in 0..6000 {
        let version = made.version();
        questions.push(json!(["version", version, is_version(&version)]));
    }
    for _ in 0..6000 {
        let (one, other) = (made.version(), made.version());
        let answer =
            compare_versions(&one, &other).map(|order| json!([order as i8, is_prerelease(&one)]));
        questions.push(json!(["order", [one, other], answer]));
    }
    for _ in 0..12000 {
        let pinned = made.version();
        // Mostly the same version in another spelling.
        let found = match made.below(4) {
            0 => made.version(),
            1 => pinned.replace(".post", "_"),
            2 => pinned.replace(['-', '+'], "_"),
            _ => pinned.replace('-', "_"),
        };
        if is_version(&pinned) {
            questions.push(json!(["pin", [pinned, found], matches_pin(&pinned, &found)]));
        }
    }
    for _ in 0..12000 {
        let file = made.file();
        let name = FileName::parse(&file);
        // Packaging takes the last dash; pip, which is asked for a project, any.
        if name != Err(FileNameError::Ambiguous) {
            let answer =
                name.ok().map(|name| (name.project.as_str().to_owned(), name.version.to_owned()));
            questions.push(json!(["file", file, answer]));
        }
    }
    // The comparison is of use only if both answers come up often.
    for kind in ["name", "version", "order", "pin", "file"] {
        let of_kind = || questions.iter().filter(|question| question[0] == kind);
        let refused = of_kind()
            .filter(|question| matches!(question[2], Value::Null | Value::Bool(false)))
            .count();
        let share = refused * 100 / of_kind().count();
        assert!((10..90).contains(&share), "{kind}: {share} % are refused");
    }
    questions
}

struct Made(ChaCha20Rng);

impl Made {
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % count
    }

    fn one_of<'p>(&mut self, parts: &[&'p str]) -> &'p str {
        parts[self.below(parts.len())]
    }

    /// One to `most` of the parts, end to end.
    fn some_of(&mut self, parts: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.one_of(parts)).collect()
    }

    /// Mostly right, sometimes with a part that is not.
    fn version(&mut self) -> String {
        let mut version = self.one_of(&["", "", "", "", "v", "1!", "V2!"]).to_owned();
        version.push_str(self.one_of(&["1", "1.0", "2026.11.22", "0.0.1", "10", "01.2", "", "1."]));
        for segments in [PRE, POST, DEV, LOCAL] {
            if self.below(3) == 0 {
                version.push_str(self.one_of(segments));
            }
        }
        if self.below(8) == 0 {
            version.push_str(&self.some_of(ODD, 2));
        }
        version
    }

    fn file(&mut self) -> String {
        let name = match self.below(3) {
            0 => self.some_of(NAME_PARTS, 3),
            _ => self
                .one_of(&[
                    "six",
                    "Django",
                    "zope.interface",
                    "typing_extensions",
                    "a-b",
                    "foo-bar.baz",
                ])
                .to_owned(),
        };
        let version = self.version();
        match self.below(2) {
            0 => format!("{name}-{version}{}", self.one_of(&[".tar.gz", ".zip"])),
            _ => {
                let build = self.one_of(&["", "", "", "-1", "-2abc", "-x"]);
                let python =
                    self.one_of(&["py3", "py2.py3", "cp314", "cp314", "py3.", "3", "py+3", ""]);
                let abi = self.one_of(&["none", "abi3", "cp314t", "a.b", "none", ""]);
                let platform = self.one_of(&[
                    "any",
                    "win_amd64",
                    "manylinux1_x86_64.manylinux2010_x86_64",
                    "any",
                    "x-y",
                ]);
                format!("{name}-{version}{build}-{python}-{abi}-{platform}.whl")
            }
        }
    }
}

const NAME_PARTS: &[&str] = &["foo", "Bar", "a", "0", "-", "_", ".", "__", "-.", "2x", "+"];
const PRE: &[&str] =
    &["a1", ".alpha", "-b.2", "_rc-3", "c1", "preview", "pre4", "RC1", "beta_", "a-", "alph"];
const POST: &[&str] = &[".post1", "-1", "-post", "_rev2", "r5", ".POST", "post-", "--1", "-r_4"];
const DEV: &[&str] = &[".dev1", "dev", "-dev.2", "_DEV3", ".dev-", "..dev"];
const LOCAL: &[&str] = &["+cu118", "+local.1", "+a_b-c", "+", "+a..b", "+1+2"];
const ODD: &[&str] = &["x", ".", "-", "_", "+", "!", "1", "a", "r"];
