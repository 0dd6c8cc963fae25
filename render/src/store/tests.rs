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
    let (_folder, store) = store(10_000);
    for number in 0..20 {
        store.put(Kind::Sum, &key(number), &[number; 952]);
        let age = Duration::from_secs(1_000 - u64::from(number));
        let file = fs::File::options().append(true).open(store.path(Kind::Sum, &key(number)));
        file.unwrap().set_modified(SystemTime::now() - age).unwrap();
    }
    // Used again: the oldest is now the youngest.
    assert!(store.get(Kind::Sum, &key(0)).is_some());
    assert_eq!(store.stats().bytes, 20_000);
    assert_eq!(store.sweep(), 11_000);
    let kept: Vec<u8> = (0..20).filter(|number| store.has(Kind::Sum, &key(*number))).collect();
    assert_eq!(kept, [0, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert_eq!(store.clear(), 9_000);
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
