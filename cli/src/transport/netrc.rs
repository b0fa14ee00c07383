//! User names and passwords from `.netrc`, where pip looks for them too.

use std::path::PathBuf;

/// The login and password that the user's netrc file has for `host`; a `default` entry is for no
/// host in particular and is not used. Without a file, or with one that cannot be read, there are
/// none.
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
        // A macro goes on to the next empty line, whatever it says.
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
