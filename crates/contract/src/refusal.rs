//! Why something was refused: a stable code, the place, and what to do, in
//! both languages. A refusal is an answer, not a failure.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::words::spoken;

/// What sort of refusal it is; each service's door maps it to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request can't be read.
    Malformed,
    /// We don't know who speaks.
    Unauthenticated,
    /// We know, and may not.
    Forbidden,
    /// More often than is borne.
    TooMany,
    /// There is no such thing, or not for the one who asks.
    NotFound,
    /// This path has no such verb.
    Method,
    /// Not in the state that things are in.
    Conflict,
    /// It was there once.
    Gone,
    /// Larger than we take.
    TooLarge,
    /// A form that we don't read.
    Media,
    /// Readable, but not right.
    Invalid,
    /// Not now: the log can't be reached.
    Unavailable,
    /// Our own fault.
    Internal,
}

/// Language of a text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 简体中文
    Zh,
    /// English
    #[default]
    En,
}

impl Lang {
    /// Picks the language from an `Accept-Language` header or a locale name:
    /// whichever of the two is named first.
    pub fn from_accept(header: &str) -> Self {
        header
            .split(',')
            .find_map(|part| match part.trim().to_ascii_lowercase() {
                tag if tag.starts_with("zh") => Some(Self::Zh),
                tag if tag.starts_with("en") => Some(Self::En),
                _ => None,
            })
            .unwrap_or_default()
    }
}

macro_rules! codes {
    ($($name:ident $code:literal $kind:ident $en:literal $zh:literal;)*) => {
        /// Every code that a user can meet. The code is stable; the texts may improve.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $en)] $name,)*
        }

        impl Code {
            /// All of them, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What sort of refusal it is.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// The text, with `{name}` where a parameter goes.
            pub fn template(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$name, Lang::En) => $en, (Self::$name, Lang::Zh) => $zh,)*
                }
            }
        }
    };
}

codes! {
    BodyMalformed "body.malformed" Malformed "The body can't be read as JSON: {why}." "请求内容不是有效的 JSON：{why}。";
    BodyUnknownField "body.unknown_field" Malformed "There is no such field here: {why}." "没有这个字段：{why}。";
    BodyWrongType "body.wrong_type" Malformed "The value has the wrong form: {why}." "字段的值形式不对：{why}。";
    BodyTooLarge "body.too_large" TooLarge "The body is larger than is taken here. Split it." "内容超过上限，请拆分后再提交。";
    BodyTooDeep "body.too_deep" Malformed "The body is nested more deeply than is read here." "内容嵌套层数过多，无法读取。";
    BodyMediaType "body.media_type" Media "Send one of: {accepted}." "不支持这种格式，请使用：{accepted}。";

    AuthMissing "auth.missing" Unauthenticated "Send 'Authorization: Bearer <API key>'." "请在请求头中带上 Authorization: Bearer <API 密钥>。";
    AuthUnknown "auth.unknown_key" Unauthenticated "This API key is not known, or its secret is wrong." "密钥不存在或不正确。";
    AuthExpired "auth.expired" Unauthenticated "This API key has expired. Ask the operator for a new one." "密钥已过期，请向管理员申领新密钥。";
    AuthRevoked "auth.revoked" Unauthenticated "This API key was revoked. Ask the operator for a new one." "密钥已停用，请向管理员申领新密钥。";
    AuthTooMany "auth.too_many" TooMany "Too many requests with this key, or too many wrong keys. Wait {seconds} s and send it again." "请求过于频繁，或密钥多次不正确，请 {seconds} 秒后重试。";
    AuthRole "auth.role" Forbidden "Your role does not allow this; it needs {needed}." "您的角色无权办理，需要：{needed}。";
    AuthNotYours "auth.not_yours" Forbidden "You can act only for your own party." "只能为本单位办理，不能代替其他单位。";
    AuthKind "auth.party_kind" Forbidden "This is for another kind of party: {needed}." "此项由其他类型的单位办理：{needed}。";

    AgreementNone "agreement.none" Forbidden "No agreement in force covers this. Ask the operator to sign or renew one." "没有生效中的协议，请联系管理员签订或续签。";
    AgreementScope "agreement.scope" Forbidden "The agreement in force does not cover this {what}." "生效中的协议未包含此{what}。";
    AgreementNotFound "agreement.not_found" NotFound "There is no such agreement." "没有这份协议。";
    AgreementNotInForce "agreement.not_in_force" Conflict "The agreement is {state} and can't be changed." "协议状态为“{state}”，不能变更。";

    PartyNotFound "party.not_found" NotFound "There is no such party." "没有这个单位。";
    PartyExists "party.exists" Conflict "This party is registered already." "该单位已登记。";
    PartyRevoked "party.revoked" Forbidden "This party no longer takes part." "该单位已停止参与。";
    CredentialNotFound "credential.not_found" NotFound "There is no such credential." "没有这个凭证。";

    SubscriptionNotFound "subscription.not_found" NotFound "There is no such subscription." "没有这个订阅。";
    SubscriptionOver "subscription.over" Conflict "The subscription is at an end. Open a new one." "该订阅已结束，请重新订阅。";
    SubscriptionKind "subscription.kind" Forbidden "A party of your kind is not told of this: {kind}." "此类单位不能订阅：{kind}。";
    SubscriptionMany "subscription.too_many" Conflict "You have {max} subscriptions. Close one that you no longer need." "订阅已达 {max} 个，请先取消不再需要的订阅。";
    WebhookNotFound "webhook.not_found" NotFound "There is no such webhook." "没有这个回调。";
    WebhookMany "webhook.too_many" Conflict "You have {max} webhooks. Remove one that you no longer need." "回调已达 {max} 个，请先删除不再需要的回调。";
    WebhookUrl "webhook.url" Invalid "Nothing is sent to this address: {why}." "不能向此地址推送：{why}。";
    WebhookRotating "webhook.rotating" Conflict "{max} secrets sign at once already. Wait until one of them has run out, or give an overlap of 0." "已有 {max} 个密钥同时有效，请等其中一个失效，或将重叠时间设为 0。";
    WebhookEnabled "webhook.enabled" Conflict "The webhook is enabled." "该回调已启用。";
    ReplayNotFound "replay.not_found" NotFound "There is no such replay." "没有这个重放任务。";
    ReplaySource "replay.source" Invalid "This can't be replayed: {why}." "不能重放：{why}。";
    ReplayRange "replay.range" Invalid "There is nothing between these moments: {why}." "该时段没有内容：{why}。";
    ReplayTarget "replay.target" Invalid "It can't be sent there: {why}." "不能发送到此处：{why}。";
    ReplayState "replay.state" Conflict "The replay is {state}; this can't be done now." "重放任务处于“{state}”状态，现在不能这样做。";
    ReplayApproval "replay.approval" Forbidden "Another operator than {who} must approve it." "必须由{who}以外的经办人员批准。";
    ReplayMany "replay.too_many" Conflict "{max} replays run already. Wait until one of them ends, or cancel it." "已有 {max} 个重放任务在运行，请等其中一个结束或将其取消。";
    ReplayOff "replay.off" Unavailable "Nothing is replayed here: this process has no user of the broker that can't write facts. `gongqiao keys` makes one." "此处不能重放：本进程没有不能写入事实的消息服务器用户，可用 `gongqiao keys` 生成。";
    WebhookDisabled "webhook.disabled" Conflict "The webhook is disabled. Enable it first." "该回调已停用，请先启用。";
    FeedCursor "feed.cursor" Malformed "A cursor is what the feed gave you, as epoch.sequence; this one lies ahead of the feed or has another form." "游标应为推送中给出的“期号.序号”；此游标超前或形式不对。";
    FeedGone "feed.gone" Gone "What followed this cursor is no longer kept. Take the snapshot at {snapshot}, and go on from its cursor." "此游标之后的内容已不再保留，请先获取快照 {snapshot}，再从其游标继续。";

    FieldRequired "field.required" Invalid "This must be filled in." "此项必填。";
    FieldInvalid "field.invalid" Invalid "This is not right: {why}." "此项不正确：{why}。";
    FieldRange "field.out_of_range" Invalid "This must lie between {min} and {max}." "此项应在 {min} 与 {max} 之间。";
    FieldTooLong "field.too_long" Invalid "This is longer than {max} characters." "此项超过 {max} 个字。";
    FieldUnknownCode "field.unknown_code" Invalid "There is no such code in {system}." "{system}中没有这个代码。";
    FieldDate "field.date" Invalid "Write the date as YYYY-MM-DD, a day that exists." "日期应写成 YYYY-MM-DD，且真实存在。";

    VacancyUnlawful "vacancy.unlawful" Invalid "A vacancy may not limit by {limit}: '{found}'. Write instead: {proposal}" "岗位信息不得含有{limit}限制：“{found}”。建议改为：{proposal}";
    VacancyNotFound "vacancy.not_found" NotFound "There is no such vacancy." "没有这个用工需求。";
    VacancyNotOpen "vacancy.not_open" Conflict "The vacancy is {state}." "该用工需求状态为“{state}”。";
    VacancyFull "vacancy.full" Conflict "Only {remaining} seats are left; {asked} were asked for. Nothing was committed; name fewer, or have the headcount raised first." "仅余 {remaining} 个名额，本次提交 {asked} 人，未作任何承诺；请减少人数，或先增加需求人数。";
    VacancyBelowCommitted "vacancy.below_committed" Conflict "{committed} people are on the road or at work already; the headcount can't go below that." "已有 {committed} 人上车或到岗，人数不能低于此数。";
    VacancyNotReduced "vacancy.not_reduced" Invalid "A reduction needs a headcount below {headcount} and above 0; use update to raise it." "缩减后的人数应小于 {headcount} 且大于 0；增加人数请用修改。";
    VacancyReleaseTooMany "vacancy.too_many_released" Invalid "{people} promises would have to be taken back at once. Go down in steps of at most {most}." "一次需撤回 {people} 人的承诺，请分次缩减，每次不超过 {most} 人。";

    DemandHeadcount "demand.headcount" Invalid "Write how many people are needed as a number, 1 to {max}." "请写明需求人数（1 至 {max} 的数字），不能写“若干”。";
    DemandHeadcountSum "demand.headcount_sum" Invalid "Men and women add up to {sum}, more than the {headcount} of the row." "男女合计 {sum} 人，多于总人数 {headcount} 人。";
    DemandPay "demand.pay" Invalid "State the base pay, as 2200元/月 or 20元/小时: an advert must say what is paid." "请写明底薪，如“2200元/月”“20元/小时”；招聘信息必须写明劳动报酬。";
    DemandPayUnit "demand.pay_unit" Invalid "Pay is stated by the month, the hour or the piece; reckon this in one of them." "薪酬按月、按小时或计件填写，请换算。";
    DemandDate "demand.date" Invalid "This is no day that can be read. Write it as YYYY-MM-DD." "日期无法识别，请写成 YYYY-MM-DD。";
    DemandNeededBy "demand.needed_by" Invalid "Say by which day people are needed: fill in 到岗时间, or give needed_by with the import." "请填写到岗时间，或在导入时给出 needed_by。";
    DemandValidUntil "demand.valid_until" Invalid "Say until when the vacancy stands: fill in 有效期至, or give valid_until with the import." "请填写有效期至，或在导入时给出 valid_until。";
    DemandBatches "demand.batches" Invalid "The batches do not add up to {headcount} people, nor does the last of them name all." "各批人数合计不等于 {headcount} 人。";
    DemandPark "demand.park" Invalid "There is no such park in {where}. Known are: {known}." "{where}没有这个园区，可填：{known}。";
    DemandPlace "demand.place" Invalid "Name the county or the park in which the work is." "请写明工作地所在区县或园区。";
    DemandEnterprise "demand.enterprise" Conflict "This row is another enterprise's; each posts its own vacancies." "此行为其他企业的需求，各企业只能发布本企业的需求。";
    DemandUnlawful "demand.unlawful_left_out" Invalid "A vacancy may not limit by {limit}: '{found}' was left out. A lawful wording: {proposal}" "不得含有{limit}限制：“{found}”未录入。建议改为：{proposal}";
    DemandRead "demand.interpreted" Invalid "Read as: {meaning}." "按“{meaning}”处理，请核对。";
    DemandFilled "demand.filled_in" Invalid "Nothing stood here; filled in: {meaning}." "此项未填，按“{meaning}”处理，请核对。";
    DemandText "demand.kept_as_text" Invalid "No field of a vacancy holds all of this; it was kept as text." "没有对应的栏目，已按原文写入工作内容。";
    DemandContact "demand.contact_left_out" Invalid "A contact's name or number was left out: a vacancy holds none." "联系人、联系电话未录入：用工需求中不保存个人信息。";
    DemandTwice "demand.same_row" Invalid "The same demand stands in row {row}; it is posted once." "与第 {row} 行为同一需求，只发布一次。";
    DemandTitleUnmapped "demand.title_unmapped" Invalid "The title fits no classified occupation. People are found by it only if the post can be learned on the job." "岗位名称未能对应到职业分类；可培训上岗的岗位不受影响。";

    ManifestNoVehicle "manifest.vehicle_missing" Invalid "No vehicle is named: its number plate, seats, carrier and drivers." "没有填写车辆信息（车牌、核载、承运单位、驾驶员）。";
    ManifestPlate "manifest.plate" Invalid "This does not look like a number plate." "车牌号形式不对，请核对。";
    ManifestSeatsUnknown "manifest.seats_unknown" Invalid "How many seats the vehicle has can't be read." "核载人数无法识别。";
    ManifestSeats "manifest.seats" Invalid "The vehicle has {seats} seats for {people} people." "车辆核载 {seats} 人，名单有 {people} 人。";
    ManifestDriver "manifest.driver_missing" Invalid "No driver is named." "没有填写驾驶员。";
    ManifestDiffers "manifest.differs" Invalid "The rows name more than one; taken was the one that most of them name." "各行填写不一致，按多数处理，请核对。";
    ManifestDeparture "manifest.departure" Invalid "When the group leaves can't be read. Write YYYY-MM-DD HH:MM." "出发时间无法识别，请写成 YYYY-MM-DD HH:MM。";
    ManifestMode "manifest.mode" Invalid "How the group travels was not understood; write 包车, 企业接送, 专列 or 自行前往." "出行方式无法识别，请写包车、企业接送、专列或自行前往。";
    ManifestHour "manifest.departure_hour" Invalid "Only the day of the departure is said; 08:00 in Beijing was taken." "只写了出发日期，按北京时间 08:00 处理，请核对。";
    ManifestEnterprise "manifest.enterprise" Invalid "The roster names another enterprise than the vacancy, which is of {enterprise}; the vacancy counts." "名单上的企业与需求不符，按需求所属企业“{enterprise}”处理，请核对。";
    ManifestOtherDay "manifest.other_day" Invalid "This row leaves on another day than the others of the sheet. Put it on a sheet of its own." "此行出发日期与本表其他人不同，请另列一个工作表。";
    ManifestTooMany "manifest.too_many" TooLarge "One sheet opens a group of {most} people at most. Put the others on another sheet, or import the roster again: who is missing is added." "一个工作表最多开立 {most} 人的批次，其余请另列工作表，或再次导入补入。";
    ManifestGroupStays "manifest.group_stays" Invalid "The group was opened with another departure, which stays. Cancel the group and import again to change it." "该批次开立时的出发时间与本表不同，未作更改；如需变更，请取消批次后重新导入。";
    ManifestPhone "manifest.phone_differs" Conflict "There is no right ID, and the one promised person of this name has another telephone number. Write the ID." "没有有效身份证号，已承诺人员中同名者的电话不同，请填写身份证号。";
    ManifestStop "manifest.stop_unknown" Invalid "No service point was recognised in this place; whoever gets on here does so where the own point does." "上车点未能对应到服务点，此处上车的人按本服务点上车。";
    ManifestUnknown "manifest.person_unknown" NotFound "Nobody with this ID stands in your register." "名册中没有此身份证号。";
    ManifestNobody "manifest.nobody_of_this_name" NotFound "Without a right ID a person is found by name among those who are promised to this vacancy, and there is nobody of this name." "没有有效身份证号，按姓名在已承诺的人员中查找，未找到同名人员。";
    ManifestNamesakes "manifest.namesakes" Conflict "Without a right ID a person is found by name, and several of this name are promised to this vacancy. Write the ID or the phone number." "没有有效身份证号，且已承诺的人员中有多人同名，请填写身份证号或手机号。";
    ManifestByName "manifest.found_by_name" Invalid "There was no right ID; the person was found by name among those who are promised to this vacancy." "没有有效身份证号，已按姓名对应到已承诺的人员，请核对。";
    ManifestName "manifest.name_differs" Conflict "The register has another name for this ID. Were the columns sorted apart?" "此身份证号在名册中为另一姓名，请检查各列是否错行。";
    ManifestSeveral "manifest.several_groups" Conflict "Others of this sheet travel with several groups already. Add this person to one of them: gongqiao dispatch join." "本表其他人员已分在多个派遣批次，请用 dispatch join 将此人加入其中一批。";
    ManifestNoStop "manifest.stop_missing" Invalid "Where this person gets on is not said." "没有填写上车点。";

    SignalNotFound "signal.not_found" NotFound "There is no such signal." "没有这个用工任务。";
    SignalNotOpen "signal.not_open" Conflict "The signal is {state}." "该用工任务状态为“{state}”。";

    CardNotFound "card.not_found" NotFound "There is no such card in your register." "名册中没有这张卡。";
    CardErased "card.erased" NotFound "This person was erased. From {keys_gone_on} on no backup holds the key either." "此人信息已删除，最晚于 {keys_gone_on} 起备份中也不再有其密钥。";
    CardFrozen "card.frozen" Conflict "This person's data is frozen: it is kept, and nothing else is done with it." "此人信息已冻结，只保存，不作其他处理。";
    CardNotFrozen "card.not_frozen" Conflict "This person's data is not frozen." "此人信息未冻结。";
    CardHeld "card.held" Conflict "A card of this request is promised already. Nothing was committed." "其中有人已被锁定，本次未作任何承诺。";
    CardUnfit "card.unfit" Invalid "This card does not fit: {why}." "此人不符合条件：{why}。";
    CardTwice "card.twice" Invalid "This card stands in the list twice." "名单中此卡重复。";
    CardUnderage "card.underage" Invalid "On the day of need this person is not yet sixteen." "用工当日此人未满十六周岁。";
    CardNotWilling "card.not_willing" Conflict "This person has not said yes to this post (last word: {said}). Record the call first. Nothing was committed." "此人未表示愿意（最近通话结果：{said}），请先登记通话结果。本次未作任何承诺。";
    CardOnStandby "card.on_standby" Conflict "This person waits for a seat of this vacancy already. Nothing was committed." "此人已在候补名单中，本次未作任何承诺。";

    DispatchNotFound "dispatch.not_found" NotFound "There is no such dispatch." "没有这个派遣批次。";
    DispatchIllegal "dispatch.illegal_transition" Conflict "The dispatch is {state}; it can't become {to}." "派遣批次状态为“{state}”，不能变为“{to}”。";
    DispatchSequence "dispatch.sequence" Conflict "The dispatch has moved on to sequence {current}; look at it again." "派遣批次已更新至序号 {current}，请刷新后再办理。";
    DispatchSeats "dispatch.seats" Invalid "The vehicle has {seats} seats for {people} people." "车辆核载 {seats} 人，名单有 {people} 人。";
    DispatchNotOnIt "dispatch.not_on_manifest" NotFound "This card is not on the manifest of {dispatch}." "此卡不在批次 {dispatch} 的名单中。";
    DispatchNotBoarded "dispatch.not_boarded" Conflict "{people} people are neither on board nor recorded as missing. Record each of them first." "还有 {people} 人既未上车、也未登记未到，请先逐一登记。";
    DispatchNotArrived "dispatch.not_arrived" Conflict "{people} people travel alone and have neither arrived nor been recorded as missing. Record each of them first." "还有 {people} 名自行前往的人既未登记到达、也未登记未到，请先逐一登记。";
    DispatchNotEnded "dispatch.not_ended" Conflict "{people} people have no final state yet. Record each of them first." "还有 {people} 人没有最终状态，请先逐一登记。";
    DispatchEmpty "dispatch.empty" Conflict "Nobody is on board. Cancel the group instead." "车上无人，请取消本批次。";
    DispatchNotProposed "dispatch.not_proposed" Conflict "It was not proposed that this group travels with {into}." "没有建议本批次并入 {into}。";
    ManifestNotGiven "manifest.not_given" Conflict "Names are given out from the acceptance until the group is closed; this one is {state}." "名单自企业接收起至办结前提供，本批次状态为“{state}”。";
    CardNotPromised "card.not_promised" Conflict "This person is not promised to this vacancy. Commit the person first." "此人尚未承诺到该需求，请先答复任务。";
    CardOnGroup "card.on_group" Conflict "This person travels with {dispatch} already." "此人已在批次 {dispatch} 的名单中。";
    CardElsewhere "card.elsewhere" Conflict "This person has been promised anew since, and no longer belongs to this group." "此人此后已另有承诺，不再属于本批次。";
    EvidenceRequired "evidence.required" Invalid "Say what this rests on, one of: {accepted}." "请注明依据，可选：{accepted}。";
    EvidenceUnsuited "evidence.unsuited" Invalid "You can't record {to} on {given}. Send one of: {accepted}." "登记“{to}”不能以“{given}”为依据，可选：{accepted}。";
    PlacementIllegal "placement.illegal_transition" Conflict "A person of this request is {state} and can't become {to}." "其中有人状态为“{state}”，不能变为“{to}”。";

    NatsKeys "nats.keys_missing" Unavailable "This process has not the broker's keys, and can make no user of it. Ask one that runs beside them, or leave out nats." "本进程没有消息服务器的密钥，无法签发 NATS 凭证；请在持有密钥的进程上办理，或不要求 NATS。";
    NatsSubject "nats.subject" NotFound "Nothing is taken under this subject. Known are: {known}." "没有这个主题，可用：{known}。";
    NatsUser "nats.user_unknown" Unauthenticated "The broker did not say who asks." "消息服务器未说明请求者。";
    IdempotencyShape "idempotency.key_shape" Malformed "An Idempotency-Key has 1 to 255 visible ASCII characters." "Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。";
    ExportTable "export.table" NotFound "There is no such table to export. There are: {known}." "没有这个导出表，可选：{known}。";
    ExportFormat "export.format" Invalid "This is no format of exports. There are: {known}." "没有这种导出格式，可选：{known}。";
    ParkedNotFound "parked.not_found" NotFound "There is no such parked message, and never was." "没有这条搁置消息。";
    ParkedGone "parked.gone" Conflict "This message is parked no longer: it was redriven or discarded." "该消息已不在搁置中：已重新处理或已丢弃。";
    ParkedChanged "parked.changed" Conflict "Somebody else works on this message just now. Look at it again." "他人正在处理该消息，请重新查看。";
    ParkedFull "parked.full" Unavailable "No more messages can be parked: {max} are. Redrive or discard some first." "搁置消息已达上限（{max} 条），请先重新处理或丢弃一部分。";
    ParkedWithoutBody "parked.without_body" Conflict "This message was larger than is kept, {bytes} bytes; only what is known of it was. Have it sent again in parts." "消息过大（{bytes} 字节），仅保留了概况，请让发送方拆分后重发。";
    ParkedUnreadable "parked.unreadable" Conflict "This message can't be opened with this cell's key; it can only be discarded." "本单元的密钥无法打开该消息，只能丢弃。";
    ParkedEffect "parked.not_editable" Conflict "What we word ourselves is not edited; redrive or discard it." "系统生成的内容不能编辑，只能重新处理或丢弃。";
    ParkedNobody "parked.nobody" Unavailable "The service {service} does not answer, or nobody behind it does. Try again when it runs." "服务 {service} 或其接收方没有应答，请待其运行后重试。";
    NoticeNotTaken "notice.not_taken" Conflict "The receiver did not take the notice: {why}." "接收方未接收通知：{why}。";
    FactUndecodable "fact.undecodable" Conflict "This fact can't be read, so nobody could be told of it." "此事实无法读取，未能通知有关方。";
    IdempotencyReused "idempotency.key_reused" Invalid "This Idempotency-Key was used for another request. Take a new one." "此 Idempotency-Key 已用于其他请求，请换一个。";

    RequestPath "request.unknown_path" NotFound "There is nothing at this path." "没有这个地址。";
    RequestId "request.id" NotFound "The id in the path has a form that no id here has." "地址中的编号形式不对。";
    RequestMethod "request.method" Method "This path does not take this method." "此地址不支持该方法。";
    RequestTimeout "request.timeout" Unavailable "The request took too long, and was left. Send it again, with the same Idempotency-Key." "请求处理超时，请用同一个 Idempotency-Key 重试。";
    RequestQuery "request.query" Malformed "The query can't be read: {why}." "查询参数无法读取：{why}。";
    RequestPage "request.page_token" Malformed "This page token is not one of ours. Start again without it." "分页标记无效，请从第一页开始。";
    ReadAhead "read.ahead" Malformed "The log has not come so far: it ends at {head}. Wait for the sequence of a receipt." "日志最新序号为 {head}，没有这个序号；请使用回执中的序号。";
    ReadBehind "read.behind" Unavailable "This service has read the log up to {position} only. Ask again in a moment." "本服务目前只读到序号 {position}，请稍后再试。";

    MomentUnreadable "moment.unreadable" Malformed "'{given}' is no moment. Write a time (RFC 3339, or '2021-07-20 18:00' in Beijing time), a time ago ('-2h'), Unix time, or a sequence ('#123')." "“{given}”不是时刻：请写时间（RFC 3339，或北京时间“2021-07-20 18:00”）、多久以前（“-2h”）、Unix 时间，或序号（“#123”）。";
    PastNotThere "past.not_there" NotFound "There was no such thing at that moment (the log up to {position})." "当时（日志至序号 {position}）还没有此项。";
    PastBusy "past.busy" Unavailable "Others are looking at the past just now. Ask again in a moment." "正在为其他请求回溯，请稍后再试。";
    PastOrder "past.order" Malformed "The second moment lies before the first." "结束时刻早于开始时刻。";

    NewerSchema "entity.newer_schema" Conflict "A newer version has written about this; this version can only read it. Update the software." "较新版本写入了此项，本版本只能查看，请升级软件。";
    BrokerUnavailable "broker.unavailable" Unavailable "The log can't be reached just now. Send the same request again, with the same Idempotency-Key." "暂时无法写入，请用同一个 Idempotency-Key 稍后重试。";
    Overloaded "gate.overloaded" Unavailable "Too much is waiting to be written. Send the same request again in a moment." "当前办理量过大，请稍后重试。";
    Internal "internal" Internal "Something went wrong on our side; it is logged under this request's id." "系统内部出错，已按请求编号记录。";

    RosterUnreadable "roster.unreadable" Invalid "The file can't be read as {format}: {why}." "文件无法按 {format} 读取：{why}。";
    RosterTooLarge "roster.too_large" TooLarge "The file unpacks to more than {limit} {what}. Split it." "文件展开后超过 {limit} {what}，请拆分。";
    RosterTooManyRows "roster.too_many_rows" TooLarge "The file holds more than {limit} rows. Split it." "文件超过 {limit} 行，请拆分。";
    RosterTooManyParts "roster.too_many_parts" TooLarge "The workbook is packed from more than {limit} parts. Copy the rows into our template." "工作簿内部文件超过 {limit} 个，请把数据复制到模板中。";
    RosterPacked "roster.packed_too_tightly" TooLarge "A part of the workbook unpacks to more than {limit} times its size. Copy the rows into our template." "工作簿中有内容展开后超过自身的 {limit} 倍，请把数据复制到模板中。";
    RosterNotWorkbook "roster.not_workbook" Invalid "This is not an Excel workbook. Save it as .xlsx, or send CSV or NDJSON." "这不是 Excel 工作簿，请另存为 .xlsx，或使用 CSV、NDJSON。";
    RosterOldWorkbook "roster.old_workbook" Invalid "A password-protected workbook can't be read. Save it without a password." "无法读取带密码的工作簿，请取消密码后另存再提交。";
    RosterDamaged "roster.damaged" Invalid "The workbook is damaged or was cut off on the way. Open it, save it again and send it again." "工作簿已损坏或传输不完整，请打开后重新保存再提交。";
    RosterEncoding "roster.encoding" Invalid "The text is damaged or in an unknown encoding (from line {line}). Save it as 'CSV UTF-8'." "文本已损坏或编码无法识别（第 {line} 行起），请另存为“CSV UTF-8”。";
    RosterQuote "roster.quote" Invalid "A quotation mark that opens in row {row} is never closed, so the rows below it can't be told apart." "第 {row} 行起的引号没有配对，无法区分其后的各行。";
    RosterHeader "roster.header" Invalid "The column '{column}' is missing. Use the template: gongqiao import template." "缺少“{column}”列，请使用模板。";
    RosterEmpty "roster.empty" Invalid "The file holds no rows." "文件中没有数据行。";
    SheetHidden "sheet.hidden" Invalid "The sheet is hidden, and was not read." "工作表已隐藏，未读取。";
    SheetNoHeader "sheet.no_header" Invalid "No row of the sheet names columns of such a table; it was not read." "工作表中没有找到表头，未读取。";
    RowBlank "row.blank" Invalid "The row is empty." "空行。";
    RowTotal "row.total" Invalid "The row sums others up." "合计行。";
    RowFooter "row.footer" Invalid "The row belongs to the table's foot: who filled it in, notes." "表尾（填表人、审核人、说明等）。";
    RowNote "row.note" Invalid "The row is a text that stands in none of the columns." "说明文字，不在各列之内。";
    RowHeader "row.header" Invalid "The row repeats the header." "重复的表头。";
    RowRequired "row.required" Invalid "This must be filled in." "此项必填。";
    RowShape "row.shape" Invalid "The row can't be read: {why}." "此行无法读取：{why}。";
    RowUnknownField "row.unknown_field" Invalid "There is no such field here: {field}." "没有这个字段：{field}。";
    RowValueType "row.value_type" Invalid "The value is of the wrong kind. Write it as text." "值的类型不对，请写成文本。";
    RowCharacters "row.characters" Invalid "This holds characters that can't be shown. Type it again." "此项含有无法显示的字符，请重新录入。";
    RowTooLong "row.too_long" Invalid "This is longer than {max} characters." "此项超过 {max} 个字。";
    RowIdNumeric "row.citizen_id_numeric" Invalid "The ID was stored as a number and has lost its last digits. Type it again in a text column." "身份证号被存成数字，末位已丢失，请在文本列中重新录入。";
    RowIdLength "row.citizen_id_length" Invalid "A citizen ID has 18 characters." "身份证号应为 18 位。";
    RowIdCharacters "row.citizen_id_characters" Invalid "A citizen ID has digits, and perhaps an X at the end." "身份证号只能是数字，末位可为 X。";
    RowIdBirth "row.citizen_id_birth" Invalid "The date of birth inside the ID does not exist." "身份证号中的出生日期不存在。";
    RowIdRegion "row.citizen_id_region" Invalid "The ID begins with a region that does not exist." "身份证号开头的地区代码不存在。";
    RowIdCheck "row.citizen_id_check" Invalid "The last character of the ID does not fit the others. Look at the card again." "身份证号校验位不符，请核对证件。";
    RowIdReal "row.citizen_id_real" Invalid "This looks like a real person's ID; here only test IDs are taken." "这是真实身份证号，演示环境只接受测试号码。";
    RowIdTest "row.citizen_id_test" Invalid "This is a test ID; it stands for nobody." "这是测试号码，不对应真实人员。";
    RowDuplicate "row.duplicate" Invalid "The same person stands in row {row}; that row counts." "与第 {row} 行为同一人，以该行为准。";
    RowPhone "row.phone" Invalid "This is no phone number of 7 to 15 digits; it was left out." "不是 7 至 15 位的电话号码，未录入。";
    RowDivision "row.division" Invalid "There is no such division in {where}." "{where}没有这个行政区划。";
    RowSkill "row.skill" Invalid "The level of an occupation was not understood, and counts as none." "工种等级无法识别，按无等级处理。";
    RowWage "row.wage" Invalid "The wage was not understood, and counts as none in particular. Write yuan a month." "期望工资无法识别，按不限处理；请写每月多少元。";
    RowConsent "row.consent" Invalid "Write consents as 入册, 推荐, 提供, separated by ';', or 是 or 否. Without 入册 nobody is kept." "同意事项写成 入册、推荐、提供，用分号隔开，或写 是、否；没有“入册”不能登记。";
    RosterConsentsMissing "roster.consents_missing" Invalid "No column says what people agreed to. All count as agreeing to be kept and to be proposed for vacancies, and nobody to be named to an enterprise: the point asks when it phones." "没有“同意事项”列：全部按入册、推荐处理，均不含“提供”，请在电话联系时逐人征询。";
    RosterConsentsUnclear "roster.consents_unclear" Invalid "The column '{column}' seems to ask what people agree to and was not understood: everybody is kept in the register and nobody is proposed. Call it 同意事项 and write 入册, 推荐, 提供, or 是 or 否." "“{column}”列似与本人意见有关但无法识别：全部只入册，不参与推荐。请将表头改为“同意事项”，填写入册、推荐、提供，或是、否。";
    RowNameChanged "row.name_changed" Invalid "The register had another name for this ID, which was replaced. Look whether it is the same person." "此身份证号在名册中原为另一姓名，已按本表更新，请核对是否同一人。";
    RowNamesShifted "row.names_shifted" Conflict "The name of another row's person stands beside this ID: the names seem to have been moved against the IDs. Nothing was changed." "本行姓名与名册中另一行人员的姓名相同，姓名与身份证号可能错行，未作更改。";
    RosterVillageMissing "roster.village_missing" Invalid "No column names the home village; where a row names none, {village} is taken." "没有“户籍村”列，未写明的按 {village} 处理。";
    RowExample "row.example" Invalid "One of the template's examples." "模板中的示例行。";
    RowKnown "row.known" Conflict "This person stands in the register with a right ID; the ID in this row is damaged, so nothing was changed." "此人已以有效身份证号在册，本行身份证号有误，未作更改。";
    RowUnidentifiable "row.unidentifiable" Invalid "Neither the ID nor a phone number can be read, so this person can't be told from others of the same name." "身份证号和电话均无法识别，无法与同名人员区分。";
    RowIdMissing "row.citizen_id_missing" Invalid "There is no ID." "没有身份证号。";
    RowIdPlaceholder "row.citizen_id_placeholder" Invalid "What stands here only fills the place of an ID." "身份证号为占位数字。";
    RowIdOld "row.citizen_id_old" Invalid "The ID has fifteen digits, the old form; it was given the form of today. Look at the card." "15 位旧身份证号已换算为 18 位，请核对证件。";
    RowIdNote "row.citizen_id_note" Invalid "A text stands beside the ID, which was taken without it." "身份证号旁有其他文字，已只取号码。";
    RowSexConflict "row.sex_conflict" Invalid "The ID says otherwise, and counts." "与身份证号不符，以身份证号为准。";
    RowAgeConflict "row.age_conflict" Invalid "By the ID the person is {age}, which counts." "与身份证号不符，按身份证号为 {age} 岁。";
    RowBirthConflict "row.birth_conflict" Invalid "The ID says otherwise, and counts." "与身份证号中的出生日期不符，以身份证号为准。";
    RowBirthEstimated "row.birth_estimated" Invalid "The year of birth was reckoned from the age: {year}." "出生年份按年龄推算为 {year}。";
    RowSameAsAbove "row.same_as_above" Invalid "Taken from the row above, as 同上 says." "“同上”已按上一行填写。";
    RowOccupationUnmapped "row.occupation_unmapped" Invalid "An occupation fits no classified one; it is kept as written, and not matched." "有工种未能对应到职业分类，已按原文保留，匹配时不会用到。";
    RowPhoneMissing "row.phone_missing" Invalid "There is no phone number; this person can't be called." "没有联系电话，将无法电话联系此人。";
    RowPhoneLost "row.phone_digits_lost" Invalid "The phone number was stored as a rounded number and has lost digits; it was left out." "电话号码被存成科学计数，位数已丢失，未录入。";
    RowPhoneSeveral "row.phone_several" Invalid "Several numbers stand here; the first counts, the second is kept." "有多个号码，以第一个为准，第二个另存。";
    RowPhoneNote "row.phone_note" Invalid "A text stands beside the number; it may be a relative's." "号码旁有文字，可能是亲属电话，请核对。";
    RowPhoneOdd "row.phone_odd" Invalid "A mobile number has 11 digits; this one has {digits}." "手机号应为 11 位，此号为 {digits} 位，请核对。";
    RowAvailableRead "row.available_interpreted" Invalid "Read as available from {date}." "按 {date} 起可到岗处理，请核对。";
    RowAvailableUnknown "row.available_unknown" Invalid "When this person can go was not understood; until it is corrected, the person is not proposed." "到岗时间无法识别，更正前不参与推荐。";
    RowUnavailable "row.unavailable" Invalid "The person does not want to go away for work, and is not proposed." "本人暂不外出，不参与推荐。";
    RowEmployed "row.employed" Invalid "The person works already and no day is given; until one is, the person is not proposed." "已就业且未写明可到岗时间，填写前不参与推荐。";
    RowWageRead "row.wage_interpreted" Invalid "Read as {wage} yuan a month." "按每月 {wage} 元处理，请核对。";
    RowWageOpen "row.wage_open" Invalid "To be agreed; counts as none in particular." "面议，按不限处理。";
    RowVillageCode "row.village_code" Invalid "There is no such village code; the village was found by its name." "村代码不存在，已按村名对应。";
    RowVillageConflict "row.village_conflict" Invalid "The code is of {village}, which counts." "与村代码不符，按代码为 {village}。";
    RowVillageAbove "row.village_above" Invalid "No village stands here; that of the row above was taken." "未写村名，已按上一行填写。";
    RowVillageOwn "row.village_own" Invalid "No village was recognised here; {village} was taken." "未识别出村名，按 {village} 处理。";
    RowDestination "row.destination" Invalid "A place was not understood, and was left out; write its code or full name." "有意向地区无法识别，未计入；请写区划代码或全称。";
    RowDestinationRead "row.destination_interpreted" Invalid "Read as {where}." "按 {where} 处理，请核对。";
    RowConsentBlank "row.consent_blank" Invalid "Nothing says what the person agreed to: kept in the register, and not proposed." "未写同意事项：只入册，不参与推荐。";
    RowElsewhere "row.elsewhere" Conflict "This person stands in another point's register. Ask for a transfer." "此人已在其他服务点名册中，请申请转移。";

    CorrectionTarget "correction.target" Conflict "The group is {group}; nobody in it can be {to}." "批次状态为“{group}”，其中不会有人为“{to}”。";
    CorrectionNothing "correction.nothing" Conflict "A person of this request is {to} already." "其中有人状态已是“{to}”，无需更正。";
    CorrectionElsewhere "correction.elsewhere" Conflict "A person of this request has been promised anew since, so this record can't be corrected any more." "其中有人此后已另有承诺，此记录不能再更正。";
    CorrectionReleased "correction.released" Conflict "The promise of a person of this request has ended. Commit the person again instead." "其中有人的锁定已解除，请重新承诺。";
    CorrectionSubstituted "correction.substituted" Conflict "Another went in the place of a person of this request, so the record stays. Commit the person again instead." "其中有人已被替换，不能更正，请重新承诺。";
    CorrectionAsked "correction.asked" Conflict "The other side is being asked about a person of this request already; let it answer case {case} first." "其中有人的更正正在等待对方答复，请先办结事项 {case}。";

    CaseNotFound "case.not_found" NotFound "There is no such case." "没有这个事项。";
    CaseNotOpen "case.not_open" Conflict "The case is {state}." "该事项状态为“{state}”。";
    CaseOther "case.other_kind" Invalid "This is not recorded for a case of the kind {kind}." "此类事项（{kind}）不作这种登记。";
    CaseExists "case.exists" Conflict "This case was opened already." "该事项已存在。";
    CaseNotDue "case.not_due" Conflict "This visit is not due: {why}." "此次回访未到期：{why}。";
    TransferBound "transfer.bound" Conflict "The person is promised or at work; the card can move once that has ended." "此人已锁定或在岗，结束后方可转移。";
    TransferGone "transfer.gone" Conflict "The person no longer stands in the register that was asked; refuse the request." "此人已不在被询问的名册中，请拒绝该申请。";
    PeriodNotBegun "period.not_begun" Conflict "The month {period} has not begun." "{period} 尚未开始，不能封账。";
    PeriodClosed "period.closed" Conflict "All months up to {last} are closed already." "{last} 及以前各月已封账。";
}

/// An answer of "no": what, where, and the values that the text names.
/// Parameters never hold what identifies a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// JSON pointer (RFC 6901) into the body, where there is a place.
    pub pointer: Option<String>,
    /// Values for the `{name}`s of the text.
    pub params: Vec<(&'static str, String)>,
    /// Such values that are words, and differ by language.
    pub words: Vec<(&'static str, Words)>,
}

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// 简体中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Words {
    /// The words of one language.
    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

impl Refusal {
    /// A refusal with nothing but its code.
    pub fn new(code: Code) -> Self {
        Self { code, pointer: None, params: Vec::new(), words: Vec::new() }
    }

    /// Says where in the body.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Fills in one `{name}` of the text.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.params.push((name, value.to_string()));
        self
    }

    /// Fills in one `{name}` of the text with words of each language.
    #[must_use]
    pub fn with_words(mut self, name: &'static str, words: Words) -> Self {
        self.words.push((name, words));
        self
    }

    /// The text for a person: values that are codes are said in words.
    pub fn detail(&self, lang: Lang) -> String {
        let mut text = self.code.template(lang).to_owned();
        for (name, value) in &self.params {
            let said = spoken(self.code, name, value, lang);
            text = text.replace(&format!("{{{name}}}"), &said);
        }
        for (name, words) in &self.words {
            text = text.replace(&format!("{{{name}}}"), words.of(lang));
        }
        text
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail(Lang::En))
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_both_texts_name_the_same_parameters() {
        let names = |text: &str| -> HashSet<String> {
            text.split('{').skip(1).filter_map(|t| Some(t.split_once('}')?.0.to_owned())).collect()
        };
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert_eq!(
                names(code.template(Lang::En)),
                names(code.template(Lang::Zh)),
                "{}",
                code.as_str()
            );
        }
    }

    #[test]
    fn the_language_is_the_first_of_ours_that_is_named() {
        assert_eq!(Lang::from_accept("fr, zh-CN;q=0.9, en"), Lang::Zh);
        assert_eq!(Lang::from_accept("en-GB,zh"), Lang::En);
        assert_eq!(Lang::from_accept("zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(Lang::from_accept(""), Lang::En);
    }

    #[test]
    fn a_text_has_its_parameters_filled_in() {
        let refusal = Refusal::new(Code::VacancyFull).with("remaining", 6).with("asked", 12);
        assert!(refusal.detail(Lang::Zh).contains("仅余 6 个名额"));
        assert!(!refusal.detail(Lang::En).contains('{'));
    }

    #[test]
    fn words_are_filled_in_by_language() {
        let words = |zh: &str, en: &str| Words { zh: zh.into(), en: en.into() };
        let refusal = Refusal::new(Code::VacancyUnlawful)
            .with("found", "限男性")
            .with_words("limit", words("性别", "sex"))
            .with_words("proposal", words("男女不限", "men and women alike"));
        assert_eq!(
            refusal.detail(Lang::Zh),
            "岗位信息不得含有性别限制：“限男性”。建议改为：男女不限"
        );
        assert!(refusal.detail(Lang::En).ends_with("Write instead: men and women alike"));
    }
}
