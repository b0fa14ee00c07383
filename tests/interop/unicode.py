"""Python's Unicode tables, as the judge of which characters a terminal shows as they are.

Reads questions as JSON, one per line: [first, last, [code points that are written out]]. Answers
each with "same" where these are all characters of the range that are not shown, or says which are
wrong.
"""

import json
import sys
import unicodedata

# Which of them Unicode lets a reader leave out when text is shown (DerivedCoreProperties.txt,
# Default_Ignorable_Code_Point), beyond those of the categories below; Python has no table of them.
IGNORABLE = [
    (0x34F, 0x34F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
]
# A pattern of Braille without a dot is a space that is none.
BLANK = 0x2800
# Format characters of Unicode 15, which older Pythons take for unassigned ones.
NEWER = range(0x13439, 0x13440)


def is_written_out(point: int) -> bool:
    """Whether the character must be."""
    return (
        unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp")
        or any(first <= point <= last for first, last in IGNORABLE)
        or point == BLANK
        or point in NEWER
    )


def judge(first: int, last: int, written_out: list[int]) -> str:
    """A line for one range."""
    said = set(written_out)
    wrong = [point for point in range(first, last + 1) if is_written_out(point) != (point in said)]
    return "same" if not wrong else " ".join(f"U+{point:04X}" for point in wrong[:50])


def main() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        print(judge(*json.loads(line)))


if __name__ == "__main__":
    main()
