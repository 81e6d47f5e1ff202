"""The settings: what the environment says, read once and checked."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

ROOT = Path(__file__).resolve().parents[1]

Only = Literal["web", "worker"]


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


def pack_folder(value: str) -> Path:
    """A bare name is one of the packs that come with Handrail."""
    return Path(value) if "/" in value else ROOT / "policies" / value


Port = Annotated[int, Field(ge=1, le=65535)]
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
    data: Path = Field(Path("data"), alias="HANDRAIL_DATA")
    pack: Annotated[str, AfterValidator(_pack)] = Field("workplace", alias="HANDRAIL_PACK")
    host: str = Field("127.0.0.1", alias="HANDRAIL_HOST")
    port: Port = Field(3978, alias="HANDRAIL_PORT")
    console_port: Port = Field(3979, alias="HANDRAIL_CONSOLE_PORT")
    openai_api_key: str | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(None, alias="OPENAI_BASE_URL", pattern=r"^https?://")
    openai_api_version: str | None = Field(None, alias="OPENAI_API_VERSION")
    model_fast: str = Field("gpt-5-mini", alias="HANDRAIL_MODEL_FAST")
    """Names in the order of fallback, with commas."""
    model_deep: str | None = Field(None, alias="HANDRAIL_MODEL_DEEP")
    """None: as `model_fast`."""

    @property
    def offline(self) -> bool:
        """No model is configured: answers are quoted from the handbook."""
        return self.openai_api_key is None and self.openai_base_url is None


_VARIABLES = {str(field.alias): name for name, field in Settings.model_fields.items()}


def read(environment: Mapping[str, str]) -> Settings:
    """Raises `SettingsError`."""
    given = {k: v for k, v in environment.items() if k in _VARIABLES and v}
    wrong = [_unknown(k) for k in environment if k.startswith("HANDRAIL_") and k not in _VARIABLES]
    settings = None
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong += [
            f"{x['loc'][0]}: {x['msg'].removeprefix('Value error, ')}" for x in error.errors()
        ]
    if settings and settings.database_url and not settings.key:
        wrong.append(
            "HANDRAIL_KEY: is needed with DATABASE_URL; make one with: openssl rand -base64 32"
        )
    if wrong or settings is None:
        raise SettingsError("\n".join(wrong))
    return settings


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _VARIABLES, 1)
    hint = f"; did you mean {near[0]}?" if near else "; see the README for the settings"
    return f"{name}: there is no such setting{hint}"
