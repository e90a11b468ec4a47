"""What a newcomer sees while the town starts and stops: a line per step, live on a terminal, plain elsewhere.

Only the standard library is used, because the first lines are printed before anything is installed.
"""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TextIO

from deploy.local import commands
from deploy.local.trouble import TownError, last_lines

HEARTBEAT_SECONDS: Final = 5.0
REDRAW_SECONDS: Final = 0.2
BAR_CELLS: Final = 12
LABEL_CELLS: Final = 52
# One row per sentence: Chinese first with the English beside it, and English alone.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("联席 Lianxi {version} · 示范镇 demo town", "Lianxi {version}, demo town"),
    "packages": ("依赖包 packages", "packages"),
    "program": ("消息中转软件 RabbitMQ", "RabbitMQ"),
    "broker": ("消息中转 broker", "broker"),
    "database": ("数据库 database", "database"),
    "desks": ("转运与五个服务 relay and desks", "relay and desks"),
    "gateway": ("网关 gateway", "gateway"),
    "story": ("演示 story", "story"),
    "still": ("仍在进行 still working", "still working"),
    "there": ("已就绪 already there", "already there"),
    "stopping": ("正在停止 stopping", "stopping"),
    "stopped": ("已停止 stopped", "stopped"),
    "killed": ("已强制结束 had to be killed", "had to be killed"),
    "all_stopped": (
        "全部停止,没有遗留进程 everything stopped, nothing left running",
        "everything stopped, nothing left running",
    ),
    "died": (
        "{name} 意外结束 ended unexpectedly (exit code {code}), {wait} 秒后重启 restarts in {wait} s ({count}/{limit})",
        "{name} ended unexpectedly (exit code {code}); restarting in {wait} s ({count}/{limit})",
    ),
    "revived": ("{name} 已恢复 is back", "{name} is back"),
    "serving": ("运行中。停止 Stop: Ctrl-C, make stop", "Serving. Stop: Ctrl-C or make stop"),
    "running": ("已在运行 The town is already running", "The town is already running"),
    "not_running": ("没有运行中的示范镇 No town is running here", "No town is running here"),
    "story_failed": (
        "演示没有走完 The story did not finish (exit code {code}). 日志 Log: {log}",
        "The story did not finish (exit code {code}). Log: {log}",
    ),
    "pages": ("   网页             {url}/", "   Pages       {url}/"),
    "api": ("   接口 API         {url}", "   API         {url}"),
    "docs": ("   说明 API docs    {url}/docs", "   API docs    {url}/docs"),
    "credentials": ("   凭据 Credentials {path}", "   Credentials {path}"),
    "logs": ("   日志 Logs        {path}", "   Logs        {path}"),
    "phones": ("   手机 Phones      {url}", "   Phones      {url}"),
    "fingerprint": (
        "   证书指纹 Certificate SHA-256 {fingerprint}",
        "   Certificate SHA-256 {fingerprint}",
    ),
    "what_to_do": ("怎么办 What to do: {remedy}", "What to do: {remedy}"),
    "log_path": ("日志 Log: {path}", "Log: {path}"),
    "neighbour": ("5672 端口上的 RabbitMQ 保持不动 the one on 5672 is left alone", "the one on 5672 is left alone"),
    "trial": ("试用数据库 for trying out; real data: LIANXI_MONGO_URL", "for trying out; real data: LIANXI_MONGO_URL"),
    "single_user": (
        "注意 Warning: LIANXI_AMQP_SINGLE_USER=1 所有进程共用一个账号 all processes share one broker user",
        "Warning: LIANXI_AMQP_SINGLE_USER=1: all processes share one broker user",
    ),
    "ask_install": (
        "需要安装 RabbitMQ (apt-get). Install it now? [Y/n] ",
        "RabbitMQ is missing. Install it with apt-get now? [Y/n] ",
    ),
    "package_node": (
        "软件包自行启动的 RabbitMQ 已停止 the node that the package started by itself was stopped",
        "the node that the package started by itself was stopped",
    ),
}


def speaks_english(environment: Mapping[str, str]) -> bool:
    """Say whether the reader's locale asks for English alone: `en…`, `C` or `POSIX`."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return locale.startswith("en") or locale.partition(".")[0] in {"C", "POSIX"}


def width(text: str) -> int:
    """How many cells a text takes on a terminal; Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


@dataclass
class Step:
    """One line of the start: its number, its words and when it began."""

    key: str
    number: int
    detail: str = ""
    share: float | None = None
    began_at: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long the step has been going on."""
        return time.monotonic() - self.began_at


class Progress:
    """Prints the start and the stop of the town."""

    def __init__(
        self, steps: int = 0, stream: TextIO | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._stream = stream or sys.stdout
        self._steps = steps
        self._begun = 0
        self._open: dict[str, Step] = {}
        self._english = speaks_english(environment)
        self._lively = self._stream.isatty() and environment.get("TERM") != "dumb"
        self._colour = self._lively and not environment.get("NO_COLOR")
        self._plain_signs = not (self._stream.encoding or "").lower().startswith("utf")
        self._drawn_at = 0.0
        self._last_sign_of_life = time.monotonic()
        self.before_beat: Callable[[], None] = commands.nothing
        """Runs at every beat; what it raises ends the step, and so does a wish to stop."""

    def word(self, key: str, **facts: object) -> str:
        """A sentence in the reader's language."""
        return WORDS[key][1 if self._english else 0].format(**facts)

    def say(self, key: str, **facts: object) -> None:
        """Print one sentence on a line of its own."""
        self.line(self.word(key, **facts))

    def line(self, text: str = "") -> None:
        """Print any text on a line of its own, out of the way of the live line."""
        self._wipe()
        self._write(text + "\n")

    def begin(self, key: str, detail: str = "") -> None:
        """A step begins."""
        self._begun += 1
        self._open[key] = Step(key, self._begun, detail)
        self._last_sign_of_life = time.monotonic()
        if not self._lively:
            self.line(f"{self._label(self._open[key])} …")
        self.beat()

    def note(self, key: str, detail: str, share: float | None = None) -> None:
        """Change what is told beside a step that goes on; `share` is the part already done, 0 to 1."""
        if key in self._open:
            self._open[key].detail = detail
            self._open[key].share = share

    def done(self, key: str, detail: str | None = None, mark: str = "✔") -> None:
        """A step is finished; its line stays."""
        step = self._open.pop(key)
        step.detail = step.detail if detail is None else detail
        label = self._label(step)
        gap = " " * max(1, LABEL_CELLS - width(label))
        self.line(f"{label}{gap}{self._paint(mark)} {step.seconds:4.0f} s")

    def beat(self) -> None:
        """Show that work goes on: redraw the live line, or print a heartbeat where nobody watches a terminal."""
        self.before_beat()
        now = time.monotonic()
        if self._open and self._lively and now - self._drawn_at > REDRAW_SECONDS:
            self._drawn_at = now
            self._wipe()
            self._write("   ".join(self._live(step) for step in self._open.values()))
        elif self._open and not self._lively and now - self._last_sign_of_life > HEARTBEAT_SECONDS:
            names = ", ".join(
                f"{self.word(step.key)} {step.detail} {step.seconds:.0f} s" for step in self._open.values()
            )
            self.line(f"     {self.word('still')}: {names}")

    def fail(self, error: TownError) -> None:
        """Say what went wrong, what to do, and the end of the log; never a traceback."""
        for step in self._open.values():
            self.line(f"{self._label(step)}  {self._paint('✘', '31')}")
        self._open.clear()
        self.line(f"{self._paint('✘', '31')} {error.what}")
        self.line(f"  {self.word('what_to_do', remedy=error.remedy)}")
        for text in last_lines(error.log):
            self.line(f"    | {text[:200]}")
        if error.log is not None and error.log.exists():
            self.line(f"  {self.word('log_path', path=error.log)}")

    def ask(self, key: str) -> bool:
        """Put a yes-or-no question to a person; Enter means yes."""
        self._wipe()
        self._write(self.word(key))
        return sys.stdin.readline().strip().lower() in {"", "y", "yes", "是"}

    def _label(self, step: Step) -> str:
        number = f" {step.number}/{self._steps} " if self._steps else " "
        return f"{number}{self.word(step.key)}  {step.detail}".rstrip()

    def _live(self, step: Step) -> str:
        share = step.share if step.share is not None else (step.seconds % 3) / 3
        filled = round(share * BAR_CELLS)
        full, empty = ("#", ".") if self._plain_signs else ("█", "░")
        return f"{self._label(step)} {full * filled}{empty * (BAR_CELLS - filled)} {step.seconds:.0f} s"

    def _wipe(self) -> None:
        if self._lively:
            self._write("\r\x1b[K")

    def _paint(self, text: str, code: str = "32") -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _write(self, text: str) -> None:
        if self._plain_signs:
            text = text.replace("✔", "ok").replace("✘", "failed").replace("…", "...").replace("·", "-")
            text = text.encode(self._stream.encoding or "ascii", "replace").decode(self._stream.encoding or "ascii")
        self._last_sign_of_life = time.monotonic()
        # A closed terminal or a pipe that nobody reads must not keep the town from being stopped in order.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
