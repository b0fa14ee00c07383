"""Bad input from Python is an exception of Python, whatever it is, and never a crash."""

import gc
import os
import random
import threading
import unittest
from pathlib import Path

import picotuf
from picotuf import _native, attest, ngclient
from support import DEMO, NOW, SHA256, WHEEL, InFolder, read

BASE = "https://example.org/"
MODULE_FETCH = read(BASE, DEMO)
ODD = [
    None,
    True,
    -1,
    2**64,
    2**200,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "\0",
    "\ud800",
    "é" * 5000,
    b"",
    b"\xff" * 100,
    bytearray(b"x"),
    [],
    ["\ud800"],
    [[]],
    {},
    {"max_delegations": -1},
    {"\ud800": 2**70},
    (),
    object(),
    type,
    len,
    lambda *_: 1 / 0,
]


class OfTheBoundary(InFolder):
    def client(self, fetch=None, **options):
        options = {"root": DEMO / "root.json", "at": NOW, **options}
        fetch = fetch or MODULE_FETCH
        return picotuf.Client(
            self.folder / "trusted", f"{BASE}metadata", f"{BASE}targets", fetch=fetch, **options
        )

    def test_every_function_takes_anything_and_survives(self):
        choose = random.Random(21)
        calls = [
            (picotuf.Client, 3, ["root", "fetch", "at", "limits", "hash_prefix", "timeout"]),
            (_native.Client, 11, []),
            (_native.Updater, 3, []),
            (_native.Http, 1, []),
            (_native.TargetWriter, 3, []),
            (_native.attested, 6, []),
            (_native.check_root, 2, []),
            (_native.is_target, 3, []),
            (_native.read, 1, []),
            (_native.sha256_of, 1, []),
            (_native.target_names, 3, []),
            (_native.trusted_root, 6, []),
            (attest.verify, 3, ["publisher", "at"]),
            (ngclient.Updater, 4, ["fetcher", "config", "bootstrap"]),
        ]
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")
        survived = refused = 0
        for _ in range(1500):
            function, count, names = choose.choice(calls)
            arguments = [choose.choice(ODD) for _ in range(count)]
            options = {name: choose.choice(ODD) for name in names if choose.random() < 0.5}
            try:
                function(*arguments, **options)
                survived += 1
            except Exception:
                refused += 1
        # A panic is no `Exception`, so it would have ended the loop.
        self.assertEqual(survived + refused, 1500)
        self.assertGreater(refused, 1000)
        client, updater = self.client(), _native.Updater(self.folder, BASE, MODULE_FETCH)
        writer = _native.TargetWriter(self.folder / "file", 1, {"sha256": "00" * 32})
        for odd in ODD:
            for method in (client.find, client.find_all, updater.find, writer.write):
                try:
                    found = method(odd)
                except Exception:
                    continue
                self.assertIn(found, (None, [], [None]))

    def test_types_and_values_have_the_exceptions_of_python(self):
        client = self.client()
        for call, kind in [
            (lambda: client.find(1), TypeError),
            (lambda: client.find_all("one path"), TypeError),
            (lambda: client.find("\ud800"), UnicodeEncodeError),
            (lambda: self.client(limits={"max_delegations": 2**64}), OverflowError),
            (lambda: self.client(limits={"max_delegations": -1}), OverflowError),
            (lambda: self.client(fetch=7), TypeError),
            (lambda: self.client(timeout=float("nan")), ValueError),
            (lambda: self.client(at=NOW.replace(tzinfo=None)), ValueError),
            (lambda: attest.verify_digest("a-1.tar.gz", b"short", b"{}", b"{}"), ValueError),
        ]:
            with self.assertRaises(kind):
                call()

    def test_a_wrong_type_is_named_with_its_argument(self):
        client, document = self.client(), (DEMO / "root.json").read_text("utf-8")
        for call, words in [
            (lambda: client.find(Path(WHEEL)), "the path of a target is a str, not"),
            (lambda: client.find_all(b"one path"), "paths is a list of str, not one bytes"),
            (lambda: client.download(WHEEL, b"folder"), "folder is a str or a path, not bytes"),
            (lambda: client.verify(WHEEL, DEMO / "root.json"), "the path of a target is a str"),
            (lambda: self.client(at="2026-11-22"), "at is a datetime, not str"),
            (lambda: self.client(root={}), "root is bytes or the path of a file, not dict"),
            (lambda: self.client(root=document), "root is the path of a file if it is a str"),
            (lambda: picotuf.Client(b"trusted", BASE), "metadata_dir is a str or a path"),
            (lambda: picotuf.Client("trusted", 7), "metadata_url is a URL, the path of a folder"),
            (lambda: picotuf.Client("trusted", [b"url"]), "metadata_url is a str or a path"),
        ]:
            with self.assertRaisesRegex(TypeError, words):
                call()
        with self.assertRaisesRegex(ValueError, "sha256 is a digest of 32 bytes"):
            attest.verify_digest("a-1.tar.gz", "00" * 32, b"{}", b"{}")

    def test_a_missing_url_is_named_as_in_python(self):
        with self.assertRaisesRegex(picotuf.CallerError, "^metadata_url is missing"):
            picotuf.Client(self.folder / "trusted", root=DEMO / "root.json")
        client = picotuf.Client(self.folder / "trusted", DEMO / "metadata", at=NOW)
        with self.assertRaisesRegex(picotuf.CallerError, "^target_url is missing") as raised:
            client.download(WHEEL, self.folder)
        self.assertEqual(raised.exception.code, "missing-setting")

    def test_a_closed_client_refuses_every_call(self):
        with self.client() as client:
            self.assertEqual(client.find(WHEEL).hashes["sha256"], SHA256)
        for call in (client.refresh, lambda: client.find(WHEEL)):
            with self.assertRaisesRegex(picotuf.CallerError, "closed"):
                call()
        client.close()

    def test_what_a_function_raises_is_the_cause(self):
        class Mine(Exception):
            pass

        def fetch(url, length):
            raise Mine("no network")

        with self.assertRaises(picotuf.TransportError) as raised:
            self.client(fetch).refresh()
        self.assertEqual(raised.exception.code, "connection")
        self.assertIsInstance(raised.exception.__cause__, Mine)
        self.assertIn("Mine: no network", str(raised.exception))

    def test_an_exit_in_a_function_is_not_held_up(self):
        for kind in (KeyboardInterrupt, SystemExit, GeneratorExit):

            def fetch(url, length, kind=kind):
                raise kind

            with self.assertRaises(kind):
                self.client(fetch).refresh()

    def test_a_function_that_returns_something_else_is_refused(self):
        for answer in ("text", 7, [b"a", "b"], object(), [1]):
            with self.assertRaises(picotuf.TransportError) as raised:
                self.client(lambda *_, answer=answer: answer).refresh()
            self.assertIsInstance(raised.exception.__cause__, TypeError)

    def test_endless_and_late_answers_are_cut(self):
        def endless(url, length):
            while True:
                yield b" " * 65536

        with self.assertRaises(picotuf.LimitError) as raised:
            self.client(endless).refresh()
        self.assertEqual(raised.exception.code, "limit-reached")

    def test_a_function_cannot_call_its_own_client(self):
        seen = []

        def fetch(url, length):
            try:
                client.refresh()
            except picotuf.CallerError as error:
                seen.append(error.code)
            return MODULE_FETCH(url, length)

        client = self.client(fetch)
        self.assertEqual(client.find(WHEEL).hashes["sha256"], SHA256)
        self.assertEqual(set(seen), {"usage"})

        def finding(url, length):
            updater.find("x")

        (self.folder / "other").mkdir()
        updater = _native.Updater(self.folder / "other", f"{BASE}metadata", finding)
        with self.assertRaises(picotuf.TransportError) as raised:
            updater.refresh((DEMO / "root.json").read_bytes(), int(NOW.timestamp()), {})
        self.assertIsInstance(raised.exception.__cause__, picotuf.CallerError)

    def test_a_client_goes_away_within_its_own_call(self):
        def fetch(url, length):
            holder.clear()
            gc.collect()
            return MODULE_FETCH(url, length)

        holder = [self.client(fetch)]
        self.assertEqual(holder[0].find(WHEEL).hashes["sha256"], SHA256)

    def test_threads_take_turns_and_others_go_on(self):
        inside, most, lock = 0, 0, threading.Lock()

        def fetch(url, length):
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            try:
                return MODULE_FETCH(url, length)
            finally:
                with lock:
                    inside -= 1

        client, found = self.client(fetch), []
        threads = [
            threading.Thread(target=lambda: found.append(client.find(WHEEL).hashes["sha256"]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((found, most), ([SHA256] * 8, 1))

    def test_other_threads_run_while_a_download_waits(self):
        # The server answers only after the other thread ran, so with the GIL held this never ends.
        import socket

        ran = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                ran.set()
                connection.sendall(b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        client = picotuf.Client(
            self.folder / "trusted",
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            root=DEMO / "root.json",
            at=NOW,
        )
        with self.assertRaises(picotuf.TransportError) as raised:
            client.refresh()
        self.assertTrue(ran.is_set())
        self.assertEqual((raised.exception.code, raised.exception.found), ("http-status", 500))

    def test_a_panic_is_an_exception(self):
        if not hasattr(_native, "panic"):
            self.skipTest("a wheel for users has no function that panics")
        with self.assertRaises(BaseException) as raised:
            _native.panic()
        self.assertEqual(type(raised.exception).__name__, "PanicException")
        self.assertEqual(str(raised.exception), "as the test wants it")
        self.assertEqual(self.client().find(WHEEL).hashes["sha256"], SHA256)


if __name__ == "__main__":
    unittest.main()
