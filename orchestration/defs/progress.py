"""Progress on the command line: one line a finished step, one a failed check."""

import logging

import click
import dagster as dg


class StepLines(logging.Handler):
    """Turns Dagster's events into lines for a person who waits.

    A step that builds several tables is told by their schemas: Dagster numbers the parts of a multi-asset.
    """

    def __init__(self) -> None:
        super().__init__()
        self.built: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        step = event.step_key or ""
        name = step.replace("__", ".")
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            self.built.setdefault(step, []).append(event.asset_key.path[0])
        elif event.event_type == dg.DagsterEventType.STEP_SUCCESS:
            schemas = self.built.pop(step, [])
            if len(schemas) > 1:
                name = f"dbt: {len(schemas)} tables of {', '.join(sorted(set(schemas)))}"
            elif step.startswith("mart_shapes"):
                name = "shapes of marts"
            click.echo(
                f"  {click.style('done', fg='green')}    {name:<44} "
                f"{event.event_specific_data.duration_ms / 1000:6.1f} s"
            )
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            click.echo(f"  {click.style('stopped', fg='red')} {name}")
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            result = event.event_specific_data
            if not result.passed:
                is_error = result.severity == dg.AssetCheckSeverity.ERROR
                told = click.style("failed ", fg="red") if is_error else click.style("warning", fg="yellow")
                click.echo(f"  {told} {'.'.join(result.asset_key.path)}:{result.check_name}")


@dg.logger(description="Lines for the command line.")
def progress(init_context: dg.InitLoggerContext) -> logging.Logger:
    lines = logging.getLogger("touchstone.progress")
    lines.setLevel(logging.DEBUG)
    lines.propagate = False
    if not lines.handlers:
        lines.addHandler(StepLines())
    return lines
