"""A small page of our own, and ways to spoil it."""

HEAD = [
    "Personal Shelf← Reading Room", "Science", "Shoreline Letters", "The Editors",
    "9 issues · 3 keepers · 1 tier-5 · 2 tier-4",
]  # fmt: skip
SEA = ["The sea", "1 tier-5 · 1 tier-4", "Letters on tides and what moves them."]
TIDES = [
    "Why tides come twice", "TIER 5 Nov 24, 2023",
    "The moon pulls, and the far side bulges too. A plain account with one drawing.",
    "tidesmoongravity",
]  # fmt: skip
WAVES = [
    "How waves break", "TIER 4 Aug 8, 2024",
    "A wave stands on its own foot until the beach takes it away. Read it with a towel.",
    "wavesbeacheswind",
]  # fmt: skip
SKY = ["The sky", "0 tier-5 · 1 tier-4", "Letters on clouds."]
CLOUDS = [
    "Clouds that mean rain", "TIER 4 Feb 29, 2024",
    "Three kinds matter and ten do not. The letter says which.", "cloudsweatherrain",
]  # fmt: skip
GOOD = [*HEAD, *SEA, *TIDES, *WAVES, *SKY, *CLOUDS]


def page(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"


def spoiled(old: str, *new: str) -> bytes:
    """Return the good page with one paragraph replaced by others, or by none."""
    at = GOOD.index(old)
    return page(*GOOD[:at], *new, *GOOD[at + 1 :]).encode()


def cut(after: str) -> bytes:
    """Return the good page up to and with a paragraph."""
    return page(*GOOD[: GOOD.index(after) + 1]).encode()
