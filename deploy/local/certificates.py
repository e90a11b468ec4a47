"""A town's own certificates for a try on the local network: an authority that may vouch for private addresses only.

Whoever installs the authority on a phone trusts it for this town and for nothing on the internet: name constraints say
so, and browsers keep to them. A real town has a real certificate on its own domain, and needs none of this.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.places import PRIVATE_FILE, PRIVATE_FOLDER

LOOPBACK: Final = "127.0.0.1"
LOCAL_NAME: Final = "localhost"
PRIVATE_NETWORKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
AUTHORITY_LIVES: Final = timedelta(days=730)
LIVES: Final = timedelta(days=397)
RENEWED_BEFORE: Final = timedelta(days=30)
SKEW: Final = timedelta(hours=1)
Usages = tuple[str, ...]
_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class Papers:
    """Where authority and certificate of one town lie; keys are readable by their owner alone."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What phones install."""
        return self.folder / "authority.pem"

    @property
    def authority_key(self) -> Path:
        """What signs certificates; it leaves this machine never."""
        return self.folder / "authority.key"

    @property
    def certificate(self) -> Path:
        """What the gateway shows."""
        return self.folder / "gateway.pem"

    @property
    def key(self) -> Path:
        """What the gateway proves it with."""
        return self.folder / "gateway.key"

    def fingerprint(self) -> str:
        """The authority's SHA-256, as phones show it."""
        digest = _read(self.authority).fingerprint(hashes.SHA256()).hex().upper()
        return ":".join(digest[each : each + 2] for each in range(0, len(digest), 2))


def make_missing(papers: Papers, address: str, now: datetime | None = None) -> Papers:
    """Make what is missing, too old, or for another address; a phone that trusts the authority goes on doing so.

    Raises:
        ValueError: the address is not one of a private network.
    """
    moment = now or datetime.now(UTC)
    host = ipaddress.IPv4Address(address)
    if not any(host in ipaddress.IPv4Network(each) for each in PRIVATE_NETWORKS):
        raise ValueError(f"{address} is not an address of a private network")
    papers.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if not _holds(papers.authority, moment) or not papers.authority_key.exists():
        _make_authority(papers, moment)
        papers.certificate.unlink(missing_ok=True)
    if not _holds(papers.certificate, moment) or host not in _addresses(_read(papers.certificate)):
        _make_certificate(papers, host, moment)
    return papers


def _make_authority(papers: Papers, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # Its own number in its name: two towns' authorities on one phone are not taken for each other.
    name = _name(f"Lianxi 联席 town authority {x509.random_serial_number():x}"[:50])
    networks = [x509.IPAddress(ipaddress.IPv4Network(each)) for each in PRIVATE_NETWORKS]
    constraints = x509.NameConstraints(permitted_subtrees=[*networks, x509.DNSName(LOCAL_NAME)], excluded_subtrees=None)
    built = (
        _begun(name, name, key.public_key(), now, AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(constraints, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(papers.authority_key, key)
    papers.authority.write_bytes(built.public_bytes(serialization.Encoding.PEM))


def _make_certificate(papers: Papers, host: ipaddress.IPv4Address, now: datetime) -> None:
    issuer = _read(papers.authority)
    signer = serialization.load_pem_private_key(papers.authority_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{papers.authority_key} holds no key of ours")
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = dict.fromkeys((host, ipaddress.IPv4Address(LOOPBACK)))
    names = x509.SubjectAlternativeName([*(x509.IPAddress(each) for each in hosts), x509.DNSName(LOCAL_NAME)])
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    built = (
        _begun(_name(f"Lianxi {host}"), issuer.subject, key.public_key(), now, LIVES)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write_key(papers.key, key)
    papers.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))


def _begun(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Phones whose clocks are a little behind are served too.
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lives - SKEW)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{each: each in usages for each in _USAGES})


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _holds(path: Path, now: datetime) -> bool:
    return path.exists() and now + RENEWED_BEFORE < _read(path).not_valid_after_utc


def _addresses(certificate: x509.Certificate) -> list[object]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(found.get_values_for_type(x509.IPAddress))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
        file.write(plain)
