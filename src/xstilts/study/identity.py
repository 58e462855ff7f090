"""Which ready backbone this is: a digest that stays the same when the folder moves.

In: a folder or a hub name. Out: the SHA-256 of the files that decide what the model computes, or the hub's commit. A
study's keys hold it, so another version of a checkpoint is another backbone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from xstilts.catalogue.backbone import backbones
from xstilts.catalogue.errors import Problem, nearest

_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
)


PACKAGE = "package:"


def folder_of(path_or_name: str) -> Path:
    """The folder that is meant; ``package:NAME/FOLDER`` lies inside an installed package, which is not imported."""
    if not path_or_name.startswith(PACKAGE):
        return Path(path_or_name).expanduser()
    package, _, inside = path_or_name.removeprefix(PACKAGE).partition("/")
    if (place := _package(package)) is not None:
        return place / inside
    if not _is_package(package):
        other = package.replace("-", "_")
        named = (
            f": did you mean '{PACKAGE}{other}/{inside}'?" if _package(other) is not None else ", as Python imports it"
        )
        raise Problem(f"'{path_or_name}': write {PACKAGE}NAME/FOLDER with the name of a package{named}")
    raise Problem(f"'{path_or_name}': no package '{package}' is installed: pip install {package.replace('_', '-')}")


def _is_package(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _package(name: str) -> Path | None:
    """Where an installed package lies; None where there is none of that name."""
    try:
        found = importlib.util.find_spec(name) if _is_package(name) else None
    except ModuleNotFoundError:  # of a name with dots the first part
        return None
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None


def _encoders_in(name: str) -> list[str]:
    """How the encoders inside the installed package ``name`` are called."""
    place = _package(name)
    if place is None:
        return []
    folders = sorted(path.parent for path in place.glob("**/config.json"))
    return [f"{PACKAGE}{name}/{one.relative_to(place).as_posix()}" for one in folders if any(one.glob("*.safetensors"))]


def known_as(path_or_name: str) -> str:
    """The name that a key holds: a hub name or package as it is, of a folder its own name only."""
    if not is_folder(path_or_name) or path_or_name.startswith(PACKAGE):
        return path_or_name
    return folder_of(path_or_name).resolve().name


def is_folder(path_or_name: str) -> bool:
    """Whether a folder is meant and not a hub name (``organisation/name`` or ``name``)."""
    return (
        path_or_name.startswith((PACKAGE, ".", "/", "~"))
        or path_or_name.endswith("/")
        or Path(path_or_name).expanduser().is_dir()
        or path_or_name.count("/") > 1
    )


def identify(path_or_name: str) -> str:
    """The digest of a folder's files (``sha256:...``) or the commit of a hub name (``hub:...``).

    Raises ``Problem`` where there is no such folder or no such model, or where its weights are not safetensors.
    """
    if is_folder(path_or_name):
        return _of_folder(_whole(path_or_name))
    return f"hub:{_commit(path_or_name)}"


def check_folder(path_or_name: str) -> None:
    """Raises ``Problem`` where a folder is meant that is not there or is no whole backbone."""
    if is_folder(path_or_name):
        _files_of(_whole(path_or_name))


def _whole(path_or_name: str) -> Path:
    """The folder that is meant. Raises ``Problem`` for a package whose encoder is elsewhere inside it."""
    folder = folder_of(path_or_name)
    if path_or_name.startswith(PACKAGE) and not (folder / "config.json").is_file():
        package = path_or_name.removeprefix(PACKAGE).partition("/")[0]
        there = f"it has {', '.join(known)}" if (known := _encoders_in(package)) else "it has none"
        raise Problem(f"'{path_or_name}' names no encoder of the package '{package}': {there}")
    return folder


UNKNOWN = "hub:unknown"


def identify_for_plan(path_or_name: str) -> str:
    """``identify``; of a model that the catalogue knows ``UNKNOWN`` where nobody can be asked for its commit, so that
    what a cluster is to run can be planned and costed anywhere. Such a plan is not run: its keys are not final."""
    try:
        return identify(path_or_name)
    except Problem:
        if path_or_name in backbones() and not is_folder(path_or_name):
            return UNKNOWN
        raise


def _files_of(folder: Path) -> list[str]:
    """The names of the files that decide what a backbone computes. Raises ``Problem`` where some are missing."""
    if not folder.is_dir():
        raise Problem(f"no backbone in '{folder}': no such folder")
    names = [*(["config.json"] if (folder / "config.json").is_file() else [])]
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    tokenizer = [name for name in _TOKENIZERS if (folder / name).is_file()]
    missing = [
        what
        for what, found in (("config.json", names), ("*.safetensors", weights), ("tokenizer files", tokenizer))
        if not found
    ]
    if missing:
        pickled = [path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth", ".ckpt")]
        other = (
            f"; {pickled[0]} is a pickle, which can run any code when opened, and is not read: where you trust it, "
            "AutoModel.from_pretrained(OLD).save_pretrained(NEW) writes safetensors"
            if pickled and not weights
            else ""
        )
        raise Problem(f"'{folder}' is not a whole backbone: it lacks {', '.join(missing)}{other}")
    for name in weights:
        _check_weights(folder / name)
    return sorted([*names, *tokenizer, *weights])


def _of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in _files_of(folder):
        path = folder / name
        status = path.stat()
        digest.update(f"{name}:{_of_file(str(path.resolve()), status.st_size, status.st_mtime_ns)}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _check_weights(path: Path) -> None:
    """Refuse a safetensors file whose header can not be read or does not cover the file."""
    size = path.stat().st_size
    try:
        with path.open("rb") as handle:
            length = int.from_bytes(handle.read(8), "little")
            if length > size:
                raise ValueError("its header is longer than the file")
            header = json.loads(handle.read(length))
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        if 8 + length + max(ends, default=0) != size:
            raise ValueError(f"it has {size} bytes, its header says {8 + length + max(ends, default=0)}")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(f"'{path}' is not a whole safetensors file ({error}): fetch or copy it again") from None


def layers_of(path_or_name: str) -> int | None:
    """The number of layers that the configuration of a ready backbone states, None where it can not be read here."""
    known = backbones().get(path_or_name)
    if known and known.layers:
        return known.layers
    layers = configuration(path_or_name).get("num_hidden_layers")
    return layers if isinstance(layers, int) else None


def longest_of(path_or_name: str) -> int | None:
    """Tokens that a ready backbone has positions for, None where its configuration can not be read here or sets no
    bound. BERT counts positions from 0, RoBERTa from the one after its padding id."""
    said = configuration(path_or_name)
    positions, padding = said.get("max_position_embeddings"), said.get("pad_token_id", 1)
    if said.get("position_biased_input") is False or not (isinstance(positions, int) and isinstance(padding, int)):
        return None
    return positions if said.get("model_type") in ("bert", "deberta-v2") else positions - padding - 1


def configuration(path_or_name: str) -> dict[str, Any]:
    """What a ready backbone says of itself; empty where it can not be read here."""
    try:
        said = json.loads((folder_of(path_or_name) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, Problem):
        return {}
    return said if isinstance(said, dict) else {}


@lru_cache(maxsize=4096)
def _of_file(path: str, size: int, modified: int) -> str:
    """The digest of one file; ``size`` and ``modified`` only tell the cache that it changed."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _commit(name: str) -> str:
    """The commit that the hub, or without it the local download cache, has for ``name``."""
    import huggingface_hub as hub
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except hub.errors.HFValidationError:
        raise Problem(
            f"no backbone '{name}': no such folder here, and no name that the hub could have (ORGANISATION/NAME)"
        ) from None
    offline = bool(os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"))
    if not offline:
        try:
            found = hub.HfApi().model_info(name, timeout=10).sha
            if found:
                return str(found)
        except hub.errors.RepositoryNotFoundError:
            raise Problem(f"no backbone '{name}': neither a folder nor a model of the hub{_other(name)}") from None
        except Exception as error:  # no connection, a proxy's answer, a limit: the local copy may still serve
            reason = f"{type(error).__name__}"
        else:
            reason = "it names no commit"
    else:
        reason = "HF_HUB_OFFLINE is set"
    path = hub.try_to_load_from_cache(name, "config.json")
    if isinstance(path, str):
        return Path(path).parent.name
    raise Problem(
        f"no backbone '{name}': not a folder, not downloaded, and the hub can not be asked ({reason})"
        f"{_other(name) or f': give the path of a folder, or fetch it where there is a network (hf download {name})'}"
    )


def _other(name: str) -> str:
    """What else may be meant by a name that was not found: an encoder in a package, a known name."""
    if name in backbones():
        return ""
    inside = _encoders_in(name.partition("/")[0].replace("-", "_"))
    return f": did you mean '{inside[0]}'?" if inside else nearest(name, backbones())
