"""The settings: what the environment says, read once and checked."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

ROOT = Path(__file__).resolve().parents[1]

Only = Literal["web", "worker"]

_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(Exception):
    """The environment does not fit. `str()` names each variable and says what to do."""


def _database(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return "postgresql://" + url.split("://", 1)[1]


def _pack(value: str) -> str:
    folder = pack_folder(value)
    if not (folder / "pack.yaml").is_file():
        raise ValueError("must name a folder under policies/, or be a path to a pack")
    return value


def _embeddings(value: str) -> str:
    local, colon, path = value.partition(":")
    if local == "local" and colon and not (path and Path(path).is_dir()):
        raise ValueError(f"there is no folder {path or '(empty)'} with a model")
    return value


def pack_folder(value: str) -> Path:
    """A bare name is one of the packs that come with Handrail."""
    return Path(value) if "/" in value else ROOT / "policies" / value


Port = Annotated[int, Field(ge=1, le=65535)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/]+")]
Folder = Annotated[HttpUrl, AfterValidator(lambda url: f"{url.rstrip('/')}/")]
DatabaseUrl = Annotated[str, AfterValidator(_database)]


class Settings(BaseModel):
    """Each field is one variable of the environment; an empty variable counts as unset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: DatabaseUrl | None = Field(None, alias="DATABASE_URL")
    """The application's role. None: the embedded PostgreSQL in the data folder."""
    migrate_url: DatabaseUrl | None = Field(None, alias="HANDRAIL_MIGRATE_URL")
    """The role that owns the schema. None: `database_url` has been migrated by other means."""
    key: str | None = Field(None, alias="HANDRAIL_KEY", min_length=32)
    """Encrypts what is kept of messages. None: a key file in the data folder (embedded only)."""
    new_key: str | None = Field(None, alias="HANDRAIL_NEW_KEY", min_length=32)
    """What `handrail key rotate` puts in the place of `key`."""
    data: Path = Field(Path("data"), alias="HANDRAIL_DATA")
    audit_webhook: HttpUrl | None = Field(None, alias="HANDRAIL_AUDIT_WEBHOOK")
    """Where the record's checkpoints are posted, out of reach of who runs the database."""
    pack: Annotated[str, AfterValidator(_pack)] = Field("workplace", alias="HANDRAIL_PACK")
    host: str = Field("127.0.0.1", alias="HANDRAIL_HOST")
    port: Port = Field(3978, alias="HANDRAIL_PORT")
    console_port: Port = Field(3979, alias="HANDRAIL_CONSOLE_PORT")
    handbook_url: Folder | None = Field(None, alias="HANDRAIL_HANDBOOK_URL")
    """Where employees read the handbook's pages. None: sources are named without a link, except
    in the console, which shows them itself."""
    slack_signing_secret: str | None = Field(None, alias="SLACK_SIGNING_SECRET")
    slack_bot_token: str | None = Field(None, alias="SLACK_BOT_TOKEN", pattern=r"^xoxb-")
    slack_app_token: str | None = Field(None, alias="SLACK_APP_TOKEN", pattern=r"^xapp-")
    """Socket Mode: no public address is needed. None: Slack calls the public listener."""
    slack_api_url: Folder = Field("https://slack.com/api/", alias="SLACK_API_URL")
    teams_app_id: str | None = Field(None, alias="TEAMS_APP_ID", pattern=_GUID)
    teams_app_password: str | None = Field(None, alias="TEAMS_APP_PASSWORD")
    teams_tenant_id: str | None = Field(None, alias="TEAMS_TENANT_ID", pattern=_GUID)
    teams_openid_metadata_url: HttpUrl = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        alias="TEAMS_OPENID_METADATA_URL",
    )
    teams_token_url: HttpUrl | None = Field(None, alias="TEAMS_TOKEN_URL")
    """None: the tenant's address at Microsoft."""
    teams_playground: bool = Field(False, alias="TEAMS_PLAYGROUND")
    """For development only: takes unsigned messages, as the Agents Playground sends them."""
    openai_api_key: str | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(None, alias="OPENAI_BASE_URL", pattern=r"^https?://")
    openai_api_version: str | None = Field(None, alias="OPENAI_API_VERSION")
    model_fast: str = Field("gpt-5-mini", alias="HANDRAIL_MODEL_FAST")
    """Names in the order of fallback, with commas."""
    model_deep: str | None = Field(None, alias="HANDRAIL_MODEL_DEEP")
    """None: as `model_fast`."""

    model_region: str | None = Field(None, alias="HANDRAIL_MODEL_REGION")
    """Where the endpoint is, as its operator says. A pack may demand one."""
    embeddings: Annotated[str, AfterValidator(_embeddings)] | None = Field(
        None, alias="HANDRAIL_EMBEDDINGS"
    )
    """A model of the endpoint; or `local`, or `local:` and a model's folder, with the extra of that
    name. None: the handbook is searched by words only."""

    @property
    def offline(self) -> bool:
        """No model is configured: answers are quoted from the handbook."""
        return self.openai_api_key is None and self.openai_base_url is None

    @property
    def local_embeddings(self) -> bool:
        return (self.embeddings or "").partition(":")[0] == "local"

    @property
    def handbook_base(self) -> str:
        return self.handbook_url or "/handbook/"

    @property
    def teams_tokens(self) -> str:
        login = "https://login.microsoftonline.com"
        return self.teams_token_url or f"{login}/{self.teams_tenant_id}/oauth2/v2.0/token"

    @property
    def slack(self) -> bool:
        return self.slack_bot_token is not None

    @property
    def teams(self) -> bool:
        return self.teams_app_id is not None or self.teams_playground

    @property
    def demonstration(self) -> bool:
        """The console with its sample company: only while no real platform is connected."""
        return not (self.slack or self.teams)


_VARIABLES = {str(field.alias): name for name, field in Settings.model_fields.items()}


def read(environment: Mapping[str, str]) -> Settings:
    """Raises `SettingsError`."""
    given = {k: v for k, v in environment.items() if k in _VARIABLES and v}
    wrong = [_unknown(k) for k in environment if k not in _VARIABLES and _meant(k)]
    settings = None
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong += [
            f"{x['loc'][0]}: {x['msg'].removeprefix('Value error, ')}" for x in error.errors()
        ]
    if settings:
        wrong += _missing(settings)
    if wrong or settings is None:
        raise SettingsError("\n".join(wrong))
    return settings


def _missing(given: Settings) -> Iterator[str]:
    """What does not work without another, and what must not be together."""
    if given.database_url and not given.key:
        yield "HANDRAIL_KEY: is needed with DATABASE_URL; make one with: openssl rand -base64 32"
    if given.embeddings and not given.local_embeddings and given.offline:
        yield "HANDRAIL_EMBEDDINGS: a model of the endpoint needs OPENAI_API_KEY or OPENAI_BASE_URL"
    if (given.slack_signing_secret or given.slack_app_token) and not given.slack_bot_token:
        yield "SLACK_BOT_TOKEN: is needed to answer in Slack; see manifest/slack/README.md"
    if given.slack_bot_token and not (given.slack_signing_secret or given.slack_app_token):
        yield (
            "SLACK_SIGNING_SECRET: is needed to know that a call is from Slack"
            " (or SLACK_APP_TOKEN for Socket Mode); see manifest/slack/README.md"
        )
    if given.teams_playground:
        if given.teams_app_id:
            yield "TEAMS_PLAYGROUND: takes unsigned messages; unset it to use TEAMS_APP_ID"
        if given.host not in _LOOPBACK:
            yield "TEAMS_PLAYGROUND: takes unsigned messages, so HANDRAIL_HOST must be 127.0.0.1"
        return
    names = {
        "TEAMS_APP_ID": given.teams_app_id,
        "TEAMS_APP_PASSWORD": given.teams_app_password,
        "TEAMS_TENANT_ID": given.teams_tenant_id,
    }
    if any(names.values()):
        for name in (k for k, v in names.items() if not v):
            yield f"{name}: is needed for Teams; see manifest/teams/README.md"


def _meant(name: str) -> bool:
    """Was this one of ours? Others have settings for Slack and Teams too: only if it is near."""
    if name.startswith("HANDRAIL_"):
        return True
    ours = name.startswith(("SLACK_", "TEAMS_"))
    return ours and bool(difflib.get_close_matches(name, _VARIABLES, 1, cutoff=0.85))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _VARIABLES, 1)
    hint = f"; did you mean {near[0]}?" if near else "; see adapters/README.md for the settings"
    return f"{name}: there is no such setting{hint}"
