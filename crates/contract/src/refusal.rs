//! Why something was refused: a stable code, the place, and what to do, in
//! both languages. A refusal is an answer, not a failure.

use std::fmt;

/// What sort of refusal it is; each service's door maps it to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request can't be read.
    Malformed,
    /// We don't know who speaks.
    Unauthenticated,
    /// We know, and may not.
    Forbidden,
    /// There is no such thing, or not for the one who asks.
    NotFound,
    /// This path has no such verb.
    Method,
    /// Not in the state that things are in.
    Conflict,
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
    AuthRole "auth.role" Forbidden "Your role does not allow this; it needs {needed}." "您的角色无权办理，需要：{needed}。";
    AuthNotYours "auth.not_yours" Forbidden "You can act only for your own party." "只能为本单位办理，不能代替其他单位。";
    AuthKind "auth.party_kind" Forbidden "This is for another kind of party: {needed}." "此项由其他类型的单位办理：{needed}。";

    AgreementNone "agreement.none" Forbidden "No agreement in force covers this. Ask the operator to sign or renew one." "没有生效中的协议，请联系管理员签订或续签。";
    AgreementScope "agreement.scope" Forbidden "The agreement in force does not cover this {what}." "生效中的协议未包含此{what}。";
    AgreementNotFound "agreement.not_found" NotFound "There is no such agreement." "没有这份协议。";
    AgreementNotInForce "agreement.not_in_force" Conflict "The agreement is {state} and can't be changed." "协议状态为 {state}，不能变更。";

    PartyNotFound "party.not_found" NotFound "There is no such party." "没有这个单位。";
    PartyExists "party.exists" Conflict "This party is registered already." "该单位已登记。";
    PartyRevoked "party.revoked" Forbidden "This party no longer takes part." "该单位已停止参与。";
    CredentialNotFound "credential.not_found" NotFound "There is no such credential." "没有这个凭证。";

    FieldRequired "field.required" Invalid "This must be filled in." "此项必填。";
    FieldInvalid "field.invalid" Invalid "This is not right: {why}." "此项不正确：{why}。";
    FieldRange "field.out_of_range" Invalid "This must lie between {min} and {max}." "此项应在 {min} 与 {max} 之间。";
    FieldTooLong "field.too_long" Invalid "This is longer than {max} characters." "此项超过 {max} 个字。";
    FieldUnknownCode "field.unknown_code" Invalid "There is no such code in {system}." "{system}中没有这个代码。";
    FieldDate "field.date" Invalid "Write the date as YYYY-MM-DD, a day that exists." "日期应写成 YYYY-MM-DD，且真实存在。";

    VacancyUnlawful "vacancy.unlawful" Invalid "A vacancy may not limit by {category}: '{found}'. Take it out or say what the work needs." "岗位信息不得含有{category}限制：“{found}”。请删去，或改写为工作本身的要求。";
    VacancyNotFound "vacancy.not_found" NotFound "There is no such vacancy." "没有这个用工需求。";
    VacancyNotOpen "vacancy.not_open" Conflict "The vacancy is {state}." "该用工需求状态为 {state}。";
    VacancyFull "vacancy.full" Conflict "Only {remaining} seats are left; {asked} were asked for. Nothing was committed." "仅余 {remaining} 个名额，本次提交 {asked} 人，未作任何承诺。";
    VacancyBelowCommitted "vacancy.below_committed" Conflict "{committed} seats are promised already; the headcount can't go below that." "已承诺 {committed} 人，人数不能低于此数。";
    VacancyNotReduced "vacancy.not_reduced" Invalid "A reduction needs a headcount below {headcount} and above 0; use update to raise it." "缩减后的人数应小于 {headcount} 且大于 0；增加人数请用修改。";

    SignalNotFound "signal.not_found" NotFound "There is no such signal." "没有这个用工任务。";
    SignalNotOpen "signal.not_open" Conflict "The signal is {state}." "该用工任务状态为 {state}。";

    CardNotFound "card.not_found" NotFound "There is no such card in your register." "名册中没有这张卡。";
    CardHeld "card.held" Conflict "A card of this request is promised already. Nothing was committed." "其中有人已被锁定，本次未作任何承诺。";
    CardUnfit "card.unfit" Invalid "This card does not fit: {why}." "此人不符合条件：{why}。";
    CardTwice "card.twice" Invalid "This card stands in the list twice." "名单中此卡重复。";
    CardUnderage "card.underage" Invalid "On the day of need this person is not yet sixteen." "用工当日此人未满十六周岁。";

    DispatchNotFound "dispatch.not_found" NotFound "There is no such dispatch." "没有这个派遣批次。";
    DispatchIllegal "dispatch.illegal_transition" Conflict "The dispatch is {state}; it can't become {to}." "派遣批次状态为 {state}，不能变为 {to}。";
    DispatchSequence "dispatch.sequence" Conflict "The dispatch has moved on to sequence {current}; look at it again." "派遣批次已更新至序号 {current}，请刷新后再办理。";
    DispatchSeats "dispatch.seats" Invalid "The vehicle has {seats} seats for {people} people." "车辆核载 {seats} 人，名单有 {people} 人。";
    DispatchNotOnIt "dispatch.not_on_manifest" NotFound "This card is not on the manifest of {dispatch}." "此卡不在批次 {dispatch} 的名单中。";
    DispatchNotBoarded "dispatch.not_boarded" Conflict "{people} people are neither on board nor recorded as missing. Record each of them first." "还有 {people} 人既未上车、也未登记未到，请先逐一登记。";
    DispatchNotEnded "dispatch.not_ended" Conflict "{people} people have no final state yet. Record each of them first." "还有 {people} 人没有最终状态，请先逐一登记。";
    DispatchEmpty "dispatch.empty" Conflict "Nobody is on board. Cancel the group instead." "车上无人，请取消本批次。";
    DispatchNotProposed "dispatch.not_proposed" Conflict "It was not proposed that this group travels with {into}." "没有建议本批次并入 {into}。";
    ManifestNotGiven "manifest.not_given" Conflict "Names are given out from the acceptance until the group is closed; this one is {state}." "名单自企业接收起至办结前提供，本批次状态为 {state}。";
    CardNotPromised "card.not_promised" Conflict "This person is not promised to this vacancy. Commit the person first." "此人尚未承诺到该需求，请先答复任务。";
    CardOnGroup "card.on_group" Conflict "This person travels with {dispatch} already." "此人已在批次 {dispatch} 的名单中。";
    CardElsewhere "card.elsewhere" Conflict "This person has been promised anew since, and no longer belongs to this group." "此人此后已另有承诺，不再属于本批次。";
    EvidenceRequired "evidence.required" Invalid "Say what this rests on, one of: {accepted}." "请注明依据，可选：{accepted}。";
    EvidenceUnsuited "evidence.unsuited" Invalid "You can't record {to} on {given}. Send one of: {accepted}." "登记 {to} 不能以 {given} 为依据，可选：{accepted}。";
    PlacementIllegal "placement.illegal_transition" Conflict "A person of this request is {state} and can't become {to}." "其中有人状态为 {state}，不能变为 {to}。";

    IdempotencyShape "idempotency.key_shape" Malformed "An Idempotency-Key has 1 to 255 visible ASCII characters." "Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。";
    IdempotencyReused "idempotency.key_reused" Invalid "This Idempotency-Key was used for another request. Take a new one." "此 Idempotency-Key 已用于其他请求，请换一个。";

    RequestPath "request.unknown_path" NotFound "There is nothing at this path." "没有这个地址。";
    RequestId "request.id" NotFound "The id in the path has a form that no id here has." "地址中的编号形式不对。";
    RequestMethod "request.method" Method "This path does not take this method." "此地址不支持该方法。";
    RequestTimeout "request.timeout" Unavailable "The request took too long, and was left. Send it again, with the same Idempotency-Key." "请求处理超时，请用同一个 Idempotency-Key 重试。";
    RequestQuery "request.query" Malformed "The query can't be read: {why}." "查询参数无法读取：{why}。";
    RequestPage "request.page_token" Malformed "This page token is not one of ours. Start again without it." "分页标记无效，请从第一页开始。";
    ReadBehind "read.behind" Unavailable "This service has read the log up to {position} only. Ask again in a moment." "本服务目前只读到序号 {position}，请稍后再试。";

    NewerSchema "entity.newer_schema" Conflict "A newer version has written about this; this version can only read it. Update the software." "较新版本写入了此项，本版本只能查看，请升级软件。";
    BrokerUnavailable "broker.unavailable" Unavailable "The log can't be reached just now. Send the same request again, with the same Idempotency-Key." "暂时无法写入，请用同一个 Idempotency-Key 稍后重试。";
    Overloaded "gate.overloaded" Unavailable "Too much is waiting to be written. Send the same request again in a moment." "当前办理量过大，请稍后重试。";
    Internal "internal" Internal "Something went wrong on our side; it is logged under this request's id." "系统内部出错，已按请求编号记录。";

    RosterUnreadable "roster.unreadable" Invalid "The file can't be read as {format}: {why}." "文件无法按 {format} 读取：{why}。";
    RosterTooLarge "roster.too_large" TooLarge "The file unpacks to more than {limit} {what}. Split it." "文件展开后超过 {limit} {what}，请拆分。";
    RosterTooManyRows "roster.too_many_rows" TooLarge "The file holds more than {limit} rows. Split it." "文件超过 {limit} 行，请拆分。";
    RosterTooManyParts "roster.too_many_parts" TooLarge "The workbook is packed from more than {limit} parts. Copy the rows into our template." "工作簿内部文件超过 {limit} 个，请把数据复制到模板中。";
    RosterPacked "roster.packed_too_tightly" TooLarge "A part of the workbook unpacks to more than {limit} times its size. Copy the rows into our template." "工作簿中有内容展开后超过自身的 {limit} 倍，请把数据复制到模板中。";
    RosterNotWorkbook "roster.not_workbook" Invalid "This is not an .xlsx workbook. Save it as .xlsx, or send CSV (UTF-8) or NDJSON." "这不是 .xlsx 工作簿，请另存为 .xlsx，或使用 CSV（UTF-8）、NDJSON。";
    RosterOldWorkbook "roster.old_workbook" Invalid "An old .xls or a password-protected workbook can't be read. Save it as .xlsx without a password." "无法读取旧版 .xls 或带密码的工作簿，请另存为不带密码的 .xlsx。";
    RosterDamaged "roster.damaged" Invalid "The workbook is damaged or was cut off on the way. Open it, save it again and send it again." "工作簿已损坏或传输不完整，请打开后重新保存再提交。";
    RosterEncoding "roster.encoding" Invalid "The text is not UTF-8 (from line {line}). Save it as 'CSV UTF-8'." "文本不是 UTF-8 编码（第 {line} 行起），请另存为“CSV UTF-8”。";
    RosterQuote "roster.quote" Invalid "A quotation mark that opens in row {row} is never closed, so the rows below it can't be told apart." "第 {row} 行起的引号没有配对，无法区分其后的各行。";
    RosterHeader "roster.header" Invalid "The column '{column}' is missing. Use the template: gongqiao import template." "缺少“{column}”列，请使用模板。";
    RosterEmpty "roster.empty" Invalid "The file holds no rows." "文件中没有数据行。";
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
    RowDuplicate "row.duplicate" Invalid "The same ID stands in row {row} already." "与第 {row} 行的身份证号重复。";
    RowPhone "row.phone" Invalid "Write a phone number of 7 to 15 digits." "电话号码应为 7 至 15 位数字。";
    RowDivision "row.division" Invalid "There is no such division in {where}." "{where}没有这个行政区划。";
    RowSkill "row.skill" Invalid "Write occupations as 'title' or 'title:level', separated by ';': {why}." "工种写成“名称”或“名称:等级”，用分号隔开：{why}。";
    RowWage "row.wage" Invalid "Write the wage expected in yuan a month, 0 to 100000." "期望月薪应为 0 至 100000 的整数（元）。";
    RowDate "row.date" Invalid "Write the date as YYYY-MM-DD, a day that exists." "日期应写成 YYYY-MM-DD，且真实存在。";
    RowConsent "row.consent" Invalid "Write consents as 入册, 推荐, 提供, separated by ';'. Without 入册 nobody is kept." "同意事项写成 入册、推荐、提供，用分号隔开；没有“入册”不能登记。";
    RowElsewhere "row.elsewhere" Conflict "This person stands in another point's register. Ask for a transfer." "此人已在其他服务点名册中，请申请转移。";
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
}

impl Refusal {
    /// A refusal with nothing but its code.
    pub fn new(code: Code) -> Self {
        Self { code, pointer: None, params: Vec::new() }
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

    /// The text for a person.
    pub fn detail(&self, lang: Lang) -> String {
        let mut text = self.code.template(lang).to_owned();
        for (name, value) in &self.params {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
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
}
