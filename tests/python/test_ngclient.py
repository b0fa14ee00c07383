"""The module `picotuf.ngclient`, beyond python-tuf's own tests of its updater."""

import json
import os
import subprocess
import sys
import unittest

import tuf.api.exceptions
import tuf.api.metadata
import tuf.ngclient
from picotuf import ngclient
from support import DEMO, SHA256, VERSION, WHEEL, InFolder, serving
from tests.repository_simulator import RepositorySimulator  # python-tuf's

TARGET = b"content"


class OfTheUpdater(InFolder):
    def setUp(self):
        super().setUp()
        self.sim = RepositorySimulator()
        self.sim.add_target("targets", TARGET, "a/file")
        self.sim.targets.version += 1
        self.sim.update_snapshot()

    def updater(self, module=ngclient, bootstrap=True, **options):
        return module.Updater(
            str(self.folder / "metadata"),
            "https://example.com/metadata/",
            str(self.folder / "targets"),
            "https://example.com/targets/",
            self.sim,
            bootstrap=self.sim.signed_roots[0] if bootstrap else None,
            **options,
        )

    def asked(self, work):
        self.sim.fetch_tracker.metadata.clear()
        work()
        return list(self.sim.fetch_tracker.metadata)

    def test_stored_metadata_is_not_fetched_again(self):
        role = tuf.api.metadata.DelegatedRole("role1", [], 1, False, ["*"], None)
        delegated = tuf.api.metadata.Targets(expires=self.sim.safe_expiry)
        self.sim.add_delegation("targets", role, delegated)
        self.sim.update_snapshot()
        updater = self.updater()
        updater.refresh()
        self.assertEqual(self.asked(lambda: updater.get_targetinfo("x")), [("role1", 1)])
        self.assertEqual(self.asked(lambda: updater.get_targetinfo("x")), [])
        again = self.asked(lambda: self.updater().get_targetinfo("x"))
        self.assertEqual(again, [("root", 2), ("timestamp", None)])

    def test_stored_roots_are_followed_again_without_the_network(self):
        for _ in range(2):
            self.sim.root.version += 1
            self.sim.publish_root()
        expected = [("root", 2), ("root", 3), ("root", 4), ("timestamp", None)]
        self.assertEqual(self.asked(self.updater().refresh)[:4], expected)
        again = self.asked(self.updater().refresh)
        self.assertEqual(again, [("root", 4), ("timestamp", None)])

    def test_a_rollback_is_refused_though_the_roots_are_followed_again(self):
        # The new root removes the timestamp's key, which once lets older versions come.
        self.updater().refresh()
        self.sim.rotate_keys("timestamp")
        self.sim.root.version += 1
        self.sim.publish_root()
        self.sim.timestamp.version = 50
        self.updater().refresh()
        self.sim.timestamp.version = 49
        with self.assertRaises(tuf.api.exceptions.BadVersionNumberError) as raised:
            self.updater().refresh()
        self.assertEqual(raised.exception.code, "rollback")

    def test_the_newest_root_is_trusted_without_a_bootstrap(self):
        self.sim.root.version += 1
        self.sim.publish_root()
        self.updater().refresh()
        root = json.loads((self.folder / "metadata/root.json").read_bytes())
        self.assertEqual(root["signed"]["version"], 2)
        asked = self.asked(self.updater(bootstrap=False).refresh)
        self.assertEqual(asked, [("root", 3), ("timestamp", None)])

    def test_a_folder_serves_both_clients_in_turn(self):
        for module in (tuf.ngclient, ngclient, tuf.ngclient, ngclient):
            self.sim.root.version += 1
            self.sim.publish_root()
            self.sim.update_timestamp()
            updater = self.updater(module)
            info = updater.get_targetinfo("a/file")
            self.assertEqual(info.length, len(TARGET))
            self.assertIsInstance(info, tuf.api.metadata.TargetFile)
            path = updater.download_target(info)
            self.assertEqual(path, str(self.folder / "targets/a%2Ffile"))
            self.assertEqual(updater.find_cached_target(info), path)

    def test_exceptions_have_a_code_and_a_cause(self):
        self.sim.signers["targets"].clear()
        with self.assertRaises(tuf.api.exceptions.UnsignedMetadataError) as raised:
            self.updater().refresh()
        self.assertEqual(raised.exception.code, "threshold-not-met")
        self.assertEqual(raised.exception.__cause__.role, "targets")

    def test_a_search_beyond_the_limit_is_an_error_and_not_an_absence(self):
        for number in range(5):
            role = tuf.api.metadata.DelegatedRole(f"r{number}", [], 1, False, ["*"], None)
            delegated = tuf.api.metadata.Targets(expires=self.sim.safe_expiry)
            self.sim.add_delegation("targets", role, delegated)
        self.sim.update_snapshot()
        updater = self.updater(config=ngclient.UpdaterConfig(max_delegations=3))
        with self.assertRaises(tuf.api.exceptions.RepositoryError) as raised:
            updater.get_targetinfo("x")
        self.assertEqual(raised.exception.code, "limit-reached")
        self.assertEqual(updater.get_targetinfo("a/file").length, len(TARGET))

    def test_the_form_of_other_envelopes_is_refused(self):
        config = ngclient.UpdaterConfig(envelope_type=ngclient.EnvelopeType.SIMPLE)
        with self.assertRaises(ValueError):
            self.updater(config=config)

    def test_the_defaults_are_those_of_python_tuf(self):
        theirs, ours = vars(tuf.ngclient.UpdaterConfig()), vars(ngclient.UpdaterConfig())
        self.assertEqual(list(ours), list(theirs))
        theirs.pop("envelope_type"), ours.pop("envelope_type")
        self.assertEqual(ours, theirs)

    def test_it_works_without_python_tuf(self):
        program = """
import sys
sys.modules["tuf"] = None
from datetime import datetime, timezone
from picotuf import ngclient
class Then(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 11, 22, tzinfo=timezone.utc)
ngclient.datetime = Then
folder, url, root, wheel = sys.argv[1:]
with open(root, "rb") as file:
    root = file.read()
updater = ngclient.Updater(folder, url + "/metadata", folder, url + "/targets", bootstrap=root)
info = updater.get_targetinfo(wheel)
print(type(info).__module__, info.hashes["sha256"], updater.download_target(info))
info.length += 1
try:
    updater.download_target(info)
except ngclient.LengthOrHashMismatchError as error:
    print(error.code, type(error).__module__)
"""
        with serving(DEMO) as (url, asked):
            arguments = [self.folder, url, DEMO / "root.json", WHEEL]
            done = subprocess.run(
                [sys.executable, "-c", program, *map(str, arguments)],
                capture_output=True, text=True, check=False,
            )
        self.assertEqual(done.stderr, "")
        path = os.path.join(self.folder, WHEEL.replace("/", "%2F"))
        self.assertEqual(
            done.stdout.splitlines(),
            [f"picotuf.ngclient {SHA256} {path}", "length-mismatch picotuf._tuf_exceptions"],
        )
        self.assertEqual(asked[0][1], f"picotuf/{VERSION}")


if __name__ == "__main__":
    unittest.main()
