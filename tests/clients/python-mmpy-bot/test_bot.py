"""A bot built on mmpy_bot 2.2 does its day's work; the second person hears and reads all of it."""

import json

from humans import unique


def test_it_answers_in_a_thread(ada, bob, bot, channel):
    with bob.hears(bot.id) as heard:
        question = ada.say(channel["id"], "hello")
    answer = heard[0]["post"]
    assert answer["message"] == f"hello @{ada.username}"
    assert answer["root_id"] == question["id"]
    assert heard[0]["data"]["sender_name"] == f"@{bot.username}"
    thread = bob.driver.posts.get_post_thread(question["id"])
    assert set(thread["order"]) == {question["id"], answer["id"]}


def test_it_answers_when_it_is_mentioned_and_only_then(ada, bob, bot, channel):
    ada.say(channel["id"], "what is 40 plus 3")
    with bob.hears(bot.id) as heard:
        ada.say(channel["id"], f"@{bot.username} what is 40 plus 2")
    assert heard[0]["post"]["message"] == "42"
    assert "43" not in bob.posts_by(bot.id)


def test_it_talks_in_a_direct_channel(ada, bob, bot):
    direct = bob.driver.channels.create_direct_channel([bob.id, bot.id])
    with bob.hears(bot.id) as heard:
        bob.say(direct["id"], "ping")
    assert heard[0]["post"]["message"] == "pong"
    assert heard[0]["post"]["channel_id"] == direct["id"]
    assert heard[0]["data"]["channel_type"] == "D"
    assert "pong" not in ada.posts_by(bot.id)


def test_it_opens_a_direct_channel_by_itself(ada, bob, bot, channel):
    secret = unique("secret")
    with ada.sees("direct_added"), ada.hears(bot.id) as heard:
        ada.say(channel["id"], f"whisper {secret}")
    assert heard[0]["post"]["message"] == secret
    assert heard[0]["data"]["channel_name"] == "__".join(sorted([ada.id, bot.id]))
    assert secret not in bob.posts_by(bot.id)


def test_it_reacts(ada, bob, bot, channel):
    with bob.sees("reaction_added", lambda data: json.loads(data["reaction"])["user_id"] == bot.id):
        post = ada.say(channel["id"], "like this")
    [reaction] = bob.driver.reactions.get_reactions(post["id"])
    assert (reaction["user_id"], reaction["emoji_name"]) == (bot.id, "+1")


def test_it_reads_a_thread_in_order(ada, bob, bot, channel):
    root = ada.say(channel["id"], "first")
    bob.say(channel["id"], "second", root["id"])
    with bob.hears(bot.id) as heard:
        ada.say(channel["id"], "count the thread", root["id"])
    assert heard[0]["post"]["message"] == "first / second / count the thread"
    assert heard[0]["post"]["root_id"] == root["id"]


def test_it_knows_who_speaks_and_where(ada, bob, bot, channel):
    with bob.hears(bot.id) as heard:
        ada.say(channel["id"], "who am i")
    assert heard[0]["post"]["message"] == f"{ada.username} in {channel['name']} of {channel['team_id']}"


def test_it_attaches_a_file(ada, bob, bot, channel):
    with bob.hears(bot.id) as heard:
        ada.say(channel["id"], "the report please")
    [file_id] = heard[0]["post"]["file_ids"]
    assert heard[0]["data"]["otherFile"] == "true"
    assert bob.driver.files.get_file(file_id).text == "all is well\n"
    [info] = bob.driver.posts.get_file_infos_for_post(heard[0]["post"]["id"])
    assert info["name"] == "report.txt"


def test_it_does_not_answer_itself(ada, bob, bot, channel):
    word = unique("mirror")
    with bob.hears(bot.id, lambda post: post["message"] == f"echo {word}"):
        ada.say(channel["id"], f"echo {word}")
    # Its own "echo ..." matches the same pattern: one more exchange bounds the time for a second one.
    with bob.hears(bot.id, lambda post: post["message"].startswith("hello")):
        ada.say(channel["id"], "hello")
    assert bob.posts_by(bot.id).count(f"echo {word}") == 1


def test_it_answers_each_of_many_messages_once(ada, bob, bot, channel):
    expected = [f"got {number}" for number in range(30)]
    for number in range(30):
        (ada if number % 2 else bob).say(channel["id"], f"number {number}")
    bob.until("thirty answers", lambda: set(expected) <= set(bob.posts_by(bot.id)))
    got = [message for message in bob.posts_by(bot.id) if message.startswith("got ")]
    assert sorted(got) == sorted(expected)
    page = ada.driver.posts.get_posts_for_channel(channel["id"], {"per_page": 200})
    mine = [page["posts"][post_id] for post_id in page["order"] if page["posts"][post_id]["user_id"] == bot.id]
    answers = {post["message"]: post["props"] for post in mine if post["message"].startswith("got ")}
    assert answers["got 7"]["number"] == "7"
    assert len(answers) == 30


def test_its_work_counts_as_unread(ada, bob, bot, channel):
    bob.driver.channels.view_channel(bob.id, {"channel_id": channel["id"]})
    with bob.hears(bot.id):
        ada.say(channel["id"], "hello")
    total = bob.driver.channels.get_channel(channel["id"])["total_msg_count"]
    member = bob.driver.channels.get_channel_member(channel["id"], bob.id)
    assert total - member["msg_count"] == 2
