"""Two people, a team and a running bot, whose account is an ordinary one."""

import os
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mmpy_bot import Settings

from humans import DEADLINE, Human, server_url, unique


@pytest.fixture(scope="session")
def ada():
    human = Human("ada").online()
    yield human
    human.offline()


@pytest.fixture(scope="session")
def bob(ada):
    human = Human("bob").online()
    yield human
    human.offline()


@pytest.fixture(scope="session")
def clerk(ada):
    return Human("clerk")


@pytest.fixture(scope="session")
def team(ada, bob, clerk):
    name = unique("team")
    team = ada.driver.teams.create_team({"name": name, "display_name": name, "type": "O"})
    for human in (bob, clerk):
        ada.driver.teams.add_team_member(team["id"], {"team_id": team["id"], "user_id": human.id})
    return team


@pytest.fixture(scope="session")
def channel(ada, bob, clerk, team):
    name = unique("desk")
    channel = ada.driver.channels.create_channel(
        {"team_id": team["id"], "name": name, "display_name": "The desk", "type": "O"}
    )
    for human in (bob, clerk):
        ada.driver.channels.add_channel_member(channel["id"], {"user_id": human.id})
    return channel


@pytest.fixture(scope="session")
def bot(clerk, channel):
    """The bot as a program of its own; it is there once its socket makes it online."""
    parts = urlsplit(server_url())
    # mmpy_bot reads its settings from the environment, whatever else may use such a name.
    settings = {setting.name for setting in fields(Settings)}
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    environment |= {
        "MATTERMOST_URL": f"{parts.scheme}://{parts.hostname}",
        "MATTERMOST_PORT": str(parts.port),
        "BOT_TOKEN": clerk.token,
        "BOT_TEAM": channel["team_id"],
    }
    program = subprocess.Popen([sys.executable, str(Path(__file__).with_name("bot.py"))], env=environment)
    end = time.monotonic() + 3 * DEADLINE
    while clerk.driver.status.get_user_status(clerk.id)["status"] != "online":
        assert program.poll() is None, f"the bot ended with {program.returncode}"
        assert time.monotonic() < end, "the bot did not come online"
        time.sleep(0.05)
    yield clerk
    program.kill()
    program.wait()
