"""A tokenizer and the places where it wants its special tokens.

In: a ``tokenizers.Tokenizer`` (read from a backbone, or trained here on text). Out: ``Vocabulary``: token ids of texts
without special tokens, and the three runs of special tokens (before, between, after) that its own template puts around
one or two texts. Sequences are assembled from these by ``encode``, so that every encoder family is fed in its own form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from xstilts.catalogue.errors import Problem

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_PAD = ("<pad>", "[PAD]")
_MASK = ("<mask>", "[MASK]")
_UNKNOWN = ("<unk>", "[UNK]")


@dataclass(frozen=True)
class Vocabulary:
    """``before``, ``between``, ``after``: special ids around texts; ``after_single`` closes a lone text.

    ``segments`` says whether the second text (with what closes it) carries segment id 1.
    """

    tokenizer: Tokenizer
    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    after_single: tuple[int, ...]
    pad: int
    mask: int
    unknown: int
    segments: bool
    digest: str

    @property
    def size(self) -> int:
        """Number of ids."""
        return int(self.tokenizer.get_vocab_size())

    @property
    def special(self) -> np.ndarray:
        """Ids that never stand for text, sorted; shape [n]."""
        ids = {*self.before, *self.between, *self.after, *self.after_single, self.pad, self.mask}
        return np.array(sorted(ids), dtype=np.int32)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens."""
        return [found.ids for found in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def ids_and_offsets(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """Token ids of each text with their character spans [start, end)."""
        return [
            (found.ids, found.offsets) for found in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]


def vocabulary_of(tokenizer: Tokenizer, origin: str = "this tokenizer") -> Vocabulary:
    """Read the template out of ``tokenizer`` by encoding a pair and looking where special tokens stand."""
    size, highest = tokenizer.get_vocab_size(), max(tokenizer.get_vocab().values(), default=0)
    if highest > 4 * size + 1000:  # every id is a row of a table, and the library counts up to the highest
        raise Problem(f"{origin} has {size:,} tokens and the id {highest:,}: ids must be whole numbers from 0 on")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    pair = tokenizer.encode("a", "b", add_special_tokens=True)
    single = tokenizer.encode("a", add_special_tokens=True)
    runs = _special_runs(pair.ids, pair.special_tokens_mask)
    if len(runs) != 3:
        raise Problem(f"{origin} puts no special tokens around two texts: its tokenizer.json needs a post-processor")
    return Vocabulary(
        tokenizer=tokenizer,
        before=runs[0],
        between=runs[1],
        after=runs[2],
        after_single=_special_runs(single.ids, single.special_tokens_mask)[-1],
        pad=_named(tokenizer, _PAD, origin),
        mask=_named(tokenizer, _MASK, origin),
        unknown=_named(tokenizer, _UNKNOWN, origin),
        segments=max(pair.type_ids) > 0,
        digest=hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:32],
    )


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a folder that holds ``tokenizer.json``."""
    path = folder / "tokenizer.json"
    try:
        return vocabulary_of(Tokenizer.from_file(str(path)), str(path))
    except (Problem, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the library raises bare Exception for a missing or malformed file, or panics
        raise Problem(f"cannot read the tokenizer {path} ({error}): is the folder a complete checkpoint?") from error


def train_vocabulary(texts: Iterable[str], size: int) -> Vocabulary:
    """Train a byte-pair vocabulary of at most ``size`` ids on ``texts``, with XLM-R's special tokens and template.

    Merges and not XLM-R's unigrams: the library's unigram trainer looks for pieces in the list of different words, so
    a frequent word that is part of no other word never becomes a piece.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\u200c", "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(individual_digits=False)]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(SPECIAL), min_frequency=2, show_progress=False)
    tokenizer.train_from_iterator(_lines(texts), trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    start, end = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", start), ("</s>", end)]
    )
    return vocabulary_of(tokenizer)


def extended_vocabulary(old: Tokenizer, texts: Iterable[str], size: int) -> Vocabulary:
    """The WordPieces of an uncased BERT tokenizer, and ``size`` more that are learned on ``texts``.

    Accents are kept (the old tokenizer strips them, and with them the vowels of Indic scripts). Old pieces keep their
    order; every letter of a piece also becomes a piece, at the start and inside of words.
    """
    learned = _word_pieces(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=1000))
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=3, limit_alphabet=7000, special_tokens=["[UNK]"], show_progress=False
    )
    learned.train_from_iterator(_lines(texts), trainer)
    pieces = [piece for piece in _in_order(old) if not piece.startswith("[unused")]
    pieces = list(dict.fromkeys([*pieces, *_in_order(learned)]))
    letters = sorted({letter for piece in pieces for letter in piece.removeprefix("##")})
    pieces = list(dict.fromkeys([*pieces, *(form for letter in letters for form in (letter, f"##{letter}"))]))
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = _word_pieces(models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=1000))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])],
    )
    return vocabulary_of(tokenizer)


def _word_pieces(model: models.WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    form = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), form])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _in_order(tokenizer: Tokenizer) -> list[str]:
    return [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def _lines(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 1000:
            yield batch
            batch = []
    yield batch


def _special_runs(ids: Sequence[int], special: Sequence[int]) -> list[tuple[int, ...]]:
    runs: list[tuple[int, ...]] = []
    current: list[int] = []
    for token, is_special in zip(ids, special, strict=True):
        if is_special:
            current.append(token)
        elif current:
            runs.append(tuple(current))
            current = []
    if current:
        runs.append(tuple(current))
    return runs


def _named(tokenizer: Tokenizer, names: Sequence[str], origin: str) -> int:
    for name in names:
        found = tokenizer.token_to_id(name)
        if found is not None:
            return int(found)
    raise Problem(
        f"{origin} has none of the tokens {', '.join(names)}: only encoders trained on masked text can be used"
    )
