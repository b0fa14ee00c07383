"""Runs python-tuf's own tests of its updater against `picotuf.ngclient`.

usage: tuf_updater.py FOLDER

FOLDER is the sdist of python-tuf, unpacked. Its tests import `Updater` and `UpdaterConfig` from
`tuf.ngclient`; here these are picotuf's. Every test passes but those in DIFFERENT, which must fail:
one that passes is no longer different.
"""

import os
import sys
import tempfile
import unittest

MODULES = [
    "test_updater_consistent_snapshot",
    "test_updater_delegation_graphs",
    "test_updater_fetch_target",
    "test_updater_key_rotations",
    "test_updater_ng",
    "test_updater_top_level_update",
    "test_updater_validation",
]
OPENS = "it counts Python's calls of open(), and picotuf reads files in Rust"
PRIVATE = "it looks at a private member of python-tuf's class"
DIFFERENT = {
    "test_updater_ng.TestUpdater.test_persist_metadata_fails": PRIVATE,
    "test_updater_ng.TestUpdater.test_update_root_symlink_oserror_fallback": PRIVATE,
    "test_updater_ng.TestUpdater.test_updating_root": PRIVATE,
    "test_updater_ng.TestUpdater.test_user_agent": PRIVATE,
    "test_updater_top_level_update.TestRefresh.test_intermediate_root_cache": OPENS,
    "test_updater_top_level_update.TestRefresh.test_load_metadata_from_cache": OPENS,
    "test_updater_top_level_update.TestRefresh.test_max_root_rotations": (
        "more roots than the limit are an error, as the newest one stays unknown"
    ),
    "test_updater_top_level_update.TestRefresh.test_not_loading_targets_twice": OPENS,
}
# A case of a table that the test `test_graph_traversal` goes through.
GRAPH = "max number of delegations"
COUNT = 72


def tests(suite):
    """Yields the tests of a suite."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests(test)
        else:
            yield test


def main():
    """Loads the tests and runs them."""
    folder = os.path.abspath(sys.argv[1])
    sys.path.insert(0, folder)
    import tuf.ngclient

    import picotuf.ngclient

    tuf.ngclient.Updater = picotuf.ngclient.Updater
    tuf.ngclient.UpdaterConfig = picotuf.ngclient.UpdaterConfig
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames([f"tests.{name}" for name in MODULES])
    assert not loader.errors, loader.errors
    graphs = sys.modules["tests.test_updater_delegation_graphs"].TestDelegationsGraphs.graphs
    del graphs[GRAPH]
    left = dict(DIFFERENT)
    for test in tests(suite):
        name = test.id().removeprefix("tests.")
        if left.pop(name, None):
            unittest.expectedFailure(getattr(type(test), test._testMethodName))
    assert not left, f"there are no such tests: {left}"
    # The tests write to the folder that they run in.
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        result = unittest.TextTestRunner(verbosity=1).run(suite)
        os.chdir(folder)
    print(f"different: the graph {GRAPH!r}: a search beyond the limit is an error.")
    for name, reason in DIFFERENT.items():
        print(f"different: {name}: {reason}.")
    assert result.testsRun == COUNT, f"expected {COUNT} tests, found {result.testsRun}"
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
