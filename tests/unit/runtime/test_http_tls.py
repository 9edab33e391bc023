"""The client over TLS: who is not trusted is refused, and the deadline reaches into handshake and body."""

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.runtime.clock import SystemClock
from core.runtime.http import Call, HttpClient, HttpPolicy, endpoint
from core.runtime.remote_errors import ContractBroken, Temporary
from tests.simulators.raw_server import RawServer, Script, answer

GET = Call("test.get", "GET", "/v1/things", headers={"Authorization": "Bearer secret"})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(SystemClock(), policy=HttpPolicy(attempts=1, attempt_s=0.5)) as http:
        yield http


def over_tls(certificate: Path, script: Script) -> RawServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return RawServer(script, wrap=lambda line: context.wrap_socket(line, server_side=True))


def test_a_self_signed_certificate_is_refused_before_the_token_is_sent(client: HttpClient, certificate: Path) -> None:
    with over_tls(certificate, lambda line, _request: line.sendall(answer(b"{}"))) as server:
        with pytest.raises(ContractBroken) as caught:
            client.call(endpoint(server.url.replace("http:", "https:")), GET)

        assert caught.value.code == "http.tls"
    assert server.requests == []


def test_a_trusted_server_is_read(client: HttpClient, certificate: Path) -> None:
    client._session.verify = str(certificate)
    with over_tls(certificate, lambda line, _request: line.sendall(answer(b'{"a": 1}'))) as server:
        assert client.call(endpoint(server.url.replace("http:", "https:")), GET).data == {"a": 1}


def test_a_dripping_body_over_tls_meets_the_deadline(client: HttpClient, certificate: Path) -> None:
    client._session.verify = str(certificate)
    stop = threading.Event()

    def drip(line: ssl.SSLSocket, _request: bytes) -> None:
        head, end, body = answer(b'{"a": "' + b"x" * 400 + b'"}').partition(b"\r\n\r\n")
        line.sendall(head + end)
        for byte in body:
            line.sendall(bytes([byte]))
            if stop.wait(0.02):
                return

    started = time.perf_counter()
    with over_tls(certificate, drip) as server:
        with pytest.raises(Temporary) as caught:
            client.call(endpoint(server.url.replace("http:", "https:")), GET)
        stop.set()

    assert caught.value.code == "http.deadline"
    assert time.perf_counter() - started < 4


def test_a_handshake_that_never_ends_meets_the_deadline(client: HttpClient) -> None:
    def stall(line: object, _request: bytes) -> None:
        """Nothing: the request reader below has already waited for what never comes."""

    started = time.perf_counter()
    with RawServer(stall) as server, pytest.raises(Temporary):
        # the server waits for a request line, the client for a server hello
        client.call(endpoint(server.url.replace("http:", "https:")), GET)

    assert time.perf_counter() - started < 4
    with suppress(IndexError):
        assert b"Bearer" not in server.requests[0]
