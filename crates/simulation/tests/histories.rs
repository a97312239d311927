//! A fixed range of histories, so that `cargo test` plays some each time; CI and `cargo xtask simulate` play many more.

use ironwright_simulation::{History, Totals, play, play_traced, shrunk};

/// The first seed of this test.
const FIRST: u64 = 1_000_000;

/// How many seeds: without optimisation a history takes many times as long.
const COUNT: u64 = if cfg!(debug_assertions) { 1_000 } else { 2_000 };

#[test]
fn every_history_keeps_every_promise() {
    let (first, second) = (FIRST..FIRST + COUNT).partition::<Vec<u64>, _>(|seed| seed % 2 == 0);
    let totals = std::thread::scope(|scope| {
        let halves = [first, second].map(|seeds| scope.spawn(move || play_all(&seeds)));
        halves.map(|half| half.join().expect("the failure is printed above"))
    });
    let mut total = totals[0];
    total += totals[1];
    println!("seeds from {FIRST}: {total}");
    let enough =
        total.kills > COUNT / 2 && total.faults > 2 * COUNT && total.recoveries > COUNT / 2 && total.settled > COUNT;
    assert!(enough, "too little happens in these histories: {total}");
}

fn play_all(seeds: &[u64]) -> Totals {
    let mut totals = Totals::default();
    for seed in seeds {
        totals += passed(&History::draw(*seed));
    }
    totals
}

fn passed(history: &History) -> Totals {
    let outcome = play(history, None);
    assert!(outcome.violation.is_none(), "{}", shrunk(history.clone(), None).expect("it fails each time"));
    outcome.totals
}

/// Seeds that once showed a defect.
const FOUND: [u64; 17] = [
    155, 379, 528, 958, 1162, 1328, 3702, 3754, 3963, 5957, 17_701, 19_524, 20_084, 104_712, 188_935, 223_644, 262_510,
];

/// The same, of histories as they are drawn now.
const FOUND_SINCE: [u64; 4] = [2_138_087, 4_107_506, 4_156_659, 4_424_127];

#[test]
fn what_was_found_once_stays_mended() {
    for seed in FOUND {
        passed(&History::first_edition(seed));
    }
    for seed in FOUND_SINCE {
        passed(&History::draw(seed));
    }
}

#[test]
fn the_same_seed_gives_the_same_history_to_the_letter() {
    for seed in 0..50 {
        let history = History::draw(seed);
        assert_eq!(history, History::draw(seed));
        let (first, second) = (play_traced(&history, None), play_traced(&history, None));
        assert!(first.trace.len() > 10, "seed {seed}: {:?}", first.trace);
        assert_eq!(first, second, "seed {seed}");
    }
}
