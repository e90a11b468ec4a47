"""The gateway's environment. Every limit is a setting; the values here are those of production."""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, Field

from lianxi.runtime.settings import Settings


class GatewaySettings(Settings):
    """What the gateway reads beside what every process reads."""

    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8000, ge=0, le=65535)
    gateway_seal_public_key_file: Path
    gateway_cases_seal_public_key_file: Path
    gateway_inspections_seal_public_key_file: Path
    gateway_receipt_key_file: Path
    gateway_signing_key_file: Path
    gateway_token_key_file: Path
    gateway_clients_file: Path | None = None
    gateway_people_file: Path | None = None
    gateway_spool_dir: Path
    gateway_attachments_dir: Path
    gateway_papers_dir: Path = Path("deploy/papers")
    """The templates of papers that leave for an office program; a town edits its own there."""
    gateway_mailbox_file: Path | None = None
    """What the file courier writes: shown at `/ops/mailbox`, in a rehearsal only."""
    gateway_trusted_proxies: str = ""
    """Addresses, separated by commas, whose word about the client's address is taken; none by default."""

    gateway_exit_address: str = "https://www.weather.com.cn/"
    """Where the public pages lead whoever has to leave them at once: something that nobody wonders about."""

    # What a request may be.
    gateway_body_bytes: int = Field(default=128 * 1024, gt=0, le=200 * 1024)
    gateway_body_depth: int = Field(default=32, gt=0)
    gateway_body_seconds: float = Field(default=300, gt=0)
    gateway_header_bytes: int = Field(default=16 * 1024, gt=0)
    gateway_requests_at_once: int = Field(default=512, gt=0)
    gateway_keep_alive_seconds: int = Field(default=20, gt=0)

    # How much one client may ask.
    gateway_client_requests_per_minute: int = Field(default=6_000, gt=0)
    gateway_public_requests_per_minute: int = Field(default=120, gt=0)
    gateway_rescues_per_minute: int = Field(default=60, gt=0)
    """What one client may still hand in on the fast lane when its other requests are used up."""
    gateway_public_uploads_per_minute: int = Field(default=30, gt=0)
    gateway_token_requests_per_minute: int = Field(default=60, gt=0)
    gateway_wrong_codes: int = Field(default=5, gt=0)
    gateway_wrong_codes_window_seconds: int = Field(default=600, gt=0)
    gateway_wrong_codes_overall_per_minute: int = Field(default=20, gt=0)
    gateway_slowing_seconds: float = Field(default=2.0, ge=0)
    """What each look-up in the slow lane takes, for whoever cannot prove work while many wrong codes are tried."""
    gateway_slow_lane_places: int = Field(default=20, gt=0)
    gateway_proof_bits: int = Field(default=18, ge=1, le=40)
    """The zero bits that a proof of work begins with: each more doubles the work."""
    gateway_proof_seconds: int = Field(default=300, gt=0, le=300)

    gateway_secure_host: str | None = None
    """A second address, served over HTTPS with a certificate of the town's own; none by default."""
    gateway_secure_port: int = Field(default=8443, ge=1, le=65535)
    gateway_certificate_file: Path | None = None
    gateway_certificate_key_file: Path | None = None
    gateway_authority_file: Path | None = None
    """The authority that phones install to trust that certificate."""

    gateway_phone_lists_wiped_before: AwareDatetime | None = None
    """Patrol telephones forget every list that they stored before this instant."""

    # How many tips may be under way.
    gateway_tip_seconds: float = Field(default=1.2, gt=0)
    gateway_tips_always: int = Field(default=32, gt=0)

    # How long things take and live.
    gateway_rpc_timeout_seconds: float = Field(default=8.0, gt=0)
    gateway_recent_seconds: float = Field(default=3.0, ge=0)
    gateway_token_seconds: int = Field(default=900, gt=0)
    gateway_session_seconds: int = Field(default=10 * 3600, gt=0)
    gateway_session_idle_seconds: int = Field(default=30 * 60, gt=0)
    gateway_processes: str = ""
    """Where each process of the town answers `/readyz` and `/metrics`, as `name=address,…`; for operators' page."""
    gateway_processes_seconds: float = Field(default=15.0, gt=0)
    gateway_departed_check_seconds: float = Field(default=24 * 3600, gt=0)
    gateway_clients_refresh_seconds: float = Field(default=2.0, gt=0, le=2.5)
    gateway_idempotency_seconds: int = Field(default=24 * 3600, gt=0)
    gateway_visit_memory_seconds: int = Field(default=30 * 24 * 3600, gt=0)
    gateway_unfinished_seconds: int = Field(default=30, gt=0)
    """After this a request that never came to an answer may be tried again under its key."""
    gateway_audit_days: int = Field(default=30, gt=0)
    gateway_audit_flush_seconds: float = Field(default=1.0, gt=0)

    # What the receipt codes' Argon2id costs, and how many are worked out at once.
    gateway_argon2_kibibytes: int = Field(default=19 * 1024, ge=8)
    gateway_argon2_passes: int = Field(default=2, ge=1)
    gateway_argon2_threads: int = Field(default=2, ge=1)
    gateway_argon2_waiting: int = Field(default=64, ge=1)

    # How much may wait in the spool while the broker is away.
    gateway_spool_entries: int = Field(default=20_000, gt=0)
    gateway_spool_bytes: int = Field(default=512 * 1024 * 1024, gt=0)

    # Pictures with tips: how large one may be, how many are drawn at once, and how long one waits for its tip.
    gateway_picture_bytes: int = Field(default=8 * 1024 * 1024, gt=0)
    gateway_evidence_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    gateway_bundle_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    gateway_pictures_bytes_at_once: int = Field(default=128 * 1024 * 1024, gt=0)
    gateway_picture_threads: int = Field(default=2, ge=1)
    gateway_pictures_waiting: int = Field(default=32, ge=1)
    # Registers from spreadsheets: lines at most, bytes that an archive may unpack to, and how many files may wait.
    gateway_import_rows: int = Field(default=20_000, gt=0)
    gateway_import_unpacked_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    gateway_imports_waiting: int = Field(default=4, ge=0)
    gateway_attachment_seconds: int = Field(default=3600, gt=0)
    gateway_attachments_waiting_bytes: int = Field(default=2 * 1024 * 1024 * 1024, gt=0)
