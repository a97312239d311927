//! Snapshots of what a person reads: the plan, its Markdown and JSON, diagnostics, reports.

use std::collections::BTreeMap;

use super::fixtures::{self, Lines};
use super::json::{Line, PlanSummary};
use super::plan::{View, plan};
use super::style::plain;
use super::{diagnostics, markdown, report};

fn view(width: usize, sources: bool) -> View {
    View { sources, width }
}

#[test]
fn a_first_plan() {
    insta::assert_snapshot!(plain(&plan(&fixtures::first(), view(100, false))));
}

#[test]
fn a_first_plan_with_source_lines_on_a_narrow_terminal() {
    insta::assert_snapshot!(plain(&plan(&fixtures::first(), view(60, true))));
}

#[test]
fn a_plan_with_every_action() {
    insta::assert_snapshot!(plain(&plan(&fixtures::mixed(), view(100, false))));
}

#[test]
fn a_plan_in_colour() {
    insta::assert_snapshot!(plan(&fixtures::mixed(), view(100, false)).replace('\u{1b}', "␛"));
}

#[test]
fn a_plan_of_nothing() {
    let mut nothing = fixtures::first();
    nothing.changes.clear();
    nothing.outputs.clear();
    insta::assert_snapshot!(plain(&plan(&nothing, view(100, false))), @"No changes. The program and what is deployed agree.");
    nothing.destroy = true;
    insta::assert_snapshot!(plain(&plan(&nothing, view(100, false))), @"No changes. Nothing is deployed.");
}

#[test]
fn a_plan_as_markdown() {
    insta::assert_snapshot!(markdown::plan(&fixtures::mixed(), "simulated"));
}

#[test]
fn a_value_cannot_break_out_of_its_fence() {
    let mut hostile = fixtures::first();
    hostile.changes[0].properties[0].after = Some(ironwright_core::Planned::Text("a\n```\n# hello\n````\n".to_owned()));
    let text = markdown::plan(&hostile, "simulated");
    assert!(text.contains("`````diff"), "{text}");
}

#[test]
fn a_plan_as_json() {
    let plan = fixtures::mixed();
    let first = fixtures::first();
    let lines: Vec<String> = plan
        .recovering
        .iter()
        .map(Line::Recovering)
        .chain(first.reads.iter().map(Line::from))
        .chain(first.changes.iter().map(Line::from))
        .chain(plan.changes.iter().map(Line::from))
        .chain(plan.outputs.iter().map(Line::from))
        .chain([Line::PlanSummary(PlanSummary { changes: true, counts: plan.counts() })])
        .map(|line| line.text())
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn no_renderer_shows_a_secret() {
    for plan in [fixtures::first(), fixtures::mixed()] {
        let json: Vec<_> = plan.changes.iter().map(|change| Line::from(change).text()).collect();
        for text in [super::plan::plan(&plan, view(100, true)), markdown::plan(&plan, "simulated"), json.join("\n")] {
            assert!(text.contains("sensitive"), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("00ff"), "{text}");
        }
    }
}

#[test]
fn a_report_of_failures() {
    let report = fixtures::failed();
    let failures = report.failed.iter().map(report::failure).collect();
    let failures = diagnostics::diagnostics(&failures, &lines(), 100);
    let leftovers = report::leftovers(&report, "cargo run -- apply", "aws sso login");
    insta::assert_snapshot!(plain(&format!("{failures}\n{leftovers}\n{}", report::summary(&report, false))));
}

#[test]
fn a_report_of_credentials_that_ran_out_says_how_to_get_others() {
    let expired = ironwright_engine::Report { expired: true, interrupted: false, ..fixtures::interrupted() };
    let text = plain(&report::leftovers(&expired, "cargo run -- apply", "aws sso login --profile prod"));
    assert!(text.contains("since the credentials had run out"), "{text}");
    let next = "Get new ones (aws sso login --profile prod), then go on with: cargo run -- apply\n";
    assert!(text.ends_with(next), "{text}");
}

#[test]
fn reports_of_other_ends() {
    let check = |report: &ironwright_engine::Report, destroy| plain(&report::summary(report, destroy));
    let complete = fixtures::complete();
    assert_eq!(check(&complete, false), "Apply complete! Resources: 1 added, 1 changed, 0 destroyed.");
    let interrupted = fixtures::interrupted();
    insta::assert_snapshot!(plain(&format!(
        "{}\n{}",
        report::leftovers(&interrupted, "cargo run -- apply", "aws sso login"),
        report::summary(&interrupted, false)
    )));
}

fn lines() -> Lines {
    Lines(BTreeMap::from([
        (
            3,
            "    let server = stack.add(\"server\", Instance::new().ami(\"ami-12345678\").instance_type(\"t2.mikro\").key_name(\"mine\"));",
        ),
        (15, "    let server = stack.add(\"server\","),
    ]))
}

#[test]
fn diagnostics_at_80_columns() {
    insta::assert_snapshot!(plain(&diagnostics::diagnostics(&fixtures::problems(), &lines(), 80)));
}

#[test]
fn diagnostics_at_120_columns_in_colour() {
    let text = diagnostics::diagnostics(&fixtures::problems(), &lines(), 120);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn no_line_of_a_diagnostic_is_wider_than_the_terminal() {
    for width in [60, 80, 120] {
        let text = plain(&diagnostics::diagnostics(&fixtures::problems(), &lines(), width));
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
    }
}
