"""sigstore-python on `picotuf.ngclient`: unmodified but for one import."""

import base64
import hashlib
import importlib.util
import json
import os
import sys
import unittest
from unittest import mock

import freezegun
from sigstore.errors import TUFError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy
from support import ATTESTED, NOW, PUBLISHER, SDIST, InFolder, serving

THEIRS = "from tuf.ngclient import Updater, UpdaterConfig"
OURS = "from picotuf.ngclient import Updater, UpdaterConfig"


def sigstore_tuf():
    """Returns sigstore's module `_internal.tuf` with our import in the place of python-tuf's."""
    spec = importlib.util.find_spec("sigstore._internal.tuf")
    source = spec.loader.get_source(spec.name)
    assert source.count(THEIRS) == 1
    module = importlib.util.module_from_spec(spec)
    exec(compile(source.replace(THEIRS, OURS), spec.origin, "exec"), module.__dict__)
    return module


def bundle(attestation):
    """Returns a PyPI attestation as a Sigstore bundle, as PEP 740 says."""
    material, envelope = attestation["verification_material"], attestation["envelope"]
    return Bundle.from_json(
        json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {
                    "certificate": {"rawBytes": material["certificate"]},
                    "tlogEntries": material["transparency_entries"],
                },
                "dsseEnvelope": {
                    "payload": envelope["statement"],
                    "payloadType": "application/vnd.in-toto+json",
                    "signatures": [{"sig": envelope["signature"]}],
                },
            }
        )
    )


class OfSigstore(InFolder):
    def setUp(self):
        super().setUp()
        # What sigstore-python stores, it stores for the user.
        folders = {"XDG_DATA_HOME": f"{self.folder}/data", "XDG_CACHE_HOME": f"{self.folder}/cache"}
        self.enterContext(mock.patch.dict(os.environ, folders))
        self.tuf = sigstore_tuf()

    def update(self, url, at=NOW):
        with freezegun.freeze_time(at):
            updater = self.tuf.TrustUpdater(url, bootstrap_root=ATTESTED / "root.json")
            return updater.get_trusted_root_path()

    def test_it_refreshes_and_verifies_a_recorded_attestation(self):
        with serving(ATTESTED / "sigstore") as (url, asked):
            path = self.update(url)
            self.assertEqual(self.update(url), path)
        self.assertNotIn("tuf.ngclient.updater", vars(self.tuf)["Updater"].__module__)
        names = [name.split("/")[-1].split(".", 1)[-1] for name, _ in asked]
        # The second time, nothing is fetched but what may be new.
        first = ["root.json", "json", "snapshot.json", "targets.json", "trusted_root.json"]
        self.assertEqual(names, [*first, "root.json", "json"])
        self.assertRegex(asked[0][1], r"^sigstore-python/4\.5\.1 picotuf/")

        provenance = json.loads((ATTESTED / f"{SDIST}.provenance").read_bytes())
        (attestation,) = provenance["attestation_bundles"][0]["attestations"]
        verifier = Verifier(trusted_root=TrustedRoot.from_file(path))
        repository = policy.OIDCSourceRepositoryURI("https://github.com/trailofbits/pypi-attestations")
        kind, payload = verifier.verify_dsse(bundle(attestation), repository)
        self.assertEqual(kind, "application/vnd.in-toto+json")
        (subject,) = json.loads(payload)["subject"]
        digest = hashlib.sha256((ATTESTED / SDIST).read_bytes()).hexdigest()
        self.assertEqual((subject["name"], subject["digest"]["sha256"]), (SDIST, digest))

    def test_it_refuses_an_expired_repository(self):
        with serving(ATTESTED / "sigstore") as (url, _), self.assertRaises(TUFError) as raised:
            self.update(url, NOW.replace(year=2036))
        self.assertEqual(raised.exception.__cause__.code, "expired")


if __name__ == "__main__":
    unittest.main()
