//! The line of `status`.

use ironwright_core::Address;
use serde::Serialize;

use super::Line;
use crate::render::status::Row;

/// A container on a host.
#[derive(Serialize)]
pub(crate) struct ContainerLine<'a> {
    address: &'a Address,
    host: &'a str,
    reachable: bool,
    release: Option<u32>,
    image: Option<&'a str>,
    digest: Option<&'a str>,
    state: &'static str,
    problem: Option<&'a str>,
    since: Option<&'a str>,
    coming: Option<u32>,
    kept: &'a [u32],
    route_from: &'a [String],
    route_to: Option<u32>,
}

impl<'a> Line<'a> {
    /// A container on a host.
    pub(crate) fn container(address: &'a Address, row: &'a Row) -> Self {
        Self::Container(ContainerLine {
            address,
            host: &row.host,
            reachable: row.is_reached,
            release: row.release,
            image: row.image.as_deref(),
            digest: row.digest.as_deref(),
            state: row.state.name,
            problem: row.problem.as_deref(),
            since: row.since.as_deref(),
            coming: row.coming,
            kept: &row.kept,
            route_from: row.route.as_ref().map_or(&[], |route| &route.from),
            route_to: row.route.as_ref().and_then(|route| route.to),
        })
    }
}
