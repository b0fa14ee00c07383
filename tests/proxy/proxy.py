"""Installs through `picotuf proxy` and `picotuf run` with the real installers, and attacks both."""

import json
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest
from contextlib import ExitStack
from datetime import timedelta

import upstream
from attested import Attested
from beside import Beside
from index import Index, sha256
from load import Kills, Load
from machine import BIN, BOTH, PYPROJECT, SITE, Machine
from packages import Package
from renewal import Encrypted, Renewal
from upstream import EVIL, JSON, PAGE, Upstream, wait_for

WHEEL = "alpha-1.1-py3-none-any.whl"
BETA = "beta_dotted-2.0-py3-none-any.whl"
ALPHA_FILE = f"/files/alpha/{WHEEL}"


class Server(Machine):
    """What a client gets."""

    def test_a_page_comes_in_the_form_that_is_accepted_and_is_not_sent_twice(self) -> None:
        # Without 304, `uv lock` fetches all pages again; without JSON, it lacks upload times.
        with self.proxy() as proxy:
            page = proxy.ask("/simple/alpha/", Accept=JSON)
            self.assertEqual((page.status, page.headers["Content-Type"]), (200, JSON))
            listed = json.loads(page.body)
            signed = json.loads(self.upstream.files["targets/" + PAGE.format("alpha")])
            for file in signed["files"]:
                file["url"] = f"../../files/alpha/{file['filename']}"
                del file["yanked"]
            self.assertEqual(listed, signed)
            html = proxy.ask("/simple/alpha/", Accept=f"{JSON};q=0.1, text/html;q=0.2")
            self.assertEqual(html.headers["Content-Type"], "text/html")
            self.assertIn(f'href="../../files/alpha/{WHEEL}#sha256=', html.body.decode())
            for answer, accept in ((page, JSON), (html, "text/html")):
                again = proxy.ask(
                    "/simple/alpha/", Accept=accept, If_None_Match=answer.headers["ETag"]
                )
                self.assertEqual((again.status, again.body), (304, b""))
            self.assertEqual(proxy.ask("/simple/alpha/", Accept="text/plain").status, 406)
            self.assertEqual(proxy.ask("/simple/Alpha").headers["Location"], "alpha/")
            yanked = json.loads(proxy.ask("/simple/yanked/", Accept=JSON).body)
            self.assertEqual(
                [file.get("yanked") for file in yanked["files"]],
                [None, None, "broken", "broken"],
            )
            # One page of each project was fetched, whatever was asked.
            fetched = [path for path in self.upstream.requests if PAGE.format("alpha") in path]
            self.assertEqual(len(fetched), 1)

    def test_a_file_has_a_length_and_parts_and_is_fetched_once(self) -> None:
        # A client that takes a cut file for a whole one would install what nobody signed.
        wheel = self.upstream.index.files[WHEEL]
        with self.proxy() as proxy:
            whole = proxy.ask(ALPHA_FILE)
            self.assertEqual((whole.status, whole.body), (200, wheel))
            self.assertEqual(whole.headers["Content-Length"], str(len(wheel)))
            self.assertIsNone(whole.headers["Transfer-Encoding"])
            head = proxy.ask(ALPHA_FILE, "HEAD")
            self.assertEqual(head.headers["Content-Length"], str(len(wheel)))
            self.assertEqual(head.body, b"")
            part = proxy.ask(ALPHA_FILE, Range="bytes=-22")
            self.assertEqual((part.status, part.body), (206, wheel[-22:]))
            size = len(wheel)
            expected = f"bytes {size - 22}-{size - 1}/{size}"
            self.assertEqual(part.headers["Content-Range"], expected)
            self.assertEqual(proxy.ask(ALPHA_FILE, Range=f"bytes={size}-").status, 416)
            tag = whole.headers["ETag"]
            self.assertEqual(proxy.ask(ALPHA_FILE, If_None_Match=tag).status, 304)
            metadata = proxy.ask(ALPHA_FILE + ".metadata")
            self.assertIn(b"Requires-Dist: beta.dotted", metadata.body)
        fetched = [path for path in self.upstream.requests if path.endswith(WHEEL)]
        self.assertEqual(len(fetched), 1)
        # Another process finds it in the cache.
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask(ALPHA_FILE).body, wheel)
        fetched = [path for path in self.upstream.requests if path.endswith(WHEEL)]
        self.assertEqual(len(fetched), 1)

    def test_who_may_ask_and_how(self) -> None:
        # A web page must not read private names through a browser (DNS rebinding).
        with self.proxy("--host-name", "index.example") as proxy:
            for host, status in (
                ("evil.example", 421),
                (f"localhost:{proxy.address.rpartition(':')[2]}", 200),
                ("index.example:443", 200),
            ):
                self.assertEqual(proxy.ask("/simple/alpha/", Host=host).status, status, host)
            for method in ("POST", "PUT", "DELETE"):
                answer = proxy.ask("/simple/alpha/", method)
                self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))
            for path in ("/simple/none/", "/files/alpha/alpha-9.tar.gz", "/", "/simple/../etc/"):
                self.assertEqual(proxy.ask(path).status, 404, path)
            self.assertEqual(proxy.said(), "")
            self.assertEqual(proxy.ask("/_picotuf/health").body, b"ok\n")
            metrics = proxy.ask("/_picotuf/metrics").body.decode()
            self.assertIn('picotuf_answers_total{status="421"} 1\n', metrics)

    def test_a_project_without_a_page_for_want_of_an_index_is_told_of_once(self) -> None:
        # pip says "from versions: none", and nobody would look for a setting of the proxy.
        repository = ["pep458" if word == "pep691" else word for word in self.repository()]
        with self.proxy(repository=repository) as proxy:
            for project in ("alpha", "gamma"):
                self.assertEqual(proxy.ask(f"/simple/{project}/").status, 404)
            self.assertEqual(
                proxy.said(),
                "picotuf: proxy: refused: the repository signs no index page of alpha, and no "
                "index is named [missing-setting] — give --index-url URL, the index whose files "
                "the repository signs\n",
            )

    def test_what_two_servers_may_read_differently_is_answered_once_or_refused(self) -> None:
        # Behind another server, a second request in the body of the first would be answered to
        # somebody else.
        with self.proxy() as proxy:
            host = f"Host: {proxy.address}".encode()
            get = b"GET /simple/alpha/ HTTP/1.1\r\n"
            inner = b"GET /_picotuf/metrics HTTP/1.1\r\n" + host + b"\r\n\r\n"
            chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner)
            length = b"Content-Length: %d" % len(inner)
            chunked = b"Transfer-Encoding: chunked"
            for headers, body, expected in (
                ([host], b"", [200, 200]),
                ([host], inner, [200, 200, 200]),
                ([host, length], inner, [200, 200]),
                ([host, chunked], chunk, [200, 200]),
                ([host, b"Content-Length: 1", length], inner, [400]),
                ([host, b"Content-Length: +5"], inner, [400]),
                ([host, b"Content-Length: 5, 5"], inner, [400]),
                ([host, b"Transfer-Encoding: identity"], inner, [400]),
                ([host, b"Transfer-Encoding: chunked, x"], chunk, [400]),
                ([host, b"X : y"], b"", [400]),
                ([host, b" folded"], b"", [400]),
                ([host, host], b"", [400, 200]),
                ([host, b"Host: evil.example"], b"", [400, 200]),
                ([b"X: y"], b"", [421, 200]),
                ([host, *[b"X: y"] * 101], b"", [431]),
            ):
                lines = get + b"\r\n".join(headers) + b"\r\n\r\n" + body
                answered = proxy.send(lines)
                # What follows a request that is refused is never read as another one.
                self.assertEqual(answered, expected, headers)
            large = get + host + b"\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"
            self.assertIn(proxy.send(large), ([], [431]))
            for line, expected in (
                (b"GET http://evil.example/simple/alpha/ HTTP/1.1", [421, 200]),
                (b"GET http://x@%b/simple/alpha/ HTTP/1.1" % proxy.address.encode(), [421, 200]),
                (b"CONNECT 127.0.0.1:22 HTTP/1.1", [405, 200]),
                (b"GET /simple/alpha/ HTTP/1.0", [200]),
                (b"GET /simple/alpha/ HTTP/3.0", [400]),
                (b"GET /simple/alpha/", [400]),
                (b"PRI * HTTP/2.0", [400]),
            ):
                answered = proxy.send(line + b"\r\n" + host + b"\r\n\r\n")
                self.assertEqual(answered, expected, line)
            for path in (
                *("//simple/alpha/", "/simple//alpha/", "/simple/alpha/..", "/simple/%2e%2e/"),
                *("/simple/alpha%2f", "/simple/%61lpha/", "/simple/alpha%00/", "/simple/..;/"),
                *("/files/alpha/../alpha/" + WHEEL, "/files/%2e%2e/" + WHEEL),
                *("/files/alpha/%2e%2e%2f%2e%2e%2froot.json", "/files/alpha/..\\root.json"),
                *("/files/alpha/" + WHEEL + "%00", "/files/alpha/" + WHEEL + "/"),
                *("/files/alpha/" + WHEEL + ".metadata.metadata", "/files/gamma/" + WHEEL),
                *("/files/alpha/%ff" + WHEEL, "/_picotuf/why/alpha/..%2f", "/%5fpicotuf/health/"),
            ):
                line = b"GET " + path.encode() + b" HTTP/1.1\r\n" + host + b"\r\n\r\n"
                self.assertEqual(proxy.send(line), [404, 200], path)
            self.assertEqual(proxy.ask(ALPHA_FILE).status, 200)
            self.assertEqual(proxy.said(), "")

    def test_a_file_of_the_cache_that_is_changed_meanwhile_is_not_handed_out(self) -> None:
        # A disk that fails, or another program, must not get into an installation.
        wheel = self.upstream.index.files[WHEEL]
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask(ALPHA_FILE).body, wheel)
            (stored,) = self.folder.glob("metadata/files/files/*/*")
            other = wheel[:-1] + bytes([wheel[-1] ^ 1])
            for change in (other, wheel[:-1], wheel + b"\0", b""):
                stored.write_bytes(change)
                self.assertEqual(proxy.ask(ALPHA_FILE).body, wheel)
                self.assertEqual(stored.read_bytes(), wheel)
            stored.unlink()
            stored.symlink_to(self.root)
            self.assertEqual(proxy.ask(ALPHA_FILE).body, wheel)
            self.assertEqual(proxy.said(), "")

    def test_clients_that_say_and_take_nothing_do_not_keep_others_waiting(self) -> None:
        with self.proxy() as proxy, ExitStack() as silent:
            host, port = proxy.address.rsplit(":", 1)
            for number in range(200):
                one = silent.enter_context(socket.create_connection((host, int(port)), 60))
                one.sendall(b"GET /simple/alpha/ HTTP/1.1\r\nHost: x"[: number % 40])
            self.assertEqual(proxy.ask(ALPHA_FILE).status, 200)

    def test_thousands_of_silent_connections_make_room_for_those_who_ask(self) -> None:
        # Anybody who reaches the port can open them, without a token.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with self.proxy(repository=self.patient()) as proxy, ExitStack() as silent:
            host, port = proxy.address.rsplit(":", 1)
            waiting = self.hold(f"/files/{WHEEL}")
            asked = socket.create_connection((host, int(port)), 60)
            silent.callback(asked.close)
            asked.sendall(f"GET {ALPHA_FILE} HTTP/1.1\r\nHost: {proxy.address}\r\n\r\n".encode())
            wait_for(lambda: f"/files/{WHEEL}" in self.upstream.requests)
            for number in range(2000):
                one = silent.enter_context(socket.create_connection((host, int(port)), 60))
                one.sendall(b"GET /simple/alpha/ HTTP/1.1\r\nHost: x"[: number % 40])
            self.assertEqual(proxy.ask("/simple/alpha/").status, 200)
            # A client that waits for its file is not cut.
            waiting.set()
            self.assertIn(b" 200 OK", asked.recv(65536))

    def patient(self) -> list[str]:
        """The options for the upstream, when it is slow on purpose."""
        shared = self.repository()
        shared[shared.index("--timeout") + 1] = "300"
        return shared

    def hold(self, path: str) -> threading.Event:
        """Answers for a path only after this event."""
        go_on = threading.Event()

        def wait(handler: upstream.Handler) -> None:
            go_on.wait(300)
            handler.send(*self.upstream.answer(path, ""))

        self.upstream.behaviours[path] = wait
        return go_on

    def test_a_file_comes_for_others_if_who_asked_first_goes_away(self) -> None:
        with self.proxy(repository=self.patient()) as proxy:
            go_on = self.hold(f"/files/{WHEEL}")
            host, port = proxy.address.rsplit(":", 1)
            with socket.create_connection((host, int(port)), 60) as first:
                request = f"GET {ALPHA_FILE} HTTP/1.1\r\nHost: {proxy.address}\r\n\r\n"
                first.sendall(request.encode())
                wait_for(lambda: f"/files/{WHEEL}" in self.upstream.requests)
                # Cut with a reset.
                first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            answers: list[bytes] = []
            second = threading.Thread(target=lambda: answers.append(proxy.ask(ALPHA_FILE).body))
            second.start()
            go_on.set()
            second.join(60)
            self.assertEqual(answers, [self.upstream.index.files[WHEEL]])
        self.assertEqual(self.upstream.requests.count(f"/files/{WHEEL}"), 1)

    def test_metadata_that_is_there_waits_for_no_download(self) -> None:
        # 16 files come at a time. Somebody who resolves would wait for the largest of them.
        large = [Package(f"large-{number}", "1.0", sdist=False) for number in range(16)]
        self.upstream.add(large)
        wheels = [f"{package.name.replace('-', '_')}-1.0-py3-none-any.whl" for package in large]
        with self.proxy(repository=self.patient()) as proxy, ExitStack() as waiting:
            metadata = proxy.ask(ALPHA_FILE + ".metadata").body
            self.assertIn(b"Name: alpha", metadata)
            statuses: list[int] = []

            def ask(path: str) -> None:
                statuses.append(proxy.ask(path).status)

            for package, wheel in zip(large, wheels, strict=True):
                path = f"/files/{package.name}/{wheel}"
                one = threading.Thread(target=ask, args=(path,))
                waiting.callback(one.join)
                waiting.callback(self.hold(f"/files/{wheel}").set)
                one.start()
            held = {f"/files/{wheel}" for wheel in wheels}
            wait_for(lambda: held <= set(self.upstream.requests))
            self.assertEqual(proxy.ask(ALPHA_FILE + ".metadata").body, metadata)
            self.assertEqual(statuses, [])

    def test_parts_and_conditions_of_a_file(self) -> None:
        wheel = self.upstream.index.files[WHEEL]
        with self.proxy() as proxy:
            tag = proxy.ask(ALPHA_FILE).headers["ETag"]
            for headers, expected, body in (
                ({"Range": "bytes=0-0"}, 206, wheel[:1]),
                ({"Range": "bytes=0-0", "If_Range": tag}, 206, wheel[:1]),
                ({"Range": "bytes=0-0", "If_Range": '"other"'}, 200, wheel),
                ({"Range": "bytes=0-0", "If_Range": f"W/{tag}"}, 200, wheel),
                ({"Range": "bytes=0-0", "If_None_Match": tag}, 304, b""),
                # Many ranges of one file are a way to make a server send much.
                ({"Range": "bytes=" + ",".join(["0-"] * 1000)}, 200, wheel),
                ({"Range": "bytes=0-0,-1"}, 200, wheel),
                ({"Range": "bytes=9-1"}, 200, wheel),
                ({"Range": "bytes=-" + "9" * 30}, 206, wheel),
            ):
                answer = proxy.ask(ALPHA_FILE, **headers)
                self.assertEqual((answer.status, answer.body), (expected, body), headers)
                head = proxy.ask(ALPHA_FILE, "HEAD", **headers)
                self.assertEqual((head.status, head.body), (expected, b""), headers)
                for name in ("Content-Length", "Content-Range", "ETag"):
                    self.assertEqual(head.headers[name], answer.headers[name], (name, headers))

    def test_a_folder_that_takes_no_file_is_no_verdict_on_it(self) -> None:
        # A full disk must not look as if somebody had changed a file.
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask(ALPHA_FILE).status, 200)
            incoming = self.folder / "metadata" / "files" / "incoming"
            incoming.rename(incoming.with_name("away"))
            incoming.write_text("")
            beta = f"/files/beta-dotted/{BETA}"
            failed = proxy.ask(beta)
            self.assertEqual(failed.status, 502)
            self.assertEqual(failed.reason, "failed by picotuf: io")
            self.assertIn(str(incoming), failed.body.decode())
            # What is there comes all the same.
            self.assertEqual(proxy.ask(ALPHA_FILE).status, 200)
            incoming.unlink()
            incoming.with_name("away").rename(incoming)
            self.assertEqual(proxy.ask(beta).status, 200)

    def test_a_disk_that_is_full_is_told(self) -> None:
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask("/simple/alpha/").status, 200)
        # Python ignores the signal of that limit, and what it starts here does so too.
        limit = (700, 700)
        with self.proxy(
            limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        ) as proxy:
            failed = proxy.ask(ALPHA_FILE)
            self.assertEqual((failed.status, failed.reason), (502, "failed by picotuf: io"))
            self.assertEqual(list(self.folder.glob("metadata/files/files/*/*")), [])
            self.assertEqual(list(self.folder.glob("metadata/files/incoming/*")), [])

    def test_a_page_that_changes_before_the_file_is_asked_for(self) -> None:
        # The file is judged by the page that the client got, or by a newer one: by no mixture.
        with self.proxy() as proxy:
            before = json.loads(proxy.ask("/simple/alpha/", Accept=JSON).body)
            self.upstream.packages = [
                package
                for package in self.upstream.packages
                if (package.name, package.version) != ("alpha", "1.1")
            ] + EVIL[:1]
            self.upstream.index = Index(self.upstream.packages, [])
            self.upstream.sign()
            listed = {file["filename"]: file["hashes"] for file in before["files"]}
            answer = proxy.ask(ALPHA_FILE)
            self.assertEqual(answer.status, 403, answer.body)
            self.assertNotEqual(listed[WHEEL]["sha256"], sha256(EVIL[0].files()[WHEEL]))

    def test_a_token_stands_before_every_path_and_a_public_address_needs_one(self) -> None:
        # Without it, everybody on the network reads the names of private projects.
        refused = self.call(BIN, *self.repository(), "proxy", "--listen", "0.0.0.0:0")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("needs TLS or a token", refused.stderr)
        token = self.folder / "token"
        token.write_text("short\n")
        short = self.call(BIN, *self.repository(), "proxy", "--token-file", str(token))
        self.assertEqual(short.returncode, 2)
        token.write_text("0123456789abcdef\n")
        with self.proxy("--token-file", str(token)) as proxy:
            self.assertEqual(proxy.url, f"http://{proxy.address}/TOKEN/simple/")
            for path, status in (
                ("/0123456789abcdef/simple/alpha/", 200),
                ("/0123456789abcdef/_picotuf/metrics", 200),
                ("/_picotuf/metrics", 404),
                ("/_picotuf/health", 200),
                ("/simple/alpha/", 404),
                ("/0123456789abcdeF/simple/alpha/", 404),
            ):
                self.assertEqual(proxy.ask(path).status, status, path)

    def test_observe_hands_out_everything_and_tells(self) -> None:
        # A team begins so: it sees what would break before anything breaks.
        self.upstream.exchange(f"/files/{WHEEL}", EVIL[0].files()[WHEEL][:900])
        with self.proxy("--observe") as proxy:
            self.assertEqual(proxy.ask(ALPHA_FILE).body, EVIL[0].files()[WHEEL][:900])
            self.assertIn("would be refused", proxy.said())
            self.assertIn(
                "picotuf_observed_total 1\n", proxy.ask("/_picotuf/metrics").body.decode()
            )
        # What did not verify is not in the cache for others.
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask(ALPHA_FILE).status, 403)

    def test_kept_urls_lead_to_the_index_and_the_proxy_says_so(self) -> None:
        with self.proxy("--keep-urls") as proxy:
            page = json.loads(proxy.ask("/simple/alpha/", Accept=JSON).body)
            self.assertEqual(
                page["files"][2]["url"],
                f"{self.server}/targets/../files/{WHEEL}".replace("targets/../", ""),
            )
            self.assertNotIn("core-metadata", page["files"][2])

    def test_wheels_may_be_required(self) -> None:
        # An sdist runs code of its own when it is built.
        with self.proxy("--require", "wheels") as proxy:
            answer = proxy.ask("/files/gamma/gamma-3.0.tar.gz")
            self.assertEqual(answer.status, 403)
            self.assertIn(b"[not-only-wheels]", answer.body)
            listed = json.loads(proxy.ask("/simple/gamma/", Accept=JSON).body)
            self.assertEqual(len(listed["files"]), 1)


class Attacks(Machine):
    """Each is refused, and nothing is installed."""

    def refused(
        self, status: int, code: str, path: str = ALPHA_FILE, settings: tuple[str, ...] = ()
    ) -> None:
        """The answer, the reason, and what an installer makes of it."""
        with self.proxy(*settings) as proxy:
            answer = proxy.ask(path)
            self.assertEqual(answer.status, status, answer.body)
            self.assertIn(f"[{code}]".encode(), answer.body)
            self.assertTrue(answer.reason.endswith(f"by picotuf: {code}"), answer.reason)
            if status == 403:
                why = proxy.ask(path.replace("/files/", "/_picotuf/why/"))
                self.assertEqual(why.body, answer.body)
            self.assertIn(f"[{code}]", proxy.said())
            installed = self.install(proxy.url, "alpha")
            self.assertNotEqual(installed.returncode, 0, installed.stderr)
            self.assertEqual(self.installed(), [])
            # It stays on its page, or an older version would be installed in its place.
            if status == 403:
                listed = json.loads(proxy.ask("/simple/alpha/", Accept=JSON).body)
                self.assertIn(WHEEL, [file["filename"] for file in listed["files"]])

    def test_an_exchanged_file(self) -> None:
        wheel = self.upstream.index.files[WHEEL]
        self.upstream.exchange(f"/files/{WHEEL}", wheel[:-1] + bytes([wheel[-1] ^ 1]))
        self.refused(403, "hash-mismatch")

    def test_a_longer_file(self) -> None:
        self.upstream.exchange(f"/files/{WHEEL}", EVIL[0].files()[WHEEL])
        self.refused(403, "length-mismatch")

    def test_a_shorter_file(self) -> None:
        self.upstream.exchange(f"/files/{WHEEL}", self.upstream.index.files[WHEEL][:-1])
        self.refused(403, "length-mismatch")

    def test_a_changed_page(self) -> None:
        path = "targets/" + PAGE.format("alpha")
        self.upstream.files[path] = self.upstream.files[path].replace(b"1.1", b"1.2")
        self.refused(502, "hash-mismatch", "/simple/alpha/")

    def test_replayed_pages_with_their_metadata(self) -> None:
        # The stored metadata is newer than what a thief has kept.
        old = dict(self.upstream.files)
        self.upstream.sign()
        with self.proxy() as proxy:
            self.assertEqual(proxy.ask("/simple/alpha/").status, 200)
        self.upstream.files = old
        self.refused(502, "rollback", "/simple/alpha/")

    def test_metadata_that_has_expired(self) -> None:
        self.upstream.sign(expires=timedelta(seconds=-1))
        self.refused(502, "expired", "/simple/alpha/")

    def test_an_answer_that_is_cut(self) -> None:
        wheel = self.upstream.index.files[WHEEL]
        self.upstream.behaviours[f"/files/{WHEEL}"] = upstream.cut(wheel)
        self.refused(502, "connection")

    def test_an_endless_answer(self) -> None:
        self.upstream.behaviours[f"/files/{WHEEL}"] = upstream.endless
        self.refused(403, "length-mismatch")

    def test_a_slow_answer(self) -> None:
        self.upstream.behaviours[f"/files/{WHEEL}"] = upstream.slow
        self.refused(502, "timeout")

    def test_a_server_that_fails_is_never_not_found(self) -> None:
        # After 404 an installer goes on to another index, where a thief may have the name.
        path = "/targets/" + PAGE.format("alpha")
        self.upstream.behaviours[path] = upstream.status(503)
        self.refused(502, "http-status", "/simple/alpha/")

    def test_a_redirect_to_another_server(self) -> None:
        # A server of this machine must not be asked because an index says so.
        with upstream.serve(upstream.Upstream()) as elsewhere:
            behave = upstream.redirect(f"{elsewhere}/files/{WHEEL}")
            self.upstream.behaviours[f"/files/{WHEEL}"] = behave
            self.refused(502, "redirect")

    def test_a_file_that_nobody_signs(self) -> None:
        # The unsigned index lists what the signed page does not.
        self.upstream.index.files["alpha-1.2-py3-none-any.whl"] = EVIL[0].files()[WHEEL]
        with self.proxy("--index-url", f"{self.server}/simple/") as proxy:
            answer = proxy.ask("/files/alpha/alpha-1.2-py3-none-any.whl")
            self.assertEqual(answer.status, 404)
            installed = self.install(proxy.url, "alpha==1.2")
            self.assertNotEqual(installed.returncode, 0)
            self.assertEqual(self.installed(), [])


class Tools(Machine):
    """Each row of the table in docs/proxy.md: installs a project with a dependency."""

    def own_project(self, more: str = "") -> None:
        """A project for uv, pdm and Poetry."""
        (self.project / "pyproject.toml").write_text(PYPROJECT + more)

    def assert_verified(self, folder: str = SITE) -> None:
        """Both are installed, and the upstream was asked for each file once, by picotuf."""
        self.assertEqual(self.installed(folder), BOTH)
        for name in (WHEEL, BETA):
            asked = [path for path in self.upstream.requests if path == f"/files/{name}"]
            self.assertEqual(len(asked), 1, name)

    def assert_refused(self, folder: str, *command: str) -> None:
        """With another file in the place of a dependency, nothing of it is installed."""
        wheel = self.upstream.index.files[BETA]
        self.upstream.exchange(f"/files/{BETA}", wheel[:-1] + bytes([wheel[-1] ^ 1]))
        shutil.rmtree(self.folder / "metadata" / "files")
        ended = self.picotuf_run(*command)
        self.assertNotEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn("[hash-mismatch]", ended.stderr)
        self.assertNotIn("beta_dotted 2.0", self.installed(folder))

    def test_pip(self) -> None:
        command = (self.tool("pip"), "install", "--target", "site", "alpha")
        ended = self.picotuf_run(*command)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assert_verified("site")
        # The output of a command is its own.
        self.assertNotIn("picotuf", ended.stdout)
        shutil.rmtree(self.project / "site")
        self.assert_refused("site", *command)

    def uv_sync(self, tool: str) -> None:
        """Syncs a locked project, and leaves its lock file as it is."""
        self.own_project()
        uv = self.tool(tool)
        locked = self.call(uv, "lock", "--default-index", f"{self.server}/simple/")
        self.assertEqual(locked.returncode, 0, locked.stderr)
        before = (self.project / "uv.lock").read_bytes()
        # `--frozen` takes the URLs of the lock file; without, uv asks the index.
        for more in (["--frozen"], []):
            shutil.rmtree(self.project / ".venv", ignore_errors=True)
            ended = self.picotuf_run(uv, "sync", *more)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assert_verified()
            self.assertEqual((self.project / "uv.lock").read_bytes(), before)
        shutil.rmtree(self.project / ".venv")
        self.assert_refused(SITE, uv, "sync", "--frozen")

    def test_uv(self) -> None:
        self.uv_sync("uv")

    def test_an_older_uv(self) -> None:
        self.uv_sync("uv-zstd")

    def test_poetry(self) -> None:
        # It has no variable for an index: it goes through the proxy for an index by http.
        self.own_project(
            "[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = 'loopback'\n"
            f"url = '{self.server}/simple/'\npriority = 'primary'\n"
        )
        command = (self.tool("poetry"), "install", "--no-interaction")
        ended = self.picotuf_run(*command)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assert_verified()
        shutil.rmtree(self.project / ".venv")
        shutil.rmtree(self.home / "poetry")
        self.assert_refused(SITE, *command)

    def test_pdm(self) -> None:
        self.own_project("[tool.pdm]\ndistribution = false\n")
        command = (self.tool("pdm"), "install")
        ended = self.picotuf_run(*command)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assert_verified()
        shutil.rmtree(self.project / ".venv")
        shutil.rmtree(self.home / "pdm")
        self.assert_refused(SITE, *command)

    def test_pipenv(self) -> None:
        (self.project / "Pipfile").write_text(
            '[[source]]\nname = "pypi"\nurl = "https://pypi.org/simple"\nverify_ssl = true\n'
            '[packages]\nalpha = "*"\n'
        )
        command = (self.tool("pipenv"), "install")
        ended = self.picotuf_run(*command)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assert_verified()
        lock = (self.project / "Pipfile.lock").read_text()
        self.assertNotIn("127.0.0.1", lock)
        shutil.rmtree(self.project / ".venv")
        self.assert_refused(SITE, *command)


class Locks(Machine):
    """Lock files come out as without picotuf."""

    def both(self, name: str, command: tuple[str, ...], **variables: str) -> tuple[str, str]:
        """The lock file that a command writes without picotuf, and with it."""
        lock = self.project / name
        alone = self.call(*command, **variables)
        self.assertEqual(alone.returncode, 0, alone.stdout + alone.stderr)
        without = lock.read_text()
        lock.unlink()
        ended = self.picotuf_run(*command, options=("--keep-urls",))
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return without, lock.read_text()

    def test_pip_writes_the_same_bytes(self) -> None:
        command = (self.tool("pip"), "lock", "--quiet", "alpha")
        without, through = self.both("pylock.toml", command, PIP_INDEX_URL=f"{self.server}/simple/")
        self.assertEqual(through, without)
        self.assertIn(WHEEL, through)

    def test_pdm_writes_the_same_bytes(self) -> None:
        (self.project / "pyproject.toml").write_text(
            PYPROJECT + "[tool.pdm]\ndistribution = false\n"
        )
        command = (self.tool("pdm"), "lock")
        without, through = self.both("pdm.lock", command, PDM_PYPI_URL=f"{self.server}/simple/")
        self.assertEqual(through, without)
        self.assertIn(WHEEL, through)

    def test_uv_names_the_index_on_one_line_of_each_package(self) -> None:
        # So uv locks without `picotuf run`, which would put such a lock file back.
        (self.project / "pyproject.toml").write_text(PYPROJECT)
        uv = self.tool("uv")
        locks = []
        with self.proxy("--keep-urls") as proxy:
            for url in (f"{self.server}/simple/", proxy.url):
                locked = self.call(uv, "lock", "--default-index", url)
                self.assertEqual(locked.returncode, 0, locked.stderr)
                locks.append((self.project / "uv.lock").read_text().splitlines())
                (self.project / "uv.lock").unlink()
            differ = [pair for pair in zip(*locks, strict=True) if pair[0] != pair[1]]
            self.assertEqual(
                differ,
                [
                    (
                        f'source = {{ registry = "{self.server}/simple/" }}',
                        f'source = {{ registry = "{proxy.url}" }}',
                    )
                ]
                * 2,
            )
        (self.project / "uv.lock").write_text("\n".join(locks[0]) + "\n")
        ended = self.picotuf_run(uv, "lock", "--upgrade", options=("--keep-urls",))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("put back", ended.stderr)
        self.assertEqual((self.project / "uv.lock").read_text().splitlines(), locks[0])


class Run(Machine):
    """What `picotuf run` lets a command do."""

    def python(self, code: str, *options: str) -> subprocess.CompletedProcess:
        """Runs Python under it."""
        return self.picotuf_run(sys.executable, "-c", code, options=options)

    def test_the_exit_code_is_the_command_s(self) -> None:
        for code in (0, 7, 255):
            self.assertEqual(self.python(f"raise SystemExit({code})").returncode, code)
        killed = self.python("import os; os.kill(os.getpid(), 15)")
        self.assertEqual(killed.returncode, 128 + signal.SIGTERM)
        missing = self.picotuf_run("/no/such/program")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("[io]", missing.stderr)

    def test_the_token_is_in_the_path_and_in_no_log(self) -> None:
        # Another user of the machine would read private names with it.
        code = "import os, urllib.request as r; u = os.environ['PIP_INDEX_URL']; print(u)\n"
        code += "print(r.build_opener(r.ProxyHandler({})).open(u + 'alpha/').status)\n"
        code += "try: r.build_opener(r.ProxyHandler({})).open(u.replace(u.split('/')[3], 'x'))\n"
        code += "except OSError as error: print(error.code)\n"
        shared = [*self.repository(), "--verbose"]
        ended = self.call(BIN, *shared, "run", "--", sys.executable, "-c", code)
        url, *statuses = ended.stdout.split()
        self.assertEqual(statuses, ["200", "404"], ended.stderr)
        token = url.split("/")[3]
        self.assertRegex(token, "^[0-9a-f]{32}$")
        self.assertNotIn(token, ended.stderr)
        self.assertIn("GET ", ended.stderr)

    def test_other_servers_are_refused_unless_they_are_allowed(self) -> None:
        # A URL in a lock file, another index in a configuration file, `name @ https://...`.
        code = "import os, socket, base64, urllib.parse as p\n"
        code += "u = p.urlsplit(os.environ['HTTPS_PROXY'])\n"
        code += "s = socket.create_connection((u.hostname, u.port))\n"
        code += "a = base64.b64encode(f'{u.username}:{u.password}'.encode()).decode()\n"
        code += "head = f'Proxy-Authorization: Basic {a}' if AUTH else 'X: y'\n"
        code += "lines = [f'CONNECT {HOST} HTTP/1.1', f'Host: {HOST}', head, '', '']\n"
        code += "s.sendall('\\r\\n'.join(lines).encode())\n"
        code += "print(s.recv(100).decode().splitlines()[0])\n"
        server = self.server.removeprefix("http://")
        allow = ("--allow-host", "127.0.0.1")
        refused = "HTTP/1.1 403 refused by picotuf: not-through-index"
        for auth, options, host, expected in (
            (True, (), server, refused),
            (True, allow, server, "HTTP/1.1 200 OK"),
            (False, allow, server, "HTTP/1.1 407 Proxy Authentication Required"),
            # Other spellings of the address, and other targets than a host and a port.
            (True, allow, server.replace("127.0.0.1", "127.1"), refused),
            (True, allow, server.replace("127.0.0.1", "127.0.0.1."), refused),
            (True, allow, server.replace("127.0.0.1", "[::ffff:127.0.0.1]"), refused),
            (True, ("--allow-host", "::1"), "[::1]:1", "HTTP/1.1 200 OK"),
            (True, allow, "127.0.0.1", "HTTP/1.1 400 Bad Request"),
            (True, allow, "127.0.0.1:99999", "HTTP/1.1 400 Bad Request"),
            (True, allow, f"evil.example@{server}", "HTTP/1.1 400 Bad Request"),
            (True, allow, f"http://{server}/", "HTTP/1.1 400 Bad Request"),
        ):
            ended = self.python(f"AUTH, HOST = {auth}, {host!r}\n{code}", *options)
            self.assertEqual(ended.stdout.strip(), expected, (host, ended.stderr))

    def test_a_direct_url_is_refused(self) -> None:
        url = f"{self.server}/evil/alpha-1.1-py3-none-any.whl"
        self.upstream.exchange("/evil/alpha-1.1-py3-none-any.whl", EVIL[0].files()[WHEEL])
        for tool in ("pip", "uv"):
            program = (self.tool("pip"),) if tool == "pip" else (self.tool("uv"), "pip")
            ended = self.picotuf_run(*program, "install", "--target", "site", f"alpha @ {url}")
            self.assertNotEqual(ended.returncode, 0)
            self.assertEqual(self.installed(), [])
            self.assertIn("past the index", ended.stderr)
        self.assertNotIn("/evil/alpha-1.1-py3-none-any.whl", self.upstream.requests)

    def test_a_direct_url_of_another_server_does_not_tell_its_project_to_the_index(self) -> None:
        # It may be the wheel of a project that nobody outside of a company knows of.
        port = self.server.rpartition(":")[2]
        for host, is_told in (("localhost", False), ("127.0.0.1", True)):
            url = f"http://{host}:{port}/private/secret_project-1.0-py3-none-any.whl"
            requirement = f"secret-project @ {url}"
            pip = (self.tool("pip"), "install", "--target", "site", requirement)
            ended = self.picotuf_run(*pip)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn(f"the command asks {host}:{port} past the index", ended.stderr)
            told = {path for path in self.upstream.requests if "secret" in path}
            self.assertEqual(told, {"/simple/secret-project/"} if is_told else set())

    def test_no_setting_of_an_installer_leads_past_it(self) -> None:
        # A company's pip.conf names its own proxy and a further index: what that index has would
        # be installed, and nobody would have verified it.
        other = Upstream([Package("alpha", "9.0", code="raise SystemExit('evil')\n")])
        server = self.stack.enter_context(upstream.serve(other))
        pip = f"[global]\nextra-index-url = {server}/simple/\n"
        uv = f"[[index]]\nname = 'other'\nurl = '{server}/simple/'\n"
        proxies = f"http-proxy = '{server}'\nhttps-proxy = '{server}'\n"
        settings = self.folder / "settings"
        for tool, text, variables in (
            ("pip", pip, {}),
            ("pip", pip + "no-proxy-env = true\n", {}),
            ("pip", pip + f"proxy = {server}\n", {}),
            ("pip", pip, {"PIP_NO_PROXY_ENV": "1"}),
            ("pip", pip, {"PIP_Proxy": server}),
            ("pip", pip, {"No_Proxy": "*"}),
            ("pip", pip, {"Http_proxy": server}),
            ("pip", pip, {f"{server}_proxy": server}),
            ("uv", uv, {}),
            ("uv", "no-proxy = ['*']\n" + uv, {}),
            ("uv", "no-proxy = ['127.0.0.1']\n" + uv, {}),
            ("uv", proxies + uv, {}),
            ("uv", uv, {"No_Proxy": "*"}),
        ):
            with self.subTest(tool, text=text, variables=variables):
                settings.write_text(text)
                self.environment.pop("UV_NO_CONFIG", None)
                program = (self.tool("pip"),) if tool == "pip" else (self.tool("uv"), "pip")
                command = (*program, "install", "--target", "site", "alpha")
                files = {"PIP_CONFIG_FILE": str(settings)} if tool == "pip" else {}
                files = files or {"UV_CONFIG_FILE": str(settings)}
                other.requests.clear()
                shutil.rmtree(self.project / "site", ignore_errors=True)
                ended = self.picotuf_run(*command, variables=files | variables)
                self.assertEqual(other.requests, [], ended.stderr)
                self.assertNotIn("alpha 9.0", self.installed())
                if text.startswith("http-proxy"):
                    self.assertEqual(ended.returncode, 2)
                    self.assertIn("settings of uv name a proxy", ended.stderr)

    def test_a_lock_file_that_does_not_verify_stops_the_command(self) -> None:
        (self.project / "requirements.txt").write_text(f"alpha==1.1 --hash=sha256:{'0' * 64}\n")
        code = (self.tool("pip"), "install", "--target", "site", "-r", "requirements.txt")
        ended = self.picotuf_run(*code)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("[not-in-page]", ended.stderr)
        self.assertEqual((self.installed(), ended.stdout), ([], ""))

    def test_a_lock_file_that_names_the_proxy_is_put_back(self) -> None:
        # It would be of no use after the command, and lead to whoever has the port then.
        lock = self.project / "uv.lock"
        write = "import os; open('uv.lock', 'w').write('# ' + os.environ['UV_DEFAULT_INDEX'])"
        for before in (None, "# before\n"):
            if before is not None:
                lock.write_text(before)
            ended = self.python(write)
            self.assertEqual(ended.returncode, 1, ended.stderr)
            self.assertIn("[lock-names-proxy]", ended.stderr)
            self.assertEqual(lock.read_text() if lock.exists() else None, before)

    def test_no_file_of_the_project_keeps_the_address(self) -> None:
        # `pipenv install` without a Pipfile writes one, and `uv add` an index into pyproject.toml.
        write = (
            "import os; url = os.environ['PIPENV_PYPI_MIRROR'];"
            "[open(name, 'w').write(url) for name in ('Pipfile', 'Pipfile.lock', 'pyproject.toml')]"
        )
        before = {"pyproject.toml": PYPROJECT}
        (self.project / "pyproject.toml").write_text(PYPROJECT)
        ended = self.python(write)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        names = ("Pipfile", "Pipfile.lock", "pyproject.toml")
        after = {name: self.project / name for name in names}
        self.assertEqual(
            {name: path.read_text() for name, path in after.items() if path.exists()}, before
        )
        for name in names:
            self.assertIn(f"{name}: ", ended.stderr)

    def test_uv_does_not_write_the_address_as_the_index(self) -> None:
        # After an installation, the lock file would have to be taken away again.
        (self.project / "pyproject.toml").write_text(PYPROJECT)
        uv = self.tool("uv")
        for command in (("sync",), ("lock",), ("add", "beta"), ("remove", "alpha")):
            ended = self.picotuf_run(uv, *command)
            self.assertEqual((ended.returncode, self.upstream.requests), (2, []), ended.stderr)
            self.assertIn("as the index" if len(command) == 1 else "uv writes", ended.stderr)
        self.assertEqual([path.name for path in self.project.iterdir()], ["pyproject.toml"])

    def test_a_repository_that_has_expired_is_told_before_the_command(self) -> None:
        # pip tries again and says in the end that there is no such project.
        late = ("--at", "2090-01-01T00:00:00Z")
        ended = self.picotuf_run(sys.executable, "-c", "print(1)", options=late)
        self.assertEqual((ended.returncode, ended.stdout), (1, ""), ended.stderr)
        self.assertIn("[expired]", ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)

    def test_a_lock_file_above_the_folder_is_checked(self) -> None:
        # In a member of a workspace, uv takes the lock file of the workspace.
        lock = self.project / "uv.lock"
        lock.write_text("version = 9\n")
        member = self.project / "member"
        member.mkdir()
        self.project = member
        ended = self.picotuf_run(self.tool("uv"), "sync")
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("[unsupported-lock-file]", ended.stderr)

    def test_kept_urls_are_for_resolving_alone(self) -> None:
        ended = self.picotuf_run(self.tool("uv"), "sync", options=("--keep-urls",))
        self.assertEqual(ended.returncode, 2)
        self.assertIn("--keep-urls leaves files unverified", ended.stderr)

    def test_without_anything_to_verify_by_nothing_is_run(self) -> None:
        shared = ("--metadata-dir", str(self.folder / "none"))
        ended = self.call(BIN, *shared, "run", "--", sys.executable, "-c", "print(1)")
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertIn("nothing says what to verify by", ended.stderr)


__all__ = [
    "Attacks",
    "Attested",
    "Beside",
    "Encrypted",
    "Kills",
    "Load",
    "Locks",
    "Renewal",
    "Run",
    "Server",
    "Tools",
]

if __name__ == "__main__":
    unittest.main()
