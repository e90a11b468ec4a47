"""A town on the local network: off unless asked for, and its papers vouch for nothing else in the world."""

from __future__ import annotations

import io
import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.local import certificates, lan, town
from deploy.local.certificates import Papers, make_missing
from deploy.local.places import Places
from deploy.local.ports import PortBook
from deploy.local.progress import Progress
from deploy.local.trouble import TownError

NOW = datetime.now(UTC)
ADDRESS = "192.168.1.5"


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_missing(Papers(tmp_path_factory.mktemp("papers") / "lan"), ADDRESS, NOW)


def test_the_network_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert lan.wanted({}, Places(tmp_path), PortBook()) is None
    assert lan.wanted({"LAN": "0"}, Places(tmp_path), PortBook()) is None
    assert list(tmp_path.iterdir()) == []


def test_an_address_outside_private_networks_gets_no_certificate(tmp_path: Path) -> None:
    for address in ("8.8.8.8", "not an address"):
        with pytest.raises(TownError):
            lan.wanted({"LAN": address}, Places(tmp_path), PortBook())


def test_the_gateway_is_told_of_its_second_address(tmp_path: Path) -> None:
    found = lan.wanted({"LAN": "127.0.0.1"}, Places(tmp_path), PortBook(offset=1_700))
    assert found is not None
    told = found.environment()
    assert told["LIANXI_GATEWAY_SECURE_HOST"] == "127.0.0.1"
    assert found.setup == f"https://127.0.0.1:{told['LIANXI_GATEWAY_SECURE_PORT']}/m/setup"
    assert all(Path(told[each]).exists() for each in told if each.endswith("_FILE"))
    assert "█" in lan.picture(found.setup) or "▀" in lan.picture(found.setup)


def test_keys_are_their_owner_s_alone(papers: Papers) -> None:
    assert [stat.S_IMODE(each.stat().st_mode) for each in (papers.authority_key, papers.key)] == [0o600, 0o600]
    assert stat.S_IMODE(papers.folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in papers.authority.read_bytes() + papers.certificate.read_bytes()


def test_the_authority_signs_for_private_addresses_only(papers: Papers) -> None:
    found = read(papers.authority)
    extensions = found.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)
    constraints = extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    permitted = constraints.value.permitted_subtrees or []
    networks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
    assert all(each.is_private for each in networks)
    assert [each.value for each in permitted if isinstance(each, x509.DNSName)] == ["localhost"]
    assert found.not_valid_after_utc - NOW <= certificates.AUTHORITY_LIVES
    assert papers.fingerprint().count(":") == 31


def test_the_certificate_is_what_phones_accept(papers: Papers) -> None:
    found = read(papers.certificate)
    found.verify_directly_issued_by(read(papers.authority))
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.IPAddress)) == set(map(ipaddress.ip_address, (ADDRESS, "127.0.0.1")))
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    uses = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert found.not_valid_before_utc < NOW < found.not_valid_after_utc <= NOW + timedelta(days=398)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(papers.certificate, papers.key)


def test_another_address_or_an_old_paper_is_made_anew_under_the_same_authority(papers: Papers) -> None:
    authority, before = papers.fingerprint(), papers.certificate.read_bytes()
    assert make_missing(papers, ADDRESS, NOW).certificate.read_bytes() == before
    make_missing(papers, "10.1.2.3", NOW)
    moved = papers.certificate.read_bytes()
    assert moved != before
    make_missing(papers, "10.1.2.3", NOW + timedelta(days=390))
    assert papers.certificate.read_bytes() != moved
    assert papers.fingerprint() == authority
    make_missing(papers, "10.1.2.3", NOW + timedelta(days=729))
    assert papers.fingerprint() != authority
    read(papers.certificate).verify_directly_issued_by(read(papers.authority))


def test_where_phones_begin_is_printed_with_a_picture_only_when_they_are_served() -> None:
    told = {"gateway": "http://127.0.0.1:8000", "credentials": "/t/credentials.json", "log": "/t/log"}
    phones = {"phones": "https://192.168.1.5:8443/m/setup", "fingerprint": "AA:BB"}
    said = {}
    for name, addresses in {"off": {**told, "phones": None}, "on": {**told, **phones}}.items():
        stream = io.StringIO()
        town.show_addresses(Progress(stream=stream, environment={"LANG": "C"}), addresses)
        said[name] = stream.getvalue()
    assert "Phones" not in said["off"]
    assert "https://192.168.1.5:8443/m/setup" in said["on"]
    assert "AA:BB" in said["on"]
    assert said["on"].count("\n") > said["off"].count("\n") + 10
