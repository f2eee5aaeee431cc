"""What is taken and what is refused, by content; and what is left of a picture's metadata: nothing."""

import io

import pytest
from PIL import Image, ImageCms

from events.attachments import Kind, prepare
from grids.pictures import (
    LONG_SIDE,
    MOST_BYTES,
    MOST_STORED_BYTES,
    THUMBNAIL_SIDE,
    FileRefused,
    clean_name,
    with_ending,
)
from tests import pictures
from tests.pictures import picture, upload


def prepared(content: bytes, name: str = "photo.jpg"):
    return prepare(upload(content, name))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def refusal(content: bytes, name: str = "照片.jpg") -> str:
    """The sentence for who sent it; it names the file."""
    with pytest.raises(FileRefused) as caught:
        prepared(content, name)
    assert name.rpartition(".")[0] in str(caught.value)
    return str(caught.value)


# Pictures


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_picture_becomes_a_jpeg_with_a_thumbnail(kind):
    found = prepared(picture((1200, 900), kind), "IMG_1.whatever")
    assert (found.kind, found.content_type, found.name) == (Kind.IMAGE, "image/jpeg", "IMG_1.jpg")
    assert (opened(found.content).format, found.width, found.height) == ("JPEG", 1200, 900)
    assert opened(found.thumbnail).size == (THUMBNAIL_SIDE, 360)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_nothing_tells_where_when_or_with_what_it_was_taken(kind):
    sent = pictures.telling_photo(kind)
    assert opened(sent).getexif().get_ifd(pictures.GPS), "the test's own photo must have a place to lose"
    found = prepared(sent)
    for content in (found.content, found.thumbnail):
        assert set(opened(content).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not opened(content).getexif()
        for trace in (b"Exif", b"Xiaomi", b"taken at home", b"http://ns.adobe.com"):
            assert trace not in content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_that_lay_on_its_side_stands_up(kind):
    found = prepared(pictures.telling_photo(kind))
    assert (found.width, found.height) == (90, 120)
    # Its white left half has become the upper one.
    image = opened(found.content)
    assert min(image.getpixel((45, 10))) > 240
    assert min(image.getpixel((45, 110))) < 80


def test_a_large_picture_is_made_smaller():
    found = prepared(picture((6000, 1500)))
    assert (found.width, found.height) == (LONG_SIDE, 1024)


@pytest.mark.parametrize("grain", [1, 2])
def test_what_no_quality_makes_small_is_made_smaller(grain):
    found = prepared(pictures.noise(LONG_SIDE // grain, quality=50, grain=grain))
    assert len(found.content) <= MOST_STORED_BYTES
    assert opened(found.content).size == (found.width, found.height)
    assert found.width == found.height < LONG_SIDE


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode):
    output = io.BytesIO()
    Image.new(mode, (40, 30)).save(output, "PNG")
    assert opened(prepared(output.getvalue()).content).mode == "RGB"


def test_what_is_transparent_becomes_white():
    output = io.BytesIO()
    Image.new("RGBA", (40, 30), (200, 0, 0, 0)).save(output, "PNG")
    assert opened(prepared(output.getvalue()).content).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_for_print_is_taken():
    output = io.BytesIO()
    Image.new("CMYK", (40, 30)).save(output, "JPEG")
    assert opened(prepared(output.getvalue()).content).mode == "RGB"


@pytest.mark.parametrize("profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()])
def test_a_colour_profile_is_used_if_it_can_be_and_goes(profile):
    found = prepared(picture(icc_profile=profile))
    assert "icc_profile" not in opened(found.content).info


def test_a_phones_two_pictures_in_one_are_its_first():
    found = prepared(pictures.two_in_one())
    assert (found.width, found.height, opened(found.content).format) == (120, 90, "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_stays(kind):
    image = opened(prepared(pictures.animated(kind)).content)
    assert getattr(image, "n_frames", 1) == 1
    assert image.getpixel((20, 20))[0] > 200


def test_the_same_picture_is_the_same_every_time():
    assert prepared(picture()).sha256 == prepared(picture()).sha256


# Bad pictures


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_picture_is_refused(kind, share):
    whole = pictures.noise(300, kind)
    assert "损坏或不完整" in refusal(whole[: int(len(whole) * share)])


def test_a_pixel_bomb_is_refused_before_it_is_unpacked():
    bomb = pictures.png_bomb()
    assert len(bomb) < 500_000
    assert "像素过多" in refusal(bomb)


def test_a_bomb_in_the_text_of_a_picture_does_no_harm():
    assert "损坏" in refusal(pictures.png_with_text_bomb())


def test_a_jpeg_that_is_only_a_header_is_refused():
    assert "损坏" in refusal(b"\xff\xd8\xff\xe0" + b"\0" * 100)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "AVIF", "ICO"])
def test_pictures_of_other_kinds_are_refused_under_any_name(kind):
    assert "JPEG、PNG、WebP 或 HEIC" in refusal(picture((32, 32), kind))


@pytest.mark.parametrize("content", [pictures.SVG, pictures.HTML, pictures.EXECUTABLE, pictures.ELF, b"hello", b"PK"])
@pytest.mark.parametrize("name", ["照片.jpg", "照片.pdf", "照片.docx"])
def test_what_is_none_of_these_is_refused_under_any_name(content, name):
    assert "不予接收" in refusal(content, name)


def test_an_empty_file_is_refused():
    assert "空文件" in refusal(b"")


def test_a_file_over_10_mb_is_refused_unread():
    assert "10 MB" in refusal(b"%PDF-" + b"\0" * MOST_BYTES)


# Documents


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (pictures.PDF, "方案.pdf", "application/pdf"),
        (pictures.sheet(), "台账.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (pictures.package("word/document.xml"), "报告.docx", None),
        (pictures.package("ppt/presentation.xml"), "汇报.pptx", None),
        (pictures.compound("WordDocument"), "报告.doc", "application/msword"),
        (pictures.compound("WordDocument"), "报告.wps", "application/msword"),
        (pictures.compound("Workbook"), "台账.xls", "application/vnd.ms-excel"),
        (pictures.compound("PowerPoint Document"), "汇报.ppt", "application/vnd.ms-powerpoint"),
    ],
)
def test_a_document_is_taken_as_it_is(content, name, kind):
    found = prepared(content, name)
    assert (found.kind, found.name, found.content) == (Kind.DOCUMENT, name, content)
    assert found.content_type == kind or kind is None
    assert not found.thumbnail


@pytest.mark.parametrize(
    "content",
    [
        pictures.package("word/document.xml", "word/vbaProject.bin"),
        pictures.package("xl/workbook.xml", "xl/macrosheets/sheet1.xml"),
        pictures.package("xl/workbook.xml", types="application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        pictures.compound("WordDocument", "Macros", "VBA"),
        pictures.compound("Workbook", "_VBA_PROJECT_CUR"),
        pictures.compound("PowerPoint Document", content=bytes.fromhex("02000004 0c000000 07000000 01000000 02000000")),
    ],
)
def test_a_document_with_macros_is_refused(content):
    assert "宏" in refusal(content, "表格.xlsx")


def test_a_document_under_a_password_is_refused():
    assert "密码" in refusal(pictures.compound("EncryptedPackage", "EncryptionInfo"), "机密.docx")


@pytest.mark.parametrize(
    "content", [pictures.plain_zip(), pictures.package("a.txt"), pictures.compound("Something"), b"{\\rtf1 }"]
)
def test_archives_and_other_documents_are_refused(content):
    assert "不予接收" in refusal(content, "资料.docx")


@pytest.mark.parametrize("content", [pictures.PDF[:40], pictures.sheet()[:-300], b"PK\x03\x04" + b"\0" * 100])
def test_a_truncated_document_is_refused(content):
    assert "损坏或不完整" in refusal(content, "资料.pdf")


# Names


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a.jpg", "a.jpg"),
        ("C:\\Users\\张三\\照片.jpg", "照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\0b\n.jpg", "ab.jpg"),
        ("..", "未命名"),
        (".jpg", "未命名.jpg"),
        ("", "未命名"),
        (None, "未命名"),
        ("长" * 300 + ".jpg", "长" * 96 + ".jpg"),
    ],
)
def test_a_name_is_what_can_be_shown(sent, shown):
    assert clean_name(sent) == shown


@pytest.mark.parametrize(
    ("name", "told"), [("a.PDF", "a.PDF"), ("a.exe", "a.pdf"), ("a", "a.pdf"), ("a.pdf.hta", "a.pdf.pdf")]
)
def test_a_files_ending_tells_the_truth(name, told):
    assert with_ending(name, ("pdf",)) == told
