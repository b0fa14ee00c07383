"""The module `picotuf.attest`, on a recorded release."""

import hashlib
import json
import unittest

import picotuf
from picotuf import attest
from support import ATTESTED, NOW, PUBLISHER, SDIST, InFolder, read, serving

PROVENANCE = ATTESTED / f"{SDIST}.provenance"
(TRUSTED_ROOT,) = (ATTESTED / "sigstore/targets").iterdir()


class OfAttest(InFolder):
    def verify(self, file=ATTESTED / SDIST, provenance=PROVENANCE, **options):
        return attest.verify(file, provenance, TRUSTED_ROOT, at=NOW, **options)

    def code(self, call):
        with self.assertRaises(picotuf.Error) as raised:
            call()
        return raised.exception.code

    def test_the_publisher_of_a_file_is_named(self):
        verdict = self.verify()
        self.assertEqual((verdict.publisher, verdict.kind), (PUBLISHER, "GitHub"))
        self.assertFalse(verdict.pinned)
        self.assertEqual([one["ok"] for one in verdict.attestations], [True])
        self.assertEqual(
            verdict.attestations[0]["predicate"],
            "https://docs.pypi.org/attestations/publish/v1",
        )

    def test_the_publisher_that_was_asked_for_is_pinned(self):
        self.assertTrue(self.verify(publisher=PUBLISHER).pinned)
        other = "github:somebody/else:release.yml"
        self.assertEqual(self.code(lambda: self.verify(publisher=other)), "other-publisher")
        self.assertEqual(self.code(lambda: self.verify(publisher="who?")), "usage")

    def test_another_file_is_refused(self):
        changed = self.folder / SDIST
        changed.write_bytes((ATTESTED / SDIST).read_bytes() + b"\n")
        self.assertEqual(self.code(lambda: self.verify(changed)), "subject-digest")

    def test_a_file_that_cannot_be_read_is_a_local_error(self):
        missing = self.folder / SDIST
        for call in (lambda: self.verify(missing), lambda: self.verify(provenance=missing)):
            with self.assertRaisesRegex(picotuf.LocalError, SDIST):
                call()
            self.assertEqual(self.code(call), "io")

    def test_a_changed_signature_is_refused(self):
        document = json.loads(PROVENANCE.read_bytes())
        envelope = document["attestation_bundles"][0]["attestations"][0]["envelope"]
        text = envelope["signature"]
        envelope["signature"] = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
        changed = json.dumps(document).encode()
        with self.assertRaises(picotuf.RepositoryError):
            self.verify(provenance=changed)

    def test_a_digest_is_enough(self):
        digest = hashlib.sha256((ATTESTED / SDIST).read_bytes()).digest()
        verdict = attest.verify_digest(SDIST, digest, PROVENANCE, TRUSTED_ROOT, at=NOW)
        self.assertEqual(verdict.publisher, PUBLISHER)

    def test_the_trusted_root_comes_from_a_tuf_repository(self):
        options = {"root": ATTESTED / "root.json", "at": NOW}
        with serving(ATTESTED / "sigstore") as (url, _):
            got = attest.trusted_root(self.folder, url=url, **options)
        self.assertEqual(got, TRUSTED_ROOT.read_bytes())
        again = attest.trusted_root(self.folder, url=url, offline=True, **options)
        self.assertEqual(again, got)
        base = "https://example.org/"
        fetch = read(base, ATTESTED / "sigstore")
        other = attest.trusted_root(self.folder / "2", url=base, fetch=fetch, **options)
        self.assertEqual(other, got)

    def test_a_stored_trusted_root_that_was_changed_is_refused(self):
        options = {"root": ATTESTED / "root.json", "at": NOW}
        url = str(ATTESTED / "sigstore")
        attest.trusted_root(self.folder, url=url, **options)
        (stored,) = self.folder.rglob("trusted_root.json")
        stored.write_bytes(stored.read_bytes().replace(b"a", b"b", 1))
        offline = lambda: attest.trusted_root(self.folder, url=url, offline=True, **options)
        self.assertEqual(self.code(offline), "hash-mismatch")


if __name__ == "__main__":
    unittest.main()
