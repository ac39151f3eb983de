//! Tables as people keep them, whatever they hold.

use gongqiao_contract::refusal::{Code, Refusal};
use gongqiao_roster::{
    Format, Limits,
    table::{At, Header, Heading, Kind, LeftOut, Named, PassedOver, Row, Sink, Value, read},
};
use rust_xlsxwriter::{Format as Look, Workbook, Worksheet};

/// A small kind of table: things with a name, a number and a place.
struct Things;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Count,
    Place,
    Phone,
    Phone2,
    Wish,
}

impl Kind for Things {
    type Column = Column;

    fn named(&self, heading: &Heading<'_>) -> Named<Column> {
        match heading.text {
            "名称" => Named::Column(&[Column::Name]),
            "数量" if heading.groups.iter().any(|group| group == "意向") => {
                Named::Column(&[Column::Wish])
            }
            "数量" | "男" => Named::Column(&[Column::Count]),
            "地点" => Named::Column(&[Column::Place]),
            "电话" => Named::Column(&[Column::Phone, Column::Phone2]),
            "序号" => Named::Number,
            "颜色" => Named::Dropped,
            _ => Named::Unknown,
        }
    }

    fn missing(&self, found: &[Column]) -> Option<&'static str> {
        let lacks = |column| !found.contains(&column);
        if lacks(Column::Name) {
            return Some("名称");
        }
        lacks(Column::Count).then_some("数量")
    }

    fn is_record(&self, row: &Row<'_, Column>) -> bool {
        row.get(Column::Count).is_some_and(|value| shown(value).contains('件'))
    }

    fn is_filler(&self, column: Column) -> bool {
        column == Column::Place
    }
}

/// Everything that was told, one line each.
#[derive(Default)]
struct Told(Vec<String>);

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) | Value::Other(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Date(day, _) => day.to_string(),
    }
}

impl Sink<Column> for Told {
    fn header(&mut self, at: At<'_>, header: &Header<Column>) -> Result<(), Refusal> {
        let columns: Vec<String> = header.columns().map(|column| format!("{column:?}")).collect();
        self.0.push(format!(
            "{}{} header {:?} {} above {:?} dropped {:?} unknown {:?}",
            at.sheet,
            at.index,
            header.rows,
            columns.join(" "),
            header.above,
            header.dropped,
            header.unknown
        ));
        Ok(())
    }

    fn row(&mut self, at: At<'_>, row: &Row<'_, Column>) -> Result<(), Refusal> {
        let fields: Vec<String> =
            row.fields().map(|(column, value)| format!("{column:?}={}", shown(value))).collect();
        let repeated = if row.repeated.is_empty() {
            String::new()
        } else {
            format!(" repeated {:?}", row.repeated)
        };
        self.0.push(format!(
            "{}{} {} {}{repeated}",
            at.sheet,
            at.index,
            row.number,
            fields.join(" ")
        ));
        Ok(())
    }

    fn left_out(&mut self, at: At<'_>, row: &Row<'_, Column>, why: LeftOut) -> Result<(), Refusal> {
        self.0.push(format!("{}{} {} {:?}", at.sheet, at.index, row.number, why));
        Ok(())
    }

    fn passed_over(&mut self, sheet: &str, why: PassedOver) -> Result<(), Refusal> {
        self.0.push(format!("{sheet} passed over {why:?}"));
        Ok(())
    }
}

fn told(bytes: &[u8], format: Format) -> Vec<String> {
    let mut told = Told::default();
    read(bytes, format, &Limits::default(), &Things, &mut told).unwrap();
    told.0
}

#[track_caller]
fn check_csv(text: &str, expected: &[&str]) {
    assert_eq!(told(text.as_bytes(), Format::Csv), expected);
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

#[test]
fn a_header_is_found_below_titles() {
    check_csv(
        "某村物品台账\n填报单位：某村,,填报时间：2026年7月\n\n序号,名 称*,数量（件）,颜色,x\n1,甲,3,红,y\n",
        &[
            "0 header 4..=4 Name Count above [[\"某村物品台账\"], [\"填报单位：某村\", \"填报时间：2026年7月\"]] dropped [\"颜色\"] unknown [\"x\"]",
            "0 5 Name=甲 Count=3",
        ],
    );
}

#[test]
fn groups_above_and_below_are_part_of_the_header() {
    let expected = [
        "0 header 1..=2 Name Count Wish Place above [] dropped [] unknown []",
        "0 3 Name=甲 Count=3 Wish=4 Place=东",
    ];
    check_csv("名称,现有,意向,,\n,数量,数量,地点,\n甲,3,4,东\n", &expected);
    check_csv("基本,,意向,,\n名称,数量,数量,地点,\n甲,3,4,东\n", &expected);
    check_csv(
        "名称,数量,,地点\n,男,女,\n甲,3,4,东\n",
        &[
            "0 header 1..=2 Name Count Place above [] dropped [] unknown [\"数量/女\"]",
            "0 3 Name=甲 Count=3 Place=东",
        ],
    );
}

#[test]
fn a_record_without_its_mandatory_columns_is_not_taken_for_a_header() {
    check_csv(
        "名称,数量,地点,备注\n,,东,\n甲,1,西,\n",
        &[
            "0 header 1..=1 Name Count Place above [] dropped [] unknown [\"备注\"]",
            "0 2 Blank",
            "0 3 Name=甲 Count=1 Place=西",
        ],
    );
}

#[test]
fn two_columns_of_one_name_may_be_two_columns() {
    check_csv(
        "名称,数量,电话,电话,电话\n甲,1,2,3,4\n",
        &[
            "0 header 1..=1 Name Count Phone Phone2 above [] dropped [] unknown [\"电话\"]",
            "0 2 Name=甲 Count=1 Phone=2 Phone2=3",
        ],
    );
}

#[test]
fn what_is_no_record_is_left_out_with_its_reason() {
    check_csv(
        "序号,名称,数量,地点\n1,2,3,4\n1,甲,3,\n2,,,东\n序号,名称,数量,地点\n3,小计,,\n4,合计,五件,\n合  计,,3,\n填表人：测试甲,,审核人：测试乙,\n以上为全部物品,,,\n",
        &[
            "0 header 1..=1 Name Count Place above [] dropped [] unknown []",
            "0 2 Header",
            "0 3 Name=甲 Count=3",
            "0 4 Blank",
            "0 5 Header",
            "0 6 Total",
            "0 7 Name=合计 Count=五件",
            "0 8 Total",
            "0 9 Footer",
            "0 10 Note",
        ],
    );
}

#[test]
fn the_same_again_means_the_record_above() {
    check_csv(
        "名称,数量,地点\n甲,1,东\n小计,,\n乙,同上,〃\n丙,同上,\"\"\"\"\n同上,2,同上\n",
        &[
            "0 header 1..=1 Name Count Place above [] dropped [] unknown []",
            "0 2 Name=甲 Count=1 Place=东",
            "0 3 Total",
            "0 4 Name=乙 Count=1 Place=东 repeated [1, 2]",
            "0 5 Name=丙 Count=1 Place=东 repeated [1, 2]",
            "0 6 Name=丙 Count=2 Place=东 repeated [0, 2]",
        ],
    );
}

#[test]
fn a_second_table_in_a_sheet_has_its_own_columns() {
    check_csv(
        "名称,数量\n甲,1\n数量,名称,地点\n2,乙,东\n",
        &[
            "0 header 1..=1 Name Count above [] dropped [] unknown []",
            "0 2 Name=甲 Count=1",
            "0 3 Header",
            "0 header 3..=3 Count Name Place above [] dropped [] unknown []",
            "0 4 Count=2 Name=乙 Place=东",
        ],
    );
}

#[test]
fn every_sheet_with_a_header_is_read_and_the_others_are_named() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("说明").unwrap();
    write(sheet, 0, &["请按要求填写"]);
    let sheet = workbook.add_worksheet().set_name("一组").unwrap();
    write(sheet, 0, &["名称", "数量"]);
    write(sheet, 1, &["甲", "1"]);
    let sheet = workbook.add_worksheet().set_name("旧").unwrap();
    sheet.set_hidden(true);
    write(sheet, 0, &["名称", "数量"]);
    workbook.add_worksheet().set_name("空").unwrap();
    let sheet = workbook.add_worksheet().set_name("缺").unwrap();
    write(sheet, 0, &["名称", "地点", "电话"]);
    let sheet = workbook.add_worksheet().set_name("二组").unwrap();
    write(sheet, 2, &["数量", "名称"]);
    write(sheet, 3, &["2", "乙"]);
    assert_eq!(
        told(&workbook.save_to_buffer().unwrap(), Format::Xlsx),
        [
            "说明 passed over NoHeader",
            "一组0 header 1..=1 Name Count above [] dropped [] unknown []",
            "一组0 2 Name=甲 Count=1",
            "旧 passed over Hidden",
            "缺 passed over Missing(\"数量\")",
            "二组1 header 3..=3 Count Name above [] dropped [] unknown []",
            "二组1 4 Count=2 Name=乙",
        ]
    );
}

#[test]
fn merged_cells_count_for_all_their_rows() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("a&b").unwrap();
    let look = Look::new();
    sheet.merge_range(0, 0, 0, 3, "物品台账", &look).unwrap();
    sheet.merge_range(1, 0, 2, 0, "名称", &look).unwrap();
    sheet.merge_range(1, 1, 1, 2, "意向", &look).unwrap();
    sheet.merge_range(1, 3, 2, 3, "地点", &look).unwrap();
    sheet.merge_range(1, 4, 2, 4, "数量", &look).unwrap();
    write(sheet, 2, &["", "数量", "电话"]);
    write(sheet, 3, &["甲", "9", "", "", "1"]);
    write(sheet, 4, &["乙", "", "", "", "2"]);
    write(sheet, 6, &["丙", "", "", "", "3"]);
    sheet.merge_range(3, 3, 5, 3, "东", &look).unwrap();
    assert_eq!(
        told(&workbook.save_to_buffer().unwrap(), Format::Xlsx),
        [
            "a&b0 header 2..=3 Name Wish Phone Place Count above [[\"物品台账\"]] dropped [] unknown []",
            "a&b0 4 Name=甲 Wish=9 Place=东 Count=1",
            "a&b0 5 Name=乙 Place=东 Count=2",
            "a&b0 7 Name=丙 Count=3",
        ]
    );
}

#[test]
fn a_file_without_such_a_table_is_refused_and_told_what_is_missing() {
    for (text, code, column) in [
        ("", Code::RosterEmpty, None),
        ("\n,,\n", Code::RosterEmpty, None),
        ("a,b\n1,2\n", Code::RosterHeader, Some("名称")),
        ("名称,地点,电话\n1,2,3\n", Code::RosterHeader, Some("数量")),
    ] {
        let refusal =
            read(text.as_bytes(), Format::Csv, &Limits::default(), &Things, &mut Told::default())
                .unwrap_err();
        assert_eq!(refusal.code, code, "{text}");
        assert_eq!(refusal.params.first().map(|(_, value)| value.as_str()), column, "{text}");
    }
}

#[test]
fn rows_below_headers_are_bounded_over_all_sheets() {
    let text = "名称,数量\n甲,1\n合计,1\n乙,1\n";
    let limits = Limits { rows: 2, ..Limits::default() };
    let refusal =
        read(text.as_bytes(), Format::Csv, &limits, &Things, &mut Told::default()).unwrap_err();
    assert_eq!(refusal.code, Code::RosterTooManyRows);
}
