//! Index pages as PyPI and others write them, and such as no two readers would take alike.

use super::*;
use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

fn project() -> ProjectName {
    ProjectName::new("six").unwrap()
}

fn digest(hex: &str) -> Digest {
    Digest::from_hex(HashAlgorithm::Sha256, hex.as_bytes()).unwrap()
}

fn ask(page: &str, name: &str) -> Result<Option<PageFile>, PageError> {
    IndexPage::new(page.as_bytes(), &project())?.file(name, &mut PageSpace::new())
}

fn stated(page: &str, name: &str) -> Option<Vec<Digest>> {
    ask(page, name)
        .unwrap_or_else(|error| panic!("{error}: {page}"))
        .map(|file| file.hashes.iter().copied().collect())
}

/// As PyPI writes it.
fn html() -> String {
    format!(
        r##"<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <title>Links for six</title>
  </head>
  <body>
    <h1>Links for six</h1>
<a href="../../packages/71/39/x/six-1.17.0-py2.py3-none-any.whl#sha256={A}" data-requires-python="!=3.0.*,&gt;=2.7" data-dist-info-metadata="sha256={B}" data-core-metadata="sha256={B}">six-1.17.0-py2.py3-none-any.whl</a><br />
<a href="https://files.example.org/six-0.9.zip#sha256={B}"
   data-yanked="broken &amp; &quot;bad&quot;">six-0.9.zip</a><br/>
<a href='/six-1.0%2Blocal.tar.gz?x=1#md5=00' data-yanked>six-1.0+local.tar.gz</a>
</body>
</html>
<!--SERIAL 12345-->
"##
    )
}

/// As PyPI writes it, with members in no order.
fn json() -> String {
    format!(
        r#"{{"meta": {{"api-version": "1.4", "_last-serial": 12345}}, "name": "six", "versions": ["0.9", "1.17.0"],
"files": [
 {{"filename": "six-1.17.0-py2.py3-none-any.whl", "hashes": {{"sha256": "{A}"}}, "requires-python": "!=3.0.*,>=2.7", "size": 11050,
   "core-metadata": {{"sha256": "{B}"}}, "data-dist-info-metadata": false, "url": "u", "yanked": false, "provenance": null}},
 {{"filename": "six-0.9.zip", "hashes": {{"sha256": "{B}", "md5": "00"}}, "url": "u", "yanked": "broken & \"bad\"", "requires-python": null}},
 {{"filename": "six-1.0+local.tar.gz", "hashes": {{}}, "yanked": true, "url": "u", "dist-info-metadata": true}}
]}}"#
    )
}

#[test]
fn every_file_is_given_with_its_link() {
    let each = |page: &str| {
        let mut files = Vec::new();
        IndexPage::new(page.as_bytes(), &project())
            .unwrap()
            .each_file(&mut PageSpace::new(), |file, link| {
                files.push((
                    String::from(file.name.as_str()),
                    String::from(link),
                    file.core_metadata,
                ));
            })
            .map(|_| files)
    };
    let hashed = {
        let mut hashes = Hashes::new();
        hashes.insert(digest(B));
        CoreMetadata::Hashed(hashes)
    };
    let names = ["six-1.17.0-py2.py3-none-any.whl", "six-0.9.zip", "six-1.0+local.tar.gz"];
    let links = [
        "../../packages/71/39/x/six-1.17.0-py2.py3-none-any.whl",
        "https://files.example.org/six-0.9.zip",
        "/six-1.0%2Blocal.tar.gz?x=1",
    ];
    for (page, links, metadata) in [
        (html(), links, [hashed, CoreMetadata::Absent, CoreMetadata::Absent]),
        (json(), ["u"; 3], [hashed, CoreMetadata::Absent, CoreMetadata::Present]),
    ] {
        let expected = names.iter().zip(links).zip(metadata);
        let expected: Vec<_> = expected
            .map(|((name, link), metadata)| (String::from(*name), String::from(link), metadata))
            .collect();
        assert_eq!(each(&page), Ok(expected));
    }
    // In JSON, a link that is missing, no text or too long is nothing; one within bounds is all
    // there, decoded and without its end.
    let long = "x".repeat(LINK_LENGTH_MAX);
    for (url, link) in [
        (String::from(r#""u": 1"#), String::new()),
        (String::from(r#""url": null"#), String::new()),
        (format!(r#""url": "{long}x""#), String::new()),
        (format!(r#""url": "{}""#, "x".repeat(100_000)), String::new()),
        (format!(r#""url": "{long}""#), long.clone()),
        (String::from(r#""url": "a\u0062#sha256=c""#), String::from("ab")),
    ] {
        let page = format!(
            r#"{{"meta": {{"api-version": "1.1"}}, "name": "six", "files": [{{"filename": "six-1.zip", "hashes": {{}}, {url}}}]}}"#
        );
        assert_eq!(
            each(&page),
            Ok(Vec::from([(String::from("six-1.zip"), link, CoreMetadata::Absent)]))
        );
    }
    // A page that is refused is refused whoever asks.
    assert!(each(&html().replace("</html>", "<script>")).is_err());
    assert_eq!(
        each(&json().replace("\"name\": \"six\"", "\"name\": \"seven\"")),
        Err(PageError::Project)
    );
}

#[test]
fn both_forms_say_the_same() {
    for page in [html(), json()] {
        let wheel = ask(&page, "six-1.17.0-py2.py3-none-any.whl").unwrap().unwrap();
        assert_eq!(wheel.name, "six-1.17.0-py2.py3-none-any.whl");
        assert_eq!(wheel.hashes.iter().copied().collect::<Vec<_>>(), [digest(A)]);
        assert_eq!(wheel.requires_python.as_deref(), Some("!=3.0.*,>=2.7"));
        assert_eq!(wheel.yanked, None);
        let CoreMetadata::Hashed(hashes) = wheel.core_metadata else { panic!("{wheel:?}") };
        assert_eq!(hashes.iter().copied().collect::<Vec<_>>(), [digest(B)]);
        let zip = ask(&page, "six-0.9.zip").unwrap().unwrap();
        assert_eq!(zip.yanked.as_deref(), Some("broken & \"bad\""));
        assert_eq!((zip.requires_python, zip.core_metadata), (None, CoreMetadata::Absent));
        let old = ask(&page, "six-1.0+local.tar.gz").unwrap().unwrap();
        assert!(old.hashes.is_empty());
        assert_eq!(old.yanked.as_deref(), Some(""));
        for absent in ["six-2.0.zip", "SIX-0.9.zip", "six-0.9.zi", ""] {
            assert_eq!(ask(&page, absent), Ok(None), "{absent}");
        }
    }
    assert_eq!(ask(&json(), "six-1.17.0-py2.py3-none-any.whl").unwrap().unwrap().size, Some(11050));
}

#[test]
fn a_file_can_be_asked_for_by_its_hash() {
    for page in [html(), json()] {
        let project = project();
        let page = IndexPage::new(page.as_bytes(), &project).unwrap();
        let mut space = PageSpace::new();
        let mut name =
            |hex: &str| page.file_with(&digest(hex), &mut space).unwrap().map(|file| file.name);
        assert_eq!(name(A).as_deref(), Some("six-1.17.0-py2.py3-none-any.whl"));
        assert_eq!(name(B).as_deref(), Some("six-0.9.zip"));
        assert_eq!(name(&A.replace('b', "c")), None);
    }
}

#[test]
fn a_page_that_names_the_file_twice_is_refused() {
    let entry = |name: &str, hash: &str| format!(r##"<a href="{name}#sha256={hash}">{name}</a>"##);
    let twice = format!("{}{}{}", entry("a.zip", A), entry("b.zip", B), entry("a.zip", B));
    assert!(matches!(ask(&twice, "a.zip"), Err(PageError::FileTwice { .. })));
    assert_eq!(stated(&twice, "b.zip"), Some(std::vec![digest(B)]));
    // Whichever of the two has the hash.
    let project = project();
    let page = IndexPage::new(twice.as_bytes(), &project).unwrap();
    assert!(matches!(
        page.file_with(&digest(A), &mut PageSpace::new()),
        Err(PageError::FileTwice { .. })
    ));
    // The same entry twice is twice, and so is one that is spelled in another way.
    assert!(ask(&format!("{0}{0}", entry("a.zip", A)), "a.zip").is_err());
    let spelled = format!(r##"{}<a href="%61.zip#sha256={B}">&#97;.zip</a>"##, entry("a.zip", A));
    assert!(matches!(ask(&spelled, "a.zip"), Err(PageError::FileTwice { .. })));
    let entry = |name: &str, hash: &str| {
        format!(r#"{{"filename":"{name}","hashes":{{"sha256":"{hash}"}}}}"#)
    };
    let twice = page_of(&format!(
        "{},{},{}",
        entry("a.zip", A),
        entry("b.zip", B),
        entry("\\u0061.zip", B)
    ));
    assert!(matches!(ask(&twice, "a.zip"), Err(PageError::FileTwice { .. })));
    assert!(ask(&twice, "b.zip").is_ok());
}

fn page_of(files: &str) -> String {
    format!(r#"{{"meta":{{"api-version":"1.0"}},"name":"six","files":[{files}]}}"#)
}

#[test]
fn a_page_in_json_is_read_strictly() {
    let file = format!(r#"{{"filename":"a.zip","hashes":{{"sha256":"{A}"}}}}"#);
    assert!(ask(&page_of(&file), "a.zip").unwrap().is_some());
    let code = |page: &str| ask(page, "a.zip").unwrap_err().code();
    for (page, expected) in [
        (page_of(&file.replace(A, "00")), "invalid-form"),
        (page_of(&file.replace(&format!(r#"{{"sha256":"{A}"}}"#), "[]")), "wrong-type"),
        (page_of(r#"{"filename":"a.zip"}"#), "missing-member"),
        (page_of(r#"{"hashes":{}}"#), "missing-member"),
        // Wherever it is, and in whatever order the members are.
        (
            page_of(&format!(
                r#"{{"filename":"b.zip","hashes":{{"sha256":"{A}","sha256":"{B}"}}}}"#
            )),
            "duplicate-member",
        ),
        (
            page_of(&format!(r#"{{"filename":"b.zip","hashes":{{}},"filename":"a.zip"}},{file}"#)),
            "duplicate-member",
        ),
        (
            page_of(&format!(
                r#"{{"url":1,"hashes":{{}},"filename":"b.zip","x":{{"b":1,"a":2,"b":3}}}},{file}"#
            )),
            "duplicate-member",
        ),
        (format!("{}x", page_of(&file)), "trailing-data"),
        (page_of(&file).replace("\"name\":\"six\"", "\"name\":\"seven\""), "page-project"),
        (page_of(&file).replace("\"name\":\"six\",", ""), "missing-member"),
        (page_of(&file).replace("1.0", "2.0"), "page-version"),
        (page_of(&file).replace("api-version", "version"), "missing-member"),
        (page_of(&file).replace("\"files\"", "\"file\""), "missing-member"),
        (page_of(&file).replace("]}", "]"), "unexpected-end"),
        (
            format!("{{\"files\":[{file}],{}", page_of(&file).strip_prefix('{').unwrap()),
            "duplicate-member",
        ),
    ] {
        assert_eq!(code(&page), expected, "{page}");
    }
}

#[test]
fn a_page_in_html_is_read_strictly() {
    let link = format!(r##"<a href="/p/a.zip#sha256={A}">a.zip</a>"##);
    assert!(ask(&link, "a.zip").unwrap().is_some());
    for good in [
        format!("<A HREF='/p/a.zip#sha256={A}' >\n a.zip </A >"),
        format!("<!doctype HTML>{link}"),
        format!("<p>1 > 2 &nbsp;{link}</p><!-- no end -->"),
        format!("<a rel=\"x\" href=\"a.zip#sha256={}&amp;x=y\">a.zip</a>", A.to_uppercase()),
        format!("<ul><li>{link}<li>x</ul>"),
    ] {
        assert_eq!(stated(&good, "a.zip"), Some(std::vec![digest(A)]), "{good}");
    }
    for bad in [
        // Other elements, some of which would hide a link or show one.
        format!("<script>{link}</script>"),
        format!("<textarea>{link}</textarea>"),
        format!("<template>{link}</template>"),
        format!("<base href=x>{link}"),
        format!("<?xml?>{link}"),
        format!("<![CDATA[{link}]]>"),
        // Comments.
        format!("<!-- {link} -->"),
        format!("<!-->{link}<!-- -->"),
        format!("<!--->{link}<!-- -->"),
        format!("<!-- a --!>{link}<!-- -->"),
        format!("<!-- a -- b -->{link}"),
        format!("{link}<!-- "),
        // Links.
        link.replace("</a>", ""),
        link.replace("</a>", "</b>"),
        link.replace("</a>", "<b>x</b></a>"),
        link.replace("a.zip<", "<b>a.zip</b><"),
        format!("{link}</a>"),
        link.replace("\">", "\"/>"),
        link.replace(">a.zip", ">b.zip"),
        link.replace(">a.zip", ">"),
        link.replace("/p/a.zip", "/p/b.zip"),
        link.replace("/p/a.zip", "/p/a.zip/"),
        link.replace("/p/a.zip", "/p/%6.zip"),
        link.replace("/p/a.zip", "/p/%2Fa.zip"),
        link.replace("#sha256", "#sha\n256"),
        link.replace("/p/a.zip", "/p/a\t.zip"),
        link.replace("/p/a.zip", " /p/a.zip"),
        link.replace("/p/a.zip", "/p\\a.zip"),
        link.replace("/p/a.zip", "/p/&eacute;/a.zip"),
        link.replace("/p/a.zip", "/p/\u{e9}/a.zip"),
        link.replace("/p/a.zip", "//a.zip"),
        link.replace("/p/a.zip", "https://a.zip"),
        link.replace("/p/a.zip", "x:a.zip"),
        link.replace("href", "name"),
        link.replace("<a ", "<a href='b.zip' "),
        link.replace("<a ", "<a HREF='b.zip' "),
        // Attributes.
        link.replace('"', ""),
        link.replace("<a ", "<a data-yanked=x "),
        link.replace("<a ", "<a x='1'y='2' "),
        link.replace("<a ", "<a x='1 "),
        link.replace("<a ", "<a ='1' "),
        link.replace("<a href", "<ahref"),
        // Hashes.
        link.replace(A, "00"),
        link.replace(A, &format!("{A}00")),
        link.replace(A, &format!("{A}&amp;sha256={B}")),
        link.replace(A, &format!("%62{}", A.strip_prefix('b').unwrap())),
        link.replace("<a ", "<a data-core-metadata='sha256=0' "),
        // Characters.
        link.replace("a.zip<", "a.zip&lt<"),
        link.replace("a.zip<", "a.zip&nbsp;<"),
        link.replace("a.zip<", "a.zip&#0;<"),
        link.replace("a.zip<", "a.zip&#x80;<"),
        link.replace("a.zip<", "a.zip&#xd800;<"),
        link.replace("a.zip<", "a.zip&#;<"),
        link.replace("a.zip<", "a.zip\0<"),
        link.replace("/p/a.zip", "/p?a&b/a.zip"),
        format!("<title>{link}</title>"),
        format!("<title>{link}"),
        "<!-- nothing -->".into(),
        "<!doctype html".into(),
        "<".into(),
        "<a".into(),
    ] {
        assert!(
            matches!(ask(&bad, "a.zip"), Err(PageError::Html { .. })),
            "{bad}: {:?}",
            ask(&bad, "a.zip")
        );
    }
    let version = format!("<meta name='pypi:repository-version' content='2.0'>{link}");
    assert_eq!(ask(&version, "a.zip"), Err(PageError::Version));
    assert!(matches!(
        IndexPage::new(b"<p>\xff", &project()).unwrap().file("a", &mut PageSpace::new()),
        Err(PageError::Html { position: 3, .. })
    ));
}

#[test]
fn every_cut_of_a_page_is_refused_or_says_nothing_new() {
    for (page, lasts) in [(html(), true), (json(), false)] {
        let whole = ask(&page, "six-0.9.zip").unwrap();
        for length in 0..page.trim_end().len() {
            // HTML has no end that must be there.
            if let Some(Ok(answer)) = page.get(..length).map(|cut| ask(cut, "six-0.9.zip")) {
                assert!(lasts && (answer.is_none() || answer == whole), "{length}");
            }
        }
    }
}

#[test]
fn long_texts_are_cut_and_long_names_are_no_file_s() {
    let long = "x".repeat(PAGE_TEXT_LENGTH_MAX + 1);
    let html = format!(r##"<a href="a.zip#sha256={A}" data-yanked="{long}">a.zip</a>"##);
    let json = page_of(&format!(r#"{{"filename":"a.zip","hashes":{{}},"yanked":"{long}"}}"#));
    for page in [html, json] {
        assert_eq!(
            ask(&page, "a.zip").unwrap().unwrap().yanked.unwrap().len(),
            PAGE_TEXT_LENGTH_MAX
        );
    }
    let name = "a".repeat(FILE_NAME_LENGTH_MAX);
    let html = format!(r##"<a href="{name}b#sha256={A}">{name}b</a>"##);
    let json = page_of(&format!(r#"{{"filename":"{name}b","hashes":{{"sha256":"{A}"}}}}"#));
    for page in [html, json] {
        assert_eq!(ask(&page, &name), Ok(None));
        let project = project();
        let page = IndexPage::new(page.as_bytes(), &project).unwrap();
        assert_eq!(page.file_with(&digest(A), &mut PageSpace::new()), Ok(None));
    }
}

#[test]
fn the_form_shows_in_the_first_character() {
    for text in ["", " ", "x", "[]", "\u{feff}{}"] {
        assert_eq!(ask(text, "a"), Err(PageError::Form), "{text:?}");
    }
    let long = std::vec![b'<'; usize::try_from(PAGE_LENGTH_MAX).unwrap() + 1];
    assert_eq!(IndexPage::new(&long, &project()).unwrap_err(), PageError::Length);
}

#[test]
fn a_page_says_of_what_kinds_its_hashes_are() {
    let json = |hashes: &str| {
        format!(
            r#"{{"files":[{{"filename":"six-1.0.zip","hashes":{{{hashes}}}}}],"meta":{{"api-version":"1.0"}},"name":"six"}}"#
        )
    };
    let states = |page: &str, algorithm| {
        let project = project();
        IndexPage::new(page.as_bytes(), &project)
            .unwrap()
            .states(algorithm, &mut PageSpace::new())
            .unwrap()
    };
    for (page, expected) in [
        (html(), [true, false, false]),
        (json(&format!(r#""sha256":"{A}""#)), [true, false, false]),
        (json(&format!(r#""sha512":"{A}{A}""#)), [false, true, false]),
        (json(r#""md5":"00""#), [false, false, false]),
    ] {
        let kinds = [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256];
        assert_eq!(kinds.map(|algorithm| states(&page, algorithm)), expected, "{page}");
    }
}

/// Returns what a page says of its project, and the file that it names, in both forms.
fn with_status(json: &str, html: &str) -> [String; 2] {
    let file = format!(r#"{{"filename":"a.zip","hashes":{{"sha256":"{A}"}}}}"#);
    [
        page_of(&file).replacen('{', &format!("{{{json}"), 1),
        format!(
            r##"<!DOCTYPE html><html><head>{html}</head><a
                href="a.zip#sha256={A}">a.zip</a></html>"##
        ),
    ]
}

fn status(page: &str) -> Result<ProjectStatus, PageError> {
    let project = project();
    let read =
        IndexPage::new(page.as_bytes(), &project)?.each_file(&mut PageSpace::new(), |_, _| {});
    #[cfg(feature = "alloc")]
    {
        let index = PageIndex::new(page, &project, &mut PageSpace::new())
            .map(|index| index.status().clone());
        assert_eq!(index, read);
    }
    read
}

#[test]
fn both_forms_state_what_became_of_the_project() {
    let stated = |marker, reason: Option<&str>| {
        Ok(ProjectStatus {
            marker,
            reason: reason.map(|text| heapless::String::try_from(text).unwrap()),
        })
    };
    let other = |text: &str| StatusMarker::Other(heapless::String::try_from(text).unwrap());
    let long = "x".repeat(PROJECT_STATUS_LENGTH_MAX);
    for (marker, text) in [
        (StatusMarker::Active, "active"),
        (StatusMarker::Archived, "archived"),
        (StatusMarker::Deprecated, "deprecated"),
        (StatusMarker::Quarantined, "quarantined"),
        (StatusMarker::Quarantined, " Quarantined "),
        (other("haunted"), "haunted"),
        (other(""), ""),
        (other(&long), &format!("{long}y")),
    ] {
        let json = format!(r#""project-status":{{"status":"{text}","reason":"a & \u0062"}},"#);
        let html = format!(
            "<meta name=\"pypi:project-status\" content=\"{text}\"><META \
             NAME='PyPI:project-status-reason' CONTENT='a &amp; &#98;'/>"
        );
        for page in with_status(&json, &html) {
            assert_eq!(status(&page), stated(marker.clone(), Some("a & b")), "{page}");
            assert!(ask(&page, "a.zip").unwrap().is_some());
        }
        let html = format!("<meta content='{text}' name='pypi:project-status'>");
        for page in with_status(&format!(r#""project-status":{{"status":"{text}"}},"#), &html) {
            assert_eq!(status(&page), stated(marker.clone(), None), "{page}");
        }
    }
    // Nothing said is active; so is `null`. PEP 792 has two names for the member.
    for (json, expected) in [
        ("", StatusMarker::Active),
        (r#""project-status":null,"#, StatusMarker::Active),
        (r#""project-status":{},"#, StatusMarker::Active),
        (r#""project-status":{"status":null,"reason":null},"#, StatusMarker::Active),
        (r#""project-status":{"state":"quarantined"},"#, StatusMarker::Quarantined),
        (
            r#""project-status":{"state":"active","status":"quarantined"},"#,
            StatusMarker::Quarantined,
        ),
        (r#""project-status":{"status":"archived","reason":1,"x":[]},"#, StatusMarker::Archived),
    ] {
        let [page, _] = with_status(json, "");
        assert_eq!(status(&page), stated(expected, None), "{page}");
    }
    for (html, expected) in [
        ("", StatusMarker::Active),
        ("<meta name='pypi:project-status'>", StatusMarker::Active),
        ("<meta name='project-status' content='quarantined'>", StatusMarker::Active),
    ] {
        let [_, page] = with_status("", html);
        assert_eq!(status(&page), stated(expected, None), "{page}");
    }
    // A project has one status, so that a page with two is refused.
    for name in ["status", "status-reason"] {
        let meta = format!("<meta name='pypi:project-{name}' content='active'>");
        let [_, page] = with_status("", &format!("{meta}{meta}"));
        assert!(matches!(status(&page), Err(PageError::Html { .. })), "{page}");
    }
    for json in [r#""project-status":"quarantined","#, r#""project-status":{"status":1},"#] {
        let [page, _] = with_status(json, "");
        assert_eq!(status(&page).unwrap_err().code(), "wrong-type", "{page}");
    }
}

#[test]
fn the_newer_key_of_metadata_beats_the_older_one() {
    let hashed = {
        let mut hashes = Hashes::new();
        hashes.insert(digest(B));
        CoreMetadata::Hashed(hashes)
    };
    let stated = |page: &str| ask(page, "a.zip").unwrap().unwrap().core_metadata;
    let json_hashed = format!(r#"{{"sha256":"{B}"}}"#);
    for (newer, older, expected) in [
        (Some("false"), Some("true"), CoreMetadata::Absent),
        (Some("false"), Some(json_hashed.as_str()), CoreMetadata::Absent),
        (Some("true"), Some("false"), CoreMetadata::Present),
        (Some(&json_hashed), Some("false"), hashed),
        (Some("null"), Some("true"), CoreMetadata::Present),
        (None, Some("true"), CoreMetadata::Present),
        (None, Some("null"), CoreMetadata::Absent),
        (Some("null"), None, CoreMetadata::Absent),
    ] {
        let member = |name: &str, value: Option<&str>| {
            value.map(|value| format!(r#""{name}":{value},"#)).unwrap_or_default()
        };
        let newer_json = member("core-metadata", newer);
        for name in ["dist-info-metadata", "data-dist-info-metadata"] {
            let older = member(name, older);
            for members in [format!("{newer_json}{older}"), format!("{older}{newer_json}")] {
                let page = page_of(&format!(r#"{{{members}"filename":"a.zip","hashes":{{}}}}"#));
                assert_eq!(stated(&page), expected, "{page}");
            }
        }
        // HTML has no `null`.
        if newer == Some("null") || older == Some("null") {
            continue;
        }
        let attribute = |name: &str, value: Option<&str>| {
            let value = value.map(|value| value.replace(&json_hashed, &format!("sha256={B}")));
            value.map(|value| format!(" {name}='{value}'")).unwrap_or_default()
        };
        let (newer, older) =
            (attribute("data-core-metadata", newer), attribute("data-dist-info-metadata", older));
        for attributes in [format!("{newer}{older}"), format!("{older}{newer}")] {
            let page = format!("<a href='a.zip'{attributes}>a.zip</a>");
            assert_eq!(stated(&page), expected, "{page}");
        }
    }
}

#[test]
fn null_is_nothing_in_every_member_that_need_not_be_there() {
    let file = |member: &str| {
        page_of(&format!(r#"{{"filename":"a.zip","hashes":{{"sha256":"{A}"}}{member}}}"#))
    };
    let bare = ask(&file(""), "a.zip").unwrap();
    for name in [
        "core-metadata",
        "data-dist-info-metadata",
        "dist-info-metadata",
        "gpg-sig",
        "provenance",
        "requires-python",
        "size",
        "upload-time",
        "url",
        "yanked",
    ] {
        assert_eq!(ask(&file(&format!(r#","{name}":null"#)), "a.zip").unwrap(), bare, "{name}");
    }
    let hashes = format!(r#"{{"sha256":"{A}","sha512":null,"md5":null}}"#);
    let page = page_of(&format!(r#"{{"filename":"a.zip","hashes":{hashes}}}"#));
    assert_eq!(ask(&page, "a.zip").unwrap(), bare);
    // What must be there must be something.
    for (from, to) in
        [("\"a.zip\"", "null"), ("\"six\"", "null"), ("\"1.0\"", "null"), ("[{", "null,\"x\":[{")]
    {
        let page = file("").replacen(from, to, 1);
        assert_eq!(ask(&page, "a.zip").unwrap_err().code(), "wrong-type", "{page}");
    }
}

#[test]
fn an_error_names_what_it_is_about() {
    let link = format!(r##"<a href="/p/a.zip#sha256={A}">a.zip</a>"##);
    for (page, about, text) in [
        (
            format!("<html><marquee>{link}"),
            Some("marquee"),
            "an element that is not known, `marquee`, at byte 14",
        ),
        (
            format!("<?xml version='1'?>{link}"),
            Some("?xml"),
            "an element that is not known, `?xml`, at byte 1",
        ),
        (
            format!("<![CDATA[{link}]]>"),
            Some("![CDATA["),
            "an element that is not known, `![CDATA[`, at byte 1",
        ),
        ("<".into(), None, "an element that is not known, at byte 1"),
        ("<b\u{202e}x>".into(), Some("b"), "a malformed tag, `b`, at byte 2"),
        (
            format!("<\u{202e}x y>{link}"),
            Some("\u{202e}x"),
            "an element that is not known, `\\u{202e}x`, at byte 1",
        ),
        (
            link.replace(">a.zip", "> <b>x</b>a.zip"),
            Some("b"),
            "an element within a link or a title, `b`, at byte 95",
        ),
        (
            link.replace("href", "class=x href"),
            Some("class"),
            "an attribute without quotes, `class`, at byte 9",
        ),
        (
            link.replace("href", "ID='1' id='2' href"),
            Some("id"),
            "an attribute that stands twice or has no name, `id`, at byte 12",
        ),
        (
            link.replace(">a.zip", "> b.zip "),
            Some("b.zip"),
            "a link to a file that is called otherwise, `b.zip`, at byte 102",
        ),
        (link.replace(A, "00"), Some("a.zip"), "a malformed hash, `a.zip`, at byte 38"),
        (
            link.replace("href", "name"),
            Some("a.zip"),
            "a link without `href`, `a.zip`, at byte 100",
        ),
        (
            format!("{link}</a>"),
            Some("a"),
            "the end of a link that was not begun, `a`, at byte 104",
        ),
        (format!("{link}\0"), None, "a control character, at byte 101"),
        (
            format!("<{0}>", "x".repeat(80)),
            Some(&*"x".repeat(64)),
            &format!("an element that is not known, `{}`, at byte 81", "x".repeat(64)),
        ),
    ] {
        let error = ask(&page, "a.zip").unwrap_err();
        assert_eq!(error.about(page.as_bytes()), about, "{page}");
        assert_eq!(
            error.in_page(page.as_bytes()).to_string(),
            format!("the index page has {text}"),
            "{page}"
        );
        #[cfg(feature = "alloc")]
        assert!(
            PageIndex::new(page.as_bytes(), &project(), &mut PageSpace::new())
                .is_err_and(|same| same == error)
        );
        // Without the page, and with one that is another's, nothing is named that is not there.
        assert!(!error.to_string().contains("`b`") && error.about(b"").is_none());
    }
    assert_eq!(PageError::Form.in_page(b"x").to_string(), PageError::Form.to_string());
}

#[cfg(feature = "alloc")]
#[test]
fn an_index_says_what_its_page_says() {
    let entry = |name: &str, hash: &str| format!(r##"<a href="{name}#sha256={hash}">{name}</a>"##);
    let html_twice = format!("{}{}{}", entry("a.zip", A), entry("b.zip", B), entry("a.zip", B));
    let entry = |name: &str, hash: &str| {
        format!(r#" {{ "filename":"{name}","hashes":{{"sha256":"{hash}"}} }} "#)
    };
    let json_twice = page_of(&format!(
        "{},{},{}",
        entry("a.zip", A),
        entry("b.zip", B),
        entry("\\u0061.zip", B)
    ));
    let project = project();
    for page in [html(), json(), html_twice, json_twice, page_of("")] {
        let (page, mut space) = (page.as_bytes(), PageSpace::new());
        let index = PageIndex::new(page, &project, &mut space).unwrap();
        let page = IndexPage::new(page, &project).unwrap();
        let names = [
            "six-1.17.0-py2.py3-none-any.whl",
            "six-0.9.zip",
            "six-1.0+local.tar.gz",
            "a.zip",
            "b.zip",
            "c",
            "",
        ];
        for name in names {
            assert_eq!(index.file(name, &mut space), page.file(name, &mut space), "{name}");
        }
        for hash in [A, B, &A.replace('b', "c")].map(digest) {
            assert_eq!(
                index.file_with(&hash, &mut space),
                page.file_with(&hash, &mut space),
                "{hash}"
            );
        }
        for kind in [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256] {
            assert_eq!(Ok(index.states(kind)), page.states(kind, &mut space));
        }
    }
    // A file that holds nothing but its own name stands there once.
    let hash = "d42cf35afe0bcfc26772d92fe13bf3cdaf9b8cf8f0df8eebf569e6a88536e72f";
    let page = format!("<a href='a.zip#sha256={hash}'>a.zip</a>");
    let mut space = PageSpace::new();
    let index = PageIndex::new(&page, &project, &mut space).unwrap();
    assert_eq!(index.file("a.zip", &mut space).unwrap().unwrap().name, "a.zip");
    assert_eq!(index.file_with(&digest(hash), &mut space).unwrap().unwrap().name, "a.zip");
    assert_eq!(PageIndex::new("[]", &project, &mut PageSpace::new()).unwrap_err(), PageError::Form);
    let other = json().replace("\"name\": \"six\"", "\"name\": \"seven\"");
    assert_eq!(
        PageIndex::new(&other, &project, &mut PageSpace::new()).unwrap_err(),
        PageError::Project
    );
}
