"""What a caller's words must not carry onto a page: phone numbers, numbers of identity, the caller's own full name."""

import re

from django.utils.translation import gettext as _

from grids.masking import mask_name

DIGIT = "[0-9０-９]"
BETWEEN = r"[\s\-－–—.·]{0,2}"
NO_DIGIT_BEFORE, NO_DIGIT_AFTER = f"(?<!{DIGIT})", f"(?!{DIGIT})"
MOBILE = f"(?:[+＋]?[8８][6６]{BETWEEN})?[1１]{BETWEEN}[3-9３-９](?:{BETWEEN}{DIGIT}){{9}}"
LANDLINE = f"[(（]?[0０]{DIGIT}{{2,3}}[)）]?{BETWEEN}{DIGIT}{{3,4}}{BETWEEN}{DIGIT}{{4}}"
PHONE = re.compile(f"{NO_DIGIT_BEFORE}(?:{MOBILE}|{LANDLINE}){NO_DIGIT_AFTER}")
# After such a word any long number is a phone, whatever its form.
NAMED_PHONE = re.compile(
    f"((?:电话|手机|座机|联系方式|致电|来电|号码)[^0-9０-９。；;\n]{{0,8}}){DIGIT}[0-9０-９\\-－—]{{6,}}"
)
# Six digits of the place, a date of birth, three digits and one to check them.
IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
LONG_NUMBER = re.compile(r"\d{7,}")
HIDDEN = "已隐去"  # ends a cell that we have hidden, so that it is never taken for a name or a phone again
NO_NAMES = frozenset({"匿名", "先生", "女士", "市民", "群众", "居民", "保密", "未知", "不详", "业主"})


def masked(text: str, name: str = "", phone: str = "") -> str:
    """The text without phones and identity numbers, and with no more of this name than its first character."""
    text = IDENTITY.sub(_("[identity number removed]"), text)
    removed = _("[phone removed]")
    for number in LONG_NUMBER.findall(phone):
        text = text.replace(number, removed)
    text = NAMED_PHONE.sub(lambda found: f"{found[1]}{removed}", PHONE.sub(removed, text))
    return text.replace(name, mask_name(name)) if len(name) > 1 and name not in NO_NAMES else text


def hidden(mask: str) -> str:
    """A masked name or phone in a sheet that may come back to us."""
    return f"{mask} {HIDDEN}"


def is_hidden(text: str) -> bool:
    return text.endswith(HIDDEN)
