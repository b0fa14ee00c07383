//! What indexes answered, kept in a folder, so that the same can be checked without a network.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use picotuf::{Digest, HashAlgorithm, Hasher, Time};

use crate::code::Code;
use crate::error::Error;
use crate::fetch::{Fetch, Found, Request};
use crate::location::{Location, shown};
use crate::store;

/// A source of the answers of indexes that keeps them, or one that has nothing but what is kept.
/// When it is dropped, the oldest answers of earlier runs go until the folder has at most 512 MiB.
/// Its own stay: otherwise the same could not be checked offline.
///
/// Answers are not signed: who can write to the folder has the power of an index. He cannot attest
/// anything, and can leave attestations out.
#[derive(Debug)]
pub struct Answers<F> {
    fetch: F,
    folder: PathBuf,
    now: Time,
    is_offline: bool,
    oldest: Mutex<Option<Time>>,
    size_max: u64,
    /// The names of the files that were written.
    kept: Mutex<HashSet<OsString>>,
}

/// An answer.
struct Answer {
    time: Time,
    found: bool,
    body: Vec<u8>,
}

impl<F> Drop for Answers<F> {
    fn drop(&mut self) {
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !kept.is_empty() {
            prune(&self.folder, self.size_max, kept);
        }
    }
}

impl<F: Fetch> Answers<F> {
    /// Asks by `fetch`, and keeps the answers in the folder. What cannot be kept is no error.
    pub fn kept(fetch: F, folder: PathBuf, now: Time) -> Self {
        let (oldest, kept) = (Mutex::default(), Mutex::default());
        Answers { fetch, folder, now, is_offline: false, oldest, size_max: SIZE_MAX, kept }
    }

    /// Asks nobody: gives the answers in the folder.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.is_offline = true;
        self
    }

    /// Returns when the oldest answer was given of those that were taken from the folder.
    pub fn oldest(&self) -> Option<Time> {
        *self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self, file: &Location<'_>) -> Result<Answer, Error> {
        let name = name(file);
        let answer = fs::read(self.folder.join(digest(name.as_bytes()).to_string()));
        let answer = answer.ok().and_then(|bytes| Answer::parse(&bytes, &name));
        let answer = answer.ok_or_else(|| {
            Error::new(Code::NothingStored, "the index's answer to this is not stored")
                .file(&name)
                .hint("check the same files once without --offline")
        })?;
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *oldest = Some(oldest.map_or(answer.time, |oldest| oldest.min(answer.time)));
        Ok(answer)
    }

    fn keep(&self, file: &Location<'_>, found: Found, body: &[u8]) {
        let name = name(file);
        let stored_as = digest(name.as_bytes()).to_string();
        let path = self.folder.join(&stored_as);
        let answer = Answer { time: self.now, found: found == Found::Yes, body: body.to_vec() };
        // Offline, it will be missing, and that is told then.
        let _ = answer.write(&name, &self.folder, &path);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(stored_as.into());
    }
}

impl<F: Fetch> Fetch for Answers<F> {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        if self.is_offline {
            for (place, Request { file, max_length, sink, .. }) in requests.into_iter().enumerate()
            {
                let found = self.stored(file).and_then(|answer| {
                    let length = usize::try_from(max_length).unwrap_or(usize::MAX);
                    sink(&answer.body[..answer.body.len().min(length)])?;
                    Ok(if answer.found { Found::Yes } else { Found::No })
                });
                if finished(place, found).is_break() {
                    return;
                }
            }
            return;
        }
        let bodies: Vec<Mutex<Vec<u8>>> = requests.iter().map(|_| Mutex::default()).collect();
        let files: Vec<&Location<'_>> = requests.iter().map(|request| request.file).collect();
        let mut sinks = Vec::new();
        let mut others = Vec::new();
        for (Request { file, max_length, accept, sink }, body) in requests.into_iter().zip(&bodies)
        {
            sinks.push(move |bytes: &[u8]| {
                body.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                sink(bytes)
            });
            others.push((file, max_length, accept));
        }
        let requests = others
            .into_iter()
            .zip(&mut sinks)
            .map(|((file, max_length, accept), sink)| Request { file, max_length, accept, sink });
        self.fetch.fetch(requests.collect(), &mut |place, found| {
            if let (Ok(found), Some(file), Some(body)) =
                (&found, files.get(place), bodies.get(place))
            {
                let body =
                    std::mem::take(&mut *body.lock().unwrap_or_else(PoisonError::into_inner));
                self.keep(file, *found, &body);
            }
            finished(place, found)
        });
    }
}

impl Answer {
    /// Reads an answer, if it is whole and to what has this name.
    fn parse(bytes: &[u8], name: &str) -> Option<Answer> {
        let mut rest = bytes;
        let mut line = || {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let (line, behind) = (rest.get(..end)?, rest.get(end.checked_add(1)?..)?);
            rest = behind;
            std::str::from_utf8(line).ok()
        };
        let (kind, of, time, found, sha256) = (line()?, line()?, line()?, line()?, line()?);
        let is_it = kind == KIND && of == name && sha256 == digest(rest).to_string();
        let (time, found) = (Time::parse(time)?, found == YES);
        is_it.then(|| Answer { time, found, body: rest.to_vec() })
    }

    /// Writes it in one step. It is not synchronised to the disk: one that is torn is not whole.
    fn write(&self, name: &str, folder: &Path, path: &Path) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let found = if self.found { YES } else { "no" };
        let sha256 = digest(&self.body);
        write!(file, "{KIND}\n{name}\n{}\n{found}\n{sha256}\n", self.time)?;
        file.write_all(&self.body)?;
        store::rename(file.into_temp_path(), path)
    }
}

/// Removes the oldest files of a folder, but none of `kept`, until it has at most `size_max` bytes.
/// What cannot be removed stays: the next run tries again.
fn prune(folder: &Path, size_max: u64, kept: &HashSet<OsString>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let of = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok()?;
        let time = metadata.modified().ok()?;
        metadata.is_file().then(|| (time, entry.file_name(), metadata.len()))
    };
    let mut files: Vec<_> = entries.flatten().filter_map(of).collect();
    files.sort();
    let mut size = files.iter().map(|(_, _, length)| *length).fold(0, u64::saturating_add);
    for (_, name, length) in files.into_iter().filter(|(_, name, _)| !kept.contains(name)) {
        if size <= size_max {
            return;
        }
        let _ = fs::remove_file(folder.join(name));
        size = size.saturating_sub(length);
    }
}

/// The URL of a file without credentials. Of a query, which may be secret, it has the SHA-256.
fn name(file: &Location<'_>) -> String {
    let Some(url) = file.url() else { return file.to_string() };
    match url.query() {
        Some(query) => format!("{} {}", shown(&url), digest(query.as_bytes())),
        None => shown(&url),
    }
}

fn digest(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(bytes);
    hasher.finish()
}

/// The maximum size of all stored answers, in bytes: those of some thousand projects.
const SIZE_MAX: u64 = 512 * 1024 * 1024;
const KIND: &str = "picotuf: an index's answer, version 1";
const YES: &str = "yes";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::fetch_all_as;
    use crate::location::Base;

    /// Answers with the name of the file, or that it is not there.
    struct Echo;

    impl Fetch for Echo {
        fn fetch(
            &self,
            requests: Vec<Request<'_>>,
            finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
        ) {
            for (place, request) in requests.into_iter().enumerate() {
                let found = match request.file.name() {
                    "none" => Ok(Found::No),
                    "broken" => Err(Error::new(Code::Connection, "broken")),
                    name => (request.sink)(name.as_bytes()).map(|()| Found::Yes),
                };
                let _ = finished(place, found);
            }
        }
    }

    fn ask(answers: &Answers<Echo>, names: &[&str]) -> Vec<String> {
        let base = Base::parse("https://me:secret@index.invalid/simple/").unwrap();
        let files: Vec<_> = names.iter().map(|name| (base.file((*name).to_owned()), 100)).collect();
        let mut all = vec![String::new(); names.len()];
        fetch_all_as(answers, Some("x"), &files, &mut |place, result| {
            all[place] = match result {
                Ok(Some(bytes)) => String::from_utf8(bytes).unwrap(),
                Ok(None) => "not there".to_owned(),
                Err(error) => error.code().to_owned(),
            };
            ControlFlow::Continue(())
        });
        all
    }

    #[test]
    fn what_was_answered_is_given_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers");
        let at = |time| Answers::kept(Echo, path.clone(), Time::parse(time).unwrap());
        let names = ["six/", "none", "broken", "new/"];
        let old = at("2026-01-01T00:00:00Z");
        assert_eq!(ask(&old, &names[..3]), ["six/", "not there", "connection"]);
        ask(&at("2026-01-02T00:00:00Z"), &["six/"]);
        let offline = at("2026-02-01T00:00:00Z").offline();
        assert_eq!(offline.oldest(), None);
        let answers = ["six/", "not there", "nothing-stored", "nothing-stored"];
        assert_eq!(ask(&offline, &names), answers);
        assert_eq!(offline.oldest(), Time::parse("2026-01-01T00:00:00Z"));
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            let mut text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("secret"), "{text}");
            // A torn one is none.
            text.push('x');
            fs::write(path, text).unwrap();
        }
        assert_eq!(ask(&offline, &names), ["nothing-stored"; 4]);
    }

    /// Otherwise the disk of who checks daily fills up.
    #[test]
    fn the_oldest_answers_go_when_there_are_too_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers");
        let now = Time::parse("2026-01-01T00:00:00Z").unwrap();
        let answers = || Answers::kept(Echo, path.clone(), now);
        let names = ["old/", "new/"];
        ask(&answers(), &names[..1]);
        let old = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
        let file = fs::File::options().write(true).open(&old).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        let length = fs::metadata(&old).unwrap().len();
        // Both have the same length, and one fits.
        let mut small = answers();
        small.size_max = length;
        assert_eq!(ask(&small, &names[1..]), ["new/"]);
        drop(small);
        let offline = answers().offline();
        assert_eq!(ask(&offline, &names), ["nothing-stored", "new/"]);
        // Who only reads removes nothing.
        let mut reader = answers().offline();
        reader.size_max = 0;
        assert_eq!(ask(&reader, &names[1..]), ["new/"]);
        drop(reader);
        assert_eq!(ask(&offline, &names[1..]), ["new/"]);
    }
    /// Otherwise a large lock file could never be checked offline: the check that stores the
    /// answers would remove some of them, and doing it once more would not help.
    #[test]
    fn no_answer_of_the_run_itself_goes_even_if_they_are_too_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers");
        let now = Time::parse("2026-01-01T00:00:00Z").unwrap();
        let small = || {
            let mut small = Answers::kept(Echo, path.clone(), now);
            small.size_max = 1;
            small
        };
        let names = ["old/", "one/", "two/", "none"];
        ask(&small(), &names[..1]);
        assert_eq!(ask(&small().offline(), &names[..1]), ["old/"]);
        assert_eq!(ask(&small(), &names[1..]), ["one/", "two/", "not there"]);
        let answers = ["nothing-stored", "one/", "two/", "not there"];
        assert_eq!(ask(&small().offline(), &names), answers);
    }
}
