"""Which characters are Chinese ones, and which are their punctuation."""

HANZI = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
"""The Unicode blocks of Chinese characters, as the inside of a regular expression's brackets."""

PAUSES = "，；、："
"""What ends the first line of a couplet."""
CLOSINGS = "。？！"
"""What ends a couplet."""
PUNCTUATION = PAUSES + CLOSINGS
