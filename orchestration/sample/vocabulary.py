"""The words of the sample company: regions, channels, goods, names and what people complain of.

Code n of an array stands for entry n here. Every name is made up.
"""

from itertools import product

REGIONS = ("华东", "华南", "华北", "西南", "Overseas")
REGION_SHARES = [0.32, 0.22, 0.22, 0.16, 0.08]
IMPROVED_REGION = REGIONS.index("华东")
LATE_REGION = REGIONS.index("西南")
ENGLISH_REGION = REGIONS.index("Overseas")

ORDER_CHANNELS = ("direct", "web", "phone", "distributor")
ORDER_CHANNEL_SHARES = [0.34, 0.30, 0.16, 0.20]
GOODS = ("cable", "transformer", "switchgear", "metering", "lighting", "maintenance")
GOODS_SHARES = [0.30, 0.10, 0.16, 0.14, 0.20, 0.10]
INDUSTRIES = ("manufacturing", "construction", "retail", "hospitality", "public_sector", "residential")
INDUSTRY_SHARES = [0.24, 0.18, 0.18, 0.10, 0.10, 0.20]
MANAGERS = tuple(f"AM{number:02d}" for number in range(1, 25))
STATUSES = ("completed", "cancelled", "returned")
STATUS_SHARES = [0.965, 0.02, 0.015]
REFUSALS = ("phone", "sms", "email", "phone;sms")

_CITIES = ("苏州", "宁波", "佛山", "东莞", "保定", "唐山", "绵阳", "昆明", "遵义", "无锡", "珠海", "廊坊")
_MARKS = (
    "恒泰",
    "鑫源",
    "明辉",
    "瑞丰",
    "华誉",
    "德盛",
    "安澜",
    "启航",
    "金石",
    "云杉",
    "聚力",
    "远景",
    "宏图",
)
_TRADES = ("电气", "机械", "建设", "商贸", "酒店", "置业", "纺织", "物业")
CHINESE_NAMES = [f"{city}{mark}{trade}有限公司" for city, mark, trade in product(_CITIES, _MARKS, _TRADES)]

_FIRSTS = (
    "Harbour",
    "Northgate",
    "Silver",
    "Maple",
    "Redwood",
    "Crown",
    "Delta",
    "Granite",
    "Lakeside",
    "Orchid",
)
_SECONDS = ("Electric", "Engineering", "Foods", "Hotels", "Textiles", "Builders", "Logistics", "Retail")
_FORMS = ("Ltd", "Inc", "Pte Ltd", "& Sons")
ENGLISH_NAMES = [f"{first} {second} {form}" for first, second, form in product(_FIRSTS, _SECONDS, _FORMS)]

COMPLAINT_CHANNELS = ("phone", "web", "email", "branch")
COMPLAINT_CHANNEL_SHARES = [0.52, 0.26, 0.12, 0.10]
SEVERITIES = ("low", "medium", "high")
NEEDS = ("safety", "fairness", "esteem")
TOPICS = ("delivery", "outage", "power_quality", "service", "billing", "metering")
DELIVERY = TOPICS.index("delivery")
# Of complaints that do not follow a late delivery: 65 % outage and power quality, 21 % service.
TOPIC_SHARES = [0.0, 0.40, 0.25, 0.21, 0.09, 0.05]
TOPIC_NEEDS = (1, 0, 0, 2, 1, 1)
TOPIC_NEED_CHANCES = (0.40, 0.50, 0.35, 0.75, 0.70, 0.30)

_CHINESE_COMPLAINTS = (
    ("货物晚到，现场停工了。", "承诺的交货日期已过，仍未收到货。"),
    ("昨晚停电三个小时，没有事先通知。", "本月第二次停电，生产线受影响。"),
    ("电压不稳，设备多次跳闸。", "照明闪烁，怀疑电能质量有问题。"),
    ("客服态度冷淡，问题没有人跟进。", "打了三次电话，每次都要重新说明情况。"),
    ("账单金额与合同不符，请核对。", "同一笔费用被收了两次。"),
    ("电表读数明显偏高。", "电表更换后没有给回执。"),
)
_ENGLISH_COMPLAINTS = (
    ("The delivery is late and our site stands still.", "The promised date has passed; nothing has come."),
    ("Three hours without power, and no notice.", "Second outage this month; the line had to stop."),
    ("The voltage is unstable, our machines trip.", "The lights flicker: please check power quality."),
    ("Nobody follows up, and the tone was cold.", "Called three times, explained it three times."),
    ("The bill differs from the contract.", "We were charged twice for one order."),
    ("The meter reads far too high.", "No receipt after the meter was replaced."),
)
_CHINESE_SUGGESTIONS = ("建议在网站上显示预计送达时间。", "希望可以按月合并开票。")
_ENGLISH_SUGGESTIONS = (
    "Please show the expected arrival on the web site.",
    "A monthly invoice would help, please.",
)

VARIANTS = 2
# Topic t, variant v, language l (0 Chinese, 1 English) is at (t * VARIANTS + v) * 2 + l; suggestions last.
TEXTS = [
    text
    for chinese, english in zip(
        (*_CHINESE_COMPLAINTS, _CHINESE_SUGGESTIONS),
        (*_ENGLISH_COMPLAINTS, _ENGLISH_SUGGESTIONS),
        strict=True,
    )
    for pair in zip(chinese, english, strict=True)
    for text in pair
]
SUGGESTION = len(TOPICS)

QUESTIONS = ("overall_satisfaction", "would_rebuy", "would_recommend", "manner", "content_effectiveness")
QUESTION_LOW = (1.0, 0.0, 0.0, 1.0, 1.0)
QUESTION_HIGH = (5.0, 1.0, 10.0, 5.0, 5.0)

INTERACTIONS = (
    "ad_click",
    "value_added_purchase",
    "message",
    "message_click",
    "search",
    "post",
    "visit",
    "call",
    "login",
)
INTERACTION_SHARES = [0.14, 0.04, 0.14, 0.08, 0.16, 0.02, 0.05, 0.09, 0.28]
PRICED_INTERACTIONS = [INTERACTIONS.index(kind) for kind in ("ad_click", "value_added_purchase", "search")]
# What counts as looking at a category.
VIEWS = [INTERACTIONS.index(kind) for kind in ("ad_click", "message_click", "search", "visit")]
CHARGES = ("service", "visit", "bad_debt", "litigation")
CHARGE_SHARES = [0.70, 0.22, 0.06, 0.02]
CHARGE_MEDIANS = (80.0, 220.0, 900.0, 4_000.0)
