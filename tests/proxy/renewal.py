"""What a proxy reads again while it runs: publishers, the trusted root, its certificate."""

import http.client
import json
import shutil
import signal
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

from attested import PATH, PROJECT, RECORDED, WHEEL, AttestedMachine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from machine import BIN, BOTH, HEALTH, Machine, Proxy
from support import (
    Repository,
    Snapshot,
    Targets,
    TestSigner,
    Timestamp,
    make_root,
    parse_time,
)
from upstream import ROLES, Handler, status, wait_for

OUTDATED = "could not be read again: "


class Renewal(AttestedMachine):
    """A proxy that runs for weeks."""

    def test_a_publisher_that_is_no_longer_accepted_counts_at_the_next_request(self) -> None:
        # Who takes a publisher out of the file thinks that nothing of it is installed any more.
        self.pin()
        accepted = self.pins.read_text()
        at = accepted.index("circleci:") + len("circleci:")
        other = accepted[:at] + ("1" if accepted[at] == "0" else "0") + accepted[at + 1 :]
        with self.running() as proxy:
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            self.replace(other)
            answer = proxy.ask(PATH)
            self.assertEqual(answer.status, 403)
            self.assertIn(b"[publisher-changed]", answer.body)
            self.replace(accepted)
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            self.assertEqual(proxy.said().count("read again: the publishers"), 2)
        # It is judged again, and not fetched again.
        self.assertEqual(self.upstream.requests.count(f"/f/{WHEEL}"), 1)

    def test_a_publisher_taken_out_during_a_download_counts_for_who_asks_from_then_on(self) -> None:
        # Many ask for a large file while it comes, and all of them get the same download.
        self.pin()
        accepted = self.pins.read_text()
        at = accepted.index("circleci:") + len("circleci:")
        other = accepted[:at] + ("1" if accepted[at] == "0" else "0") + accepted[at + 1 :]
        path = f"/f/{WHEEL}"
        goes_on = threading.Event()

        def wait(handler: Handler) -> None:
            goes_on.wait(60)
            handler.send(200, {}, self.wheel)

        with self.running() as proxy, ThreadPoolExecutor(2) as clients:
            proxy.ask(f"/simple/{PROJECT}/")
            self.upstream.behaviours[path] = wait
            before = clients.submit(proxy.ask, PATH)
            wait_for(lambda: path in self.upstream.requests)
            self.replace(other)
            after = clients.submit(proxy.ask, PATH)
            # Both, and the one for the metrics.
            waiting = "picotuf_in_flight 3\n"
            wait_for(lambda: waiting in proxy.ask("/_picotuf/metrics").body.decode())
            goes_on.set()
            self.assertEqual(before.result().body, self.wheel)
            self.assertEqual(after.result().status, 403)
            self.assertIn(b"[publisher-changed]", after.result().body)
        self.assertEqual(self.upstream.requests.count(path), 1)

    def test_a_broken_file_of_publishers_leaves_those_that_were_read_before(self) -> None:
        self.pin()
        accepted = self.pins.read_text()
        with self.running() as proxy:
            for broken in ("version = 1\nunknown = true\n", None):
                if broken is None:
                    self.pins.unlink()
                else:
                    self.replace(broken)
                self.assertEqual(proxy.ask(PATH).body, self.wheel)
                health = proxy.ask(HEALTH)
                self.assertEqual(health.status, 200)
                self.assertIn(f"ok\n{OUTDATED}the publishers; ", health.body.decode())
                self.assertNotIn(PROJECT, health.body.decode())
                metrics = proxy.ask("/_picotuf/metrics").body.decode()
                self.assertIn("picotuf_outdated 1\n", metrics)
            self.assertIn("unknown field `unknown`", proxy.said())
            gone = "the file of --publishers does not exist; what was read before stays in use"
            self.assertIn(f"failed: {self.pins}: {gone}", proxy.said())
            self.replace(accepted)
            self.assertEqual(proxy.ask(HEALTH).body, b"ok\n")
            self.assertIn("picotuf_outdated 0\n", proxy.ask("/_picotuf/metrics").body.decode())

    def test_a_first_file_of_publishers_counts(self) -> None:
        self.pin()
        accepted = self.pins.read_text()
        self.pins.unlink()
        options = (*self.options(), "--require", "attestation")
        with self.proxy(*options, repository=self.shared()) as proxy:
            self.assertIn(b"[not-pinned]", proxy.ask(PATH).body)
            self.pins.write_text(accepted)
            self.assertEqual(proxy.ask(PATH).body, self.wheel)

    def test_the_command_of_run_cannot_change_the_publishers(self) -> None:
        self.pin()
        accepted = self.pins.read_text()
        at = accepted.index("circleci:") + len("circleci:")
        other = accepted[:at] + ("1" if accepted[at] == "0" else "0") + accepted[at + 1 :]
        self.replace(other)
        code = f"import pathlib, subprocess; pathlib.Path({str(self.pins)!r}).write_text({accepted!r})\n"
        code += f"raise SystemExit(subprocess.call({self.pip()!r}))\n"
        ended = self.call(
            *(BIN, *self.shared(), "run", *self.options(), "--publishers", str(self.pins)),
            *("--", "python3", "-c", code),
        )
        self.assertNotEqual(ended.returncode, 0, ended.stdout)
        self.assertIn("[publisher-changed]", ended.stderr)
        self.assertEqual(list(self.project.glob("site/*.dist-info")), [])

    def test_a_given_trusted_root_is_read_again(self) -> None:
        self.pin()
        root = self.folder / "trusted_root.json"
        shutil.copy(RECORDED / "roots" / "production.json", root)
        whole = root.read_text()
        options = (*self.options()[:2], "--trusted-root", str(root))
        options += ("--publishers", str(self.pins))
        with self.proxy(*options, repository=self.shared()) as proxy:
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            root.write_text("{}")
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            self.assertIn(f"{OUTDATED}the trusted root; ", proxy.ask(HEALTH).body.decode())
            # Without the keys of any log, nothing is attested.
            other = json.loads(whole) | {"tlogs": []}
            root.write_text(json.dumps(other))
            self.assertEqual(proxy.ask(PATH).status, 403)
            root.write_text(whole)
            self.assertEqual(proxy.ask(PATH).body, self.wheel)

    def test_sigstore_s_repository_is_asked_again_when_the_proxy_is_told_to(self) -> None:
        # It is asked by itself after hours; a key that Sigstore revokes may be told at once.
        self.pin()
        whole = (RECORDED / "roots" / "production.json").read_bytes()
        anchor = self.folder / "sigstore-root.json"
        anchor.write_bytes(self.sign_root(1, whole))
        options = (*self.options()[:2], "--sigstore-url", f"{self.server}/sigstore")
        options += ("--sigstore-root", str(anchor), "--publishers", str(self.pins))
        with self.proxy(*options, repository=self.shared()) as proxy:
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            timestamp = "/sigstore/timestamp.json"
            self.upstream.behaviours[timestamp] = status(503)
            proxy.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "what was read before stays in use" in proxy.said())
            self.assertIn(f"{OUTDATED}the trusted root; ", proxy.ask(HEALTH).body.decode())
            self.assertEqual(proxy.ask(PATH).body, self.wheel)
            del self.upstream.behaviours[timestamp]
            self.sign_root(2, json.dumps(json.loads(whole) | {"tlogs": []}).encode())
            proxy.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "read again: the trusted root" in proxy.said())
            self.assertEqual(proxy.ask(HEALTH).body, b"ok\n")
            self.assertEqual(proxy.ask(PATH).status, 403)

    def pip(self) -> list[str]:
        """Installs the attested file."""
        pip = (self.tool("pip"), "install", "--no-deps", "--target", "site", "--pre", PROJECT)
        return list(pip)

    def running(self):
        """A proxy that holds files to the publishers of the file."""
        options = (*self.options(), "--publishers", str(self.pins))
        return self.proxy(*options, repository=self.shared())

    def replace(self, text: str) -> None:
        """Writes the file of publishers as picotuf and editors do."""
        new = self.pins.with_suffix(".new")
        new.write_text(text)
        new.replace(self.pins)

    def sign_root(self, version: int, trusted_root: bytes) -> bytes:
        """Serves Sigstore's repository with this trusted root, and returns its root metadata."""
        signers = {name: TestSigner(f"sigstore {name}") for name in ROLES}
        roles = {name: ([signer], 1) for name, signer in signers.items()}
        expires = parse_time("2027-01-01T00:00:00Z")
        repository = Repository(consistent=False)
        repository.add_root(make_root(roles, expires, consistent=False), [signers["root"]])
        targets = Targets(version=version, expires=expires)
        path = "trusted_root.json"
        targets.targets[path] = repository.add_target(path, trusted_root, ["sha256"])
        repository.add_role("targets", targets, [signers["targets"]])
        entry = repository.add_snapshot(
            Snapshot(version=version, expires=expires), [signers["snapshot"]]
        )
        timestamp = Timestamp(version=version, expires=expires)
        timestamp.snapshot_meta = entry
        repository.add_timestamp(timestamp, [signers["timestamp"]])
        for name, content in repository.files.items():
            self.upstream.files[f"sigstore/{name.removeprefix('metadata/')}"] = content
        return repository.files["root.json"]


class Authority:
    """A certificate authority of a company."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test")])
        self.file = folder / "authority.pem"
        own = self.build(self.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file.write_bytes(pem(own.sign(self.key, hashes.SHA256())))

    def build(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        """A certificate that is not signed yet."""
        now = datetime.now(timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def issue(self) -> tuple[bytes, bytes, int]:
        """A certificate for localhost with its key, and its serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        built = self.build(name, key).add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        built = built.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        certificate = built.sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return pem(certificate), private, certificate.serial_number


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as a file has it."""
    return certificate.public_bytes(serialization.Encoding.PEM)


class Encrypted(Machine):
    """A proxy that speaks TLS."""

    def setUp(self) -> None:
        super().setUp()
        self.authority = Authority(self.folder)
        self.certificate, self.key = self.folder / "tls.pem", self.folder / "tls.key"
        certificate, key, self.serial = self.authority.issue()
        self.certificate.write_bytes(certificate)
        self.key.write_bytes(key)
        self.tls = ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))

    def connect(self, proxy: Proxy) -> ssl.SSLSocket:
        """A connection that trusts the authority."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        context.set_alpn_protocols(["h2", "http/1.1"])
        plain = socket.create_connection(("127.0.0.1", self.port(proxy)), 60)
        return context.wrap_socket(plain, server_hostname="localhost")

    def port(self, proxy: Proxy) -> int:
        """Where it listens."""
        return int(proxy.address.rpartition(":")[2])

    def ask(self, proxy: Proxy, path: str) -> http.client.HTTPResponse:
        """The answer over TLS."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        connection = http.client.HTTPSConnection(
            "localhost", self.port(proxy), timeout=60, context=context
        )
        self.stack.callback(connection.close)
        connection.request("GET", path)
        return connection.getresponse()

    def presented(self, proxy: Proxy) -> int:
        """The serial number of the certificate that a new connection gets."""
        with self.connect(proxy) as connection:
            certificate = connection.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(certificate).serial_number

    def test_pip_and_uv_install_through_it_if_they_know_the_authority(self) -> None:
        with self.proxy(*self.tls) as proxy:
            self.assertEqual(proxy.url, f"https://{proxy.address}/simple/")
            url = f"https://localhost:{self.port(proxy)}/simple/"
            pip = (self.tool("pip"), "install", "--target", "pip", "--index-url", url, "alpha")
            unknown = self.call(*pip)
            self.assertNotEqual(unknown.returncode, 0)
            self.assertEqual(self.installed("pip"), [])
            known = self.call(*pip, "--cert", str(self.authority.file))
            self.assertEqual(known.returncode, 0, known.stderr)
            self.assertEqual(self.installed("pip"), BOTH)
            uv = (self.tool("uv"), "pip", "install", "--target", "uv", "--default-index", url)
            known = self.call(*uv, "alpha", SSL_CERT_FILE=str(self.authority.file))
            self.assertEqual(known.returncode, 0, known.stderr)
            self.assertEqual(self.installed("uv"), BOTH)
            # Nobody is answered without TLS.
            with self.assertRaises((ConnectionError, http.client.BadStatusLine)):
                proxy.ask(HEALTH)

    def test_the_version_of_http_is_agreed_on(self) -> None:
        with self.proxy(*self.tls) as proxy, self.connect(proxy) as connection:
            self.assertEqual(connection.selected_alpn_protocol(), "http/1.1")
            self.assertIn(connection.version(), ("TLSv1.2", "TLSv1.3"))

    def test_a_public_address_needs_tls_or_a_token(self) -> None:
        options = ("--listen", "0.0.0.0:0", "--host-name", "localhost")
        with self.proxy(*options, *self.tls) as proxy:
            self.assertEqual(proxy.url, f"https://localhost:{self.port(proxy)}/simple/")
            self.assertEqual(self.ask(proxy, "/simple/alpha/").status, 200)
        nameless = self.call(BIN, *self.repository(), "proxy", *options[:2], *self.tls)
        self.assertEqual(nameless.returncode, 2)
        self.assertIn("name the server as clients ask for it with --host-name", nameless.stderr)
        token = self.folder / "token"
        token.write_text("0123456789abcdef\n")
        with self.proxy(*options, *self.tls, "--token-file", str(token)) as proxy:
            self.assertEqual(self.ask(proxy, "/simple/alpha/").status, 404)
            self.assertEqual(self.ask(proxy, "/0123456789abcdef/simple/alpha/").status, 200)
        bare = self.call(BIN, *self.repository(), "proxy", *options)
        self.assertEqual(bare.returncode, 2)
        self.assertIn("an address that is not a loopback one needs TLS or a token", bare.stderr)

    def test_a_certificate_that_cannot_be_used_is_told_before_anybody_asks(self) -> None:
        good, key = self.certificate.read_bytes(), self.key.read_bytes()
        _, other, _ = self.authority.issue()
        for certificate, private, code, message in (
            (good, other, 2, "tls.key: the key is not that of the certificate"),
            (key, key, 2, "tls.pem: the file of the certificate has none"),
            (b"", key, 2, "tls.pem: the file of the certificate has none"),
            (good, good, 2, "tls.key: the file of the key has none"),
            (good[:-40], key, 2, "tls.pem: the certificate is not PEM"),
            (None, key, 1, "tls.pem: cannot read the certificate"),
            (good, None, 1, "tls.key: cannot read the key"),
        ):
            with self.subTest(message):
                for path, content in ((self.certificate, certificate), (self.key, private)):
                    path.unlink(missing_ok=True)
                    if content is not None:
                        path.write_bytes(content)
                ended = self.call(BIN, *self.repository(), "proxy", *self.tls)
                self.assertEqual(ended.returncode, code, ended.stderr)
                self.assertIn(message, ended.stderr)
                self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        alone = self.call(BIN, *self.repository(), "proxy", *self.tls[:2])
        self.assertEqual(alone.returncode, 2)
        self.assertIn("--tls-key <FILE>", alone.stderr)

    def test_a_new_certificate_is_taken_once_its_key_is_there_too(self) -> None:
        # What renews certificates writes one file after the other.
        certificate, key, serial = self.authority.issue()
        with self.proxy(*self.tls) as proxy:
            self.assertEqual(self.presented(proxy), self.serial)
            # A connection that lasts is not cut.
            with self.connect(proxy) as lasting:
                self.certificate.write_bytes(certificate)
                self.assertEqual(self.presented(proxy), self.serial)
                health = self.ask(proxy, HEALTH).read().decode()
                self.assertIn(f"{OUTDATED}the certificate and its key; ", health)
                self.assertIn("the key is not that of the certificate", proxy.said())
                self.key.write_bytes(key)
                self.assertEqual(self.presented(proxy), serial)
                self.assertEqual(self.ask(proxy, HEALTH).read(), b"ok\n")
                request = f"GET {HEALTH} HTTP/1.1\r\nHost: localhost:{self.port(proxy)}\r\n\r\n"
                lasting.sendall(request.encode())
                self.assertIn(b" 200 OK", lasting.recv(4096))

    def test_handshakes_that_do_not_end_keep_nobody_waiting(self) -> None:
        with self.proxy(*self.tls) as proxy:
            for number in range(200):
                silent = socket.create_connection(("127.0.0.1", self.port(proxy)), 60)
                self.stack.callback(silent.close)
                silent.sendall(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
            self.assertEqual(self.ask(proxy, "/simple/alpha/").status, 200)
            # Nor does the end of the server wait for them.
            proxy.process.send_signal(signal.SIGTERM)
            self.assertEqual(proxy.process.wait(30), 0)

