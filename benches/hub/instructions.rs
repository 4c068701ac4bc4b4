//! How many instructions a case takes, by callgrind: a figure that no noise of the machine changes.

use std::{env, process::Command, sync::LazyLock};

use super::case::Case;

const STEPS: usize = 2;

/// Counts what is measured of a case. It is not a number where no valgrind is.
pub(crate) fn each(case: &Case) -> f64 {
    static VALGRIND: LazyLock<bool> =
        LazyLock::new(|| Command::new("valgrind").arg("--version").output().is_ok());
    if !*VALGRIND {
        return f64::NAN;
    }
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*case*measured*"])
        .arg(env::current_exe().unwrap())
        .args(["run", &case.id(), &STEPS.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let collected: f64 = collected.unwrap().1.trim().parse().unwrap();
    collected / (STEPS * case.things) as f64
}
