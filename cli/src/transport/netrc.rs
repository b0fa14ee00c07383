//! Credentials from `.netrc`, which pip reads too.

use std::path::PathBuf;

/// Returns the login and password for `host` in the user's netrc file. A `default` entry is not
/// used. A missing or unreadable file has no credentials.
pub(super) fn credentials(host: &str) -> Option<(String, String)> {
    let path = std::env::var_os("NETRC").map(PathBuf::from).or_else(|| {
        let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
        Some(directories::BaseDirs::new()?.home_dir().join(name))
    })?;
    find(&std::fs::read_to_string(path).ok()?, host)
}

fn find(text: &str, host: &str) -> Option<(String, String)> {
    let mut in_macro = false;
    let lines = text.lines().filter(|line| {
        let first = line.split_whitespace().next();
        // A macro ends at the next empty line.
        in_macro = first.is_some() && (in_macro || first == Some("macdef"));
        !in_macro && first.is_some_and(|word| !word.starts_with('#'))
    });
    let mut words = lines.flat_map(str::split_whitespace);
    let (mut matches, mut login, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if matches && login.is_some() {
                    break;
                }
                matches = word == "machine" && words.next() == Some(host);
                (login, password) = (None, None);
            }
            "login" => login = words.next(),
            "password" => password = words.next(),
            "account" => {
                words.next();
            }
            _ => {}
        }
    }
    matches.then(|| Some((login?.to_owned(), password.unwrap_or_default().to_owned())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_host_is_found() {
        let text = "# machine c login no\nmachine a login me password one\nmachine b\n  login \
            you\n  password two\ndefault login x password y\n";
        assert_eq!(find(text, "a"), Some(("me".into(), "one".into())));
        assert_eq!(find(text, "b"), Some(("you".into(), "two".into())));
        assert_eq!(find(text, "c"), None);
    }

    #[test]
    fn what_a_macro_says_is_no_entry() {
        let text = "machine a login me\nmacdef init\nmachine b login no\n\nmachine b login you\n";
        assert_eq!(find(text, "a"), Some(("me".into(), String::new())));
        assert_eq!(find(text, "b"), Some(("you".into(), String::new())));
    }
}
