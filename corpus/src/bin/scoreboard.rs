//! Asks the conformance sets through `vizsla batch` and counts the answers.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use vizsla_corpus::case::{cases_folder, load_cases, run_cases};
use vizsla_corpus::scoreboard::{
    Batch, Floors, Loaded, SETS, Score, Set, as_json, as_text, check_floors, run, shared_folder,
};

const USAGE: &str = "\
usage: scoreboard --batch \"target/release/vizsla batch\" [options]

  --batch COMMAND   the program that answers, with its first arguments
  --set NAME        only this set; may be repeated (--list names them)
  --failures N      list up to N questions per set that are not answered rightly
  --only KIND       of those, only: wrong, refused, unsupported or missing
  --match TEXT      ask only questions whose id or query holds TEXT (floors are not checked)
  --queries         show the query of each failure listed
  --json FILE       write counts and all failures as JSON
  --timeout S       seconds per question (default 20)
  --record          raise the floors in floors.toml to what was reached, unless a count fell
  --cases TEXT      run the case files whose path holds TEXT (\"\" for all) instead of the sets
  --list            name the sets";

/// Characters of a query that `--queries` shows; some Sigma rules are a hundred thousand long.
const QUERY_SHOWN: usize = 3000;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match options.play() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Options {
    batch: Option<String>,
    sets: Vec<&'static Set>,
    failures: usize,
    only: Option<String>,
    matching: Option<String>,
    queries: bool,
    json: Option<PathBuf>,
    timeout: Option<u64>,
    record: bool,
    cases: Option<String>,
    list: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--batch" => options.batch = Some(value()?),
                "--set" => options.sets.push(named(&value()?)?),
                "--failures" => options.failures = number(&value()?)?,
                "--only" => options.only = Some(value()?),
                "--match" => options.matching = Some(value()?),
                "--queries" => options.queries = true,
                "--json" => options.json = Some(value()?.into()),
                "--timeout" => options.timeout = Some(number(&value()?)?),
                "--record" => options.record = true,
                "--cases" => options.cases = Some(value()?),
                "--list" => options.list = true,
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        if options.batch.is_none() && !options.list {
            return Err("--batch is missing".to_owned());
        }
        if options.sets.is_empty() {
            options.sets.extend(SETS);
        }
        Ok(options)
    }

    /// Whether every count held its floor.
    fn play(&self) -> io::Result<bool> {
        if self.list {
            for set in SETS {
                println!("{:<17} {}", set.name, set.about);
            }
        }
        let Some(command) = &self.batch else { return Ok(true) };
        let shared = shared_folder();
        let mut batch = Batch::new(command, shared.clone(), Duration::from_secs(self.timeout.unwrap_or(20)));
        if let Some(filter) = &self.cases {
            return run_case_files(filter, &mut batch);
        }
        let mut scores = Vec::new();
        for set in &self.sets {
            let Loaded::Questions(mut questions) = set.load(&shared)? else {
                println!("{}: skipped, there is no {}", set.name, shared.join(set.file).display());
                continue;
            };
            if let Some(text) = &self.matching {
                questions.retain(|it| it.id.contains(text) || it.query.contains(text));
            }
            let score = run(set, &questions, &mut batch);
            self.list_failures(&score, |id| questions.iter().find(|it| it.id == id).map_or("", |it| &it.query));
            scores.push(score);
        }
        println!("{}", as_text(&scores));
        if let Some(path) = &self.json {
            std::fs::write(path, format!("{:#}\n", as_json(&scores)))?;
        }
        self.hold_to_floors(&scores)
    }

    fn list_failures<'a>(&self, score: &Score, query: impl Fn(&str) -> &'a str) {
        let wanted = |word: &str| self.only.as_ref().is_none_or(|it| it == word);
        for (id, verdict) in score.failures().filter(|(_, it)| wanted(it.word())).take(self.failures) {
            println!("{} {id}\n    {}: {}", score.set.name, verdict.word(), verdict.reason());
            if self.queries {
                let start: String = query(id).chars().take(QUERY_SHOWN).collect();
                println!("        {}", start.replace('\n', "\n        "));
            }
        }
    }

    fn hold_to_floors(&self, scores: &[Score]) -> io::Result<bool> {
        if self.matching.is_some() {
            return Ok(true);
        }
        let path = Floors::path();
        let floors = Floors::load(&path)?;
        let (held, lines) = match check_floors(&floors, scores) {
            Ok(raises) => (true, raises),
            Err(regressions) => (false, regressions),
        };
        for line in lines {
            println!("{line}");
        }
        if held && self.record {
            std::fs::write(&path, floors.moved_to(scores).to_toml())?;
            println!("recorded in {}", path.display());
        }
        Ok(held)
    }
}

/// Whether every answer is as its case says.
fn run_case_files(filter: &str, batch: &mut Batch) -> io::Result<bool> {
    let files = load_cases(&cases_folder(), filter).map_err(|problems| io::Error::other(problems.join("\n")))?;
    let report = run_cases(&files, &mut [batch], false)?;
    println!("{report}");
    Ok(report.failures.is_empty())
}

fn named(name: &str) -> Result<&'static Set, String> {
    Set::named(name).ok_or_else(|| format!("there is no set {name}; --list names them"))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}
