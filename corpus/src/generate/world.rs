//! What all tables share: the company, its calendar, its programs, and who did what when.
//!
//! Nothing is remembered between rows. A process, a message or an alert is a function of the seed, its
//! day and its number, so the table of network connections can look one up that the table of processes lists.

use vizsla_schema::Catalog;

use super::calendar::{Calendar, WHOLE};
use super::company::{Company, User};
use super::large;
use super::process::Image;
use super::programs::{PROGRAMS, WORDS};
use super::random::Random;
use super::sources::{SOURCES, Source};
use super::{GenerateError, Plan};

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) company: Company,
    pub(super) calendar: Calendar,
    /// Whether it is a company with long tails, and not the demo's.
    pub(super) large: bool,
    /// Files of each program, one for each version; those of [`PROGRAMS`] first.
    images: Vec<Vec<Image>>,
    pub(super) catalog: Catalog,
    /// Background rows of each source over the whole window.
    totals: Vec<u64>,
}

/// One of a day's background rows of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) day: u32,
    pub(super) index: u64,
    /// How many the table has on that day.
    pub(super) count: u64,
}

impl World {
    pub(super) fn new(plan: &Plan) -> Result<World, GenerateError> {
        let company = Company::new(plan.seed, if plan.large { large::workstations(plan.rows) } else { 0 });
        let images = if plan.large {
            large::images(plan.seed)
        } else {
            PROGRAMS.iter().map(|program| vec![Image::new(plan.seed, program)]).collect()
        };
        Ok(World {
            seed: plan.seed,
            large: plan.large,
            images,
            company,
            calendar: Calendar::new(plan.start, plan.days),
            catalog: Catalog::defender(),
            totals: totals(plan)?,
        })
    }

    /// Background rows of a table on a day. Defined for tables that are not written, too: others look into them.
    pub(super) fn count(&self, table: &str, day: u32) -> u64 {
        let at = SOURCES.iter().position(|source| source.table == table);
        at.map_or(0, |at| self.calendar.portion(self.totals[at], day))
    }

    /// A stream for something of that kind.
    pub(super) fn random(&self, kind: &str, slot: Slot) -> Random {
        Random::of(self.seed, kind, &[u64::from(slot.day), slot.index])
    }

    /// The moment of a row of a table: somewhere in the time that belongs to it.
    pub(super) fn moment(&self, table: &str, slot: Slot) -> i64 {
        let share = self.random(table, slot).below(WHOLE);
        self.calendar.moment(slot.day, slot.index, slot.count, share)
    }

    /// A recent row of another table, if it has one before `at` on that day.
    pub(super) fn recent(&self, table: &str, day: u32, at: i64, random: &mut Random) -> Option<Slot> {
        let count = self.count(table, day);
        let before = self.calendar.passed(day, at, count);
        let lag = random.skewed(before);
        (before > 0).then(|| Slot { day, index: before - 1 - lag, count })
    }

    /// The file of a program in the version that a device has.
    pub(super) fn image(&self, program: usize, device: usize) -> &Image {
        match &self.images[program][..] {
            [only] => only,
            versions => Random::of(self.seed, "version", &[program as u64, device as u64]).pick_skewed(versions),
        }
    }

    /// Any device, some much more active than others.
    pub(super) fn device(&self, random: &mut Random) -> usize {
        self.active(self.company.devices.len(), random)
    }

    /// Any workstation, some much more active than others.
    pub(super) fn workstation(&self, random: &mut Random) -> usize {
        self.active(self.company.workstations, random)
    }

    fn active(&self, of: usize, random: &mut Random) -> usize {
        (if self.large { random.trailing(of as u64) } else { random.leaning(of as u64) }) as usize
    }

    /// Anyone of the company, some much more active than others.
    pub(super) fn anyone(&self, random: &mut Random) -> &User {
        &self.company.users[random.leaning(self.company.users.len() as u64) as usize]
    }
}

/// Fill in a template of [`super::programs`].
pub(super) fn fill(template: &str, account: &str, random: &mut Random) -> String {
    let mut filled = String::with_capacity(template.len() + 48);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let name = after.split_once('}').filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let Some((name, after_name)) = name else {
            // A brace of the text itself, as in JSON.
            filled.push('{');
            rest = after;
            continue;
        };
        rest = after_name;
        match name {
            "user" => filled.push_str(account),
            "guid" => filled.push_str(&random.guid()),
            "hex" => filled.push_str(&random.hex(16)),
            "num" => filled.push_str(&random.below(1 << 20).to_string()),
            "b64" => filled.push_str(&random.base64(64)),
            "rare" => filled.push_str(&large::rare_word(random)),
            "script" => filled.push_str(&large::encoded_script(random)),
            "word" => filled.push_str(random.pick_skewed::<&str>(&WORDS)),
            other => panic!("no placeholder {other}"),
        }
    }
    filled.push_str(rest);
    filled
}

/// Fill in members of a JSON object and put braces around them.
pub(super) fn fill_fields(members: &str, random: &mut Random) -> String {
    format!("{{{}}}", fill(members, "", random))
}

/// Share the rows out to the chosen tables by weight; tables not chosen get what they would have beside them.
fn totals(plan: &Plan) -> Result<Vec<u64>, GenerateError> {
    if let Some(name) = plan.tables.iter().find(|name| SOURCES.iter().all(|source| source.table != *name)) {
        return Err(GenerateError::NotGenerated { table: name.clone() });
    }
    let weight = |source: &Source| {
        let share = if plan.large { large::share(source.table) } else { None };
        share.unwrap_or(source.weight)
    };
    let all: u64 = SOURCES.iter().filter(|it| plan.includes(it.table)).map(weight).sum();
    Ok(SOURCES.iter().map(|source| plan.rows * weight(source) / all.max(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in() {
        let mut random = Random::of(1, "test", &[]);
        assert_eq!(fill(r"C:\Users\{user}\x", "ada", &mut random), r"C:\Users\ada\x");
        let text = fill("DllHost.exe /Processid:{{guid}}", "ada", &mut random);
        assert_eq!(text.len(), "DllHost.exe /Processid:{}".len() + 36, "{text}");
        assert!(text.ends_with('}'));
        let text = fill(r#"{"Rule":{"Name":"{user}"}}"#, "ada", &mut random);
        assert_eq!(text, r#"{"Rule":{"Name":"ada"}}"#);
    }
}
