//! What is done to digests.

use super::*;

#[tokio::test]
async fn an_edited_digest_is_found() {
    let it = Tampered::new().await;
    it.replace(&digest(1), "\"next_offset\":6", "\"next_offset\":5").await;
    let found = it.found().await;
    assert!(found.contains(&at(&digest(1), FindingKind::Forged)), "{found:?}");
}

#[tokio::test]
async fn a_digest_that_is_signed_with_another_key_is_found() {
    let it = Tampered::new().await;
    let forger = Signer::from_seed(&[8; 32]).succeeding([signer().public_key()]);
    it.store.delete(&digest(2)).await.unwrap();
    it.archive.write_digest(hour(2), &forger).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(2), FindingKind::Forged)]);
    let both: [PublicKey; 2] = [signer().public_key(), forger.public_key()];
    assert!(it.archive.verify(&both, &mut ()).await.unwrap().is_sound());
    assert!(it.archive.verify(&[], &mut ()).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_digest_with_another_one_s_signature_is_found() {
    let it = Tampered::new().await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (one, other) = (text(it.get(&digest(0)).await), text(it.get(&digest(1)).await));
    let signature = |object: &str| object.split("\"signature\"").nth(1).unwrap().to_owned();
    let edited = one.replace(&signature(&one), &signature(&other));
    it.put(&digest(0), edited).await;
    assert!(it.found().await.contains(&at(&digest(0), FindingKind::Forged)));
}

#[tokio::test]
async fn a_digest_that_is_not_there_or_under_another_name_is_found() {
    let it = Tampered::new().await;
    it.store.delete(&digest(1)).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(1), FindingKind::Missing)]);
    it.store.delete(&digest(0)).await.unwrap();
    assert_eq!(it.found().await, [at(&digest(1), FindingKind::Missing)]);
    let it = Tampered::new().await;
    let older = it.get(&digest(1)).await;
    it.put(&digest(3), older).await;
    assert_eq!(it.found().await, [at(&digest(3), FindingKind::Misplaced)]);
}

#[tokio::test]
async fn a_chain_of_digests_that_begins_anew_is_found() {
    let it = Tampered::new().await;
    let records = [archived_at(PARTITION, 0, START_MS + 3 * HOUR_MS)];
    // The same key signed it, over another archive.
    let store = Arc::new(MemoryStore::new());
    let other = archive(&store);
    append_all(&other, ArchiveEnd::default(), &records, &[1]).await;
    other.write_digest(hour(3), &signer()).await.unwrap();
    let anew = store.get(&digest(3)).await.unwrap().unwrap();
    it.put(&digest(3), anew).await;
    let found = it.found().await;
    assert!(found.contains(&at(&digest(3), FindingKind::Misplaced)), "{found:?}");
}

#[tokio::test]
async fn what_is_no_digest_is_found() {
    let it = Tampered::new().await;
    let stray = ObjectKey::parse(format!("digests/{EPOCH}/stray")).unwrap();
    it.put(&stray, "").await;
    it.put(&digest(0), "{}").await;
    it.put(&digest(1), vec![b' '; 1 << 20]).await;
    let found = it.found().await;
    for key in [stray, digest(0), digest(1)] {
        assert!(found.contains(&at(&key, FindingKind::Malformed)), "{key} in {found:?}");
    }
    assert_eq!(found.len(), 3, "{found:?}");
}

#[tokio::test]
async fn a_digest_that_is_not_trusted_is_not_continued() {
    let it = Tampered::new().await;
    let stranger = Signer::from_seed(&[8; 32]);
    let refused = it.archive.write_digest(hour(3), &stranger).await.expect_err("not its chain");
    assert!(refused.to_string().contains("2026-01-01T02 is forged"), "{refused}");
    it.replace(&digest(2), "\"next_offset\":9", "\"next_offset\":8").await;
    let refused = it.archive.write_digest(hour(3), &signer()).await.expect_err("it was edited");
    assert!(refused.to_string().contains("2026-01-01T02 is forged"), "{refused}");
}
