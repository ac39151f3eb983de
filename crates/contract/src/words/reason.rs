//! Whys of refusals that are English sentences on the wire, in Chinese.

/// The Chinese of a why, if it is one of ours.
pub(super) fn zh(english: &str) -> Option<&'static str> {
    REASONS.iter().find(|(en, _)| *en == english).map(|(_, zh)| *zh)
}

const REASONS: [(&str, &str); 75] = [
    // Replays.
    ("a file number of 1 to 64 letters, digits, _ or -", "文号应为 1 至 64 个字母、数字、_ 或 -"),
    ("a code or an id", "应为代码或编号"),
    ("times or perSecond, not both", "times 与 perSecond 只能填一个"),
    (
        "REGISTER keeps the last of each card, and no past",
        "REGISTER 只保存每张卡的最新值，没有历史",
    ),
    ("FACTS, AUDIT, or the id of a subscription", "应为 FACTS、AUDIT 或订阅编号"),
    (
        "only FACTS is filtered; a feed was filtered when it was written",
        "只有 FACTS 可以筛选；推送在写入时已筛选",
    ),
    (
        "a webhook is named for target WEBHOOK, and for no other",
        "目标为 WEBHOOK 时才填写回调，且必须填写",
    ),
    ("the webhook sends another feed than is replayed", "该回调推送的不是所重放的订阅"),
    (
        "a party is replayed its own feed; name its subscription as source",
        "只能向单位重放其自己的推送，请以其订阅为来源",
    ),
    ("a party reads its replay itself; leave the target out", "由接收单位自行读取，请不要填写去向"),
    (
        "a feed of cards tells of people; its snapshot has those who may be told of now",
        "人员卡推送涉及个人，请改取快照，其中只有现在可告知的人",
    ),
    (
        "of: expected dispatch/ID, vacancy/ID, point/ID or agreement/ID",
        "of 应为 dispatch/编号、vacancy/编号、point/编号 或 agreement/编号",
    ),
    // Terms of a vacancy.
    ("this day has passed", "该日期已过"),
    ("this moment has passed", "该时间已过"),
    ("more than a year away", "距今超过一年"),
    ("not one of the shift menus", "不是可选的班次"),
    ("more than totalToYuan", "综合工资下限高于上限"),
    ("less than baseYuan", "综合工资上限低于底薪"),
    ("name the county or a division below it", "请写到区县或其下级区划"),
    ("the batches do not add up to the headcount", "各批人数合计不等于需求人数"),
    // Parties, keys, agreements.
    ("not an id of this kind of party", "不是这类单位的代码"),
    ("an enterprise's id is its 18-character GB 32100 code", "企业代码应为 18 位统一社会信用代码"),
    (
        "the id is the division's code of 6 (city) or 12 digits",
        "应为区划代码：城市 6 位，服务点 12 位",
    ),
    ("ENTERPRISE, SERVICE_POINT or CITY", "应为企业、劳务服务点或协作城市"),
    (
        "a staff number of 1 to 64 letters, digits, _ or -, not a name",
        "应为人员编号（1 至 64 个字母、数字、_ 或 -），不能填姓名",
    ),
    ("CLERK, APPROVER or AUDITOR", "应为经办人、审批人或审计人"),
    ("only the operator has menders", "只有管理机构可设处置人"),
    ("the end must come after the beginning and after now", "到期时间应晚于生效时间和当前时间"),
    (
        "the end must lie ahead; to end it now, terminate it",
        "到期时间应晚于当前时间；如需立即结束，请用终止",
    ),
    // Signals and their answers.
    ("the same point twice", "同一服务点重复"),
    (
        "calls, leaveStandby, and commit or decline: at least one of them",
        "通话结果、退出候补、承诺或婉拒，至少填写一项",
    ),
    // Groups on the way.
    ("who travels alone has no vehicle of the group", "自行前往的没有随队车辆"),
    ("the firm's name, without a telephone number", "只填承运单位名称，不要写电话"),
    ("a number plate, as 湘L00001, or a train's number", "应为车牌号（如 湘L00001）或车次"),
    ("the arrival must come after the departure", "到达时间应晚于出发时间"),
    ("the same stop twice", "同一上车点重复"),
    ("this is not recorded for a person", "不能这样登记人员状态"),
    ("this is proposed already", "已建议过"),
    (
        "these people belong to several points, and each answers for its own",
        "这些人属于不同的服务点，请分别更正",
    ),
    // Parked messages.
    ("ids or a filter, one of them", "编号与筛选条件，二者选一"),
    // Cases.
    ("either grievance or followUp", "维权与回访只能选一项"),
    ("one of attempt, handOn, close and reply", "回访、转办、办结、答复只能选一项"),
    ("a reply is a yes or a no, without a note", "答复只有同意或不同意，不带记录"),
    ("who was not reached has answered nothing", "没有联系上的人不会有回答"),
    ("that party has it already", "该单位已在办理"),
    ("nobody began work with this event", "此事件没有人入职"),
    ("there is no visit on this day", "这一天没有回访"),
    ("the work has ended", "已离职"),
    (
        "too early, opened before, or made good by a later one",
        "时间未到，或已登记，或已由后一次回访代替",
    ),
    (
        "kind is FOLLOW_UP, GRIEVANCE, TRANSFER, CORRECTION or ERASURE",
        "类别应为回访、维权、转移名册、更正或信息删除",
    ),
    ("the last day lies before the first", "结束日期早于开始日期"),
    ("supply can't be filtered by this", "劳动力供给不能按此项筛选"),
    // People's data.
    ("only of a disclosure", "仅用于“提供”"),
    ("names of fields, as NAME or PHONE", "应为字段名，如 NAME、PHONE"),
    ("a moment to come, at most ten years off", "应为十年以内的将来时间"),
    (
        "who is no longer to be kept is erased: POST /v1/people/{card}/erase",
        "不再入册的，请办理删除（person erase）",
    ),
    (
        "an enterprise with the recipient ENTERPRISE, or a city with CITY",
        "应为企业（接收方为用人单位）或协作城市（接收方为协作城市）",
    ),
    ("only supply has a level of detail", "仅劳动力供给可选详细程度"),
    ("the firm's name, without a telephone number", "应为单位名称，不含电话"),
    ("an erasure is carried out and acknowledged, with true", "信息删除只能确认（true）"),
    // Queries.
    ("county is a code of six digits", "县（市区）应为 6 位代码"),
    (
        "from and until are RFC 3339, or YYYY-MM-DD HH:MM in Beijing time",
        "from 和 until 应为 RFC 3339，或北京时间 YYYY-MM-DD HH:MM",
    ),
    ("until or hours, not both", "until 与 hours 只能给一个"),
    ("until lies after from, by seven days at most", "until 应晚于 from，且不超过七天"),
    (
        "departs_at and arrives_at are RFC 3339, or YYYY-MM-DD HH:MM in Beijing time",
        "出发和到达时间应写成 YYYY-MM-DD HH:MM（北京时间）",
    ),
    (
        "needed_by is YYYY-MM-DD; valid_until is RFC 3339, or Beijing time",
        "到岗日期应写成 YYYY-MM-DD，有效期至应写成 YYYY-MM-DD HH:MM（北京时间）",
    ),
    // Webhooks.
    ("it is no URL", "不是网址"),
    ("it names a user", "网址中不得含有用户名"),
    ("it has a fragment", "网址中不得含有 # 及其后的内容"),
    ("it has to begin with https", "应以 https 开头"),
    ("its port is another service's", "端口属于其他服务"),
    ("it is not a public address", "不是公网地址"),
    ("it resolves to no public address", "域名没有解析到公网地址"),
    // Bodies.
    ("it did not arrive whole", "内容传输不完整"),
    ("something follows after the JSON value", "内容之后还有多余的字符"),
];
