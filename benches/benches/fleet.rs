//! Synthesis, a plan without changes, and an apply in memory of the fleet at 10, 500 and 10,000 resources.
//!
//! Each size reports resources per second, so that growth that is more than linear shows as a figure that falls.
#![allow(missing_docs, reason = "the macros of criterion declare functions without docs")]

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ironwright::aws::facts;
use ironwright::cloudformation::synthesize;
use ironwright_benches::{SIZES, Session, fleet};

/// From the program to the text of its templates.
fn synth(criterion: &mut Criterion) {
    over_sizes(criterion, "synth", |group, cells| {
        group.bench_function(cells.to_string(), |bencher| {
            bencher.iter(|| {
                let graph = fleet(cells);
                let templates = synthesize(&graph, facts()).expect("every stack has a template");
                templates.iter().map(|template| template.to_json().len()).sum::<usize>()
            });
        });
    });
}

/// From the program to a plan that says that nothing is to be done; everything is read from the simulated cloud.
fn plan(criterion: &mut Criterion) {
    over_sizes(criterion, "plan without changes", |group, cells| {
        let session = Session::new();
        session.apply(&fleet(cells));
        group.bench_function(cells.to_string(), |bencher| bencher.iter(|| session.plan(&fleet(cells))));
    });
}

/// From the program to all of it in an empty simulated cloud.
fn apply(criterion: &mut Criterion) {
    over_sizes(criterion, "apply", |group, cells| {
        group.bench_function(cells.to_string(), |bencher| bencher.iter(|| Session::new().apply(&fleet(cells))));
    });
}

fn over_sizes(criterion: &mut Criterion, name: &str, mut measure: impl FnMut(&mut BenchmarkGroup<WallTime>, u64)) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    for cells in SIZES {
        group.throughput(Throughput::Elements(cells * 10));
        measure(&mut group, cells);
    }
    group.finish();
}

criterion_group!(benches, synth, plan, apply);
criterion_main!(benches);
