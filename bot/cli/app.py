"""Every command, with its options. What one needs is imported when it is called: help answers at once."""

import errno
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.console import complain, known_version, say
from bot.errors import Refusal, VoisinError
from bot.roles import Role

app = typer.Typer(
    name="voisin",
    help="Voisin introduces members of a community who have not met yet.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
db = typer.Typer(help="The database: bring it up to date, or say where it stands.", no_args_is_help=True)
bring = typer.Typer(help="Bring in people and ties from files. Nobody is enrolled.", no_args_is_help=True)
rounds = typer.Typer(help="Look at a round, start one, or play one again.", no_args_is_help=True)
keys = typer.Typer(help="The keys that tokens are encrypted with.", no_args_is_help=True)
slack = typer.Typer(help="Slack: what its settings need to know.", no_args_is_help=True)
discord = typer.Typer(help="Discord: what its settings need to know.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(discord, name="discord")
app.add_typer(keys, name="keys")
app.add_typer(slack, name="slack")
app.add_typer(bring, name="import")
app.add_typer(rounds, name="round")

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings, like config.example.toml.", show_default="none"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for scripts.")]
Community = Annotated[
    str, typer.Option("--community", help="Its name, or its id on its platform.", show_default=False)
]
Program = Annotated[
    str, typer.Option("--program", help="Its id, or the name of its channel.", show_default=False)
]


class Extra(StrEnum):
    """What a platform is asked for only where somebody wants it."""

    REACTIONS = "reactions"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what was typed. A known error is a sentence and status 1; wrong usage is status 2."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="voisin")
    except Refusal as refusal:
        from bot.cli.rounds import refused  # noqa: PLC0415 -- imported only where something was refused

        complain(refused(refusal))
    except VoisinError as error:
        complain(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        complain("There is no room left on the disk: free some, and try again. Nothing was half-written.")
    sys.exit(1)


def _version(asked: bool) -> None:
    if asked:
        say(f"voisin {known_version()}")
        raise typer.Exit


@app.callback()
def voisin(
    _: Annotated[
        bool, typer.Option("--version", help="Say which Voisin this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before every command."""


# ── Living ────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def run(
    config: Config = None,
    role: Annotated[
        Role | None,
        typer.Option("--role", help="With PostgreSQL: the part of this process.", show_default="the setting"),
    ] = None,
) -> None:
    """Run Voisin until it is told to stop."""
    from bot.cli.running import run as live  # noqa: PLC0415 -- imported when called

    live(config, role=role)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the round and end.")] = False,
    port: Annotated[int, typer.Option(help="Of the page; 0 takes any that is free.", min=0, max=65_535)] = 0,
    seed: Annotated[int, typer.Option(help="Another number, another round.", min=0)] = 1,
) -> None:
    """Try it: a community of 24 in the browser, and its first round."""
    from bot.cli.demo import show  # noqa: PLC0415 -- imported when called

    show(once=once, port=port, seed=seed)


@app.command()
def status(config: Config = None, json: Json = False) -> None:
    """Say how things stand: what waits, what is late, what the process here is doing."""
    from bot.cli.status import tell  # noqa: PLC0415 -- imported when called

    if not tell(config, as_object=json):
        raise typer.Exit(1)


@app.command()
def doctor(config: Config = None, json: Json = False) -> None:
    """Say in plain sentences what is well and what is missing."""
    from bot.cli.doctor import examine  # noqa: PLC0415 -- imported when called

    if not examine(config, as_object=json):
        raise typer.Exit(1)


# ── The database ──────────────────────────────────────────────────────────────────────────────────


@db.command()
def upgrade(config: Config = None) -> None:
    """Bring the database up to date with this Voisin."""
    from bot.cli.database import upgrade as bring_up  # noqa: PLC0415 -- imported when called

    bring_up(config)


@db.command()
def current(config: Config = None, json: Json = False) -> None:
    """Say at which version the database is."""
    from bot.cli.database import current as where  # noqa: PLC0415 -- imported when called

    where(config, as_object=json)


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file for the copy.", show_default=False)],
    config: Config = None,
) -> None:
    """Copy a SQLite database, while Voisin runs or not."""
    from bot.cli.backups import back_up  # noqa: PLC0415 -- imported when called

    back_up(config, file)


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", show_default=False)],
    config: Config = None,
    json: Json = False,
) -> None:
    """Put a backup in the place of a SQLite database. What may have gone out since is asked about."""
    from bot.cli.backups import restore as put_back  # noqa: PLC0415 -- imported when called

    put_back(config, file, as_object=json)


@db.command()
def restored(config: Config = None, json: Json = False) -> None:
    """Other tools put a backup back (pg_restore): what may have gone out since is asked about."""
    from bot.cli.backups import restored as take_stock  # noqa: PLC0415 -- imported when called

    take_stock(config, as_object=json)


@keys.command()
def rotate(config: Config = None) -> None:
    """Encrypt every token anew, with the first key of VOISIN_DATABASE_KEY."""
    from bot.cli.keys import rotate as turn  # noqa: PLC0415 -- imported when called

    turn(config)


# ── Bringing in ───────────────────────────────────────────────────────────────────────────────────


@bring.command()
def roster(
    file: Annotated[Path, typer.Argument(help="CSV with the columns member and name.", show_default=False)],
    community: Community,
    config: Config = None,
    json: Json = False,
) -> None:
    """Bring in who is there: languages, time zones, teams, what they learn and can help with."""
    from bot.cli.imports import roster as bring_in  # noqa: PLC0415 -- imported when called

    bring_in(file, community=community, config=config, as_object=json)


@bring.command()
def ties(
    file: Annotated[Path, typer.Argument(help="CSV with the columns from, to and kind.", show_default=False)],
    community: Community,
    config: Config = None,
    json: Json = False,
) -> None:
    """Bring in who had to do with whom, past introductions included."""
    from bot.cli.imports import ties as bring_in  # noqa: PLC0415 -- imported when called

    bring_in(file, community=community, config=config, as_object=json)


@bring.command()
def slack_export(
    path: Annotated[
        Path, typer.Argument(help="Slack's zip, or the folder it unpacks to.", show_default=False)
    ],
    community: Community,
    config: Config = None,
    json: Json = False,
) -> None:
    """Bring in people, and who replied to, mentioned or reacted to whom, and when. No text is ever stored."""
    from bot.cli.imports import slack_export as bring_in  # noqa: PLC0415 -- imported when called

    bring_in(path, community=community, config=config, as_object=json)


# ── Platforms ─────────────────────────────────────────────────────────────────────────────────────


@slack.command("manifest")
def slack_manifest(
    *,
    socket: Annotated[
        bool, typer.Option("--socket", help="For one workspace, without a public address (the default).")
    ] = False,
    url: Annotated[
        str, typer.Option(help="For many: https://… under which Slack reaches this.", show_default="none")
    ] = "",
    extra: Annotated[
        list[Extra] | None, typer.Option("--with", help="An optional part, off by default.")
    ] = None,
) -> None:
    """Print the app's manifest: paste it at api.slack.com/apps, Create New App, From a manifest."""
    from bot.cli.slack import print_manifest  # noqa: PLC0415 -- imported when called

    if socket and url:
        raise typer.BadParameter("choose one of --socket and --url")
    print_manifest(url=url, reactions=Extra.REACTIONS in (extra or ()))


@discord.command("invite")
def discord_invite(
    application: Annotated[
        str, typer.Option("--app", help="The Application ID; else that of the token.", show_default="none")
    ] = "",
    config: Config = None,
) -> None:
    """Print the link by which Voisin is added to a server, with exactly the permissions that it uses."""
    from bot.cli.discord import print_invite  # noqa: PLC0415 -- imported when called

    print_invite(application, config=config)


# ── Rounds ────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def simulate(
    *,
    roster: Annotated[
        Path | None, typer.Option(help="CSV: member, name, and more.", show_default="none")
    ] = None,
    ties: Annotated[
        Path | None, typer.Option(help="CSV: from, to, kind, at, people.", show_default="none")
    ] = None,
    members: Annotated[
        int | None, typer.Option(help="Instead of a roster: so many, all alike.", min=1, max=1_000_000)
    ] = None,
    rounds: Annotated[int, typer.Option(help="How many to play.", min=1, max=520)] = 12,
    group_size: Annotated[int, typer.Option(help="Members in an introduction.", min=2, max=8)] = 2,
    churn: Annotated[
        float, typer.Option(help="Share that leaves before each round, with as many joining.", min=0, max=1)
    ] = 0.0,
    skip: Annotated[float, typer.Option(help="Share that sits each round out.", min=0, max=1)] = 0.0,
    seed: Annotated[int, typer.Option(help="Another number, other chances.", min=0)] = 1,
    far: Annotated[bool, typer.Option("--far", help="Rather people with no acquaintance in common.")] = False,
    json: Json = False,
) -> None:
    """Play rounds over a community that exists, beside random pairing: nothing is sent, nothing is kept."""
    from bot.cli.simulate import simulate as play  # noqa: PLC0415 -- imported when called

    play(
        roster=roster, ties=ties, members=members, rounds=rounds, group_size=group_size,
        churn=churn, skip=skip, seed=seed, far=far, as_object=json,
    )  # fmt: skip


@rounds.command()
def preview(program: Program, config: Config = None, json: Json = False) -> None:
    """Show the next round as it would be with today's roster."""
    from bot.cli.rounds import preview as foresee  # noqa: PLC0415 -- imported when called

    foresee(program, config=config, as_object=json)


@rounds.command("run")
def run_round(program: Program, config: Config = None, json: Json = False) -> None:
    """Start a round now, besides the rhythm; the running Voisin sends it."""
    from bot.cli.rounds import start  # noqa: PLC0415 -- imported when called

    start(program, config=config, as_object=json)


@rounds.command()
def replay(
    round_id: Annotated[str, typer.Argument(metavar="ROUND", help="The id of a round.", show_default=False)],
    config: Config = None,
    json: Json = False,
) -> None:
    """Play a past round again from its stored seed and inputs, and compare."""
    from bot.cli.rounds import replay as again  # noqa: PLC0415 -- imported when called

    if not again(round_id, config=config, as_object=json):
        raise typer.Exit(1)
