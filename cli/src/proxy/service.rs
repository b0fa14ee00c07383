//! What a request gets: pages and files, each worked on once at a time.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use picotuf::pypi::{FileName, ProjectName};
use picotuf_client::Error;
use picotuf_client::proxy::{Attestations, Form, Refusal};
use tokio::sync::{Semaphore, watch};

use super::metrics::Metrics;
use super::upstream::{Handed, Page, Upstream};
use super::watched::Say;

/// The state of a server.
pub(crate) struct Service {
    pub(super) upstream: Upstream,
    /// Whether links of pages lead to the upstream.
    keep_urls: bool,
    pages: Mutex<Pages>,
    page_flights: Flights<ProjectName, Result<Option<Arc<Known>>, Refusal>>,
    handed: Mutex<HashMap<(ProjectName, String), Verdict>>,
    file_flights: Flights<(ProjectName, String), Judged>,
    whys: Mutex<VecDeque<(ProjectName, String, Refusal)>>,
    /// What is said of refused files.
    say: Arc<Say>,
    /// Whether the first project without a page for want of an index was told of.
    said_missing_index: AtomicBool,
    pub(super) metrics: Metrics,
}

/// That a file may be handed out.
struct Verdict {
    handed: Arc<Handed>,
    by: By,
}

/// What a file was judged by.
#[derive(Clone)]
struct By {
    /// The page. A newer one may say something else.
    page: Weak<Known>,
    /// The publishers and keys, where attestations were judged.
    judging: Option<Arc<Attestations>>,
}

/// What came of judging a file.
#[derive(Clone)]
struct Judged {
    outcome: Result<Arc<Handed>, Refusal>,
    by: By,
}

/// A page, and what clients were sent of it.
pub(super) struct Known {
    page: Page,
    sent: Mutex<HashMap<(Form, bool), Sent>>,
}

/// A page for clients.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
}

#[derive(Default)]
struct Pages {
    by_project: HashMap<ProjectName, (Instant, Arc<Known>)>,
    weight: usize,
}

/// What is asked for is not there, or is refused.
pub(super) enum Unavailable {
    Absent,
    Refused(Refusal),
}

impl From<Refusal> for Unavailable {
    fn from(refusal: Refusal) -> Self {
        Unavailable::Refused(refusal)
    }
}

impl Service {
    /// Starts without anything in memory. `say` is told of each refused file, and whether it was
    /// handed out all the same, with `--observe`.
    pub(crate) fn new(upstream: Upstream, keep_urls: bool, say: Arc<Say>) -> Arc<Self> {
        Arc::new(Service {
            upstream,
            keep_urls,
            pages: Mutex::default(),
            page_flights: Flights::new(),
            handed: Mutex::default(),
            file_flights: Flights::new(),
            whys: Mutex::default(),
            say,
            said_missing_index: AtomicBool::new(false),
            metrics: Metrics::default(),
        })
    }

    /// Returns the page of a project in a form.
    pub(super) async fn page(
        self: &Arc<Self>,
        project: &ProjectName,
        form: Form,
        keep_urls: bool,
    ) -> Result<Sent, Unavailable> {
        let known = self.known(project, FRESH).await?;
        let key = (form, self.keep_urls || keep_urls);
        if let Some(sent) = lock(&known.sent).get(&key) {
            return Ok(sent.clone());
        }
        let of = Arc::clone(&known);
        let rendered = tokio::task::spawn_blocking(move || of.page.render(form, key.1)).await;
        let bytes = match rendered {
            Ok(Ok(bytes)) => Bytes::from(bytes),
            Ok(Err(error)) => return Err(Refusal::of(&error).into()),
            Err(_) => return Err(gone().into()),
        };
        let sent = Sent { etag: etag(&picotuf::sha256(&bytes)), bytes };
        lock(&known.sent).insert(key, sent.clone());
        Ok(sent)
    }

    /// Returns the page of a project that was fetched no longer ago than `age`.
    async fn known(
        self: &Arc<Self>,
        project: &ProjectName,
        age: Duration,
    ) -> Result<Arc<Known>, Unavailable> {
        if let Some((time, known)) = lock(&self.pages).by_project.get(project)
            && time.elapsed() < age
        {
            return Ok(Arc::clone(known));
        }
        let (service, of) = (Arc::clone(self), project.clone());
        let fetched = self.page_flights.join(project, move || service.fetch_page(&of)).await;
        fetched.unwrap_or_else(|| Err(gone()))?.ok_or(Unavailable::Absent)
    }

    fn fetch_page(&self, project: &ProjectName) -> Result<Option<Arc<Known>>, Refusal> {
        let page = match self.upstream.page(project) {
            Ok(Some(page)) => page,
            Ok(None) => {
                if let Some(refusal) = self.upstream.missing_index(project)
                    && !self.said_missing_index.swap(true, Ordering::Relaxed)
                {
                    (self.say)(&refusal, false);
                }
                return Ok(None);
            }
            Err(error) => {
                let refusal = Refusal::of(&error);
                (self.say)(&refusal, false);
                return Err(refusal);
            }
        };
        let left_out = u64::try_from(page.listing.left_out()).unwrap_or(u64::MAX);
        self.metrics.left_out.fetch_add(left_out, Ordering::Relaxed);
        let weight = page.weight();
        let known = Arc::new(Known { page, sent: Mutex::default() });
        let mut pages = lock(&self.pages);
        if pages.weight.saturating_add(weight) > PAGES_MAX {
            *pages = Pages::default();
        }
        let new = (Instant::now(), Arc::clone(&known));
        let old = pages.by_project.insert(project.clone(), new);
        let left = old.map_or(0, |(_, old)| old.page.weight());
        pages.weight = pages.weight.saturating_add(weight).saturating_sub(left);
        Ok(Some(known))
    }

    /// Returns a file that may be handed out.
    pub(super) async fn file(
        self: &Arc<Self>,
        project: &ProjectName,
        name: &str,
    ) -> Result<Arc<Handed>, Unavailable> {
        for _ in 0..JOINS {
            // A client asks for the files of the page that it got.
            let known = self.known(project, FRESH_FOR_FILES).await?;
            let entry = known.page.listing.entry(name).ok_or(Unavailable::Absent)?;
            let by = By { page: Arc::downgrade(&known), judging: self.upstream.judging()? };
            let key = (project.clone(), name.to_owned());
            let mut earlier = None;
            if let Some(verdict) = lock(&self.handed).get(&key)
                && verdict.handed.entry == *entry
            {
                if verdict.by.is(&by) {
                    return Ok(Arc::clone(&verdict.handed));
                }
                earlier = Some(Arc::clone(&verdict.handed));
            }
            let (service, of, now) = (Arc::clone(self), key.clone(), by.clone());
            let judge = move || {
                let outcome = service.judge(&known, &of.0, &of.1, &now, earlier.as_deref());
                Judged { outcome, by: now }
            };
            let Some(judged) = self.file_flights.join(&key, judge).await else { break };
            // Who joins one that began before the publishers or the page changed asks again.
            if judged.by.is(&by) {
                return Ok(judged.outcome?);
            }
        }
        Err(gone().into())
    }

    fn judge(
        &self,
        known: &Arc<Known>,
        project: &ProjectName,
        name: &str,
        by: &By,
        earlier: Option<&Handed>,
    ) -> Result<Arc<Handed>, Refusal> {
        let Some(entry) = known.page.listing.entry(name) else { return Err(gone()) };
        let judged = self.upstream.file(&known.page, entry, by.judging.as_deref(), earlier);
        let refusal = match &judged {
            Ok(handed) => handed.observed.as_ref(),
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = refusal {
            let is_observed = judged.is_ok();
            match (is_observed, refusal.is_failure) {
                (true, _) => drop(self.metrics.observed.fetch_add(1, Ordering::Relaxed)),
                (false, true) => {}
                (false, false) => self.metrics.refused(project.as_str(), refusal.code),
            }
            let mut whys = lock(&self.whys);
            let is_known = whys
                .iter()
                .any(|(of, file, why)| (of, file.as_str(), why) == (project, name, refusal));
            if !is_known {
                (self.say)(refusal, is_observed);
                whys.retain(|(of, file, _)| (of, file.as_str()) != (project, name));
                whys.push_back((project.clone(), name.to_owned(), refusal.clone()));
                if whys.len() > WHYS_MAX {
                    whys.pop_front();
                }
            }
        }
        let handed = Arc::new(judged?);
        let mut all = lock(&self.handed);
        if all.len() >= HANDED_MAX {
            all.clear();
        }
        let verdict = Verdict { handed: Arc::clone(&handed), by: by.clone() };
        all.insert((project.clone(), name.to_owned()), verdict);
        Ok(handed)
    }

    /// Forgets that a file may be handed out, because it is no longer in the cache.
    pub(super) fn forget(&self, project: &ProjectName, name: &str) {
        lock(&self.handed).remove(&(project.clone(), name.to_owned()));
    }

    /// Returns the METADATA of a wheel: by its signed hash, or out of the verified wheel.
    pub(super) async fn metadata(
        self: &Arc<Self>,
        project: &ProjectName,
        name: &str,
    ) -> Result<Vec<u8>, Unavailable> {
        let known = self.known(project, FRESH_FOR_FILES).await?;
        let entry = known.page.listing.entry(name).cloned().ok_or(Unavailable::Absent)?;
        let service = Arc::clone(self);
        if entry.has_unsigned_metadata() {
            let handed = self.file(project, name).await?;
            let of = project.clone();
            let _permit = self.file_flights.working.acquire().await.map_err(|_| gone())?;
            let taken = tokio::task::spawn_blocking(move || {
                service.upstream.metadata_in_wheel(&of, &handed)
            });
            return match taken.await {
                Ok(Ok(Some(bytes))) => Ok(bytes),
                Ok(Ok(None)) => {
                    // It left the cache: the next request fetches it again.
                    self.forget(project, name);
                    Err(gone().into())
                }
                Ok(Err(refusal)) => Err(refusal.into()),
                Err(_) => Err(gone().into()),
            };
        }
        if !entry.has_signed_metadata() {
            return Err(Unavailable::Absent);
        }
        // What is in the cache waits for no download.
        let look = move || {
            let cached = service.upstream.metadata_in_cache(&entry);
            (service, entry, cached)
        };
        let (service, entry) = match tokio::task::spawn_blocking(look).await {
            Ok((_, _, Some(bytes))) => return Ok(bytes),
            Ok((service, entry, None)) => (service, entry),
            Err(_) => return Err(gone().into()),
        };
        let _permit = self.file_flights.working.acquire().await.map_err(|_| gone())?;
        let fetched =
            tokio::task::spawn_blocking(move || service.upstream.metadata(&known.page, &entry));
        Ok(fetched.await.unwrap_or_else(|_| Err(gone()))?)
    }

    /// Returns the file that the index has at a URL, if its page says so.
    pub(super) async fn at_url(self: &Arc<Self>, url: &str) -> Option<(ProjectName, String)> {
        let (_, name) = url.split(['?', '#']).next()?.rsplit_once('/')?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned();
        let project = FileName::parse(&name).ok()?.project;
        // Nobody is told the project of a URL that no page can list. What a page that is in memory
        // lists elsewhere was told before.
        let is_in_memory = || lock(&self.pages).by_project.contains_key(&project);
        if !self.upstream.may_list(url) && !is_in_memory() {
            return None;
        }
        let known = self.known(&project, FRESH_FOR_FILES).await.ok()?;
        let entry = known.page.listing.entry(&name)?;
        (known.page.url_of(entry).as_deref() == Some(url)).then_some((project, name))
    }

    /// Returns why a file was refused last.
    pub(super) fn why(&self, project: &ProjectName, name: &str) -> Option<Refusal> {
        let whys = lock(&self.whys);
        let found = whys.iter().find(|(of, file, _)| (of, file.as_str()) == (project, name));
        found.map(|(_, _, refusal)| refusal.clone())
    }
}

impl By {
    /// Returns whether both are the same page, and the same publishers and keys.
    fn is(&self, other: &By) -> bool {
        let is_same = match (&self.judging, &other.judging) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        is_same && Weak::ptr_eq(&self.page, &other.page)
    }
}

/// Returns the entity tag for a hash.
pub(super) fn etag(sha256: &[u8]) -> String {
    let hex: String = sha256.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Work that many may wait for, and that is done once at a time for each key. Once it has begun, it
/// goes on if those who wait go away. Otherwise it is left undone: clients that ask and go away
/// must not fill the queue for those who wait.
struct Flights<K, T> {
    under_way: Arc<Mutex<HashMap<K, Outcome<T>>>>,
    working: Arc<Semaphore>,
}

/// What comes of work, once it is done.
type Outcome<T> = Arc<watch::Sender<Option<T>>>;

impl<K: Clone + Eq + Hash + Send + 'static, T: Clone + Send + Sync + 'static> Flights<K, T> {
    fn new() -> Self {
        Flights { under_way: Arc::default(), working: Arc::new(Semaphore::new(WORKERS)) }
    }

    /// Returns the result of the work for a key, or `None` if it panicked.
    async fn join(&self, key: &K, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let mut result = {
            let mut under_way = lock(&self.under_way);
            match under_way.get(key) {
                Some(sender) => sender.subscribe(),
                None => {
                    let (sender, receiver) = watch::channel(None);
                    let sender = Arc::new(sender);
                    under_way.insert(key.clone(), Arc::clone(&sender));
                    let (flights, working) = (Arc::clone(&self.under_way), &self.working);
                    let (working, key) = (Arc::clone(working), key.clone());
                    tokio::spawn(async move {
                        let mut permit = std::pin::pin!(working.acquire());
                        let permit = loop {
                            tokio::select! {
                                biased;
                                () = sender.closed() => {
                                    let mut under_way = lock(&flights);
                                    // Somebody may just have come.
                                    if sender.receiver_count() == 0 {
                                        under_way.remove(&key);
                                        return;
                                    }
                                }
                                permit = &mut permit => break permit,
                            }
                        };
                        let done = tokio::task::spawn_blocking(work).await;
                        drop(permit);
                        lock(&flights).remove(&key);
                        if let Ok(done) = done {
                            let _ = sender.send(Some(done));
                        }
                    });
                    receiver
                }
            }
        };
        let done = result.wait_for(Option::is_some).await.ok()?;
        done.clone()
    }
}

fn gone() -> Refusal {
    Refusal::of(&Error::from(picotuf::Error::SourceFailed).blame(picotuf_client::Blame::System))
}

/// Locks a mutex whose content is consistent after every change, even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of threads that fetch pages, and of those that fetch files.
pub(super) const WORKERS: usize = 16;
/// How often a request joins the judging of a file that others began. It asks again only when the
/// publishers or the page changed since that began.
const JOINS: usize = 4;
/// How long a page is used before it is fetched again.
const FRESH: Duration = Duration::from_secs(60);
/// How long a page is used for the files that it lists: an installation may take a while.
const FRESH_FOR_FILES: Duration = Duration::from_secs(600);
/// The maximum weight of all pages in memory, in bytes.
const PAGES_MAX: usize = 128 * 1024 * 1024;
/// The maximum number of files that are remembered as judged.
const HANDED_MAX: usize = 20_000;
/// The maximum number of refused files whose reasons are remembered.
const WHYS_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn work_that_nobody_waits_for_when_its_turn_comes_is_left_undone() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let flights = Flights::<usize, usize>::new();
            let begun = Arc::new(AtomicUsize::new(0));
            let join = async |key: usize| {
                let begun = Arc::clone(&begun);
                let work = move || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    key
                };
                flights.join(&key, work).await
            };
            let busy = flights.working.acquire_many(u32::try_from(WORKERS).unwrap()).await;
            // Each of these clients asks, and goes away. A second one waits for the last.
            for key in 0..1000 {
                let mut asked = std::pin::pin!(join(key));
                std::future::poll_fn(|context| {
                    assert!(asked.as_mut().poll(context).is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
            }
            let mut waits = std::pin::pin!(join(999));
            let left = async {
                let mut turns = 0;
                while lock(&flights.under_way).len() > 1 {
                    turns += 1;
                    assert!(turns < 100_000, "what nobody waits for stays in the queue");
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                _ = &mut waits => unreachable!(),
                () = left => {}
            }
            assert_eq!(begun.load(Ordering::Relaxed), 0);
            drop(busy);
            assert_eq!((waits.await, begun.load(Ordering::Relaxed)), (Some(999), 1));
            assert!(lock(&flights.under_way).is_empty());
        });
    }
}
