"""From the bytes of a file to its text: UTF-8, or UTF-16 that says so."""

import codecs

from catalog.interchange.document import FileProblem, Refused
from catalog.interchange.formats.values import stripped

_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive or office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "gzip",
    b"SQLite format 3\x00": "a SQLite database",
    b"\x7fELF": "a program",
}
_SAMPLE = 4096
# Bytes on either side of an invalid byte that are examined to guess the encoding.
_AROUND = 50_000
# Signs of Windows-1252; its letters from 0xC0 are those of Latin-1.
_WINDOWS_SIGNS = frozenset("€‚„…†‡‰Œ‘’“”•–—™œ\u00a0¡£§©«®°´·»½¿×÷".encode("cp1252"))


def decode(data: bytes) -> tuple[str, list[FileProblem]]:
    """Return a file's text without byte-order mark, and any problem at its end.

    A file that was cut within a character is decoded up to there, so that the parser can say in
    which element it was cut. Raise Refused if the file is not text.
    """
    problems: list[FileProblem] = []
    if not data:
        _refuse_file("the file is empty, expected a catalog")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        _refuse_file("UTF-32 found, expected UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _from_utf16(data)
    else:
        _refuse_binary(data)
        text, problems = _from_utf8(data)
    if not stripped(text):
        _refuse_file("the file is empty but for white space, expected a catalog")
    return text, problems


def _refuse_file(message: str, where: str = "") -> None:
    raise Refused([FileProblem("error", message, where)])


def _from_utf16(data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        _refuse_file(f"UTF-16 found that is broken at offset {error.start}, expected UTF-8")
        raise


def _from_utf8(data: bytes) -> tuple[str, list[FileProblem]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        start, reason = error.start, error.reason
    if data.startswith(codecs.BOM_UTF8):
        # The codec counts from behind the mark that it drops.
        start += len(codecs.BOM_UTF8)
    line = str(data.count(b"\n", 0, start) + 1)
    place = f"0x{data[start]:02X} found at offset {start}"
    if reason != "unexpected end of data":
        remedy = "save the file again as UTF-8, which spreadsheets call “CSV UTF-8”"
        if _is_windows_1252(data[max(0, start - _AROUND) : start + _AROUND]):
            place = place.replace("found ", "")
            _refuse_file(f"Windows-1252 found, by byte {place}, expected UTF-8; {remedy}", line)
        _refuse_file(f"byte {place}, expected UTF-8; {remedy}", line)
    problem = FileProblem("error", f"byte {place}: the file ends within a character of UTF-8", line)
    return data[:start].decode("utf-8-sig"), [problem]


def _is_windows_1252(data: bytes) -> bool:
    """Return whether a text is almost certainly in Windows-1252.

    Its letters beyond ASCII are few, occur within ASCII words, and are letters of Western European
    languages; its other such bytes are quotes, dashes, spaces and signs.
    """
    high = [byte for byte in data if byte >= 0x80]
    letters = sum(1 for byte in data if chr(byte).isascii() and chr(byte).isalpha())
    return len(high) * 5 <= letters and all(byte in _WINDOWS_SIGNS or byte >= 0xC0 for byte in high)


def _refuse_bare_utf_16(sample: bytes) -> None:
    """Refuse text in which nearly every other byte is zero."""
    nulls = sample.count(0)
    if len(sample) >= 4 and nulls > len(sample) // 4:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if min(even, odd) * 10 < nulls:
            kind = "UTF-16 BE" if even > odd else "UTF-16 LE"
            _refuse_file(f"{kind} without a byte-order mark found, expected UTF-8")


def _refuse_binary(data: bytes) -> None:
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            _refuse_file(f"binary data found ({kind}), expected text in UTF-8")
    sample = data[:_SAMPLE]
    _refuse_bare_utf_16(sample)
    # Text has tabs and line ends, hardly any other control character; a stray one is reported
    # with its line by validation.
    controls = sum(1 for byte in sample if byte < 9 or 13 < byte < 32)
    if controls * 20 > len(sample):
        _refuse_file("binary data found, expected text in UTF-8")
