"""Variants of characters that OpenCC leaves as they are, and what is usual for each.

From the Unihan database (Unicode 14.0, Unihan_Variants.txt and Unihan_OtherMappings.txt): a
character of the Tang poems that is not in the Table of General Standard Chinese Characters of 2013
(kTGH), and of whose semantic and z-variants (kSemanticVariant, kZVariant, in either direction),
made simplified, exactly one is. Left out by hand are 㝵箾螆襮豝躭, which in poems are other words.
"""

_PAIRS = """
    䖏处 乹干 亁干 伃妤 倂并 倐倏 倣仿 偪逼 傜徭 僊仙 凂浼 凴凭 刅创 刓园 刦劫 刱创 刼劫 劒剑
    効效 勅敕 勗勖 匊掬 匳奁 卭卬 厓崖 厪廑 叡睿 吚咿 呌叫 呑吞 呪咒 咲笑 咷啕 哶咩 唫吟 啗啖
    嗁啼 嘷嗥 噉啖 噏吸 嚬颦 嚵馋 囓啮 囘回 坵丘 埜野 埳坎 埶艺 堘塍 堦阶 塩盐 塲场 墖塔 墝硗
    壍堑 壻婿 妬妒 妳奶 姉姊 姙妊 娬妩 婬淫 媍妇 媿愧 嫛嫕 宂冗 宼寇 寃冤 寔实 寘置 寳宝 尀叵
    尅克 尰肿 峩峨 崘仑 崪崒 帀匝 帬裙 幙幕 廌豸 廐厩 廵巡 廹迫 廻回 彊强 徃往 徧遍 徬彷 忼慷
    怱匆 怳恍 恠怪 恡吝 悋吝 悤匆 愬诉 愽博 慙惭 慽戚 憇憩 憝怼 懜懵 懽欢 抝拗 拏拿 拕拖 挐拿
    揑捏 揜掩 揺摇 搤扼 撦扯 擗劈 擥揽 攅攒 攷考 敍叙 敺驱 斚斝 斾旆 旛幡 昬昏 晩晚 暎映 曡叠
    朶朵 朿莿 杇圬 杸殳 枏楠 栛荔 栢柏 棃梨 椶棕 楥楦 槀稿 槖橐 槩概 樐橹 橜橛 檝楫 櫂棹 櫺棂
    欝郁 欬咳 欵款 歕喷 歗啸 歠啜 殽淆 毘毗 氊毡 氜阳 沍冱 沲沱 涖莅 涶唾 湏须 湼涅 漰淜 潬滩
    澁涩 澣浣 濇涩 濬浚 濶阔 瀁漾 炁气 炰炮 烱炯 煑煮 煖暖 煠炸 熈熙 燄焰 牋笺 牕窗 犂犁 狥殉
    狵尨 猨猿 玅妙 玆兹 珎珍 瑇玳 瑠琉 瑯琅 瓈璃 瓟匏 甎砖 甞尝 甤蕤 甽畎 甿氓 畊耕 畧略 畺疆
    疋匹 疎疏 痺痹 瘉愈 皃貌 皡皞 皥皞 皷鼓 眎视 瞹暧 砦寨 砲炮 硏研 碁棋 碔珷 碪砧 碯瑙 磥磊
    磵涧 秔粳 稉粳 稬糯 稾稿 穉稚 穽阱 窌窖 窓窗 窰窑 窻窗 竝并 竢俟 笓篦 筭算 筯箸 箎篪 箒帚
    箠捶 篴笛 簁筛 簨栒 簷檐 籐藤 粃秕 粧妆 糓谷 絖纩 緜绵 縁缘 縚绦 繖伞 缾瓶 罇樽 罋瓮 羃幂
    羗羌 羮羹 翺翱 耼聃 肬疣 脃脆 脇胁 腁胼 臈腊 臙胭 臯皋 舡船 艸草 苢苡 茍苟 荅答 荍荞 荳豆
    菓果 菫堇 葢盖 蓺艺 蔴麻 蕋蕊 蘤花 蘯荡 蜋螂 蜑蛋 蜨蝶 蝃䗖 螘蚁 螾蚓 蟚蟛 蟺蟮 蠭蜂 衂衄
    衞卫 衤衣 袠帙 袵衽 裌夹 裠裙 褧䌹 褵缡 襃褒 覇霸 覊羁 覔觅 覩睹 覰觑 觔斤 觝抵 觵觥 訽诟
    詧察 諕唬 諠喧 諵喃 謌歌 譈怼 譌讹 讘嗫 豓艳 賮赆 賸剩 趂趁 跙趄 跥跺 蹏蹄 蹮跹 躧屣 躶裸
    軄职 輙辄 輭软 轝舆 辠罪 逓递 酖鸩 酧酬 醻酬 鉏锄 銕铁 鎻锁 鏁锁 鑚钻 鑛矿 閙闹 関关 阧陡
    阬坑 陁陀 陜狭 陻堙 隄堤 隝坞 隣邻 隲骘 隷隶 雝簌 霶雱 靭韧 鞙琄 鞵鞋 韈袜 韤袜 韮韭 頟额
    頼赖 顋腮 顦憔 飇飑 飡餐 餙饰 餻糕 餽馈 饍膳 駮驳 騐验 騗骗 騘骢 髙高 髣彷 鬂鬓 鬪斗 鬬斗
    鬭斗 鴈雁 鵞鹅 鶵雏 鸎莺 麄粗 麕麇 麞獐 麤粗 麰牟 鼃蛙 鼇鳌 鼈鳖 齅嗅
"""
USUAL = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
"""As `str.translate` takes it."""
