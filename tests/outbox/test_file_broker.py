"""The embedded broker: a message is there as a whole, or not yet, for whoever looks."""

import threading
from queue import Empty

import pytest
from kombu import Connection

from crm.outbox.file_broker import Channel

MESSAGES = 400


@pytest.fixture
def connection(tmp_path):
    folders = {}
    for name in ("data_folder_in", "processed_folder", "control_folder"):
        (tmp_path / name).mkdir()
        folders[name] = str(tmp_path / name)
    folders["data_folder_out"] = folders["data_folder_in"]
    with Connection("files://localhost", transport_options=folders) as made:
        yield made


def test_the_embedded_profile_uses_it(settings):
    assert settings.CELERY_BROKER_URL.startswith(("files://", "redis://"))
    assert Connection("files://localhost").transport.Channel is Channel


def test_no_reader_meets_half_a_message(connection, monkeypatch):
    writer, reader = connection.channel(), connection.channel()
    seen, faults = [], []

    def read():
        while len(seen) < MESSAGES and not faults:
            try:
                seen.append(reader._get("celery")["n"])
            except Empty:
                continue
            except Exception as error:
                faults.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for n in range(MESSAGES):
        writer._put("celery", {"n": n, "filling": "x" * 2000})
    thread.join(60)

    assert faults == []
    assert sorted(seen) == list(range(MESSAGES))


def test_a_message_gets_its_name_only_when_it_is_whole(connection, tmp_path, monkeypatch):
    channel = connection.channel()
    monkeypatch.setattr("crm.outbox.file_broker.Path.replace", lambda self, target: None)

    channel._put("celery", {"n": 1})

    with pytest.raises(Empty):
        channel._get("celery")


def test_what_is_no_message_is_passed_over_and_the_next_one_read(connection, tmp_path):
    channel = connection.channel()
    (tmp_path / "data_folder_in" / "0_broken.celery.msg").write_text("")
    channel._put("celery", {"n": 2})

    assert channel._get("celery") == {"n": 2}


def test_many_who_bind_at_once_lose_no_binding(connection):
    def bind(n):
        connection.channel()._queue_bind("events", "", "", f"queue-{n}")

    threads = [threading.Thread(target=bind, args=[n]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bound = {one.queue for one in connection.channel().get_table("events")}
    assert bound == {f"queue-{n}" for n in range(12)}
