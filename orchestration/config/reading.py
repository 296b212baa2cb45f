"""Reading configuration: a YAML file as its model, a judgement file as text.

What does not fit is told in words, with the place and what is accepted.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from orchestration.config.strict import Strict
from orchestration.errors import UserError


class NoRepeatedKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error: otherwise the first is lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for (key, _), name in zip(node.value, keys, strict=True):
            if keys.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} stands twice", key.start_mark)
        return super().construct_mapping(node, deep)


def read_config(path: Path, model: type[Strict]) -> Any:
    """One YAML file as its model; what does not fit is told in words."""
    try:
        content = yaml.load(path.read_text("utf-8-sig"), Loader=NoRepeatedKeys) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        told = str(error).replace('in "<unicode string>", ', "")
        mend = (
            "look at that line: a value with `: ` or `#` in it needs quotes, and YAML is indented by spaces, not tabs"
        )
        raise UserError(f"not readable as YAML: {told}", where=str(path), mend=mend) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [in_words(problem, model) for problem in error.errors()]
        mend = "correct the keys or values named above"
        shipped = Path(__file__).parent / path.name
        if any(problem["type"] == "missing" and len(problem["loc"]) == 1 for problem in error.errors()):
            mend += f"; a file of your own takes the place of the shipped one whole: copy {shipped} and change the copy"
        raise UserError("\n".join(problems), where=str(path), mend=mend) from None


def judgement_text(path: Path) -> str:
    """The text of a judgement file, without the mark that Excel puts at its beginning.

    Raises
    ------
    UserError
        The file is not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("the judgement file is not UTF-8", where=str(path), mend="save it as CSV UTF-8") from None


def in_words(problem: Any, model: type[BaseModel]) -> str:
    """A validation error as a sentence, with the accepted keys where one is unknown."""
    place = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key `{place}`; accepted: {', '.join(accepted_keys(model, problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"`{place}` is missing"
    if problem["loc"][-1:] == ("[key]",):
        accepted = problem["msg"].removeprefix("Value error, ").replace("Input should be", "accepted:")
        return f"unknown name `{problem['input']}` under `{problem['loc'][0]}`; {accepted}"
    if problem["loc"][:1] == ("as_of",):
        return f"`as_of`: write a date such as 2026-06-30, or yesterday (found {problem['input']!r})"
    # An address may hold a secret.
    if problem["type"] == "string_pattern_mismatch" and r"\$\{" in problem["ctx"]["pattern"]:
        return f"`{place}`: write ${{NAME}} here, and the secret into the environment variable NAME"
    of_parts = isinstance(problem["input"], list) and any(isinstance(part, dict) for part in problem["input"])
    is_address = "://" in str(problem["input"])
    found = "" if of_parts or is_address or isinstance(problem["input"], dict) else f" (found {problem['input']!r})"
    return f"`{place}`: {problem['msg'].removeprefix('Value error, ')}{found}"


def accepted_keys(model: Any, place: tuple) -> list[str]:
    """The keys of the model that sits at `place` inside another one."""
    for step in place:
        field = model.model_fields.get(step) if hasattr(model, "model_fields") else None
        if field is not None:
            model = field.annotation
        for inner in getattr(model, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                model = inner
    fields = model.model_fields if hasattr(model, "model_fields") else {}
    return sorted(field.alias or name for name, field in fields.items())
