//! Inputs that fuzzing saved, replayed.

#[test]
fn saved_inputs_bind_and_plan() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/bind_plan");
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        vizsla_engine::fuzzing::bind_plan(&std::fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0);
}
