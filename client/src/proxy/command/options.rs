//! The options of installers, by which the words of a command are told apart.
//!
//! An option that takes a value makes the next word no subcommand and no file. The lists are from
//! the `--help` of pip 26.3, uv 0.13.9, Poetry 2.5.1, pdm 2.29.4, pipenv 2026.10.3 and pip-tools,
//! with the other spellings that these take.

/// The options of a tool's subcommand, each list separated by blanks.
pub(super) struct Options {
    with_value: &'static str,
    alone: &'static str,
}

/// How a tool reads its words.
pub(super) struct Grammar {
    /// The options that every subcommand takes.
    pub(super) general: &'static Options,
    /// The subcommands that install or lock, and their further options. A tool without
    /// subcommands has an empty list.
    pub(super) subcommands: &'static [(&'static str, &'static Options)],
    /// The subcommands behind which the first word begins another command.
    pub(super) starts_others: &'static [&'static str],
}

/// The words of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The options with a value.
    pub(super) valued: Vec<(String, String)>,
    /// The options that stand alone.
    pub(super) alone: Vec<String>,
    /// The words that are neither options nor their values: subcommands first.
    pub(super) plain: Vec<String>,
    /// The first option that is not known, so that the word behind it may be anything.
    pub(super) unknown: Option<String>,
}

impl Words {
    /// Returns the values of options, in their order.
    pub(super) fn values(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        let all = self.valued.iter().filter(|(name, _)| names.contains(&name.as_str()));
        all.map(|(_, value)| value.as_str()).collect::<Vec<_>>().into_iter()
    }

    /// Returns the subcommand: one word, or two where the first is a group of them.
    pub(super) fn subcommand(&self, grammar: &Grammar) -> String {
        let first = self.plain.first().map_or("", String::as_str);
        let two = self.plain.get(1).map(|second| format!("{first} {second}"));
        let is_known = |name: &String| {
            grammar.subcommands.iter().any(|(known, _)| known == name)
                || grammar.starts_others.contains(&name.as_str())
        };
        two.filter(is_known).unwrap_or_else(|| first.to_owned())
    }
}

impl Grammar {
    /// The grammar of a tool without subcommands.
    const fn of_one(general: &'static Options) -> Self {
        Grammar { general, subcommands: &[], starts_others: &[] }
    }

    /// Reads the arguments of a command. What a subcommand that is not listed takes is not known,
    /// and is not asked either.
    pub(super) fn read(&self, arguments: &[&str]) -> Words {
        let mut words = Words::default();
        let mut rest = arguments.iter().copied();
        while let Some(word) = rest.next() {
            let subcommand = words.subcommand(self);
            if word == "--" {
                if !self.starts_others.contains(&subcommand.as_str()) {
                    words.plain.extend(rest.map(str::to_owned));
                }
                return words;
            }
            if word == "-" || !word.starts_with('-') {
                if self.starts_others.contains(&subcommand.as_str()) {
                    // Kept, because it may be a script with a lock file of its own.
                    words.plain.push(word.to_owned());
                    return words;
                }
                words.plain.push(word.to_owned());
                continue;
            }
            let own = self.subcommands.iter().find(|(name, _)| *name == subcommand);
            let is_other = own.is_none()
                && !self.subcommands.is_empty()
                && !words.plain.is_empty()
                && !self.is_group(&words);
            if is_other {
                continue;
            }
            let lists = [Some(self.general), own.map(|(_, options)| *options)];
            words.take(word, &lists, &mut rest);
        }
        words
    }

    /// Returns whether the words so far are the first of a subcommand of two.
    fn is_group(&self, words: &Words) -> bool {
        let [first] = &words.plain[..] else { return false };
        let mut names = self.subcommands.iter().map(|(name, _)| *name);
        names.any(|name| name.split_once(' ').is_some_and(|(group, _)| group == first))
    }
}

impl Words {
    /// Takes an option, and its value where it has one.
    fn take<'w>(
        &mut self,
        word: &str,
        lists: &[Option<&Options>],
        rest: &mut impl Iterator<Item = &'w str>,
    ) {
        let of = |name: &str, select: &dyn Fn(&Options) -> &'static str| {
            lists.iter().flatten().any(|options| select(options).split(' ').any(|one| one == name))
        };
        let takes_value = |name: &str| of(name, &|options| options.with_value);
        let stands_alone = |name: &str| of(name, &|options| options.alone);
        if word.starts_with("--") {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word, None),
            };
            match (takes_value(name), stands_alone(name)) {
                (true, _) => {
                    let value = value.or_else(|| rest.next().map(str::to_owned));
                    self.valued.push((name.to_owned(), value.unwrap_or_default()));
                }
                (false, true) if value.is_none() => self.alone.push(name.to_owned()),
                _ => self.not_known(name),
            }
            return;
        }
        // Several letters in one word; the value of the last one may follow at once.
        let letters = word.get(1..).unwrap_or_default();
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            if takes_value(&name) {
                let end = at.saturating_add(letter.len_utf8());
                let value = match letters.get(end..).unwrap_or_default() {
                    "" => rest.next().unwrap_or_default(),
                    value => value.strip_prefix('=').unwrap_or(value),
                };
                self.valued.push((name, value.to_owned()));
                return;
            }
            if !stands_alone(&name) {
                self.not_known(&name);
                return;
            }
            self.alone.push(name);
        }
    }

    fn not_known(&mut self, name: &str) {
        self.unknown.get_or_insert_with(|| name.to_owned());
    }
}

/// Returns how a tool reads its words, if that is known.
pub(super) fn grammar(tool: &str) -> Option<&'static Grammar> {
    Some(match tool {
        "uv" => &UV_GRAMMAR,
        "pip" | "pip3" => &PIP_GRAMMAR,
        "pip-sync" => &PIP_SYNC_GRAMMAR,
        "pip-compile" => &PIP_COMPILE_GRAMMAR,
        "poetry" => &POETRY_GRAMMAR,
        "pdm" => &PDM_GRAMMAR,
        "pipenv" => &PIPENV_GRAMMAR,
        _ => return None,
    })
}

const UV_GRAMMAR: Grammar = Grammar {
    general: &UV,
    subcommands: &[
        ("run", &UV_RUN),
        ("sync", &UV_PROJECT),
        ("lock", &UV_PROJECT),
        ("add", &UV_PROJECT),
        ("remove", &UV_PROJECT),
        ("export", &UV_PROJECT),
        ("pip install", &UV_PIP),
        ("pip sync", &UV_PIP),
        ("pip compile", &UV_PIP),
        ("tool run", &UV_TOOL),
        ("tool install", &UV_TOOL),
    ],
    starts_others: &["run", "tool run"],
};

const PIP_GRAMMAR: Grammar = Grammar {
    general: &PIP,
    subcommands: &[("install", &PIP), ("lock", &PIP), ("download", &PIP), ("wheel", &PIP)],
    starts_others: &[],
};

const PIP_SYNC_GRAMMAR: Grammar = Grammar::of_one(&PIP_SYNC);

const PIP_COMPILE_GRAMMAR: Grammar = Grammar::of_one(&PIP_COMPILE);

const POETRY_GRAMMAR: Grammar = Grammar {
    general: &POETRY,
    subcommands: &[
        ("install", &POETRY),
        ("sync", &POETRY),
        ("add", &POETRY),
        ("update", &POETRY),
        ("remove", &POETRY),
        ("lock", &POETRY),
        ("run", &POETRY),
    ],
    starts_others: &["run"],
};

const PDM_GRAMMAR: Grammar = Grammar {
    general: &PDM,
    subcommands: &[
        ("install", &PDM),
        ("sync", &PDM),
        ("add", &PDM),
        ("update", &PDM),
        ("remove", &PDM),
        ("lock", &PDM),
        ("run", &PDM),
    ],
    starts_others: &["run"],
};

const PIPENV_GRAMMAR: Grammar = Grammar {
    general: &PIPENV,
    subcommands: &[
        ("install", &PIPENV),
        ("sync", &PIPENV),
        ("update", &PIPENV),
        ("upgrade", &PIPENV),
        ("uninstall", &PIPENV),
        ("lock", &PIPENV),
        ("run", &PIPENV),
    ],
    starts_others: &["run"],
};

/// The options that all of uv's subcommands take.
const UV: Options = Options {
    with_value: "\
    --allow-insecure-host --cache-dir --color --config-file --directory --preview-features \
    --project --python-fetch --python-preference --trusted-host",
    alone: "\
    --allow-python-downloads --help --managed-python --native-tls --no-cache --no-cache-dir \
    --no-color --no-config --no-managed-python --no-native-tls --no-offline --no-preview \
    --no-progress --no-python-downloads --no-system-certs --offline --preview --quiet \
    --show-settings --system-certs --verbose --version -V -h -n -q -v",
};

/// Those of `uv run`.
const UV_RUN: Options = Options {
    with_value: "\
    --config-setting --config-settings --config-settings-package --default-index --env-file \
    --exclude-newer --exclude-newer-package --extra --extra-index-url --find-links \
    --fork-strategy --group --index --index-strategy --index-url --keyring-provider --link-mode \
    --no-binary-package --no-build-isolation-package --no-build-package --no-editable-package \
    --no-extra --no-group --no-sources-package --only-group --package --prerelease \
    --prerelease-package --python --python-platform --refresh-package --reinstall-package \
    --resolution --upgrade-group --upgrade-package --with --with-editable --with-requirements -C \
    -P -f -i -p -w",
    alone: "\
    --active --all-extras --all-groups --all-packages --binary --build --build-isolation \
    --compile-bytecode --dev --editable --exact --force-reinstall --frozen --gui-script \
    --inexact --isolated --locked --module --no-active --no-all-extras --no-binary --no-build \
    --no-build-isolation --no-compile-bytecode --no-default-groups --no-dev --no-editable \
    --no-env-file --no-exact --no-frozen --no-index --no-locked --no-project --no-refresh \
    --no-reinstall --no-require-build-hashes --no-sources --no-sync --no-upgrade --only-dev \
    --pre --refresh --reinstall --require-build-hashes --script --show-resolution --upgrade -U \
    -m -s",
};

/// Those of uv's subcommands for projects.
const UV_PROJECT: Options = Options {
    with_value: "\
    --bounds --branch --config-setting --config-settings --config-settings-package --constraint \
    --constraints --default-index --exclude-newer --exclude-newer-package --extra \
    --extra-index-url --find-links --fork-strategy --format --group --index --index-strategy \
    --index-url --keyring-provider --link-mode --marker --no-binary-package \
    --no-build-isolation-package --no-build-package --no-editable-package --no-emit-package \
    --no-extra --no-group --no-install-package --no-sources-package --only-group --optional \
    --output-file --output-format --package --prerelease --prerelease-package --prune --python \
    --python-platform --refresh-package --reinstall-package --requirement --requirements \
    --resolution --rev --script --tag --upgrade-group --upgrade-package -C -P -c -f -i -m -o -p \
    -r",
    alone: "\
    --active --all-extras --all-groups --all-packages --binary --build --build-isolation --check \
    --check-exists --compile-bytecode --dev --dry-run --editable --emit-find-links \
    --emit-index-url --force-reinstall --frozen --inexact --lfs --locked --no-active \
    --no-all-extras --no-annotate --no-binary --no-build --no-build-isolation \
    --no-compile-bytecode --no-default-groups --no-dev --no-editable --no-emit-local \
    --no-emit-project --no-emit-workspace --no-exact --no-frozen --no-hashes --no-header \
    --no-index --no-install-local --no-install-project --no-install-workspace --no-locked \
    --no-refresh --no-reinstall --no-require-build-hashes --no-sources --no-sync --no-upgrade \
    --no-workspace --only-dev --pre --raw --refresh --reinstall --require-build-hashes \
    --show-resolution --upgrade --workspace -U",
};

/// Those of `uv pip`.
const UV_PIP: Options = Options {
    with_value: "\
    --annotation-style --build-constraint --build-constraints --cert --config-setting \
    --config-settings --config-settings-package --constraint --constraints \
    --custom-compile-command --default-index --editable --exclude --exclude-newer \
    --exclude-newer-package --excludes --extra --extra-index-url --find-links --fork-strategy \
    --format --group --index --index-strategy --index-url --keyring-provider --link-mode \
    --no-binary --no-build-isolation-package --no-editable-package --no-emit-package \
    --no-sources-package --only-binary --output-file --output-format --override --overrides \
    --prefix --prerelease --prerelease-package --python --python-platform --python-version \
    --refresh-package --reinstall-package --requirement --requirements --resolution --target \
    --torch-backend --upgrade-group --upgrade-package -C -P -b -c -e -f -i -o -p -r -t",
    alone: "\
    --all-extras --allow-empty-requirements --binary --break-system-packages --build \
    --build-isolation --check --compile-bytecode --dev --dry-run --emit-build-options \
    --emit-find-links --emit-index-annotation --emit-index-url --exact --force-reinstall \
    --generate-hashes --inexact --no-active --no-all-extras --no-allow-empty-requirements \
    --no-annotate --no-break-system-packages --no-build --no-build-isolation \
    --no-compile-bytecode --no-deps --no-editable --no-exact --no-frozen --no-header --no-index \
    --no-locked --no-refresh --no-reinstall --no-sources --no-strip-extras --no-strip-markers \
    --no-upgrade --no-verify-hashes --pre --refresh --reinstall --require-build-hashes \
    --require-hashes --show-resolution --strict --system --universal --upgrade --user -U",
};

/// Those of `uv tool`.
const UV_TOOL: Options = Options {
    with_value: "\
    --build-constraint --build-constraints --config-setting --config-settings \
    --config-settings-package --constraint --constraints --default-index --env-file --exclude \
    --exclude-newer --exclude-newer-package --excludes --extra-index-url --find-links \
    --fork-strategy --from --index --index-strategy --index-url --keyring-provider --link-mode \
    --no-binary-package --no-build-isolation-package --no-build-package --no-sources-package \
    --override --overrides --prerelease --prerelease-package --python --python-platform \
    --refresh-package --reinstall-package --resolution --torch-backend --upgrade-group \
    --upgrade-package --with --with-editable --with-executables-from --with-requirements -C -P \
    -b -c -f -i -p -w",
    alone: "\
    --binary --build --build-isolation --compile-bytecode --dev --editable --force \
    --force-reinstall --inexact --isolated --lfs --no-active --no-all-extras --no-binary \
    --no-build --no-build-isolation --no-compile-bytecode --no-env-file --no-exact --no-frozen \
    --no-index --no-locked --no-refresh --no-reinstall --no-require-build-hashes --no-sources \
    --no-upgrade --pre --refresh --reinstall --require-build-hashes --show-resolution --upgrade \
    -U -e",
};

/// Those of pip.
const PIP: Options = Options {
    with_value: "\
    --abi --all-releases --build-constraint --cache-dir --cert --client-cert --config-settings \
    --constraint --default-timeout --dest --editable --exists-action --extra-index-url \
    --find-links --group --implementation --index-url --keyring-provider --log --no-binary \
    --only-binary --only-final --output --platform --prefix --progress-bar --proxy --python \
    --python-version --refresh-package --report --requirement --requirements-from-script \
    --resume-retries --retries --root --root-user-action --src --target --timeout --trusted-host \
    --upgrade-strategy --uploaded-prior-to --use-deprecated --use-feature --wheel-dir -C -c -d \
    -e -f -i -o -r -t -w",
    alone: "\
    --break-system-packages --check-build-dependencies --compile --debug \
    --disable-pip-version-check --dry-run --force-reinstall --help --ignore-installed \
    --ignore-requires-python --isolated --no-build-isolation --no-cache-dir --no-clean \
    --no-color --no-compile --no-deps --no-index --no-input --no-proxy-env --no-require-hashes \
    --no-verify --no-warn-conflicts --no-warn-script-location --only-deps --pre --prefer-binary \
    --quiet --require-hashes --require-virtualenv --upgrade --user --verbose --version -I -U -V \
    -h -q -v",
};

/// The options of Poetry.
const POETRY: Options = Options {
    with_value: "\
    --directory --extras --group --markers --only --optional --platform --project --python \
    --source --with --without -C -E -G -P",
    alone: "\
    --all-extras --all-groups --allow-prereleases --ansi --compile --dev --dry-run --editable \
    --help --lock --no-ansi --no-cache --no-directory --no-interaction --no-plugins --no-root \
    --only-root --quiet --regenerate --sync --verbose --version -D -V -e -h -n -q -v",
};

/// The options of pdm.
const PDM: Options = Options {
    with_value: "\
    --config --config-setting --editable --env --env-file --exclude-newer \
    --exclude-newer-override --group --implementation --lockfile --override --platform --project \
    --python --skip --strategy --with --without --working-dir -C -G -L -S -c -e -k -p",
    alone: "\
    --append --check --clean --clean-unselected --dev --dry-run --fail-fast --frozen-lockfile \
    --global --help --ignore-python --json --list --no-cache --no-cross-platform --no-default \
    --no-editable --no-isolation --no-lock --no-self --no-static-urls --no-sync \
    --non-interactive --only-keep --outdated --plugins --pre --prerelease --prod --production \
    --quiet --recreate --refresh --reinstall --save-compatible --save-exact --save-minimum \
    --save-safe-compatible --save-wildcard --site-packages --stable --static-urls --top \
    --unconstrained --update-all --update-eager --update-reuse --update-reuse-installed \
    --verbose --version -I -V -d -g -h -j -l -n -q -r -s -t -u -v -x",
};

/// The options of pipenv.
const PIPENV: Options = Options {
    with_value: "\
    --backend --categories --config-settings --editable --extra-pip-args --extras --index \
    --pypi-mirror --python --requirements --resolver -e -i -r",
    alone: "\
    --all --all-dev --bare --clean --clear --deploy --dev --dev-only --dry-run --envs --help \
    --ignore-pipfile --lock-only --man --no-site-packages --outdated --pre --py --quiet --rm \
    --site-packages --skip-lock --support --system --venv --verbose --version --where -d -h -q \
    -v",
};

/// The options of pip-sync.
const PIP_SYNC: Options = Options {
    with_value: "\
    --cert --client-cert --config --extra-index-url --find-links --index-url --pip-args \
    --python-executable --trusted-host -f -i",
    alone: "\
    --ask --dry-run --force --help --no-config --no-index --quiet --user --verbose --version -a \
    -h -n -q -v",
};

/// The options of pip-compile.
const PIP_COMPILE: Options = Options {
    with_value: "\
    --annotation-style --build-deps-for --cache-dir --cert --client-cert --config --constraint \
    --extra --extra-index-url --find-links --index-url --max-rounds --newline --output-file \
    --pip-args --resolver --trusted-host --unsafe-package --upgrade-package --uploaded-prior-to \
    -P -c -f -i -o",
    alone: "\
    --all-build-deps --all-extras --allow-unsafe --annotate --build-isolation --color --dry-run \
    --emit-find-links --emit-index-url --emit-options --emit-trusted-host --generate-hashes \
    --header --help --no-allow-unsafe --no-annotate --no-build-isolation --no-color --no-config \
    --no-emit-find-links --no-emit-index-url --no-emit-options --no-emit-trusted-host \
    --no-header --no-index --no-reuse-hashes --no-strip-extras --no-upgrade --only-build-deps \
    --pre --quiet --rebuild --reuse-hashes --strip-extras --upgrade --verbose --version -U -h -n \
    -p -q -r -v",
};
