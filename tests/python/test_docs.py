"""The Python programs in the package's README and the guide, on the demo repository."""

import functools
import os
import re
import shutil
import unittest
from unittest import mock

import picotuf
from picotuf import attest
from support import ATTESTED, DEMO, NOW, ROOT, SDIST, WHEEL, InFolder, serving

PAGES = ["bindings/python/README.md", "docs/python.md"]


class OfTheDocumentation(InFolder):
    def setUp(self):
        super().setUp()
        for file in [DEMO / "root.json", ATTESTED / SDIST, ATTESTED / f"{SDIST}.provenance"]:
            shutil.copy(file, self.folder)
        back = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, back)

    def programs(self, page):
        """Returns the Python programs of a page, for the demo repository."""
        text = (ROOT / page).read_text(encoding="utf-8")
        programs = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
        return [one.replace("six/six-1.17.0.tar.gz", WHEEL) for one in programs]

    def test_every_program_runs(self):
        ran = 0
        with serving(DEMO) as (url, _):
            client = functools.partial(picotuf.Client, at=NOW)
            root = functools.partial(
                attest.trusted_root,
                url=f"{url}/attested/sigstore",
                root=ATTESTED / "root.json",
                at=NOW,
            )
            verify = functools.partial(attest.verify, at=NOW)
            for page in PAGES:
                for program in self.programs(page):
                    with (
                        self.subTest(page=page, program=program),
                        mock.patch.object(picotuf, "Client", client),
                        mock.patch.multiple(attest, trusted_root=root, verify=verify),
                    ):
                        names = {}
                        program = program.replace("https://example.org", url)
                        exec(compile(program, page, "exec"), names)
                        if "fetch" in names:
                            self.assertEqual(names["client"].refresh()[-1].role, "targets")
                        if "done" in names:
                            self.assertTrue((self.folder / "downloads" / WHEEL).is_file())
                        ran += 1
        self.assertEqual(ran, 5)


if __name__ == "__main__":
    unittest.main()
