//! The places of target files in a mirror's folder. No target takes the place of another.
//!
//! Two file names with hashes cannot collide, but a folder could be in the place of a file. So no
//! folder may have a possible name of such a file. With plain names, the first target gets the
//! place.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::target_path::unsafe_path;

/// Assigns a place to each target.
pub(crate) struct Places {
    hashed: bool,
    names: Names,
}

impl Places {
    /// Starts with no place taken. `hashed` says whether file names start with hashes.
    pub(crate) fn new(hashed: bool, folds_case: bool) -> Self {
        Places { hashed, names: Names::new(folds_case) }
    }

    /// Assigns a place to the target.
    ///
    /// # Errors
    /// `unsafe-target-path` if the place conflicts with that of another target.
    pub(crate) fn give(&mut self, path: &str) -> Result<(), Error> {
        if self.hashed {
            return give_hashed(path);
        }
        self.names.take(path).map_err(|reason| unsafe_path(path, &reason))
    }
}

/// Assigns a place to the target of a file name with a hash, whatever the other targets are.
///
/// # Errors
/// `unsafe-target-path` if the place could conflict with that of another target.
pub(crate) fn give_hashed(path: &str) -> Result<(), Error> {
    let mut folders = path.split('/').rev().skip(1);
    match folders.any(|folder| without_hash(folder).is_some()) {
        true => Err(unsafe_path(
            path,
            &"the name of one of its folders is a possible file name of another target",
        )),
        false => Ok(()),
    }
}

/// The names of files in one folder and below it, without conflicts.
pub(crate) struct Names {
    folds_case: bool,
    /// The taken names, by the form in which the file system compares them.
    taken: BTreeMap<String, String>,
}

impl Names {
    /// Starts with no name taken. `folds_case` says whether the file system ignores case.
    pub(crate) fn new(folds_case: bool) -> Self {
        Names { folds_case, taken: BTreeMap::new() }
    }

    /// Starts with these names taken, which are in lower case.
    pub(crate) fn with(folds_case: bool, names: impl IntoIterator<Item = String>) -> Self {
        Names { folds_case, taken: names.into_iter().map(|name| (name.clone(), name)).collect() }
    }

    /// Takes a name, which may be taken again.
    ///
    /// # Errors
    /// Returns why the name conflicts with a taken one.
    pub(crate) fn take(&mut self, name: &str) -> Result<(), String> {
        let key = if self.folds_case { name.to_lowercase() } else { name.to_owned() };
        let folders = key.match_indices('/').map(|(end, _)| &key[..end]);
        if let Some(file) = folders.filter_map(|folder| self.taken.get(folder)).next() {
            return Err(format!("the file `{file}` is in the place of one of its folders"));
        }
        let below = format!("{key}/");
        if let Some((_, file)) =
            self.taken.range(below.clone()..).next().filter(|(key, _)| key.starts_with(&below))
        {
            return Err(format!("the file `{file}` needs a folder of its name"));
        }
        match self.taken.get(&key) {
            Some(other) if other != name => Err(format!(
                "the file system does not distinguish it from `{other}`, which differs only in \
                     case"
            )),
            Some(_) => Ok(()),
            None => {
                self.taken.insert(key, name.to_owned());
                Ok(())
            }
        }
    }
}

/// Returns the target paths to which a file with this name may belong, with and without a hash in
/// the name.
pub(crate) fn paths_of(name: &str) -> Vec<String> {
    let (folder, file) = name.rfind('/').map_or(("", name), |end| name.split_at(end + 1));
    let mut paths = vec![name.to_owned()];
    paths.extend(without_hash(file).map(|file| format!("{folder}{file}")));
    paths
}

/// Returns a file name without its hash, or `None` if it has none.
fn without_hash(file: &str) -> Option<&str> {
    let (hash, name) = file.split_once('.')?;
    (DIGITS.contains(&hash.len()) && hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .then_some(name)
}

/// The number of hex digits of SHA-256 and BLAKE2b-256, and of SHA-512.
const DIGITS: [usize; 2] = [64, 128];

#[cfg(test)]
mod tests {
    use super::*;

    fn given(places: &mut Places, paths: &[&str]) -> Vec<bool> {
        paths.iter().map(|path| places.give(path).is_ok()).collect()
    }

    #[test]
    fn no_folder_is_called_as_a_hashed_file_may_be() {
        let mut places = Places::new(true, false);
        for digits in [64, 128] {
            let file = format!("{}.six-1.0.whl", "0aF".repeat(43).split_at(digits).0);
            for path in [format!("six/{file}/x"), format!("{file}/x"), format!("six/{file}/a/b")] {
                assert_eq!(places.give(&path).unwrap_err().code(), "unsafe-target-path", "{path}");
            }
            assert!(places.give(&file).is_ok() && places.give(&format!("six/{file}")).is_ok());
            assert!(places.give(&format!("six/0{file}/x")).is_ok(), "no hash is so long");
        }
        // Their hashes tell these apart.
        assert_eq!(given(&mut places, &["a", "a/b", "A", "a"]), [true; 4]);
    }

    #[test]
    fn under_plain_names_the_first_has_the_place() {
        let mut places = Places::new(false, false);
        assert_eq!(
            given(&mut places, &["a", "a/b", "a/b/c", "c/d/e", "c/d", "c", "c/dd", "c-", "a", "A"]),
            [true, false, false, true, false, false, true, true, true, true]
        );
        let mut places = Places::new(false, true);
        assert_eq!(
            given(&mut places, &["a", "A", "É/b", "é/c", "é/B", "É", "A/x", "a"]),
            [true, false, true, true, false, false, false, true]
        );
    }

    #[test]
    fn a_file_may_be_the_target_of_its_name_and_of_its_name_without_the_hash() {
        let hash = "a".repeat(64);
        assert_eq!(
            paths_of(&format!("x/{hash}.y.z")),
            [format!("x/{hash}.y.z"), "x/y.z".to_owned()]
        );
        assert_eq!(paths_of(&format!("{hash}.y")), [format!("{hash}.y"), "y".to_owned()]);
        assert_eq!(paths_of(&format!("{hash}.y/z")), [format!("{hash}.y/z")]);
        assert_eq!(paths_of("x/y.z"), ["x/y.z"]);
    }
}
