//! Names of real files on PyPI.

use super::*;

/// Names with kind, project and version. For wheels, and for sdists that end in `.tar.gz` or
/// `.zip`, these are the answers of packaging's `parse_wheel_filename` and `parse_sdist_filename`.
const REAL: &[(&str, FileKind, &str, &str)] = &[
    ("six-1.17.0-py2.py3-none-any.whl", FileKind::Wheel, "six", "1.17.0"),
    ("Django-5.2.8-py3-none-any.whl", FileKind::Wheel, "django", "5.2.8"),
    ("django-5.2.8-py3-none-any.whl", FileKind::Wheel, "django", "5.2.8"),
    ("numpy-2.3.5-cp314-cp314t-win_arm64.whl", FileKind::Wheel, "numpy", "2.3.5"),
    (
        "numpy-2.3.5-pp311-pypy311_pp73-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        FileKind::Wheel,
        "numpy",
        "2.3.5",
    ),
    (
        "zope.interface-5.4.0-cp39-cp39-manylinux2010_x86_64.whl",
        FileKind::Wheel,
        "zope-interface",
        "5.4.0",
    ),
    (
        "zope_interface-8.1.1-cp313-cp313-macosx_11_0_arm64.whl",
        FileKind::Wheel,
        "zope-interface",
        "8.1.1",
    ),
    ("typing_extensions-4.15.0-py3-none-any.whl", FileKind::Wheel, "typing-extensions", "4.15.0"),
    ("ruamel.yaml-0.18.16-py3-none-any.whl", FileKind::Wheel, "ruamel-yaml", "0.18.16"),
    ("torch-2.0.1+cu118-cp311-cp311-linux_x86_64.whl", FileKind::Wheel, "torch", "2.0.1+cu118"),
    (
        "tensorflow-2.0.0a0-cp27-cp27m-macosx_10_11_x86_64.whl",
        FileKind::Wheel,
        "tensorflow",
        "2.0.0a0",
    ),
    (
        "tf_nightly-2.1.0.dev20200106-cp37-cp37m-win_amd64.whl",
        FileKind::Wheel,
        "tf-nightly",
        "2.1.0.dev20200106",
    ),
    (
        "cryptography-46.0.3-cp38-abi3-musllinux_1_2_aarch64.whl",
        FileKind::Wheel,
        "cryptography",
        "46.0.3",
    ),
    ("pip-25.3-py3-none-any.whl", FileKind::Wheel, "pip", "25.3"),
    ("setuptools-0.7.2-py2.7.egg", FileKind::Egg, "setuptools", "0.7.2"),
    (
        "scipy-1.16.3-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        FileKind::Wheel,
        "scipy",
        "1.16.3",
    ),
    ("PyQt5-5.15.11-cp38-abi3-win32.whl", FileKind::Wheel, "pyqt5", "5.15.11"),
    ("opencv_python-4.12.0.88-cp37-abi3-win32.whl", FileKind::Wheel, "opencv-python", "4.12.0.88"),
    (
        "google_cloud_storage-3.5.0-py3-none-any.whl",
        FileKind::Wheel,
        "google-cloud-storage",
        "3.5.0",
    ),
    (
        "backports.zoneinfo-0.2.1-cp38-cp38-win32.whl",
        FileKind::Wheel,
        "backports-zoneinfo",
        "0.2.1",
    ),
    ("argparse-1.4.0-py2.py3-none-any.whl", FileKind::Wheel, "argparse", "1.4.0"),
    ("pytz-2025.2-py2.py3-none-any.whl", FileKind::Wheel, "pytz", "2025.2"),
    ("certifi-2025.11.12-py3-none-any.whl", FileKind::Wheel, "certifi", "2025.11.12"),
    ("iniconfig-2.3.0-py3-none-any.whl", FileKind::Wheel, "iniconfig", "2.3.0"),
    (
        "PyYAML-6.0.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        FileKind::Wheel,
        "pyyaml",
        "6.0.1",
    ),
    ("wxPython-4.2.3-cp313-cp313-win_amd64.whl", FileKind::Wheel, "wxpython", "4.2.3"),
    ("0x10c_asm-0.0.2-py3-none-any.whl", FileKind::Wheel, "0x10c-asm", "0.0.2"),
    ("six-1.17.0.tar.gz", FileKind::Sdist, "six", "1.17.0"),
    ("Django-1.0.4.tar.gz", FileKind::Sdist, "django", "1.0.4"),
    ("django-5.2.8.tar.gz", FileKind::Sdist, "django", "5.2.8"),
    ("zope.interface-5.4.0.tar.gz", FileKind::Sdist, "zope-interface", "5.4.0"),
    ("zope_interface-8.1.1.tar.gz", FileKind::Sdist, "zope-interface", "8.1.1"),
    ("python-dateutil-2.8.2.tar.gz", FileKind::Sdist, "python-dateutil", "2.8.2"),
    ("google-cloud-core-2.4.1.tar.gz", FileKind::Sdist, "google-cloud-core", "2.4.1"),
    ("typing_extensions-4.15.0.tar.gz", FileKind::Sdist, "typing-extensions", "4.15.0"),
    ("typing-extensions-3.7.4.3.zip", FileKind::Sdist, "typing-extensions", "3.7.4.3"),
    ("numpy-1.21.5.zip", FileKind::Sdist, "numpy", "1.21.5"),
    ("pytz-2004b.tar.gz", FileKind::Sdist, "pytz", "2004b"),
    (
        "backports.ssl_match_hostname-3.7.0.1.tar.gz",
        FileKind::Sdist,
        "backports-ssl-match-hostname",
        "3.7.0.1",
    ),
    ("ruamel.yaml.clib-0.2.15.tar.gz", FileKind::Sdist, "ruamel-yaml-clib", "0.2.15"),
    ("PyYAML-3.13.zip", FileKind::Sdist, "pyyaml", "3.13"),
    ("distribute-0.6.49.tar.gz", FileKind::Sdist, "distribute", "0.6.49"),
    ("zc.buildout-2.0.0b1.tar.gz", FileKind::Sdist, "zc-buildout", "2.0.0b1"),
    ("pywin32-ctypes-0.2.3.tar.gz", FileKind::Sdist, "pywin32-ctypes", "0.2.3"),
    ("jaraco.functools-4.3.0.tar.gz", FileKind::Sdist, "jaraco-functools", "4.3.0"),
    ("Products.CMFPlone-6.1.3.tar.gz", FileKind::Sdist, "products-cmfplone", "6.1.3"),
    ("lxml-2.0alpha1.tar.gz", FileKind::Sdist, "lxml", "2.0alpha1"),
    ("Twisted-8.2.0.tar.bz2", FileKind::Sdist, "twisted", "8.2.0"),
    ("twisted-iocpsupport-1.0.4.tar.gz", FileKind::Sdist, "twisted-iocpsupport", "1.0.4"),
    ("simplejson-1.7.3.tgz", FileKind::Sdist, "simplejson", "1.7.3"),
    ("pyenchant-1.6.6.tar.xz", FileKind::Sdist, "pyenchant", "1.6.6"),
    ("zope.testing-3.0.tar", FileKind::Sdist, "zope-testing", "3.0"),
    ("setuptools-0.6c11-py2.6.egg", FileKind::Egg, "setuptools", "0.6c11"),
    ("lxml-3.4.4-py2.7-win32.egg", FileKind::Egg, "lxml", "3.4.4"),
    ("zope.interface-3.8.0-py2.7-win-amd64.egg", FileKind::Egg, "zope-interface", "3.8.0"),
    ("Genshi-0.6-py2.6-linux-x86_64.egg", FileKind::Egg, "genshi", "0.6"),
    ("setuptools-0.6c11.win32-py2.7.exe", FileKind::Installer, "setuptools", "0.6c11"),
    ("lxml-2.3.win-amd64-py2.7.exe", FileKind::Installer, "lxml", "2.3"),
    ("python-ldap-2.4.10.win32-py2.7.msi", FileKind::Installer, "python-ldap", "2.4.10"),
    ("pywinauto-0.4.0.win32.exe", FileKind::Installer, "pywinauto", "0.4.0"),
    ("Cython-0.15.1.win32-py3.2.exe", FileKind::Installer, "cython", "0.15.1"),
    ("roundup-1.4.20-1.noarch.rpm", FileKind::Rpm, "roundup", "1.4.20"),
    ("python-memcached-1.53-1.src.rpm", FileKind::Rpm, "python-memcached", "1.53"),
];

#[test]
fn names_of_real_files_are_taken_apart() {
    assert!(REAL.len() >= 60, "{}", REAL.len());
    for (text, kind, project, version) in REAL {
        let name = FileName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (name.text, name.kind, name.project.as_str(), name.version),
            (*text, *kind, *project, *version)
        );
        assert_eq!(FileKind::of_extension(text), Some(*kind));
        // Who knows the project gets the same.
        assert_eq!(FileName::of(&ProjectName::new(project).unwrap(), text), Ok(name));
    }
}

#[test]
fn a_wheel_has_tags_and_maybe_a_build() {
    let name = FileName::parse("cffi-1.0-2local-cp27-none-win32.whl").unwrap();
    assert_eq!(
        (name.version, name.build, name.tags),
        ("1.0", Some("2local"), Some("cp27-none-win32"))
    );
    let name = FileName::parse("six-1.17.0-py2.py3-none-any.whl").unwrap();
    assert_eq!((name.build, name.tags), (None, Some("py2.py3-none-any")));
}

#[test]
fn every_archive_that_an_installer_takes_is_an_sdist() {
    for extension in [
        "tar", "tar.bz2", "tar.gz", "tar.lz", "tar.lzma", "tar.xz", "tar.zst", "tbz", "tgz", "tlz",
        "txz", "zip",
    ] {
        let text = std::format!("six-1.0.{extension}");
        let name = FileName::parse(&text).unwrap();
        assert_eq!(
            (name.kind, name.project.as_str(), name.version),
            (FileKind::Sdist, "six", "1.0"),
            "{text}"
        );
        // In upper case it is none by its name, and is not passed over either.
        assert_eq!(FileKind::of_extension(&text.to_ascii_uppercase()), Some(FileKind::Sdist));
    }
    for text in ["six-1.0.tar.gz.asc", "z", "", "\u{456}zip"] {
        assert_eq!(FileKind::of_extension(text), None, "{text}");
    }
}

#[test]
fn a_dash_that_may_be_the_versions_own_is_told_by_who_knows_the_project() {
    let version = |project: &str| {
        FileName::of(&ProjectName::new(project).unwrap(), "foo-1-2.tar.gz").map(|name| name.version)
    };
    assert_eq!((version("foo"), version("foo-1")), (Ok("1-2"), Ok("2")));
    assert_eq!(FileName::parse("foo_1-2.tar.gz").map(|name| name.version), Ok("2"));
    assert_eq!(FileName::parse("foo-2-1.0.tar.gz").map(|name| name.version), Ok("1.0"));
}

#[test]
fn what_is_not_a_distributions_name_is_refused() {
    for (text, error) in [
        ("", FileNameError::Extension),
        ("six", FileNameError::Extension),
        ("six-1.0.tar.gz.asc", FileNameError::Extension),
        ("six-1.0.WHL", FileNameError::Extension),
        ("six_1.0-1_all.deb", FileNameError::Extension),
        ("../six-1.0.tar.gz", FileNameError::Characters),
        ("six\\-1.0.tar.gz", FileNameError::Characters),
        ("six -1.0.tar.gz", FileNameError::Characters),
        ("s\u{456}x-1.0.tar.gz", FileNameError::Characters),
        ("six-1.0.tar.gz\n", FileNameError::Characters),
        (".whl", FileNameError::Form),
        ("six.tar.gz", FileNameError::Form),
        ("-1.0.tar.gz", FileNameError::Name),
        ("six--1.0.tar.gz", FileNameError::Name),
        ("six-latest.tar.gz", FileNameError::Version),
        ("six-1.0-beta-x.tar.gz", FileNameError::Version),
        ("foo-1.0.linux-x86_64.tar.gz", FileNameError::Version),
        ("six-1.0-py3-none.whl", FileNameError::Form),
        ("six-1.0-1-2-py3-none-any.whl", FileNameError::Form),
        ("six-1.0-x1-py3-none-any.whl", FileNameError::Form),
        ("six-1.0-py3--any.whl", FileNameError::Form),
        ("six-1.0-py3.-none-any.whl", FileNameError::Form),
        ("six-1.0-3-none-any.whl", FileNameError::Form),
        ("s__x-1.0-py3-none-any.whl", FileNameError::Name),
        ("s+x-1.0-py3-none-any.whl", FileNameError::Name),
        ("six_-1.0-py3-none-any.whl", FileNameError::Name),
        ("six-x-py3-none-any.whl", FileNameError::Version),
        ("foo-1-2.tar.gz", FileNameError::Ambiguous),
        ("foo-bar-1.0-1.zip", FileNameError::Ambiguous),
        ("foo-1.0-2-3.tgz", FileNameError::Ambiguous),
        ("six-1.0.egg", FileNameError::Form),
        ("six-1.0-linux.egg", FileNameError::Form),
        ("six-1.0.exe", FileNameError::Form),
        ("six-1.0.rpm", FileNameError::Form),
    ] {
        assert_eq!(FileName::parse(text), Err(error), "{text:?}");
    }
    let long = std::format!("{}-1.0.tar.gz", "a".repeat(FILE_NAME_LENGTH_MAX - 10));
    assert_eq!(FileName::parse(&long), Err(FileNameError::Length));
    assert!(FileName::parse(&long[1..]).is_ok());
}

#[test]
fn who_knows_the_project_is_not_misled_by_dashes() {
    let of = |project: &str, text: &'static str| {
        FileName::of(&ProjectName::new(project).unwrap(), text)
            .map(|name| (name.project, name.version))
    };
    let name = |text: &str| ProjectName::new(text).unwrap();
    assert_eq!(of("foo-bar", "foo-bar-1.0.tar.gz"), Ok((name("foo-bar"), "1.0")));
    assert_eq!(of("foo", "foo-bar-1.0.tar.gz"), Ok((name("foo"), "bar-1.0")));
    assert_eq!(of("Foo.Bar", "foo_bar-1.0-beta-x.zip"), Ok((name("foo-bar"), "1.0-beta-x")));
    assert_eq!(of("pytz", "pytz-2004d.tar.bz2"), Ok((name("pytz"), "2004d")));
    assert_eq!(of("foo", "foo-1.0.linux-x86_64.tar.gz"), Ok((name("foo"), "1.0.linux-x86_64")));
    assert_eq!(of("s-x", "s__x-1.0-py3-none-any.whl"), Ok((name("s-x"), "1.0")));
    for (project, text) in [
        ("bar", "foo-bar-1.0.tar.gz"),
        ("foo-bar-1-0", "foo-bar-1.0.tar.gz"),
        ("fo", "foo-1.0.tar.gz"),
    ] {
        assert_eq!(of(project, text), Err(FileNameError::Project), "{project} {text}");
    }
    assert_eq!(of("foo", "foo-.tar.gz"), Err(FileNameError::Version));
    assert_eq!(of("foo", "foo--1.0.tar.gz"), Err(FileNameError::Version));
}
