//! Texts made of the arguments: a shell that completes what is not there, or a manual of another
//! version, misleads.

use std::process::Command;

use picotuf_tests::cli::binary;

const COMMANDS: [&str; 8] =
    ["init", "refresh", "download", "verify", "check", "mirror", "show", "demo"];

fn text(words: &[&str]) -> String {
    let output = Command::new(binary()).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_is_given_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = text(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn bash_completes_what_is_typed() {
    let script = text(&["completions", "bash"]);
    let asked = "COMP_WORDS=(picotuf ref); COMP_CWORD=1; _picotuf picotuf ref picotuf; echo \
        \"${COMPREPLY[*]}\"";
    let output = Command::new("bash").args(["-c", &format!("{script}\n{asked}")]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "refresh\n");
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let page = text(&["man"]);
    assert!(page.contains(".TH picotuf 1"), "{page}");
    assert!(page.contains("\\-\\-metadata\\-url"));
    for command in COMMANDS {
        assert!(page.contains(command), "{command}");
        let page = text(&["man", command]);
        assert!(page.contains(&format!(".TH picotuf-{command} 1")), "{page}");
    }
    let output = Command::new(binary()).args(["man", "refrsh"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
