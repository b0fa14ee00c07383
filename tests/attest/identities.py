"""Judges signatures by identities with securesystemslib and sigstore-python: a question in a line
of JSON, an answer in another. It goes to no network.

A question has the `trusted_root` in JSON, the `key` as TUF has it, the `bundle` and the `message`.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

from securesystemslib.signer import Signature
from securesystemslib.signer._sigstore_signer import SigstoreKey
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier


def main():
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp())
    for line in sys.stdin:
        question = json.loads(line)
        file = folder / "trusted_root.json"
        file.write_text(question["trusted_root"])
        try:
            # The key asks for the verifier of Sigstore's production instance.
            verifier = Verifier(trusted_root=TrustedRoot.from_file(str(file)))
            Verifier.production = classmethod(lambda cls, verifier=verifier: verifier)
            key = SigstoreKey.from_dict("id", question["key"])
            sig = question["bundle"]["messageSignature"]["signature"]
            signature = Signature("id", sig, {"bundle": question["bundle"]})
            key.verify_signature(signature, question["message"].encode())
            error = None
        except Exception as reason:  # Whatever it is, the signature does not hold.
            error = f"{type(reason).__name__}: {reason}: {reason.__cause__}"
        print(json.dumps({"error": error}), flush=True)


if __name__ == "__main__":
    main()
