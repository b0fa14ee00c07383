//! `requirements.txt`: what pip reads, and what it would pass over.

use super::{hex, lines, read_among, read_text, refusal};

fn pin(text: &str) -> Vec<String> {
    lines(&read_text("requirements.txt", text).unwrap_or_else(|error| panic!("{text:?}: {error}")))
}

#[test]
fn lines_comments_continuations_extras_and_markers() {
    let (a, b) = (hex('a', 64), hex('b', 64));
    let text = format!(
        "\u{feff}# a comment\r\n\
         --index-url https://user:secret@example.org/simple\n\
         Django[argon2, bcrypt] == 5.1 ; python_version >= \"3.10\" \\\r\n    --hash=sha256:{a} \
             \\\n\t--hash sha512:{}  # why\n\
         \n\
         six==1.17.0 --hash=sha256:{a} --hash='sha256:{b}'\n\
         a.b_c==1!2.0+local.1 --hash=sha256:{b} --config-settings=x=y\n\
         paren (==1.0) --hash=sha256:{a}",
        hex('b', 128)
    );
    assert_eq!(
        pin(&text),
        [
            "requirements.txt:3 Django 5.1 from https://example.org/simple (* Sha256:aaaa) (* \
             Sha512:bbbb)",
            "requirements.txt:7 six 1.17.0 from https://example.org/simple (* Sha256:aaaa) (* \
             Sha256:bbbb)",
            "requirements.txt:8 a.b_c 1!2.0+local.1 from https://example.org/simple (* \
             Sha256:bbbb)",
            "requirements.txt:8 !build-options a.b_c 1!2.0+local.1",
            "requirements.txt:9 paren 1.0 from https://example.org/simple (* Sha256:aaaa)",
        ]
    );
}

#[test]
fn a_comment_ends_what_was_continued() {
    let a = hex('a', 64);
    let text =
        format!("six==1.17.0 \\\n  --hash=sha256:{a} \\\n  # via x\nnumpy==2 --hash=sha256:{a}\n");
    assert_eq!(
        pin(&text),
        [
            "requirements.txt:1 six 1.17.0 (* Sha256:aaaa)",
            "requirements.txt:4 numpy 2 (* Sha256:aaaa)"
        ]
    );
    // A hash sign inside a word is none.
    assert_eq!(
        pin("x @ https://example.org/x.whl#sha256=1"),
        ["requirements.txt:1 !url x @ https://example.org/x.whl#sha256=1"]
    );
}

#[test]
fn what_cannot_be_checked_is_listed_with_its_reason() {
    for (line, why) in [
        ("six", "unpinned"),
        ("six>=1.0,<2", "unpinned"),
        ("six==1.*", "unpinned"),
        ("six==1.0,!=1.0.1", "unpinned"),
        ("six[a]; python_version < '3'", "unpinned"),
        ("six==1.0", "no-hash"),
        ("git+https://example.org/x.git@main#egg=x", "vcs"),
        ("x @ git+ssh://example.org/x", "vcs"),
        ("hg+https://example.org/x", "vcs"),
        ("https://example.org/x-1.0.tar.gz", "url"),
        ("x[a] @ https://example.org/x-1.0.tar.gz ; python_version > '3'", "url"),
        ("./x", "path"),
        (".", "path"),
        (".[extra]", "path"),
        ("../x-1.0.tar.gz", "path"),
        ("x-1.0-py3-none-any.whl", "path"),
        ("x-1.0-py3-none-any.whl[extra]", "path"),
        ("folder/x", "path"),
        ("folder\\x", "path"),
        ("C:\\x.whl", "path"),
        ("file:///x.whl", "path"),
        ("x @ file:///x.whl", "path"),
        ("-e ./x", "editable"),
        ("-e.", "editable"),
        ("--editable=git+https://example.org/x#egg=x", "vcs"),
        ("-e ./x ; sys_platform == 'linux'", "editable"),
        ("six===1.0", "unpinned"),
        ("-r https://example.org/requirements.txt", "url"),
        ("-c file:///constraints.txt", "path"),
        ("-f https://example.org/x-1.0.tar.gz", "url"),
    ] {
        assert_eq!(pin(line), [format!("requirements.txt:1 !{why} {line}")]);
    }
    let weak = format!(
        "six==1.0 --hash=md5:{} --hash=sha256:{} --hash=sha1:{}",
        hex('a', 32),
        hex('b', 64),
        hex('c', 40)
    );
    assert_eq!(
        pin(&weak),
        [
            "requirements.txt:1 six 1.0 (* Sha256:bbbb)",
            "requirements.txt:1 !weak-hash six 1.0",
            "requirements.txt:1 !weak-hash six 1.0",
        ],
        "an installer takes any one of them"
    );
    assert_eq!(pin("six==1.0 --hash=whirlpool:abcd"), ["requirements.txt:1 !unknown-hash six 1.0"]);
}

#[test]
fn variables_are_put_in_and_not_shown() {
    let a = hex('a', 64);
    assert_eq!(
        pin(&format!("six==${{VERSION}} --hash=sha256:{a}")),
        ["requirements.txt:1 six 1.0 (* Sha256:aaaa)"]
    );
    assert_eq!(
        pin("x @ https://u:${TOKEN}@example.org/x.whl"),
        ["requirements.txt:1 !url x @ https://example.org/x.whl"]
    );
    assert_eq!(
        pin("x @ https://example.org/${TOKEN}/x.whl"),
        ["requirements.txt:1 !url x @ https://example.org/${TOKEN}/x.whl"]
    );
    for unset in ["${NOBODY}", "${EMPTY}", "$VERSION", "${version}"] {
        let said = refusal(read_text("requirements.txt", &format!("six=={unset}")));
        assert!(
            said.starts_with("invalid-lock-file requirements.txt:1 ")
                && said.contains("the line is malformed"),
            "{said}"
        );
    }
}

#[test]
fn inclusions_are_relative_to_the_file_that_includes() {
    let a = hex('a', 64);
    let inner = format!("a==1 --hash=sha256:{a}\n-r ../more.txt\n");
    let constraints = format!("b==2 --hash=sha256:{a}\nc<3\nd==4\n");
    let files = [
        ("requirements.txt", "-r sub/inner.txt\n-c constraints.txt\nsix==1.0\n"),
        ("sub/inner.txt", inner.as_str()),
        ("more.txt", "-r sub/leaf.txt"),
        ("sub/leaf.txt", "e\n"),
        ("constraints.txt", constraints.as_str()),
    ];
    assert_eq!(
        lines(&read_among(&files).unwrap()),
        [
            "inner.txt:1 a 1 (* Sha256:aaaa)",
            "leaf.txt:1 !unpinned e",
            "constraints.txt:1 b 2 (* Sha256:aaaa)",
            "constraints.txt:2 !constraint c<3",
            "constraints.txt:3 !constraint d==4",
            "requirements.txt:3 !no-hash six==1.0",
        ]
    );
}

#[test]
fn inclusions_end() {
    let cycle = [
        ("requirements.txt", "-r b.txt"),
        ("b.txt", "-r ./sub/../requirements.txt"),
        ("sub/x", ""),
    ];
    let said = refusal(read_among(&cycle));
    assert!(
        said.starts_with("invalid-lock-file b.txt:1 ") && said.ends_with("includes itself"),
        "{said}"
    );
    let said = refusal(read_among(&[("requirements.txt", "\n-r requirements.txt")]));
    assert!(said.starts_with("invalid-lock-file requirements.txt:2 "), "{said}");

    let chain: Vec<_> = (0..30)
        .map(|n| (format!("requirements{n}.txt"), format!("-r requirements{}.txt", n + 1)))
        .collect();
    let chain: Vec<_> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        refusal(read_among(&chain)),
        "lock-file-limit requirements19.txt:1 files include each other more than 20 deep"
    );

    // Each includes the next one twice: a million in all.
    let tree: Vec<_> = (0..19)
        .map(|n| {
            (
                format!("requirements{n}.txt"),
                format!("-r requirements{0}.txt\n-r requirements{0}.txt", n + 1),
            )
        })
        .collect();
    let mut tree: Vec<_> = tree.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    tree.push(("requirements19.txt", ""));
    let said = refusal(read_among(&tree));
    assert!(
        said.starts_with("lock-file-limit ")
            && said.ends_with("more than 100 files include each other"),
        "{said}"
    );

    let missing = read_text("requirements.txt", "\n-r nowhere.txt").unwrap_err();
    assert_eq!(missing.code(), "io");
    assert!(missing.to_string().contains("requirements.txt:2"), "{missing}");
}

const NOT_ONE: &str = "the line is malformed: expected NAME==VERSION, a URL or an option";
const NO_MARKER: &str = "the environment marker is malformed (PEP 508)";

#[test]
fn what_pip_would_pass_over_or_refuse_is_refused() {
    let a = hex('a', 64);
    for (text, said) in [
        (
            format!("six==1.0 --hash=sha256:{a} numpy==2.0"),
            "the requirement has text after its \
             options",
        ),
        (
            format!("six==1.0\n  --hash=sha256:{a}"),
            "the hash has no requirement: a backslash may be missing before it",
        ),
        ("six==1.0 -r other.txt".into(), "a requirement line must not have the option -r"),
        (
            "six==1.0 --index-url x".into(),
            "a requirement line must not have the option --index-url",
        ),
        ("-r a.txt -r b.txt".into(), "the line has the option -r twice"),
        ("-r a.txt -c b.txt".into(), "the line has two of -r, -c and -e"),
        ("--requir a.txt".into(), "the option --requir is unknown"),
        ("-x".into(), "the requirement has an unknown option"),
        ("-".into(), "the requirement has an unknown option"),
        ("-r".into(), "the option -r needs a value"),
        ("six==1 --hash".into(), "the option --hash needs a value"),
        ("--pre=yes".into(), "the option --pre takes no value"),
        ("-e 'x".into(), "a quotation mark without its second half"),
        ("six==1 # note \\\nnumpy==2".into(), "a comment ends with a backslash"),
        (
            "# note\x0cnumpy==2".into(),
            "some programs read the character \\u{c} as the end of a line",
        ),
        (
            "# note\u{2028}numpy==2".into(),
            "some programs read the character \\u{2028} as the end of a line",
        ),
        ("# note\rnumpy==2".into(), "some programs read the character \\u{d} as the end of a line"),
        (
            "# note\u{85}numpy==2".into(),
            "some programs read the character \\u{85} as the end of a line",
        ),
        ("six==1\0".into(), "some programs read the character \\u{0} as the end of a line"),
        (
            "# -*- coding: utf-7 -*-\nsix==1".into(),
            "the file declares an encoding other than \
             UTF-8",
        ),
        (
            "# encoding, coding= latin-1\nsix==1".into(),
            "the file declares an encoding other than \
             UTF-8",
        ),
        ("six = 1".into(), NOT_ONE),
        ("six==".into(), NOT_ONE),
        ("six==1;".into(), NO_MARKER),
        ("six==1; x".into(), NO_MARKER),
        ("six[a".into(), NOT_ONE),
        ("six (==1".into(), NOT_ONE),
        ("six 1.0".into(), NOT_ONE),
        ("six==1 numpy==2".into(), NOT_ONE),
        ("=1".into(), NOT_ONE),
        ("-six".into(), "the requirement has an unknown option"),
        ("six @ nothing".into(), NOT_ONE),
        ("_six==1".into(), "\"_six\" is not a valid project name"),
        (
            format!("six==1 --hash=sha256:{}", &a[1..]),
            "the sha256 hash has the wrong length: 63 digits",
        ),
        (
            format!("six==1 --hash=sha256:{}g", &a[1..]),
            "the sha256 hash contains 'g', which is not a hex digit",
        ),
        ("six==1 --hash=abc".into(), "the hash \"abc\" is malformed: expected ALGORITHM:HEX"),
        ("six==1 --hash=:abc".into(), "a hash without an algorithm or without a value"),
        ("six==1 --hash=whirlpool:abc".into(), "the whirlpool hash has 3 digits, an odd number"),
    ] {
        let line = text.split('\n').count().min(if text.contains("  --hash") { 2 } else { 1 });
        assert_eq!(
            refusal(read_text("requirements.txt", &text)),
            format!("invalid-lock-file requirements.txt:{line} {said}"),
            "{text:?}"
        );
    }
    // What is fine, close to the above.
    assert_eq!(
        pin("# -*- coding: utf-8 -*-\n# x\\\n--pre\n-f links --no-binary=:none:\n").len(),
        0
    );
}

/// pip 26.3 takes a constraint's hashes for a requirement that has none.
#[test]
fn a_constraint_binds_the_requirement_that_it_is_about() {
    let (a, b) = (hex('a', 64), hex('b', 64));
    let read = |requirement: &str, constraint: &str| {
        let requirement = format!("{requirement}\n-c constraints.txt\n");
        let files = [("requirements.txt", requirement.as_str()), ("constraints.txt", constraint)];
        lines(&read_among(&files).unwrap_or_else(|error| panic!("{error}")))
    };
    let pinned = format!("Six==1.0 --hash=sha256:{a}\n");
    let alone = "constraints.txt:1 Six 1.0 (* Sha256:aaaa)";
    for requirement in ["six", "six[x] ; os_name == 'y'", "SIX==1.0"] {
        let named = format!("requirements.txt:1 !hashes-in-constraints {requirement}");
        assert_eq!(read(requirement, &pinned), [named.as_str(), alone], "{requirement}");
    }
    // A hash of its own is what pip goes by then; the constraint may bind what others ask for.
    let own = format!("six==1.0 --hash=sha256:{b}");
    assert_eq!(read(&own, &pinned), ["requirements.txt:1 six 1.0 (* Sha256:bbbb)", alone]);
    // Another version, or the version on one side and the hash on the other.
    let two = "requirements.txt:1 !hashes-in-constraints six==2.0";
    assert_eq!(
        read("six==2.0", &pinned),
        [two, "requirements.txt:1 six 2.0 (* Sha256:aaaa)", alone]
    );
    let hash = format!("six --hash=sha256:{a}\n");
    assert_eq!(
        read("six==1.0", &hash),
        [
            "requirements.txt:1 !hashes-in-constraints six==1.0",
            "requirements.txt:1 six 1.0 (* Sha256:aaaa)",
            "constraints.txt:1 !unpinned six",
        ]
    );
    // Several constraints: an installer may go by the hashes of any.
    let several = format!("{pinned}six==1.0 --hash=sha256:{b}\n");
    let six = "requirements.txt:1 !hashes-in-constraints six";
    assert_eq!(read("six", &several), [six, alone, "constraints.txt:2 six 1.0 (* Sha256:bbbb)"]);
    // Without a hash it binds nothing.
    assert_eq!(
        read("six", "six==1.0\n"),
        ["requirements.txt:1 !unpinned six", "constraints.txt:1 !constraint six==1.0"]
    );
}

/// As PowerShell writes it.
#[test]
fn utf_16_is_read_and_utf_32_is_named() {
    let text = format!("six==1.0 --hash=sha256:{} # \u{1f40d}\r\n", hex('a', 64));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requirements.txt");
    let encoded = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<_>>()
    };
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        super::read(&path, &super::variables)
    };
    for bytes in
        [encoded(&[0xff, 0xfe], u16::to_le_bytes), encoded(&[0xfe, 0xff], u16::to_be_bytes)]
    {
        assert_eq!(lines(&read(&bytes).unwrap()), ["requirements.txt:1 six 1.0 (* Sha256:aaaa)"]);
        assert_eq!(
            refusal(read(&bytes[..bytes.len() - 1])),
            "invalid-lock-file requirements.txt the file has the byte order mark of UTF-16 and is \
                 not UTF-16"
                .replace("requirements.txt", "requirements.txt:1")
        );
    }
    assert_eq!(
        refusal(read(&[0xff, 0xfe, 0, 0, 0x73, 0, 0, 0])),
        "invalid-lock-file requirements.txt:1 the file is UTF-32: save it as UTF-8"
    );
    let path = folder.path().join("uv.lock");
    std::fs::write(&path, encoded(&[0xff, 0xfe], u16::to_le_bytes)).unwrap();
    assert_eq!(
        refusal(super::read(&path, &super::variables)),
        "invalid-lock-file uv.lock:1 the file is UTF-16: save it as UTF-8"
    );
}

/// Values of variables, and lines of a file that is no list.
#[test]
fn errors_and_entries_show_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let variables = |name: &str| match name {
        "TOKEN" => Some("s3cret value".to_owned()),
        "FILE" => Some("s3cret-name".to_owned()),
        "LIST" => Some("s3cret-list".to_owned()),
        "OPTION" => Some("--s3cret=1".to_owned()),
        _ => None,
    };
    write("s3cret-name", "machine example.org\nlogin joe\npassword s3cret\n");
    write("s3cret-list", "s3cret\ns3cret-too==1\n-e s3cret\n");
    let path = folder.path().join("requirements.txt");
    for text in [
        "six==1 --hash=sha256:${TOKEN}",
        "six==1 --hash=${FILE}",
        "${FILE}-==1 --hash=sha256:00",
        "${FILE}==1 --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "six==${FILE} \
         --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "-i https://example.org/${FILE}/simple\nsix==1 \
         --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "six==${TOKEN}",
        "${TOKEN}",
        "${OPTION}",
        "-r ${TOKEN}",
        "-r ${FILE}",
        "-c ${FILE}",
        "-r ${LIST}",
        "six==1 ${OPTION}",
        "--index-url https://${TOKEN}@example.org",
        "x @ https://example.org/${TOKEN}",
        "machine example.org login joe password s3cret",
        "machine example.org\nlogin joe\npassword s3cret",
        "six == s3cret value",
        "six --x=s3cret",
        "six -s3cret",
        "-r 's3cret",
    ] {
        std::fs::write(&path, text).unwrap();
        let shown = match super::read(&path, &variables) {
            Ok(lock_file) => lines(&lock_file).join("\n"),
            Err(error) => format!("{error} {:?}", error.detail()),
        };
        assert!(!shown.contains("s3cret"), "{text:?}: {shown}");
    }
}

/// uv ends the path at a `#` or at the end of the line, leaves out a `=` in front, and knows
/// `${PROJECT_ROOT}`.
#[test]
fn an_inclusion_that_pip_and_uv_read_differently_is_refused() {
    let a = hex('a', 64);
    let signed = format!("six==1.0 --hash=sha256:{a}\n");
    for (line, name) in [
        ("-r base.txt#x", "base.txt#x"),
        ("-r base.txt --pre", "base.txt"),
        ("-r=base.txt", "=base.txt"),
        ("-r ${PROJECT_ROOT}/base.txt", "${PROJECT_ROOT}/base.txt"),
        ("-r ${EMPTY}base.txt", "${EMPTY}base.txt"),
        ("-c 'base .txt'", "base .txt"),
    ] {
        let said = refusal(read_among(&[("requirements.txt", line), (name, &signed)]));
        assert!(said.starts_with("invalid-lock-file requirements.txt:1 "), "{line}: {said}");
    }
    for line in [
        "-r base.txt",
        "-rbase.txt",
        "--requirement=base.txt",
        "--requirement base.txt  # why",
        "-r './base.txt'",
    ] {
        let found =
            lines(&read_among(&[("requirements.txt", line), ("base.txt", &signed)]).unwrap());
        assert_eq!(found, ["base.txt:1 six 1.0 (* Sha256:aaaa)"], "{line}");
    }
}

/// Lines that ask for one thing are compared once, and what is pinned in all has a limit.
#[test]
fn constraints_with_many_hashes_are_not_multiplied() {
    let hashes: String = (0..2_000).map(|number| format!(" --hash=sha256:{number:064x}")).collect();
    let read = |requirements: String| {
        let text = format!("{requirements}-c constraints.txt\n");
        let constraint = format!("six==1.0{hashes}\n");
        read_among(&[("requirements.txt", text.as_str()), ("constraints.txt", constraint.as_str())])
    };
    let pinned = |lock_file: &super::LockFile| {
        let files = |entry: &super::Entry| match entry {
            super::Entry::Pinned(pinned) => pinned.files.len(),
            super::Entry::Unchecked(_) => 0,
        };
        lock_file.entries.iter().map(files).sum::<usize>()
    };
    assert_eq!(pinned(&read("six==2.0\n".repeat(1_000)).unwrap()), 4_000);
    let many = (0..600).map(|number| format!("six==2.{number}\n")).collect();
    let said = refusal(read(many));
    assert!(
        said.starts_with("lock-file-limit ") && said.ends_with("it pins more than 1000000 files"),
        "{said}"
    );
    let said = refusal(read("-i https://example.org/simple\n".repeat(101)));
    assert_eq!(said, "lock-file-limit requirements.txt:101 the file names more than 100 indexes");
}
