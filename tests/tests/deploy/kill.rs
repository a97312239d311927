//! SIGKILL of whoever deploys at every command that a rollout sends to its host, under load: the next run finishes it, and a
//! healthy version was serving all the time.
//!
//! Every sixth command is tried; with `IRONWRIGHT_ALL_STEPS` set, every one, with both fates.

use std::collections::BTreeSet;

use ironwright_tests::testbed::{Death, Fate, Figures, Load, Steps, TestHost, available, caddy_available};

use crate::shipper::Shipper;

/// Both fates take turns, unless all are asked for.
fn deaths(commands: usize) -> Vec<Death> {
    let all = std::env::var_os("IRONWRIGHT_ALL_STEPS").is_some();
    let fate = |number: usize| if number % 12 < 6 { Fate::Lost } else { Fate::CarriedOut };
    let both = |at| [Fate::Lost, Fate::CarriedOut].map(|fate| Death { at, fate });
    if all {
        return (1..=commands).flat_map(both).collect();
    }
    (1..=commands).step_by(6).map(|at| Death { at, fate: fate(at) }).collect()
}

#[test]
fn an_update_is_finished_by_the_next_run_wherever_it_was_killed() {
    if !available() || !caddy_available() {
        return;
    }
    let mut shipper = Shipper::new("kill-update", TestHost::new()).with_image().with_edge();
    shipper.apply("v0").ended(0);
    let steps = Steps::of(&shipper.host);
    let load = Load::on(shipper.server(), 2, 2);
    load.goes_on(1);

    shipper.sets("says", "v1".to_owned());
    let whole = steps.walk(&mut shipper.command("apply --yes"), None);
    whole.ran.ended(0);
    let deaths = deaths(whole.commands.len());
    let mut died = 0;
    for (number, death) in deaths.iter().enumerate() {
        let says = format!("v{}", number + 2);
        shipper.sets("says", says.clone());
        let walk = steps.walk(&mut shipper.command("apply --yes"), Some(*death));
        died += usize::from(walk.died);
        let again = steps.walk(&mut shipper.command("apply --yes"), None);
        assert_eq!(again.ran.code, 0, "{death:?} of {:#?}\n{}\n{}", walk.commands, again.ran.stdout, again.ran.stderr);
        assert_eq!(shipper.running().len(), 1, "{death:?} of {:#?}: {:?}", walk.commands, shipper.running());
        load.until(std::time::Duration::from_secs(5), |figures| figures.answers.last() == Some(&says));
    }
    let plan = steps.walk(&mut shipper.command("plan --detailed-exitcode"), None);
    plan.ran.ended(0).says("No changes.");
    let kept = shipper.containers();
    assert!(kept.len() <= 6 && kept.iter().collect::<BTreeSet<_>>().len() == kept.len(), "{kept:?}");
    let figures = load.end();
    figures.without_failure();
    tell("update", whole.commands.len(), died, &figures);
    nearly_all_came(died, deaths.len());
    steps.walk(&mut shipper.command("destroy --yes"), None).ran.ended(0);
    assert!(shipper.containers().is_empty());
}

#[test]
fn a_first_deployment_is_finished_by_the_next_run_wherever_it_was_killed() {
    if !available() || !caddy_available() {
        return;
    }
    let mut shipper = Shipper::new("kill-create", TestHost::new()).with_image().with_edge();
    let steps = Steps::of(&shipper.host);
    shipper.sets("says", "v1".to_owned());
    let nothing_is_there = |shipper: &Shipper| {
        steps.walk(&mut shipper.command("destroy --yes"), None).ran.ended(0);
        assert!(shipper.containers().is_empty());
        // The image is brought anew.
        shipper.host.does("docker images --quiet 'ironwright.local/*/*' | sort -u | xargs -r docker image rm --force");
    };
    let whole = steps.walk(&mut shipper.command("apply --yes"), None);
    whole.ran.ended(0);
    let deaths = deaths(whole.commands.len());
    let mut died = 0;
    for death in &deaths {
        nothing_is_there(&shipper);
        let walk = steps.walk(&mut shipper.command("apply --yes"), Some(*death));
        died += usize::from(walk.died);
        let again = steps.walk(&mut shipper.command("apply --yes"), None);
        assert_eq!(again.ran.code, 0, "{death:?} of {:#?}\n{}\n{}", walk.commands, again.ran.stdout, again.ran.stderr);
        assert_eq!(shipper.containers().len(), 1, "{death:?} of {:#?}: {:?}", walk.commands, shipper.containers());
        let load = Load::on(shipper.server(), 0, 1);
        load.goes_on(1);
        load.end().without_failure();
    }
    nothing_is_there(&shipper);
    nearly_all_came(died, deaths.len());
    println!("killed {died} times at {} commands of a first deployment", whole.commands.len());
}

/// How often a container is asked whether it is healthy differs, and so does the number of the last command.
#[track_caller]
fn nearly_all_came(died: usize, deaths: usize) {
    assert!(died * 5 >= deaths * 4, "{died} of {deaths}");
}

fn tell(what: &str, commands: usize, died: usize, figures: &Figures) {
    println!(
        "killed {died} times at {commands} commands of an {what}: {} requests, 0 failed, {} reconnected, slowest {} ms",
        figures.answered,
        figures.reconnected,
        figures.slowest.as_millis()
    );
}
