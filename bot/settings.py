"""What an operator decides: a TOML file, and the environment over it. Read once, then frozen.

Each description below is the setting's one comment in ``config.example.toml`` and the remedy in its error.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import BadSetting
from bot.roles import Role

PREFIX = "VOISIN_"

LARGEST = 1_000_000
"""Bytes of a settings file: a larger one is another file."""

_SECRET = re.compile(r"(^|_)(token|secret|password|passwd|private|key|dsn|credentials?)(_|$)", re.IGNORECASE)
_DATABASES = ("sqlite", "postgresql")


def _database(url: str) -> str:
    # After a plus stands the driver, which is not ours to judge.
    if urlsplit(url).scheme.partition("+")[0] not in _DATABASES:
        raise ValueError("it begins with neither sqlite:// nor postgresql://")
    return url


def _public(url: str) -> str:
    here = {"127.0.0.1", "localhost", "::1"}
    parts = urlsplit(url)
    if url and (not parts.hostname or (parts.scheme != "https" and parts.hostname not in here)):
        raise ValueError("it does not begin with https://")
    return url


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogSettings(_Section):
    """What Voisin tells whoever runs it."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="how much is told: debug, info, warning or error"
    )
    format: Literal["console", "json"] = Field(
        default="console", description="console for people, json for a log collector"
    )


class DatabaseSettings(_Section):
    """Where everything is kept."""

    url: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///voisin.db",
        description="sqlite:///FILE, or postgresql://HOST/NAME (with a password: in VOISIN_DATABASE_URL)",
    )
    key: SecretStr = Field(
        default=SecretStr(""),
        description="base64 of 32 bytes (`openssl rand -base64 32`), with which tokens are encrypted; "
        "several with commas between them, the newest first",
    )


class WebSettings(_Section):
    """The one web site of the process."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="the address to listen on; 127.0.0.1 is this machine"
    )
    port: int = Field(
        default=8420, ge=0, le=65_535, description="a port from 1 to 65535; 0 takes any that is free"
    )


class SandboxSettings(_Section):
    """A community in the browser, without any account."""

    enabled: bool = Field(default=True, description="true or false: whether the sandbox is served")
    people: str = Field(
        default="",
        description="a TOML file with people of your own; empty: the community that Voisin brings along",
    )
    ledger: Path = Field(
        default=Path("voisin-sandbox.jsonl"),
        description="the file in which the sandbox keeps what its members see",
    )


class SlackSettings(_Section):
    """One workspace by Socket Mode, or many by HTTP."""

    enabled: bool = Field(default=False, description="true or false: whether Voisin is on Slack")
    url: Annotated[str, AfterValidator(_public)] = Field(
        default="",
        description="https://… under which Slack reaches the web site; empty: Socket Mode, for one workspace",
    )
    client_id: str = Field(
        default="", description="the Client ID of the app, where url is set; empty with Socket Mode"
    )
    installer: str = Field(
        default="",
        pattern=r"^([UW][A-Z0-9]{1,20})?$",
        description="the member ID (U…, in their Slack profile) of who installed the app, with Socket Mode: "
        "conveners hear in time when they leave",
    )
    reactions: bool = Field(
        default=False,
        description="true or false: whether a reaction counts as an answer to what somebody shared, "
        "and conveners may switch on that who reacted to whom is noted",
    )
    share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="this process's share of Slack's limits, up to 1; 0.5 for each of two workers",
    )
    bot_token: SecretStr = Field(default=SecretStr(""), description="the Bot User OAuth Token, xoxb-…")
    app_token: SecretStr = Field(default=SecretStr(""), description="the App-Level Token, xapp-…")
    signing_secret: SecretStr = Field(default=SecretStr(""), description="the Signing Secret of the app")
    client_secret: SecretStr = Field(default=SecretStr(""), description="the Client Secret of the app")


def _shards(written: str) -> str:
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?/(\d{1,5})", written)
    if written and not (found and int(found[1]) <= int(found[2] or found[1]) < int(found[3])):
        raise ValueError("it is not like 0-3/16")
    return written


class DiscordSettings(_Section):
    """One bot, in any number of servers."""

    enabled: bool = Field(default=False, description="true or false: whether Voisin is on Discord")
    members: bool = Field(
        default=False,
        description="true or false: whether the app has the Server Members Intent, to see leaves at once",
    )
    ties: bool = Field(
        default=False,
        description="true or false: whether replies and reactions count as an answer to what somebody "
        "shared, and conveners may count them, mentions and voice rooms as ties",
    )
    shards: Annotated[str, AfterValidator(_shards)] = Field(
        default="",
        description="which shards this process listens to, like 0-3/16; empty: all that Discord proposes",
    )
    requests: int = Field(
        default=50,
        ge=1,
        le=50,
        description="requests a second, from 1 to 50; several processes share the 50 of one bot",
    )
    active_threads: int = Field(
        default=900,
        ge=10,
        le=100_000,
        description="open threads of one server at which new ones wait, from 10; Discord allows about 1000",
    )
    token: SecretStr = Field(default=SecretStr(""), description="the token of the app's bot")


class EngineSettings(_Section):
    """How messages go out."""

    role: Role = Field(
        default=Role.ALL,
        description="all, or with PostgreSQL what this process does of it: web, gateway or worker",
    )
    batch: int = Field(default=20, ge=1, le=1_000, description="deliveries taken at once, from 1 to 1000")
    lease: float = Field(
        default=60.0,
        ge=2,
        le=3_600,
        description="seconds, from 2 to 3600, after which a sender that fell silent has lost its deliveries",
    )
    drain: float = Field(
        default=10.0,
        ge=1,
        le=300,
        description="seconds, from 1 to 300, that a stop may take to end what is under way",
    )


class Settings(BaseSettings):
    """All of it. Frozen: who wants another setting starts again."""

    # ``VOISIN_DATABASE_URL`` is ``url`` of ``[database]``: the first word after the prefix is the section.
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="_", env_nested_max_split=1
    )

    log: LogSettings = LogSettings()
    database: DatabaseSettings = DatabaseSettings()
    web: WebSettings = WebSettings()
    sandbox: SandboxSettings = SandboxSettings()
    slack: SlackSettings = SlackSettings()
    discord: DiscordSettings = DiscordSettings()
    engine: EngineSettings = EngineSettings()


def sections(*, secret: bool = False) -> Mapping[str, Mapping[str, FieldInfo]]:
    """Every setting that a file may hold, or those that it may not: section, key, what pydantic knows."""
    return {
        section: {key: known for key, known in keys.items() if (known.annotation is SecretStr) is secret}
        for section, keys in _everything().items()
    }


def _everything() -> Mapping[str, Mapping[str, FieldInfo]]:
    return {
        section: cast("type[BaseModel]", field.annotation).model_fields
        for section, field in Settings.model_fields.items()
    }


def variable(section: str, key: str) -> str:
    """The environment variable that overrides a setting."""
    return f"{PREFIX}{section}_{key}".upper()


def read(path: Path | None) -> Settings:
    """The settings of a file (None: the defaults), with the environment over it.

    Raises BadSetting, which names everything that is wrong at once: file, key, value and remedy.
    """
    tables = {} if path is None else _tables(path)
    source = "the settings" if path is None else str(path)
    wrong = [*_secrets(tables, source), *_misspelt_variables()]
    if wrong:
        raise BadSetting("\n".join(wrong))

    class Read(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the signature is pydantic's
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, InitSettingsSource(settings_cls, init_kwargs=tables)

    try:
        return Read()
    except ValidationError as error:
        raise BadSetting("\n".join(_sentences(error, source))) from None


def _tables(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise BadSetting(f"{path} is too large for settings: name the right file.")
        return tomllib.loads(content.decode("utf-8-sig"))
    except FileNotFoundError:
        raise BadSetting(
            f"There is no settings file {path}: copy config.example.toml to it, or name yours with --config."
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadSetting(f"The settings file {path} cannot be read ({reason}): name another.") from error
    except UnicodeDecodeError as error:
        raise BadSetting(f"The settings file {path} is not UTF-8: save it as UTF-8.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSetting(f"The settings file {path} is not TOML ({error}): correct it there.") from error


def _secrets(tables: Mapping[str, object], source: str) -> Iterator[str]:
    """A file is copied, shown and committed: no secret may stand in it. Its value is never repeated."""
    for place, value in _leaves(tables, ()):
        name = ".".join(place)
        elsewhere = PREFIX + "_".join(place).upper()
        if _SECRET.search(place[-1]):
            yield (
                f"{source}: {name} is a secret, and secrets never stand in a file: "
                f"take it out, and set it in the environment ({elsewhere})."
            )
        elif isinstance(value, str) and _has_password(value):
            yield (
                f"{source}: {name} holds a password, and secrets never stand in a file: "
                f"take the line out, and set {elsewhere} in the environment."
            )


def _leaves(table: Mapping[str, object], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*place, key))
        else:
            yield (*place, key), value


def _has_password(text: str) -> bool:
    try:
        return "://" in text and bool(urlsplit(text).password)
    except ValueError:
        return False


def _misspelt_variables() -> Iterator[str]:
    """A variable that is nearly a setting would be passed over in silence."""
    known = {variable(section, key) for section, keys in _everything().items() for key in keys}
    headed = tuple(f"{PREFIX}{section}_".upper() for section in sections())
    for name in sorted(os.environ):
        # Those of a section that exists are seen by pydantic, which knows its keys.
        if not name.startswith(PREFIX) or name in known or name.startswith(headed):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if near:
            yield f"The environment: {name} is not a setting: did you mean {near[0]}?"


def _sentences(error: ValidationError, source: str) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        place = tuple(str(step) for step in problem["loc"])
        section, key = place[0], place[1] if len(place) > 1 else ""
        fields = sections().get(section, {})
        if problem["type"] == "extra_forbidden":
            yield _unknown(section, key, fields, source)
        elif not key:
            yield f"{source}: {section} is a section: write [{section}], and its settings below it."
        else:
            yield _unusable(section, key, _everything()[section][key], problem["input"], source)


def _unknown(section: str, key: str, fields: Mapping[str, FieldInfo], source: str) -> str:
    if not key:
        return f"{source}: there is no section [{section}]: {_instead(section, list(sections()))}"
    where = _where(section, key, source)
    return f"{where}: there is no setting {key!r} in [{section}]: {_instead(key, list(fields))}"


def _instead(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"take it out, or write one of {', '.join(known)}."


def _unusable(section: str, key: str, field: FieldInfo, value: object, source: str) -> str:
    shown = "" if isinstance(value, str) and _has_password(value) else f" = {value!r}"[:80]
    return (
        f"{_where(section, key, source)}: [{section}] {key}{shown} cannot be used: write {field.description}."
    )


def _where(section: str, key: str, source: str) -> str:
    name = variable(section, key)
    return f"The environment ({name})" if name in os.environ else source
