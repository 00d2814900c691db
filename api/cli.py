"""The command line. stdout is the result and nothing else; everything else goes to stderr."""

import os
import sys
from typing import Annotated, TextIO, cast

import typer

from api.commands import (
    ask,
    backtest,
    calibrate,
    candidates,
    chart,
    compare,
    diff,
    export,
    facts,
    forecast,
    frontier,
    keys,
    measure,
    mix,
    plan,
    predict,
    prices,
    robust,
    serve,
    simulate,
    sweep,
    validate,
    verify,
    watch,
)
from api.exits import Exit, exit_code
from api.streams import ClosedPipeError, ResultStream

HELP = """The cheapest set of cloud GPU instances that serves a language model at the speed you ask for.

gpumix ask "cheapest config for 10 tok/s at 8K"\n
gpumix ask "50 users at 20 tok/s, 2k in 500 out, llama 3.1 70b, in Europe, under $40/h"\n
gpumix plan -f request.yaml --json

Exit codes: 0 plan found; 1 internal error; 2 usage or invalid input; 3 nothing fits or limits conflict;
4 prices missing or too old; 5 provider or network failure; 6 time limit without a plan.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
app.command("ask")(ask.ask)
app.command("parse")(ask.parse)
app.command("plan")(plan.plan)
app.command("candidates")(candidates.candidates)
app.command("verify")(verify.verify)
app.command("predict")(predict.predict)
app.command("validate")(validate.validate)
app.command("calibrate")(calibrate.calibrate)
app.command("simulate")(simulate.simulate)
app.command("mix")(mix.mix)
app.command("frontier")(frontier.frontier)
app.command("compare")(compare.compare)
app.command("diff")(diff.diff)
app.command("robust")(robust.robust)
app.command("watch")(watch.watch)
app.command("export")(export.export)
app.command("chart")(chart.chart)
app.command("forecast")(forecast.forecast)
app.command("sweep")(sweep.sweep)
app.command("backtest")(backtest.backtest)
app.add_typer(facts.app, name="catalog")
app.add_typer(prices.app, name="prices")
app.command("serve")(serve.serve)
app.add_typer(measure.app, name="measure")
app.add_typer(keys.app, name="keys")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"gpumix {version('gpumix')}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Hold the options of the program itself."""


def main() -> None:
    """Run the command line; every error becomes a sentence on stderr and an exit code, never a traceback."""
    stdout = sys.stdout
    sys.stdout = cast("TextIO", ResultStream(stdout))
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except ClosedPipeError:  # the reader has seen enough
        _drop(stdout)
        sys.exit(Exit.OK)
    except (Exception, KeyboardInterrupt) as error:
        code = _report(error)
        try:
            sys.stdout.flush()
        except Exception:  # it was the result that could not be written
            _drop(stdout)
        sys.exit(code)
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _drop(stdout: TextIO) -> None:
    """Let what is left of the result go nowhere, or Python says once more that it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def _report(error: BaseException) -> int:
    """Print what is wrong and what to do next; return the exit code."""
    from catalog import GpumixError

    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the command line library
        error.show()
        return int(error.exit_code)
    if isinstance(error, GpumixError):
        sys.stderr.write(f"gpumix: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  {error.hint}\n")
    elif isinstance(error, KeyboardInterrupt):
        sys.stderr.write("gpumix: interrupted\n")
    else:
        if os.environ.get("GPUMIX_DEBUG"):
            raise error
        sys.stderr.write(f"gpumix: internal error: {type(error).__name__}: {error}\n")
        sys.stderr.write("  this is a bug; set GPUMIX_DEBUG=1 to see where, and please report it\n")
    return exit_code(error)


if __name__ == "__main__":
    main()
