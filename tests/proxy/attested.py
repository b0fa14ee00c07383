"""Files with recorded attestations, through the proxy and an index without a TUF repository."""

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

from machine import BIN, Machine
from upstream import JSON

RECORDED = Path(os.environ.get("PICOTUF_ATTESTATIONS", "tests/.cache/attest"))
WHEEL = "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl"
PROJECT = "circleci-sign-publish-example"
PATH = f"/files/{PROJECT}/{WHEEL}"
TIME = "2026-08-01T00:00:00Z"
# One that is not attested, and newer than the attested one.
NEWER = "circleci_sign_publish_example-0.0.2-py3-none-any.whl"


class AttestedMachine(Machine):
    """An index like PyPI."""

    def setUp(self) -> None:
        super().setUp()
        self.wheel = (RECORDED / "recorded" / WHEEL).read_bytes()
        document = (RECORDED / "recorded" / f"{WHEEL}.provenance").read_bytes()
        self.serve({WHEEL: self.wheel}, {WHEEL: document})
        self.pins = self.project / "picotuf-publishers.toml"

    def serve(self, files: dict[str, bytes], provenance: dict[str, bytes]) -> None:
        """Lists these files."""
        listed = []
        for number, (name, content) in enumerate(files.items()):
            from index import sha256

            file = {
                "filename": name,
                "url": f"../../f/{name}",
                "hashes": {"sha256": sha256(content)},
                "upload-time": f"2025-03-0{number + 1}T00:00:00Z",
                "core-metadata": {"sha256": "0" * 64},
            }
            self.upstream.files[f"f/{name}"] = content
            if name in provenance:
                file["provenance"] = f"{self.server}/p/{name}"
                self.upstream.files[f"p/{name}"] = provenance[name]
            listed.append(file)
        page = {"meta": {"api-version": "1.3"}, "name": PROJECT, "files": listed}
        self.upstream.files[f"simple/{PROJECT}/"] = json.dumps(page).encode()

    def shared(self) -> list[str]:
        """The options for time and folder."""
        return ["--metadata-dir", str(self.folder / "none"), "--at", TIME, "--timeout", "10"]

    def options(self) -> list[str]:
        """The options for the index."""
        root = str(RECORDED / "roots" / "production.json")
        return ["--index-url", f"{self.server}/simple/", "--trusted-root", root]

    def pin(self) -> None:
        """Pins the publisher of the file, as a user does."""
        from index import sha256

        lock = self.folder / "requirements.txt"
        lock.write_text(f"{PROJECT}==0.0.1.dev137 --hash=sha256:{sha256(self.wheel)}\n")
        made = self.call(
            *(BIN, *self.shared(), "publishers", "init", str(lock)),
            *("--publishers", str(self.pins), *self.options()),
        )
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def answer(self, path: str, *options: str) -> tuple[int, str]:
        """The status and the text for a file."""
        pins = ["--publishers", str(self.pins)] if self.pins.exists() else []
        with self.proxy(*self.options(), *pins, *options, repository=self.shared()) as proxy:
            answer = proxy.ask(path)
            text = "" if answer.status == 200 else answer.body.decode()
            return answer.status, text


class Attested(AttestedMachine):
    """What is attested, and by whom."""

    def test_a_pinned_publisher_s_file_is_handed_out_and_judged_again_without_the_index(
        self,
    ) -> None:
        self.pin()
        self.assertEqual(self.answer(PATH), (200, ""))
        asked = self.upstream.requests.count(f"/p/{WHEEL}")
        self.assertEqual(self.answer(PATH), (200, ""))
        self.assertEqual(self.upstream.requests.count(f"/p/{WHEEL}"), asked)

    def test_metadata_that_nobody_signs_is_taken_out_of_the_verified_wheel(self) -> None:
        # A resolver would take dependencies from it that the wheel does not have.
        self.pin()
        pins = ("--publishers", str(self.pins))
        self.upstream.files[f"f/{WHEEL}.metadata"] = b"Metadata-Version: 2.1\nName: evil\n"
        with zipfile.ZipFile(io.BytesIO(self.wheel)) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
            metadata = archive.read(name)
        with self.proxy(*self.options(), *pins, repository=self.shared()) as proxy:
            page = f"/simple/{PROJECT}/"
            listed = json.loads(proxy.ask(page, Accept=JSON).body)["files"][0]
            # Without the hash in the page, which nobody signs.
            self.assertIs(listed["core-metadata"], True)
            html = proxy.ask(page, Accept="text/html").body.decode()
            self.assertIn(' data-core-metadata="true"', html)
            self.assertEqual(proxy.ask(PATH + ".metadata").body, metadata)
            self.assertNotIn(f"/f/{WHEEL}.metadata", self.upstream.requests)
            self.assertEqual(self.upstream.requests.count(f"/f/{WHEEL}"), 1)
            more = ("--no-deps", "--prerelease", "allow")
            installed = self.install(proxy.url, *more, PROJECT)
            self.assertEqual(installed.returncode, 0, installed.stderr)
            self.assertEqual(len(list(self.project.glob("site/circleci*.dist-info"))), 1)
            # A wheel that is refused has no METADATA either.
            self.pins.unlink()
        shutil.rmtree(self.folder / "none" / "files")
        self.assertEqual(self.answer(f"{PATH}.metadata", "--require", "attestation")[0], 403)

    def test_a_publisher_that_nobody_has_accepted_is_refused(self) -> None:
        status, text = self.answer(PATH, "--require", "attestation")
        self.assertEqual(status, 403)
        self.assertIn("[not-pinned]", text)

    def test_another_publisher_is_refused(self) -> None:
        self.pin()
        text = self.pins.read_text()
        self.assertIn("circleci:", text)
        at = text.index("circleci:") + len("circleci:")
        other = "0" if text[at] != "0" else "1"
        self.pins.write_text(text[:at] + other + text[at + 1 :])
        status, text = self.answer(PATH)
        self.assertEqual(status, 403)
        self.assertIn("[publisher-changed]", text)

    def test_an_attestation_that_only_the_newest_version_lacks_is_missed(self) -> None:
        # A thief of the upload token has no attestation, and uploads a newer version.
        self.pin()
        evil = self.upstream.index.files["alpha-1.1-py3-none-any.whl"]
        document = (RECORDED / "recorded" / f"{WHEEL}.provenance").read_bytes()
        self.serve({WHEEL: self.wheel, NEWER: evil}, {WHEEL: document})
        self.assertEqual(self.answer(PATH)[0], 200)
        status, text = self.answer(f"/files/{PROJECT}/{NEWER}")
        self.assertEqual(status, 403)
        self.assertIn("[attestation-gone]", text)

    def test_an_exchanged_attestation_or_file_is_refused(self) -> None:
        self.pin()
        document = json.loads(self.upstream.files[f"p/{WHEEL}"])
        bundle = document["attestation_bundles"][0]["attestations"][0]["envelope"]
        bundle["signature"] = ("A" if bundle["signature"][0] != "A" else "B") + bundle["signature"][
            1:
        ]
        self.serve({WHEEL: self.wheel}, {WHEEL: json.dumps(document).encode()})
        status, text = self.answer(PATH)
        self.assertEqual(status, 403, text)
        other = self.wheel[:-1] + bytes([self.wheel[-1] ^ 1])
        # The page names it too: whoever has the index can change both.
        self.serve(
            {WHEEL: other}, {WHEEL: (RECORDED / "recorded" / f"{WHEEL}.provenance").read_bytes()}
        )
        status, text = self.answer(PATH)
        self.assertEqual(status, 403)
        self.assertIn("[subject-digest]", text)

    def test_a_page_that_links_to_another_server_makes_nobody_ask_there(self) -> None:
        self.pin()
        page = self.upstream.files[f"simple/{PROJECT}/"]
        port = self.server.rpartition(":")[2].encode()
        self.upstream.files[f"simple/{PROJECT}/"] = page.replace(
            b'"../../f/', b'"http://localhost:' + port + b"/f/"
        )
        status, text = self.answer(PATH)
        self.assertEqual(status, 403)
        self.assertIn("[page-link]", text)
        self.assertNotIn(f"/f/{WHEEL}", self.upstream.requests)
        status, _ = self.answer(PATH, "--files-from", f"http://localhost:{port.decode()}/")
        self.assertEqual(status, 200)

    def test_pip_installs_it_under_run(self) -> None:
        self.pin()
        pip = (self.tool("pip"), "install", "--no-deps", "--target", "site", "--pre", PROJECT)
        ended = self.call(
            *(BIN, *self.shared(), "run", *self.options(), "--publishers", str(self.pins)),
            *("--", *pip),
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        found = [path.name for path in self.project.glob("site/*.dist-info")]
        self.assertEqual(found, [WHEEL.replace("-py3-none-any.whl", ".dist-info")])
        shutil.rmtree(self.project / "site")
        self.serve({WHEEL: self.wheel}, {})
        shutil.rmtree(self.folder / "none" / "files")
        ended = self.call(
            *(BIN, *self.shared(), "run", *self.options(), "--publishers", str(self.pins)),
            *("--", *pip),
        )
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("[attestation-gone]", ended.stderr)
        self.assertEqual(list(self.project.glob("site/*.dist-info")), [])
