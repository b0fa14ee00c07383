"""The class `picotuf.Client`."""

import importlib.metadata
import os
import pickle
import sys
import traceback
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import picotuf
from support import BLAKE2B, DEMO, NOW, SHA256, VERSION, WHEEL, InFolder, read, serving


class OfClient(InFolder):
    def client(self, metadata=DEMO / "metadata", targets=DEMO / "targets", **options):
        options = {"root": DEMO / "root.json", "at": NOW, **options}
        return picotuf.Client(self.folder / "trusted", metadata, targets, **options)

    def code(self, call, *arguments):
        """Returns the code of the error that a call raises, and its class."""
        with self.assertRaises(picotuf.Error) as raised:
            call(*arguments)
        return raised.exception.code, type(raised.exception)

    def test_a_refresh_returns_who_signed_each_role(self):
        roles = self.client().refresh()
        found = [(role.role, role.version, role.threshold, role.signing_keys) for role in roles]
        self.assertEqual(found[:2], [("root", 1, 2, 2), ("timestamp", 2, 1, 1)])
        self.assertEqual(found[2:], [("snapshot", 2, 1, 1), ("targets", 1, 2, 2)])
        self.assertEqual([role.fetched for role in roles], [False, True, True, True])
        self.assertTrue(all(len(role.signers) >= role.threshold for role in roles))

    def test_a_target_is_found_with_its_hashes_and_delegations(self):
        found = self.client().find(WHEEL)
        self.assertEqual(found.path, WHEEL)
        self.assertEqual(found.hashes["sha256"], SHA256)
        self.assertEqual(found.delegation_path[0], "targets")
        self.assertIsNone(self.client().find("no/such-1.0.tar.gz"))

    def test_several_targets_are_found_in_their_order(self):
        found = self.client().find_all(["no/such-1.tar.gz", WHEEL, "nor/this-1.tar.gz"])
        self.assertEqual([one and one.path for one in found], [None, WHEEL, None])

    def test_a_download_is_the_signed_file_and_is_not_repeated(self):
        with serving(DEMO) as (url, asked):
            client = self.client(f"{url}/metadata", f"{url}/targets", user_agent="test/1")
            done = client.download(WHEEL, self.folder / "wheels")
            self.assertEqual(done.file, self.folder / "wheels" / WHEEL)
            self.assertEqual(done.url, f"{url}/targets/iniconfig/{BLAKE2B}.{WHEEL.split('/')[1]}")
            client.verify(done.file, WHEEL)
            self.assertIsNone(client.download(WHEEL, self.folder / "wheels").url)
        self.assertEqual(asked[0][0], "/metadata/2.root.json")
        self.assertEqual({agent for _, agent in asked}, {f"test/1 picotuf/{VERSION}"})

    @unittest.skipUnless(sys.platform == "linux", "elsewhere, names of files are Unicode")
    def test_the_file_of_a_download_is_right_where_the_folder_is_not_unicode(self):
        folder = Path(os.fsdecode(os.fsencode(self.folder) + b"/\xff"))
        client = self.client()
        done = client.download(WHEEL, folder)
        self.assertEqual(done.file, folder / WHEEL)
        self.assertEqual(client.verify(done.file, WHEEL).hashes["sha256"], SHA256)

    def test_a_changed_file_is_refused_and_does_not_appear(self):
        repository = self.copy_of(DEMO)
        file = next((repository / "targets/iniconfig").iterdir())
        content = bytearray(file.read_bytes())
        content[0] ^= 1
        file.write_bytes(content)
        client = self.client(repository / "metadata", repository / "targets")
        self.assertEqual(
            self.code(client.download, WHEEL, self.folder / "wheels"),
            ("hash-mismatch", picotuf.RepositoryError),
        )
        self.assertEqual(list((self.folder / "wheels").rglob("*.whl")), [])
        self.assertEqual(
            self.code(client.verify, file, WHEEL), ("hash-mismatch", picotuf.RepositoryError)
        )

    def test_an_error_says_what_is_wrong_and_who_has_to_act(self):
        late = self.client(at=datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=2))))
        with self.assertRaises(picotuf.RepositoryError) as raised:
            late.refresh()
        error = raised.exception
        self.assertEqual((error.code, error.blame, error.role), ("expired", "repository", "root"))
        self.assertIn("[expired]", str(error))
        self.assertTrue(traceback.format_exception_only(error)[0].startswith("picotuf.Repository"))
        again = pickle.loads(pickle.dumps(error))
        self.assertIs(type(again), type(error))
        self.assertEqual((again.code, str(again)), ("expired", str(error)))

    def test_a_rollback_is_refused_by_what_the_folder_holds(self):
        self.client().refresh()
        repository = self.copy_of(DEMO)
        old = DEMO / "attacks/rollback/timestamp.json"
        (repository / "metadata/timestamp.json").write_bytes(old.read_bytes())
        self.assertEqual(
            self.code(self.client(repository / "metadata").refresh),
            ("rollback", picotuf.RepositoryError),
        )

    def test_an_offline_client_uses_what_is_stored(self):
        self.client().download(WHEEL, self.folder)
        client = self.client((), (), offline=True)
        self.assertEqual(client.verify(self.folder / WHEEL, WHEEL).hashes["sha256"], SHA256)
        self.assertEqual([role.fetched for role in client.refresh()], [False] * 4)
        self.assertEqual(
            self.code(client.download, WHEEL, self.folder), ("usage", picotuf.CallerError)
        )
        late = self.client((), (), offline=True, at=NOW.replace(year=2030))
        self.assertEqual(self.code(late.find, WHEEL), ("expired", picotuf.RepositoryError))

    def test_a_second_mirror_answers_for_the_first(self):
        mirrors = [self.folder / "nothing", DEMO / "metadata"]
        with self.assertLogs("picotuf", "WARNING") as logs:
            self.assertEqual(self.client(mirrors).find(WHEEL).hashes["sha256"], SHA256)
        self.assertIn("nothing", logs.output[0])

    def test_a_function_can_fetch(self):
        base = "https://example.org/"
        fetch = read(base, DEMO)
        pieces = lambda url, length: (
            None if (found := fetch(url, length)) is None else iter([found[:7], found[7:]])
        )
        for function in (fetch, pieces):
            client = self.client(f"{base}metadata", f"{base}targets", fetch=function)
            done = client.download(WHEEL, self.folder / function.__name__)
            self.assertEqual(done.target.hashes["sha256"], SHA256)

    def test_a_folder_that_trusts_no_root_is_refused(self):
        client = self.client(root=None)
        self.assertEqual(self.code(client.refresh), ("not-initialized", picotuf.CallerError))

    def test_a_lower_limit_is_kept_and_an_unknown_one_refused(self):
        client = self.client(limits={"targets_max_length": 100})
        self.assertEqual(self.code(client.refresh), ("limit-reached", picotuf.LimitError))
        self.assertEqual(
            self.code(lambda: self.client(limits={"no": 1})), ("usage", picotuf.CallerError)
        )

    def test_a_server_that_is_not_there_is_a_transport_error(self):
        with serving(DEMO) as (url, _):
            pass
        client = self.client(url)
        self.assertEqual(self.code(client.refresh), ("connection", picotuf.TransportError))

    def test_a_folder_that_cannot_be_written_is_an_os_error(self):
        (self.folder / "trusted").write_text("a file")
        with self.assertRaises(OSError) as raised:
            self.client().refresh()
        self.assertEqual((raised.exception.code, raised.exception.blame), ("io", "system"))

    def test_a_missing_root_is_a_local_error_with_its_path(self):
        root = self.folder / "no-such-root.json"
        self.assertEqual(self.code(lambda: self.client(root=root)), ("io", picotuf.LocalError))
        with self.assertRaisesRegex(OSError, "no-such-root.json"):
            self.client(root=root)

    def test_the_version_is_that_of_the_installed_package(self):
        self.assertEqual(picotuf.__version__, importlib.metadata.version("picotuf"))


if __name__ == "__main__":
    unittest.main()
