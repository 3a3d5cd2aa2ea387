"""The people of this suite. Everybody else depends on ada, so hers is the first account of the server."""

import pytest

from people import Person, channel_of, team_of
from world import World


@pytest.fixture(scope="session")
def ada():
    person = Person("ada")
    person.first_roles = person.sign_up()["roles"]
    person.log_in()
    yield person.online()
    person.offline()


@pytest.fixture(scope="session")
def bob(ada):
    person = Person.join("bob")
    yield person
    person.offline()


@pytest.fixture(scope="session")
def carol(ada):
    person = Person.join("carol")
    yield person
    person.offline()


@pytest.fixture(scope="session")
def team(ada, bob, carol):
    return team_of(ada, bob, carol)


@pytest.fixture
def channel(team, ada, bob):
    return channel_of(team, "O", ada, bob)


@pytest.fixture(scope="session")
def world(ada, bob, carol):
    return World(ada, bob, carol)
