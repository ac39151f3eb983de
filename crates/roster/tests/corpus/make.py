"""Makes the corpus: registers as clerks keep them, and what is to become of
every row of each.

Run in this folder: pip install openpyxl xlwt; python3 make.py. All people are
invented: their IDs have the check character of test IDs, which no real ID has,
and their phone numbers begin with 1990000, which is given to nobody.

Beside each file stands NAME.json:
  point, today   for which service point and on which day it is read
  refused        the code with which the whole file is refused, if it is
  warnings       codes about the file as a whole
  passedOver     sheets that are not read, and the code of the reason
  dropped, unknown   columns that are known and not needed, or mean nothing
  rows           every row below a header: its outcome (taken, unverified,
                 refused, left_out), the codes of the reasons and warnings,
                 and values that must have been read from it
"""

import csv
import datetime
import io
import json
import pathlib
import zipfile

import openpyxl
import xlwt

FILES = pathlib.Path(__file__).parent / "files"
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
VILLAGE = "431021102205"  # 白云村 of 仁义镇, 桂阳县
VILLAGE_2 = "431021102213"  # 下源村 of the same township
VILLAGE_3 = "431021102224"  # 田湾村
TOWNSHIP = "431021102000"
TODAY = "2026-07-01"
D = datetime.date
NEVER = "9999-12-31"


def test_id(region="431021", birth="19900115", serial=1):
    digits = f"{region}{birth}{serial:03}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS))
    return digits + "10X98765432"[(total + 1) % 11]


def real_looking(serial):
    """The right check character: what must never get into a test register."""
    digits = f"43102119900115{serial:03}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS))
    return digits + "10X98765432"[total % 11]


def ending_in(character, start=1):
    """Test IDs whose check character is this one."""
    return (one for one in (test_id(serial=n) for n in range(start, 1000)) if one[-1] == character)


def wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def old(full):
    return full[:6] + full[8:17]


def bad_check(full):
    return full[:17] + ("2" if full[17] == "1" else "1")


def phone(number):
    return f"1990000{number:04}"


NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def name(number):
    return "测试" + NAMES[number % len(NAMES)] + (str(number // len(NAMES)) if number >= len(NAMES) else "")


class R:
    """A row below a header, and what becomes of it."""

    def __init__(self, cells, outcome, notes=(), **values):
        self.cells, self.outcome, self.notes, self.values = cells, outcome, sorted(notes), values


def T(cells, *notes, **values):
    return R(cells, "taken", notes, **values)


def U(cells, *notes, **values):
    return R(cells, "unverified", notes, **values)


def X(cells, *notes, **values):
    return R(cells, "refused", notes, **values)


def L(cells, why):
    return R(cells, "left_out", [why])


class Sheet:
    def __init__(self, title, rows, merges=(), hidden=False, formats=None):
        self.title, self.rows, self.merges, self.hidden = title, rows, merges, hidden
        self.formats = formats or {}

    def grid(self):
        return [row.cells if isinstance(row, R) else row for row in self.rows]


def to_xlsx(sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        for number, cells in enumerate(sheet.grid(), start=1):
            for column, value in enumerate(cells, start=1):
                if value is not None and value != "":
                    cell = page.cell(number, column, value)
                    if isinstance(value, str):
                        cell.number_format = "@"
                        cell.data_type = "s"
        for cell, number_format in sheet.formats.items():
            page[cell].number_format = number_format
        for merge in sheet.merges:
            page.merge_cells(merge)
        if sheet.hidden:
            page.sheet_state = "hidden"
    packed = io.BytesIO()
    book.save(packed)
    again = io.BytesIO()
    with zipfile.ZipFile(packed) as old_zip, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new_zip:
        for entry in old_zip.infolist():
            data = old_zip.read(entry)
            if entry.filename == "docProps/core.xml":
                data = b'<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
            new_zip.writestr(zipfile.ZipInfo(entry.filename, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return again.getvalue()


def to_xls(sheets):
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    for sheet in sheets:
        page = book.add_sheet(sheet.title)
        merged = {}
        for merge in sheet.merges:
            top, bottom, left, right = openpyxl_bounds(merge)
            merged[(top, left)] = (bottom, right)
        for number, cells in enumerate(sheet.grid()):
            for column, value in enumerate(cells):
                style = day if isinstance(value, datetime.date) else xlwt.Style.default_style
                if (number, column) in merged:
                    bottom, right = merged[(number, column)]
                    page.write_merge(number, bottom, column, right, value, style)
                elif value is not None and value != "":
                    page.write(number, column, value, style)
        if sheet.hidden:
            page.visibility = 1
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def openpyxl_bounds(merge):
    left, top, right, bottom = openpyxl.utils.range_boundaries(merge)
    return top - 1, bottom - 1, left - 1, right - 1


def shown(value):
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return f"{value.year}/{value.month}/{value.day}"
    return str(value)


def to_csv(sheets, delimiter=",", encoding="utf-8", end="\r\n"):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    for cells in sheets[0].grid():
        writer.writerow([shown(value) for value in cells]) if cells else text.write(end)
    return text.getvalue().encode(encoding)


MADE = []


def make(file, sheets, *, data=None, point=VILLAGE, refused=None, warnings=(), passed_over=None, dropped=(),
         unknown=(), **options):
    """Writes a file and what is expected of it. `sheets`: sheets, or the rows of the only one."""
    if sheets and not isinstance(sheets[0], Sheet):
        sheets = [Sheet("Sheet1", sheets)]
    if data is None:
        kind = file.rsplit(".", 1)[1]
        data = {"xlsx": to_xlsx, "xls": to_xls, "csv": to_csv}[kind](sheets, **options)
    is_text = not data.startswith((b"PK", b"\xd0\xcf"))
    rows = []
    for sheet in sheets:
        for number, row in enumerate(sheet.rows, start=1):
            if isinstance(row, R):
                rows.append({"sheet": "" if is_text else sheet.title, "row": number, "outcome": row.outcome,
                             "notes": row.notes, **({"values": row.values} if row.values else {})})
    expected = {"point": point, "today": TODAY, "refused": refused, "warnings": sorted(warnings),
                "passedOver": passed_over or {}, "dropped": list(dropped), "unknown": list(unknown), "rows": rows}
    (FILES / file).write_bytes(data)
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    (FILES / (file + ".json")).write_text(text + "\n", encoding="utf-8")
    MADE.append(file)


NO_CONSENTS = "roster.consents_missing"
NO_VILLAGE = "roster.village_missing"
HEAD = ["序号", "姓名", "身份证号码", "联系电话", "村"]


def person(number, **changes):
    """Cells below HEAD."""
    cells = {"no": number, "name": name(number), "id": test_id(serial=number), "phone": phone(number),
             "village": "白云村"}
    cells.update(changes)
    return list(cells.values())


def three():
    return [HEAD, T(person(1), name="测试乙", phone=phone(1), home=VILLAGE, birthYear=1990), T(person(2)), T(person(3))]


# How files are stored.

def formats():
    plain = {"warnings": [NO_CONSENTS]}
    make("format_utf8.csv", three(), **plain)
    make("format_utf8_bom.csv", three(), encoding="utf-8-sig", **plain)
    make("format_utf8_lf.csv", three(), end="\n", **plain)
    make("format_gbk.csv", three(), encoding="gbk", **plain)
    make("format_utf16le.csv", three(), encoding="utf-16", delimiter="\t", **plain)
    make("format_utf16be.csv", three(), data=b"\xfe\xff" + to_csv([Sheet("", three())], encoding="utf-16-be"), **plain)
    make("format_utf16_no_mark.csv", three(), encoding="utf-16-le", **plain)
    make("format_tab.csv", three(), delimiter="\t", **plain)
    make("format_semicolon.csv", three(), delimiter=";", **plain)
    make("format_plain.xlsx", three(), **plain)
    make("format_plain.xls", three(), **plain)
    make("format_text_called.xls", three(), data=to_csv([Sheet("", three())], delimiter="\t", encoding="gbk"), **plain)
    rare = [HEAD, T(person(1, name="测试𠮷"), name="测试𠮷"), T(person(2, name="㛃测试"), name="㛃测试")]
    make("format_gb18030_rare.csv", rare, encoding="gb18030", **plain)
    lists = [["姓名", "身份证号", "联系电话", "户籍村", "工种", "意向地区", "同意事项"]]
    lists += [T([name(n), test_id(serial=n), phone(n), "白云村", "普工;焊工", "广东省;郴州市", "入册;推荐"],
                destinations=["431000", "440000"], consents=[1, 2]) for n in (1, 2, 3)]
    make("format_comma_with_lists.csv", lists)
    make("format_semicolon_with_lists.csv", lists, delimiter=";")
    quoted = [HEAD, T(person(1, id=f'="{test_id(serial=1)}"', phone=f'="{phone(1)}"'), id=test_id(serial=1), phone=phone(1)),
              T(person(2, id=f"\t{test_id(serial=2)}"), id=test_id(serial=2)), T(person(3, name="测试 丁"), name="测试丁")]
    make("format_excel_text_cells.csv", quoted, **plain)
    lines = [HEAD + ["工种"], T(person(1) + ["普工\n焊工"], skills=["6-00-00-00:0", "6-18-02-04:0"]), T(person(2) + [""]), T(person(3) + ['说"普工"'], skills=["6-00-00-00:0"])]
    make("format_lines_in_cells.csv", lines, **plain)


# How registers are laid out.

REGISTER_TITLES = [["劳动力资源登记台账"], ["桂阳县仁义镇白云村"], ["填报单位：白云村村委会", None, None, "填报时间：2026年6月"], []]
UPPER = ["序号", "县", "乡镇", "村", "姓名", "身份证号码", "性别", "年龄", "联系电话", "就业情况", None, None, None, "未就业情况", None, None, "备注"]
LOWER = [None] * 9 + ["就业单位", "工种", "就业时间", "年收入（万元）", "工种意向", "工资意向", "区域意向", None]
REGISTER_MERGES = ["A1:Q1", "A2:Q2"] + [f"{c}5:{c}6" for c in "ABCDEFGHIQ"] + ["J5:M5", "N5:P5"]
REGISTER_DROPPED = ["就业情况/就业时间", "就业情况/年收入（万元）", "备注"]


def register_row(n, employer=None, kind=None, **changes):
    cells = {"no": n, "county": "桂阳县", "township": "仁义镇", "village": "白云村", "name": name(n), "id": test_id(serial=n),
             "sex": "男" if n % 2 else "女", "age": 36, "phone": phone(n), "employer": employer, "kind": kind,
             "since": "2021.7" if employer else None, "income": 5.5 if employer else None, "wish": "普工", "wage": 5000,
             "where": "广东", "note": None}
    cells.update(changes)
    return list(cells.values())


def register_rows():
    return [T(register_row(1), home=VILLAGE, wage=5000, destinations=["440000"], skills=["6-00-00-00:0"], atOnce=True),
            T(register_row(2, employer="某电子厂", kind="焊工"), "row.employed", **{"from": NEVER}, skills=["6-00-00-00:0", "6-18-02-04:0"]),
            T(register_row(3, wage="面议"), "row.wage_open", wage=0)]


def layouts():
    lays = {"warnings": [NO_CONSENTS]}
    rows = REGISTER_TITLES + [UPPER, LOWER] + register_rows()
    whole = [Sheet("劳动力资源", rows, REGISTER_MERGES)]
    make("layout_two_levels.xlsx", whole, dropped=REGISTER_DROPPED, **lays)
    make("layout_two_levels.xls", whole, dropped=REGISTER_DROPPED, **lays)
    make("layout_two_levels.csv", whole, dropped=REGISTER_DROPPED, **lays)
    make("layout_two_levels_gbk.csv", whole, encoding="gbk", dropped=REGISTER_DROPPED, **lays)

    groups = [["基本信息", None, None, None, None, "求职意向", None, None], HEAD + ["工种", "工资", "区域"],
              T(person(1) + ["普工", 4500, "深圳"], wage=4500, destinations=["440300"])]
    make("layout_groups_above.xlsx", [Sheet("名册", groups, ["A1:E1", "F1:H1"])], **lays)
    make("layout_groups_above.csv", groups, **lays)
    levels = [["劳动力台账"], ["序号", "基本情况", None, None, None, "就业意向", None, None],
              [None, "姓名", "身份证号码", "联系电话", "村", "工种", "待遇", None],
              [None, None, None, None, None, None, "月薪", "形式"],
              T(person(1) + ["普工", 4500, "全职"], wage=4500)]
    make("layout_three_levels.xlsx", [Sheet("名册", levels, ["A2:A4", "B2:E2", "F2:H2", "B3:B4", "C3:C4", "D3:D4", "E3:E4", "F3:F4", "G3:H3"])],
         dropped=["就业意向/待遇/形式"], **lays)
    numbers = [HEAD, L([1, 2, 3, 4, 5], "row.header"), T(person(1)), T(person(2))]
    make("layout_column_numbers.xlsx", numbers, **lays)

    feet = [["白云村劳动力登记表"], HEAD, T(person(1)), T(person(2)),
            L(["合计", None, "2人"], "row.total"), L([None, "以下空白"], "row.footer"),
            L(["填表人：测试甲", None, "审核人：测试乙", "联系电话：19900000099"], "row.footer"),
            L(["单位负责人（签字）：", None, None, "2026年6月30日"], "row.footer"),
            L(["备注：1.本表一式两份，由村委会填写，报镇劳动保障所。"], "row.footer"),
            L(["2.年龄为周岁。"], "row.note"),
            L(["以上信息仅用于就业服务，请妥善保管，不得外传给其他单位和个人使用。"], "row.note")]
    for form in ("xlsx", "xls", "csv"):
        make(f"layout_footers.{form}", feet, **lays)
    sums = [HEAD, T(person(1)), T(person(2)), L([None, "小计", None, 2], "row.total"), T(person(3)), L([None, "小　计", None, 1], "row.total"),
            L(["总计：", None, None, 3], "row.total"), L(["本页小计", 3], "row.total")]
    make("layout_totals.xlsx", sums, **lays)
    blanks = [HEAD, T(person(1)), [], T(person(2))] + [L([n], "row.blank") for n in range(3, 12)]
    make("layout_numbered_blank_rows.xlsx", blanks, **lays)
    make("layout_numbered_blank_rows.csv", blanks, **lays)
    formulas = [HEAD + ["性别", "年龄"], T(person(1) + ["男", 36]), L([2, None, None, None, None, "女", 126], "row.blank"), L([3, None, None, None, "白云村", "女", 126], "row.blank")]
    make("layout_rows_filled_by_formulas.xlsx", formulas, **lays)
    pages = [["登记表（一）"], HEAD, T(person(1)), L(HEAD, "row.header"), T(person(2)), L(HEAD, "row.header"), T(person(3))]
    make("layout_header_on_every_page.xlsx", pages, **lays)
    make("layout_header_on_every_page.xls", pages, **lays)
    two_pages = REGISTER_TITLES + [UPPER, LOWER, register_rows()[0], L(UPPER, "row.header"), L(LOWER, "row.header"), register_rows()[2]]
    make("layout_two_levels_on_every_page.csv", two_pages, dropped=REGISTER_DROPPED, **lays)
    second = [["姓名", "身份证号", "电话", "村"], T([name(1), test_id(serial=1), phone(1), "白云村"]),
              L(["村", "姓名", "手机号", "身份证号码"], "row.header"), T(["下源村", name(2), phone(2), test_id(serial=2)], home=VILLAGE_2, phone=phone(2))]
    make("layout_second_table_below.csv", second, **lays)
    shuffled = [["手机", "所在村", "备注", "公民身份号码", "No.", "姓  名*"], T([phone(1), "白云村", "x", test_id(serial=1), 1, name(1)], phone=phone(1))]
    make("layout_other_order.xlsx", shuffled, dropped=["备注"], **lays)
    headings = [["序 号", "姓 名\n（必填）", "身份证号码\n(18位)*", "联系电话（手机）", "户籍地（村/社区）", "意向工种（可多选）", "某某"],
                T(person(1) + ["普工", "?"], skills=["6-00-00-00:0"])]
    make("layout_headings_with_hints.xlsx", headings, unknown=["某某"], **lays)
    english = [["name", "citizenId", "phone", "homeVillage", "consents"], T([name(1), test_id(serial=1), phone(1), VILLAGE, "REGISTER;MATCHING"], consents=[1, 2])]
    make("layout_fields_as_headings.csv", english)
    bilingual = [["姓名 Name", "身份证号 ID", "联系电话 Phone", "村 Village", "同意 Consent"], T([name(1), test_id(serial=1), phone(1), "白云村", "同意"], consents=[1, 2, 3])]
    make("layout_bilingual.xlsx", bilingual)
    wide_gap = [HEAD[:2] + [None] + HEAD[2:], T(person(1)[:2] + [None] + person(1)[2:]), T(person(2)[:2] + ["x"] + person(2)[2:])]
    make("layout_column_without_heading.xlsx", wide_gap, **lays)


def sheets():
    lays = {"warnings": [NO_CONSENTS]}
    make("sheets_several.xlsx", [Sheet("一组", [HEAD, T(person(1))]), Sheet("说明", [["请如实填写"]]), Sheet("二组", [["白云村"], HEAD, T(person(2))]), Sheet("空", [])],
         passed_over={"说明": "sheet.no_header"}, **lays)
    make("sheets_several.xls", [Sheet("一组", [HEAD, T(person(1))]), Sheet("二组", [HEAD, T(person(2)), L(person(1), "row.duplicate")])], **lays)
    make("sheets_hidden.xlsx", [Sheet("旧", [["姓名", "身份证号"], ["测试", "1"]], hidden=True), Sheet("新", [HEAD, T(person(1))])],
         passed_over={"旧": "sheet.hidden"}, **lays)
    make("sheets_hidden.xls", [Sheet("新", [HEAD, T(person(1))]), Sheet("旧", [["姓名", "身份证号"], ["测试", "1"]], hidden=True)],
         passed_over={"旧": "sheet.hidden"}, **lays)
    make("sheets_without_id_column.xlsx", [Sheet("好", [HEAD, T(person(1))]), Sheet("缺", [["序号", "姓名", "电话", "村"], [1, "测试", phone(9), "白云村"]])],
         passed_over={"缺": "roster.header"}, **lays)
    short = ["序号", "姓名", "身份证号码", "联系电话"]
    make("sheets_one_a_village.xlsx", [Sheet("白云村", [short, T(person(1)[:4], home=VILLAGE)]), Sheet("下源村", [short, T(person(2)[:4], home=VILLAGE_2)])],
         point=TOWNSHIP, warnings=[NO_CONSENTS, NO_VILLAGE, NO_VILLAGE])
    make("sheets_title_names_village.xlsx", [Sheet("Sheet1", [["仁义镇田湾村劳动力资源登记台账"], short, T(person(1)[:4], home=VILLAGE_3)])],
         point=TOWNSHIP, warnings=[NO_CONSENTS, NO_VILLAGE])


def villages():
    lays = {"warnings": [NO_CONSENTS], "point": TOWNSHIP}
    merged = [HEAD, T(person(1, village="白云村"), home=VILLAGE), T(person(2, village=None), home=VILLAGE), T(person(3, village=None), home=VILLAGE),
              T(person(4, village="下源村"), home=VILLAGE_2), T(person(5, village=None), home=VILLAGE_2), L([6], "row.blank")]
    for form in ("xlsx", "xls"):
        make(f"villages_merged.{form}", [Sheet("名册", merged, ["E2:E4", "E5:E7"])], **lays)
    above = [HEAD, T(person(1), home=VILLAGE), T(person(2, village=None), "row.village_above", home=VILLAGE), T(person(3, village="下源村"), home=VILLAGE_2), T(person(4, village=None), "row.village_above", home=VILLAGE_2)]
    make("villages_merged.csv", above, **lays)
    make("villages_first_is_missing.csv", [HEAD, X(person(1, village=None), "row.required"), T(person(2))], **lays)
    ditto = [HEAD, T(person(1), home=VILLAGE), T(person(2, village="同上"), "row.same_as_above", home=VILLAGE), T(person(3, village="〃"), "row.same_as_above", home=VILLAGE), T(person(4, phone='"', village='"'), "row.same_as_above", "row.same_as_above", home=VILLAGE, phone=phone(3))]
    make("villages_same_as_above.xlsx", ditto, **lays)
    make("villages_same_as_above.csv", ditto, **lays)
    short = ["序号", "姓名", "身份证号码", "联系电话"]
    sections = [["仁义镇劳动力台账"], short, L(["白云村"], "row.note"), T(person(1)[:4], home=VILLAGE), T(person(2)[:4], home=VILLAGE), L(["下源村"], "row.note"), T(person(3)[:4], home=VILLAGE_2)]
    make("villages_as_sections.xlsx", sections, **lays)
    parts = [["姓名", "身份证号", "电话", "县", "乡镇", "村"], T([name(1), test_id(serial=1), phone(1), "桂阳县", "仁义镇", "白云村"], home=VILLAGE),
             T([name(2), test_id(serial=2), phone(2), "桂阳", "仁义", "下源"], home=VILLAGE_2), X([name(3), test_id(serial=3), phone(3), "桂阳县", "太和镇", "下源村"], "row.division")]
    make("villages_in_parts.csv", parts, **lays)
    codes = [["行政区划代码", "村", "姓名", "身份证号", "电话"], T([VILLAGE, "白云村", name(1), test_id(serial=1), phone(1)], home=VILLAGE),
             T([VILLAGE, "下源村", name(2), test_id(serial=2), phone(2)], "row.village_conflict", home=VILLAGE),
             T(["431021102999", "下源村", name(3), test_id(serial=3), phone(3)], "row.village_code", home=VILLAGE_2),
             T(["4310211022", "下源村", name(4), test_id(serial=4), phone(4)], "row.village_code", home=VILLAGE_2),
             T([TOWNSHIP, "下源村", name(5), test_id(serial=5), phone(5)], home=VILLAGE_2),
             X(["431021102999", "没有的村", name(6), test_id(serial=6), phone(6)], "row.division"),
             T([None, VILLAGE_2, name(7), test_id(serial=7), phone(7)], home=VILLAGE_2)]
    make("villages_by_code.csv", codes, **lays)
    numbers = [["行政区划代码", "姓名", "身份证号", "电话"], T([int(VILLAGE), name(1), test_id(serial=1), phone(1)], home=VILLAGE)]
    make("villages_by_code_as_number.xlsx", numbers, **lays)
    own = [["姓名", "身份证号", "电话"], T([name(1), test_id(serial=1), phone(1)], home=VILLAGE), T([name(2), test_id(serial=2), phone(2)], home=VILLAGE)]
    make("villages_not_asked.csv", own, warnings=[NO_CONSENTS, NO_VILLAGE])
    make("villages_not_asked_at_a_township.csv", [["姓名", "身份证号", "电话"], X([name(1), test_id(serial=1), phone(1)], "row.required")], **lays)
    blank = [HEAD, T(person(1)), T(person(2, village=None), "row.village_own", home=VILLAGE)]
    make("villages_left_blank.csv", blank, warnings=[NO_CONSENTS])
    address = [["姓名", "身份证号", "电话", "家庭住址"], T([name(1), test_id(serial=1), phone(1), "湖南省郴州市桂阳县仁义镇下源村5组"], home=VILLAGE_2),
               T([name(2), test_id(serial=2), phone(2), "下源村"], home=VILLAGE_2), T([name(3), test_id(serial=3), phone(3), "某路8号"], "row.village_own", home=VILLAGE)]
    make("villages_in_addresses.csv", address, warnings=[NO_CONSENTS])


# Who people are.

def identities():
    lays = {"warnings": [NO_CONSENTS]}
    ids = [test_id(serial=n) for n in range(0, 60)]
    numbers = [HEAD, U(person(1, id=int(ids[1][:17] + "0")), "row.citizen_id_numeric", birthYear=1990, birthDate="1990-01-15"),
               U(person(2, id=431021199001150000), "row.citizen_id_numeric", birthYear=1990), T(person(3)),
               T(person(4, id=int(old(ids[4]))), "row.citizen_id_old", id=ids[4]), U(person(5, id=0), "row.citizen_id_missing", birthYear=0),
               U(person(6, id=43102119900115), "row.citizen_id_length", birthYear=1990)]
    for form in ("xlsx", "xls"):
        make(f"ids_as_numbers.{form}", numbers, **lays)
    science = [HEAD, U(person(1, id="4.31021E+17"), "row.citizen_id_numeric", birthYear=0), U(person(2, id="4.31021199001159E+17"), "row.citizen_id_numeric", birthYear=1990),
               U(person(3, id="431021199001159000"), "row.citizen_id_check", birthYear=1990)]
    make("ids_as_numbers.csv", science, **lays)
    placeholders = [HEAD, U(person(1, id="000000000000000000"), "row.citizen_id_placeholder", birthYear=0), U(person(2, id="000000199001150000"), "row.citizen_id_placeholder"),
                    U(person(3, id="无"), "row.citizen_id_missing"), U(person(4, id=None), "row.citizen_id_missing"), U(person(5, id="111111111111111111"), "row.citizen_id_placeholder"),
                    U(person(6, id="暂无"), "row.citizen_id_missing"), U(person(7, id="——"), "row.citizen_id_missing"),
                    U(person(8, id="000000199001150000", phone=None), "row.citizen_id_placeholder", "row.phone_missing"),
                    X(person(9, id="000000000000000000", phone=None), "row.phone_missing", "row.unidentifiable"), X(person(10, id=None, phone="无"), "row.phone_missing", "row.unidentifiable")]
    make("ids_placeholders.xlsx", placeholders, **lays)
    make("ids_placeholders.csv", placeholders, **lays)
    fifteen = [HEAD] + [T(person(n, id=old(ids[n])), "row.citizen_id_old", id=ids[n], birthYear=1990) for n in (1, 2, 3)]
    fifteen += [U(person(4, id="431021901315001"), "row.citizen_id_birth", birthYear=0), U(person(5, id="991021900115001"), "row.citizen_id_region"), U(person(6, id="43102190011500X"), "row.citizen_id_characters"),
                U(person(7, id="431021900115996"), "row.citizen_id_birth"),
                # What is left of eighteen digits is not somebody born in 1920.
                U(person(8, id=test_id(birth="20040615", serial=8)[:15]), "row.citizen_id_length", birthYear=2004)]
    make("ids_of_fifteen_digits.csv", fifteen, **lays)
    written = [HEAD]
    x = [one for one, _ in zip(ending_in("X"), range(4))]
    forms = [x[0].lower(), wide(ids[2]), "'" + ids[3], f"{ids[4][:6]} {ids[4][6:14]} {ids[4][14:]}", f"{ids[5][:6]}-{ids[5][6:14]}-{ids[5][14:]}", "\ufeff" + ids[6] + "\u3000",
             wide(x[1].lower()), "’" + x[2], ids[9] + "\n"]
    right = [x[0], ids[2], ids[3], ids[4], ids[5], ids[6], x[1], x[2], ids[9]]
    written.append(T(person(90, id=ids[50] + "（长期）"), "row.citizen_id_note", id=ids[50]))
    written.append(U(person(91, id="证件：" + ids[51][:17]), "row.citizen_id_length"))
    written += [T(person(n, id=form), id=is_) for n, (form, is_) in enumerate(zip(forms, right), start=1)]
    make("ids_however_written.xlsx", written, **lays)
    make("ids_however_written.csv", written, **lays)
    damaged = [HEAD, U(person(1, id=bad_check(ids[1])), "row.citizen_id_check", birthYear=1990), U(person(2, id=ids[2][:17]), "row.citizen_id_length", birthYear=1990),
               U(person(3, id=ids[3] + "1"), "row.citizen_id_length", birthYear=1990), U(person(4, id="4310211990011500A1"), "row.citizen_id_characters", birthYear=1990),
               U(person(5, id="431021199013450011"), "row.citizen_id_birth", birthYear=0), U(person(6, id="991021199001150011"), "row.citizen_id_region", birthYear=0),
               U(person(7, id="12"), "row.citizen_id_length", birthYear=0), U(person(8, id="测试"), "row.citizen_id_length"), U(person(9, id=True), "row.citizen_id_characters")]
    make("ids_damaged.xlsx", damaged, **lays)
    real = [HEAD, X(person(1, id=real_looking(1)), "row.citizen_id_real"), X(person(2, id="11010519491231002X"), "row.citizen_id_real"), X(person(3, id=wide(real_looking(2))), "row.citizen_id_real"), T(person(4)),
            X(person(5, id=real_looking(3) + "（长期）"), "row.citizen_id_real")]
    make("ids_that_look_real.csv", real, **lays)
    beside = [HEAD + ["性别", "年龄", "出生日期"],
              T(person(1) + ["男", 36, "1990-01-15"]), T(person(2) + ["男", 36, "1990.1.15"], "row.sex_conflict"), T(person(3) + ["男", 50, "1990.1"], "row.age_conflict"),
              T(person(4) + ["女性", "35岁", "1991-01-15"], "row.birth_conflict"), T(person(5) + ["女", 20, "1980.5.5"], "row.age_conflict", "row.birth_conflict", "row.sex_conflict"),
              T(person(6) + [None, None, None]), T(person(7) + ["不详", "大约", "不清楚"]), T(person(9) + [1, "37周岁", D(1990, 1, 15)])]
    make("ids_against_other_columns.xlsx", beside, **lays)
    born = [HEAD + ["年龄", "出生日期"], U(person(1, id=None) + [36, "1991.3.5"], "row.citizen_id_missing", birthYear=1991, birthDate="1991-03-05"),
            U(person(2, id="无") + [40, None], "row.birth_estimated", "row.citizen_id_missing", birthYear=1986, birthDate=""), U(person(3, id=None) + [None, "1988年2月"], "row.citizen_id_missing", birthYear=1988, birthDate=""),
            U(person(4, id=None) + [None, None], "row.citizen_id_missing", birthYear=0), U(person(5, id=ids[5][:16]) + [99, "1970-01-01"], "row.citizen_id_length", birthYear=1990)]
    make("ids_missing_with_birth_dates.xlsx", born, **lays)
    twice = [HEAD, T(person(1)), T(person(2)), L(person(1, name="测试重"), "row.duplicate"), L(person(2, phone=phone(77)), "row.duplicate"),
             L(person(1, id=ids[1][:17]), "row.duplicate"), U(person(5, id=None), "row.citizen_id_missing"), L(person(5, id="无"), "row.duplicate"),
             U(person(6, id=ids[6][:15]), "row.citizen_id_length"), L(person(7, id=None, name=name(2), phone=phone(2)), "row.duplicate")]
    make("ids_twice.csv", twice, **lays)
    names = [HEAD, T(person(1, name="测 试　甲"), name="测试甲"), T(person(2, name="阿依·测试"), name="阿依·测试"), T(person(3, name=" 测试乙\t"), name="测试乙"),
             X(person(4, name=None), "row.required"), X(person(5, name="名" * 61), "row.too_long"), X(person(6, name="测\n试"), "row.characters"), L(person(7, name="示例 测试"), "row.example"), L(person(8, name="例：测试"), "row.example")]
    make("names.xlsx", names, **lays)


# What stands in the other cells.

def column(heading, *rows, file, dropped=(), unknown=(), warnings=(NO_CONSENTS,), point=VILLAGE):
    """A register with one column more."""
    headings = heading if isinstance(heading, list) else [heading]
    made = [HEAD + headings]
    for n, (cells, notes, values) in enumerate(rows, start=1):
        cells = cells if isinstance(cells, list) else [cells]
        made.append(T(person(n) + cells, *notes, **values))
    make(file, made, dropped=dropped, unknown=unknown, warnings=warnings, point=point)


def cells():
    head = ["姓名", "身份证号", "联系电话", "村"]
    several, note, lost, missing, wrong = "row.phone_several", "row.phone_note", "row.phone_digits_lost", "row.phone_missing", "row.phone"
    one, two = phone(1), phone(2)
    phones = [(one, [], one, ""), (f"{one[:3]} {one[3:7]} {one[7:]}", [], one, ""), (f"{one[:3]}-{one[3:7]}-{one[7:]}", [], one, ""), (wide(one), [], one, ""), ("+86" + one, [], one, ""), ("0086 " + one, [], one, ""),
              (f"{one}/{two}", [several], one, two), (f"{one}、{two}", [several], one, two), (f"{one} {two}", [several], one, two), (one + two, [several], one, two), (f"{one}(儿子)", [note], one, ""), (f"妻 {one}", [note], one, ""),
              ("1.99E+10", [lost, missing], "", ""), ("无", [missing], "", ""), (None, [missing], "", ""), ("123", [missing, wrong], "", ""), ("0735-0000002", [], "07350000002", ""), (one[:10], ["row.phone_odd"], one[:10], ""), ("待定", [missing, wrong], "", "")]
    rows = [head] + [T([name(n), test_id(serial=n), text, "白云村"], *notes, phone=first, phone2=second) for n, (text, notes, first, second) in enumerate(phones, start=1)]
    make("cells_phones.xlsx", rows, warnings=[NO_CONSENTS])
    make("cells_phones.csv", rows, warnings=[NO_CONSENTS])
    numeric = [head, T([name(1), test_id(serial=1), int(one), "白云村"], phone=one), T([name(2), test_id(serial=2), 1.99e10, "白云村"], phone="19900000000"), T([name(3), test_id(serial=3), 19900000001.5, "白云村"], missing, wrong)]
    make("cells_phones_as_numbers.xlsx", numeric, warnings=[NO_CONSENTS])
    two_columns = [["姓名", "身份证号", "电话", "电话", "村"], T([name(1), test_id(serial=1), one, two, "白云村"], phone=one, phone2=two), T([name(2), test_id(serial=2), None, two, "白云村"], phone=two, phone2="")]
    make("cells_two_phone_columns.csv", two_columns, warnings=[NO_CONSENTS])

    read, unknown, not_willing = "row.available_interpreted", "row.available_unknown", "row.unavailable"
    column("何时可上岗", ("随时", [], {"atOnce": True, "from": TODAY}), ("立即", [], {"atOnce": True}), (None, [], {"atOnce": True}), ("2026-08-01", [], {"from": "2026-08-01"}),
           ("2026.8.1", [], {"from": "2026-08-01"}), ("2026/8/1", [], {"from": "2026-08-01"}), ("20260801", [], {"from": "2026-08-01"}), ("2026年8月1日", [], {"from": "2026-08-01"}), ("2026.8", [read], {"from": "2026-08-01"}), ("8月15日", [read], {"from": "2026-08-15"}),
           ("6月15日", [read], {"from": "2027-06-15"}), ("8月底", [read], {"from": "2026-08-31"}), ("46235", [read], {"from": "2026-08-01"}), ("2026-02-30", [unknown], {"from": NEVER}), ("改天", [unknown], {"from": NEVER, "written": "改天"}), ("不外出", [not_willing], {"from": NEVER}), ("看情况", [unknown], {"from": NEVER}),
           file="cells_availability.csv")
    column("可外出时间", (D(2026, 8, 1), [], {"from": "2026-08-01"}), (46235, [read], {"from": "2026-08-01"}), (20260801, [], {"from": "2026-08-01"}), (2026.8, [read], {"from": "2026-08-01"}), (True, [unknown], {"from": NEVER}), (12, [unknown], {"from": NEVER}), file="cells_availability_as_numbers.xlsx")
    column("可外出时间", (D(2026, 8, 1), [], {"from": "2026-08-01"}), (46235, [read], {"from": "2026-08-01"}), file="cells_availability_as_dates.xls")
    column("到岗时间", ("双抢后", [read], {"written": "双抢后"}), ("过完中秋", [read], {}), ("国庆后", [read], {}), ("开学后", [read], {}), ("忙完双抢", [read], {}), ("猴年马月", [unknown], {"from": NEVER}), file="cells_availability_by_season.csv")
    column(["就业单位", "就业状态"], (["某电子厂", None], ["row.employed"], {"from": NEVER}), (["无", None], [], {"atOnce": True}), ([None, "已就业"], ["row.employed"], {"from": NEVER}), (["某电子厂", "未就业"], [], {"atOnce": True}), ([None, "在家"], [], {"atOnce": True}), ([None, None], [], {"atOnce": True}), file="cells_employed.csv")

    wage, wrong_wage, open_ = "row.wage_interpreted", "row.wage", "row.wage_open"
    column("期望工资", (4500, [], {"wage": 4500}), ("4,500", [], {"wage": 4500}), ("4500元/月", [], {"wage": 4500}), ("5000-7000", [wage], {"wage": 5000}), ("5000～7000元", [wage], {"wage": 5000}), ("4千", [wage], {"wage": 4000}), ("6k以上", [wage], {"wage": 6000}), ("0.5万", [wage], {"wage": 5000}),
           ("面议", [open_], {"wage": 0}), ("不限", [open_], {"wage": 0}), ("高一点", [wrong_wage], {"wage": 0}), ("20元/小时", [wrong_wage], {"wage": 0}), (4500.5, [wage], {"wage": 4501}), (-1, [wrong_wage], {"wage": 0}), (None, [], {"wage": 0}), (wide("4500"), [], {"wage": 4500}), file="cells_wages.xlsx")
    column("期望年薪（万元）", (6, [wage], {"wage": 5000}), (60000, [wage], {"wage": 5000}), ("6-8万", [wage], {"wage": 5000}), ("60000元", [wage], {"wage": 5000}), ("面议", [open_], {"wage": 0}), file="cells_yearly_wages.xlsx")
    column("年收入（万元）", (6, [], {"wage": 0}), (60000, [], {"wage": 0}), file="cells_income_is_no_wish.xlsx", dropped=["年收入（万元）"])

    unmapped, bad_level = "row.occupation_unmapped", "row.skill"
    labourer, welder, electrician = "6-00-00-00", "6-18-02-04", "6-31-01-03"
    column("意向工种", ("普工", [], {"skills": [labourer + ":0"]}), ("普工、电焊／打零工", [], {"skills": [labourer + ":0", welder + ":0", "8-00-00-00:0"]}), ("电工证三级", [], {"skills": [electrician + ":3"]}), ("电工:三级", [], {"skills": [electrician + ":3"]}), ("电工:特级", [bad_level], {"skills": [electrician + ":0"]}),
           ("2,3普工", [], {"skills": [labourer + ":0"]}), ("做些杂七杂八的事", [unmapped], {"skills": []}), ("无", [], {"skills": []}), (None, [], {"skills": []}), ("6-18-02-04", [], {"skills": [welder + ":0"]}), ("工" * 1001, ["row.too_long"], {"skills": []}), file="cells_occupations.csv")
    column(["从事工种", "技能特长", "证书", "等级"], (["普工", "焊工", "电工证", "三级"], [], {"skills": [labourer + ":0", welder + ":0", electrician + ":3"]}), ([None, None, "电工", "中级工"], [], {"skills": [electrician + ":4"]}), (["焊工", None, None, "四级"], [], {"skills": [welder + ":4"]}), ([None, "焊工", None, "熟练"], [bad_level], {"skills": [welder + ":0"]}), file="cells_skills_and_certificates.csv")
    column("区域意向", ("广东省", [], {"destinations": ["440000"]}), ("广东、深圳", [], {"destinations": ["440000", "440300"]}), ("不限", [], {"destinations": []}), ("县内", ["row.destination_interpreted"], {"destinations": ["431021"]}), ("省内", ["row.destination_interpreted"], {"destinations": ["430000"]}), ("江浙沪", ["row.destination_interpreted"], {"destinations": ["310000", "320000", "330000", "340000"]}), ("火星", ["row.destination"], {"destinations": []}), ("火星;郴州市", ["row.destination"], {"destinations": ["431000"]}), ("320614", [], {"destinations": ["320614"]}), (None, [], {"destinations": []}), file="cells_destinations.csv")
    column("是否同意授权", ("是", [], {"consents": [1, 2, 3]}), ("同意", [], {"consents": [1, 2, 3]}), ("√", [], {"consents": [1, 2, 3]}), ("已授权", [], {"consents": [1, 2, 3]}), ("否", [], {"consents": [1]}), ("不同意", [], {"consents": [1]}), ("入册、推荐", [], {"consents": [1, 2]}), (None, ["row.consent_blank"], {"consents": [1]}), file="cells_consents.csv", warnings=())
    make("cells_consents_unreadable.csv", [HEAD + ["同意"], X(person(1) + ["看情况"], "row.consent"), X(person(2) + ["推荐"], "row.consent"), T(person(3) + ["是"])])
    column(["是否脱贫户", "困难群体"], (["是", None], [], {"poverty": True}), (["脱贫户", None], [], {"poverty": True}), (["否", None], [], {"poverty": False}), (["非脱贫户", None], [], {"poverty": False}), (["监测户", None], [], {"poverty": True}), ([None, "脱贫劳动力"], [], {"poverty": True}), ([None, "残疾人"], [], {"poverty": False}), ([None, "是"], [], {"poverty": False}), ([None, None], [], {"poverty": False}), file="cells_poverty.csv")
    column(["紧急联系人", "紧急联系电话"], (["测试父", phone(71)], [], {"emergency": "测试父", "emergencyPhone": phone(71)}), ([None, "abc"], ["row.phone"], {"emergencyPhone": ""}), file="cells_emergency.csv")
    group = [["姓名", "身份证号", "电话", "村", "紧急联系人", None, "户主", None], [None] * 4 + ["姓名", "电话", "姓名", "身份证号"], T([name(1), test_id(serial=1), phone(1), "白云村", "测试母", phone(72), "测试户", "1"], emergency="测试母", emergencyPhone=phone(72), id=test_id(serial=1))]
    make("cells_emergency_group.csv", group, warnings=[NO_CONSENTS], dropped=["户主/姓名", "户主/身份证号"])
    column(["婚姻状况", "政治面貌", "民族", "健康状况", "学历", "户编号", "与户主关系", "参加何种培训", "某某"], (["已婚", "群众", "汉族", "良好", "初中", "1", "本人", "无", "x"], [], {}), file="cells_not_needed.csv", dropped=["婚姻状况", "政治面貌", "民族", "健康状况", "学历", "户编号", "与户主关系", "参加何种培训"], unknown=["某某"])
    column("联系方式2", (phone(51), [], {"phone2": phone(51)}), file="cells_second_phone.csv")


# Files that can't be read at all.

def refusals():
    good = to_xlsx([Sheet("名册", three())])
    make("refused_empty.xlsx", [Sheet("Sheet1", [])], refused="roster.empty")
    make("refused_empty.xls", [Sheet("Sheet1", [])], refused="roster.empty")
    make("refused_empty.csv", [], data=b"", refused="roster.empty")
    make("refused_header_only.xlsx", [HEAD], refused="roster.empty")
    make("refused_no_header.xlsx", [["白云村"], ["测试甲", "测试乙"]], refused="roster.header")
    make("refused_no_id_column.csv", [["序号", "姓名", "电话", "村"], [1, name(1), phone(1), "白云村"]], refused="roster.header")
    make("refused_cut_off.xlsx", [], data=good[: len(good) // 2], refused="roster.damaged")
    xls = to_xls([Sheet("名册", three())])
    make("refused_cut_off.xls", [], data=xls[:1200], refused="roster.damaged")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    make("refused_other_zip.xlsx", [], data=packed.getvalue(), refused="roster.not_workbook")
    make("refused_damaged_text.csv", [], data="序号,姓名,身份证号码\n1,测试甲,".encode() + b"\xe6\xb5\n", refused="roster.encoding")
    make("refused_open_quote.csv", [], data=f'姓名,身份证号,电话,村\n测试甲,{test_id()},"{phone(1)},白云村\n测试乙,1,2,白云村\n'.encode(), refused="roster.quote")
    page = f"<html><table><tr><td>姓名</td><td>身份证号</td></tr><tr><td>测试甲</td><td>{test_id()}</td></tr></table></html>"
    make("refused_web_page_called.xls", [], data=page.encode(), refused="roster.not_workbook")


# Scenario 1 of the field: a village's register of 312.

def scenario():
    head = ["序号", "姓名", "身份证号码", "性别", "联系电话", "村", "意向工种", "期望工资", "可外出时间", "是否同意授权"]
    made = [["白云村劳动力资源登记台账"], ["填报单位：白云村村委会", None, None, "2026年6月"], [], head]
    people, x = [], ending_in("X", 600)
    for n in range(1, 313):
        full = test_id(birth=f"{1970 + n % 35}{n % 12 + 1:02}{n % 28 + 1:02}", serial=n)
        people.append([full, full, "taken", []])
    for at in range(0, 9):
        people[10 + at][1:] = [people[10 + at][0][: 16 - at % 2], "unverified", ["row.citizen_id_length"]]
    for at in range(0, 5):
        full = people[40 + at][0]
        people[40 + at][1:] = ["0" * 18 if at % 2 else "000000" + full[6:14] + "0000", "unverified", ["row.citizen_id_placeholder"]]
    for at in range(0, 3):
        people[60 + at][1:] = [old(people[60 + at][0]), "taken", ["row.citizen_id_old"]]
    # Born before 2000, as everybody who had a number of fifteen digits.
    for at in range(0, 3):
        full = test_id(birth=f"198{at}0615", serial=960 + at - 7)
        people[60 + at][:2] = [full, old(full)]
    for at in range(0, 4):
        full = next(x)
        people[80 + at][:2] = [full, full.lower()]
    for at in range(0, 6):
        people[100 + at][1] = wide(people[100 + at][0])
    conflicts = range(150, 157)
    for at, first in ((200, 5), (250, 6)):
        people[at] = [people[first][0], people[first][0], "left_out", ["row.duplicate"]]
    for n, (full, written, outcome, notes) in enumerate(people, start=1):
        sex = "男" if int(full[16]) % 2 else "女"
        if n - 1 in conflicts:
            sex = "女" if sex == "男" else "男"
            notes = notes + ["row.sex_conflict"]
        known = n if outcome != "left_out" else (6 if n == 201 else 7)
        cells = [n, name(known), written, sex, phone(1000 + known), "白云村", "普工", 5000, "随时", "是"]
        made.append(R(cells, outcome, notes))
    made.append(L(["合计", "312人"], "row.total"))
    made.append(L(["填表人：测试甲", None, None, None, "审核人：测试乙"], "row.footer"))
    for form in ("xlsx", "xls"):
        make(f"scenario_312.{form}", [Sheet("劳动力台账", made, ["A1:J1"])])


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    for stale in FILES.iterdir():
        stale.unlink()
    for part in (formats, layouts, sheets, villages, identities, cells, refusals, scenario):
        part()
    print(len(MADE), "files")
