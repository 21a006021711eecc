"""What the languages of the surnames are called."""

from rnnlab.document.text import Text

CHINESE = {
    "Arabic": "阿拉伯语",
    "Chinese": "汉语",
    "Czech": "捷克语",
    "Dutch": "荷兰语",
    "English": "英语",
    "French": "法语",
    "German": "德语",
    "Greek": "希腊语",
    "Irish": "爱尔兰语",
    "Italian": "意大利语",
    "Japanese": "日语",
    "Korean": "韩语",
    "Polish": "波兰语",
    "Portuguese": "葡萄牙语",
    "Russian": "俄语",
    "Scottish": "苏格兰语",
    "Spanish": "西班牙语",
    "Vietnamese": "越南语",
}


def told(language: str) -> Text:
    """The language's name for readers of both; one that is not among these keeps its own."""
    return Text(language, CHINESE.get(language, language))
