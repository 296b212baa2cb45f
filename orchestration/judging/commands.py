"""`touchstone judgements`: makes the experts' survey, and reads what comes back.

Exit codes: 0 done, 3 an expert's answers contradict each other and nothing is written, 1 error.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.errors import UserError
from orchestration.settings import SHIPPED_CONFIG, Settings, load_settings

if TYPE_CHECKING:
    from orchestration.judging.answers import ExpertAnswers
    from orchestration.scoring.hierarchy import Hierarchy, Weights

INCONSISTENT = 3


@click.group()
def judgements() -> None:
    """The experts' survey behind the weights of the quality index and of the E-value: docs/judgements.md."""


@judgements.command()
@click.argument("hierarchy")
@click.option("--expert", required=True, metavar="NAME", help="As it will stand among the judgements.")
@click.option("--out", type=click.Path(path_type=Path), help="The .xlsx file.  [default: HIERARCHY-NAME.xlsx]")
def template(hierarchy: str, expert: str, out: Path | None) -> None:
    """Write the survey of HIERARCHY for one expert, as an Excel workbook."""
    from orchestration.durable import replace_file
    from orchestration.judging.answers import pairs
    from orchestration.judging.tables import expert_name
    from orchestration.judging.template import template as workbook
    from orchestration.judging.weighing import surveyed
    from orchestration.judging.words import wording

    settings = load_settings()
    tree = known(surveyed(settings), hierarchy, "HIERARCHY")
    if not pairs(tree):
        raise UserError(
            f"there is nothing to compare in {hierarchy}: nowhere do two items stand side by side",
            where="HIERARCHY",
            mend="no survey is needed: an only child has all of its parent's weight",
        )
    name = expert_name(expert, "--expert")
    out = out or Path(f"{hierarchy}-{name}.xlsx")
    if out.suffix != ".xlsx":
        raise UserError(f"{out} is not named .xlsx", where="--out", mend="a spreadsheet opens it by that ending")
    if out.exists():
        raise UserError(
            f"{out} exists, and may hold answers", where="--out", mend="name another file, or move that one away"
        )
    replace_file(out, workbook(tree, wording(settings.quality, tree), name))
    click.echo(f"{out}: {len(pairs(tree))} comparisons for {name}. Once filled in: touchstone judgements read {out}")


@judgements.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder.  [default: TOUCHSTONE_CONFIG/judgements]")
@click.option(
    "--orientation",
    type=click.Choice(["row_over_column", "column_over_row"]),
    help="FILES is one workbook of square tables, whose ratios say how much more important the row is, or the column.",
)
@click.option("--expert", metavar="NAME", help="Whose square tables they are; a survey says it itself.")
@click.option("--hierarchy", help="What the square tables compare.  [default: the tree of the quality index]")
def read(
    files: tuple[Path, ...], out: Path | None, orientation: str | None, expert: str | None, hierarchy: str | None
) -> None:
    """Check filled surveys and write their judgements; all of FILES, or nothing of them."""
    from orchestration.judging.consistency import verdict
    from orchestration.judging.tables import store
    from orchestration.judging.weighing import ahp_settings, shipped_experts
    from orchestration.judging.words import wording

    settings = load_settings()
    folder = folder_to_write(settings, out)
    panel = panel_of(files, SquareTables.told(orientation, expert, hierarchy, files), settings)
    verdicts = [
        verdict(answers, wording(settings.quality, answers.hierarchy), ahp_settings(settings)) for answers in panel
    ]
    for answers, found in zip(panel, verdicts, strict=True):
        told = f"{answers.expert} ({answers.source}), {answers.hierarchy.name}: {len(answers.judgements)} comparisons"
        click.secho(told, bold=True)
        for sentence in found.sentences:
            click.echo(f"  {sentence}")
    contradicting = [answers for answers, found in zip(panel, verdicts, strict=True) if not found.is_consistent]
    if contradicting:
        names = ", ".join(answers.expert for answers in contradicting)
        click.secho(
            f"Nothing is written: the judgements of {names} would hold every refresh. Have the comparisons above "
            "thought over, in their order, and read the files again; or leave those experts' files out.",
            fg="red",
            err=True,
        )
        sys.exit(INCONSISTENT)
    names = list(dict.fromkeys(answers.hierarchy.name for answers in panel))
    replaced = [name for name in names if out is None and shipped_experts(settings, name)]
    for answers in panel:
        for sentence in store(
            folder, answers.expert, answers.hierarchy.name, answers.judgements, settings.quality.orientation
        ):
            click.echo(sentence)
    for name in replaced:
        click.echo(f"{name} has judgements of your own now: those that are shipped as an example no longer count.")
    for name in names:
        own = {
            answers.expert: found.weights
            for answers, found in zip(panel, verdicts, strict=True)
            if answers.hierarchy.name == name
        }
        show_weights(settings, name, own, is_draft=out is not None)


def show_weights(settings: Settings, name: str, own: "Mapping[str, Weights]", is_draft: bool) -> None:
    """The weights by each expert who was read, and by all whose judgements count; a draft counts nowhere."""
    from orchestration.judging.results import weights_table
    from orchestration.judging.weighing import hierarchies, surveyed, weighed
    from orchestration.judging.words import wording

    columns = dict(own)
    if not is_draft:
        try:
            together = weighed(settings, name)
        except UserError as error:  # an older file may not do; what was read is written all the same
            click.secho(f"The weights of all experts together cannot be told: {error}", fg="red", err=True)
        else:
            columns[f"(all {max(together.experts.values())})"] = together
    for line in weights_table(columns, wording(settings.quality, surveyed(settings)[name])):
        click.echo(line)
    if name not in hierarchies(settings):
        click.echo(f"{name} is not in force: its weights count once quality.yml says `hierarchy: {name}`.")


def folder_to_write(settings: Settings, out: Path | None) -> Path:
    """The company's own folder of judgements; never the shipped one, which the next upgrade would overwrite."""
    folder = (out or settings.config_dir / "judgements").resolve()
    if folder.is_relative_to(SHIPPED_CONFIG):
        raise UserError(
            f"{folder} is part of the program: its judgements are an example",
            where="--out" if out else "TOUCHSTONE_CONFIG",
            mend="make a folder of your own (it holds only the files that you change), and name it: "
            "mkdir -p my-config && export TOUCHSTONE_CONFIG=$PWD/my-config",
        )
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is not a folder", where="--out" if out else "TOUCHSTONE_CONFIG")
    return folder


@dataclass(frozen=True)
class SquareTables:
    """What must be said of a workbook of square tables; a survey says it itself."""

    orientation: str
    expert: str
    hierarchy: str | None

    @classmethod
    def told(
        cls, orientation: str | None, expert: str | None, hierarchy: str | None, files: tuple[Path, ...]
    ) -> "SquareTables | None":
        """From the options of the command; none where FILES are surveys."""
        if orientation and expert and len(files) == 1:
            return cls(orientation, expert, hierarchy)
        if orientation or expert or hierarchy:
            raise UserError(
                "square tables are read one workbook at a time, with both --orientation and --expert",
                where="--orientation, --expert",
                mend="a survey made by `touchstone judgements template` needs neither",
            )
        return None


def known(trees: "Mapping[str, Hierarchy]", name: str, where: str) -> "Hierarchy":
    """The hierarchy of that name."""
    if name not in trees:
        raise UserError(f"unknown hierarchy {name!r}; accepted: {', '.join(trees)}", where=where)
    return trees[name]


def panel_of(files: tuple[Path, ...], tables: SquareTables | None, settings: Settings) -> list["ExpertAnswers"]:
    """Every file as one expert's answers; what is wrong with any of them is told at once."""
    from orchestration.judging.weighing import surveyed
    from orchestration.judging.words import wording

    trees = surveyed(settings)
    panel, problems = [], []
    for path in files:
        try:
            answers = answers_in(path, tables, settings, trees)
            answers.refuse_unconnected(wording(settings.quality, answers.hierarchy))
        except UserError as error:
            problems.append(error)
            continue
        panel.append(answers)
    problems += refused_experts(panel, settings)
    if problems:
        *others, last = problems
        for error in others:
            click.secho(str(error), fg="red", err=True)
        raise last
    return panel


def answers_in(
    path: Path, tables: SquareTables | None, settings: Settings, trees: "Mapping[str, Hierarchy]"
) -> "ExpertAnswers":
    """One file as one expert's answers."""
    from orchestration.judging.reading import read_survey, surveyed_hierarchy
    from orchestration.judging.square import read_square
    from orchestration.judging.tables import expert_name
    from orchestration.judging.words import wording

    wanted = settings.quality.orientation
    if tables is None:
        tree = known(trees, surveyed_hierarchy(path), str(path))
        return read_survey(path, tree, wording(settings.quality, tree), wanted)
    tree = known(trees, tables.hierarchy or settings.quality.hierarchy, "--hierarchy")
    name = expert_name(tables.expert, "--expert")
    return read_square(path, name, tree, wording(settings.quality, tree), tables.orientation, wanted)


def refused_experts(panel: list["ExpertAnswers"], settings: Settings) -> list[UserError]:
    """Two files of one expert and hierarchy, and experts whom the configuration gives no weight."""
    found = []
    for number, answers in enumerate(panel):
        for earlier in panel[:number]:
            if (earlier.expert, earlier.hierarchy.name) == (answers.expert, answers.hierarchy.name):
                found.append(
                    UserError(
                        f"{answers.expert} has two files",
                        where=f"{earlier.source} and {answers.source}",
                        mend="keep the one that counts",
                    )
                )
        weights = settings.quality.expert_weights
        if weights and not weights.get(answers.expert, 0) > 0:
            found.append(
                UserError(
                    f"{answers.expert} has no weight among the experts",
                    where=f"{settings.config_file('quality.yml')}, `expert_weights`",
                    mend=f"add `{answers.expert}: 1`, or take `expert_weights` out to count all alike",
                )
            )
    return found
