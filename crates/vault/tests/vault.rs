//! The vault as its callers see it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use gongqiao_contract::{
    codes::CitizenId,
    id::{CardId, DispatchId},
    subject::{Cell, audit_access},
    wire::{self, access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_shell::Clock;
use gongqiao_vault::{
    Access, AuditError, AuditLog, Claim, Enrolled, MAX_ITEMS, OpenError, Opened, Opener, Owner,
    Recording, Vault, VaultError,
};
use parking_lot::Mutex;
use prost::Message;
use tempfile::TempDir;
use time::macros::{date, datetime};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const NAME: &str = "植入之名";
const PHONE: &str = "19900001234";
const TRADE: &str = "会开叉车";

/// Keeps what it was told, after it was let through; or refuses.
struct Log {
    told: Mutex<Vec<(String, Vec<u8>, String)>>,
    acks: Option<Semaphore>,
}

impl Log {
    fn willing() -> Arc<Self> {
        Arc::new(Self { told: Mutex::default(), acks: Some(Semaphore::new(1000)) })
    }

    fn waiting() -> Arc<Self> {
        Arc::new(Self { told: Mutex::default(), acks: Some(Semaphore::new(0)) })
    }

    fn failing() -> Arc<Self> {
        Arc::new(Self { told: Mutex::default(), acks: None })
    }
}

impl AuditLog for Log {
    fn record(&self, subject: String, payload: Vec<u8>, id: String) -> Recording<'_> {
        Box::pin(async move {
            let acks = self.acks.as_ref().ok_or_else(|| AuditError::new("no broker"))?;
            acks.acquire().await.map_err(AuditError::new)?.forget();
            self.told.lock().push((subject, payload, id));
            Ok(())
        })
    }
}

fn cell() -> Cell {
    Cell::new("431000".parse().unwrap())
}

fn opener(vault: &Vault, log: Arc<Log>) -> Opener {
    let (clock, _hand) = Clock::manual(datetime!(2021-07-20 10:00 UTC));
    Opener::new(vault.clone(), cell(), clock, log)
}

fn test_id(serial: u32) -> CitizenId {
    let born = date!(1970 - 01 - 01) + time::Duration::days((serial / 1000).into());
    CitizenId::test_id("431021", born, (serial % 1000).try_into().unwrap()).unwrap()
}

fn test_ids(count: u32) -> Vec<CitizenId> {
    (0..count).map(test_id).collect()
}

fn person(id: &CitizenId) -> wire::Person {
    wire::Person {
        name: NAME.to_owned(),
        citizen_id: id.expose().to_owned(),
        phone: PHONE.to_owned(),
        birth_date: "1970-01-01".to_owned(),
        occupations_as_written: TRADE.to_owned(),
        ..wire::Person::default()
    }
}

fn with_id(id: &CitizenId, provisional: &[&str]) -> Claim {
    Claim { provisional: keys(provisional), ..Claim::of(id) }
}

fn without_id(provisional: &[&str]) -> Claim {
    Claim { citizen_id: None, provisional: keys(provisional) }
}

fn keys(provisional: &[&str]) -> Vec<Zeroizing<String>> {
    provisional.iter().map(|key| Zeroizing::new((*key).to_owned())).collect()
}

fn enrol_one(vault: &Vault, claim: Claim) -> Enrolled {
    vault.enrol(&[claim]).unwrap().remove(0)
}

fn access(fields: &[Field]) -> Access {
    let party = "431021103204".to_owned();
    let role = wire::role::Value::Clerk.into();
    Access {
        actor: wire::Actor { party, person: "staff-1".to_owned(), role },
        purpose: Purpose::AnswerSignal,
        subject: "vac_1".to_owned(),
        agreement: String::new(),
        fields: fields.to_vec(),
    }
}

fn one_sealed(vault: &Vault) -> (CardId, wire::Sealed) {
    let id = test_id(1);
    let card = enrol_one(vault, Claim::of(&id)).card;
    let sealed = vault.seal(&card, &person(&id)).unwrap();
    (card, sealed)
}

fn cards(vault: &Vault, ids: &[CitizenId]) -> Vec<CardId> {
    let claims: Vec<Claim> = ids.iter().map(Claim::of).collect();
    vault.enrol(&claims).unwrap().into_iter().map(|enrolled| enrolled.card).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn files_with(dir: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
    };
    files(dir).into_iter().filter(holds).collect()
}

#[test]
fn a_lookup_finds_who_was_enrolled_and_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (known, unknown) = (test_id(1), test_id(2));
    assert_eq!(vault.lookup(&[Claim::of(&known)]).unwrap(), [None]);
    let first = vault.enrol(&[Claim::of(&known), Claim::of(&known)]).unwrap();
    assert_eq!(first[0].card, first[1].card);
    assert_eq!((first[0].new, first[1].new), (true, false));
    let found = vault.lookup(&[Claim::of(&unknown), Claim::of(&known)]).unwrap();
    assert_eq!(found, [None, Some(first[0].card.clone())]);
    assert!(vault.enrol(&[Claim::of(&unknown)]).unwrap()[0].new, "the lookup had enrolled");
}

#[tokio::test]
async fn what_was_enrolled_and_sealed_is_there_after_a_crash() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let ids = test_ids(50);
    let before = cards(&vault, &ids);
    let mac = vault.content_mac(b"row");
    let sealed = vault.seal(&before[0], &person(&ids[0])).unwrap();
    // What is on disk now, without the closing of the database.
    let copy = TempDir::new().unwrap();
    for file in files(dir.path()) {
        let to = copy.path().join(file.strip_prefix(dir.path()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    let again = Vault::open(copy.path()).unwrap();
    assert_eq!(cards(&again, &ids), before);
    assert_eq!(again.content_mac(b"row"), mac);
    let items = vec![(before[0].clone(), sealed)];
    let opened = opener(&again, Log::willing()).open(access(&[Field::Name]), items).await.unwrap();
    assert_eq!(opened[0].fields().unwrap().get(Field::Name), Some(NAME));
}

#[test]
fn handles_that_race_to_enrol_the_same_people_agree_on_their_cards() {
    const PEOPLE: usize = 300;
    let dir = TempDir::new().unwrap();
    let ids = test_ids(300);
    // In small steps round the whole list, each racer from another place.
    let race = |from: usize| {
        let vault = Vault::open(dir.path()).unwrap();
        let mut got = Vec::new();
        for step in 0..PEOPLE / 10 {
            let places: Vec<usize> = (0..10).map(|i| (from + step * 10 + i) % PEOPLE).collect();
            let slice: Vec<Claim> = places.iter().map(|place| Claim::of(&ids[*place])).collect();
            got.extend(places.into_iter().zip(vault.enrol(&slice).unwrap()));
        }
        got
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let race = &race;
        let threads: Vec<_> =
            [0, 5, 150, 155].map(|from| scope.spawn(move || race(from))).into_iter().collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let agreed = cards(&Vault::open(dir.path()).unwrap(), &ids);
    assert_eq!(results.len(), 4 * PEOPLE);
    for (place, enrolled) in &results {
        assert_eq!(enrolled.card, agreed[*place], "two cards for one person");
    }
    let made = results.iter().filter(|(_, enrolled)| enrolled.new).count();
    assert_eq!(made, PEOPLE, "each card is made by exactly one racer");
    let distinct: std::collections::BTreeSet<_> = agreed.iter().collect();
    assert_eq!(distinct.len(), PEOPLE);
}

#[tokio::test]
async fn only_the_fields_that_were_asked_for_come_out() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let item = one_sealed(&vault);
    let asked = access(&[Field::Name, Field::Phone]);
    let opened = opener(&vault, Log::willing()).open(asked, vec![item]).await.unwrap();
    let fields = opened[0].fields().unwrap();
    assert_eq!(fields.get(Field::Name), Some(NAME));
    assert_eq!(fields.get(Field::Phone), Some(PHONE));
    for kept in [Field::CitizenId, Field::BirthDate, Field::OccupationsAsWritten] {
        assert_eq!(fields.get(kept), None);
    }
    assert_eq!(format!("{opened:?}"), "[Person({Name, Phone})]");
}

#[tokio::test]
async fn an_opening_leaves_a_record_of_who_saw_whom_and_what_for() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let item = one_sealed(&vault);
    let card = item.0.to_string();
    let log = Log::willing();
    let items = vec![item.clone(), item];
    opener(&vault, log.clone()).open(access(&[Field::Phone]), items).await.unwrap();
    let told = log.told.lock();
    let [(subject, payload, id)] = told.as_slice() else { panic!("{} records", told.len()) };
    assert_eq!(*subject, audit_access(&cell()));
    let record = wire::AccessRecord::decode(payload.as_slice()).unwrap();
    assert_eq!((&record.record_id, record.cards), (id, vec![card]));
    assert_eq!(record.actor, Some(access(&[]).actor));
    assert_eq!(record.purpose, i32::from(Purpose::AnswerSignal));
    assert_eq!(record.fields, [i32::from(Field::Phone)]);
    assert_eq!(record.subject, "vac_1");
    assert_eq!(record.recorded_at.unwrap().seconds, 1_626_775_200);
}

#[tokio::test]
async fn nothing_is_opened_when_the_record_fails_or_has_not_been_confirmed() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let item = one_sealed(&vault);
    let refused =
        opener(&vault, Log::failing()).open(access(&[Field::Name]), vec![item.clone()]).await;
    assert!(matches!(refused, Err(OpenError::Audit(_))));

    let log = Log::waiting();
    let opener = opener(&vault, log.clone());
    let opening =
        tokio::spawn(async move { opener.open(access(&[Field::Name]), vec![item]).await });
    while Arc::strong_count(&log) < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!opening.is_finished(), "opened before the record was confirmed");
    log.acks.as_ref().unwrap().add_permits(1);
    assert!(matches!(opening.await.unwrap().unwrap()[..], [Opened::Person(_)]));
}

#[tokio::test]
async fn an_access_that_says_too_little_is_refused_before_it_is_recorded() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let item = one_sealed(&vault);
    let log = Log::willing();
    let opener = opener(&vault, log.clone());
    let full = || access(&[Field::Name]);
    let nobody = Access { actor: wire::Actor::default(), ..full() };
    let for_nothing = Access { purpose: Purpose::Unspecified, ..full() };
    let about_nothing = Access { subject: String::new(), ..full() };
    let no_fields = Access { fields: Vec::new(), ..full() };
    let any_field = Access { fields: vec![Field::Unspecified], ..full() };
    for bad in [nobody, for_nothing, about_nothing, no_fields, any_field] {
        let refused = opener.open(bad, vec![item.clone()]).await;
        assert!(matches!(refused, Err(OpenError::Incomplete(_))), "{refused:?}");
    }
    let too_many = opener.open(full(), vec![item; MAX_ITEMS + 1]).await;
    assert!(matches!(too_many, Err(OpenError::TooMany { .. })));
    assert!(log.told.lock().is_empty());
}

#[tokio::test]
async fn a_part_that_was_changed_or_belongs_to_another_card_is_not_opened() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (card, sealed) = one_sealed(&vault);
    let other = cards(&vault, &[test_id(2)]).remove(0);
    let flip = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes.into()
    };
    let mut items = vec![(other, sealed.clone())];
    for at in 0..sealed.nonce.len() {
        items.push((
            card.clone(),
            wire::Sealed { nonce: flip(&sealed.nonce, at), ..sealed.clone() },
        ));
    }
    for at in 0..sealed.ciphertext.len() {
        let ciphertext = flip(&sealed.ciphertext, at);
        items.push((card.clone(), wire::Sealed { ciphertext, ..sealed.clone() }));
    }
    items.push((card.clone(), wire::Sealed::default()));
    let forged = items.len();
    items.push((card, sealed));
    let opener = opener(&vault, Log::willing());
    let opened = opener.open(access(&[Field::Name]), items).await.unwrap();
    assert!(opened[..forged].iter().all(|opened| *opened == Opened::Forged));
    assert!(opened[forged].fields().is_some(), "one bad part stopped the rest");
}

#[tokio::test]
async fn a_destroyed_person_is_gone_for_every_handle_and_comes_back_as_another() {
    let dir = TempDir::new().unwrap();
    let (vault, other) = (Vault::open(dir.path()).unwrap(), Vault::open(dir.path()).unwrap());
    let (card, sealed) = one_sealed(&vault);
    let id = test_id(1);
    assert_eq!(other.lookup(&[Claim::of(&id)]).unwrap(), [Some(card.clone())]);
    assert!(vault.destroy(&card).unwrap());
    assert!(!vault.destroy(&card).unwrap());

    assert_eq!(other.lookup(&[Claim::of(&id)]).unwrap(), [None]);
    assert!(matches!(other.seal(&card, &person(&id)), Err(VaultError::Unknown { .. })));
    let again = enrol_one(&other, Claim::of(&id));
    assert!(again.new && again.card != card);
    let items = vec![(card, sealed.clone()), (again.card, sealed)];
    let opened = opener(&other, Log::willing()).open(access(&[Field::Name]), items).await.unwrap();
    assert_eq!(opened, [Opened::Gone, Opened::Forged]);
}

#[test]
fn a_destroyed_persons_wrapped_key_and_hash_leave_every_file() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let mine = cards(&vault, &test_ids(40)).remove(17);
    let row = |column: &str| -> Vec<u8> {
        let db = rusqlite::Connection::open(dir.path().join("vault/vault.db")).unwrap();
        let sql = format!("SELECT {column} FROM person WHERE card = ?1");
        db.query_row(&sql, [mine.as_str()], |row| row.get(0)).unwrap()
    };
    let traces = [row("key"), row("lookup"), mine.as_str().as_bytes().to_vec()];
    for trace in &traces {
        assert!(!files_with(dir.path(), trace).is_empty(), "the search does not work");
    }
    vault.destroy(&mine).unwrap();
    for trace in &traces {
        assert_eq!(files_with(dir.path(), trace), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_key_still_read_elsewhere_is_told_and_wiped_by_a_repetition() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let card = cards(&vault, &test_ids(1)).remove(0);
    let mut reader = rusqlite::Connection::open(dir.path().join("vault/vault.db")).unwrap();
    let reading = reader.transaction().unwrap();
    let rows: i64 = reading.query_row("SELECT count(*) FROM person", [], |r| r.get(0)).unwrap();
    assert_eq!(rows, 1);
    assert!(matches!(vault.destroy(&card), Err(VaultError::NotWiped)));
    assert_eq!(vault.lookup(&[Claim::of(&test_id(0))]).unwrap(), [None]);
    drop(reading);
    assert!(!vault.destroy(&card).unwrap());
    assert_eq!(files_with(dir.path(), card.as_str().as_bytes()), Vec::<PathBuf>::new());
}

#[test]
fn nobody_else_on_the_machine_may_read_the_files() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    one_sealed(&vault);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["vault", "keys"] {
        assert_eq!(mode(&dir.path().join(folder)), 0o700, "{folder}");
    }
    let files = files(dir.path());
    assert!(files.len() >= 4, "key, database, log and lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_planted_person_stands_in_no_file_error_or_debug_output() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (card, sealed) = one_sealed(&vault);
    fs::write(dir.path().join("sealed.bin"), sealed.encode_to_vec()).unwrap();
    let id = test_id(1);
    let said = format!(
        "{vault:?} {:?} {sealed:?} {:?} {:?} {:?}",
        person(&id),
        vault.enrol(&[Claim::of(&id)]),
        vault.seal(&"card_none".parse().unwrap(), &person(&id)),
        opener(&vault, Log::failing()),
    );
    for word in [NAME, id.expose(), PHONE, TRADE] {
        assert!(!said.contains(word), "{word} in {said}");
        let utf16 = |bytes: fn(u16) -> [u8; 2]| word.encode_utf16().flat_map(bytes).collect();
        let forms: [Vec<u8>; 5] = [
            word.as_bytes().to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            hex::encode(word).into_bytes(),
            <sha2::Sha256 as sha2::Digest>::digest(word).to_vec(),
        ];
        for form in forms {
            assert_eq!(files_with(dir.path(), &form), Vec::<PathBuf>::new(), "{word}");
            let control = dir.path().join("vault/control");
            fs::write(&control, [b"before", form.as_slice(), b"after"].concat()).unwrap();
            assert_eq!(files_with(dir.path(), &form), [control.as_path()]);
            fs::remove_file(control).unwrap();
        }
    }
    assert!(!said.contains(&hex::encode(&sealed.ciphertext)) && said.contains(card.as_str()));
}

#[test]
fn a_vault_whose_key_file_is_missing_or_anothers_is_not_opened() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let key = dir.path().join("keys/vault.key");
    one_sealed(&Vault::open(dir.path()).unwrap());
    fs::remove_file(&key).unwrap();
    assert!(matches!(Vault::open(dir.path()), Err(VaultError::KeyMissing { .. })));
    assert!(!key.exists(), "a key was made up");
    Vault::open(other.path()).unwrap();
    fs::copy(other.path().join("keys/vault.key"), &key).unwrap();
    assert!(matches!(Vault::open(dir.path()), Err(VaultError::KeyForeign)));
}

#[test]
fn a_vault_of_a_newer_build_is_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(Vault::open(dir.path()).unwrap());
    let db = rusqlite::Connection::open(dir.path().join("vault/vault.db")).unwrap();
    db.pragma_update(None, "user_version", 3).unwrap();
    assert!(matches!(Vault::open(dir.path()), Err(VaultError::Newer { found: 3, known: 2 })));
}

#[test]
fn a_vault_of_the_first_schema_goes_on_with_its_people() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let before = cards(&vault, &test_ids(3));
    drop(vault);
    let db = rusqlite::Connection::open(dir.path().join("vault/vault.db")).unwrap();
    db.execute_batch("DROP TABLE provisional; PRAGMA user_version = 1;").unwrap();
    drop(db);
    let vault = Vault::open(dir.path()).unwrap();
    assert_eq!(cards(&vault, &test_ids(3)), before);
    assert!(enrol_one(&vault, without_id(&["known by nothing yet"])).new);
}

#[tokio::test]
async fn somebody_without_an_id_has_one_card_and_keeps_it_when_the_id_becomes_known() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let id = test_id(7);
    let first = enrol_one(&vault, without_id(&["name+phone"]));
    assert!(first.new);
    let sealed = vault.seal(&first.card, &person(&id)).unwrap();
    let again = enrol_one(&vault, without_id(&["name+phone"]));
    assert_eq!((&again.card, again.new), (&first.card, false));
    assert_eq!(vault.lookup(&[Claim::of(&id)]).unwrap(), [None], "the ID is not known yet");

    let verified = with_id(&id, &["name+digits", "name+phone"]);
    assert_eq!(vault.lookup(&[verified]).unwrap(), [Some(first.card.clone())]);
    assert_eq!(vault.lookup(&[Claim::of(&id)]).unwrap(), [None], "a lookup promotes nobody");
    let verified = with_id(&id, &["name+digits", "name+phone"]);
    let promoted = enrol_one(&vault, verified);
    assert_eq!((&promoted.card, promoted.new), (&first.card, false));
    assert_eq!(vault.lookup(&[Claim::of(&id)]).unwrap(), [Some(first.card.clone())]);
    let items = vec![(first.card.clone(), sealed)];
    let opened = opener(&vault, Log::willing()).open(access(&[Field::Name]), items).await.unwrap();
    assert!(opened[0].fields().is_some(), "what was sealed before is opened after");
    // Also after a roster on which the ID is damaged again.
    for key in ["name+phone", "name+digits"] {
        assert_eq!(enrol_one(&vault, without_id(&[key])).card, first.card, "{key}");
    }
}

#[test]
fn an_id_is_never_given_to_the_card_of_somebody_with_another_id() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let one = enrol_one(&vault, with_id(&test_id(1), &["shared"]));
    let other = enrol_one(&vault, with_id(&test_id(2), &["shared"]));
    assert!(other.new && other.card != one.card);
    assert_eq!(enrol_one(&vault, without_id(&["shared"])).card, one.card, "the first keeps it");
    let id = CitizenId::test_id("431021", date!(1970 - 01 - 01), 1).unwrap();
    let lookalike = enrol_one(&vault, without_id(&[id.expose()]));
    assert!(lookalike.new, "a provisional key that reads as an ID is no ID");
}

#[test]
fn destroying_a_card_forgets_every_key_of_it() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let id = test_id(1);
    let first = enrol_one(&vault, with_id(&id, &["a", "b"]));
    assert!(vault.destroy(&first.card).unwrap());
    let claims = [Claim::of(&id), without_id(&["a"]), without_id(&["b"])];
    assert_eq!(vault.lookup(&claims).unwrap(), [None, None, None]);
    let again = enrol_one(&vault, without_id(&["b"]));
    assert!(again.new && again.card != first.card);
}

#[test]
fn a_claim_of_nobody_enrols_nobody() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let claims = [Claim::of(&test_id(1)), without_id(&[])];
    assert!(matches!(vault.enrol(&claims), Err(VaultError::Nobody)));
    assert_eq!(vault.lookup(&claims).unwrap(), [None, None], "all or none");
    assert!(!format!("{:?}", with_id(&test_id(1), &["secret"])).contains("secret"));
}

#[tokio::test]
async fn a_second_number_and_whom_to_call_are_opened_with_the_first() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let card = enrol_one(&vault, Claim::of(&test_id(1))).card;
    let person = wire::Person {
        phone2: "19900005678".to_owned(),
        emergency_contact: "测试母".to_owned(),
        emergency_phone: "19900009999".to_owned(),
        ..person(&test_id(1))
    };
    let items = vec![(card.clone(), vault.seal(&card, &person).unwrap())];
    let wanted = access(&[Field::Phone, Field::EmergencyContact]);
    let opened = opener(&vault, Log::willing()).open(wanted, items).await.unwrap();
    let fields = opened[0].fields().unwrap();
    assert_eq!(fields.get(Field::Phone), Some("19900001234 / 19900005678"));
    assert_eq!(fields.get(Field::EmergencyContact), Some("测试母 19900009999"));
}

#[tokio::test]
async fn a_message_opens_for_its_owner_and_as_what_it_is_alone() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (card, person) = one_sealed(&vault);
    let dispatch: DispatchId = "dsp_1".parse().unwrap();
    let (whose, ride) = (Owner::Card(card.clone()), Owner::Dispatch(dispatch.clone()));
    let member = |name: &str| wire::CrewMember { name: name.to_owned(), phone: PHONE.to_owned() };
    let crew = wire::Crew { drivers: vec![member(NAME)], attendant: None };
    let note = wire::Note { text: TRADE.to_owned() };
    let unknown = vault.seal_message(&ride, &crew);
    assert!(matches!(unknown, Err(VaultError::Unknown { owner }) if owner == "dsp_1"));
    vault.enrol_dispatch(&dispatch).unwrap();
    let crew_sealed = vault.seal_message(&ride, &crew).unwrap();
    vault.enrol_dispatch(&dispatch).unwrap();
    let note_sealed = vault.seal_message(&whose, &note).unwrap();

    let log = Log::willing();
    let opener = opener(&vault, log.clone());
    let about = || access(&[Field::Name]);
    let opened = opener.open_message(about(), ride.clone(), crew_sealed.clone()).await.unwrap();
    assert_eq!(opened, Some(crew), "a second enrolment made another key");
    let items = vec![
        (whose.clone(), note_sealed.clone()),
        (ride.clone(), note_sealed.clone()),
        (whose.clone(), crew_sealed.clone()),
        (whose.clone(), person.clone()),
    ];
    let notes = opener.open_messages::<wire::Note>(about(), items).await.unwrap();
    assert_eq!(notes, [Some(note), None, None, None]);
    let as_person = opener.open(about(), vec![(card.clone(), note_sealed.clone())]).await.unwrap();
    assert_eq!(as_person, [Opened::Forged]);
    let records: Vec<wire::AccessRecord> = log
        .told
        .lock()
        .iter()
        .map(|r| wire::AccessRecord::decode(r.1.as_slice()).unwrap())
        .collect();
    let fields: Vec<&[i32]> = records.iter().map(|record| record.fields.as_slice()).collect();
    let [crew_field, note_field] = [Field::Crew, Field::Note].map(i32::from);
    assert_eq!(fields, [&[crew_field][..], &[note_field], &[i32::from(Field::Name)]]);
    assert!(records[0].cards.is_empty() && records[1].cards == [card.to_string()]);

    assert!(vault.destroy_dispatch(&dispatch).unwrap());
    let gone: Option<wire::Crew> = opener.open_message(about(), ride, crew_sealed).await.unwrap();
    assert_eq!(gone, None);
    let still: Option<wire::Note> = opener.open_message(about(), whose, note_sealed).await.unwrap();
    assert!(still.is_some(), "the destruction took another's key");
}

#[tokio::test]
async fn no_message_is_opened_without_a_record() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (card, _) = one_sealed(&vault);
    let owner = Owner::Card(card);
    let sealed = vault.seal_message(&owner, &wire::Note { text: TRADE.to_owned() }).unwrap();
    let unrecorded = opener(&vault, Log::failing())
        .open_message::<wire::Note>(access(&[]), owner.clone(), sealed.clone())
        .await;
    assert!(matches!(unrecorded, Err(OpenError::Audit(_))));
    let nobody = Access { actor: wire::Actor::default(), ..access(&[]) };
    let unsaid =
        opener(&vault, Log::willing()).open_message::<wire::Note>(nobody, owner, sealed).await;
    assert!(matches!(unsaid, Err(OpenError::Incomplete(_))));
}

#[test]
fn every_sealing_differs_and_equal_content_has_equal_macs() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let (card, first) = one_sealed(&vault);
    let second = vault.seal(&card, &person(&test_id(1))).unwrap();
    assert!(first.nonce != second.nonce && first.ciphertext != second.ciphertext);
    assert_eq!((first.nonce.len(), vault.content_mac(b"a")), (24, vault.content_mac(b"a")));
    assert_ne!(vault.content_mac(b"a"), vault.content_mac(b"b"));
}

#[test]
fn a_citys_register_is_enrolled_and_sealed_in_bulk() {
    const PEOPLE: u32 = 5_000;
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let ids = test_ids(PEOPLE);
    let start = Instant::now();
    let cards: Vec<CardId> = ids.chunks(1000).flat_map(|ids| cards(&vault, ids)).collect();
    let enrolled = start.elapsed();
    let people: Vec<wire::Person> = ids.iter().map(person).collect();
    let start = Instant::now();
    let mut sealed = 0;
    for (cards, people) in cards.chunks(1000).zip(people.chunks(1000)) {
        let pairs: Vec<_> = cards.iter().zip(people).collect();
        sealed += vault.seal_many(&pairs).unwrap().iter().flatten().count();
    }
    let sealing = start.elapsed();
    let rate = |took: std::time::Duration| f64::from(PEOPLE) / took.as_secs_f64();
    println!("enrolled {:.0}/s, sealed {:.0}/s", rate(enrolled), rate(sealing));
    assert_eq!(sealed, PEOPLE as usize);
    let distinct: std::collections::BTreeSet<_> = cards.iter().collect();
    assert_eq!(distinct.len(), PEOPLE as usize);
}

#[test]
fn of_many_people_a_destroyed_one_leaves_nothing_in_any_file() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path()).unwrap();
    let ids = test_ids(3_000);
    let mut cards = Vec::new();
    // Why: in parts, so that pages of the database split and are rebuilt.
    for part in ids.chunks(100) {
        let claims: Vec<Claim> = part.iter().map(Claim::of).collect();
        cards.extend(vault.enrol(&claims).unwrap().into_iter().map(|one| one.card));
    }
    let traces = |card: &CardId| -> [Vec<u8>; 3] {
        let db = rusqlite::Connection::open(dir.path().join("vault/vault.db")).unwrap();
        let sql = "SELECT key, lookup, CAST(card AS BLOB) FROM person WHERE card = ?1";
        let row = |r: &rusqlite::Row<'_>| Ok([r.get(0)?, r.get(1)?, r.get(2)?]);
        db.query_row(sql, [card.as_str()], row).unwrap()
    };
    let gone: Vec<(&CardId, _)> =
        cards.iter().step_by(13).map(|card| (card, traces(card))).collect();
    let left: Vec<[Vec<u8>; 3]> = cards.iter().skip(1).step_by(13).map(traces).collect();
    for (card, _) in &gone {
        vault.destroy(card).unwrap();
    }
    let everything: Vec<Vec<u8>> =
        files(dir.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    let stands =
        |trace: &[u8]| everything.iter().any(|file| memchr::memmem::find(file, trace).is_some());
    let found = gone.iter().flat_map(|(_, traces)| traces).filter(|t| stands(t)).count();
    assert!(left.iter().flatten().all(|trace| stands(trace)), "control: who stays is found");
    println!("vault: {} destroyed of {}, traces found {found}", gone.len(), cards.len());
    assert_eq!(found, 0);
}
