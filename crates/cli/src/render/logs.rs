//! Logs of several hosts: what stands before their lines, and what is said in between.

use anstyle::Style;

use super::style::{BLUE, BOLD, CYAN, DIM, GREEN, YELLOW, paint};

/// The colours of hosts, by their position: the same host has the same one in every run.
const COLORS: [Style; 5] = [CYAN, YELLOW, GREEN, BLUE, BOLD];

/// What stands before the lines of each of `hosts`, where logs of `told` are printed: nothing where that is one host.
pub(crate) fn prefixes(hosts: &[String], told: &[usize]) -> Vec<String> {
    if told.len() < 2 {
        return vec![String::new(); hosts.len()];
    }
    let width = told.iter().map(|host| hosts[*host].chars().count()).max().unwrap_or(0);
    let prefix =
        |(at, host): (usize, &String)| format!("{} ", paint(COLORS[at % COLORS.len()], format!("{host:width$} |")));
    hosts.iter().enumerate().map(prefix).collect()
}

/// What is said of a host in between.
pub(crate) fn note(host: &str, message: &str) -> String {
    format!("{}\n", paint(DIM, format!("{host}: {message}")))
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    #[test]
    fn hosts_stand_before_lines_where_there_are_several() {
        let hosts = ["10.0.0.5", "10.0.0.16"].map(str::to_owned);
        let prefixes_of =
            |told: &[usize]| prefixes(&hosts, told).iter().map(|prefix| plain(prefix)).collect::<Vec<_>>();
        assert_eq!(prefixes_of(&[0, 1]), ["10.0.0.5  | ", "10.0.0.16 | "]);
        assert_eq!(prefixes_of(&[1]), ["", ""]);
        let colored = prefixes(&hosts, &[0, 1]);
        assert_ne!(colored[0].split_once("10").map(|it| it.0), colored[1].split_once("10").map(|it| it.0));
        assert_eq!(plain(&note("10.0.0.5", "connected again")), "10.0.0.5: connected again\n");
    }
}
