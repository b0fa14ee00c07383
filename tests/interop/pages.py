"""Python's HTML parser, as the judge of index pages that the core reads.

Reads questions as JSON, one per line: [page, {file name: answer}], where an answer is
null for a file that is not named, "refused", or the list of its hashes. Answers each with
"same", or says what is made of the page here, in the way pip does.
"""

import json
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """Collects what pip takes for files."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.files: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every link with an address is a file."""
        href = dict(attrs).get("href")
        if tag != "a" or not href:
            return
        url = urlsplit(href)
        name = unquote(url.path.rsplit("/", 1)[-1])
        pairs = [part.partition("=") for part in url.fragment.split("&")]
        hashes = [value for key, _, value in pairs if key == "sha256"]
        self.files.append((name, hashes))


def judge(page: str, answers: dict[str, object]) -> str:
    """A line for one page."""
    parser = Links()
    try:
        parser.feed(page)
        parser.close()
    # Of the parser, and of addresses that are none.
    except (AssertionError, ValueError) as error:
        refused = all(answer == "refused" for answer in answers.values())
        return "same" if refused else f"fails: {error}"
    for name, answer in answers.items():
        entries = [hashes for found, hashes in parser.files if found == name]
        # The core may refuse more, and must where there are two.
        if answer == "refused":
            continue
        expected = entries[0] if len(entries) == 1 else None
        if len(entries) > 1 or expected != answer:
            return f"{name} is {entries}"
    return "same"


def main() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        print(judge(*json.loads(line)))


if __name__ == "__main__":
    main()
