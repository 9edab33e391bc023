"""Looking at a server before it is trusted, and letting another desk join by a code and a PIN."""

import socket
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from core.db import servers
from core.db.cipher import AesCipher
from core.db.driver import DATABASE_FILE
from core.db.engines import postgres_engines
from core.db.home import SERVER_FILE
from core.db.joining import Joining, check_joining, invite, read_invitation
from core.db.keys import DataKey, is_recovery_confirmed
from core.db.open import open_store
from core.db.pending import Act, Pending, has_pending, keep_pending
from core.db.servers import is_near, look_at_server, make_database, server_url, shown_address
from core.moving import do_pending
from core.runtime.errors import DomainError, Refused, Unavailable
from desktop.cli import main
from tests.support.opened import config_for
from tests.support.postgres import PrivateCluster

KEY = DataKey(bytes(range(32)))


def code_of(act, *arguments, **named) -> str:
    with pytest.raises(DomainError) as caught:
        act(*arguments, **named)
    return caught.value.code


# --- the code ----------------------------------------------------------------------------------------------------


def test_a_code_says_with_its_pin_what_it_was_made_of_and_nothing_without():
    made = invite("postgresql+psycopg://lin:secret@10.0.0.5:5432/shop", KEY)
    read = read_invitation(f"  {made.code[:50]}\n{made.code[50:].lower()} ", made.pin.replace("-", " ").lower())
    assert (read.url, read.key) == ("postgresql+psycopg://lin:secret@10.0.0.5:5432/shop", KEY)
    assert made.code not in repr(made)
    assert "secret" not in repr(read)
    again = invite(read.url, KEY)
    assert (again.code, again.pin) != (made.code, made.pin)
    assert code_of(read_invitation, made.code, again.pin) == "join.pin"
    assert code_of(read_invitation, made.code[:-9], made.pin) == "join.code_cut"
    changed = made.code[:40] + ("A" if made.code[40] != "A" else "B") + made.code[41:]
    assert code_of(read_invitation, changed, made.pin) == "join.code_cut"
    assert code_of(read_invitation, "PDJ1-", made.pin) == "join.code_cut"
    assert code_of(read_invitation, "https://example.com", made.pin) == "join.no_code"


def test_an_address_outside_of_the_own_network_is_spoken_to_under_tls_alone():
    assert "sslmode" not in server_url("192.168.1.20", 5432, "shop", "lin", "p@ss/word")
    far = server_url("1.1.1.1", 5432, "shop", "lin", "p@ss/word")
    assert make_url(far).query["sslmode"] == "require"
    assert make_url(far).password == "p@ss/word"
    assert "p@ss" not in shown_address(far)
    assert [is_near(host) for host in ("127.0.0.1", "10.1.2.3", "/var/run", "1.1.1.1")] == [True] * 3 + [False]
    assert code_of(look_at_server, "postgresql://lin@1.1.1.1/shop") == "server.no_tls"


# --- the server --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded_server():
    """A server on TCP that asks for a password, `right`, without TLS; gives its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    cluster = PrivateCluster()
    cluster._settings += ["listen_addresses=127.0.0.1", f"port={port}"]
    with cluster:
        with psycopg.connect(host=str(cluster.folder), port=port, dbname="postgres", user="packdesk") as connection:
            connection.autocommit = True
            connection.execute("ALTER ROLE packdesk PASSWORD 'right'")
            connection.execute("CREATE DATABASE shop")
            connection.execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
            connection.execute("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'right'")
            connection.execute("CREATE DATABASE closed")
            connection.execute("CREATE DATABASE letters TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
            let_in = 'shop,postgres,letters,other,absent,"our 1% shop"'
            rules = f"local all all trust\nhost {let_in} all 127.0.0.1/32 scram-sha-256\n"
            (cluster.folder / "data" / "pg_hba.conf").write_text(rules)
            connection.execute("SELECT pg_reload_conf()")
        yield port


@pytest.mark.postgres
def test_what_is_wrong_with_a_server_is_told_apart(guarded_server, monkeypatch):
    def look(database="shop", user="packdesk", word="right", port=guarded_server):
        return look_at_server(server_url("127.0.0.1", port, database, user, word))

    assert look().is_empty
    assert look().address == f"127.0.0.1:{guarded_server}/shop"
    assert code_of(look, word="wrong") == "server.password"
    assert code_of(look, user="nobody") == "server.password"
    assert code_of(look, user="guest") == "server.no_rights"
    assert code_of(look, database="absent") == "server.no_database"
    assert code_of(look, database="closed") == "server.not_let_in"
    assert code_of(look, database="letters") == "server.encoding"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert code_of(look, port=closed.getsockname()[1]) == "server.unreachable"
    monkeypatch.setattr(servers, "OLDEST", 99)
    assert code_of(look) == "server.version"
    monkeypatch.setattr(servers, "is_near", lambda _host: False)
    assert code_of(look) == "server.no_tls", "it has none, and nothing was sent in clear"


@pytest.mark.postgres
def test_a_database_is_made_for_us_where_the_server_is_there_and_its_name_may(guarded_server, tmp_path):
    def make(database="our 1% shop", user="maker", word="right", port=guarded_server):
        return make_database(server_url("127.0.0.1", port, database, user, word))

    assert code_of(make, user="guest") == "server.may_not_make"
    assert code_of(make, word="wrong") == "server.password"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert code_of(make, port=closed.getsockname()[1]) == "server.unreachable"
    url = server_url("127.0.0.1", guarded_server, "our 1% shop", "maker", "right")
    assert code_of(look_at_server, url) == "server.no_database", "nothing was made by what was refused"
    assert make().is_empty
    assert make().is_empty, "as when two desks press at once"
    engines = postgres_engines(url)
    with engines.reader.connect() as connection:
        kept = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = "
        made = connection.exec_driver_sql(kept + "current_database()").one()
    engines.dispose()
    assert tuple(made) == ("UTF8", "C", "C")
    # Its tables can be made, and texts of every kind are found in it as in the file of a desk alone.
    opened = open_store(config_for(tmp_path / "first", tmp_path / "first.key", url=url))
    opened.close()
    assert not make().is_empty, "what is there is left as it is"
    assert code_of(make, database="closed") == "server.not_let_in"


@pytest.mark.postgres
def test_the_verb_makes_the_database_that_it_moves_to(guarded_server, tmp_path, capsys):
    here = config_for(tmp_path / "desk", tmp_path / "desk.key")
    open_store(here).close()
    url = server_url("127.0.0.1", guarded_server, "other", "maker", "right").replace("+psycopg", "")
    arguments = ["move", url, "--data", str(here.folder), "--key-file", str(tmp_path / "desk.key")]
    assert main(arguments) != 0
    assert "no database other" in capsys.readouterr().err
    assert main([*arguments, "--create"]) == 0
    assert "moved and compared" in capsys.readouterr().out


@pytest.mark.postgres
def test_a_server_says_whose_records_are_on_it(postgres_url, tmp_path):
    assert look_at_server(postgres_url).is_empty
    first = open_store(config_for(tmp_path / "first", tmp_path / "first.key", url=postgres_url))
    first.close()
    look = look_at_server(postgres_url)
    assert not look.is_empty
    assert look.key_ring["key_id"] == first.key.id
    assert code_of(check_joining, Joining(postgres_url, KEY)) == "join.other_records"
    engines = postgres_engines(postgres_url, AesCipher(first.key))
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert code_of(look_at_server, postgres_url) == "db.too_new"
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engines.dispose()
    assert code_of(check_joining, Joining(postgres_url, first.key)) == "join.host_old"


# --- at the next start -------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_desk_moves_at_its_next_start_and_another_one_joins(postgres_url, tmp_path):
    host, guest = (config_for(tmp_path / name, tmp_path / f"{name}.key") for name in ("host", "guest"))
    opened = open_store(host)
    key = opened.key
    keep_pending(host.folder, key, Pending(Act.MOVE, f"{postgres_url}&password=secret-word"))
    opened.close()
    assert b"secret-word" not in b"".join(file.read_bytes() for file in host.folder.glob("*.json"))
    assert do_pending(host) is Act.MOVE
    assert do_pending(host) is None

    there = open_store(guest)
    made = invite(postgres_url, key)
    keep_pending(
        guest.folder, there.key, Pending(Act.JOIN, (read := read_invitation(made.code, made.pin)).url, read.key)
    )
    there.close()
    assert do_pending(guest) is Act.JOIN
    joined, again = open_store(guest), open_store(host)
    try:
        assert joined.key == again.key == key
        assert not joined.store.is_sqlite
        # Its own file is kept, with its own key.
        aside = next(guest.folder.glob("replaced-*"))
        assert (aside / DATABASE_FILE).exists()
        assert (aside / "keys.json").exists()
        # The owner has the code of the host's; this desk does not make another one.
        assert is_recovery_confirmed(guest.folder)
    finally:
        joined.close()
        again.close()


@pytest.mark.postgres
def test_what_cannot_be_done_is_asked_for_once_and_the_desk_works_as_before(postgres_url, tmp_path):
    open_store(config_for(tmp_path / "other", tmp_path / "other.key", url=postgres_url)).close()
    desk = config_for(tmp_path / "desk", tmp_path / "desk.key")
    opened = open_store(desk)
    key = opened.key
    opened.close()
    keep_pending(desk.folder, key, Pending(Act.MOVE, postgres_url))
    with pytest.raises(Refused):
        do_pending(desk)
    keep_pending(desk.folder, key, Pending(Act.JOIN, "postgresql://packdesk@127.0.0.1:9/none", KEY))
    with pytest.raises(Unavailable):
        do_pending(desk)
    assert not has_pending(desk.folder)
    assert not (desk.folder / SERVER_FILE).exists()
    assert not list(Path(desk.folder).glob("replaced-*"))
    opened = open_store(desk)
    assert opened.store.is_sqlite
    opened.close()


@pytest.mark.postgres
def test_a_node_joins_by_the_verb(postgres_url, tmp_path, capsys):
    first = open_store(config_for(tmp_path / "first", tmp_path / "first.key", url=postgres_url))
    made = invite(postgres_url, first.key)
    first.close()
    words = ["join", made.code, "--pin", made.pin, "--json"]
    words += ["--data", str(tmp_path / "node"), "--key-file", str(tmp_path / "node.key")]
    assert main(words) == 0
    opened = open_store(config_for(tmp_path / "node", tmp_path / "node.key"))
    opened.close()
    assert opened.key == first.key
    assert main(words) == 1
    assert "join.has_records" in capsys.readouterr().out


@pytest.mark.postgres
def test_a_new_recovery_code_is_the_servers_too(postgres_url, tmp_path):
    first = open_store(config_for(tmp_path / "first", tmp_path / "first.key", url=postgres_url))
    old, code = first.new_recovery_code, first.renew_recovery_code()
    first.close()
    second = config_for(tmp_path / "second", tmp_path / "second.key", url=postgres_url, code=old)
    assert code_of(open_store, second) == "key.code_wrong"
    joined = open_store(replace(second, recovery_code=code))
    joined.close()
    assert joined.key == first.key
