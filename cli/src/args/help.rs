//! Texts that the help shows after the options.

pub(super) const AFTER_HELP: &str = "\
Options may stand before or after the command. Options override environment variables \
(PICOTUF_METADATA_URL for --metadata-url, and so on), which override the settings saved by \
`picotuf init`. `picotuf help COMMAND` lists the options that a command uses.

Credentials: PICOTUF_TOKEN (a bearer token), or --user with PICOTUF_PASSWORD, for the server of \
the first --metadata-url. For other servers: in the URL, or in ~/.netrc.

Mirrors: --metadata-url and --target-base-url may be given several times. In environment \
variables, separate the URLs with spaces. picotuf tries the mirrors in this order until one serves \
the right file, and reports each mirror that does not.

Exit code: 0 if everything verifies, 1 if something does not, 2 for wrong usage.";

pub(super) const AFTER_CHECK_HELP: &str = "\
Lock files: every file that a lock file pins must be signed, for any system. If an entry has \
several hashes and no file names (requirements.txt, Pipfile.lock), each hash must belong to a \
signed file of that project and version, because an installer may choose any of them. An entry \
that cannot be checked is listed with its reason, and makes the exit code 1 unless --allow names \
the reason:

  editable, path, url, vcs      the entry is not a project from an index
  unpinned, no-hash             no single version or no hash is pinned
  weak-hash                     a hash is MD5, SHA-1 or SHA-224
  unknown-hash                  a hash is of an unknown kind
  no-sha256                     a file in a pylock.toml has no SHA-256, and
                                pipenv reads no other hash
  zstd                          uv 0.8 to 0.12.6 may install the compressed file
                                that is pinned beside the wheel
  builds-from-source            only sdists are pinned, and their build
                                requirements are not
  build-options                 an option changes what is built
  hashes-in-constraints         only a constraint has hashes: pip uses them,
                                `uv pip sync` does not
  hashes-not-required           the file has the line --no-require-hashes
  identities-not-checked        the entry pins attestation identities, and
                                --attestations is not given
  unknown-member:TABLE.MEMBER   the lock file has a member unknown to picotuf;
                                allow each member by name
  unsupported-lock-file         one of several lock files has an unsupported
                                format
  not-checkable                 the layout needs a file name or a kind of hash
                                that the lock file does not have
  no-common-hash                the repository signs only other kinds of hashes
  other-index:URL               the entry is locked from this index, and the
                                repository does not list it; allow each index
  quarantined                   the index page says that the project is
                                quarantined (PEP 792)
  nothing-pinned                the file has no entry that can be checked
  index-unknown                 with --attestations: nothing says which one
                                index the file is from
  index-page                    with --attestations: the index has no JSON pages
                                (PEP 691), and so no attestations
  hash-not-recorded             with --installed: no hash of the distribution
                                was recorded; pip and uv record none of what
                                they take from an index
  no-record                     with --installed: nothing lists the files
  not-in-record                 with --installed: no RECORD lists the file, and
                                Python may run it
  system-packages               with --installed: the packages of the system are
                                used too

The project itself (own-project) and constraints without a hash (constraint) are listed, and never \
change the exit code.

With --attestations, picotuf asks the index that a lock file names for an entry who published \
each file. `not pinned` means that nobody has accepted that publisher yet, and the exit code is \
1: `picotuf publishers init LOCKFILE` writes all of them down, and `accept` what changed later. A \
file without an attestation is listed and accepted, unless its project has a pin and the file is \
not older than the first attested file, or --require attestation is given.

`check` does not detect missing dependencies: an installer may install a dependency that the lock \
file does not list, unchecked. pip requires hashes of all packages if one has a hash; for uv, pass \
--require-hashes. Sdists that are pinned beside wheels are counted. To build nothing from source, \
install with --only-binary :all: (pip) or --no-build (uv); --require wheels refuses sdists.

With --installed, the files of every installed project are compared with its RECORD, which shows \
damage and no attacker: nothing in an environment is signed. If the installer recorded the hash \
of the distribution (direct_url.json of pip, provenance_url.json of PEP 710), that is checked like \
a pinned file, by a TUF repository or --attestations. Without either, --record-only accepts what \
RECORD says, which whoever changed a file can change too. To know what an index installs, check \
the lock file before.

A layout is a TOML file:

  name = \"example\"

  # The target is the file itself.
  [[path]]
  file = \"{project}/{filename}\"

  # The target is an index page (HTML or JSON) that states the file's sha256.
  # picotuf looks at this path if the first one is not listed.
  [[path]]
  page = \"simple/{project}/index.html\"

  # Who holds the keys of each role. PyPI signs all other roles online.
  [roles]
  pypi-offline = [\"targets\", \"claimed\"]
  pypi-online = [\"recently-claimed\"]

The placeholders are {project}, {filename}, {version}, {sha256}, {sha512} and {blake2b_256}; \
{blake2b_256:0:2} is the first two characters of one. If [roles] names roles of developers \
(developer = [\"claimed > {project}\"]), the layout must have exactly one [[path]].";

pub(super) const AFTER_PROXY_HELP: &str = "\
Examples:

  picotuf proxy --publishers picotuf-publishers.toml
      PyPI; every attested file has to come from its pinned publisher
  picotuf proxy --root root.json --metadata-url https://tuf.example/metadata \\
      --target-base-url https://tuf.example/targets --layout pep691
      a TUF repository that signs index pages
  picotuf proxy --root root.json --metadata-url https://tuf.example/metadata \\
      --index-url https://index.example/simple/
      a TUF repository that signs files, and the index that has their pages
  pip install --index-url http://127.0.0.1:8014/simple/ six
      what a client does

Give installers the printed URL as their index, such as `pip install --index-url URL six`. With a \
TUF repository (--root, --metadata-url), every file must be signed. With --publishers, \
picotuf-publishers.toml in the current folder, or --require attestation, the attestations of the \
files of --index-url are held to the pinned publishers; without a TUF repository, the default is \
PyPI. A file that fails \
stays on its page and is refused with status 403; the reason is on standard error, and under \
_picotuf/why/PROJECT/FILE.

An address that is not a loopback one needs --tls-cert with --tls-key, or --token-file behind a \
server that speaks TLS, or both. The token is the first part of every path. Clients ask for a name \
that --host-name gives, or for the address.

The file of publishers, the certificate and its key are read again when they change, and \
everything on SIGHUP. What cannot be read leaves what was read before.";

pub(super) const AFTER_RUN_HELP: &str = "\
Examples:

  picotuf publishers init requirements.txt --index-url https://pypi.org/simple/
      pins the publishers of what is locked; review the file, and commit it
  picotuf run -- pip install -r requirements.txt
      installs from PyPI what these publishers attest
  picotuf run --observe -- uv pip install six
      refuses nothing, and says what would be refused
  picotuf run --root root.json --metadata-url https://tuf.example/metadata \\
      --index-url https://index.example/simple/ -- pip install six
      installs what a TUF repository signs

Checks the lock file that the command uses, starts the proxy with a random token, sets the index \
variables of pip, uv, pdm and pipenv, and runs the command. The command reaches nothing but the \
proxy by HTTP: a URL in a lock file or another index fails in place of passing unverified, unless \
--allow-host names its host. Without --index-url, the index is that of the installer's own \
variable, such as PIP_INDEX_URL, else PyPI; where settings lead elsewhere, --index-url has to say \
which index to ask. A TUF repository has no default: it signs the pages of its projects, or \
--index-url says who has them. An option of pip, uv, Poetry, pdm or \
pipenv that picotuf does not know is refused, because it may lead to another lock file; --lock \
names that file. The exit code is the command's, or 1 if picotuf refuses something before or after \
it.";

pub(super) const AFTER_PROVENANCE_HELP: &str = "\
An attestation says which Trusted Publisher built and published a file. Anybody can attest what he \
publishes himself: without --publisher the verdict says `(not pinned)`, and it is for you to know \
whether that is the right publisher. The project's name is sent to the index of --index-url alone.

Sigstore's trusted root is kept in the folder `sigstore` of the user's data folder, or of \
--metadata-dir. Credentials for --index-url stand in the URL or in ~/.netrc.";
