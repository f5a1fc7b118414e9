#!/usr/bin/env python3
"""Writes the tables in Sources/ApusTokenizers/Unicode: general categories, decompositions, combining classes, cases, scripts.

The reference tokenizers split and normalise text with libraries that carry their own Unicode tables. Ours are fixed in the
source, so that the ids of a text do not change with the tool chain. Categories are those of Unicode 16.0, for tiktoken 0.14
and tokenizers 0.23 split by them: a letter of a later version is for them no letter (--check compares all code points).
Scripts and the property Alphabetic are those of the Python package `regex` as far as 16.0 had the code points, the rest is
that of Python's `unicodedata`; which code points Unicode 8.0 had, Perl knows.

    python3 -m pip install regex unicodedata2==16.0.0 && python3 Scripts/generate-unicode-table.py
    python3 -m pip install tiktoken tokenizers && python3 Scripts/generate-unicode-table.py --check
"""

import pathlib
import subprocess
import sys
import unicodedata

import regex
import unicodedata2

CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co".split()
# The scripts that vocabularies and splitting patterns speak of; all others are as one.
SCRIPTS = """Common Inherited Latin Greek Cyrillic Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati
Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Hangul Ethiopic Cherokee
Canadian_Aboriginal Ogham Runic Tagalog Hanunoo Buhid Tagbanwa Khmer Mongolian Limbu Tai_Le New_Tai_Lue Buginese Tai_Tham
Balinese Sundanese Batak Lepcha Ol_Chiki Vedic Hiragana Katakana Bopomofo Han Yi Lisu Vai Bamum Syloti_Nagri Phags_Pa
Saurashtra Kayah_Li Rejang Javanese Cham Tai_Viet Meetei_Mayek Coptic Glagolitic Tifinagh Nko Samaritan Mandaic Braille
Gothic Deseret Osmanya Cuneiform Egyptian_Hieroglyphs Adlam""".split()
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Sources/ApusTokenizers/Unicode"


def is_assigned(point):
    return unicodedata2.category(chr(point)) != "Cn"


def values(patterns):
    """For each code point the number of the pattern that matches it."""
    previous = 1
    for point in range(0x110000):
        text = chr(point)
        if not is_assigned(point):
            yield len(patterns)
            continue
        if not patterns[previous].match(text):
            previous = next((code for code, pattern in enumerate(patterns) if pattern.match(text)), len(patterns))
            if previous == len(patterns):
                yield previous
                previous = 1
                continue
        yield previous


def runs(numbers):
    last = None
    for point, number in enumerate(numbers):
        if number != last:
            yield point, number
            last = number


def packed(numbers):
    """Whole numbers as text: base 32, lowest digit first; digits from 32 on say that more follow."""
    text = []
    for number in numbers:
        while number >= 32:
            text.append(DIGITS[32 + number % 32])
            number //= 32
        text.append(DIGITS[number])
    return "".join(text)


def signed(number):
    return 2 * number if number >= 0 else -2 * number - 1


def deltas(pairs):
    last = 0
    for point, number in pairs:
        yield point - last
        yield number
        last = point


def literal(text, width=114):
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return '"""\n' + "\n".join(f"    {line}\\" for line in lines)[:-1] + '\n    """'


def decompositions():
    """Code points with length * 4 + 2 where they are made again by composition + 1 where the mapping is a compatibility
    one, then the mapping."""
    last, last_target = 0, 0
    for point in range(0x110000):
        mapping = unicodedata.decomposition(chr(point)).split()
        if not mapping:
            continue
        is_compatible = mapping[0].startswith("<")
        targets = [int(word, 16) for word in mapping if not word.startswith("<")]
        is_made = not is_compatible and len(targets) == 2 and unicodedata.normalize("NFC", chr(point)) == chr(point)
        yield point - last
        yield len(targets) * 4 + 2 * is_made + is_compatible
        last = point
        for target in targets:
            yield signed(target - last_target)
            last_target = target


def lower():
    for point in range(0x110000):
        text = chr(point).lower()
        if text != chr(point) and len(text) == 1:
            yield point, signed(ord(text) - point)


def fold():
    """Simple case folding where it is not the lower case."""
    for point in range(0x110000):
        folded = chr(point).casefold()
        if len(folded) != 1:
            folded = chr(point).lower()
        if len(folded) == 1 and folded != (chr(point).lower() if len(chr(point).lower()) == 1 else chr(point)):
            yield point, signed(ord(folded) - point)


def write_categories():
    numbers = (CATEGORIES.index(unicodedata2.category(chr(point))) for point in range(0x110000))
    words = [f"0x{point << 5 | code:X}" for point, code in runs(numbers)]
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) + 2 > 120:
            lines.append(line)
            line = "   "
        line += f" {word},"
    lines.append(line)
    (FOLDER / "ScalarCategoryTable.swift").write_text(
        f"""// Generated by Scripts/generate-unicode-table.py from Unicode {unicodedata2.unidata_version}; do not edit.

// swift-format-ignore-file

/// General categories as runs: each entry is (first code point << 5 | category); a run ends where the next begins.
enum ScalarCategoryTable {{
  /// In the order of the entries' category numbers.
  static let names = "{' '.join(CATEGORIES)}"

  static let runs: [UInt32] = [
{chr(10).join(lines)}
  ]
}}
"""
    )


def write_normalization():
    classes = runs(unicodedata.combining(chr(point)) for point in range(0x110000))
    (FOLDER / "NormalizationTable.swift").write_text(
        f"""// Generated by Scripts/generate-unicode-table.py from Unicode {unicodedata.unidata_version}; do not edit.

// swift-format-ignore-file

/// Decompositions, combining classes and cases, packed (see PackedNumbers).
enum NormalizationTable {{
  /// Code point (difference), length * 4 + 2 if composition makes it + 1 if only compatible, mapping (signed
  /// differences).
  static let decompositions: StaticString = {literal(packed(decompositions()))}

  /// Runs of equal combining class: first code point (difference), class.
  static let combiningClasses: StaticString = {literal(packed(deltas(classes)))}

  /// Code point (difference), lower case (signed difference to it).
  static let lowerCase: StaticString = {literal(packed(deltas(lower())))}

  /// As `lowerCase`: simple case folding where it is something else.
  static let caseFolding: StaticString = {literal(packed(deltas(fold())))}
}}
"""
    )


def write_scripts():
    names = [name for name in SCRIPTS if regex_has(name)]
    patterns = [regex.compile(r"\p{Script=%s}" % name) for name in names]
    (FOLDER / "ScriptTable.swift").write_text(
        f"""// Generated by Scripts/generate-unicode-table.py from Unicode {unicodedata2.unidata_version}; do not edit.

// swift-format-ignore-file

/// The script of every code point, packed (see PackedNumbers).
enum ScriptTable {{
  /// In the order of the scripts' numbers; one more stands for all others.
  static let names = {literal(" ".join(names))}

  /// Runs: first code point (difference), script.
  static let runs: StaticString = {literal(packed(deltas(runs(values(patterns)))))}

  /// Runs with and without the property Alphabetic, in turns: first code point (difference).
  static let alphabetic: StaticString = {literal(packed(step for _, step in alphabetic_runs()))}

  /// The same of those that Unicode 8.0 had.
  static let assignedIn8: StaticString = {literal(packed(unicode_8()))}
}}
"""
    )


def alphabetic_runs():
    pattern = regex.compile(r"\p{Alphabetic}")
    last = 0
    for point, is_alphabetic in runs(
        is_assigned(point) and bool(pattern.match(chr(point))) for point in range(0x110000)
    ):
        yield is_alphabetic, point - last
        last = point


def unicode_8():
    program = 'my $l = 0; for (0 .. 0x10FFFF) { my $i = chr($_) =~ /\\p{In=8.0}/ ? 1 : 0; print "$_ " if $i != $l; $l = $i }'
    last = 0
    yield 0
    for point in map(int, subprocess.run(["perl", "-e", program], capture_output=True, check=True).stdout.split()):
        yield point - last
        last = point


def regex_has(name):
    try:
        return bool(regex.compile(r"\p{Script=%s}" % name))
    except regex.error:
        return False


def check():
    """What the libraries take for letters and the like: all code points at once."""
    import tiktoken
    from tokenizers import Regex, pre_tokenizers

    text = "".join(chr(point) for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000)
    ranks = {bytes([byte]): byte for byte in range(256)}
    differences = 0
    for category in ["L", "N", "M", "P", "S", "Lu", "Ll", "Lt", "Lm", "Lo", "Nd"]:
        ours = {point for point in text if unicodedata2.category(point).startswith(category)}
        expression = r"\p{%s}" % category
        encoding = tiktoken.Encoding("check", pat_str=expression, mergeable_ranks=ranks, special_tokens={})
        found = {"tiktoken": set(bytes(encoding.encode_ordinary(text)).decode()), "tokenizers": set()}
        for start in range(0, len(text), 50_000):
            part = text[start : start + 50_000]
            rest = pre_tokenizers.Split(Regex(expression), "removed").pre_tokenize_str(part)
            found["tokenizers"] |= set(part).difference(*(piece for piece, _ in rest))
        for name, theirs in found.items():
            differences += len(ours ^ theirs)
            print(f"{expression}: {len(ours)} code points, {len(ours ^ theirs)} others in {name}")
    sys.exit(differences > 0)


if __name__ == "__main__":
    if "--check" in sys.argv:
        check()
    write_categories()
    write_normalization()
    write_scripts()
