"""Judges attestation objects with pypi-attestations: a question in a line of JSON, an answer in
another. It asks no identity, and goes to no network.

usage: oracle.py FOLDER_OF_TRUSTED_ROOTS
"""

import json
import logging
import pathlib
import sys

from pypi_attestations import Attestation, Distribution
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import UnsafeNoOp


def main():
    # It warns each time that no identity is asked.
    logging.disable(logging.CRITICAL)
    roots = pathlib.Path(sys.argv[1])
    verifiers = {
        staging: Verifier(
            trusted_root=TrustedRoot.from_file(
                str(roots / ("staging.json" if staging else "production.json"))
            )
        )
        for staging in (False, True)
    }
    # `Attestation.verify` makes a verifier each time, of a trusted root that its package carries:
    # here are those, made once.
    Verifier.production = classmethod(lambda cls, *, offline=False: verifiers[False])
    Verifier.staging = classmethod(lambda cls, *, offline=False: verifiers[True])
    for line in sys.stdin:
        question = json.loads(line)
        try:
            attestation = Attestation.model_validate_json(question["attestation"])
            distribution = Distribution(name=question["name"], digest=question["sha256"])
            attestation.verify(
                UnsafeNoOp(), distribution, staging=question["staging"], offline=True
            )
            error = None
        except Exception as reason:  # Whatever it is, the attestation does not hold.
            error = f"{type(reason).__name__}: {reason}"
        print(json.dumps({"error": error}), flush=True)


if __name__ == "__main__":
    main()
