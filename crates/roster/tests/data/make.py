"""Makes the workbooks of this folder with openpyxl, a program foreign to ours.

Run in this folder: python3 make.py. All people are invented: their IDs have
the check character of test IDs, which no real ID has.
"""

import datetime

import openpyxl
from openpyxl.styles import Font

HEADER = ["姓名", "身份证号", "联系电话", "户籍村", "工种", "期望月薪", "可到岗日期", "意向地区", "同意事项"]
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def test_id(region: str, birth: str, serial: int) -> str:
    digits = f"{region}{birth}{serial:03}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS))
    return digits + "10X98765432"[(total + 1) % 11]


def template_order() -> None:
    """Text cells, a real date, a real number, an unknown column at the end."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "名册"
    sheet.append(HEADER + ["备注"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.append(
        ["测试甲", test_id("431021", "19900115", 901), "13800000001", "431021102205", "焊工:三级;普工",
         5000, datetime.date(2026, 7, 15), "郴州市;广东省", "入册;推荐;提供", "甲"])
    sheet.append(
        ["测试乙", test_id("431021", "19851002", 902), 13800000002, 431021102205, None,
         None, None, "不限", "入册", None])
    for cell in sheet["B"]:
        cell.number_format = "@"
    sheet["G2"].number_format = "yyyy/m/d"
    book.save("template_order.xlsx")


def mixed() -> None:
    """Columns in another order below two empty rows, a second sheet, an ID as
    a number, a formula, an error, rows with several faults, a duplicate."""
    book = openpyxl.Workbook()
    sheet = book.active
    good = test_id("431003", "19781224", 903)
    sheet["B3"], sheet["C3"], sheet["D3"], sheet["F3"] = "同意事项", "身份证号", "户籍村", "姓名"
    rows = [
        ("入册；推荐", good, "431021102205", "测试丙"),
        ("入册", 431021199001159017, "431021102205", "测试丁"),
        ("推荐", test_id("431003", "19990909", 904), "999999999999", None),
        ("入册", good, "431021102205", "测试戊"),
        ("入册", '=CONCATENATE("4310","21")', "431021102205", "测试己"),
        (True, test_id("431003", "20000229", 905), "#N/A", "测试庚"),
    ]
    for number, (consents, citizen_id, home, name) in enumerate(rows, start=4):
        sheet.cell(number, 2, consents)
        sheet.cell(number, 3, citizen_id)
        sheet.cell(number, 4, home)
        sheet.cell(number, 6, name)
    other = book.create_sheet("说明")
    other["A1"] = "不读取"
    book.save("mixed.xlsx")


def hidden_first() -> None:
    """The first sheet is hidden; dates count from 1904, as on old Macs."""
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.title = "隐藏"
    book.active["A1"] = "不读取"
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("名册")
    sheet.append(HEADER)
    sheet.append(
        ["测试辛", test_id("431081", "19930607", 906), "+86 138-0000-0003", "431021102205", "钳工:高手",
         "6000", datetime.datetime(2026, 8, 1, 18, 30), "", "REGISTER"])
    book.active = 1
    book.save("hidden_first.xlsx")


template_order()
mixed()
hidden_first()
