"""The private PostgreSQL cluster of the tests: its own, unreachable from outside, gone when its starter is gone."""

import os
import select
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.support.postgres import PrivateCluster
from tests.support.postgres_programs import find_postgres_programs

ROOT = Path(__file__).parents[2]


def run_statement(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize("round_number", [1, 2])
def test_every_test_gets_an_empty_database(postgres_url: str, round_number: int) -> None:
    run_statement(postgres_url, "CREATE TABLE parcels (id int)")
    assert run_statement(postgres_url, "SELECT count(*) FROM parcels") == [(0,)]


def test_template_is_filled_once_and_copied(postgres_cluster: PrivateCluster) -> None:
    filled = []

    def fill(url: str) -> None:
        filled.append(url)
        run_statement(url, "CREATE TABLE skus AS SELECT 7 AS qty")

    for _ in range(2):
        name = postgres_cluster.template("filled_schema", fill)
        with postgres_cluster.fresh_database(name) as url:
            assert run_statement(url, "UPDATE skus SET qty = qty + 1 RETURNING qty") == [(8,)]
    assert len(filled) == 1


def test_database_is_dropped_with_sessions_open(postgres_cluster: PrivateCluster) -> None:
    with postgres_cluster.fresh_database() as url:
        name = sa.make_url(url).database
        connection = psycopg.connect(host=str(postgres_cluster.folder), dbname=name, user="packdesk")
    with closing(connection), pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_no_tcp_door_and_not_root(postgres_url: str, postgres_cluster: PrivateCluster) -> None:
    assert run_statement(postgres_url, "SHOW listen_addresses") == [("",)]
    assert Path("/proc", str(postgres_cluster.server_pid)).stat().st_uid != 0


def test_chinese_characters_are_letters(postgres_url: str) -> None:
    run_statement(postgres_url, "CREATE EXTENSION pg_trgm")
    assert run_statement(postgres_url, "SELECT show_trgm('张伟') <> '{}'") == [(True,)]


def test_fsync_is_off_for_speed_and_on_where_wanted(postgres_url: str) -> None:
    assert run_statement(postgres_url, "SHOW fsync") == [("off",)]
    with PrivateCluster(is_durable=True) as durable:
        assert run_statement(durable.url("postgres"), "SHOW fsync") == [("on",)]
        assert run_statement(durable.url("postgres"), "SHOW synchronous_commit") == [("on",)]
        folder = durable.folder
    assert not folder.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_killed_run_leaves_neither_server_nor_folder(postgres_cluster: PrivateCluster, end: signal.Signals) -> None:
    program = (
        "import sys\n"
        "from tests.support.postgres import PrivateCluster\n"
        "cluster = PrivateCluster().__enter__()\n"
        "print(cluster.server_pid, cluster._keeper.pid, cluster.folder, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as run:
        assert run.stdout is not None
        server, keeper, folder = run.stdout.readline().split()
        watched = [os.pidfd_open(int(pid)) for pid in (server, keeper)]
        assert Path(folder).is_dir()
        run.send_signal(end)
        run.wait()
    poll = select.poll()
    for descriptor in watched:
        poll.register(descriptor, select.POLLIN)
    for descriptor in watched:
        assert poll.poll(20_000), "a process of the cluster outlives its starter"
        poll.unregister(descriptor)
        os.close(descriptor)
    assert not Path(folder).exists()


def _programs(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        program = folder / name
        program.touch()
        program.chmod(0o755)
    return folder


def test_newest_complete_installation_is_found(tmp_path: Path) -> None:
    _programs(tmp_path / "9" / "bin", "initdb", "postgres")
    newest = _programs(tmp_path / "15" / "bin", "initdb", "postgres")
    _programs(tmp_path / "17" / "bin", "psql")
    assert find_postgres_programs(tmp_path, named="", search_path="") == newest
    named = _programs(tmp_path / "own", "initdb", "postgres")
    assert find_postgres_programs(tmp_path, named=str(named), search_path="") == named


def test_programs_on_the_path_are_followed_through_links(tmp_path: Path) -> None:
    real = _programs(tmp_path / "opt", "initdb", "postgres")
    links = tmp_path / "bin"
    links.mkdir()
    (links / "initdb").symlink_to(real / "initdb")
    assert find_postgres_programs(tmp_path / "none", named="", search_path=str(links)) == real
    assert find_postgres_programs(tmp_path / "none", named="", search_path="") is None


def test_tests_on_postgres_are_left_out_only_on_request(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["tests.support.databases"]')
    pytester.makepyfile(
        """
        import pytest

        def test_sqlite():
            pass

        @pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
        def test_both(kind):
            pass

        def test_by_fixture(postgres_url):
            pass
        """
    )
    options = ("-o", f"pythonpath={ROOT}", "-o", "markers=postgres: x", "--color=no")
    without = pytester.runpytest_subprocess(*options, "--without-postgres")
    without.assert_outcomes(passed=2, deselected=2)
    without.stdout.fnmatch_lines(["--without-postgres: 2 tests on PostgreSQL were left out"])
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=4)


def test_missing_server_is_a_failure_that_names_the_package(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from tests.support import postgres

        postgres.find_postgres_programs = lambda: None
        pytest_plugins = ["tests.support.databases"]
        """
    )
    pytester.makepyfile("def test_stock(postgres_url): pass")
    result = pytester.runpytest_subprocess("-o", f"pythonpath={ROOT}", "-o", "markers=postgres: x", "--color=no")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["PostgreSQL is not installed: apt install postgresql *"])
