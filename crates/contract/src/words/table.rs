//! The table: each code as it stands on the wire, in English and in Chinese.
//! The console has the same words (`crates/console/assets/dictionary.json`).

macro_rules! words {
    ($($(#[doc = $doc:literal])* $sort:ident { $($code:literal $en:literal $zh:literal;)* })*) => {
        /// What sort of code a word stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Sort {
            $($(#[doc = $doc])* $sort,)*
        }

        impl Sort {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$sort,)*];

            /// Code, English, Chinese of each word of this sort.
            pub fn table(self) -> &'static [(&'static str, &'static str, &'static str)] {
                match self {
                    $(Self::$sort => &[$(($code, $en, $zh),)*],)*
                }
            }
        }
    };
}

words! {
    /// Where an agreement stands.
    AgreementState {
        "signed" "signed" "已签订";
        "terminated" "terminated" "已终止";
        "ended" "ended" "已到期";
        "in force" "in force" "生效中";
    }
    /// Where a replay is in its life.
    ReplayState {
        "waiting" "waits for approval" "待批准";
        "running" "running" "进行中";
        "paused" "paused" "已暂停";
        "done" "done" "已完成";
        "failed" "failed" "已失败";
        "cancelled" "cancelled" "已取消";
    }
    /// Where a replay sends.
    ReplayTarget {
        "FILE" "file" "文件";
        "READER" "read over HTTP" "由接收方读取";
        "SUBJECT" "subject of the broker" "消息主题";
        "WEBHOOK" "webhook" "回调";
    }
    /// What a replay is done for.
    ReplayPurpose {
        "AUDIT" "audit" "核查";
        "PARTNER" "a partner's lost data" "协助协作方恢复";
        "REBUILD" "to rebuild a view" "重建视图";
        "TEST" "test" "测试";
    }
    /// How a replay is written.
    ReplayFormat {
        "JSONL" "lines of JSON" "JSON 行";
        "PROTOBUF" "protobuf" "protobuf 格式";
    }
    /// How a replay ended.
    ReplayOutcome {
        "DONE" "done" "已完成";
        "FAILED" "failed" "已失败";
    }
    /// What was done about a replay.
    ReplayAct {
        "started" "ordered" "下达";
        "approved" "approved" "批准";
        "paused" "paused" "暂停";
        "resumed" "resumed" "继续";
        "cancelled" "cancelled" "取消";
        "ended" "ended" "结束";
    }
    /// What a feed is about.
    FeedKind {
        "SUPPLY" "supply" "劳动力供给";
        "VACANCY" "vacancies" "用工需求";
        "DISPATCH" "dispatches" "派遣";
        "SIGNAL" "signals" "用工任务";
    }
    /// How much a feed of supply tells of each person.
    FeedDetail {
        "AGGREGATE" "counts" "汇总人数";
        "CARD" "cards without names" "匿名人员卡";
    }
    /// How the items of a feed are written.
    FeedFormat {
        "JSON" "JSON" "JSON 格式";
        "PROTOBUF" "protobuf" "protobuf 格式";
    }
    /// Skill levels, taken together.
    LevelBand {
        "HIGH" "levels 1 to 3" "高技能（一至三级）";
        "ORDINARY" "levels 4 and 5" "四、五级";
        "NONE" "no certificate" "无证书";
    }
    /// Why an item is in a feed no longer.
    FeedExit {
        "WITHDRAWN" "withdrawn" "已撤回";
        "EXPIRED" "expired" "已到期";
        "DONE" "done" "已办结";
        "LEFT" "outside of filter or agreement now" "不再符合筛选或协议范围";
        "ROLLED_UP" "counted more coarsely now" "已并入上级汇总";
        "GONE" "no longer to be told of" "不再提供";
    }
    /// How somebody stands who would go.
    CardState {
        "FREE" "free" "待安排";
        "HELD" "promised to a post" "已预留";
    }
    /// Why a feed is at an end.
    FeedEnd {
        "AGREEMENT" "the agreement ended" "协议已结束";
        "UNSUBSCRIBED" "closed by the subscriber" "已取消";
        "PARTY" "the subscriber left" "单位已退出";
    }
    /// Where a subscription stands.
    SubscriptionState {
        "open" "open" "推送中";
        "agreement" "ended with its agreement" "协议已结束";
        "unsubscribed" "closed" "已取消";
        "party" "its party left" "单位已退出";
    }
    /// Where a webhook stands.
    WebhookState {
        "active" "active" "推送中";
        "over" "its subscription is at an end" "订阅已结束";
        "gone" "disabled: the receiver answered 410" "已停用：接收方返回 410";
        "failing" "disabled: nothing arrived for days" "已停用：多日无法送达";
    }
    /// Why a webhook was disabled.
    WebhookFailure {
        "GONE" "the receiver answered 410" "接收方返回 410";
        "FAILING" "nothing arrived for days" "多日无法送达";
    }
    /// How requests of a webhook are signed.
    WebhookSigning {
        "HMAC" "HMAC-SHA256 (v1)" "共享密钥 HMAC-SHA256（v1）";
        "ED25519" "ed25519 (v1a)" "公钥 ed25519（v1a）";
    }
    /// How an attempt to deliver ended.
    WebhookOutcome {
        "delivered" "delivered" "已送达";
        "refused" "refused" "被拒绝";
        "timed_out" "no answer in time" "超时";
        "unreachable" "not reached" "无法连接";
        "forbidden" "the address is not one to send to" "地址不允许";
    }
    /// A yes or a no (`Answer`).
    Answer {
        "YES" "yes" "是";
        "NO" "no" "否";
    }
    /// What should be looked at after a visit.
    Attention {
        "NOT_AT_WORK" "no longer at work" "已不在岗";
        "NOT_PAID_ON_TIME" "not paid on time" "工资未按时发放";
        "NOT_INSURED" "not insured" "未参保";
    }
    /// Why somebody was turned away at the coach door.
    BoardingRefusal {
        "NO_ID" "no identity card" "无身份证";
        "UNKNOWN" "in no register" "不在名册";
        "NO_SEAT" "no seat" "无座位";
        "UNFIT" "unfit to travel" "不宜出行";
        "OTHER" "other" "其他";
    }
    /// What somebody said on the phone.
    CallOutcome {
        "WILLING" "willing" "愿意";
        "UNDECIDED" "undecided" "考虑中";
        "UNWILLING" "unwilling" "不愿意";
        "AWAY" "away" "已外出";
        "NO_ANSWER" "no answer" "未接通";
        "not_called" "not called yet" "尚未联系";
    }
    /// A kind of case.
    CaseKind {
        "FOLLOW_UP" "follow-up" "回访";
        "GRIEVANCE" "grievance" "维权";
        "TRANSFER" "transfer" "转移名册";
        "CORRECTION" "correction" "更正";
        "ERASURE" "erasure" "信息删除";
    }
    /// Where a case stands.
    CaseState {
        "open" "open" "待办";
        "done" "done" "已办结";
        "unreachable" "unreachable" "联系不上";
        "agreed" "agreed" "已同意";
        "refused" "refused" "未同意";
        "dropped" "dropped" "已终止";
    }
    /// What somebody agrees to.
    Consent {
        "REGISTER" "being kept" "入册";
        "MATCHING" "being proposed" "推荐";
        "DISCLOSURE" "being named" "提供";
    }
    /// Who signs the contract.
    ContractWith {
        "ENTERPRISE" "signed by the factory" "与企业直签";
        "AGENCY" "through an agency" "派遣";
    }
    /// Why a record was wrong.
    CorrectionReason {
        "MISCLICK" "wrong click" "点错";
        "WRONG_PERSON" "wrong person" "认错人";
        "LATE_NEWS" "learnt later" "事后得知";
        "OTHER" "other" "其他";
    }
    /// What an agreement opens.
    DataClass {
        "SUPPLY" "supply" "供给数据";
        "CARDS" "cards" "人员卡片";
        "VACANCIES" "vacancies" "用工需求";
        "DISPATCHES" "dispatches" "派遣";
    }
    /// Why nobody comes.
    DeclineReason {
        "NOBODY_WILLING" "nobody willing" "无人愿意";
        "AWAY" "away" "已外出";
        "PAY" "pay too low" "工资偏低";
        "SHIFT" "shift does not suit" "班次不合适";
        "OTHER" "other" "其他";
    }
    /// Where a group stands.
    DispatchState {
        "opened" "opened" "待接收";
        "accepted" "accepted" "企业已接收";
        "declined" "declined" "企业已谢绝";
        "departed" "departed" "已发车";
        "arrived" "arrived" "已抵达";
        "closed" "closed" "已办结";
        "cancelled" "cancelled" "已取消";
    }
    /// An event of the log.
    Event {
        "VacancyPosted" "vacancy posted" "发布用工需求";
        "VacancyUpdated" "vacancy updated" "更新用工需求";
        "VacancyReduced" "vacancy reduced" "缩减用工需求";
        "VacancyWithdrawn" "vacancy withdrawn" "撤回用工需求";
        "VacancyLapsed" "vacancy expired" "用工需求到期";
        "SeatsTaken" "seats taken" "占用名额";
        "SeatsFreed" "seats freed" "退回名额";
        "SignalRaised" "signal raised" "下达用工任务";
        "SignalAnswered" "signal answered" "回复用工任务";
        "SignalDeclined" "signal declined" "无人可送";
        "SignalEscalated" "signal escalated" "转上级";
        "SignalRecalled" "signal recalled" "撤回用工任务";
        "Held" "person held" "锁定人员";
        "HoldEnded" "hold ended" "解除锁定";
        "PlacementMoved" "person moved on" "人员状态变更";
        "DispatchOpened" "dispatch opened" "开立派遣";
        "DispatchMoved" "dispatch moved on" "派遣状态变更";
        "DispatchPeopleMoved" "people of a dispatch moved on" "派遣人员变更";
        "DispatchSubstituted" "person substituted" "替换人员";
        "StandbyJoined" "joined standby" "进入候补";
        "StandbyLeft" "left standby" "离开候补";
        "SignalCalled" "people called" "电话联系";
        "PlacementCorrected" "record corrected" "更正";
        "DispatchJoined" "people joined a dispatch" "合车";
        "DispatchMerged" "dispatch merged" "并入他车";
        "MergeProposed" "merge proposed" "建议合车";
        "BoardingRefused" "refused boarding" "未准上车";
        "DispatchChased" "missing people chased" "催办到岗";
        "DispatchDelayed" "arrival put off" "改变预计到达";
        "DispatchCorrected" "dispatch corrected" "更正派遣名单";
        "FollowUpDue" "follow-up due" "待回访";
        "FollowUpAttempted" "follow-up" "回访";
        "GrievanceOpened" "grievance opened" "提出维权";
        "GrievanceHandedOn" "grievance handed on" "转交维权";
        "GrievanceClosed" "grievance closed" "办结维权";
        "TransferRequested" "transfer requested" "申请转移名册";
        "TransferAnswered" "transfer answered" "答复转移";
        "CorrectionRequested" "correction requested" "申请更正";
        "CorrectionAnswered" "correction answered" "答复更正";
        "PersonErased" "person erased" "删除个人信息";
        "PersonFrozen" "person frozen" "冻结个人信息";
        "PersonUnfrozen" "person unfrozen" "解冻个人信息";
        "ConsentGiven" "consent given" "登记同意";
        "ConsentWithdrawn" "consent withdrawn" "撤回同意";
        "ErasureNotified" "recipient told of an erasure" "告知接收方删除";
        "ErasureAcknowledged" "erasure acknowledged" "接收方确认删除";
        "CaseDropped" "case dropped" "事项终止";
        "Receipt" "receipt" "回执";
        "Unknown" "not understood" "无法解读";
    }
    /// Why a person was erased.
    ErasureReason {
        "REQUEST" "asked for it" "本人要求";
        "RETENTION" "kept long enough" "保存期满";
        "CONSENT_WITHDRAWN" "no longer agrees to be kept" "撤回入册同意";
        "MISTAKE" "should not have been kept" "误录";
    }
    /// What a step rests on.
    Evidence {
        "ENTERPRISE_LIST" "enterprise's list" "企业名单";
        "WORKER_CALL" "worker's call" "本人电话确认";
        "INSURANCE_RECORD" "insurance record" "参保记录";
        "ROLL_CALL" "roll call" "车门点名";
        "HANDOVER" "handover" "接收方交接";
        "ATTENDANT" "attendant" "跟车管理员";
        "ENTERPRISE_NOTICE" "enterprise's notice" "企业通知";
        "nothing" "nothing" "无";
    }
    /// A field of an event.
    Field {
        "to" "to" "至";
        "from" "from" "自";
        "evidence" "on" "依据";
        "reason" "because" "原因";
        "why" "because" "原因";
        "end" "ended as" "结果";
        "kind" "kind" "类别";
        "role" "role" "角色";
        "outcome" "outcome" "结果";
        "method" "how" "方式";
        "atWork" "at work" "在岗";
        "paidOnTime" "paid on time" "工资按时";
        "insured" "insured" "参保";
        "agreed" "agreed" "同意";
        "day" "day" "第几日";
        "quota" "asked for" "任务人数";
        "ring" "ring" "圈层";
        "respondBy" "answer by" "答复截止";
        "missing" "missing" "缺额";
        "headcount" "people" "人数";
        "people" "people" "人数";
        "willing" "willing" "愿意";
        "calls" "calls" "通话";
        "candidates" "candidates" "候选";
        "cards" "people" "人员";
        "card" "card" "人员卡";
        "standby" "on standby" "候补";
        "passengers" "people" "人员";
        "manifest" "people" "人员";
        "complete" "complete" "已答完";
        "again" "again" "再次";
        "minor" "minor" "未成年工";
        "undone" "taken back" "撤销";
        "done" "recorded" "改记";
        "departed" "departed" "发车人数变动";
        "mode" "mode" "方式";
        "drivers" "drivers" "驾驶员";
        "attendant" "attendant" "跟车管理员";
        "departsAt" "departs" "发车时间";
        "arrivesAt" "arrives" "预计到达";
        "expiresAt" "until" "锁定至";
        "recordedAt" "recorded" "原登记时间";
        "stops" "stops" "上车点";
        "warnings" "to look at" "请留意";
        "out" "out" "换下";
        "in" "in" "换上";
        "into" "into" "并入";
        "guests" "guests" "随车批次";
        "point" "point" "服务点";
        "desk" "desk" "代办服务点";
        "by" "by" "登记单位";
        "counterparty" "asked" "答复单位";
        "enterprise" "enterprise" "企业";
        "agreement" "agreement" "协议";
        "vacancy" "vacancy" "需求";
        "dispatch" "dispatch" "派遣";
        "case" "case" "事项";
        "onboarding" "onboarding" "入职序号";
        "keysGoneOn" "no backup holds the key from" "备份清除日期";
        "purpose" "to" "用途";
        "recipient" "recipient" "接收方";
        "party" "party" "单位";
        "fields" "fields" "字段";
        "until" "until" "有效至";
        "dispatches" "dispatches" "派遣";
    }
    /// A figure of a ledger, in the order of the way.
    Figure {
        "requested" "requested" "需求人数";
        "signalled" "signalled" "任务人数";
        "signals" "signals" "用工任务";
        "declinedSignals" "declined signals" "无人可送";
        "escalatedSignals" "escalated signals" "已转上级";
        "recalledSignals" "recalled signals" "已撤回";
        "willing" "willing" "愿意";
        "committed" "committed" "已承诺";
        "standby" "standby" "候补";
        "seatsTaken" "seats taken" "占用名额";
        "released" "released" "已释放";
        "refusedBoarding" "refused boarding" "未准上车";
        "boarded" "boarded" "已上车";
        "departed" "departed" "已发车";
        "arrived" "arrived" "已到厂";
        "onboarded" "onboarded" "已入职";
        "notHired" "not hired" "企业未录用";
        "declined" "declined" "本人放弃";
        "noShow" "no-show" "未到";
        "substituted" "substituted" "已替换";
        "leftEnRoute" "left en route" "中途下车";
        "returned" "returned" "已返乡";
        "transferred" "transferred" "已转岗";
        "ended" "ended" "已离职";
        "retained" "retained" "稳定在岗";
        "corrected" "corrected" "更正";
    }
    /// How a grievance ended.
    GrievanceEnd {
        "SETTLED" "settled" "已解决";
        "WITHDRAWN" "withdrawn" "本人撤回";
        "ARBITRATION" "with arbitration or court" "已转仲裁或诉讼";
        "UNFOUNDED" "unfounded" "不属实";
    }
    /// What a grievance is about.
    GrievanceKind {
        "WAGES" "wages" "工资";
        "CONTRACT" "contract" "合同";
        "INJURY" "injury at work" "工伤";
        "HOURS" "hours" "工时";
        "LIVING" "living conditions" "食宿";
        "INSURANCE" "insurance" "社保";
        "OTHER" "other" "其他";
    }
    /// Why a promise ended.
    HoldEnd {
        "EXPIRED" "expired" "到期";
        "VACANCY_REDUCED" "vacancy reduced" "需求缩减";
        "VACANCY_WITHDRAWN" "vacancy withdrawn" "需求撤回";
        "VACANCY_LAPSED" "vacancy expired" "需求到期";
        "BOARDING_REFUSED" "turned away at the coach door" "上车时被劝返";
        "DISPATCH_CANCELLED" "dispatch cancelled" "派遣取消";
        "PERSON_ERASED" "person erased" "信息已删除";
    }
    /// Why a card was proposed.
    MatchReason {
        "SAME_OCCUPATION" "same occupation" "工种相同";
        "RELATED_OCCUPATION" "related occupation" "工种相近";
        "TRAINABLE" "trainable" "可培训上岗";
        "LEVEL_MET" "level met" "等级符合";
        "SAME_TOWNSHIP" "same township" "同乡镇";
        "SAME_COUNTY" "same county" "同县";
        "SAME_CITY" "same city" "同市";
        "WAGE_MET" "wage met" "工资达到期望";
        "FRESH" "confirmed in the last 30 days" "近 30 天核实过";
        "AGE_TO_CHECK" "age to check (turns 16 that year)" "年龄待核（当年满 16 岁）";
        "MINOR" "minor (16-17)" "未成年工（16-17 岁）";
    }
    /// What a report counts.
    Measure {
        "dispatched" "dispatched" "输送";
        "onboarded" "onboarded" "就业";
        "ended" "ended" "离职返乡";
    }
    /// A kind of party.
    PartyKind {
        "OPERATOR" "operator" "市级运营方";
        "CITY" "partner city" "协作城市";
        "ENTERPRISE" "enterprise" "企业";
        "SERVICE_POINT" "service point" "劳务服务点";
        "SERVICE" "service" "系统服务";
    }
    /// What pay is counted by.
    PayUnit {
        "MONTH" "yuan a month" "元/月";
        "HOUR" "yuan an hour" "元/小时";
        "PIECE" "yuan a piece" "元/件";
    }
    /// Where a person stands.
    PlacementState {
        "held" "held" "已锁定";
        "released" "released" "已释放";
        "boarded" "boarded" "已上车";
        "arrived" "arrived" "已到厂";
        "onboarded" "onboarded" "已入职";
        "ended" "ended" "已离职";
        "declined" "declined" "本人放弃";
        "no_show" "no-show" "未到";
        "substituted" "substituted" "已替换";
        "left_en_route" "left en route" "中途下车";
        "not_hired" "not hired" "企业未录用";
        "transferred" "transferred" "已转岗";
        "returned" "returned" "已返乡";
    }
    /// What an agreement is for.
    Purpose {
        "RECRUITMENT" "recruitment" "招工";
        "COOPERATION" "cooperation" "劳务协作";
    }
    /// Who could not process a message.
    Service {
        "intake" "intake" "NATS 接入";
        "notify" "notify" "通知";
    }
    /// Where a parked message stands, and what came of trying it again.
    ParkedState {
        "parked" "parked" "搁置中";
        "accepted" "accepted" "已处理";
        "refused" "refused" "被拒绝";
        "discarded" "discarded" "已丢弃";
    }
    /// What was done about a parked message.
    ParkedDeed {
        "SHOWN" "looked at" "已查看";
        "EDITED" "copied and edited" "已编辑副本";
        "REDRIVEN" "tried again" "重新处理";
        "ACCEPTED" "accepted" "已处理";
        "REFUSED" "refused" "被拒绝";
        "DISCARDED" "discarded" "已丢弃";
    }
    /// How far people went.
    Reach {
        "county" "within the county" "县内";
        "province" "within the province" "县外省内";
        "beyond" "beyond the province" "省外";
    }
    /// What a person may do within the party.
    Role {
        "CLERK" "clerk" "经办人";
        "APPROVER" "approver" "审批人";
        "AUDITOR" "auditor" "审计人";
        "MENDER" "mender" "处置人";
        "SERVICE" "service" "系统服务";
    }
    /// What an agreement may fail to cover, beyond its classes.
    Scope {
        "place" "place" "工作地";
        "occupation" "occupation" "工种";
    }
    /// A pattern of shifts.
    Shift {
        "DAY_TO_1730" "day, 8:00-17:30" "白班 8:00-17:30";
        "DAY_TO_1900" "day, 8:00-19:00" "白班 8:00-19:00";
        "DAY_TO_2000" "day, 8:00-20:00" "白班 8:00-20:00";
        "ROTATING" "day and night in rotation" "两班倒（白班/夜班轮换）";
    }
    /// A party of our own.
    OwnParty {
        "operator" "city operator" "市级运营方";
        "matcher" "matcher" "匹配服务";
        "steward" "steward" "时限服务";
        "feeds" "feeds" "推送服务";
    }
    /// Where a signal stands.
    SignalState {
        "open" "open" "待办理";
        "partly" "partly answered" "部分回复";
        "answered" "answered" "已回复";
        "declined" "declined" "无人可送";
        "escalated" "escalated" "已转上级";
        "recalled" "recalled" "已撤回";
    }
    /// Why somebody waits no longer.
    StandbyEnd {
        "PROMOTED" "promoted" "已递补";
        "UNFIT" "no longer fitting" "已不符合条件";
        "VACANCY_OVER" "vacancy over" "需求已结束";
        "LEFT" "left the list" "不再候补";
        "PERSON_GONE" "person erased, or no longer agrees" "信息已删除或不再同意推荐";
    }
    /// Whether a party or a key still counts; how a thing is that was looked at.
    Standing {
        "ok" "ok" "正常";
        "revoked" "revoked" "已停用";
        "warn" "warn" "注意";
        "fail" "fail" "异常";
    }
    /// What a group can be asked to become, beyond its states.
    Step {
        "boarded" "boarded" "上车";
        "chased" "chased" "催办";
        "joined" "joined" "拼车";
        "joined at the door" "joined at the door" "现场上车";
        "merged" "merged" "并入";
        "proposed" "proposed" "建议合车";
        "substituted" "substituted" "替换";
    }
    /// A system of codes.
    System {
        "GB/T 2260" "GB/T 2260" "行政区划代码（GB/T 2260）";
        "parks" "parks" "园区名录";
        "the 2022 classification" "the 2022 classification" "职业分类大典（2022 年版）";
    }
    /// How a group travels.
    TravelMode {
        "COACH" "coach" "包车";
        "ENTERPRISE_PICKUP" "enterprise pick-up" "企业接送";
        "TRAIN" "train" "专列";
        "ALONE" "alone" "自行前往";
    }
    /// What should be looked at before a coach leaves.
    TravelWarning {
        "NIGHT_DRIVING" "on the road between 02:00 and 05:00" "凌晨 2 点至 5 点在途";
        "DRIVING_HOURS" "more than eight hours for each driver" "每名司机驾驶超过 8 小时";
        "ARRIVAL_UNKNOWN" "no arrival time, so night driving can't be checked" "未填预计到达时间，无法检查夜间行车";
        "SMALL_GROUP" "fewer than twenty people: it could share a coach" "不足 20 人，可考虑合车";
        "NO_STOP" "a stop for some of the people is missing" "有人没有上车点";
        "LATE" "leaves after the day of need" "晚于需求到岗日出发";
        "PAST" "was to leave before it was opened" "出发时间早于开立时间";
    }
    /// Why somebody may not be promised.
    Unfit {
        "unfit.read_only" "a newer version wrote the card" "此卡由较新版本写入";
        "unfit.consent" "the person has not agreed to be proposed" "本人未同意推荐";
        "unfit.frozen" "the person's data is frozen" "本人信息已冻结";
        "unfit.unverified" "the ID is not verified yet" "身份待核";
        "unfit.placed" "the person is promised already" "本人已被锁定";
        "unfit.age_unknown" "the year of birth is missing" "缺少出生年份";
        "unfit.underage" "the person is below sixteen on the day of need" "用工当日未满十六周岁";
        "unfit.occupation" "none of the person's occupations is the one asked" "工种不符";
        "unfit.level" "the skill level asked is not reached" "技能等级不够";
        "unfit.available" "the person is free only after the day of need" "到岗时间晚于用工日期";
        "unfit.wage" "the pay offered is below what the person expects" "工资低于期望";
        "unfit.destination" "the person would not go to this place" "本人不愿去该地";
        "matching.demand_unreadable" "the vacancy can't be read" "用工需求中有无法识别的内容";
    }
    /// Where a vacancy stands.
    VacancyState {
        "open" "open" "招工中";
        "filled" "filled" "已满员";
        "withdrawn" "withdrawn" "已撤回";
        "lapsed" "expired" "已到期";
        "valid" "valid" "有效";
        "short of people" "short of people" "缺人";
    }
    /// How somebody was visited.
    VisitMethod {
        "PHONE" "phone" "电话";
        "VISIT" "in person" "上门";
        "OTHER" "other" "其他";
    }
    /// What came of a visit.
    VisitOutcome {
        "REACHED" "reached" "已联系上";
        "NO_ANSWER" "no answer" "未接通";
        "WRONG_NUMBER" "wrong number" "号码有误";
        "REFUSED" "refused" "拒绝回访";
    }
    /// What is read of a person.
    PersonField {
        "NAME" "name" "姓名";
        "CITIZEN_ID" "ID" "身份证号";
        "PHONE" "phone" "电话";
        "BIRTH_DATE" "date of birth" "出生日期";
        "OCCUPATIONS_AS_WRITTEN" "occupations" "工种";
        "EMERGENCY_CONTACT" "emergency contact" "紧急联系人";
        "NOTE" "note" "记录";
        "CREW" "drivers and attendant" "驾驶员和跟车管理员";
    }
    /// What a person's data was read for.
    AccessPurpose {
        "ANSWER_SIGNAL" "answering a signal" "答复用工任务";
        "AGE_CHECK" "checking the age" "核对年龄";
        "DISPATCH" "a journey" "派遣";
        "MANIFEST" "a recipient's list" "提供名单";
        "REGISTER" "keeping the register" "管理名册";
        "CASE" "a visit or a grievance" "回访、维权";
    }
    /// Who may be told of a person.
    RecipientKind {
        "ENTERPRISE" "enterprise" "用人单位";
        "CARRIER" "carrier" "承运单位";
        "INSURER" "insurer" "保险机构";
        "CITY" "partner city" "协作城市";
    }
    /// How a person's data stands.
    DataStanding {
        "kept" "kept" "正常";
        "frozen" "frozen" "已冻结";
        "erased" "erased" "已删除";
    }
}
