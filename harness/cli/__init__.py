"""The command line: one module a verb, each loaded when it is called."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from harness.errors import ExitCode, HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

VERBS = {
    "run": "Replay the scenarios, score them, write the report.",
    "record": "Record what is missing or stale, from a real endpoint or the stand-in.",
    "review": "Show what new recordings change in meaning, and take or leave each.",
    "pending": "Say which new recordings wait for a decision.",
    "accept": "Put new recordings in the place of the old ones.",
    "reject": "Remove new recordings and keep the old ones.",
    "cassettes": "List, verify, show, tidy the recordings.",
    "check": "Hold scenarios, cassettes and agents against each other; run nothing.",
    "schema": "Write the JSON schema by which editors complete and check scenario files.",
    "list": "Show what would run.",
    "score": "Judge a saved run again with today's scenarios; run nothing.",
    "merge": "Make one run out of the shards of one.",
    "report": "Render a saved run again, in any format.",
    "gate": "Say whether a saved run may be merged, with every reason.",
    "compare": "Hold one run against another, or against a baseline.",
    "baseline": "Bless a run as what later runs are held against.",
    "history": "List the saved runs, or what became of a scenario in them.",
    "power": "Say what the live gate would catch, simulated from your own history.",
    "view": "Serve the reports to this machine, loading again when a run is added.",
    "derive": "Draft scenarios of the layers below out of an end-to-end run.",
    "watch": "Run again what an edit touches, and say what flipped.",
    "standin": "Serve the stand-in: an OpenAI-compatible server for machines without a key.",
}


class _Verbs(click.Group):
    """A group that imports a verb's module only when that verb is called: `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"harness.cli.{cmd_name}_verb")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from harness.errors import did_you_mean

            ctx.fail(f"no verb {args[0]!r}; {did_you_mean(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="agents-harness", prog_name="harness")
def cli() -> None:
    """Evaluation and regression tests for systems of agents: per layer, offline, explained.

    \b
    harness run                       replay the suite and write the report
    harness run billing -k refund     some of it
    harness record --standin          record against the local stand-in
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `harness` and exit with a code of `harness.errors.ExitCode`."""
    sys.excepthook = _report_internal_error
    sys.exit(_exit_code(list(sys.argv[1:] if arguments is None else arguments)))


def _report_internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep the traceback, and leave with a code that cannot be taken for a verdict on the agents."""
    from harness.cassettes.detection import without_secrets

    click.echo(without_secrets("".join(traceback.format_exception(kind, error, trace))), err=True, nl=False)
    raise SystemExit(ExitCode.INTERNAL)


def _exit_code(arguments: list[str]) -> int:
    try:
        result: Any = cli.main(args=arguments, prog_name="harness", standalone_mode=False)
    except HarnessError as error:
        from harness.cassettes.detection import without_secrets

        click.echo(f"harness: {without_secrets(str(error))}", err=True)
        return int(error.exit_code)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("harness: interrupted", err=True)
        return int(ExitCode.INTERRUPTED)
    except SystemExit:
        # So click leaves, with 1, when whoever read has gone: that is no verdict on the agents.
        return int(ExitCode.INTERRUPTED)
    return int(result or 0)
