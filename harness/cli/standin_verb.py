"""`harness standin`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("standin")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option("--script", type=click.Path(path_type=Path), help="YAML script that decides instead of the policy.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds each answer takes.")
def command(host: str, port: int, script: Path | None, latency: float) -> None:
    """Serve the stand-in: an OpenAI-compatible server for evaluating the harness, not a model.

    \b
    harness standin --port 8765
    OPENAI_BASE_URL=http://127.0.0.1:8765/v1 OPENAI_API_KEY=none harness record --all
    """
    from harness.standin.server import serve

    def ready(url: str) -> None:
        click.echo(
            f"the stand-in (a server for evaluating the harness, not a model) serves {url}; Ctrl-C ends it", err=True
        )

    serve(host=host, port=port, script=script, latency=latency, on_ready=ready)
