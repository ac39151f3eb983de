use proptest::prelude::*;

use super::*;

fn found(text: &str) -> Vec<(&'static str, &str)> {
    check_advert(text)
        .into_iter()
        .map(|finding| (finding.category.code(), &text[finding.range]))
        .collect()
}

#[track_caller]
fn unlawful(category: Category, texts: &[&str]) {
    for text in texts {
        let found = found(text);
        assert!(!found.is_empty(), "nothing found: {text}");
        // Why: many adverts limit by age as well.
        let expected = |code: &str| code == category.code() || code == Category::Age.code();
        assert!(found.iter().any(|(code, _)| *code == category.code()), "{text}: {found:?}");
        assert!(found.iter().all(|(code, _)| expected(code)), "{text}: {found:?}");
    }
}

#[track_caller]
fn lawful(texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn limits_by_sex_are_found() {
    unlawful(
        Category::Sex,
        &[
            "限男性",
            "仅限女性",
            "只招男工",
            "要求：女性，18-35岁",
            "性别：男",
            "性别要求女",
            "性别：女，年龄不限",
            "男，18-45周岁",
            "男18—45岁",
            "招男普工50名",
            "招女工",
            "招聘女服务员",
            "男性优先",
            "女士优先考虑",
            "女生勿扰",
            "不招女工",
            "谢绝男士",
            "男普工",
            "女文员",
            "男100名，女100名",
            "限 男 性",
            "必须是男的",
            "学历不限，男性优先",
            "需男工20人",
            "急招50名男工",
            "男女不限，女工优先",
            "18-45周岁男性",
            "18-45岁，女",
            "年龄45岁以下，男性",
            "女（18-45岁）",
            "性别（男）",
        ],
    );
}

#[test]
fn words_that_only_name_a_sex_are_lawful() {
    lawful(&[
        "男女不限",
        "男女不限，年满18周岁",
        "不限男女",
        "性别不限",
        "性别：不限",
        "性别：男/女",
        "性别：男女均可",
        "要求：男女不限",
        "男女18周岁以上",
        "男、女18周岁以上",
        "招男女普工100名",
        "女装车间",
        "招女装车位工",
        "女鞋厂招针车工",
        "只做女鞋",
        "只招女装裁剪师傅",
        "岗位要求：女装打版三年以上",
        "男女同工同酬",
        "男女宿舍分开",
        "女员工宿舍有独立卫生间",
        "男工宿舍4人一间",
        "限时招聘，女装设计",
        "有限公司女包车间",
        "工作年限女包三年",
        "女士们、先生们不要错过",
        "不要求男性",
        "招子女陪读人员",
        "18周岁以上男女均可",
        "18岁以上，男女不限",
        "18岁以上，女员工有哺乳室",
        "4人女宿舍",
        "男鞋导购",
        "招聘女性内衣导购",
        "要求男装三年经验",
        "女生宿舍管理",
        "本厂女工占六成",
    ]);
}

#[test]
fn limits_by_ethnic_group_or_race_are_found() {
    unlawful(
        Category::Ethnicity,
        &[
            "限汉族",
            "仅限汉族",
            "民族：汉族",
            "少数民族勿扰",
            "不招少数民族",
            "不要维族",
            "彝族人勿扰",
            "汉族优先",
            "四大民族除外",
            "藏族不要",
            "不招黑人",
        ],
    );
    lawful(&[
        "不限民族",
        "民族不限",
        "少数民族优先",
        "汉堡店招店员",
        "汉堡师傅",
        "仰天湖瑶族乡工厂",
        "水族馆饲养员",
        "需水族馆饲养员",
        "湘西土家族苗族自治州",
        "要求会做苗族银饰",
        "少数民族汉族均可",
        "不因民族、种族、性别、宗教信仰而受歧视",
    ]);
}

#[test]
fn limits_by_religion_are_found() {
    unlawful(
        Category::Religion,
        &[
            "无宗教信仰",
            "要求无宗教信仰",
            "信教者勿扰",
            "不招信教人员",
            "基督徒勿扰",
            "信佛者优先",
            "不得信教",
        ],
    );
    lawful(&["宗教信仰不限", "尊重宗教信仰", "无宗教信仰要求", "信教不信教均可", "佛教用品厂"]);
}

#[test]
fn limits_by_household_registration_are_found() {
    unlawful(
        Category::HouseholdRegistration,
        &[
            "限本地户口",
            "仅限本市户籍",
            "须有本市户口",
            "要求城镇户口",
            "外地户口勿扰",
            "非本地户口不招",
            "不招农村户口",
            "户籍：本地",
            "限郴州户籍",
            "需要北京户口",
            "户口要求：非农",
        ],
    );
    lawful(&[
        "户籍不限",
        "不限户籍",
        "不限户口",
        "户口不限",
        "请携带户口本",
        "携带户口本、身份证",
        "需要农村户外作业",
        "户籍：本地外地均可",
        "户籍城镇/农村不限",
        "可解决本市户口",
        "不要求本地户口",
    ]);
}

#[test]
fn limits_by_origin_are_found() {
    unlawful(
        Category::Origin,
        &[
            "只招本地人",
            "限湖南人",
            "限郴州籍",
            "不要河南人",
            "东北人勿扰",
            "河南籍除外",
            "不招外地人",
            "外地人勿扰",
            "外省人员不要",
            "籍贯：湖南",
            "非本地人勿扰",
            "周口人免谈",
        ],
    );
    lawful(&[
        "地域不限",
        "工作地点：郴州市苏仙区",
        "工作地点仅限郴州",
        "本地人优先",
        "需要湖南人力资源公司配合",
        "限50人",
        "现需要长沙员工10名",
        "要求有郴州人才证",
        "外地人不收押金",
        "包接送外地员工",
        "籍贯不限",
    ]);
}

#[test]
fn limits_by_identity_are_found() {
    unlawful(
        Category::Identity,
        &["不招农民工", "农民工除外", "要求干部身份", "仅限城镇居民", "下岗人员勿扰"],
    );
    lawful(&[
        "身份不限",
        "欢迎农民工",
        "农民工优先",
        "脱贫户优先",
        "不拖欠农民工工资",
        "拒绝拖欠农民工工资",
        "不要农民工垫资",
        "贫困户免费培训",
        "农民工不要错过",
    ]);
}

#[test]
fn limits_by_marriage_and_children_are_found() {
    unlawful(
        Category::MarriageChildbearing,
        &[
            "未婚优先",
            "限未婚",
            "要求已婚已育",
            "已婚已育",
            "三年内不得怀孕",
            "入职两年内不准结婚",
            "孕妇勿扰",
            "近期无生育计划",
            "婚姻状况：未婚",
            "入职须做妊娠测试",
        ],
    );
    lawful(&[
        "婚否不限",
        "婚育不限",
        "已婚未婚均可",
        "未婚、已婚不限",
        "不限婚否",
        "有婚假产假",
        "婚姻介绍所招文员",
        "照顾孕妇的月嫂",
        "单身公寓",
        "不要求已婚已育",
        "免费孕检",
        "夫妻房",
    ]);
}

#[test]
fn limits_by_carried_pathogens_are_found() {
    unlawful(
        Category::PathogenCarrier,
        &[
            "乙肝携带者勿扰",
            "不招乙肝",
            "无乙肝",
            "乙肝两对半正常",
            "乙肝表面抗原阴性",
            "体检含乙肝五项",
            "大小三阳勿扰",
            "HBsAg阴性",
            "艾滋病病毒携带者除外",
        ],
    );
    lawful(&[
        "不查乙肝",
        "体检不查乙肝",
        "乙肝疫苗生产",
        "不歧视乙肝携带者",
        "持有效健康证",
        "检测HBsAg试剂",
        "拒绝乙肝歧视",
    ]);
}

#[test]
fn limits_by_disability_are_found() {
    unlawful(Category::Disability, &["残疾人勿扰", "不招残疾人", "谢绝残障人士"]);
    lawful(&["残疾人优先", "残疾人按比例就业", "不歧视残疾人"]);
}

#[test]
fn limits_by_age_are_found() {
    unlawful(
        Category::Age,
        &[
            "18-45周岁",
            "18—45岁",
            "十八至四十五周岁",
            "18周岁到45周岁",
            "16-50岁",
            "年龄18-45",
            "年龄：18-45岁",
            "年龄要求：18至45",
            "年龄45以下",
            "45岁以下",
            "45周岁及以下",
            "45周岁（含）以下",
            "三十五岁以下",
            "35岁左右",
            "20岁以上",
            "年满22周岁",
            "年龄不超过50岁",
            "不超过45周岁",
            "可放宽至50岁",
            "90后优先",
            "限80后",
            "年轻人优先",
            "大龄勿扰",
            "男女不限，18-45岁，包吃住",
        ],
    );
}

#[test]
fn the_ages_of_the_law_and_other_ages_are_lawful() {
    lawful(&[
        "年满18周岁",
        "年满16周岁",
        "18周岁以上",
        "年龄18岁以上",
        "16岁以上，身体健康",
        "未满18周岁勿扰",
        "不招未满16周岁人员",
        "年龄不限",
        "不限年龄",
        "照顾3-6岁幼儿",
        "带0-3岁婴幼儿",
        "护理60岁以上老人",
        "护理60-75岁的老人",
        "照顾80岁老人",
        "三年以上工作经验",
        "工龄满20年有奖励",
        "厂龄18-20年的老员工",
        "室温18-26度",
        "成立20周年",
        "团队年轻有活力",
        "法定劳动年龄内",
        "未达到法定退休年龄",
        "18-24个月合同",
    ]);
}

#[test]
fn limits_by_height_are_found() {
    unlawful(
        Category::Height,
        &["身高165cm以上", "身高1.60米以上", "要求身高：160", "身高一米六以上"],
    );
    lawful(&["身高不限", "操作台高1.4米", "仓库货架高5米", "记录儿童身高体重"]);
}

#[test]
fn what_the_work_needs_and_lawful_preferences_are_lawful() {
    lawful(&[
        "能适应倒班",
        "能适应两班倒、长白班",
        "身体健康，能胜任岗位工作",
        "需搬运25公斤物品",
        "退役军人优先",
        "应届毕业生优先",
        "高校毕业生、退役军人、脱贫人口优先",
        "初中及以上学历",
        "大专以上学历，机电专业优先",
        "有电工证优先",
        "有经验者优先",
        "视力正常，无色盲",
        "持有效健康证",
        "能用普通话沟通",
        "孕期、哺乳期女职工依法保护",
        "男女同工同酬，夫妻可安排夫妻房",
    ]);
}

#[test]
fn every_finding_proposes_a_lawful_wording() {
    let proposal = |text: &str, lang| check_advert(text)[0].proposal.of(lang).to_owned();
    let zh = |text| proposal(text, crate::Lang::Zh);
    assert_eq!(zh("18-45周岁"), "年满18周岁，身体健康，能胜任岗位工作");
    assert_eq!(zh("45岁以下"), "年满16周岁，身体健康，能胜任岗位工作");
    assert!(zh("限男性").contains("需能搬运25公斤重物"));
    for (category, text) in [
        (Category::Sex, "限男性"),
        (Category::Ethnicity, "限汉族"),
        (Category::Religion, "信教者勿扰"),
        (Category::HouseholdRegistration, "限本地户口"),
        (Category::Origin, "不招外地人"),
        (Category::Identity, "不招农民工"),
        (Category::MarriageChildbearing, "未婚优先"),
        (Category::PathogenCarrier, "无乙肝"),
        (Category::Disability, "不招残疾人"),
        (Category::Age, "18-45周岁"),
        (Category::Height, "身高165cm以上"),
    ] {
        let found = check_advert(text);
        assert_eq!(found[0].category, category, "{text}");
        for lang in [crate::Lang::Zh, crate::Lang::En] {
            let proposed = found[0].proposal.of(lang);
            assert!(!proposed.contains('{') && !proposed.is_empty(), "{proposed}");
            assert_eq!(check_advert(proposed), [], "the proposal for {text} is unlawful itself");
        }
    }
}

#[test]
fn an_ordinary_advert_is_lawful() {
    lawful(&["炬神电子急招普工200名，男女不限，年满18周岁，初中以上学历，不限户籍。\n\
        长白班8:00-17:30或两班倒，底薪2200元，综合工资5000-7000元/月，包吃住，五险一金。\n\
        要求：身体健康，视力正常，能适应无尘车间，持健康证。工作地点：郴州高新区。\n\
        桂阳、临武有免费大巴接送；女员工宿舍与男员工宿舍分开；农民工工资按月足额发放。"]);
}

#[test]
fn ranges_point_into_the_text_as_written() {
    let text = "急招普工２００名，限 男 性，不要河南人！";
    assert_eq!(found(text), [("sex", "限 男 性"), ("origin", "不要河南人")]);
    assert_eq!(found("限女\n装车间"), [("sex", "限女")]);
}

#[test]
fn codes_and_laws_are_given_for_every_category() {
    let codes: std::collections::HashSet<_> = Category::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(codes.len(), Category::ALL.len());
    assert!(Category::ALL.iter().all(|category| category.law().contains("就业促进法")));
}

proptest! {
    #[test]
    fn any_text_is_answered_with_ranges_of_it(text in "[限男女招不工性汉族户籍本地人婚 ，0-9\n\\PC]{0,40}") {
        for finding in check_advert(&text) {
            prop_assert!(text.get(finding.range).is_some_and(|phrase| !phrase.is_empty()));
        }
    }

    #[test]
    fn an_unlawful_phrase_is_found_in_any_lawful_surrounding(
        before in "[a-z ]{0,9}，", behind in "。[a-z ]{0,9}",
    ) {
        let text = format!("{before}只招男工{behind}");
        prop_assert_eq!(found(&text), [("sex", "只招男工")]);
    }
}

#[test]
fn a_word_that_stands_alone_is_a_condition_and_a_pair_is_none() {
    let codes = |text: &str| -> Vec<&str> {
        check_advert(text).iter().map(|found| found.category.code()).collect()
    };
    assert_eq!(codes("女 18-40岁"), ["sex", "age"]);
    assert_eq!(codes("汉族"), ["ethnicity"]);
    assert_eq!(codes("能倒班；男；有经验"), ["sex"]);
    for lawful in ["男、女均可", "男女不限", "男 女 不限", "会汉语", "女装 车间"]
    {
        assert!(codes(lawful).is_empty(), "{lawful}");
    }
}
