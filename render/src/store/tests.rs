//! The store: whole or missing, repaired, bounded, shared.

use std::fs;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use wavemill_core::graph::SignalKey;

use super::{Kind, Store};

fn key(number: u8) -> SignalKey {
    SignalKey([number; 32])
}

fn store(quota_bytes: u64) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), quota_bytes).unwrap();
    (folder, store)
}

#[test]
fn what_is_put_is_got_and_nothing_else() {
    let (_folder, store) = store(1_000_000);
    assert_eq!(store.get(Kind::Sum, &key(1)), None);
    store.put(Kind::Sum, &key(1), b"one");
    store.put(Kind::State, &key(1), b"");
    assert_eq!(store.get(Kind::Sum, &key(1)).as_deref(), Some(&b"one"[..]));
    assert_eq!(store.get(Kind::State, &key(1)).as_deref(), Some(&b""[..]));
    assert_eq!(store.get(Kind::Sum, &key(2)), None);
    assert_eq!(store.take_complaints(), Vec::<String>::new());
}

/// Every way to damage an object: it is missing afterwards, said once, and can be put again.
#[test]
fn damage_is_found_and_repaired() {
    let damages: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes.truncate(3),
        |bytes| bytes.truncate(50),
        |bytes| bytes.push(0),
        |bytes| bytes[60] ^= 1,
        |bytes| bytes[20] ^= 1,
    ];
    for (index, damage) in damages.into_iter().enumerate() {
        let (_folder, store) = store(1_000_000);
        store.put(Kind::Sum, &key(1), &[7; 1000]);
        let path = store.path(Kind::Sum, &key(1));
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        assert_eq!(store.get(Kind::Sum, &key(1)), None, "damage {index}");
        assert!(!path.exists(), "damage {index}");
        let complaints = store.take_complaints();
        assert!(complaints.len() == 1 && complaints[0].contains("damaged"), "{complaints:?}");
        store.put(Kind::Sum, &key(1), &[7; 1000]);
        assert_eq!(store.get(Kind::Sum, &key(1)), Some(vec![7; 1000]));
    }
}

/// A whole object in another's place is not that object.
#[test]
fn an_object_under_another_name_is_damaged() {
    let (_folder, store) = store(1_000_000);
    store.put(Kind::Sum, &key(1), b"one");
    store.put(Kind::Sum, &key(2), b"two");
    fs::copy(store.path(Kind::Sum, &key(1)), store.path(Kind::Sum, &key(2))).unwrap();
    assert_eq!(store.get(Kind::Sum, &key(2)), None);
    assert_eq!(store.verify().damaged, Vec::<String>::new(), "the wrong one is gone");
}

/// Another process of the same number, or one that was killed, left a file of every next name.
#[test]
fn a_temporary_name_that_is_taken_is_left_alone() {
    let (_folder, store) = store(1_000_000);
    for number in 0..20 {
        let name = format!("{}-{number}", std::process::id());
        fs::write(store.folder().join("tmp").join(name), b"somebody else's").unwrap();
    }
    store.put(Kind::Sum, &key(1), b"mine");
    assert_eq!(store.get(Kind::Sum, &key(1)).as_deref(), Some(&b"mine"[..]));
    let theirs = store.folder().join("tmp").join(format!("{}-7", std::process::id()));
    assert_eq!(fs::read(theirs).unwrap(), b"somebody else's");
}

/// What is handed on in pieces is what is put at once.
#[test]
fn pieces_are_the_same_as_the_whole() {
    let (_folder, store) = store(10_000_000);
    let payload: Vec<u8> = (0..700_001_u32).map(|n| n.to_le_bytes()[0]).collect();
    store.put_from(Kind::File, &key(1), &mut payload.as_slice());
    store.put(Kind::File, &key(2), &payload);
    for number in [1, 2] {
        let mut got = Vec::new();
        let copied = store.copy::<()>(Kind::File, &key(number), &mut |piece| {
            got.extend_from_slice(piece);
            Ok(())
        });
        assert_eq!(copied, Ok(true));
        assert!(got == payload);
    }
}

#[test]
fn verify_removes_what_is_damaged_and_keeps_the_rest() {
    let (_folder, store) = store(1_000_000);
    for number in 0..10 {
        store.put(Kind::File, &key(number), &[number; 100]);
    }
    fs::write(store.path(Kind::File, &key(4)), b"nonsense").unwrap();
    let verified = store.verify();
    assert_eq!((verified.objects, verified.damaged.len()), (10, 1));
    assert!(!store.has(Kind::File, &key(4)) && store.has(Kind::File, &key(5)));
    assert_eq!(store.verify().damaged, Vec::<String>::new());
}

/// What was used last stays, the quota holds, and whoever puts on goes on.
#[test]
fn what_was_not_used_for_longest_goes_first() {
    let (_folder, store) = store(40_960);
    for number in 0..20 {
        store.put(Kind::Sum, &key(number), &[number; 4_048]);
        let age = Duration::from_secs(1_000 - u64::from(number));
        let file = fs::File::options().append(true).open(store.path(Kind::Sum, &key(number)));
        file.unwrap().set_modified(SystemTime::now() - age).unwrap();
    }
    // Used again: the oldest is now the youngest.
    assert!(store.get(Kind::Sum, &key(0)).is_some());
    assert_eq!(store.stats().bytes, 81_920);
    assert_eq!(store.sweep(), 45_056);
    let kept: Vec<u8> = (0..20).filter(|number| store.has(Kind::Sum, &key(*number))).collect();
    assert_eq!(kept, [0, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert_eq!(store.clear(), 36_864);
    assert_eq!(store.stats().objects, 0);
}

/// A store that cannot be written is said once and fails nothing.
#[test]
fn a_store_that_cannot_be_written_complains_once() {
    let (_folder, store) = store(1_000_000);
    fs::remove_dir_all(store.folder().join("tmp")).unwrap();
    fs::write(store.folder().join("tmp"), b"in the way").unwrap();
    for number in 0..3 {
        store.put(Kind::Sum, &key(number), b"lost");
    }
    let complaints = store.take_complaints();
    assert!(complaints.len() == 1 && complaints[0].contains("is not kept"), "{complaints:?}");
    assert_eq!(store.get(Kind::Sum, &key(1)), None);
}

/// Two stores over one folder, as two processes have them, and many threads: all find all.
#[test]
fn several_may_use_one_folder_at_once() {
    let (_folder, first) = store(1_000_000);
    let second = Store::open(first.folder(), 1_000_000).unwrap();
    std::thread::scope(|scope| {
        for store in [&first, &second, &first, &second] {
            scope.spawn(move || {
                for number in 0..50 {
                    store.put(Kind::Sum, &key(number), &[number; 300]);
                    let got = store.get(Kind::Sum, &key(number));
                    assert_eq!(got, Some(vec![number; 300]));
                }
            });
        }
    });
    assert_eq!(first.verify().objects, 50);
    assert_eq!(fs::read_dir(first.folder().join("tmp")).unwrap().count(), 0);
}
