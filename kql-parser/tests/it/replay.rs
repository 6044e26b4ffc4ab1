//! Inputs that fuzzing found, run through the same checks without a fuzzer.

use std::fs;
use std::path::Path;

use kql_parser::fuzzing::{check_parse, check_round_trip};

#[test]
fn saved_inputs_pass() {
    for (target, check) in [("parse", check_parse as fn(&[u8])), ("round_trip", check_round_trip)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
        let Ok(entries) = fs::read_dir(&folder) else {
            println!("skipped: no {}", folder.display());
            continue;
        };
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            println!("{}", path.display());
            check(&fs::read(path).expect("the seed can be read"));
        }
    }
}
