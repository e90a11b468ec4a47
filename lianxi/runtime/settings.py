"""The environment, read once: frozen settings, no default for secrets, misspelt names refused.

Units are in the names. What the *town* decides (cadences, routes, clocks) is policy data and never stands here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from lianxi.kernel.clock import Clock, ShiftedClock, SystemClock
from lianxi.kernel.errors import Broken

RETRY_LADDER_MS = (1_000, 10_000, 60_000, 600_000, 3_600_000)


class Settings(BaseSettings):
    """What every process reads. Names are ``LIANXI_`` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="LIANXI_", frozen=True, extra="ignore")

    amqp_url: SecretStr
    mongo_url: SecretStr
    database_prefix: str = "lianxi"
    policy_dir: Path = Path("deploy/policy")
    policy_versions_dir: Path | None = None
    programme: str = "dayong-2015"
    programme_shift_days: int = Field(default=0, multiple_of=7)
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)
    shutdown_seconds: float = Field(default=20.0, gt=0)
    rehearsal: bool = False
    clock_file: Path | None = None
    retry_ladder_ms: Annotated[tuple[int, ...], NoDecode] = RETRY_LADDER_MS

    @field_validator("retry_ladder_ms", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(int(each) for each in value.split(",")) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _rehearsal_only(self) -> Settings:
        if not self.rehearsal and (self.clock_file is not None or self.retry_ladder_ms != RETRY_LADDER_MS):
            raise ValueError("LIANXI_CLOCK_FILE and LIANXI_RETRY_LADDER_MS need LIANXI_REHEARSAL=1")
        return self

    def clock(self) -> Clock:
        """Choose the clock: the machine's, or in a rehearsal the one that its file shifts."""
        return ShiftedClock(self.clock_file) if self.clock_file is not None else SystemClock()

    def database(self, service: str) -> str:
        """Name a service's own database."""
        return f"{self.database_prefix}_{service}"


S = TypeVar("S", bound=Settings)


def read_settings(kind: type[S]) -> S:
    """Read the environment as one kind of settings; a desk's own fields begin with its name (``tips_seal_key_file``).

    Raises:
        Broken: settings.unusable, with every name that is missing, wrong or misspelt.
    """
    known = {f"LIANXI_{name.upper()}" for name in kind.model_fields} | TOWN_NAMES
    misspelt = sorted(name for name in os.environ if name.startswith("LIANXI_") and name not in known)
    if misspelt:
        raise Broken("settings.unusable", unknown=misspelt)
    try:
        return kind()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise Broken("settings.unusable", wrong=[_complaint(kind, each) for each in found]) from None


TOWN_NAMES = frozenset(
    {
        "LIANXI_AMQP_SINGLE_USER",
        "LIANXI_CHAOS",
        "LIANXI_CLIENT_ID",
        "LIANXI_CLIENT_SECRET",
        "LIANXI_ENV",
        "LIANXI_GATEWAY",
    }
)
"""Names that only the supervisor of a town or the command line reads; they may stand in any process's environment."""


def _complaint(kind: type[Settings], error: Mapping[str, Any]) -> str:
    name = ".".join(map(str, error.get("loc", ()))).upper() or kind.__name__
    return f"{name}: {error.get('msg')}"


def read_key(path: Path) -> str:
    """Read a key kept as hexadecimal text.

    Raises:
        Broken: settings.key_unreadable.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Broken("settings.key_unreadable", path=str(path), reason=error.strerror) from None
