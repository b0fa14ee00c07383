//! Index pages in HTML beside Python's parser, which pip reads them with: a page that the core
//! reads must not say anything else there. Most pages here are broken in some small way.

use picotuf::pypi::{IndexPage, PageSpace, ProjectName};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use crate::python_tuf::PythonTuf;

const FILES: [&str; 3] = ["a.zip", "b+c.zip", "d.zip"];

#[test]
fn a_page_that_is_read_says_the_same_to_pip() {
    let Some(python) = PythonTuf::find("index pages beside Python's HTML parser") else { return };
    let mut random = Random(ChaCha20Rng::seed_from_u64(503));
    let pages: Vec<String> = (0..30_000).map(|_| random.page()).collect();
    let questions: Vec<Value> = pages.iter().map(|page| json!([page, answers(page)])).collect();
    let said = |wanted: &dyn Fn(&Value) -> bool| {
        questions
            .iter()
            .filter(|question| question[1].as_object().unwrap().values().any(wanted))
            .count()
    };
    // The comparison is of use only if both come up often.
    assert!(said(&|answer| answer.is_array()) > 2000, "{}", said(&|answer| answer.is_array()));
    assert!(said(&|answer| answer == "refused") > 2000, "{}", said(&|answer| answer == "refused"));
    let verdicts = python.answers("pages.py", &questions);
    let differing: Vec<String> = questions
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| *verdict != "same")
        .map(|(question, verdict)| format!("{question}: {verdict}"))
        .collect();
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing[..differing.len().min(10)].join("\n")
    );
}

/// What the core says of each file.
fn answers(page: &str) -> Map<String, Value> {
    let project = ProjectName::new("six").unwrap();
    let answer = |name: &str| match IndexPage::new(page.as_bytes(), &project) {
        Err(_) => json!("refused"),
        Ok(page) => match page.file(name, &mut PageSpace::new()) {
            Err(_) => json!("refused"),
            Ok(None) => Value::Null,
            Ok(Some(file)) => file.hashes.iter().map(|digest| json!(digest.to_string())).collect(),
        },
    };
    FILES.iter().map(|name| ((*name).to_owned(), answer(name))).collect()
}

struct Random(ChaCha20Rng);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % count
    }

    fn one_of<'p>(&mut self, parts: &[&'p str]) -> &'p str {
        parts[self.below(parts.len())]
    }

    fn page(&mut self) -> String {
        let mut page =
            self.one_of(&["", "", "<!DOCTYPE html>", "<!doctype html>\n<html><body>"]).to_owned();
        for _ in 0..=self.below(4) {
            match self.below(5) {
                0 => page.push_str(self.one_of(PIECES)),
                _ => page.push_str(&self.link()),
            }
        }
        for _ in 0..self.below(3) {
            self.damage(&mut page);
        }
        page
    }

    fn link(&mut self) -> String {
        let name = self.one_of(&FILES);
        let hash = self.one_of(&["a", "b", "c"]).repeat(64);
        let address = match self.below(4) {
            0 => name.replace('+', "%2b").replace('a', "%61"),
            _ => name.to_owned(),
        };
        let folder =
            self.one_of(&["", "/p/", "https://h/x/", "/q/", "../../p/", "/p/?x=/", "/r/", "x?y="]);
        let quote = self.one_of(&["\"", "\"", "'"]);
        let more = self.one_of(&[
            "",
            " data-yanked",
            " data-yanked=\"a &gt; b\"",
            " rel='x'",
            " data-core-metadata=\"true\"",
        ]);
        let behind = self.one_of(&["", "", "", "", "", "", "&amp;x=1", "&amp;sha256=00"]);
        let text = self.one_of(&["", " "]);
        format!(
            "<a{more} href={quote}{folder}{address}#sha256={hash}{behind}{quote}>{text}{name}</a>"
        )
    }

    /// Puts in, takes out or doubles something small.
    fn damage(&mut self, page: &mut String) {
        if page.is_empty() {
            return;
        }
        let place = boundary(page, self.below(page.len()));
        match self.below(3) {
            0 => page.insert_str(place, self.one_of(ODD)),
            1 => drop(page.remove(place)),
            _ => {
                let end = boundary(page, (place + self.below(12)).min(page.len()));
                let twice = page[place..end].to_owned();
                page.insert_str(place, &twice);
            }
        }
    }
}

/// The nearest boundary of characters before a place, or the place itself.
fn boundary(text: &str, place: usize) -> usize {
    (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap()
}

/// What may stand between links: some of it hides them.
const PIECES: &[&str] = &[
    "<br/>",
    "\n",
    "text",
    "<p>",
    "<!-- x -->",
    "<!--",
    "-->",
    "<!-- > ",
    "<!-->",
    "<!--->",
    "--!>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<![CDATA[",
    "]]>",
    "<?x ",
    "<!x ",
    "</",
    "<a>",
    "<base href=\"x\">",
    "<h1>x</h1>",
    "&amp;",
    "&lt;a href=x&gt;",
    "<svg>",
    "<noscript>",
    "<a href=\"d.zip\">",
    "</a>",
    "<plaintext>",
];

/// What is put in at any place.
const ODD: &[&str] = &[
    "<", ">", "\"", "'", "&", ";", "=", "/", "!", "-", "--", " ", "\n", "\t", "\u{c}", "#", "%",
    "a", "<a", "</a>", "<!--", "-->", "&#97;", "&#x2f;", "href", "sha256", "\u{e9}", "\0", "/>",
    "?",
];
