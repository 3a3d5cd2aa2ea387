//! Golden vectors: what ids, partitions and positions are for ever. Every expected value was computed
//! by other programs (SHA-256 and XXH3 of other implementations), none by this crate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use events::{
    ChannelId, EventId, FIRST_EPOCH, Id, PARTITIONS, Partition, Position, TeamId, Topic, UserId,
};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

/// Sixteen bytes that count up from `first`.
fn counting(first: u8) -> [u8; 16] {
    std::array::from_fn(|i| first.wrapping_add(u8::try_from(i).unwrap()))
}

fn user(first: u8) -> UserId {
    UserId::from_bytes(counting(first))
}

const TEAM: u8 = 0x40;
const CHANNEL: u8 = 0x50;

#[test]
fn ids_are_written_in_zbase32() {
    let vectors: [([u8; 16], &str); 6] = [
        ([0; 16], "yyyyyyyyyyyyyyyyyyyyyyyyyy"),
        ([0xff; 16], "9999999999999999999999999h"),
        (counting(0), "yyyoryarywdyqnyjbefoadeqbh"),
        (*b"nottermost chat!", "p3zze7dfqjss6h5wrbtsoamwrr"),
        (
            0x8000_0000_0000_0000_0000_0000_0000_0000_u128.to_be_bytes(),
            "oyyyyyyyyyyyyyyyyyyyyyyyyy",
        ),
        (1_u128.to_be_bytes(), "yyyyyyyyyyyyyyyyyyyyyyyyyr"),
    ];
    for (bytes, text) in vectors {
        assert_eq!(Id(bytes).to_string(), text);
        assert_eq!(text.parse(), Ok(Id(bytes)), "{text}");
        assert_eq!(serde_json::to_string(&Id(bytes)).unwrap(), format!("{text:?}"));
    }
}

#[test]
fn texts_that_are_no_id_are_refused() {
    let refused = [
        "",
        "yyyyyyyyyyyyyyyyyyyyyyyyy",
        "yyyyyyyyyyyyyyyyyyyyyyyyyyy",
        // Bits beyond the sixteenth byte.
        "yyyyyyyyyyyyyyyyyyyyyyyyyb",
        "99999999999999999999999999",
        // Characters that the alphabet leaves out, and the other case.
        "yyyyyyyyyyyyyyyyyyyyyyyyl0",
        "yyyyyyyyyyyyvyyyyyyyyyyyyy",
        "yyyyyyyyyyyy2yyyyyyyyyyyyy",
        "Yyyyyyyyyyyyyyyyyyyyyyyyyy",
        "yyyyyyyyyyyyyyyyyyyyyyyyy ",
        "yyyyyyyyyyyyyyyyyyyyyyyyy=",
        "yyyyyyyyyyyyyyyyyyyyyyyyy\n",
        // Twenty-six bytes, fewer characters.
        "ééééééééééééé",
    ];
    for text in refused {
        assert!(text.parse::<Id>().is_err(), "{text:?} was taken for an id");
        let json = serde_json::to_string(text).unwrap();
        assert!(serde_json::from_str::<Id>(&json).is_err(), "{json} was taken for an id");
    }
    assert!(serde_json::from_str::<Id>("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]").is_err());
}

#[test]
fn derived_ids_are_sha_256_over_length_prefixed_fields() {
    let vectors: [(&str, &[&[u8]], &str); 7] = [
        ("", &[], "5h9sdgyrirz7sonzdrshexqzjy"),
        ("x", &[], "h7bkzt6ecwqwfsh7ci3czekmdo"),
        ("l", &[b""], "uu5cfp4zcdaxpdforhra1qft3w"),
        ("l", &[b"abc", b"de"], "a5nyodm8ht1csyte8pntt1wfpo"),
        ("l", &[b"ab", b"cde"], "88kk79rfyyxfqnawzf9c4ef1gr"),
        ("la", &[b"bc"], "mwok7yrwgiea7owmzmwz8dfk9c"),
        ("lab", &[b"c"], "s4itia8bkptyqx41ggk4mm6bza"),
    ];
    for (label, fields, expected) in vectors {
        assert_eq!(Id::derived(label, fields).to_string(), expected, "{label:?} {fields:?}");
    }
}

#[test]
fn a_direct_channel_is_named_by_its_people_in_any_order() {
    let expected = "o38tzo5meug4xf4jyimz6ukd4o";
    assert_eq!(ChannelId::direct(user(0x10), user(0x20)).to_string(), expected);
    assert_eq!(ChannelId::direct(user(0x20), user(0x10)).to_string(), expected);
    let alone = ChannelId::direct(user(0x10), user(0x10)).to_string();
    assert_eq!(alone, "mzq5eec5fy57wkzdytw5qse78c");
}

#[test]
fn a_group_channel_is_named_by_its_people_in_any_order_and_number() {
    let (a, b, c) = (user(0x10), user(0x20), user(0x30));
    for members in [&[a, b, c][..], &[c, a, b], &[b, b, c, a, b]] {
        assert_eq!(ChannelId::group(members).to_string(), "5piybmzbm17jw7dg63fu5k1s4e");
    }
    let two = ChannelId::group(&[a, b]);
    assert_eq!(two.to_string(), "crk6ccm89khzha7y39fmgj5u4a");
    assert_ne!(two, ChannelId::direct(a, b), "a group of two is no direct channel");
}

#[test]
fn default_channels_are_named_by_their_team() {
    let of = |name| ChannelId::default_of(TeamId::from_bytes(counting(TEAM)), name).to_string();
    assert_eq!(of("town-square"), "q5thro18h4m5t3rhxqaq9my6bh");
    assert_eq!(of("off-topic"), "4czwp9nt9kj5qyq151quo3gwrc");
}

#[test]
fn a_step_is_named_by_its_deciding_position() {
    let step = |position: Position| {
        EventId::step(&position, "join-default-channel", &counting(CHANNEL)).to_string()
    };
    assert_eq!(step(Position::new(Partition::DIRECTORY, 17)), "8aszn9he5i9s8fn4jd3ex7pp9e");
    let partition = Partition { topic: Topic::Channels, index: 7 };
    let later = Position { epoch: 2, partition, offset: 4711 };
    let first = Position { epoch: 1, ..later };
    assert_eq!(step(later), step(first), "an offset is given once");
}

#[test]
fn a_pending_post_id_names_the_command_of_its_author_alone() {
    let channel = ChannelId::from_bytes(counting(CHANNEL));
    let of = |author, pending| EventId::pending_post(author, channel, pending).to_string();
    assert_eq!(of(user(0x10), "abcdefghijklmnopqrstuvwxyz"), "7ic6u8tofwse8bwky7w79a9whh");
    assert_eq!(of(user(0x20), "abcdefghijklmnopqrstuvwxyz"), "x6axknhatnjeyjrzx475zo9tcc");
    assert_eq!(of(user(0x10), "ü:1"), "rz48n64awxn6eopk4hr3bt4wbo");
}

#[test]
fn an_idempotency_key_names_the_command_of_its_account_and_route() {
    let id = EventId::idempotency_key(user(0x10), "POST /api/v4/posts", "key-1");
    assert_eq!(id.to_string(), "7jokhu7q1mx8wbhbq6nakxsiyc");
}

/// The input of the hash's published vectors: bytes from a 64-bit congruential generator.
fn xxh3_input(len: usize) -> Vec<u8> {
    let bytes = std::iter::successors(Some(2_654_435_761_u64), |state| {
        Some(state.wrapping_mul(11_400_714_785_074_694_797))
    });
    bytes.map(|state| state.to_be_bytes()[0]).take(len).collect()
}

#[test]
fn the_hash_is_the_published_xxh3_with_seed_zero() {
    let vectors = [
        (0, 0x2d06_8005_38d3_94c2),
        (1, 0xc44b_dff4_074e_ecdb),
        (6, 0x27b5_6a84_cd2d_7325),
        (12, 0xa713_daf0_dfbb_77e7),
        (24, 0xa3fe_70bf_9d35_10eb),
        (48, 0x397d_a259_ecba_1f11),
        (80, 0xbcde_fbbb_2c47_c90a),
        (195, 0xcd94_217e_e362_ec3a),
    ];
    for (len, hash) in vectors {
        assert_eq!(xxh3_64(&xxh3_input(len)), hash, "of {len} bytes");
    }
}

#[test]
fn keys_belong_to_the_partition_of_their_hash() {
    let down = std::array::from_fn(|i| 15 - u8::try_from(i).unwrap());
    let vectors: [([u8; 16], u16); 12] = [
        ([0; 16], 40),
        ([0xff; 16], 19),
        (counting(0), 27),
        (down, 50),
        (*b"nottermost chat!", 27),
        (counting(0x10), 25),
        (counting(0x20), 44),
        (counting(0x30), 12),
        (counting(0x40), 5),
        (counting(0x50), 13),
        (counting(0xf8), 1),
        (0x864f_1bc3_6b44_cda7_9749_0557_7f4d_43d4_u128.to_be_bytes(), 4),
    ];
    for (key, index) in vectors {
        for topic in [Topic::Channels, Topic::Users, Topic::Readstate, Topic::Presence] {
            assert_eq!(Partition::of(topic, &key), Partition { topic, index });
        }
        assert_eq!(Partition::of(Topic::Directory, &key), Partition::DIRECTORY);
    }
}

#[test]
fn topics_have_their_names_and_partitions() {
    let vectors = [
        (Topic::Directory, "directory", 1),
        (Topic::Channels, "channels", 64),
        (Topic::Users, "users", 64),
        (Topic::Readstate, "readstate", 64),
        (Topic::Presence, "presence", 64),
    ];
    assert_eq!(Topic::ALL.map(|t| (t, t.name(), t.partition_count())), vectors);
    assert_eq!(
        Topic::Users.partitions().map(|p| p.index).collect::<Vec<_>>(),
        Vec::from_iter(0..64)
    );
    assert_eq!(Partition::durable().count(), 1 + 3 * 64);
    assert_eq!(Partition::durable().next(), Some(Partition::DIRECTORY));
    assert!(Partition::durable().all(|p| p.topic != Topic::Presence));
    assert_eq!((PARTITIONS, FIRST_EPOCH), (64, 1));
}

#[test]
fn positions_have_one_text() {
    let at = |topic, index| Partition { topic, index };
    let vectors = [
        ("1.channels-07.4711", Position::new(at(Topic::Channels, 7), 4711)),
        ("1.directory-00.0", Position::new(Partition::DIRECTORY, 0)),
        ("2.readstate-63.1", Position { epoch: 2, partition: at(Topic::Readstate, 63), offset: 1 }),
        (
            "4294967295.users-10.18446744073709551615",
            Position { epoch: u32::MAX, partition: at(Topic::Users, 10), offset: u64::MAX },
        ),
    ];
    for (text, position) in vectors {
        assert_eq!(position.to_string(), text);
        assert_eq!(text.parse(), Ok(position));
    }
}

#[test]
fn texts_that_are_no_position_are_refused() {
    let refused = [
        "",
        "1.channels-07",
        "channels-07.4711",
        "1.channels-07.4711.",
        "1.channels-07.4711.0",
        "1.channels-64.0",
        "1.directory-01.0",
        "1.channel-07.0",
        "1.Channels-07.0",
        "1.channels.07.0",
        "1.channels-7.0",
        "1.channels-007.0",
        "1.channels-+7.0",
        "1.channels--7.0",
        "1.channels-.0",
        "01.channels-07.0",
        "+1.channels-07.0",
        "1.channels-07.00",
        "1.channels-07.+1",
        "1.channels-07.-1",
        "1.channels-07.",
        ".channels-07.1",
        " 1.channels-07.1",
        "4294967296.channels-07.1",
        "1.channels-07.18446744073709551616",
    ];
    for text in refused {
        assert!(text.parse::<Position>().is_err(), "{text:?} was taken for a position");
    }
}

fn any_partition() -> impl Strategy<Value = Partition> {
    let all = Topic::ALL.into_iter().flat_map(Topic::partitions).collect::<Vec<_>>();
    proptest::sample::select(all)
}

proptest! {
    #[test]
    fn every_id_reads_back_and_orders_by_its_bytes(a: [u8; 16], b: [u8; 16]) {
        prop_assert_eq!(Id(a).to_string().parse(), Ok(Id(a)));
        let json = serde_json::to_string(&Id(a)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Id>(&json).unwrap(), Id(a));
        prop_assert_eq!(Id(a).cmp(&Id(b)), a.cmp(&b));
    }

    #[test]
    fn a_text_that_reads_as_an_id_is_its_text(text in "[ybndrfg8ejkmcpqxot1uwisza345h769]{26}") {
        if let Ok(id) = text.parse::<Id>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn every_position_reads_back(epoch: u32, partition in any_partition(), offset: u64) {
        let position = Position { epoch, partition, offset };
        prop_assert_eq!(position.to_string().parse(), Ok(position));
        prop_assert_eq!(partition.to_string().parse(), Ok(partition));
    }
}
