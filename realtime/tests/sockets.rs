//! Sockets from outside: an HTTP handshake, frames in order, resumes, ends of access.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use common::socket::{bearer, post_of};
use common::{Cell, PATIENCE, Socket};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

fn status_of(refused: Result<Socket, Error>) -> u16 {
    match refused {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_reach_all_members_in_order_and_name_only_the_mentioned() {
    let cell = Cell::start().await;
    let (ada, bob, eve) =
        (cell.sign_up("ada").await, cell.sign_up("bob").await, cell.sign_up("eve").await);
    let team = cell.team(&[&ada, &bob, &eve]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let mut sockets = [Socket::of(&cell, &ada).await, Socket::of(&cell, &bob).await];
    let mut outsider = Socket::of(&cell, &eve).await;
    for n in 0..20 {
        let mentions: &[_] = if n == 7 { &[&bob] } else { &[] };
        cell.post_to(channel, &ada, &format!("m{n}"), mentions).await;
    }
    for (at, socket) in sockets.iter_mut().enumerate() {
        for n in 0..20 {
            let event = socket.posted(&format!("m{n}")).await;
            let mentions = &event["data"]["mentions"];
            if (at, n) == (1, 7) {
                assert_eq!(*mentions, format!("[\"{}\"]", bob.id));
            } else {
                assert_eq!(*mentions, Value::Null);
            }
            assert_eq!(event["data"]["sender_name"], "@ada");
            assert_eq!(event["data"]["channel_type"], "P");
            assert_eq!(event["data"]["team_id"], team.0.to_string());
            assert_eq!(event["broadcast"]["channel_id"], channel.to_string());
        }
        let reply = socket.ask(5, "ping", Value::Null).await;
        assert_eq!(reply["data"]["text"], "pong");
    }
    outsider.is_silent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_may_say_who_it_is_after_the_handshake() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let mut socket = Socket::open(&cell, "", &[]).await.unwrap();
    let challenge = |token: &str| json!({"seq": 1, "action": "authentication_challenge", "data": {"token": token}});
    socket.say(challenge(&ada.token)).await;
    assert_eq!(socket.next().await, json!({"status": "OK", "seq_reply": 1}));
    let hello = socket.hello().await;
    assert_eq!(hello["data"]["server_version"], "1.0.0");
    let again = socket.ask(2, "authentication_challenge", json!({"token": ada.token})).await;
    assert_eq!(again, json!({"status": "OK", "seq_reply": 2}));

    let cookie = ("cookie", format!("MMAUTHTOKEN={}", ada.token));
    let mut by_cookie = Socket::open(&cell, "", &[cookie]).await.unwrap();
    by_cookie.hello().await;

    let mut stranger = Socket::open(&cell, "", &[]).await.unwrap();
    stranger.say(challenge("ybndrfg8ejkmcpqxot1uwisza3")).await;
    let reply = stranger.next().await;
    assert_eq!(reply["error"]["status_code"], 401);
    assert!(stranger.try_next().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_not_taken_from_a_foreign_page() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let cookie = ("cookie", format!("MMAUTHTOKEN={}", ada.token));
    let origin = |text: &str| ("origin", text.to_owned());
    for foreign in ["https://evil.example.org", "null", "http://127.0.0.1:1"] {
        let refused = Socket::open(&cell, "", &[cookie.clone(), origin(foreign)]).await;
        assert_eq!(status_of(refused), 403, "{foreign}");
    }
    for own in [format!("http://{}", cell.address), "https://chat.example.org".to_owned()] {
        let mut socket = Socket::open(&cell, "", &[cookie.clone(), origin(&own)]).await.unwrap();
        socket.hello().await;
    }
    let foreign = origin("https://evil.example.org");
    let mut by_header = Socket::open(&cell, "", &[bearer(&ada), foreign]).await.unwrap();
    by_header.hello().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_goes_on_without_a_gap() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let mut first = Socket::of(&cell, &bob).await;
    cell.post(channel, &ada, "seen").await;
    first.posted("seen").await;
    let (id, seq) = (first.connection_id.clone(), first.expected);
    drop(first);
    for n in 0..50 {
        cell.post(channel, &ada, &format!("missed {n}")).await;
    }
    let mut second = Socket::resume(&cell, &bob, &id, seq).await;
    for n in 0..50 {
        second.posted(&format!("missed {n}")).await;
    }
    cell.post(channel, &ada, "live").await;
    second.posted("live").await;

    // The old socket is still open here: whoever comes with its id takes over.
    let seq = second.expected;
    let mut third = Socket::resume(&cell, &bob, &id, seq).await;
    let last = cell.post(channel, &ada, "taken over").await;
    cell.pushed(last).await;
    third.posted("taken over").await;
    assert!(second.try_next().await.is_err(), "one connection, one socket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_that_cannot_be_begins_anew() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let first = Socket::of(&cell, &bob).await;
    let (id, seq) = (first.connection_id.clone(), first.expected);
    let hers = Socket::of(&cell, &ada).await;

    let mut others = Socket::resume(&cell, &bob, &hers.connection_id, 1).await;
    others.expected = 0;
    others.hello().await;
    assert_ne!(others.connection_id, hers.connection_id, "another's connection is not resumed");
    drop(others);

    drop(first);
    let mut last = None;
    for n in 0..200 {
        last = Some(cell.post(channel, &ada, &format!("{n}")).await);
    }
    cell.pushed(last.unwrap()).await;
    let mut second = Socket::resume(&cell, &bob, &id, seq).await;
    second.expected = 0;
    second.hello().await;
    assert_ne!(second.connection_id, id, "more was missed than is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_member_hears_her_removal_and_nothing_more() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada]).await;
    let (mut hers, mut his) = (Socket::of(&cell, &ada).await, Socket::of(&cell, &bob).await);
    cell.post(channel, &ada, "before").await;
    cell.add(channel, &bob, team.1, &ada).await;
    hers.posted("before").await;
    assert_eq!(hers.event("user_added").await["data"]["user_id"], bob.id.to_string());
    assert_eq!(post_of(&hers.event("posted").await)["type"], "system_add_to_channel");
    let added = his.event("user_added").await;
    assert_eq!(added["data"]["team_id"], team.0.to_string());
    assert_eq!(post_of(&his.event("posted").await)["props"]["addedUserId"], bob.id.to_string());

    cell.remove(channel, &bob, &ada).await;
    let last = cell.post(channel, &ada, "after").await;
    cell.pushed(last).await;
    let removed = his.event("user_removed").await;
    assert_eq!(removed["data"]["channel_id"], channel.to_string());
    assert_eq!(removed["broadcast"]["user_id"], bob.id.to_string());
    let stays = hers.event("user_removed").await;
    assert_eq!(stays["data"]["user_id"], bob.id.to_string());
    assert_eq!(stays["broadcast"]["channel_id"], channel.to_string());
    hers.event("posted").await;
    hers.posted("after").await;
    his.is_silent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_the_team_ends_its_channels_before_any_step_does() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let (mut hers, mut his) = (Socket::of(&cell, &ada).await, Socket::of(&cell, &bob).await);
    cell.leave_team(team.0, &bob, team.1).await;
    let last = cell.post(channel, &ada, "among us").await;
    cell.pushed(last).await;
    let told = hers.event("leave_team").await;
    assert_eq!(told["broadcast"]["omit_users"], json!({ bob.id.to_string(): true }));
    hers.posted("among us").await;
    assert_eq!(his.event("leave_team").await["data"]["user_id"], bob.id.to_string());
    his.is_silent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_session_closes_its_sockets_and_no_others() {
    let cell = Cell::start().await;
    let here = cell.sign_up("ada").await;
    let there = cell.log_in(here.id).await;
    let (mut one, mut other) = (Socket::of(&cell, &here).await, Socket::of(&cell, &there).await);
    let position = cell.log_out(&here).await;
    cell.pushed(position).await;
    let team = cell.team(&[&here]).await;
    cell.channel(team, &[&here]).await;
    loop {
        match one.try_next().await {
            Ok(event) => assert_eq!(event["event"], "status_change", "{event}"),
            Err(code) => {
                assert_eq!(code, Some(CloseCode::Policy));
                break;
            }
        }
    }
    other.event("added_to_team").await;
    other.event("channel_created").await;

    let mut again = Socket::open(
        &cell,
        &format!("?connection_id={}&sequence_number=1", one.connection_id),
        &[],
    )
    .await
    .unwrap();
    again
        .say(json!({"seq": 1, "action": "authentication_challenge", "data": {"token": here.token}}))
        .await;
    assert_eq!(again.next().await["status"], "FAIL", "the token is dead");

    let admin = cell.sign_up("root").await;
    let mut watching = Socket::of(&cell, &admin).await;
    let position = cell.deactivate(&there).await;
    cell.pushed(position).await;
    while other.try_next().await.is_ok() {}
    let updated = watching.event("user_updated").await;
    assert_eq!(updated["data"]["user"]["id"], here.id.to_string());
    assert_eq!(updated["data"]["user"].get("notify_props"), None, "seen by a stranger");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_closed_and_forgotten_while_others_go_on() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let stream = socket.connect(cell.address).await.unwrap();
    let mut slow = Socket::over(stream, &cell, "", &[bearer(&bob)]).await.unwrap();
    slow.hello().await;
    let mut quick = Socket::of(&cell, &ada).await;
    let message = "x".repeat(32 * 1024);
    // More than the system takes for the slow one (some megabytes) and 256 messages behind it.
    for _ in 0..700 {
        cell.post(channel, &ada, &message).await;
        quick.posted(&message).await;
    }
    let mut seen = 0;
    while slow.try_next().await.is_ok() {
        seen += 1;
    }
    assert!(seen < 700, "it was closed before it had read all");
    let query = slow.expected;
    let mut again = Socket::resume(&cell, &bob, &slow.connection_id, query).await;
    again.expected = 0;
    again.hello().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_reaches_others_and_needs_membership() {
    let cell = Cell::start().await;
    let (ada, bob, eve) =
        (cell.sign_up("ada").await, cell.sign_up("bob").await, cell.sign_up("eve").await);
    let team = cell.team(&[&ada, &bob, &eve]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let (mut hers, mut his) = (Socket::of(&cell, &ada).await, Socket::of(&cell, &bob).await);
    let mut outside = Socket::of(&cell, &eve).await;
    let data = json!({"channel_id": channel.to_string(), "parent_id": ""});
    assert_eq!(hers.ask(1, "user_typing", data.clone()).await["status"], "OK");
    let typing = his.event("typing").await;
    assert_eq!(typing["data"], json!({"user_id": ada.id.to_string(), "parent_id": ""}));
    assert_eq!(outside.ask(1, "user_typing", data).await["error"]["status_code"], 403);
    cell.post(channel, &ada, "typed").await;
    hers.posted("typed").await;
    his.posted("typed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_a_socket_is_online_and_is_told_so() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let mut socket = Socket::of(&cell, &ada).await;
    let change = socket.event("status_change").await;
    assert_eq!(change["data"], json!({"user_id": ada.id.to_string(), "status": "online"}));
    let asked = json!({"user_ids": [ada.id.to_string()]});
    let reply = socket.ask(1, "get_statuses_by_ids", asked).await;
    assert_eq!(reply["data"], json!({ ada.id.to_string(): "online" }));
    let away = json!({"user_is_active": false, "manual": false});
    socket.ask(2, "user_update_active_status", away).await;
    assert_eq!(socket.event("status_change").await["data"]["status"], "away");
    let reply = socket.ask(3, "get_statuses", Value::Null).await;
    assert_eq!(reply["data"], json!({ ada.id.to_string(): "away" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_is_told_from_the_row() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let team = cell.team(&[&ada]).await;
    let channel = cell.channel(team, &[&ada]).await;
    let mut socket = Socket::of(&cell, &ada).await;
    let post_id = events::PostId::random();
    let pinned =
        events::channel::PostPinned { channel_id: channel, post_id, root_id: None, by: ada.id };
    cell.channel_event(channel, events::ChannelEvent::PostPinned(pinned.into())).await;
    let edited = socket.event("post_edited").await;
    assert_eq!(post_of(&edited), json!({"id": post_id.to_string(), "is_pinned": true}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_so_many_sockets_and_no_more() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let first = Socket::of(&cell, &ada).await;
    let _second = Socket::of(&cell, &ada).await;
    let _third = Socket::of(&cell, &ada).await;
    let mut fourth = Socket::open(&cell, "", &[bearer(&ada)]).await.unwrap();
    assert_eq!(fourth.try_next().await, Err(Some(CloseCode::Again)));
    let dropped = first.connection_id.clone();
    drop(first);
    // What only waits for its client gives way; the server hears of the close when it does.
    let _fourth = loop {
        let mut socket = Socket::open(&cell, "", &[bearer(&ada)]).await.unwrap();
        if socket.try_next().await.is_ok() {
            break socket;
        }
    };
    let mut late = Socket::resume(&cell, &ada, &dropped, 1).await;
    assert_eq!(late.try_next().await, Err(Some(CloseCode::Again)), "its place was taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_client_sends_is_closed_with_a_reason() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    for (message, code) in [
        (Message::text("x".repeat(9_000)), CloseCode::Size),
        (Message::binary(vec![0x81]), CloseCode::Unsupported),
        (Message::text("{"), CloseCode::Invalid),
    ] {
        let mut socket = Socket::of(&cell, &ada).await;
        socket.send(message).await;
        let closed = loop {
            if let Err(closed) = socket.try_next().await {
                break closed;
            }
        };
        assert_eq!(closed, Some(code));
    }
    let plain = plain_get(&cell).await;
    assert!(plain.starts_with("HTTP/1.1 400"), "{plain}");
}

/// `GET` without an upgrade.
async fn plain_get(cell: &Cell) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = TcpStream::connect(cell.address).await.unwrap();
    let head = "GET /api/v4/websocket/ HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_let_in_while_the_log_is_not_confirmed() {
    let options =
        fold::Options { fail_closed_after: std::time::Duration::ZERO, ..fold::Options::default() };
    let cell = Cell::start_with(options).await;
    let ada = cell.sign_up("ada").await;
    assert_eq!(status_of(Socket::open(&cell, "", &[bearer(&ada)]).await), 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_may_be_asked_for_before_the_challenge() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.sign_up("ada").await, cell.sign_up("bob").await);
    let team = cell.team(&[&ada, &bob]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let first = Socket::of(&cell, &bob).await;
    let (id, seq) = (first.connection_id.clone(), first.expected);
    drop(first);
    cell.post(channel, &ada, "missed").await;
    let query = format!("?connection_id={id}&sequence_number={seq}");
    let mut second = Socket::open(&cell, &query, &[]).await.unwrap();
    second.expected = seq;
    let token = json!({"token": bob.token});
    second.say(json!({"seq": 1, "action": "authentication_challenge", "data": token})).await;
    assert_eq!(second.next().await, json!({"status": "OK", "seq_reply": 1}));
    second.posted("missed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_says_goodbye_to_everyone() {
    let cell = Cell::start().await;
    let ada = cell.sign_up("ada").await;
    let mut socket = Socket::of(&cell, &ada).await;
    cell.realtime.close().await;
    let code = loop {
        if let Err(code) = socket.try_next().await {
            break code;
        }
    };
    assert_eq!(code, Some(CloseCode::Away));
    tokio::time::timeout(PATIENCE, cell.realtime.stopped()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_are_told_of_replies_from_rows_as_long_as_they_may_read_them() {
    let cell = Cell::start().await;
    let (ada, bob, eve) =
        (cell.sign_up("ada").await, cell.sign_up("bob").await, cell.sign_up("eve").await);
    let team = cell.team(&[&ada, &bob, &eve]).await;
    let channel = cell.channel(team, &[&ada, &bob]).await;
    let mut sockets = [Socket::of(&cell, &ada).await, Socket::of(&cell, &bob).await];
    let mut outsider = Socket::of(&cell, &eve).await;
    // The rows name her too; that she may not read the channel is seen when the frame goes out.
    cell.threads_of(channel, &eve);
    let root = cell.say(channel, &ada, None).await;
    let reply = cell.say(channel, &bob, Some(root)).await;
    for (socket, person) in sockets.iter_mut().zip([&ada, &bob]) {
        let posted = socket.event("posted").await;
        assert_eq!(posted["data"].get("followers"), None, "a root has none");
        // The thread was heard from its beginning: nobody else follows it.
        let posted = socket.event("posted").await;
        assert_eq!(posted["data"]["followers"], format!("[\"{}\"]", person.id));
        let told = socket.event("thread_updated").await;
        let thread: Value = serde_json::from_str(told["data"]["thread"].as_str().unwrap()).unwrap();
        let expected = json!({ "id": root, "reply": reply, "gone": false });
        assert_eq!((thread, &told["data"]["previous_unread_replies"]), (expected, &json!(1)));
        assert_eq!(told["broadcast"]["user_id"], person.id.to_string());
    }
    let everyone = cell.sign_up("new").await;
    let next = outsider.event("new_user").await;
    assert_eq!(next["data"]["user_id"], everyone.id.to_string());
}
