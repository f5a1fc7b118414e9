#!/usr/bin/env python3
"""Writes Tests/ApusTokenizersTests/Cases: small tokenizers of every component of the `tokenizers` library (huggingface.jsonl), and
small models of sentencepiece (sentencepiece.jsonl), with the ids and texts that the libraries give for texts full of traps; and batches
that are cut and filled up in every way (lengths.jsonl).

    python3 -m pip install tokenizers sentencepiece && python3 Scripts/generate-tokenizer-cases.py
"""

import base64
import json
import pathlib
import random
import tempfile

import sentencepiece
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

CASES = pathlib.Path(__file__).resolve().parent.parent / "Tests/ApusTokenizersTests/Cases"
SAMPLE = [
    "The quick brown fox doesn't jump over the lazy dog's 1234 fences, or does it?",
    "Zwei höhere Bäume standen im Garten; sie wurden über 100 Jahre alt.",
    "Η γρήγορη αλεπού, быстрая лиса, 素早い狐がカタカナで, 빠른 여우, الثعلب السريع",
    "def f(x):\n    return x + 1  # comment\n\n\tif (a != b) { c[0] = 'd'; }",
    "ﬁne ½ ① Ａｂｃ ㍿ Å Ω e\u0301 a\u0308\u0323 각 İstanbul ǅ ſ \u212a naïve résumé",
]
PIECES = list("aAbBzst'’09.,!?-_/@#▁ \t\n\rﬁ½①Ａ㍿ÅéßſKあカ中한각Ⅳǅªşאا½٣€😀") + [
    " ", "  ", "\u00a0", "\u2028", "\u3000", "\u0085", "e\u0301", "a\u0308\u0323", "\u0301", "\u20dd", "\u200b", "\u200d", "\ufeff",
    "\u00ad", "\u0000", "\u007f", "the ", "The", " quick", "n't", "'s", "über", "<s>", "</s>", "<w>", "<nw>", "[CLS]", " . ", "do not",
    "İ", "Σ", "각", "ﷺ", "👩‍👩‍👧", "\r\n", "Straße", "12", "3456", "ーカ",
]


def texts(seed, count=24):
    rng = random.Random(seed)
    made = ["", " ", "a", " a", "a ", "  a  b  "] + rng.sample(SAMPLE, 2)
    while len(made) < count:
        made.append("".join(rng.choice(PIECES) for _ in range(rng.randint(1, 14))))
    return made


def trained(kind):
    """A small model of a kind, as JSON."""
    tokenizer, options = {
        "bpe": (models.BPE(unk_token="<unk>"), {}),
        "suffix": (models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), {"end_of_word_suffix": "</w>"}),
        "prefix": (models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), {"continuing_subword_prefix": "##"}),
        "wordpiece": (models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12), {}),
        "unigram": (models.Unigram(), {}),
    }[kind]
    tokenizer = Tokenizer(tokenizer)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if kind == "unigram":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=150, unk_token="<unk>", special_tokens=["<unk>"])
    elif kind == "wordpiece":
        trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=["[UNK]"])
    else:
        trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], **options)
    tokenizer.train_from_iterator(SAMPLE * 3, trainer)
    return json.loads(tokenizer.to_str())["model"]


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(SAMPLE * 3, trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet))
    return json.loads(tokenizer.to_str())["model"]


def fallback(fuse, ignore=False):
    """Characters with a mark for spaces, bytes for what is missing."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(SAMPLE * 3, trainers.BpeTrainer(vocab_size=420, special_tokens=special))
    model = json.loads(tokenizer.to_str())["model"]
    model.update(byte_fallback=True, fuse_unk=fuse, ignore_merges=ignore)
    return model


def words(normalizer, pre_tokenizer, seed):
    """A vocabulary of the pieces that the texts are cut into, so that the ids show the cuts."""
    probe = Tokenizer.from_str(document({"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}, normalizer, pre_tokenizer))
    pieces = {"<unk>": 0}
    for text in texts(seed):
        if probe.normalizer:
            text = probe.normalizer.normalize_str(text)
        found = probe.pre_tokenizer.pre_tokenize_str(text) if probe.pre_tokenizer else [(text, None)]
        for piece, _ in found:
            pieces.setdefault(piece, len(pieces))
    return {"type": "WordLevel", "vocab": pieces, "unk_token": "<unk>"}


def document(model, normalizer=None, pre_tokenizer=None, decoder=None, post_processor=None, added=()):
    vocabulary = {entry[0]: index for index, entry in enumerate(model["vocab"])} if isinstance(model["vocab"], list) else model["vocab"]
    numbers = {}
    for token in added:
        # The library numbers added tokens itself: those that the model has not come behind all others.
        new = vocabulary.get(token["content"], len(vocabulary) + sum(t["content"] not in vocabulary for t in added[: added.index(token)]))
        numbers[token["id"]] = new
    added = [{**token, "id": numbers[token["id"]]} for token in added]
    post_processor = json.loads(json.dumps(post_processor), object_hook=lambda value: renumbered(value, numbers))
    return json.dumps(
        {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": decoder, "model": model,
        }
    )


def renumbered(value, numbers):
    """A post-processor's ids as the library numbers them."""
    for key in ["sep", "cls"]:
        if key in value:
            value[key] = [value[key][0], numbers[value[key][1]]]
    if "ids" in value:
        value["ids"] = [numbers[number] for number in value["ids"]]
    return value


def added(identifier, content, **options):
    token = {"id": identifier, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    token.update(options)
    return token


RULES = [("ﬁ", "fi"), ("½", "1⁄2"), ("①", "1"), ("Ａ", "A"), ("\u3000", " "), ("é", "e"), ("e\u0301", "é"), ("😀", ""), ("the", "THE"), ("\r", " ")]


def pieces(**options):
    """A small model of sentencepiece, as the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if options.pop("has_rules", False):
            lines = ["\t".join(" ".join(f"{ord(c):X}" for c in text) for text in rule) for rule in RULES]
            (folder / "rules.tsv").write_text("\n".join(lines) + "\n")
            options["normalization_rule_tsv"] = str(folder / "rules.tsv")
        else:
            options["normalization_rule_name"] = "identity"
        (folder / "text").write_text("\n".join(SAMPLE * 3))
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "text"), model_prefix=str(folder / "m"), minloglevel=2, hard_vocab_limit=False, **options)
        return (folder / "m.model").read_bytes()


def charsmap():
    """A small map of sentencepiece's, out of its model's third field."""
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(pieces(vocab_size=140, has_rules=True))
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def cutting():
    """Normalisers and pre-tokenisers, over word-level vocabularies."""
    plain = {"type": "WhitespaceSplit"}
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    for name, normalizer in {
        **{form: {"type": form} for form in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"]},
        "strip": {"type": "Strip", "strip_left": True, "strip_right": False},
        "replace": {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": "_"},
        "replace-empty": {"type": "Replace", "pattern": {"Regex": r"(?<=\S)(?!\S)"}, "content": "·"},
        "prepend": sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}),
        "accents": sequence("normalizers", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}),
        "bert": bert,
        "bert-cased": {**bert, "lowercase": False},
        "bert-accents": {**bert, "strip_accents": False, "clean_text": False, "handle_chinese_chars": False},
        "bytes": {"type": "ByteLevel"},
        "charsmap": {"type": "Precompiled", "precompiled_charsmap": charsmap()},
    }.items():
        yield name, normalizer, plain
    for name, pre_tokenizer in {
        "whitespace": {"type": "Whitespace"},
        "bert": {"type": "BertPreTokenizer"},
        **{f"metaspace-{scheme}": {**metaspace, "prepend_scheme": scheme} for scheme in ["first", "always", "never"]},
        "metaspace-whole": {**metaspace, "split": False},
        "punctuation": {"type": "Punctuation", "behavior": "Isolated"},
        "punctuation-contiguous": {"type": "Punctuation", "behavior": "Contiguous"},
        "digits": {"type": "Digits", "individual_digits": False},
        "digit": {"type": "Digits", "individual_digits": True},
        "scripts": {"type": "UnicodeScripts"},
        "delimiter": {"type": "CharDelimiterSplit", "delimiter": "a"},
        "fixed": {"type": "FixedLength", "length": 3},
        "bytes-prefix": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "scripts-then": sequence("pretokenizers", {"type": "UnicodeScripts"}, metaspace),
        "after-bytes": sequence("pretokenizers", {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}, split("Ġ", "MergedWithNext", kind="String")),
        **{f"split-{behavior}": split(r"\s|[aA]", behavior) for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]},
        **{f"inverted-{behavior}": split(r"\p{L}+", behavior, True) for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]},
        **{f"regex-{index}": split(expression) for index, expression in enumerate([
            r"\d{1,3}(?=(?:\d{3})*\b)", r"[^\s\p{L}]+?|\p{L}{2,3}", r"(?i:the|ſ|k)|\w+", r"[\p{L}&&[^\p{Latin}]]+|\S", r"\b\w|\B\W",
            r"^.|.$", r"(?<=[a-z])\s*(?=\S)", r"[[:alpha:]]+|[^[:alpha:]]", r"[\u3040-\u309f\x{30a0}-\x{30ff}]+|\p{Han}+", r"a*?b|a{2,}|(?:ab|a)(?:c|bcd)?",
            r"\p{Lu}\p{Ll}*+|\s++\S?+|\P{N}", r"[-+.,!?]|[\]\[()]", r"(?>\s+)\S|\p{M}", r"\A\s+|\s+\z|\Z",
        ])},
    }.items():
        yield name, None, pre_tokenizer


def configurations():
    for seed, (name, normalizer, pre_tokenizer) in enumerate(cutting()):
        yield "cut " + name, seed, document(words(normalizer, pre_tokenizer, seed), normalizer, pre_tokenizer, {"type": "Fuse"})
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [500], "tokens": ["<s>"]}},
    }
    tokens = [added(500, "<s>"), added(501, "</s>", lstrip=True), added(502, "<w>", rstrip=True), added(503, "<nw>", normalized=True, special=False),
              added(504, "b", single_word=True, special=False, normalized=True), added(505, "über", normalized=True, special=False)]
    whitespace = {"type": "Whitespace"}
    yield "bpe", 100, document(trained("bpe"), {"type": "NFC"}, whitespace, None, template, tokens)
    yield "bpe suffix", 101, document(trained("suffix"), {"type": "Lowercase"}, whitespace, {"type": "BPEDecoder", "suffix": "</w>"})
    yield "bpe prefix", 102, document(trained("prefix"), None, whitespace, {"type": "WordPiece", "prefix": "##", "cleanup": False})
    yield "wordpiece", 103, document(trained("wordpiece"), bert, {"type": "BertPreTokenizer"}, {"type": "WordPiece", "prefix": "##", "cleanup": True},
        {"type": "BertProcessing", "sep": ["</s>", 501], "cls": ["<s>", 500]}, tokens)
    yield "unigram", 104, document(trained("unigram"), {"type": "NFKC"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}, template, tokens)
    whole = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    yield "unigram whole", 105, document(trained("unigram"), None, whole, whole)
    yield "bytes", 106, document(byte_level(), None, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        {"type": "RobertaProcessing", "sep": ["</s>", 501], "cls": ["<s>", 500], "trim_offsets": True, "add_prefix_space": True}, tokens)
    llama = sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                     {"type": "Strip", "content": " ", "start": 1, "stop": 0})
    prepend = sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
    gemma = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    yield "fallback", 107, document(fallback(True), prepend, None, llama, None, tokens)
    yield "fallback whole", 108, document(fallback(False, True), gemma, None, sequence("decoders", *llama["decoders"][:3]), template, tokens)
    spaced = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    yield "fallback split", 109, document(fallback(False), gemma, spaced, llama)
    for fuse in [False, True]:
        model = trained("bpe")
        model["fuse_unk"] = fuse
        yield f"unknown {fuse}", 110 + fuse, document(model, None, None, {"type": "Fuse"})
    ctc = {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}
    yield "ctc", 112, document(words(None, {"type": "FixedLength", "length": 1}, 112), None, {"type": "FixedLength", "length": 1}, ctc)
    strip = sequence("decoders", {"type": "Strip", "content": "a", "start": 1, "stop": 0}, {"type": "Replace", "pattern": {"Regex": r"\s"}, "content": "."})
    yield "strip", 113, document(words(None, {"type": "FixedLength", "length": 2}, 113), None, {"type": "FixedLength", "length": 2}, strip)


def sentencepiece_models():
    bytes_ = {"vocab_size": 420, "byte_fallback": True}
    as_is = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
    words = {"user_defined_symbols": ["<u>", "the", "ab", "a b"]}
    yield "unigram", pieces(model_type="unigram", vocab_size=150, has_rules=True)
    yield "unigram bytes", pieces(model_type="unigram", **bytes_)
    yield "unigram words", pieces(model_type="unigram", vocab_size=160, has_rules=True, **words)
    yield "unigram spaces", pieces(model_type="unigram", vocab_size=150, remove_extra_whitespaces=False)
    yield "bpe", pieces(model_type="bpe", vocab_size=200, has_rules=True)
    yield "bpe words", pieces(model_type="bpe", vocab_size=200, **words)
    yield "bpe bytes", pieces(model_type="bpe", **bytes_, **as_is)
    yield "bpe suffix", pieces(model_type="bpe", vocab_size=200, treat_whitespace_as_suffix=True)


def write_sentencepiece():
    with (CASES / "sentencepiece.jsonl").open("w", encoding="utf-8") as output:
        for seed, (name, model) in enumerate(sentencepiece_models()):
            processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            cases = [{"t": text, "i": ids, "d": processor.decode(ids)} for text in texts(300 + seed, 60) for ids in [processor.encode(text)]]
            document_ = {"name": name, "model": base64.b64encode(model).decode(), "cases": cases}
            output.write(json.dumps(document_, ensure_ascii=False, separators=(",", ":")) + "\n")


def batch(tokenizer, inputs):
    """What the library makes of a batch; null where it refuses."""
    try:
        encodings = tokenizer.encode_batch(inputs)
    except Exception as error:  # The library's own class is Exception.
        assert "Truncation error" in str(error), error
        return None
    return [{"i": one.ids, "y": one.type_ids, "m": one.attention_mask} for one in encodings]


def write_lengths():
    """One small WordPiece tokenizer with [CLS] and [SEP], which the first line has, under every way to cut and to fill up."""
    letters = [chr(97 + index) for index in range(26)]
    vocabulary = {token: id for id, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + letters)}
    model = {"type": "WordPiece", "vocab": vocabulary, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9}
    frame = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    text = json.dumps(
        {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": frame, "decoder": None, "model": model,
        }
    )
    rng = random.Random(500)
    with (CASES / "lengths.jsonl").open("w", encoding="utf-8") as output:
        output.write(text + "\n")
        for number in range(240):
            tokenizer = Tokenizer.from_str(text)
            if number % 4 != 3:
                strategy = ["longest_first", "only_first", "only_second"][number % 3]
                tokenizer.enable_truncation(rng.randint(4, 12), stride=0, strategy=strategy, direction=rng.choice(["left", "right"]))
            if number % 5 != 4:
                length = rng.choice([None, 6, 14])
                multiple = rng.choice([None, 4, 5])
                tokenizer.enable_padding(
                    direction=rng.choice(["left", "right"]), pad_id=0, pad_type_id=rng.randint(0, 1), pad_token="[PAD]", length=length,
                    pad_to_multiple_of=multiple)
            is_pair = rng.random() < 0.6
            def words():
                return " ".join(rng.choices(letters, k=rng.randint(0, 12)))
            inputs = [(words(), words()) if is_pair else words() for _ in range(rng.randint(1, 3))]
            written = json.loads(tokenizer.to_str())
            case = {key: written[key] for key in ["truncation", "padding"]} | {"batch": inputs, "rows": batch(tokenizer, inputs)}
            output.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    write_sentencepiece()
    write_lengths()
    count = 0
    with (CASES / "huggingface.jsonl").open("w", encoding="utf-8") as output:
        for name, seed, text in configurations():
            tokenizer = Tokenizer.from_str(text)
            cases = []
            previous = ""
            for text_ in texts(seed):
                ids = tokenizer.encode(text_, add_special_tokens=False).ids
                framed = tokenizer.encode(text_)
                pair = tokenizer.encode(text_, previous)
                case = {"t": text_, "i": ids, "d": tokenizer.decode(ids, skip_special_tokens=False)}
                skipped = tokenizer.decode(ids)
                if skipped != case["d"]:
                    case["s"] = skipped
                if framed.ids != ids:
                    case.update(f=framed.ids, p=previous, j=pair.ids, y=pair.type_ids)
                cases.append(case)
                previous = text_[:8]
            document_ = {"name": name, "tokenizer": json.loads(text), "cases": cases}
            output.write(json.dumps(document_, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    print(f"{count} tokenizers of tokenizers {tokenizers.__version__}")


main()
