"""A data folder of one's own: Parquet, JSONL and CSV, what is read, what is left out, and what is refused."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import Files, Problem, Task, TaskType
from xstilts.data.load import Loaded
from xstilts.data.rows import SCHEMAS
from xstilts.data.source import Contents, Folder, Sources, described

Write = Callable[..., Path]
NLI = ("entailment", "neutral", "contradiction")


def task_of(kind: TaskType, files: Files, columns: Mapping[str, str] | None = None, labels: Sequence[str] = ()) -> Task:
    splits = {"train": files, "test": Files(files.repository, files.configs, "test", names=files.names)}
    return Task("mine", "mine", kind, "", ("en", "de", "sw"), splits, columns or {}, tuple(labels))


def class_label(column: str, names: Sequence[str]) -> dict[bytes, bytes]:
    feature = {"names": list(names), "_type": "ClassLabel"}
    wrapped: Any = {"feature": feature, "_type": "Sequence"} if column.endswith("tags") else feature
    return {b"huggingface": json.dumps({"info": {"features": {column: wrapped}}}).encode()}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table under the folder ``tmp_path``."""

    def written(place: str, columns: dict[str, Any], metadata: dict[bytes, bytes] | None = None) -> Path:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
        else:
            rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return written


def nli(repository: str = "me/nli") -> Task:
    columns = {"text_a": "premise", "text_b": "hypothesis", "label": "label"}
    return task_of(TaskType.CLASSIFICATION, Files(repository, ("{language}",), "train"), columns, NLI)


def test_the_same_rows_from_every_format(tmp_path: Path, write: Write) -> None:
    columns = {"premise": ['a, "b"', "c\nd"], "hypothesis": ["e\u2028f", "007"], "label": [2, 0]}
    write("nli/en/train.parquet", columns)
    write("nli/de/train.jsonl", columns)
    csv = tmp_path / "nli/sw/train.csv"
    csv.parent.mkdir()
    csv.write_text('premise,hypothesis,label\n"a, ""b""",e\u2028f,contradiction\n"c\nd",007,0\n', encoding="utf-8")
    folder = Folder(tmp_path)
    assert folder.languages(nli(), "train") == ("en", "de", "sw")
    assert folder.languages(nli(), "test") == ()
    tables = [folder.read(nli(), "train", code) for code in ("en", "de", "sw")]
    assert tables[0].schema == SCHEMAS[TaskType.CLASSIFICATION]
    assert tables[0].to_pydict() == {"text_a": columns["premise"], "text_b": columns["hypothesis"], "label": [2, 0]}
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_labels_are_read_by_name_whatever_their_order(tmp_path: Path, write: Write) -> None:
    texts = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"]}
    other = class_label("label", ["Contradiction", "entailment", "neutral"])
    write("nli/en/train.parquet", {**texts, "label": [0, 1, 2]}, other)
    write("nli/de/train.parquet", {**texts, "label": ["neutral", "ENTAILMENT", " contradiction"]})
    write("nli/sw/train.parquet", {**texts, "label": pa.array([1.0, 0.0, 2.0])})
    folder = Folder(tmp_path)
    assert folder.read(nli(), "train", "en")["label"].to_pylist() == [2, 0, 1]
    assert folder.read(nli(), "train", "de")["label"].to_pylist() == [1, 0, 2]
    assert folder.read(nli(), "train", "sw")["label"].to_pylist() == [1, 0, 2]


def test_rows_that_can_not_train_are_left_out_and_counted(tmp_path: Path, write: Write) -> None:
    columns = {"premise": ["a", None, "c", "d"], "hypothesis": ["e", "f", None, "h"], "label": [1, 1, 0, -1]}
    for split in ("train", "test"):
        write(f"nli/en/{split}.parquet", columns)
    folder = Folder(tmp_path)
    train = folder.load(nli(), "train", "en")
    assert train.rows.to_pydict() == {"text_a": ["a", "c"], "text_b": ["e", None], "label": [1, 0]}
    assert described(train) == "left out: 1 with no text_a, 1 with no label"
    assert folder.rows_of(nli(), "train", "en")[0] == 2
    test = folder.load(nli(), "test", "en")
    assert test.rows.equals(train.rows) and test.left_out == train.left_out
    assert described(Loaded(train.rows)) == ""


def test_counts_are_kept_by_content_and_mistakes_are_not(tmp_path: Path, write: Write) -> None:
    columns = {"premise": ["a", None, "c"], "hypothesis": ["e", "f", "g"], "label": [1, 1, 0]}
    write("nli/en/train.parquet", columns)

    def counted() -> tuple[int, str, str]:
        """By a process that has seen nothing yet."""
        contents = Contents(tmp_path / "counts")
        count, checksum = Folder(tmp_path, contents=contents).rows_of(nli(), "train", "en")
        (less,) = contents.left_out.values()
        assert contents.tokens[checksum] == 6  # two words, four special ones
        return count, checksum, less

    first = counted()
    assert first[0] == 2 and first[2] == "2 rows used, left out: 1 with no text_a"
    (kept,) = (tmp_path / "counts").iterdir()
    written = kept.stat().st_mtime_ns
    assert kept.name == first[1] and counted() == first
    assert kept.stat().st_mtime_ns == written  # nothing was counted again
    (kept / "count.json").write_text('[7, "left out: what this file says"]')
    assert counted() == first  # a damaged file is made again
    write("nli/en/train.parquet", {**columns, "label": [1, None, None]})
    assert counted()[:1] == (1,) and len(list((tmp_path / "counts").iterdir())) == 2
    write("nli/en/train.parquet", {**columns, "label": ["neutral", "neutral", "neutrl"]})
    for _ in range(2):
        with pytest.raises(Problem, match="neutrl"):
            counted()


def test_blank_texts_do_not_train_language_modelling(tmp_path: Path, write: Write) -> None:
    write("text/en/train.jsonl", {"text": ["a", " \t", None, "b"]})
    found = Folder(tmp_path).load(task_of(TaskType.MLM, Files("text", ("{language}",), "train")), "train", "en")
    assert found.rows.to_pydict() == {"text": ["a", "b"], "text_b": [None, None]}
    assert found.left_out == {"blank text": 2}


def test_filter_join_and_several_configurations(tmp_path: Path, write: Write) -> None:
    write("pairs/eng/train.parquet", {"key": pa.array([3, 1, 2], pa.int64()), "text": ["three", "one", "two"]})
    write(
        "pairs/deu/train.parquet", {"key": pa.array([1, 2, 3, 9], pa.int32()), "text": ["eins", "zwei", "drei", "neun"]}
    )
    write("pairs/deu-2/train.parquet", {"key": pa.array([2, None], pa.int32()), "text": ["zwo", "leer"]})
    files = Files(
        "pairs", ("{language}", "{language}-2", "{language}-3"), "train", {"de": "deu"}, ("de",), (("key", "<", 3),),
        join=("eng", "key"),
    )  # fmt: skip
    task = task_of(TaskType.MLM, files, {"text": "text", "text_b": "other.text"})
    rows = Folder(tmp_path).read(task, "train", "de").to_pydict()
    assert rows == {"text": ["eins", "zwei", "zwo"], "text_b": ["one", "two", "two"]}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [(("s", "!=", "x"), ["b", "c"]), (("s", "==", "x"), ["a"]), (("n", ">=", 2), ["b"]), (("n", "<", 2), ["a"])],
)
def test_a_missing_value_only_differs(
    tmp_path: Path, write: Write, condition: tuple[str, str, str | int], kept: list[str]
) -> None:
    write("t/en/train.parquet", {"text": list("abc"), "s": ["x", "y", None], "n": [1, 2, None]})
    task = task_of(TaskType.MLM, Files("t", ("{language}",), "train", where=(condition,)))
    assert Folder(tmp_path).read(task, "train", "en")["text"].to_pylist() == kept


def test_tags_by_name_by_metadata_and_as_text(tmp_path: Path, write: Write) -> None:
    names = ("N", "V", "O")
    tokens = [["a", "b"], ["c"], []]
    write("pos/en/train.parquet", {"tokens": tokens, "tags": [[0, 1], [2], []]}, class_label("tags", ["O", "N", "V"]))
    write("pos/de/train.jsonl", {"tokens": tokens, "tags": [["O", "N"], ["V"], []]})
    write("pos/sw/train.jsonl", {"tokens": ["a b", "c"], "tags": ["O N", "V"]})
    task, folder = (
        task_of(TaskType.TOKEN_CLASSIFICATION, Files("pos", ("{language}",), "train"), {}, names),
        Folder(tmp_path),
    )
    for code in ("en", "de", "sw"):
        rows = folder.read(task, "train", code)
        assert rows.to_pydict() == {"tokens": [["a", "b"], ["c"]], "tags": [[2, 0], [1]]}, code
    assert folder.load(task, "train", "en").left_out == {"no tokens": 1}


def test_a_sliced_list_column_keeps_its_rows(tmp_path: Path, write: Write) -> None:
    write("pos/en/train.parquet", {"tokens": [None, ["a"], ["b", "c"]], "tags": [[1], [0], [1, 0]]})
    task = task_of(TaskType.TOKEN_CLASSIFICATION, Files("pos", ("{language}",), "train"), {}, ("N", "V"))
    assert Folder(tmp_path).read(task, "train", "en").to_pydict() == {
        "tokens": [["a"], ["b", "c"]],
        "tags": [[0], [1, 0]],
    }


def test_answers_must_stand_where_they_are_said_to(tmp_path: Path, write: Write) -> None:
    answers = [
        {"text": ["b"], "answer_start": [2]},
        {"text": ["b"], "answer_start": [1]},
        {"text": [], "answer_start": []},
    ]
    for split in ("train", "test"):
        write(f"qa/en/{split}.parquet", {"context": ["a b"] * 3, "question": list("xyz"), "answers": answers})
    columns = {"answer_texts": "answers.text", "answer_starts": "answers.answer_start"}
    task, folder = task_of(TaskType.SPAN_EXTRACTION, Files("qa", ("{language}",), "train"), columns), Folder(tmp_path)
    train = folder.load(task, "train", "en")
    assert train.rows["question"].to_pylist() == ["x"]
    assert train.rows["id"].to_pylist() == ["0"]
    assert train.left_out == {"no answer_texts": 1, "an answer that is not where the file says": 1}
    test = folder.load(task, "test", "en")
    assert test.rows["answer_texts"].to_pylist() == [["b"], ["b"]]
    assert described(test) == "left out: 1 with no answer_texts; kept: 1 with an answer that is not where the file says"


def test_choices_from_a_list_or_from_several_columns(tmp_path: Path, write: Write) -> None:
    write("mc/en/train.parquet", {"text_a": ["q"], "choices": [["x", "y"]], "label": ["1"]})
    write("mc/de/train.parquet", {"text_a": ["q"], "one": ["x"], "two": ["y"], "label": [1]})
    task = task_of(TaskType.MULTIPLE_CHOICE, Files("mc", ("{language}",), "train"))
    german = task_of(TaskType.MULTIPLE_CHOICE, Files("mc", ("{language}",), "train"), {"choices": "one, two"})
    folder = Folder(tmp_path)
    assert folder.read(task, "train", "en").equals(folder.read(german, "train", "de"))


def test_the_checksum_is_that_of_content_and_reading(tmp_path: Path, write: Write) -> None:
    columns = {"premise": ["a"], "hypothesis": ["b"], "label": [1]}
    path = write("nli/en/train.parquet", columns)
    write("nli/de/train.parquet", columns)
    write("other/en/train.parquet", columns)
    folder = Folder(tmp_path)
    count, first = folder.rows_of(nli(), "train", "en")
    assert (count, len(first)) == (1, 64)
    assert folder.rows_of(nli(), "train", "de")[1] == first == folder.rows_of(nli("you/other"), "train", "en")[1]
    relabelled = task_of(TaskType.CLASSIFICATION, nli().splits["train"], nli().columns, NLI[::-1])
    filtered = task_of(
        TaskType.CLASSIFICATION, Files("nli", ("{language}",), "train", where=(("label", "<", 9),)), nli().columns, NLI
    )
    assert len({first, *(folder.rows_of(task, "train", "en")[1] for task in (relabelled, filtered))}) == 3
    write("nli/en/train.parquet", {**columns, "label": [0]})
    assert path.exists()
    assert folder.rows_of(nli(), "train", "en")[1] != first


def test_labels_that_are_all_the_same_are_taken_for_withheld(tmp_path: Path, write: Write) -> None:
    columns = {"premise": list("abcdefghij"), "hypothesis": list("abcdefghij")}
    for label, told in ((1, "the label 'neutral'"), (-1, "no label")):
        path = write("nli/en/test.parquet", {**columns, "label": [label] * 10})
        with pytest.raises(
            Problem, match=f"every one of 10 rows has {told}.*source that has the true labels"
        ) as raised:
            Folder(tmp_path).rows_of(nli(), "test", "en")
        assert str(raised.value).startswith(str(path))
    write("nli/en/test.parquet", {**columns, "label": [1] * 9 + [0]})
    assert Folder(tmp_path).rows_of(nli(), "test", "en")[0] == 10


def test_pieces_are_read_in_their_order(tmp_path: Path, write: Write) -> None:
    for piece in (1, 0):
        write(f"t/en/train-0000{piece}-of-00002.parquet", {"text": [f"{piece}a", f"{piece}b"]})
    task = task_of(TaskType.MLM, Files("t", ("{language}",), "train"))
    assert Folder(tmp_path).read(task, "train", "en")["text"].to_pylist() == ["0a", "0b", "1a", "1b"]


def test_what_is_missing_is_read_elsewhere(tmp_path: Path, write: Write) -> None:
    write("second/only/train.parquet", {"words": ["c"]})
    write("first/en/train.parquet", {"text": ["a"]})
    otherwise = Files("second", ("only",), "train", languages=("de",), columns={"text": "words"})
    task, folder = (
        task_of(TaskType.MLM, Files("first", ("{language}",), "train", otherwise=otherwise)),
        Folder(tmp_path),
    )
    assert folder.languages(task, "train") == ("en", "de")
    assert folder.read(task, "train", "en")["text"].to_pylist() == ["a"]
    assert folder.read(task, "train", "de")["text"].to_pylist() == ["c"]


def test_a_repository_may_be_a_folder_of_its_own(tmp_path: Path, write: Write) -> None:
    write("elsewhere/mine/train.jsonl", {"text": ["a"]})
    task = task_of(TaskType.MLM, Files("./mine", (".",), "train"))
    folder = Folder(tmp_path / "nothing", base=tmp_path / "elsewhere")
    assert folder.read(task, "train", "en")["text"].to_pylist() == ["a"]


def test_the_first_source_that_has_a_language_gives_it(tmp_path: Path, write: Write) -> None:
    write("one/t/en/train.jsonl", {"text": ["first"]})
    write("two/t/en/train.jsonl", {"text": ["second"]})
    write("two/t/sw/train.jsonl", {"text": ["third"]})
    task = task_of(TaskType.MLM, Files("t", ("{language}",), "train"))
    sources = Sources([Folder(tmp_path / "one"), Folder(tmp_path / "two")])
    assert sources.languages(task, "train") == ("en", "sw")
    assert sources.read(task, "train", "en")["text"].to_pylist() == ["first"]
    assert sources.read(task, "train", "sw")["text"].to_pylist() == ["third"]
    assert sources.rows_of(task, "train", "sw") == Folder(tmp_path / "two").rows_of(task, "train", "sw")
    with pytest.raises(Problem, match=r"one.*\n.*two"):
        sources.read(task, "train", "de")
    with pytest.raises(Problem, match="--data"):
        Sources([]).read(task, "train", "de")


def test_a_damaged_file_is_named(tmp_path: Path, write: Write) -> None:
    path = write("nli/en/train.parquet", {"premise": ["a"] * 99, "hypothesis": ["b"] * 99, "label": [0] * 99})
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"not parquet", b"", whole[:8] + bytes(40) + whole[48:]):
        path.write_bytes(damaged)
        with pytest.raises(Problem, match=r"nli/en/train\.parquet is not a whole Parquet file .*: fetch it"):
            Folder(tmp_path).read(nli(), "train", "en")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ('{"premise": "a"}\n{"premise"', "line 2"),
        ("[1]", "one JSON object"),
        ('{"premise": "a", "hypothesis": "b", "lable": 1}', "has no column 'label': did you mean 'lable'"),
        ('{"premise": "a", "hypothesis": "b", "label": "nutral"}', "unknown label 'nutral': did you mean 'neutral'"),
        ('{"premise": "a", "hypothesis": "b", "label": 3}', "unknown label '3'"),
        ('{"premise": "a", "hypothesis": "b", "label": -2}', "unknown label '-2'"),
        ('{"premise": "a", "hypothesis": "b", "label": 0.5}', "unknown label '0.5'"),
        ('{"premise": ["a"], "hypothesis": "b", "label": 0}', "text_a needs one text a row"),
        (
            '{"premise": "a", "hypothesis": "b", "label": 0}\n{"premise": 1, "hypothesis": "b", "label": 0}',
            "line 2: the field 'premise' is a number here and a text before",
        ),
        ("\xff", "line 1"),
    ],
)
def test_what_can_not_be_read_is_said(tmp_path: Path, content: str, part: str) -> None:
    path = tmp_path / "nli/en/train.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(Problem) as raised:
        Folder(tmp_path).read(nli(), "train", "en")
    assert part in str(raised.value)
    assert "train.jsonl" in str(raised.value)


def test_a_column_that_is_not_there_is_told_with_the_nearest_one(tmp_path: Path, write: Write) -> None:
    write("nli/en/train.parquet", {"premise": ["a"], "hypotheses": ["b"], "label": [0]})
    with pytest.raises(Problem, match=r"no column 'hypothesis': did you mean 'hypotheses'. columns: premise, hypoth"):
        Folder(tmp_path).read(nli(), "train", "en")
    write(
        "qa/en/train.parquet", {"context": ["a"], "question": ["b"], "answers": [{"texts": ["a"], "answer_start": [0]}]}
    )
    columns = {"answer_texts": "answers.text", "answer_starts": "answers.answer_start"}
    task = task_of(TaskType.SPAN_EXTRACTION, Files("qa", ("{language}",), "train"), columns)
    with pytest.raises(Problem, match=r"no column 'answers\.text': did you mean 'answers\.texts'"):
        Folder(tmp_path).read(task, "train", "en")


def test_tags_that_do_not_fit_are_refused(tmp_path: Path, write: Write) -> None:
    task = task_of(TaskType.TOKEN_CLASSIFICATION, Files("pos", ("{language}",), "train"), {}, ("N", "V"))
    for tags, part in (
        ([[0]], "2 tokens and 1 tags"),
        ([[0, None]], "a tag in column 'tags' is missing"),
        ([1], "a list of tags"),
    ):
        write("pos/en/train.parquet", {"tokens": [["a", "b"]], "tags": tags})
        with pytest.raises(Problem, match=part):
            Folder(tmp_path).read(task, "train", "en")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(Problem, match=r"no rows of 'mine' \(train, en\) in .*expected .*nli/en/train\.parquet"):
        folder.read(nli(), "train", "en")
    with pytest.raises(Problem, match="no split 'tran': did you mean 'train'"):
        folder.read(nli(), "tran", "en")
    with pytest.raises(Problem, match="no language 'fr'"):
        folder.rows_of(nli(), "train", "fr")
    with pytest.raises(Problem, match="can not be compared"):
        path = tmp_path / "t/en/train.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text('{"text": "a"}')
        folder.read(
            task_of(TaskType.MLM, Files("t", ("{language}",), "train", where=(("text", "<", 3),))), "train", "en"
        )
