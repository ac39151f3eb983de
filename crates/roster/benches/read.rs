//! How fast a register of 100,000 people is read, as a ratio to what calamine
//! alone needs for the cells of the same file, in one run. Processor time
//! counts, and the best of several turns, so that a busy machine says the same.
//!
//! `cargo bench -p gongqiao-roster`; an argument sets the number of rows.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails, fails")]

use std::{io::Cursor, time::Duration};

use calamine::{DataRef, Reader, Xlsx};
use gongqiao_contract::codes::{CitizenId, IdRule};
use gongqiao_roster::{Column, Context, Format, Limits, read};
use rust_xlsxwriter::{Format as Look, Workbook};
use rustix::time::{ClockId, clock_gettime};
use time::macros::date;

/// How often each is measured.
const RUNS: usize = 9;
/// What the ratio must reach.
const GOAL: f64 = 0.6;

fn main() {
    let rows = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    for (name, bytes) in [("template", template(rows)), ("register", register(rows))] {
        let (alone, ours) = measure(&bytes, rows);
        let ratio = alone.as_secs_f64() / ours.as_secs_f64();
        println!(
            "{name}: {rows} rows, {} KiB, calamine alone {} ms, read {} ms, ratio {ratio:.2} (goal {GOAL}), \
             peak memory {}",
            bytes.len() >> 10,
            alone.as_millis(),
            ours.as_millis(),
            peak_memory(),
        );
    }
}

/// Turn by turn, so that whatever else the machine does meets both.
fn measure(bytes: &[u8], rows: u32) -> (Duration, Duration) {
    let (mut alone, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let begin = processor_time();
        let cells = cells(bytes);
        alone.push(processor_time() - begin);
        assert!(cells > rows as usize);

        let begin = processor_time();
        let roster = read(bytes, Format::Xlsx, &context()).unwrap();
        ours.push(processor_time() - begin);
        let people = roster.rows.iter().filter(|row| row.person().is_some()).count();
        assert_eq!(people, rows as usize);
    }
    let best = |times: Vec<Duration>| times.into_iter().min().unwrap();
    (best(alone), best(ours))
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// Every cell, streamed, and thrown away.
fn cells(bytes: &[u8]) -> usize {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = workbook.sheet_names().remove(0);
    let mut reader = workbook.worksheet_cells_reader(&sheet).unwrap();
    let mut filled = 0;
    while let Some(cell) = reader.next_cell().unwrap() {
        filled += usize::from(!matches!(cell.get_value(), DataRef::Empty));
    }
    filled
}

fn context() -> Context {
    Context {
        point: "431021102000".parse().unwrap(),
        rule: IdRule::Test,
        limits: Limits::default(),
        today: date!(2026 - 07 - 01),
    }
}

fn test_id(number: u32) -> String {
    let birth = date!(1970 - 01 - 01) + time::Duration::days(i64::from(number / 900));
    let serial = u16::try_from(number % 900).unwrap();
    CitizenId::test_id("431021", birth, serial).unwrap().expose().to_owned()
}

/// The template, filled in.
fn template(rows: u32) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (at, column) in (0..).zip(Column::TEMPLATE) {
        sheet.write(0, at, column.header()).unwrap();
    }
    for row in 1..=rows {
        let phone = format!("199{row:08}");
        let cells = [
            &format!("测试{row}"),
            &test_id(row),
            &phone,
            "431021102205",
            "普工;焊工:三级",
            "4500",
            "2026-07-15",
            "广东省",
            "入册;推荐",
        ];
        for (at, cell) in (0..).zip(cells) {
            sheet.write(row, at, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A clerk's own register: titles, a header of two rows, merged villages,
/// numbers, columns that are not needed, a footer.
fn register(rows: u32) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let look = Look::new();
    sheet.merge_range(0, 0, 0, 12, "劳动力资源登记台账", &look).unwrap();
    let upper = ["序号", "村", "姓名", "身份证号码", "性别", "年龄", "民族", "联系电话"];
    for (at, text) in (0..).zip(upper) {
        sheet.merge_range(2, at, 3, at, text, &look).unwrap();
    }
    sheet.merge_range(2, 8, 2, 10, "就业意向", &look).unwrap();
    for (at, text) in (8..).zip(["工种", "工资", "区域"]) {
        sheet.write(3, at, text).unwrap();
    }
    sheet.merge_range(2, 11, 3, 11, "可外出时间", &look).unwrap();
    sheet.merge_range(2, 12, 3, 12, "备注", &look).unwrap();
    for number in 1..=rows {
        let row = number + 3;
        sheet.write(row, 0, number).unwrap();
        let id = test_id(number);
        sheet.write(row, 2, format!("测试{number}")).unwrap();
        sheet.write(row, 3, &id).unwrap();
        sheet.write(row, 4, if id.as_bytes()[16] % 2 == 1 { "男" } else { "女" }).unwrap();
        sheet.write(row, 6, "汉族").unwrap();
        sheet.write(row, 7, format!("199{number:08}")).unwrap();
        sheet.write(row, 8, "普工").unwrap();
        sheet.write(row, 9, 4500).unwrap();
        sheet.write(row, 10, "广东").unwrap();
        sheet.write(row, 11, "随时").unwrap();
    }
    for from in (4..rows + 4).step_by(100) {
        let to = (from + 99).min(rows + 3);
        let village = if from % 200 == 4 { "白云村" } else { "下源村" };
        sheet.merge_range(from, 1, to, 1, village, &look).unwrap();
    }
    sheet.write(rows + 4, 0, "填表人：测试甲").unwrap();
    workbook.save_to_buffer().unwrap()
}

/// The most that this process ever held.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}
